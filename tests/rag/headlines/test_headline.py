"""The headline of an answer: the value of one cell with the unit that the value lacks, or two values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index.documents import Span
from index.text import TableCell
from rag.answers import CellAddress, Citation, Headline, Verification
from rag.finding.cells import CellPair
from rag.headlines import headline_of, headline_of_cell
from rag.questions import understand
from tests.support.markup import citation

CELL = CellAddress("Net revenues", "2023", "$ 2,540", "$ In millions", 115, 122)
ROW = replace(citation(1, "Net revenues | $ 2,540"), cell=CELL)
ASKED = understand("What were the net revenues in 2023?")


def test_a_quoted_answer_that_begins_with_a_cell_has_its_headline() -> None:
    assert headline_of(ASKED, [ROW]) == Headline("$ 2,540", "million", "Net revenues", "2023")


@pytest.mark.parametrize(
    "citations",
    [
        [],
        [citation(1, "Words."), ROW],
        [replace(ROW, cell=None)],
        [replace(ROW, verification=Verification("paraphrased", True, True, 0.5, "a doubt"))],
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
        "In which year were the net revenues larger?",
        "For whom are the net revenues?",
        "What caused the net revenues?",
        "What was the reason for the net revenues?",
    ],
)
def test_a_question_that_no_figure_answers_has_none(question: str) -> None:
    assert headline_of(understand(question), [ROW]) is None


@pytest.mark.parametrize(
    ("row", "value", "unit", "shown"),
    [
        ("Net revenues", "2,540", "In millions", "million"),
        ("Net revenues", "971.0", "Dollars in millions", "million dollars"),
        ("Net revenues", "$ 971.0", "$ Dollars in millions", "million"),
        ("Weighted shares", "732.1", "shares in thousands", "thousand shares"),
        ("Net income per share", "$ 0.32", "$ In millions, except per share amounts", None),
        ("Margin", "20.4 %", "%", ""),
        ("Morocco", "21.09", "EURm", "EURm"),
        ("Morocco", "21.09", "", ""),
    ],
)
def test_the_unit_has_what_the_value_lacks(row: str, value: str, unit: str, shown: str | None) -> None:
    made = headline_of_cell(replace(CELL, row=row, value=value, unit=unit))
    assert made.unit == ("in millions, except per share amounts" if shown is None else shown)


UNIT = "$ In millions"
PAIR = CellPair(
    TableCell("Net revenues", "2023", "$ 2,540", UNIT, Span(115, 122)),
    TableCell("Net revenues", "2022", "$ 2,422", UNIT, Span(125, 132)),
    is_over_time=True,
    mark=".",
    language="en",
)
CHANGED = understand("How did net revenues change from 2022 to 2023?")


def test_two_cells_that_are_compared_are_the_headline_of_a_row_without_one_cell() -> None:
    made = headline_of(CHANGED, [replace(ROW, cell=None)], PAIR)
    assert made is not None
    assert made.comparison is not None
    assert (made.value, made.comparison.value) == ("$ 2,540", "$ 2,422")


def test_a_change_that_a_cell_states_is_preferred_to_one_that_is_computed() -> None:
    stated = replace(CELL, column="Change", value="5%", unit="%")
    assert headline_of(CHANGED, [replace(ROW, cell=stated)], PAIR) == Headline(
        "5%", "", "Net revenues", "Change"
    )


def test_of_two_things_the_figure_of_one_alone_is_no_headline() -> None:
    unreadable = replace(PAIR, is_over_time=False, second=replace(PAIR.second, value="about 2,422"))
    assert headline_of(CHANGED, [ROW], unreadable) is None


def test_a_doubtful_footnote_has_no_comparison() -> None:
    doubtful = replace(ROW, verification=Verification("paraphrased", True, True, 0.5, "a doubt"))
    assert headline_of(CHANGED, [doubtful], PAIR) is None
