"""The form of the ids that callers give."""

from __future__ import annotations

MAX_ID = 2**53 - 1
"""The largest integer that all readers of JSON hold exactly (RFC 8259, section 6); SQLite's go further."""

CONVERSATION_ID = r"^[A-Za-z0-9_-]{1,64}$"
