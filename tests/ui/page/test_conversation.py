"""A conversation on the page: questions follow, replace and stop answers."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest

from tests.support.markup import ENGLISH, answer, citation
from ui.page.conversation import Exchange, ShownConversation
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


@pytest.mark.parametrize(("question", "asks"), [(None, "Q2"), ("Q2, better", "Q2, better")])
def test_a_question_takes_the_place_of_an_answer_and_of_what_followed(
    question: str | None, asks: str
) -> None:
    conversation = conversation_of(1, 2, 3)
    taken = conversation.supersede(f"{2:032x}", question)
    assert taken is not None
    exchange, follows = taken
    assert questions(conversation) == ["Q1", asks]
    assert exchange.question == asks
    assert follows.replaces == f"{2:032x}"
    assert [each.standalone for each in follows.exchanges] == ["Q1"]


def test_an_answer_that_is_not_shown_has_no_place_to_take() -> None:
    conversation = conversation_of(1)
    assert conversation.supersede("f" * 32, "Q") is None
    assert questions(conversation) == ["Q1"]


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


def test_asking_again_stops_what_arrives_below_it() -> None:
    conversation = conversation_of(1)
    exchange, _ = conversation.follow("Q2")
    conversation.supersede(f"{1:032x}", None)
    assert exchange.is_stopped_or_failed
    assert questions(conversation) == ["Q1"]


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
