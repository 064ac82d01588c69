"""The headline of an answer: the value of one cell with the unit that the value lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answers import CellAddress, Citation, Headline, Verification
from rag.headlines import headline_of, headline_of_cell
from rag.questions import understand
from tests.support.markup import citation

CELL = CellAddress("Net revenues", "2023", "$ 2,540", "$ In millions, except per share amounts", 115, 122)
ROW = replace(citation(1, "Net revenues | $ 2,540"), cell=CELL)
ASKED = understand("What were the net revenues in 2023?")


def test_a_quoted_answer_that_begins_with_a_cell_has_its_headline() -> None:
    assert headline_of(ASKED, [ROW]) == Headline("$ 2,540", "in millions", "Net revenues", "2023")


@pytest.mark.parametrize(
    "citations",
    [
        [],
        [citation(1, "Words."), ROW],
        [replace(ROW, cell=None)],
        [replace(ROW, verification=Verification("partial", True, True, 0.5, "a doubt"))],
    ],
)
def test_without_a_first_cell_beyond_doubt_there_is_none(citations: list[Citation]) -> None:
    assert headline_of(ASKED, citations) is None


@pytest.mark.parametrize(
    "question",
    [
        "Did net revenues pass 2 billion?",
        "Which company had net revenues?",
        "Why were the net revenues lower?",
    ],
)
def test_a_question_that_no_figure_answers_has_none(question: str) -> None:
    assert headline_of(understand(question), [ROW]) is None


@pytest.mark.parametrize(
    ("row", "value", "unit", "shown"),
    [
        ("Net revenues", "2,540", "In millions", "in millions"),
        ("Net income per share", "$ 0.32", "$ In millions, except per share amounts", None),
        ("Net revenues", "2,540", "in thousands, except percentages", "in thousands"),
        ("Margin", "20.4 %", "%", ""),
        ("Morocco", "21.09", "EURm", "EURm"),
        ("Morocco", "21.09", "", ""),
    ],
)
def test_the_unit_has_what_the_value_lacks(row: str, value: str, unit: str, shown: str | None) -> None:
    made = headline_of_cell(replace(CELL, row=row, value=value, unit=unit))
    assert made.unit == ("in millions, except per share amounts" if shown is None else shown)
