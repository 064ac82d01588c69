"""A conversation on the page: questions follow, replace and stop answers; the script's fields are data."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Filters
from tests.support.markup import ENGLISH, answer, citation
from ui.errors import FiltersError
from ui.page.conversation import Command, Exchange, ShownConversation, read_command, read_filters
from ui.page.markup.answer import answer_markup
from ui.page.partial_answer import PartialAnswer


def answered(number: int) -> Exchange:
    """An exchange with an answer; the number becomes its id."""
    made = replace(
        answer(citation(number, f"Words {number}.")), answer_id=f"{number:032x}", question=f"Q{number}"
    )
    return Exchange(f"Q{number}", answer_markup(made, ENGLISH), PartialAnswer(answer=made))


def conversation_of(*numbers: int, rest: tuple[int, ...] = ()) -> ShownConversation:
    return ShownConversation(
        "c", [answered(number) for number in numbers], rest=[answered(number) for number in rest]
    )


def questions(conversation: ShownConversation) -> list[str]:
    return [each.question for each in conversation.exchanges]


def test_a_new_question_follows_all_that_was_answered() -> None:
    conversation = conversation_of(1, 2)
    exchange, follows = conversation.follow("Q3")
    assert questions(conversation) == ["Q1", "Q2", "Q3"]
    assert exchange is conversation.exchanges[-1]
    assert (follows.id, follows.replaces) == ("c", None)
    assert [each.standalone for each in follows.exchanges] == ["Q1", "Q2"]
    assert [cited.id for cited in follows.cited] == [1, 2]


def test_a_question_after_a_link_follows_what_was_not_shown_too() -> None:
    conversation = conversation_of(1, rest=(2, 3))
    conversation.notice = "<p>It goes on.</p>"
    _, follows = conversation.follow("Q4")
    assert questions(conversation) == ["Q1", "Q2", "Q3", "Q4"]
    assert [each.standalone for each in follows.exchanges] == ["Q1", "Q2", "Q3"]
    assert (conversation.rest, conversation.notice) == ([], "")


def test_the_messages_are_questions_and_answers_in_turn_and_a_notice_last() -> None:
    conversation = conversation_of(1)
    conversation.exchanges.append(Exchange("<b>", "…"))
    conversation.notice = "<p>n</p>"
    assert [turn["role"] for turn in conversation.messages] == [*["user", "assistant"] * 2, "assistant"]
    assert [unescape(turn["content"]) for turn in conversation.messages[2:]] == [
        '<div class="fn-question"><b></div>',
        "…",
        "<p>n</p>",
    ]
    assert "<b>" not in conversation.messages[2]["content"]


def test_an_answer_that_arrives_is_stopped_and_a_whole_one_is_not() -> None:
    conversation = conversation_of(1)
    exchange, _ = conversation.follow("Q2")
    exchange.show(PartialAnswer(text="One. ", citations=(citation(1, "One."),)), ENGLISH)
    assert exchange.is_arriving
    before = conversation.exchanges[0].markup
    conversation.stop()
    assert (exchange.is_arriving, exchange.is_stopped_or_failed, exchange.answer) == (False, True, None)
    assert 'class="fn-answer fn-stopped"' in exchange.markup
    assert conversation.exchanges[0].markup == before
    assert not conversation.exchanges[0].is_stopped_or_failed


def test_another_question_stops_the_one_before() -> None:
    conversation = ShownConversation("c")
    first, _ = conversation.follow("Q1")
    first.show(PartialAnswer(passages=3), ENGLISH)
    second, _ = conversation.follow("Q2")
    assert (first.is_stopped_or_failed, second.is_stopped_or_failed) == (True, False)
    assert "Stopped before there was an answer" in first.markup


def test_what_was_to_be_replaced_comes_back_where_there_is_no_answer() -> None:
    conversation = conversation_of(1, 2, rest=(3,))
    conversation.notice = "<p>It goes on.</p>"
    conversation.supersede(f"{1:032x}", "Q1, better")
    assert (questions(conversation), conversation.rest, conversation.notice) == (["Q1, better"], [], "")
    assert conversation.shows(f"{2:032x}")
    conversation.stop()
    assert (questions(conversation), conversation.notice) == (["Q1", "Q2"], "<p>It goes on.</p>")
    assert [each.question for each in conversation.rest] == ["Q3"]
    exchange, _ = conversation.supersede(f"{2:032x}", None) or pytest.fail("It is shown.")
    conversation.fail(exchange, "<p>No.</p>")
    assert (questions(conversation), conversation.notice) == (["Q1", "Q2"], "<p>No.</p>")


def test_what_was_replaced_stays_away_once_there_is_an_answer() -> None:
    conversation = conversation_of(1, 2)
    exchange, _ = conversation.supersede(f"{1:032x}", None) or pytest.fail("It is shown.")
    whole = answered(4).partial
    assert whole is not None
    exchange.show(whole, ENGLISH)
    conversation.stop()
    assert conversation.exchanges == [exchange]
    assert not conversation.shows(f"{2:032x}")


ANSWER = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"n": 1, "do": "ask", "question": "Why?"}', Command(do="ask", n=1, question="Why?")),
        (f'{{"n": 2, "do": "again", "answer_id": "{ANSWER}"}}', Command(do="again", n=2, answer_id=ANSWER)),
        (
            f'{{"do": "edit", "answer_id": "{ANSWER}", "question": "<b>"}}',
            Command(do="edit", answer_id=ANSWER, question="<b>"),
        ),
        ('{"do": "open", "conversation_id": "a-1_B"}', Command(do="open", conversation_id="a-1_B")),
        ('{"n": 3, "do": "listen"}', Command(do="listen", n=3)),
    ],
)
def test_commands_are_read(text: str, command: Command) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    "text",
    [
        *["", "null", "[]", "{}", "{", "ask", '{"do": "delete"}', '{"do": "ask", "question": "  "}'],
        *['{"do": "ask", "question": 7}', '{"do": "again", "answer_id": "../x"}', '{"do": "ask", "more": 1}'],
        *['{"do": "open", "conversation_id": "<img>"}', '{"do": "ask", "question": "' + "x" * 2001 + '"}'],
        "[" * 100_000,
    ],
)
def test_what_is_no_command_is_none(text: str) -> None:
    assert read_command(text) is None


def test_a_scope_has_the_fields_of_the_filters_of_a_question() -> None:
    text = """{"publishers": ["A"], "languages": ["en"], "collections": ["c"], "document_ids": [3],
        "published_after": "2025-03", "published_before": "2026"}"""
    assert read_filters(text) == Filters(
        (3,), ("A",), ("en",), ("c",), published_before="2026", published_after="2025-03"
    )


def test_an_empty_scope_narrows_nothing() -> None:
    text = """{"publishers": [], "languages": [], "collections": [], "kinds": [], "document_ids": [],
        "published_after": null, "published_before": null}"""
    assert read_filters(text) == Filters()
    assert read_filters("") == Filters()


@pytest.mark.parametrize(
    "text",
    [
        *["null", "[]", "7", '"x"', "{", '{"publishers": "A"}', '{"document_ids": ["1"]}', '{"x": [1]}'],
        *['{"published_after": "soon"}', '{"published_before": "2025-02-30"}', '{"document_ids": [1e400]}'],
        "[" * 100_000,
    ],
)
def test_a_scope_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(FiltersError):
        read_filters(text)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    assert read_command(text) is None or isinstance(read_command(text), Command)
    with suppress(FiltersError):
        assert isinstance(read_filters(text), Filters)
