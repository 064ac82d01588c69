"""What a list of the library shows of each document: the short form of ``GET /v1/documents``."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from index.catalog import CatalogReader
from index.library import Library
from index.uploads import uploads_folder
from ui.dates import precision_of
from ui.http.library.revalidating import revalidated

_FORM = 1
"""Raised with the fields: a browser must not go on with a list that another version of the program made."""


def listed_response(index: Library, known: str = "") -> Response:
    """What ``GET /v1/documents?brief=true`` answers: 304 to one who knows the list as it is.

    Args:
        index: the library.
        known: the request's ``If-None-Match``: the ``ETag`` of a list that was sent before.
    """
    with index.catalog.reading() as reader:
        return revalidated(_tag_of(reader), known, "application/json", lambda: _written(index, reader))


def _written(index: Library, reader: CatalogReader) -> bytes:
    uploads = str(uploads_folder(index))
    rows = [_listed(row, uploads) for row in reader.listed()]
    body = {"documents": rows, "generation": reader.generation}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _tag_of(reader: CatalogReader) -> str:
    """Names all that the list goes by. A weak tag, since it may be sent compressed."""
    return f'W/"{_FORM}-{reader.lineage[:8]}-{reader.generation}-{reader.touched}"'


def _listed(row: dict[str, Any], uploads: str) -> dict[str, Any]:
    origin = row.pop("published_origin")
    row["published_precision"] = precision_of(row["published"])
    row["uploaded"] = row.pop("source") == uploads
    row["origins"] = {"published": origin} if origin else {}
    return row
