"""Search over one snapshot of the library: vectors and words, fused, and the caches they are read from."""

from index.search.analyzers import NO_SPACES, PAIRS, Term, composed, field_of, terms, terms_in
from index.search.snapshot import Hit, Snapshot
from index.search.status import library_status, size_of

__all__ = [
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
