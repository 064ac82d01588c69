"""A kept conversation is shown again, whole or up to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import sqlalchemy as sa

from index.catalog import kept
from rag.answers import Answer
from rag.conversations.feedback import Feedback, append_feedback
from rag.conversations.history import Conversation, continue_conversation
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from tests.support.markup import ENGLISH, Page
from ui.page.conversation import ShownConversation
from ui.page.markup.answer import answer_markup
from ui.page.sessions import restore

DAM = "The dam of Varda broke on Sunday. It had cost 412 million crowns. Nobody was warned of it."
QUESTIONS = (
    "When did the dam of Varda break?",
    "What had the dam of Varda cost?",
    "Who was warned of the dam?",
)


@pytest.fixture
def engine(library: Callable[[Mapping[str, str]], QueryEngine]) -> QueryEngine:
    return QueryEngine(library({"dam.txt": DAM}).index, keeps=True)


def converse(engine: QueryEngine, *questions: str) -> list[Answer]:
    answers: list[Answer] = []
    for question in questions:
        follows = continue_conversation(engine.index.catalog, answers[0].conversation_id if answers else None)
        answers.append(engine.ask(question, conversation=follows))
    return answers


def restored(engine: QueryEngine, **named: str) -> ShownConversation:
    return restore(engine.index, ENGLISH, **named)


def shown(conversation: ShownConversation) -> list[str]:
    return [each.question for each in conversation.exchanges]


def test_a_conversation_is_shown_as_it_was_and_goes_on(engine: QueryEngine) -> None:
    answers = converse(engine, *QUESTIONS)
    conversation = restored(engine, conversation_id=str(answers[0].conversation_id))
    assert conversation.id == answers[0].conversation_id
    assert [each.answer for each in conversation.exchanges] == answers
    assert [each.markup for each in conversation.exchanges] == [
        answer_markup(each, ENGLISH) for each in answers
    ]
    assert (conversation.notice, conversation.rest) == ("", [])
    assert [each.standalone for each in conversation.history.exchanges] == list(QUESTIONS)


def test_a_link_shows_its_answer_last_and_where_the_conversation_goes_on(engine: QueryEngine) -> None:
    answers = converse(engine, *QUESTIONS)
    conversation = restored(engine, answer_id=answers[1].answer_id)
    assert conversation.id == answers[0].conversation_id
    assert shown(conversation) == list(QUESTIONS[:2])
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
    assert (conversation.id, shown(conversation), conversation.notice) == (
        answers[0].conversation_id,
        list(QUESTIONS[:2]),
        "",
    )


def test_a_link_stands_above_a_conversation(engine: QueryEngine) -> None:
    [first] = converse(engine, QUESTIONS[0])
    [other] = converse(engine, QUESTIONS[1])
    conversation = restored(engine, conversation_id=str(first.conversation_id), answer_id=other.answer_id)
    assert shown(conversation) == [QUESTIONS[1]]


def test_a_replaced_answer_is_shown_under_its_link_and_what_is_asked_then_is_a_conversation_of_its_own(
    engine: QueryEngine,
) -> None:
    first, second = converse(engine, *QUESTIONS[:2])
    again = continue_conversation(engine.index.catalog, replaces=second.answer_id)
    engine.ask(QUESTIONS[2], conversation=again)
    assert shown(restored(engine, conversation_id=str(first.conversation_id))) == [QUESTIONS[0], QUESTIONS[2]]
    conversation = restored(engine, answer_id=second.answer_id)
    assert shown(conversation) == list(QUESTIONS[:2])
    assert "A newer answer replaced this answer" in conversation.notice
    assert conversation.id != first.conversation_id
    _, follows = conversation.follow(QUESTIONS[2])
    assert [each.standalone for each in follows.exchanges] == list(QUESTIONS[:2])


def test_an_answer_of_no_conversation_is_shown_alone(engine: QueryEngine) -> None:
    alone = engine.ask(QUESTIONS[0], conversation=Conversation())
    conversation = restored(engine, answer_id=alone.answer_id)
    assert (shown(conversation), conversation.notice) == ([QUESTIONS[0]], "")


HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (
            {"answer_id": "f" * 32},
            f"There is no answer “{'f' * 32}” in this library; it may have been deleted.",
        ),
        (
            {"answer_id": HOSTILE},
            f"There is no answer “{HOSTILE}” in this library; it may have been deleted.",
        ),
        (
            {"conversation_id": "gone"},
            "There is no conversation “gone” in this library; it may have been deleted.",
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
    assert shown(conversation) == [QUESTIONS[0], QUESTIONS[2]]


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
        assert shown(conversation) == [QUESTIONS[0], "…", QUESTIONS[2]]
        assert Page(conversation.exchanges[1].markup).text_of("fn-failure") == [damaged]
        assert [each.answer for each in conversation.exchanges] == [first, None, third]
    assert Page(restored(engine, answer_id=second.answer_id).notice).text_of("fn-failure") == [damaged]
