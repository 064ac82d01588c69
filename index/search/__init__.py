"""Searches a snapshot of the library by vectors and words, and keeps the caches of vectors and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.search.bm25 import NO_SPACES, PAIRS, Term, composed, field_of, terms, terms_in
    from index.search.fusion import DENSE_WEIGHT
    from index.search.snapshot import Hit, Snapshot
    from index.search.status import library_status, size_of

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
        "index.search.bm25": ("NO_SPACES", "PAIRS", "Term", "composed", "field_of", "terms", "terms_in"),
        "index.search.fusion": ("DENSE_WEIGHT",),
        "index.search.snapshot": ("Hit", "Snapshot"),
        "index.search.status": ("library_status", "size_of"),
    },
)
