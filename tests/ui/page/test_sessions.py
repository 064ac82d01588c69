"""The tasks of a page run one after the other, and a kept conversation is shown again."""

from __future__ import annotations

import json
from threading import Event
from typing import Any

import anyio
import pytest
import sqlalchemy as sa

from index.catalog import kept
from index.library import Library
from rag.answers import Answer
from rag.conversations.feedback import Feedback, append_feedback
from rag.conversations.history import Conversation, continue_conversation
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from tests.support.markup import ENGLISH, Page
from tests.support.talks import BROKE, COST, UNCHANGED, ask, ids, last_of, questions
from ui.page.conversation import ShownConversation
from ui.page.events import ChatEvents, Update
from ui.page.head import Locale
from ui.page.markup.answer import answer_markup
from ui.page.sessions import Session, restore


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


QUESTIONS = (BROKE, COST, "Who was warned of the dam?")


def converse(engine: QueryEngine, *questions: str) -> list[Answer]:
    answers: list[Answer] = []
    for question in questions:
        follows = continue_conversation(engine.index.catalog, answers[0].conversation_id if answers else None)
        answers.append(engine.ask(question, conversation=follows))
    return answers


def restored(engine: QueryEngine, **named: str) -> ShownConversation:
    return restore(engine.index, ENGLISH, **named)


def test_a_conversation_is_shown_as_it_was_and_goes_on(engine: QueryEngine) -> None:
    answers = converse(engine, *QUESTIONS)
    conversation = restored(engine, conversation_id=str(answers[0].conversation_id))
    assert conversation.id == answers[0].conversation_id
    assert [each.answer for each in conversation.exchanges] == answers
    assert [each.markup for each in conversation.exchanges] == [
        answer_markup(each, ENGLISH) for each in answers
    ]
    assert (conversation.notice, conversation.rest) == ("", [])
    assert [each.asked for each in conversation.history.exchanges] == list(QUESTIONS)


def test_a_link_shows_its_answer_last_and_where_the_conversation_goes_on(engine: QueryEngine) -> None:
    answers = converse(engine, *QUESTIONS)
    conversation = restored(engine, answer_id=answers[1].answer_id)
    assert conversation.id == answers[0].conversation_id
    assert questions(conversation) == list(QUESTIONS[:2])
    assert [each.question for each in conversation.rest] == [QUESTIONS[2]]
    page = Page(conversation.notice)
    assert [text for _, text in page.texts] == [
        "The conversation already has 1 answer after this one. ",
        "Show the whole conversation",
    ]
    assert page.links == [(f"?conversation={conversation.id}", None)]


def test_a_link_to_the_last_answer_shows_the_whole_conversation(engine: QueryEngine) -> None:
    answers = converse(engine, *QUESTIONS[:2])
    conversation = restored(engine, answer_id=answers[1].answer_id)
    assert (conversation.id, questions(conversation), conversation.notice) == (
        answers[0].conversation_id,
        list(QUESTIONS[:2]),
        "",
    )


def test_a_link_stands_above_a_conversation(engine: QueryEngine) -> None:
    [first] = converse(engine, QUESTIONS[0])
    [other] = converse(engine, QUESTIONS[1])
    conversation = restored(engine, conversation_id=str(first.conversation_id), answer_id=other.answer_id)
    assert questions(conversation) == [QUESTIONS[1]]


def test_a_replaced_answer_is_shown_under_its_link_and_what_is_asked_then_is_a_conversation_of_its_own(
    engine: QueryEngine,
) -> None:
    first, second = converse(engine, *QUESTIONS[:2])
    again = continue_conversation(engine.index.catalog, replaces=second.answer_id)
    engine.ask(QUESTIONS[2], conversation=again)
    assert questions(restored(engine, conversation_id=str(first.conversation_id))) == [
        QUESTIONS[0],
        QUESTIONS[2],
    ]
    conversation = restored(engine, answer_id=second.answer_id)
    assert questions(conversation) == list(QUESTIONS[:2])
    assert "A newer answer replaced this answer" in conversation.notice
    assert conversation.id != first.conversation_id
    _, follows = conversation.follow(QUESTIONS[2])
    assert [each.asked for each in follows.exchanges] == list(QUESTIONS[:2])


def test_an_answer_of_no_conversation_is_shown_alone(engine: QueryEngine) -> None:
    alone = engine.ask(QUESTIONS[0], conversation=Conversation())
    conversation = restored(engine, answer_id=alone.answer_id)
    assert (questions(conversation), conversation.notice) == ([QUESTIONS[0]], "")


HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (
            {"answer_id": HOSTILE},
            f"There is no answer “{HOSTILE}” in this library; it may have been deleted.",
        ),
        (
            {"conversation_id": HOSTILE},
            f"There is no conversation “{HOSTILE}” in this library; it may have been deleted.",
        ),
    ],
)
def test_what_is_not_kept_is_said_in_a_sentence(
    engine: QueryEngine, named: dict[str, str], words: str
) -> None:
    conversation = restored(engine, **named)
    assert conversation.exchanges == []
    page = Page(conversation.notice)
    assert (page.tags, page.text_of("fn-failure")) == (["div"], [words])


def test_a_deleted_answer_is_gone_from_its_conversation(engine: QueryEngine) -> None:
    answers = converse(engine, *QUESTIONS)
    AnswerStore(engine.index.catalog).delete(answers[1].answer_id)
    conversation = restored(engine, conversation_id=str(answers[0].conversation_id))
    assert questions(conversation) == [QUESTIONS[0], QUESTIONS[2]]


def test_what_was_said_of_an_answer_is_shown_with_it(engine: QueryEngine) -> None:
    [made] = converse(engine, QUESTIONS[0])
    for verdict in ("wrong", "right"):
        feedback = Feedback(QUESTIONS[0], verdict, (), None, "2031-05-06", made.answer_id)
        append_feedback(engine.index.catalog, feedback)
    [exchange] = restored(engine, answer_id=made.answer_id).exchanges
    assert exchange.markup == answer_markup(made, ENGLISH, "right")


def test_a_damaged_answer_is_said_to_be_damaged_among_the_others(engine: QueryEngine) -> None:
    first, second, third = converse(engine, *QUESTIONS)
    with engine.index.catalog.engine.begin() as connection:
        connection.execute(sa.update(kept).where(kept.c.id == second.answer_id).values(body='{"text": "Gone'))
    damaged = f"The stored answer “{second.answer_id}” is damaged; a backup of the library may still have it."
    for named in ({"conversation_id": str(first.conversation_id)}, {"answer_id": third.answer_id}):
        conversation = restored(engine, **named)
        assert questions(conversation) == [QUESTIONS[0], "…", QUESTIONS[2]]
        assert Page(conversation.exchanges[1].markup).text_of("fn-failure") == [damaged]
        assert [each.answer for each in conversation.exchanges] == [first, None, third]
    assert Page(restored(engine, answer_id=second.answer_id).notice).text_of("fn-failure") == [damaged]
