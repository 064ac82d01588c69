"""A stream of an answer stops the engine when its reader leaves, and ends with an error when it fails."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import aclosing
from threading import Event as Flag
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from sse_starlette.sse import AppStatus
from starlette.types import Message

from index.library import NO_FILTERS, Library
from rag.conversations.history import NO_CONVERSATION
from rag.engine import QueryEngine
from rag.events import Event
from tests.support.background import PATIENCE, wait_until
from tests.ui.http.conftest import scope_of
from ui.app import create_app
from ui.http.streaming import STOPPING, EngineEvents
from ui.page.partial_answer import partial_answers

QUESTION = "How many suspects were arrested, and over how many days?"
CHAT = "/v1/chat", {"question": QUESTION, "stream": True}
COMPLETIONS = ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}], "stream": True})
Body = Mapping[str, Any]
ROUTES = pytest.mark.parametrize(("path", "body"), [CHAT, COMPLETIONS], ids=["chat", "completions"])


@pytest.fixture
def own_index(seed_index: Library) -> Iterator[Library]:
    """The library over ``seeds/``, opened again: no thread of an earlier test uses it."""
    with Library.open(seed_index.home, seed_index.encoder) as index:
        yield index


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Collect garbage once, then turn collection off: only the program itself closes generators."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Stuck(QueryEngine):
    """Produces one event, then blocks in a thread until the test tells it how to go on."""

    def __init__(self, index: Library) -> None:
        super().__init__(index, None)
        self.reached, self.go_on = Flag(), Flag()
        self.error: Exception | None = None

    def stream(self, *arguments: Any, **more: Any) -> Generator[Event]:  # noqa: ANN401 (as given)
        events = super().stream(*arguments, **more)

        def stuck() -> Generator[Event]:
            with self.index.snapshot():
                yield next(events)
                self.reached.set()
                assert self.go_on.wait(PATIENCE)
                if self.error is not None:
                    raise self.error
                yield from events

        return stuck()


def in_use(index: Library) -> int:
    """The number of open snapshots of the library: each has a connection."""
    pool: Any = index.catalog.engine.pool
    return int(pool.checkedout())


async def go_on_until(engine: Stuck, before: int) -> None:
    """Let the engine go on until it has let go of the library."""
    engine.go_on.set()
    with anyio.fail_after(PATIENCE):
        while in_use(engine.index) > before:
            await anyio.sleep(0.02)


async def stream(app: FastAPI, path: str, body: Body, is_enough: Callable[[bytes], bool]) -> bytes:
    """The events that a client receives until it disconnects."""
    content = json.dumps(body).encode()
    scope = scope_of(path, [(b"content-type", b"application/json"), (b"host", b"127.0.0.1")])
    left, is_sent = anyio.Event(), False
    received = b""

    async def receive() -> Message:
        nonlocal is_sent
        if not is_sent:
            is_sent = True
            return {"type": "http.request", "body": content}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal received
        received += message.get("body", b"")
        if is_enough(received):
            left.set()
            await anyio.sleep(0)

    async def look() -> None:
        while not is_enough(received):
            await anyio.sleep(0.02)
        left.set()

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            await app(scope, receive, send)
            tasks.cancel_scope.cancel()
    return received


def named(received: bytes) -> list[tuple[str, Any]]:
    """The server-sent events as names and data."""
    events: list[tuple[str, Any]] = []
    for block in received.decode().replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        data = fields["data"]
        events.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return events


@ROUTES
def test_a_stream_has_line_feeds_only(seed_engine: QueryEngine, path: str, body: Body) -> None:
    app = create_app(seed_engine.index, seed_engine)
    received = anyio.run(stream, app, path, body, lambda _received: False)
    assert b"\r" not in received
    assert received.endswith(b"\n\n")


@ROUTES
@pytest.mark.usefixtures("uncollected")
def test_an_abandoned_stream_lets_go(own_index: Library, path: str, body: Body) -> None:
    before, app = in_use(own_index), create_app(own_index, QueryEngine(own_index))
    for _ in range(3):
        # A quick answer may be complete by then; the library is let go of all the same.
        anyio.run(stream, app, path, body, lambda received: b"data:" in received)
    wait_until(lambda: in_use(own_index) <= before)


@ROUTES
@pytest.mark.usefixtures("uncollected")
def test_a_stream_that_is_abandoned_inside_a_step_lets_go(own_index: Library, path: str, body: Body) -> None:
    engine, before = Stuck(own_index), in_use(own_index)

    async def abandon() -> None:
        app = create_app(own_index, engine)
        await stream(app, path, body, lambda _received: engine.reached.is_set())
        # The response has ended; the thread is still at its step.
        assert in_use(own_index) > before
        await go_on_until(engine, before)

    anyio.run(abandon)


def problem_of(events: list[tuple[str, Any]], path: str) -> tuple[int, str]:
    """The status and the detail of the error at the end of a stream."""
    name, data = events[-1]
    if path == CHAT[0]:
        assert (name, data["type"], data["instance"]) == ("error", "about:blank", path)
        return data["status"], data["detail"]
    assert (name, data["error"]["type"]) == ("", "server_error")
    return data["error"]["code"], data["error"]["message"]


@ROUTES
def test_a_stream_says_that_the_server_stops(
    seed_index: Library, monkeypatch: pytest.MonkeyPatch, path: str, body: Body
) -> None:
    engine = Stuck(seed_index)

    def stops(_received: bytes) -> bool:
        if engine.reached.is_set():
            monkeypatch.setattr(AppStatus, "should_exit", True)
        return False

    async def stop() -> bytes:
        try:
            return await stream(create_app(seed_index, engine), path, body, stops)
        finally:
            engine.go_on.set()

    events = named(anyio.run(stop))
    assert problem_of(events, path) == (503, STOPPING)
    assert "[DONE]" not in [data for _, data in events]


FAILED = "The server failed at this request; its log has the cause."
FULL = (
    "The server cannot write to its disk (No space left on device); free space on its disk, or check the "
    "permissions of its folders, then try again."
)


@ROUTES
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError("xyzzy"), (500, FAILED)),
        (OSError(28, "No space left on device", "/home/xyzzy"), (507, FULL)),
    ],
    ids=["mistake", "full"],
)
def test_a_stream_says_that_the_engine_failed(
    seed_index: Library, path: str, body: Body, *, error: Exception, told: tuple[int, str]
) -> None:
    engine = Stuck(seed_index)
    engine.error = error
    engine.go_on.set()
    app = create_app(seed_index, engine)
    received = anyio.run(stream, app, path, body, lambda _received: False)
    assert problem_of(named(received), path) == told
    assert b"xyzzy" not in received


@pytest.mark.usefixtures("uncollected")
def test_a_page_that_leaves_inside_a_step_lets_go(own_index: Library) -> None:
    engine, before = Stuck(own_index), in_use(own_index)

    async def leave() -> None:
        async with anyio.create_task_group() as tasks:

            async def read() -> None:
                async with aclosing(partial_answers(engine, QUESTION, NO_FILTERS, NO_CONVERSATION)) as steps:
                    async for _ in steps:
                        pass

            tasks.start_soon(read)
            with anyio.fail_after(PATIENCE):
                while not engine.reached.is_set():
                    await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()
        await go_on_until(engine, before)

    anyio.run(leave)


@pytest.mark.usefixtures("uncollected")
def test_events_that_are_closed_before_they_begin_never_begin(own_index: Library) -> None:
    before = in_use(own_index)
    events = EngineEvents(QueryEngine(own_index).stream(QUESTION))
    events.close()

    async def first() -> Event | None:
        return await anext(events, None)

    assert anyio.run(first) is None
    assert in_use(own_index) == before
