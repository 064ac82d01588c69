"""What is done with a page's conversation is done in turn, and given up together."""

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
from ui.page.conversing import Conversing, Shown
from ui.page.locales import Locale
from ui.page.restoring import restore
from ui.page.sessions import Session
from ui.page.turns import Asked


@pytest.fixture
def conversing(library: Callable[[Mapping[str, str]], QueryEngine]) -> Conversing:
    return Conversing(QueryEngine(library({"dam.txt": DAM}).index, keeps=True), UNCHANGED)


def test_a_question_that_is_sent_while_an_answer_arrives_is_asked_after_it(conversing: Conversing) -> None:
    session = Session()

    async def at_once() -> None:
        async with anyio.create_task_group() as tasks:
            # Enter twice on the first, and twice on the second.
            for question in (BROKE, BROKE, COST, COST):
                tasks.start_soon(last_of, conversing.ask(question, "", session, "", ENGLISH))

    anyio.run(at_once)
    assert session.asked is not None
    assert questions(session.asked) == [BROKE, COST]
    assert len(ids(session.asked)) == 2


def test_the_same_words_are_asked_again_in_another_scope(conversing: Conversing) -> None:
    session = Session()

    async def at_once() -> None:
        async with anyio.create_task_group() as tasks:
            for scope in ("", '{"languages": ["km"]}', "", '{"languages": ["km"]}'):
                tasks.start_soon(last_of, conversing.ask(BROKE, scope, session, "", ENGLISH))

    anyio.run(at_once)
    assert session.asked is not None
    assert [
        each.answer.searched.filters.languages
        for each in session.asked.exchanges
        if each.answer and each.answer.searched
    ] == [(), ("km",)]


@pytest.mark.parametrize(
    ("entered", "left"), [("", COST), (" ", COST), ("Half a quest", f"{COST}\nHalf a quest")]
)
def test_stopping_puts_what_waits_back_into_the_input(
    conversing: Conversing, entered: str, left: str
) -> None:
    session = Session()

    dropped: list[Shown] = []

    async def waiting() -> None:
        dropped.extend([each async for each in conversing.ask(COST, "", session, "", ENGLISH)])

    async def stopped() -> None:
        async with anyio.create_task_group() as tasks:
            arriving = conversing.ask(BROKE, "", session, "", ENGLISH)
            await anext(arriving)
            await anext(arriving)
            tasks.start_soon(waiting)
            await anyio.wait_all_tasks_blocked()
            assert session.expects(COST)
            assert conversing.stop(entered, session)[:2] == (left, session)
            assert conversing.stop(entered, session)[0] is UNCHANGED, "it comes back once"
            await last_of(arriving)

    anyio.run(stopped)
    assert session.asked is not None
    assert questions(session.asked) == [BROKE]
    assert not session.expects(COST)
    # The input is emptied when it is sent, and its own event does not touch it again.
    assert [entry for entry, _, _ in dropped] == ["", UNCHANGED]
    assert ask(conversing, COST, session.asked)
    assert questions(session.asked) == [BROKE, COST]


@pytest.mark.parametrize("cancelled", [[BROKE], [COST], [BROKE, COST], [COST, BROKE]])
def test_what_is_cancelled_takes_along_what_waits(
    conversing: Conversing, monkeypatch: pytest.MonkeyPatch, cancelled: list[str]
) -> None:
    """As Gradio does when Stop is pressed, be it before the session is told or after."""
    session, go_on = Session(), Event()
    real = QueryEngine.stream

    def slow(engine: QueryEngine, *asked: Any) -> Any:  # noqa: ANN401 (passed on)
        assert go_on.wait(30)
        yield from real(engine, *asked)

    monkeypatch.setattr(QueryEngine, "stream", slow)

    async def stopped() -> None:
        scopes = {question: anyio.CancelScope() for question in (BROKE, COST)}

        async def asking(question: str) -> None:
            with scopes[question]:
                await last_of(conversing.ask(question, "", session, "", ENGLISH))

        async with anyio.create_task_group() as tasks:
            for question in scopes:
                tasks.start_soon(asking, question)
                await anyio.wait_all_tasks_blocked()
            for question in cancelled:
                scopes[question].cancel()
            go_on.set()

    anyio.run(stopped)
    assert session.asked is not None
    assert questions(session.asked) == [BROKE]
    assert session.asked.exchanges[0].is_given_up is (BROKE in cancelled)
    assert conversing.stop("", session)[0] == COST


def test_what_breaks_off_lets_in_what_waits(conversing: Conversing, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    real = QueryEngine.stream

    def breaking(engine: QueryEngine, question: str, *rest: Any) -> Any:  # noqa: ANN401 (passed on)
        if question == BROKE:
            raise RuntimeError("the model is gone")
        return real(engine, question, *rest)

    monkeypatch.setattr(QueryEngine, "stream", breaking)

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            for question in (BROKE, COST):
                tasks.start_soon(last_of, conversing.ask(question, "", session, "", ENGLISH))

    anyio.run(both)
    assert session.asked is not None
    first, second = session.asked.exchanges
    assert first.markup.startswith('<div class="fn-failure">The server could not answer')
    assert second.answer is not None


def test_of_two_conversations_that_are_opened_the_later_stays(
    conversing: Conversing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Asked(), Asked()
    ask(conversing, BROKE, first)
    ask(conversing, COST, second)
    read = Event()

    def slow(index: Library, locale: Locale, own: str | None, answer: str | None) -> Asked:
        if own == first.id:
            assert read.wait(30)
        return restore(index, locale, own, answer)

    monkeypatch.setattr("ui.page.conversing.restore", slow)
    session = Session()

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            for own in (first.id, second.id):
                command = json.dumps({"do": "open", "conversation_id": own})
                shown = conversing.act(command, "", session, "", ENGLISH)
                if own == first.id:
                    tasks.start_soon(last_of, shown)
                    await anyio.wait_all_tasks_blocked()
                else:
                    await last_of(shown)
                    read.set()

    anyio.run(both)
    assert session.asked is not None
    assert session.asked.id == second.id
