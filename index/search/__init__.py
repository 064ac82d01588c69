"""Search over one snapshot of the library: vectors and words, fused, and the caches they are read from."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "Hit": "index.search.snapshot",
    "Snapshot": "index.search.snapshot",
    "library_status": "index.search.status",
    "size_of": "index.search.status",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (as the module's attributes are)
    """Import a public name at its first use: a status needs neither FAISS nor tantivy."""
    if name not in __all__:
        raise AttributeError(f"module 'index.search' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "index.search.analyzers")), name)
