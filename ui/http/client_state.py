"""What a client sends back: the cursor of a page of a list, and the ``ETag`` of an earlier response."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Header, HTTPException, Query
from starlette.responses import Response

from index.catalog import CatalogReader
from ui.words import MAX_ID

Cursor = Annotated[
    str,
    Query(
        max_length=200,
        pattern=r"^[A-Za-z0-9_=-]*$",
        description="the `next_cursor` of the previous page; empty for the first page",
    ),
]


def cursor_of(listing: str, sort_key: Sequence[int]) -> str:
    """For the page after the row with ``sort_key``. The form may change between versions."""
    return urlsafe_b64encode(f"{listing}:{':'.join(map(str, sort_key))}".encode()).decode().rstrip("=")


def sort_key_of(listing: str, cursor: str, numbers: int = 1) -> tuple[int, ...] | None:
    """None for an empty cursor; 422 for that of another list, or without ``numbers`` numbers."""
    if not cursor:
        return None
    try:
        name, *rest = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(":")
        sort_key = tuple(map(int, rest))
    except ValueError:
        name, sort_key = "", ()
    if name != listing or len(sort_key) != numbers or not all(0 <= number <= MAX_ID for number in sort_key):
        raise HTTPException(
            422, "cursor does not belong to this list; send the next_cursor of one of its pages, or none"
        )
    return sort_key


# The header ``If-None-Match``. FastAPI finds it by the parameter's name, which must be ``if_none_match``.
KnownTags = Annotated[str, Header(description="the `ETag` of an earlier response")]
UNCHANGED = {"description": "Nothing has changed since the `ETag` in the request"}

# Raise it when the fields of a response change, so that clients drop responses of an older version.
_FORMAT = 2


def library_tag(reader: CatalogReader) -> str:
    """It changes with documents, details and what the viewer may see; weak, as responses are compressed."""
    tag = f"{_FORMAT}-{reader.lineage[:8]}-{reader.generation}-{reader.invalidation_count}"
    if reader.hidden:
        # Two users of one browser may see different documents.
        tag += f"-{hashlib.sha256(json.dumps(reader.hidden).encode()).hexdigest()[:16]}"
    return f'W/"{tag}"'


def revalidated(tag: str, known_tags: str, media_type: str, body: Callable[[], bytes]) -> Response:
    """Answer 304 if ``known_tags``, the request's ``If-None-Match``, have ``tag``, which is in quotes."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in {each.strip() for each in known_tags.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body(), media_type=media_type, headers=headers)


def revalidated_json(reader: CatalogReader, known_tags: str, body: Callable[[], Any]) -> Response:
    def encoded() -> bytes:
        return json.dumps(body(), ensure_ascii=False, separators=(",", ":")).encode()

    return revalidated(library_tag(reader), known_tags, "application/json", encoded)
