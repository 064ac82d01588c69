"""The syntax of ids, dates and filters in HTTP requests and on the command line."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

from index.records import Filters

MAX_ID = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 8259, section 6)."""

CONVERSATION_ID = r"^[A-Za-z0-9_-]{1,64}$"

ISO_DATE = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"

_DATES = ("published_before", "published_after")
"""The filters that are fields of an HTTP request itself. All other filters are in its field ``filters``."""


def is_iso_date(value: str) -> bool:
    """Return whether ``value`` is an existing day, month or year: ``2031-07-18``, ``2031-07``, ``2031``."""
    if re.fullmatch(ISO_DATE, value) is None:
        return False
    try:
        date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return False
    return True


def request_fields(filters: Filters) -> dict[str, Any]:
    """Return ``filters`` as fields of ``POST /v1/search`` and ``POST /v1/chat``; empty if none is set."""
    given = {name: value for name, value in asdict(filters).items() if value}
    dates = {name: given.pop(name) for name in _DATES if name in given}
    return {**dates, "filters": given} if given else dates
