"""The headline of an answer: the value of one cell with the unit that the value lacks, or two values."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Span
from index.text import TableCell
from rag.answers import CellAddress, Citation, Comparison, Computed, Headline, Verification
from rag.finding.cells import CellPair, DecimalMark, written
from rag.headlines import headline_of, headline_of_cell, headline_of_pair
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
        ("Net revenues", "971.0", "in thousands of euros", "thousand euros"),
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


def test_a_doubtful_footnote_and_a_figure_that_cannot_be_read_give_no_comparison() -> None:
    doubtful = replace(ROW, verification=Verification("paraphrased", True, True, 0.5, "a doubt"))
    assert headline_of(CHANGED, [doubtful], PAIR) is None
    unreadable = replace(PAIR, is_over_time=False, second=replace(PAIR.second, value="about 2,422"))
    assert headline_of(CHANGED, [ROW], unreadable) is None, "the figure of one of two things is no headline"


def test_a_change_that_a_cell_states_is_preferred_to_one_that_is_computed() -> None:
    stated = replace(CELL, column="Change", value="5%", unit="%")
    assert headline_of(CHANGED, [replace(ROW, cell=stated)], PAIR) == Headline(
        "5%", "", "Net revenues", "Change"
    )


def pair(
    first: str,
    second: str,
    unit: str = "",
    *,
    rows: tuple[str, str] = ("Net sales", "Net sales"),
    columns: tuple[str, str] = ("2023", "2022"),
    mark: DecimalMark | None = ".",
) -> CellPair:
    cells = [
        TableCell(row, column, value, "%" if "%" in value else unit, Span(0, 0))
        for row, column, value in zip(rows, columns, (first, second), strict=True)
    ]
    return CellPair(cells[0], cells[1], rows[0] == rows[1] or "2023" in rows[0], mark, "en")


def computed(question: str, made: CellPair) -> Computed | None:
    headline = headline_of_pair(question, made)
    if headline is None:
        return None
    assert headline.comparison is not None
    return headline.comparison.computed


COUNTRIES = pair("33.42", "14.50", "EURm", rows=("Syria", "Tunisia"), columns=("Amount", "Amount"))
SALES = pair("$ 2,540", "$ 2,422", "$ In millions")
CHANGE = "How did net sales change from 2022 to 2023?"


def test_two_years_of_a_row_have_a_signed_difference_and_its_percentage() -> None:
    assert headline_of_pair(CHANGE, SALES) == Headline(
        "$ 2,540",
        "million",
        "Net sales",
        "2023",
        Comparison("$ 2,422", "million", "Net sales", "2022", Computed("+$118", "million", "+4.9%", None)),
    )


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (pair("900", "1,000.25"), Computed("−100.25", "", "−10.0%", None)),
        (pair("6.8%", "8.5%"), Computed("−1.7", "percentage points", "−20.0%", None)),
        (pair("(640)", "(411)"), Computed("229", "", "55.7%", None)),
        (pair("(9,819)", "6,639"), Computed("−16,458", "", None, None)),
        (pair("12", "0"), Computed("+12", "", None, None)),
        (pair("12", "12"), Computed("0", "", "0.0%", None)),
        (pair("3.933,3", "12,5", mark=","), Computed("+3.920,8", "", "+31.366,4%", None)),
        (pair("EUR 54", "60"), Computed("−EUR 6", "", "−10.0%", None)),
        (pair("0.3", "0.1"), Computed("+0.2", "", "+200.0%", None)),
        # A half of the last digit is rounded up; two rows have a difference without a sign.
        (pair("2,005.50", "2,000"), Computed("+5.50", "", "+0.3%", None)),
        (COUNTRIES, Computed("18.92", "EURm", None, None)),
    ],
)
def test_the_difference_is_exact_and_has_their_decimals(made: CellPair, expected: Computed) -> None:
    assert computed("What was the change?", made) == expected


@pytest.mark.parametrize(
    "made",
    [
        pair("$ 12", "€ 10"),
        pair("12%", "10"),
        pair("3.933", "3.100"),
        pair("12", "10 (1)"),
        pair("1.5", "1.2", mark=None),
        replace(SALES, second=replace(SALES.second, unit="$ In thousands")),
    ],
)
def test_nothing_is_computed_where_a_number_or_a_unit_is_in_doubt(made: CellPair) -> None:
    assert headline_of_pair(CHANGE, made) is None


def test_a_question_for_a_percentage_that_there_is_not_has_no_headline() -> None:
    for question in ("What was the percentage change in net income?", "By what percentage did it grow?"):
        assert headline_of_pair(question, pair("(9,819)", "6,639")) is None


@pytest.mark.parametrize(
    ("made", "question", "answer"),
    [
        (COUNTRIES, "Did Syria or Tunisia get more technical assistance?", "Syria"),
        (COUNTRIES, "Which got less, Syria or Tunisia?", "Tunisia"),
        (COUNTRIES, "Did Syria get more than Tunisia?", "yes"),
        (COUNTRIES, "Did Syria get less than Tunisia?", "no"),
        (COUNTRIES, "Is the amount of Syria smaller than that of Tunisia?", "no"),
        (COUNTRIES, "What is the difference between Syria and Tunisia?", None),
        (COUNTRIES, "Did Syria get twice as much or more than Tunisia?", None),
        (COUNTRIES, "Did Syria not get more than Tunisia?", None),
        (COUNTRIES, "Did Syria get much more than Tunisia?", None),
        (COUNTRIES, "Did more go to Syria, and less to Tunisia?", None),
        (SALES, "Did net sales rise in 2023?", "yes"),
        (SALES, "Did net sales increase from 2022 to 2023?", "yes"),
        (SALES, "Have net sales fallen between 2022 and 2023?", "no"),
        (SALES, "Did net sales go up in 2023?", "yes"),
        (SALES, "Was there a decrease in net sales in 2023?", "no"),
        (SALES, "Were net sales higher in 2023 than in 2022?", "yes"),
        (SALES, "Were net sales higher in 2022 than in 2023?", "no"),
        (SALES, "Were net sales lower in 2023 than a year earlier?", "no"),
        (SALES, "How did net sales change in 2023?", None),
        (SALES, "Did net sales rise or fall in 2023?", None),
        (SALES, "Did net sales fall from 2023 to 2022?", None),
        (SALES, "Did the rise in prices lower net sales in 2023?", None),
        (SALES, "Did a fall in demand affect net sales in 2023?", None),
        (SALES, "Did net sales rise significantly in 2023?", None),
        (SALES, "Did net sales rise again in 2023?", None),
        (SALES, "Did net sales not rise in 2023?", None),
        (SALES, "Were net sales higher in 2023?", None),
        # It is not said of losses that they rose.
        (pair("(640)", "(411)"), "Did net sales rise in 2023?", None),
        (pair("9,819", "(6,639)"), "Did net sales rise in 2023?", None),
        (pair("60", "54", rows=("Net loss", "Net loss")), "Did net sales rise in 2023?", None),
        (pair("12", "12"), "Did net sales rise in 2023?", "no"),
    ],
)
def test_two_cells_decide_which_is_more_and_whether_a_figure_rose(
    made: CellPair, question: str, answer: str | None
) -> None:
    found = computed(question, made)
    assert found is not None
    assert found.answer == answer


amounts = st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 4)).map(
    lambda drawn: (Decimal(drawn[0]).scaleb(-drawn[1]), drawn[1])
)


def cell(number: Decimal, decimals: int, mark: DecimalMark) -> str:
    words = written(number, decimals, mark, grouped=True)
    return f"({words})" if number < 0 else words


@given(amounts, amounts, st.sampled_from((".", ",")))
def test_what_is_computed_equals_arithmetic_with_fractions(
    first: tuple[Decimal, int], second: tuple[Decimal, int], mark: DecimalMark
) -> None:
    found = computed("What was the change?", pair(cell(*first, mark), cell(*second, mark), mark=mark))
    if found is None:
        assert any(decimals == 3 and abs(number) < 1000 for number, decimals in (first, second))
        return
    both_negative = first[0] < 0 and second[0] < 0
    change = Fraction(first[0]) - Fraction(second[0])
    assert plain(found.difference, mark) == (abs(change) if both_negative else change)
    assert len(found.difference.partition(mark)[2]) == max(first[1], second[1])
    if second[0] == 0 or first[0] * second[0] < 0:
        assert found.percent is None
        return
    assert found.percent is not None
    share = change / Fraction(second[0]) * 100
    shown = plain(found.percent.removesuffix("%"), mark)
    assert abs(shown - (abs(share) if both_negative else share)) <= Fraction(1, 20)


def plain(words: str, mark: DecimalMark) -> Fraction:
    digits = words.replace("." if mark == "," else ",", "").replace(mark, ".")
    return Fraction(digits.replace("−", "-").replace("+", ""))
