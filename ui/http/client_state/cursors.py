"""Cursors of long lists. A client sends a cursor back unchanged; its form may change between versions."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated

from fastapi import HTTPException, Query

from ui.syntax import MAX_ID

Cursor = Annotated[
    str,
    Query(
        max_length=200,
        pattern=r"^[A-Za-z0-9_=-]*$",
        description="the `next_cursor` of the previous page; empty for the first page",
    ),
]


def cursor_of(listing: str, sort_key: Sequence[int]) -> str:
    """Return the cursor for the page of ``listing`` that begins after the row with ``sort_key``."""
    return urlsafe_b64encode(f"{listing}:{':'.join(map(str, sort_key))}".encode()).decode().rstrip("=")


def sort_key_of(listing: str, cursor: str, numbers: int = 1) -> tuple[int, ...] | None:
    """Return the sort key in a cursor that :func:`cursor_of` made; None for an empty cursor.

    Raises:
        HTTPException: 422 if the cursor does not belong to this list, or its key does not consist of
            ``numbers`` numbers.
    """
    if not cursor:
        return None
    try:
        name, *rest = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(":")
        sort_key = tuple(map(int, rest))
    except ValueError:
        name, sort_key = "", ()
    if name != listing or len(sort_key) != numbers or not all(0 <= number <= MAX_ID for number in sort_key):
        raise HTTPException(
            422,
            "cursor does not belong to this list; send the next_cursor of one of its pages, or none",
        )
    return sort_key
