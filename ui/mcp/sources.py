"""The asynchronous calls that the tools need: to a server, or to a library that this process has open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, Self

from anyio import to_thread

from index.records import NO_FILTERS, Filters
from rag.answers import Answer
from ui.client import Document, DocumentText, LocalClient, SearchResponse


class AsyncSource(Protocol):
    """A client, which is also an asynchronous context manager.

    It asks a server, or a library that this process has open.
    """

    async def __aenter__(self) -> Self:
        """Return the client."""

    async def __aexit__(self, *raised: object) -> None:
        """Close the client."""

    async def search(self, query: str, limit: int = ..., filters: Filters = ...) -> SearchResponse:
        """Find the passages that match a query, the best first."""

    async def ask(
        self, question: str, filters: Filters = ..., *, conversation_id: str | None = ...
    ) -> Answer:
        """Answer a question; if the library has no answer, abstain and give the reasons."""

    def documents(self) -> AsyncIterator[Document]:
        """Yield the current version of every document, in the order in which the documents were added."""

    async def text(
        self, document_id: int, version: int | None = ..., start: int = ..., end: int | None = ...
    ) -> DocumentText:
        """Return the text of a document, or a part of it."""


class LocalSource:
    """A client of a library that this process has open.

    The client runs its calls in threads, and never closes the library.
    """

    def __init__(self, client: LocalClient) -> None:
        self._client = client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        """Leave the library open."""

    async def search(self, query: str, limit: int = 10, filters: Filters = NO_FILTERS) -> SearchResponse:
        """Find the passages that match a query, the best first."""
        return await to_thread.run_sync(self._client.search, query, limit, filters)

    async def ask(
        self, question: str, filters: Filters = NO_FILTERS, *, conversation_id: str | None = None
    ) -> Answer:
        """Answer a question; if the library has no answer, abstain and give the reasons."""
        return await to_thread.run_sync(
            lambda: self._client.ask(question, filters, conversation_id=conversation_id)
        )

    async def documents(self) -> AsyncIterator[Document]:
        """Yield the current version of every document, in the order in which the documents were added."""
        for document in await to_thread.run_sync(self._client.documents):
            yield document

    async def text(
        self, document_id: int, version: int | None = None, start: int = 0, end: int | None = None
    ) -> DocumentText:
        """Return the text of a document, or a part of it."""
        return await to_thread.run_sync(self._client.text, document_id, version, start, end)
