"""The client of a server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Any, Self, TypeVar

import httpx

from index.records import NO_FILTERS, Filters
from rag.answers import Answer, Citation, Passage
from rag.events import (
    AnswerDone,
    CitationMade,
    NoteMade,
    PassagesFound,
    QuestionCorrected,
    QuestionRewritten,
    SearchesPlanned,
    SentenceDrafted,
    StreamedEvent,
    Token,
)
from ui.client import calls
from ui.client.calls import ADDRESS, SECONDS, Call, Turns
from ui.client.results import Document, DocumentText, SearchResponse, parse
from ui.errors import ServerGoneError, ServerRefusedError

# The statuses with which a server says that it has not begun to handle the request.
BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to repeat a request; if the next pause exceeds ``longest_seconds``, the client gives up.

    Unless the server names the pause, it doubles from ``first_seconds``, less a random part up to a half.
    """

    most: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 60.0

    def pause(self, repetitions: int, outcome: httpx.Response | httpx.ConnectError) -> float | None:
        """Return the seconds to wait before the next repetition; None if there must be none."""
        if repetitions >= self.most:
            return None
        asked: float | None = None
        if isinstance(outcome, httpx.Response):
            if outcome.status_code not in BUSY:
                return None
            asked = _seconds(outcome.headers.get("retry-after", ""))
        if asked is None:
            asked = self.first_seconds * 2**repetitions * SystemRandom().uniform(0.5, 1)
        return asked if asked <= self.longest_seconds else None


def _seconds(header: str) -> float | None:
    """Return the wait that ``Retry-After`` asks for; None if it is neither a number nor a date."""
    if header.strip().isdecimal():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max((until - datetime.now(UTC)).total_seconds(), 0.0) if until.tzinfo else None


class ProblemError(ServerRefusedError):
    """The server refused a request. The message is the ``detail`` of the ``problem`` (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["detail"], problem["status"])
        self.problem = problem


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """Return the problem document in a response whose body was read; if there is none, make one."""
    status, reason = response.status_code, response.reason_phrase
    try:
        body = response.json()
    except ValueError:
        body = None
    known = body if isinstance(body, dict) else {}
    detail = known.get("detail") or f"the server answered {status} {reason}, and no problem document"
    return {"type": "about:blank", "title": reason, **known, "status": status, "detail": str(detail)}


class EventReader:
    def __init__(self) -> None:
        self._rest = b""
        self.is_complete = False

    def feed(self, part: bytes) -> Iterator[StreamedEvent]:
        """Yield the events that are now complete. Raises ProblemError if the answer failed."""
        # Lines are split here, since str.splitlines would also split at line separators inside the JSON.
        *whole, self._rest = (self._rest + part).replace(b"\r\n", b"\n").split(b"\n\n")
        for block in whole:
            # A blank line or a comment gives a field without a name.
            lines = (line.partition(b":") for line in block.split(b"\n"))
            fields = {name: value.removeprefix(b" ") for name, _, value in lines}
            name = fields.get(b"event", b"").decode()
            if name == "error":
                raise ProblemError(json.loads(fields[b"data"]))
            # A newer server may send events of other kinds.
            if name in _KINDS:
                event = _KINDS[name](json.loads(fields[b"data"]))
                self.is_complete |= isinstance(event, AnswerDone)
                yield event

    def end(self) -> None:
        """Raises ServerGoneError if the stream ended before the answer was complete."""
        if not self.is_complete:
            raise ServerGoneError("the server ended before the answer was complete; ask again")


_KINDS: Mapping[str, Callable[[Any], StreamedEvent]] = {
    "corrected": lambda data: QuestionCorrected(data["searched_for"]),
    "rewritten": lambda data: QuestionRewritten(data["standalone"]),
    "searches": lambda data: SearchesPlanned(tuple(data["searches"])),
    "passages": lambda data: PassagesFound(parse(tuple[Passage, ...], data["passages"])),
    "note": lambda data: NoteMade(data["note"]),
    "draft": lambda data: SentenceDrafted(data["text"]),
    "token": lambda data: Token(data["text"], data["verdict"]),
    "citation": lambda data: CitationMade(parse(Citation, data)),
    "answer": lambda data: AnswerDone(parse(Answer, data)),
}


T = TypeVar("T")


class Client:
    """Asks a server, again if it is busy. Raises ProblemError or ServerGoneError. Safe between threads."""

    def __init__(
        self,
        address: str = ADDRESS,
        token: str | None = None,
        *,
        retries: Retries | None = None,
        seconds: float = SECONDS,
    ) -> None:
        """``seconds`` is the longest wait for a connection or for the next part of a response."""
        self._http = httpx.Client(**calls.client_fields(address, token, seconds))
        self._retries = retries or Retries()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def search(self, query: str, limit: int = 10, filters: Filters = NO_FILTERS) -> SearchResponse:
        return self._result(calls.search(query, limit, filters))

    def search_many(
        self, queries: Sequence[str], limit: int = 10, filters: Filters = NO_FILTERS
    ) -> list[SearchResponse]:
        """Search for several queries in one request, all in the same state of the library."""
        return self._result(calls.search_many(queries, limit, filters))

    def ask(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        *,
        conversation_id: str | None = None,
        history: Turns = (),
        exact: bool = False,
    ) -> Answer:
        """``history`` is for servers that keep no conversations. With ``exact``, spelling is left alone."""
        return self._result(calls.ask(question, filters, conversation_id, history, exact=exact))

    def stream(
        self,
        question: str,
        filters: Filters = NO_FILTERS,
        *,
        conversation_id: str | None = None,
        history: Turns = (),
        exact: bool = False,
    ) -> Iterator[StreamedEvent]:
        """Answer as :meth:`ask` does, but yield the answer's events; the last event has the whole answer."""
        call = calls.ask(question, filters, conversation_id, history, exact=exact, stream=True)
        reader = EventReader()
        with self._sent(call) as response:
            for part in response.iter_bytes():
                yield from reader.feed(part)
            reader.end()

    def answer(self, answer_id: str) -> Answer:
        return self._result(calls.answer(answer_id))

    def documents(self) -> Iterator[Document]:
        """Yield the current version of every document, in the order in which the documents were added."""
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = self._result(calls.documents(cursor))
            yield from page

    def text(
        self, document_id: int, version: int | None = None, start: int = 0, end: int | None = None
    ) -> DocumentText:
        """By default the whole current version. Offsets are in code points, and ``end`` is exclusive."""
        return self._result(calls.text(document_id, version, start, end))

    def add(self, name: str, content: bytes, details: Mapping[str, str] | None = None) -> Document:
        """``details``: any of title, publisher, author, published, language, collection, password."""
        return self._result(calls.add(name, content, details or {}))

    def add_from_url(self, url: str, name: str = "", details: Mapping[str, str] | None = None) -> Document:
        """The server's operator allows the hosts. ``name`` is by default the end of the URL's path."""
        return self._result(calls.add_from_url(url, name, details or {}))

    def delete(self, document_id: int) -> None:
        self._result(calls.delete(document_id))

    def _result(self, call: Call[T]) -> T:
        with self._sent(call) as response:
            return call.result(response.read())

    @contextmanager
    def _sent(self, call: Call[T]) -> Iterator[httpx.Response]:
        """Send a request, and repeat it while the server is busy; yield the response with its body unread."""
        repetitions = 0
        try:
            while True:
                outcome = self._try(call)
                pause = self._retries.pause(repetitions, outcome)
                if pause is None:
                    break
                if isinstance(outcome, httpx.Response):
                    outcome.close()
                time.sleep(pause)
                repetitions += 1
            if isinstance(outcome, httpx.ConnectError):
                raise outcome
            with closing(outcome):
                if not outcome.is_success:
                    outcome.read()
                    raise ProblemError(problem_of(outcome))
                yield outcome
        except httpx.TransportError as error:
            raise ServerGoneError(
                f"the server at {self._http.base_url} cannot be reached: {error}"
            ) from error

    def _try(self, call: Call[T]) -> httpx.Response | httpx.ConnectError:
        request = self._http.build_request(call.method, call.path, **call.fields)
        try:
            return self._http.send(request, stream=True)
        except httpx.ConnectError as error:
            return error


class AsyncClient:
    """Asks a server as :class:`Client` does, but asynchronously."""

    def __init__(
        self,
        address: str = ADDRESS,
        token: str | None = None,
        *,
        retries: Retries | None = None,
        seconds: float = SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """The arguments are those of :class:`Client`; ``transport`` sends the requests."""
        self._http = httpx.AsyncClient(**calls.client_fields(address, token, seconds), transport=transport)
        self._retries = retries or Retries()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def search(self, query: str, limit: int = 10, filters: Filters = NO_FILTERS) -> SearchResponse:
        return await self._result(calls.search(query, limit, filters))

    async def search_many(
        self, queries: Sequence[str], limit: int = 10, filters: Filters = NO_FILTERS
    ) -> list[SearchResponse]:
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
        call = calls.ask(question, filters, conversation_id, history, exact=exact, stream=True)
        reader = EventReader()
        async with self._sent(call) as response:
            async for part in response.aiter_bytes():
                for event in reader.feed(part):
                    yield event
            reader.end()

    async def answer(self, answer_id: str) -> Answer:
        return await self._result(calls.answer(answer_id))

    async def documents(self) -> AsyncIterator[Document]:
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = await self._result(calls.documents(cursor))
            for document in page:
                yield document

    async def text(
        self, document_id: int, version: int | None = None, start: int = 0, end: int | None = None
    ) -> DocumentText:
        return await self._result(calls.text(document_id, version, start, end))

    async def add(self, name: str, content: bytes, details: Mapping[str, str] | None = None) -> Document:
        return await self._result(calls.add(name, content, details or {}))

    async def add_from_url(
        self, url: str, name: str = "", details: Mapping[str, str] | None = None
    ) -> Document:
        return await self._result(calls.add_from_url(url, name, details or {}))

    async def delete(self, document_id: int) -> None:
        await self._result(calls.delete(document_id))

    async def _result(self, call: Call[T]) -> T:
        async with self._sent(call) as response:
            return call.result(await response.aread())

    @asynccontextmanager
    async def _sent(self, call: Call[T]) -> AsyncIterator[httpx.Response]:
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
            async with aclosing(outcome):
                if not outcome.is_success:
                    await outcome.aread()
                    raise ProblemError(problem_of(outcome))
                yield outcome
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
