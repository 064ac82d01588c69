"""Answers that are sent while the engine makes them: event by event, until the end or until nobody reads."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import anyio
from anyio import CapacityLimiter, to_thread
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from rag.answers import Event
from ui.http.problems import problem_of, stated

STOPPING = "The server is stopping; ask again once it is back."

_FAREWELL_SECONDS = 2.0
"""How long a stream may take to say that the server stops; less than the server waits for connections."""

_log = logging.getLogger(__name__)


class EngineEvents:
    """The events of an engine's generator, each made in a thread. An asynchronous iterator.

    The generator holds a state of the library until it ends. Whoever stops reading closes it.
    """

    def __init__(self, events: Generator[Event], threads: CapacityLimiter | None = None) -> None:
        """Iterate ``events``, in one of ``threads``; by default in a thread that nobody else waits for."""
        self._events = events
        self._threads = threads or CapacityLimiter(1)
        self._stepping = Lock()
        self._is_closed = False

    def __aiter__(self) -> EngineEvents:
        """Itself."""
        return self

    async def __anext__(self) -> Event:
        """The next event. A caller who is cancelled meanwhile does not wait for the thread."""
        event = await to_thread.run_sync(self._step, abandon_on_cancel=True, limiter=self._threads)
        if event is None:
            raise StopAsyncIteration
        return event

    def close(self) -> None:
        """End the generator: at once, or by the thread that is in it, after its step."""
        self._is_closed = True
        if self._stepping.acquire(blocking=False):
            try:
                self._events.close()
            finally:
                self._stepping.release()

    def _step(self) -> Event | None:
        with self._stepping:
            event = next(self._events, None)
        # A call of ``close`` during the step could not get the lock.
        if self._is_closed:
            self.close()
        return event


@dataclass(frozen=True, slots=True)
class Broken:
    """The last event of a stream that ends without its answer.

    Attributes:
        problem: a problem document that says why.
    """

    problem: dict[str, Any]


Encode = Callable[[Event | Broken], Iterable[ServerSentEvent]]
"""Makes an event, or the end without an answer, into what is sent."""


class AnswerStream(EventSourceResponse):
    """A response that sends an answer as server-sent events while the engine makes it.

    It ends the engine's work where the caller goes away, and says so where the server stops or fails.
    """

    def __init__(
        self,
        first: Event,
        rest: EngineEvents,
        encode: Encode,
        instance: str,
        separator: Literal["\r\n", "\n"] = "\r\n",
    ) -> None:
        """Send ``first`` and what comes after it; use :func:`answer_stream` to make one."""
        self._rest = rest
        self._encode = encode
        self._instance = instance
        self._stopping = anyio.Event()
        super().__init__(
            self._encoded(first),
            sep=separator,
            shutdown_event=self._stopping,
            shutdown_grace_period=_FAREWELL_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; close the engine's generator, however this ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._rest.close()

    async def _encoded(self, first: Event) -> AsyncIterator[ServerSentEvent]:
        event: Event | Broken | None = first
        while event is not None:
            for encoded in self._encode(event):
                yield encoded
            event = None if isinstance(event, Broken) else await self._next()

    async def _next(self) -> Event | Broken | None:
        """The next event; None at the end."""
        try:
            return await self._next_or_stop()
        except ExceptionGroup as group:
            [error] = group.exceptions
            status, detail = stated(error)
            if status == 500:
                _log.error("a streamed answer broke off", exc_info=error)
            return Broken(problem_of(status, detail, self._instance))

    async def _next_or_stop(self) -> Event | Broken | None:
        reached: Event | Broken | None = Broken(problem_of(503, STOPPING, self._instance))
        async with anyio.create_task_group() as tasks:

            async def stop() -> None:
                await self._stopping.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(stop)
            reached = await anext(self._rest, None)
            tasks.cancel_scope.cancel()
        return reached


async def answer_stream(
    events: Generator[Event],
    encode: Encode,
    instance: str,
    threads: CapacityLimiter,
    separator: Literal["\r\n", "\n"] = "\r\n",
) -> AnswerStream:
    """The response that streams an answer.

    The first event is made before the response begins, so that a refusal has its status code.

    Args:
        events: makes the answer.
        encode: makes its events into what is sent.
        instance: the route, for a problem document.
        threads: how many answers are worked at at once.
        separator: ends a line of the stream.

    Raises:
        Exception: what the engine raises before its first event.
    """
    rest = EngineEvents(events, threads)
    with ExitStack() as unless_begun:
        unless_begun.callback(rest.close)
        first = await anext(rest)
        unless_begun.pop_all()
    return AnswerStream(first, rest, encode, instance, separator)
