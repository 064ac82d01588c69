"""Searches a snapshot of the library by vectors and words, and keeps the caches of vectors and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.search.bm25 import NO_SPACES, PAIRS, Term, composed, field_of, terms, terms_in
    from index.search.snapshot import DENSE_WEIGHT, Hit, Snapshot, library_status, size_of

__all__ = [
    "DENSE_WEIGHT",
    "NO_SPACES",
    "PAIRS",
    "Hit",
    "Snapshot",
    "Term",
    "composed",
    "field_of",
    "library_status",
    "size_of",
    "terms",
    "terms_in",
]

__getattr__ = attributes(
    __name__,
    {
        "DENSE_WEIGHT": "index.search.snapshot",
        "Hit": "index.search.snapshot",
        "Snapshot": "index.search.snapshot",
        "library_status": "index.search.snapshot",
        "size_of": "index.search.snapshot",
        "NO_SPACES": "index.search.bm25",
        "PAIRS": "index.search.bm25",
        "Term": "index.search.bm25",
        "composed": "index.search.bm25",
        "field_of": "index.search.bm25",
        "terms": "index.search.bm25",
        "terms_in": "index.search.bm25",
    },
)
