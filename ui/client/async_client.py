"""The client of a server, for asynchronous programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Self, TypeVar

import httpx

from index.records import NO_FILTERS, Filters
from rag.answers import Answer
from rag.events import StreamedEvent
from ui.client import calls
from ui.client.calls import ADDRESS, SECONDS, Call, Turns
from ui.client.events import EventReader
from ui.client.problems import ProblemError, problem_of
from ui.client.results import Document, DocumentText, SearchResponse
from ui.client.retries import Retries
from ui.errors import ServerGoneError

T = TypeVar("T")


class AsyncClient:
    """Asks a server. The methods are those of :class:`ui.client.client.Client`, but asynchronous.

    Every method raises :class:`ProblemError` if the server refuses the request, and
    :class:`~ui.errors.ServerGoneError` if the server cannot be reached. If the server is busy, the client
    repeats the request.
    """

    def __init__(
        self,
        address: str = ADDRESS,
        token: str | None = None,
        *,
        retries: Retries | None = None,
        seconds: float = SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Make a client; it connects with its first request.

        Args:
            address: the URL of the server.
            token: a token that ``footnoted token add`` made; None if the server needs no sign-in.
            retries: how often, and after which pauses, to repeat a request to a busy server; None for the
                defaults of :class:`~ui.client.retries.Retries`.
            seconds: the longest time to wait for a connection or for the next part of a response.
            transport: sends the requests; over the network by default.
        """
        self._http = httpx.AsyncClient(**calls.client_fields(address, token, seconds), transport=transport)
        self._retries = retries or Retries()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def search(self, query: str, limit: int = 10, filters: Filters = NO_FILTERS) -> SearchResponse:
        """Find the passages that match a query, best first."""
        return await self._result(calls.search(query, limit, filters))

    async def search_many(
        self, queries: Sequence[str], limit: int = 10, filters: Filters = NO_FILTERS
    ) -> list[SearchResponse]:
        """Search for several queries in one request, all in the same state of the library."""
        return await self._result(calls.search_many(queries, limit, filters))

    async def ask(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        *,
        conversation_id: str | None = None,
        history: Turns = (),
        exact: bool = False,
    ) -> Answer:
        """Answer a question; if the library has no answer, abstain and give the reasons.

        Args:
            question: the question.
            filters: the documents to search.
            conversation_id: the conversation that the question continues, from an earlier answer.
            history: the earlier turns, in place of ``conversation_id``, if the server keeps no conversations.
            exact: whether to search for the question as it is written, without correcting its spelling.
        """
        return await self._result(calls.ask(question, filters, conversation_id, history, exact=exact))

    async def stream(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        *,
        conversation_id: str | None = None,
        history: Turns = (),
        exact: bool = False,
    ) -> AsyncIterator[StreamedEvent]:
        """Answer as :meth:`ask` does, but yield the answer's events; the last event has the whole answer."""
        call = calls.ask(question, filters, conversation_id, history, exact=exact, stream=True)
        reader = EventReader()
        async with self._sent(call) as response:
            async for part in response.aiter_bytes():
                for event in reader.feed(part):
                    yield event
            reader.end()

    async def answer(self, answer_id: str) -> Answer:
        """Return a stored answer."""
        return await self._result(calls.answer(answer_id))

    async def documents(self) -> AsyncIterator[Document]:
        """Yield the current version of every document, in the order in which the documents were added."""
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = await self._result(calls.documents(cursor))
            for document in page:
                yield document

    async def text(
        self, document_id: int, version: int | None = None, start: int = 0, end: int | None = None
    ) -> DocumentText:
        """Return the text of a version of a document: by default, the whole text of the current version.

        ``start`` and ``end`` limit the text; they are offsets in code points, and ``end`` is exclusive.
        """
        return await self._result(calls.text(document_id, version, start, end))

    async def add(self, name: str, content: bytes, details: Mapping[str, str] | None = None) -> Document:
        """Add a document, or a new version of the document with the same name.

        Args:
            name: the name of the file.
            content: the bytes of the file.
            details: any of title, publisher, author, published, language, collection and password.
        """
        return await self._result(calls.add(name, content, details or {}))

    async def add_from_url(
        self, url: str, name: str = "", details: Mapping[str, str] | None = None
    ) -> Document:
        """Let the server fetch a document from a URL and add the document.

        The operator of the server decides from which hosts it fetches. If no hosts are allowed, the server
        refuses with 409.

        Args:
            url: the URL of the file.
            name: the name in the library, with the suffix of the format; by default the last part of the
                URL's path.
            details: as for :meth:`add`.
        """
        return await self._result(calls.add_from_url(url, name, details or {}))

    async def delete(self, document_id: int) -> None:
        """Delete a document that was uploaded."""
        await self._result(calls.delete(document_id))

    async def _result(self, call: Call[T]) -> T:
        async with self._sent(call) as response:
            return call.result(await response.aread())

    @asynccontextmanager
    async def _sent(self, call: Call[T]) -> AsyncIterator[httpx.Response]:
        """Send a request, and repeat it while the server is busy; yield the response with its body unread."""
        repetitions = 0
        try:
            while True:
                outcome = await self._try(call)
                pause = self._retries.pause(repetitions, outcome)
                if pause is None:
                    break
                if isinstance(outcome, httpx.Response):
                    await outcome.aclose()
                await asyncio.sleep(pause)
                repetitions += 1
            if isinstance(outcome, httpx.ConnectError):
                raise outcome
            try:
                if not outcome.is_success:
                    await outcome.aread()
                    raise ProblemError(problem_of(outcome))
                yield outcome
            finally:
                await outcome.aclose()
        except httpx.TransportError as error:
            raise ServerGoneError(
                f"the server at {self._http.base_url} cannot be reached: {error}"
            ) from error

    async def _try(self, call: Call[T]) -> httpx.Response | httpx.ConnectError:
        request = self._http.build_request(call.method, call.path, **call.fields)
        try:
            return await self._http.send(request, stream=True)
        except httpx.ConnectError as error:
            return error
