"""The markup of filters says in words how many reports were searched, and which."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given

from index.records import Filters
from rag.answers import Searched
from tests.support.markup import ENGLISH, Page, abstention, answer, citation, passage, shown, texts
from ui.page.head import Locale, locale_in
from ui.page.markup import answer as render
from ui.page.markup.answer import filter_phrases, filters_markup, searched_markup

answer_markup = partial(render.answer_markup, locale=ENGLISH)
streamed_markup = partial(render.streamed_markup, locale=ENGLISH)
waiting_markup = partial(render.waiting_markup, ENGLISH)


@pytest.mark.parametrize(
    ("searched", "phrases"),
    [
        (Searched(3, Filters()), []),
        (Searched(3, Filters(publishers=("A", "B"))), ["publisher A or B"]),
        (Searched(3, Filters(publishers=tuple("ABCDE"))), ["publisher A, B, C, or 2 others"]),
        (Searched(3, Filters(languages=("en", "id"))), ["language English or Indonesian"]),
        (Searched(3, Filters(collections=("letters",))), ["collection letters"]),
        (Searched(3, Filters(kinds=("eml", "no-such"))), ["kind e-mail or no-such"]),
        (
            Searched(
                3,
                Filters((1,)),
            ),
            ["1 chosen report"],
        ),
        (Searched(1, Filters((1,)), ("A day",)), ["“A day”"]),
        (Searched(5, Filters((1, 2, 3, 4, 5)), ("A", "B", "C")), ["“A”, “B”, “C”, and 2 others"]),
        (
            Searched(3, Filters(published_after="2025-03-01", published_before="2026")),
            ["published after 1 March 2025", "published before 2026"],
        ),
    ],
)
def test_each_filter_is_a_phrase(searched: Searched, phrases: list[str]) -> None:
    assert list(filter_phrases(searched, ENGLISH)) == phrases


def test_what_is_said_is_in_the_reader_s_language() -> None:
    khmer = Locale("km", {"narrowed.after": "ក្រោយ {date}", "narrowed.language": "ភាសា {name}"})
    searched = Searched(3, Filters(languages=("en",), published_after="2025-03"))
    assert list(filter_phrases(searched, khmer)) == ["ភាសា អង់គ្លេស", "ក្រោយ មីនា 2025"]
    chinese = locale_in("zh")
    searched = Searched(1, Filters((4, 5), ("A", "B"), kinds=("eml",)), ("潮汐",))
    assert list(filter_phrases(searched, chinese)) == [
        "《潮汐》和另外 1 个",
        "发布机构为A或B",
        "类型为电子邮件",
    ]
    assert Page(filters_markup(searched, chinese)).text_of("fn-searched") == [
        "搜索范围：《潮汐》和另外 1 个；发布机构为A或B；类型为电子邮件（1 份报告）。"
    ]


@given(texts, texts)
def test_a_hostile_name_or_title_is_text(name: str, title: str) -> None:
    searched = Searched(1, Filters((7,), (name,), (), (name,)), (title,))
    for markup in (filters_markup(searched, ENGLISH), searched_markup(searched, "Try this.", ENGLISH)):
        page = Page(markup)
        assert page.tags == ["p"]
        words = "".join(page.text_of("fn-searched"))
        assert f"“{shown(title)}”; publisher {shown(name)}; collection {shown(name)} (1 report)." in words


def test_an_answer_from_some_reports_says_from_which_before_its_first_word_and_while_it_arrives() -> None:
    filters = Filters(publishers=("The Office",), published_after="2025-03")
    searched = Searched(2, filters)
    words = "Searched only: publisher The Office; published after March 2025 (2 reports)."
    made = replace(answer(citation(1, "Words.")), searched=searched)
    for markup in (
        answer_markup(made),
        streamed_markup("Words.", [], searched=searched),
        waiting_markup("waiting.searching", 2, searched=searched),
    ):
        assert Page(markup).texts[0] == ("fn-searched", words)
    assert Page(answer_markup(replace(made, searched=Searched(7, Filters())))).text_of("fn-searched") == []


def test_an_abstention_says_what_was_searched_and_what_to_try() -> None:
    none = replace(abstention(passage("A."), passage("B.")), searched=Searched(7, Filters()))
    assert Page(answer_markup(none)).text_of("fn-searched") == [
        "Searched 7 reports. Ask in the words of the reports, or add a report that answers this."
    ]
    narrowed = replace(none, searched=Searched(1, Filters(collections=("letters",))), passages=())
    assert Page(answer_markup(narrowed)).text_of("fn-searched") == [
        "Searched only: collection letters (1 report). Remove a filter and ask again."
    ]
