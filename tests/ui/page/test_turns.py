"""A conversation on the page: what follows what, what takes whose place, and what is stopped."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest

from tests.support.markup import ENGLISH, answer, citation
from ui.page.arriving import Arrived
from ui.page.markup.answer import answer_markup
from ui.page.turns import Asked, Exchange


def answered(number: int) -> Exchange:
    """The exchange of an answer whose id has its number."""
    made = replace(
        answer(citation(number, f"Words {number}.")), answer_id=f"{number:032x}", question=f"Q{number}"
    )
    return Exchange(f"Q{number}", answer_markup(made, ENGLISH), Arrived(answer=made))


def conversation(*numbers: int, rest: tuple[int, ...] = ()) -> Asked:
    return Asked("c", [answered(number) for number in numbers], rest=[answered(number) for number in rest])


def questions(asked: Asked) -> list[str]:
    return [each.question for each in asked.exchanges]


def test_a_new_question_follows_all_that_was_answered() -> None:
    asked = conversation(1, 2)
    exchange, follows = asked.follow("Q3")
    assert questions(asked) == ["Q1", "Q2", "Q3"]
    assert exchange is asked.exchanges[-1]
    assert (follows.id, follows.replaces) == ("c", None)
    assert [each.question for each in follows.exchanges] == ["Q1", "Q2"]
    assert [cited.id for cited in follows.cited] == [1, 2]


def test_a_question_after_a_link_follows_what_was_not_shown_too() -> None:
    asked = conversation(1, rest=(2, 3))
    asked.notice = "<p>It goes on.</p>"
    _, follows = asked.follow("Q4")
    assert questions(asked) == ["Q1", "Q2", "Q3", "Q4"]
    assert [each.question for each in follows.exchanges] == ["Q1", "Q2", "Q3"]
    assert (asked.rest, asked.notice) == ([], "")


@pytest.mark.parametrize(("question", "asks"), [(None, "Q2"), ("Q2, better", "Q2, better")])
def test_a_question_takes_the_place_of_an_answer_and_of_what_followed(
    question: str | None, asks: str
) -> None:
    asked = conversation(1, 2, 3)
    taken = asked.supersede(f"{2:032x}", question)
    assert taken is not None
    exchange, follows = taken
    assert questions(asked) == ["Q1", asks]
    assert exchange.question == asks
    assert follows.replaces == f"{2:032x}"
    assert [each.question for each in follows.exchanges] == ["Q1"]


def test_an_answer_that_is_not_shown_has_no_place_to_take() -> None:
    asked = conversation(1)
    assert asked.supersede("f" * 32, "Q") is None
    assert questions(asked) == ["Q1"]


def test_the_messages_are_questions_and_answers_in_turn_and_a_notice_last() -> None:
    asked = conversation(1)
    asked.exchanges.append(Exchange("<b>", "…"))
    asked.notice = "<p>n</p>"
    assert [turn["role"] for turn in asked.turns] == [*["user", "assistant"] * 2, "assistant"]
    assert [unescape(turn["content"]) for turn in asked.turns[2:]] == [
        '<div class="fn-question"><b></div>',
        "…",
        "<p>n</p>",
    ]
    assert "<b>" not in asked.turns[2]["content"]


def test_an_answer_that_arrives_is_stopped_and_a_whole_one_is_not() -> None:
    asked = conversation(1)
    exchange, _ = asked.follow("Q2")
    exchange.show(Arrived(text="One. ", citations=(citation(1, "One."),)), ENGLISH)
    assert exchange.is_arriving
    before = asked.exchanges[0].markup
    asked.stop()
    assert (exchange.is_arriving, exchange.is_given_up, exchange.answer) == (False, True, None)
    assert 'class="fn-answer fn-stopped"' in exchange.markup
    assert asked.exchanges[0].markup == before
    assert not asked.exchanges[0].is_given_up


def test_another_question_stops_the_one_before() -> None:
    asked = Asked("c")
    first, _ = asked.follow("Q1")
    first.show(Arrived(passages=3), ENGLISH)
    second, _ = asked.follow("Q2")
    assert (first.is_given_up, second.is_given_up) == (True, False)
    assert "Stopped before there was an answer" in first.markup


def test_asking_again_stops_what_arrives_below_it() -> None:
    asked = conversation(1)
    arriving, _ = asked.follow("Q2")
    asked.supersede(f"{1:032x}", None)
    assert arriving.is_given_up
    assert questions(asked) == ["Q1"]


def test_what_was_to_be_replaced_comes_back_where_there_is_no_answer() -> None:
    asked = conversation(1, 2, rest=(3,))
    asked.notice = "<p>It goes on.</p>"
    asked.supersede(f"{1:032x}", "Q1, better")
    assert (questions(asked), asked.rest, asked.notice) == (["Q1, better"], [], "")
    assert asked.shows(f"{2:032x}")
    asked.stop()
    assert (questions(asked), asked.notice) == (["Q1", "Q2"], "<p>It goes on.</p>")
    assert [each.question for each in asked.rest] == ["Q3"]
    exchange, _ = asked.supersede(f"{2:032x}", None) or pytest.fail("It is shown.")
    asked.fail(exchange, "<p>No.</p>")
    assert (questions(asked), asked.notice) == (["Q1", "Q2"], "<p>No.</p>")


def test_what_was_replaced_stays_away_once_there_is_an_answer() -> None:
    asked = conversation(1, 2)
    exchange, _ = asked.supersede(f"{1:032x}", None) or pytest.fail("It is shown.")
    whole = answered(4).arrived
    assert whole is not None
    exchange.show(whole, ENGLISH)
    asked.stop()
    assert asked.exchanges == [exchange]
    assert not asked.shows(f"{2:032x}")
