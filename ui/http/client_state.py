"""Cursors of long lists. A client sends a cursor back unchanged; its form may change between versions."""

from __future__ import annotations

import hashlib
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, HTTPException, Query
from starlette.responses import Response

from index.catalog import CatalogReader
from ui.accounts import Identity
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


KEPT_SECONDS = 24 * 3600.0
MOST_KEPT = 500
"""The maximum number of responses that are kept in memory; the oldest ones are dropped first."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="any text, new for each upload; with the same body, it gets the same response again",
    ),
]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A request with an ``Idempotency-Key``.

    Attributes:
        body: the digest of the request's body.
        until: the monotonic time until which the response is kept.
        response: the status, the body and the headers of the response; None while the request runs.
    """

    body: str
    until: float
    response: tuple[int, bytes, dict[str, str]] | None = None


class Idempotency:
    """Keeps, for each sender, the responses to requests with an ``Idempotency-Key``.

    Only the event loop's thread may use it. After a failed request, the client can use the same key again. A
    restart forgets the responses. If a client then repeats an upload, there is still no second document,
    because a library recognises a file that it already has.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Identity, str], _Kept] = OrderedDict()

    async def run(
        self, sender: Identity, key: str, body: str, work: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Return the response that is kept for the key; if there is none, run ``work`` and keep its response.

        Args:
            sender: the sender of the request; each sender has its own keys.
            key: the key.
            body: the digest of the request's body.
            work: makes the response.

        Raises:
            HTTPException: 422 if an earlier request had the key with another body; 409 if an earlier request
                with the key is still running.
        """
        entry_key = (sender, key)
        self._drop_old()
        known = self._kept.get(entry_key)
        if known is not None:
            return _again(known, body)
        until = time.monotonic() + KEPT_SECONDS
        self._kept[entry_key] = _Kept(body, until)
        try:
            response = await work()
            headers = {name: value for name, value in response.headers.items() if name != "content-length"}
            self._kept[entry_key] = _Kept(body, until, (response.status_code, bytes(response.body), headers))
        finally:
            if self._kept[entry_key].response is None:
                del self._kept[entry_key]
        return response

    def _drop_old(self) -> None:
        now = time.monotonic()
        for entry_key, kept in list(self._kept.items()):
            # A running request is never dropped.
            if kept.response is not None and (kept.until < now or len(self._kept) >= MOST_KEPT):
                del self._kept[entry_key]
            elif kept.response is not None:
                break


def _again(known: _Kept, body: str) -> Response:
    if known.body != body:
        raise HTTPException(
            422, "this Idempotency-Key came with another body before; send a new key with a new upload"
        )
    if known.response is None:
        raise HTTPException(
            409, "the first request with this Idempotency-Key is in progress; try again in a few seconds"
        )
    status, content, headers = known.response
    return Response(content, status, {**headers, "Idempotent-Replayed": "true"})


KnownTags = Annotated[str, Header(description="the `ETag` of an earlier response")]
"""The header ``If-None-Match``. FastAPI finds it by the parameter's name, which must be ``if_none_match``."""

UNCHANGED = {"description": "Nothing has changed since the `ETag` in the request"}

_FORMAT = 2
"""A part of the ``ETag``. Raise it when the fields of a response change, so that clients drop responses from
an older version of the program."""


def library_tag(reader: CatalogReader) -> str:
    """Return an ``ETag`` that changes with the documents, their details, and what the viewer may see.

    The ``ETag`` is weak, because a response may be compressed.
    """
    tag = f"{_FORMAT}-{reader.lineage[:8]}-{reader.generation}-{reader.invalidation_count}"
    if reader.hidden:
        # Two users of one browser may see different documents.
        tag += f"-{hashlib.sha256(json.dumps(reader.hidden).encode()).hexdigest()[:16]}"
    return f'W/"{tag}"'


def revalidated(tag: str, known_tags: str, media_type: str, body: Callable[[], bytes]) -> Response:
    """Return a response that a client caches and revalidates at each use; 304 if the cached one is current.

    Args:
        tag: the ``ETag`` of the current content, with its quotation marks.
        known_tags: the request's ``If-None-Match``.
        media_type: media type of the body.
        body: makes the body; called only if the body is sent.
    """
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in {each.strip() for each in known_tags.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body(), media_type=media_type, headers=headers)


def revalidated_json(reader: CatalogReader, known_tags: str, body: Callable[[], Any]) -> Response:
    """Return a :func:`revalidated` response with JSON that stays the same until the library changes."""

    def encoded() -> bytes:
        return json.dumps(body(), ensure_ascii=False, separators=(",", ":")).encode()

    return revalidated(library_tag(reader), known_tags, "application/json", encoded)
