"""Clients that ask a Footnoted server, or a library in this process, with the same calls and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from index.records import Filters
    from ui.client.async_client import AsyncClient
    from ui.client.client import Client
    from ui.client.local import LocalClient
    from ui.client.problems import ProblemError
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
        "AsyncClient": "ui.client.async_client",
        "Client": "ui.client.client",
        "Document": "ui.client.results",
        "DocumentText": "ui.client.results",
        "Filters": "index.records",
        "LocalClient": "ui.client.local",
        "ProblemError": "ui.client.problems",
        "SearchResponse": "ui.client.results",
        "SearchResult": "ui.client.results",
    },
)
