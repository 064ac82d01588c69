"""The part of the clients that programs of other frameworks need."""

from __future__ import annotations

from typing import Any, Protocol

from index.records import Filters
from rag.answers import Answer, Citation
from ui.client.results import SearchResponse, SearchResult


class Source(Protocol):
    """A client of a server, or of a library in this process."""

    def search(self, query: str, limit: int = ..., filters: Filters = ...) -> SearchResponse:
        """Find the passages that match a query, best first."""

    def ask(self, question: str, filters: Filters = ...) -> Answer:
        """Answer a question, or abstain with the reasons."""


def place_of(found: SearchResult | Citation) -> dict[str, Any]:
    """The place of a passage or a footnote, as the metadata of a node: its document, version and span."""
    names = ("document_id", "version", "start", "end", "page", "path", "title", "publisher", "published")
    return {name: getattr(found, name) for name in names}


def id_of(found: SearchResult | Citation) -> str:
    """A name of the place of a passage or a footnote: the document, the version and the span."""
    return f"{found.document_id}.{found.version}:{found.start}-{found.end}"
