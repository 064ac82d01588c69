"""Questions in, footnoted answers out. This package knows no HTTP and no pages.

``from rag import QueryEngine, Answer`` is enough to query a library. Each sub-package re-exports the names
that other packages use; :mod:`rag.answers`, :mod:`rag.questions` and :mod:`rag.errors` are public too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answers import Answer, Citation
    from rag.engine import QueryEngine
    from rag.llama_index import Retriever

__all__ = ["Answer", "Citation", "QueryEngine", "Retriever"]

_HOMES = {
    "Answer": "rag.answers",
    "Citation": "rag.answers",
    "QueryEngine": "rag.engine",
    "Retriever": "rag.llama_index",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (as the module's attributes are)
    """Import a public name at its first use: importing the whole package takes half a second."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
