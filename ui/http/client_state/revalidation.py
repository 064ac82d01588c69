"""Responses that a client keeps, and that the server sends again only if they have changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header
from starlette.responses import Response

from index.catalog import CatalogReader

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
