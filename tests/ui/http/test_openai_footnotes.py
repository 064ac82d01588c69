"""Footnotes as plain text, and an answer without them."""

from __future__ import annotations

import pytest

from rag.answers import Citation, Verification
from rag.engine import QueryEngine
from ui.http.openai import text_of
from ui.http.openai_footnotes import footnotes, label, without_footnotes

SUPPORTED = Verification("supported", True, True, 1.0)


def citation(number: int, quote: str = "It broke.", **facts: object) -> Citation:
    given: dict[str, object] = {
        "title": "Dams",
        "publisher": None,
        "author": None,
        "published": None,
        "page": None,
        **facts,
    }
    return Citation(
        id=number,
        answer_start=0,
        answer_end=1,
        document_id=1,
        version=1,
        path="dams.md",
        start=0,
        end=len(quote),
        quote=quote,
        boxes=(),
        verification=SUPPORTED,
        **given,  # type: ignore[arg-type]
    )


def test_a_footnote_has_the_quote_and_where_it_stands() -> None:
    full = citation(
        *(1, "It\nbroke  at night."),
        title="Dams of\nthe Isken",
        publisher="Ministry",
        published="2025-03-20",
        page=4,
        recognised=True,
        superseded_by=2,
    )
    assert footnotes([full]) == (
        "[1]: “It broke at night.” — Dams of the Isken, Ministry, 20 March 2025, page 4, "
        "words recognised in a picture of the page, superseded by a newer version"
    )
    assert footnotes([citation(2, author="R. Velland", published="2025")]) == (
        "[2]: “It broke.” — Dams, R. Velland, 2025"
    )
    assert footnotes([]) == ""


def test_each_number_has_one_line_in_order() -> None:
    lines = footnotes([citation(2), citation(10), citation(1), citation(2)]).splitlines()
    assert [line.partition("]")[0] for line in lines] == ["[1", "[2", "[10"]


def test_a_sentence_that_is_not_carried_is_labelled() -> None:
    assert [label("supported"), label("partial"), label("unsupported")] == [
        *["", " (partly supported)", " (not supported)"]
    ]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("It broke. [1]\nIt was old. [2] [3]", "It broke.\nIt was old."),
        ("It broke (not supported) [1]", "It broke"),
        ("It broke. [1]\n\n[1]: “It broke.” — Dams, 2025", "It broke."),
        ("See [12] on dams and [a].", "See [12] on dams and [a]."[:3] + " on dams and [a]."),
        ("No marks.", "No marks."),
    ],
)
def test_an_answer_is_read_again_without_its_marks(text: str, bare: str) -> None:
    assert without_footnotes(text) == bare


def test_an_answer_comes_back_as_it_was(seed_engine: QueryEngine) -> None:
    for question in (
        "Was the figure of 15,900 displaced people right?",
        "What is the population of Cambodia?",
    ):
        answer = seed_engine.ask(question)
        note = f"\n\n{answer.note}" if answer.note else ""
        assert without_footnotes(text_of(answer)) == answer.text + note
