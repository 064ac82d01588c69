"""The tasks of a page run one after the other, and are cancelled together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any

import anyio
import pytest

from index.library import Library
from rag.engine import QueryEngine
from tests.support.markup import ENGLISH
from tests.support.talks import BROKE, COST, DAM, UNCHANGED, ask, ids, last_of, questions
from ui.page.conversation import ShownConversation
from ui.page.events import ChatEvents, Update
from ui.page.head import Locale
from ui.page.sessions import Session, restore


@pytest.fixture
def events(library: Callable[[Mapping[str, str]], QueryEngine]) -> ChatEvents:
    return ChatEvents(QueryEngine(library({"dam.txt": DAM}).index, keeps=True), UNCHANGED)


def test_a_question_that_is_sent_while_an_answer_arrives_is_asked_after_it(events: ChatEvents) -> None:
    session = Session()

    async def take_turn() -> None:
        async with anyio.create_task_group() as tasks:
            # Press Enter twice for each question.
            for question in (BROKE, BROKE, COST, COST):
                tasks.start_soon(last_of, events.ask(question, "", session, "", ENGLISH))

    anyio.run(take_turn)
    assert session.conversation is not None
    assert questions(session.conversation) == [BROKE, COST]
    assert len(ids(session.conversation)) == 2


def test_a_second_press_of_enter_leaves_the_next_question_in_the_input(events: ChatEvents) -> None:
    session = Session()

    async def pressed_twice() -> list[Update]:
        first = events.ask(BROKE, "", session, "", ENGLISH)
        assert (await anext(first))[0] == ""
        second = [each async for each in events.ask(BROKE, "", session, "", ENGLISH)]
        await last_of(first)
        return second

    assert anyio.run(pressed_twice) == [(UNCHANGED, UNCHANGED, UNCHANGED)]


def test_the_same_words_are_asked_again_in_another_scope(events: ChatEvents) -> None:
    session = Session()

    async def take_turn() -> None:
        async with anyio.create_task_group() as tasks:
            for scope in ("", '{"languages": ["km"]}', "", '{"languages": ["km"]}'):
                tasks.start_soon(last_of, events.ask(BROKE, scope, session, "", ENGLISH))

    anyio.run(take_turn)
    assert session.conversation is not None
    assert [
        each.answer.searched.filters.languages
        for each in session.conversation.exchanges
        if each.answer and each.answer.searched
    ] == [(), ("km",)]


@pytest.mark.parametrize(
    ("entered", "left"), [("", COST), (" ", COST), ("Half a quest", f"{COST}\nHalf a quest")]
)
def test_stopping_puts_what_waits_back_into_the_input(events: ChatEvents, entered: str, left: str) -> None:
    session = Session()

    dropped: list[Update] = []

    async def waiting() -> None:
        dropped.extend([each async for each in events.ask(COST, "", session, "", ENGLISH)])

    async def stopped() -> None:
        async with anyio.create_task_group() as tasks:
            partial_answers = events.ask(BROKE, "", session, "", ENGLISH)
            for _ in range(3):  # the input is emptied, nothing changes, and the answer begins
                await anext(partial_answers)
            tasks.start_soon(waiting)
            await anyio.wait_all_tasks_blocked()
            assert session.has_pending(COST)
            assert events.stop(entered, session)[:2] == (left, session)
            assert events.stop(entered, session)[0] is UNCHANGED, "it comes back once"
            await last_of(partial_answers)

    anyio.run(stopped)
    assert session.conversation is not None
    assert questions(session.conversation) == [BROKE]
    assert not session.has_pending(COST)
    assert [entry for entry, _, _ in dropped] == ["", UNCHANGED], "Gradio sends the last update again"
    assert ask(events, COST, session.conversation)
    assert questions(session.conversation) == [BROKE, COST]


@pytest.mark.parametrize("cancelled", [[BROKE], [COST], [BROKE, COST], [COST, BROKE]])
def test_what_is_cancelled_takes_along_what_waits(
    events: ChatEvents, monkeypatch: pytest.MonkeyPatch, cancelled: list[str]
) -> None:
    """Gradio cancels the task when Stop is pressed, before or after it calls the session."""
    session, go_on = Session(), Event()
    real = QueryEngine.stream

    def slow(engine: QueryEngine, *question: Any, **how: Any) -> Any:  # noqa: ANN401 (passed on)
        assert go_on.wait(30)
        yield from real(engine, *question, **how)

    monkeypatch.setattr(QueryEngine, "stream", slow)

    async def stopped() -> None:
        scopes = {question: anyio.CancelScope() for question in (BROKE, COST)}

        async def asking(question: str) -> None:
            with scopes[question]:
                await last_of(events.ask(question, "", session, "", ENGLISH))

        async with anyio.create_task_group() as tasks:
            for question in scopes:
                tasks.start_soon(asking, question)
                await anyio.wait_all_tasks_blocked()
            for question in cancelled:
                scopes[question].cancel()
            go_on.set()

    anyio.run(stopped)
    assert session.conversation is not None
    assert questions(session.conversation) == [BROKE]
    assert session.conversation.exchanges[0].is_stopped_or_failed is (BROKE in cancelled)
    assert events.stop("", session)[0] == COST


def test_what_breaks_off_lets_in_what_waits(events: ChatEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    real = QueryEngine.stream

    def breaking(engine: QueryEngine, question: str, *rest: Any, **how: Any) -> Any:  # noqa: ANN401
        if question == BROKE:
            raise RuntimeError("the model is gone")
        return real(engine, question, *rest, **how)

    monkeypatch.setattr(QueryEngine, "stream", breaking)

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            for question in (BROKE, COST):
                tasks.start_soon(last_of, events.ask(question, "", session, "", ENGLISH))

    anyio.run(both)
    assert session.conversation is not None
    first, second = session.conversation.exchanges
    assert first.markup.startswith('<div class="fn-failure">The server could not answer')
    assert second.answer is not None


def test_of_two_conversations_that_are_opened_the_later_stays(
    events: ChatEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ShownConversation(), ShownConversation()
    ask(events, BROKE, first)
    ask(events, COST, second)
    read = Event()

    def slow(index: Library, locale: Locale, own: str | None, answer: str | None) -> ShownConversation:
        if own == first.id:
            assert read.wait(30)
        return restore(index, locale, own, answer)

    monkeypatch.setattr("ui.page.events.restore", slow)
    session = Session()

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            for own in (first.id, second.id):
                command = json.dumps({"do": "open", "conversation_id": own})
                shown = events.act(command, "", session, "", ENGLISH)
                if own == first.id:
                    tasks.start_soon(last_of, shown)
                    await anyio.wait_all_tasks_blocked()
                else:
                    await last_of(shown)
                    read.set()

    anyio.run(both)
    assert session.conversation is not None
    assert session.conversation.id == second.id
