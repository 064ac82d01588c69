"""Below an answer that a model wrote are its name, the seconds and the tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.markup import ENGLISH, Page, answer, citation
from ui.page.head import locale_in
from ui.page.markup.answer import answer_markup, made_markup, streamed_markup, waiting_markup

TIMINGS = {
    "rewrite": 100.0,
    "search": 50.0,
    "read": 50.0,
    "answer": 3000.0,
    "write": 2900.0,  # A part of "answer", as is "verify".
    "verify": 90.0,
    "prompt_tokens": 1200,
    "completion_tokens": 34,
    "cost": 0.5,
}


def words(markup: str) -> str:
    return "".join(text for _, text in Page(markup).texts)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Written by small 3.2 s 1,234 tokens"),
        ("vi", "small viết 3,2 giây 1.234 token"),
    ],
)
def test_a_written_answer_names_its_model_the_seconds_and_the_tokens(language: str, expected: str) -> None:
    written = replace(answer(citation(1, "Words.")), model="small", timings=TIMINGS)
    assert words(made_markup(written, locale_in(language))) == expected
    assert made_markup(written, ENGLISH) in answer_markup(written, ENGLISH)


def test_a_quoted_answer_has_no_such_line_even_where_a_model_was_asked() -> None:
    assert made_markup(replace(answer(citation(1, "Words.")), timings=TIMINGS), ENGLISH) == ""


def test_the_name_of_a_model_is_text() -> None:
    hostile = '<img src=x onerror="alert(1)">*a*'
    written = replace(answer(citation(1, "Words.")), model=hostile, timings=TIMINGS)
    for markup in (
        made_markup(written, ENGLISH),
        waiting_markup(ENGLISH, "waiting.with", None, name=hostile),
        streamed_markup("Words.", [], ENGLISH, name=hostile),
    ):
        assert not {"img", "em"} & set(Page(markup).tags)
        assert hostile in words(markup)


def test_while_a_model_writes_the_page_says_so_until_it_is_stopped() -> None:
    assert "Writing with small" in words(streamed_markup("Words.", [], ENGLISH, name="small"))
    assert "Writing with" not in words(streamed_markup("Words.", [], ENGLISH, name="small", is_stopped=True))
    assert "Writing with" not in words(streamed_markup("Words.", [], ENGLISH))
