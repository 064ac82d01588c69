"""The methods of a client that the integrations with LangChain and llama-index need."""

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
        """Answer a question; if the library has no answer, abstain and give the reasons."""


def metadata_of(found: SearchResult | Citation) -> dict[str, Any]:
    """Return the metadata of a passage or a footnote: its document, version, span, page and publication."""
    names = ("document_id", "version", "start", "end", "page", "path", "title", "publisher", "published")
    return {name: getattr(found, name) for name in names}


def id_of(found: SearchResult | Citation) -> str:
    """Return an id for a passage or a footnote, made of its document, version, start and end."""
    return f"{found.document_id}.{found.version}:{found.start}-{found.end}"
