"""Clients that ask a Footnoted server, or a library in this process, with the same calls and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.records import Filters
    from ui.client.client import AsyncClient, Client, ProblemError
    from ui.client.local import LocalClient
    from ui.client.results import Document, DocumentText, SearchResponse, SearchResult

__all__ = [
    "AsyncClient",
    "Client",
    "Document",
    "DocumentText",
    "Filters",
    "LocalClient",
    "ProblemError",
    "SearchResponse",
    "SearchResult",
]

__getattr__ = attributes(
    __name__,
    {
        "index.records": ("Filters",),
        "ui.client.client": ("AsyncClient", "Client", "ProblemError"),
        "ui.client.local": ("LocalClient",),
        "ui.client.results": ("Document", "DocumentText", "SearchResponse", "SearchResult"),
    },
)
