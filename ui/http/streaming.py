"""Streams an answer as server-sent events while the engine produces it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import Any

import anyio
from anyio import CapacityLimiter, to_thread
from sse_starlette import EventSourceResponse
from starlette.types import Receive, Scope, Send

from rag.events import Event
from ui.http.problems import problem_of, status_and_detail

STOPPING = "The server is stopping; ask again when it is running again."

# For a stream's last event when the server stops, which waits a little longer for connections.
_LAST_EVENT_SECONDS = 2.0
_log = logging.getLogger(__name__)


class EngineEvents:
    """Each step runs in a thread. The generator holds a snapshot: who stops early must call ``close``."""

    def __init__(self, events: Generator[Event], threads: CapacityLimiter | None = None) -> None:
        self._events = events
        self._threads = threads or CapacityLimiter(1)
        self._stepping = Lock()
        self._is_closed = False

    def __aiter__(self) -> EngineEvents:
        return self

    async def __anext__(self) -> Event:
        event = await to_thread.run_sync(self._step, abandon_on_cancel=True, limiter=self._threads)
        if event is None:
            raise StopAsyncIteration
        return event

    def close(self) -> None:
        """Close the generator: at once, or after the step that a thread is running."""
        self._is_closed = True
        if self._stepping.acquire(blocking=False):
            try:
                self._events.close()
            finally:
                self._stepping.release()

    def _step(self) -> Event | None:
        with self._stepping:
            event = next(self._events, None)
        # If ``close`` was called during the step, it could not take the lock, and has not closed the events.
        if self._is_closed:
            self.close()
        return event


@dataclass(frozen=True, slots=True)
class StreamFailed:
    """The last event of a stream that ends without an answer: a problem document with the cause."""

    problem: dict[str, Any]


ServerSentEvent = dict[str, str]

Encode = Callable[[Event | StreamFailed], Iterable[ServerSentEvent]]


class AnswerStream(EventSourceResponse):
    """The engine stops with the client. The last event of a failure is a :class:`StreamFailed`."""

    def __init__(self, first: Event, rest: EngineEvents, encode: Encode, instance: str) -> None:
        self._rest = rest
        self._encode = encode
        self._instance = instance
        self._stopping = anyio.Event()
        super().__init__(
            self._encoded(first),
            sep="\n",  # OpenAI's server ends lines in this way.
            shutdown_event=self._stopping,
            shutdown_grace_period=_LAST_EVENT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._rest.close()

    async def _encoded(self, first: Event) -> AsyncIterator[ServerSentEvent]:
        event: Event | StreamFailed | None = first
        while event is not None:
            for encoded in self._encode(event):
                yield encoded
            event = None if isinstance(event, StreamFailed) else await self._next()

    async def _next(self) -> Event | StreamFailed | None:
        reached: Event | StreamFailed | None = StreamFailed(problem_of(503, STOPPING, self._instance))
        try:
            async with anyio.create_task_group() as tasks:

                async def stop() -> None:
                    await self._stopping.wait()
                    tasks.cancel_scope.cancel()

                tasks.start_soon(stop)
                reached = await anext(self._rest, None)
                tasks.cancel_scope.cancel()
        except ExceptionGroup as group:
            [error] = group.exceptions
            status, detail = status_and_detail(error)
            if status == 500:
                _log.error("a streamed answer failed", exc_info=error)
            reached = StreamFailed(problem_of(status, detail, self._instance))
        return reached


async def answer_stream(
    events: Generator[Event], encode: Encode, instance: str, threads: CapacityLimiter
) -> AnswerStream:
    """``instance`` is the path. The first event precedes the response, so that an error sets its status."""
    rest = EngineEvents(events, threads)
    with ExitStack() as unless_begun:
        unless_begun.callback(rest.close)
        first = await anext(rest)
        unless_begun.pop_all()
    return AnswerStream(first, rest, encode, instance)
