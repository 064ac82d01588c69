"""The library: documents, their passages, and search over them.

It does not depend on ``rag`` and ``ui``. :mod:`index.documents`, :mod:`index.records` and :mod:`index.errors`
are public too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

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

__getattr__ = attributes(
    __name__,
    {
        "index.documents": ("Document", "Span"),
        "index.embedding": ("Encoder", "open_encoder"),
        "index.ingest": ("sync",),
        "index.library": ("Library",),
        "index.records": ("DocumentRecord", "Filters"),
        "index.search": ("Hit", "Snapshot"),
    },
)
