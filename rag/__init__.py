"""Answers questions with footnoted sentences. This package depends neither on HTTP nor on the web page.

:mod:`rag.answers`, :mod:`rag.questions` and :mod:`rag.errors` are public, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from rag.answers import Answer, Citation
    from rag.engine import QueryEngine
    from rag.llama_index import Retriever

__all__ = ["Answer", "Citation", "QueryEngine", "Retriever"]
__getattr__ = attributes(
    __name__,
    {
        "rag.answers": ("Answer", "Citation"),
        "rag.engine": ("QueryEngine",),
        "rag.llama_index": ("Retriever",),
    },
)
