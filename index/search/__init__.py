"""Searches a snapshot of the library by vectors and words, and keeps the caches of vectors and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.search.analyzers import NO_SPACES, PAIRS, Term, composed, field_of, terms, terms_in
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
        "DENSE_WEIGHT": "index.search.fusion",
        "Hit": "index.search.snapshot",
        "Snapshot": "index.search.snapshot",
        "library_status": "index.search.status",
        "size_of": "index.search.status",
        "NO_SPACES": "index.search.analyzers",
        "PAIRS": "index.search.analyzers",
        "Term": "index.search.analyzers",
        "composed": "index.search.analyzers",
        "field_of": "index.search.analyzers",
        "terms": "index.search.analyzers",
        "terms_in": "index.search.analyzers",
    },
)
