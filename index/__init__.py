"""The library: documents, their passages, and search over them. It knows nothing of answers, HTTP or pages.

``from index import Library, sync`` opens a library and fills it. Each sub-package re-exports the names that
other packages use; :mod:`index.documents`, :mod:`index.records` and :mod:`index.errors` are public too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.documents import Document, Span
    from index.embedding import Encoder, open_encoder
    from index.ingest import sync
    from index.library import Library
    from index.records import DocumentRecord, Filters
    from index.search import Hit, Snapshot

__all__ = [
    "Document",
    "DocumentRecord",
    "Encoder",
    "Filters",
    "Hit",
    "Library",
    "Snapshot",
    "Span",
    "open_encoder",
    "sync",
]

_HOMES = {
    "Document": "index.documents",
    "DocumentRecord": "index.records",
    "Encoder": "index.embedding",
    "Filters": "index.records",
    "Hit": "index.search",
    "Library": "index.library",
    "Snapshot": "index.search",
    "Span": "index.documents",
    "open_encoder": "index.embedding",
    "sync": "index.ingest",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (as the module's attributes are)
    """Import a public name at its first use: the whole package takes half a second."""
    if name not in _HOMES:
        raise AttributeError(f"module 'index' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
