"""A comparison is split into two questions, each with one of the compared values."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.finding.parts import in_one_table, nearest, pair_of, parts_of
from rag.finding.ranking import Scored
from rag.questions import Form, understand
from tests.support.candidates import scored
from tests.support.libraries import MakeLibrary


def parts(question: str) -> list[tuple[str, str]]:
    return [(part.value, " ".join(part.question.text.split())) for part in parts_of(understand(question))]


@pytest.mark.parametrize(
    ("question", "values", "first"),
    [
        ("Was Corning's margin higher than eBay's?", ["Corning", "eBay"], "Was Corning's margin ?"),
        ("Compare Costco's net sales with Ulta's", ["Costco", "Ulta"], "Costco's net sales"),
        ("Walmart vs Target revenue 2023", ["Walmart", "Target"], "Walmart revenue 2023"),
        ("Spain or France, which is higher?", ["Spain", "France"], "Spain , which is?"),
        ("What were sales in 2022 and 2023?", ["2022", "2023"], "What were sales in 2022 ?"),
        ("What were sales in the second quarter of 2023 compared with a year earlier?",
         ["second quarter of 2023", "second quarter of 2022"],
         "What were sales in the second quarter of 2023 ?"),
        ("Deaths, February vs March 2025?", ["February 2025", "March 2025"], "Deaths, February 2025 ?"),
        ("Deaths, 2016 against 2020", ["2016", "2020"], "Deaths, 2016"),
        ("Deaths, fiscal 2016 against fiscal 2020", ["2016", "2020"], "Deaths, fiscal 2016"),
        ("Number of deaths, 2022 comparred to 2018?", ["2022", "2018"], "Number of deaths, 2022 ?"),
        ("How did it change from FY2017 to FY2020?", ["2017", "2020"], "How did it change from FY2017 ?"),
        ("How did it move between February and March 2025?", ["February 2025", "March 2025"],
         "How did it move February 2025 ?"),
        ("How many died in 1983, and how many in 2005?", ["1983", "2005"], "How many died in 1983, ?"),
        ("Wie hat sich die Zahl von 2006 bis 2020 verändert?", ["2006", "2020"],
         "Wie hat sich die Zahl 2006 verändert?"),
        ("What did they hold at the end of November 2021 and 2022?", ["November 2021", "November 2022"],
         "What did they hold at the end of November 2021 ?"),
        ("Staff: Amazon at end of 2019 versus Nike in May 2018", ["Amazon", "Nike"],
         "Staff: Amazon at end of 2019"),
        ("Dengue cases, week 27 versus week 28 of 2026", ["week 27", "week 28 of 2026"],
         "Dengue cases, week 27"),
        ("adobe creative cloud revenue vs canva revenue, in 2023",
         ["adobe creative cloud revenue", "canva revenue"], "adobe creative cloud revenue , in 2023"),
        ("Does a test cost more on a Boeing 737 MAX or on an Airbus A320?", ["Boeing 737 MAX", "Airbus A320"],
         "Does a test cost on a Boeing 737 MAX ?"),
        ("does nuclear power (base case) or coal cost more?", ["nuclear power", "coal cost"],
         "does nuclear power?"),
    ],
)  # fmt: skip
def test_each_question_has_one_value_and_the_rest(question: str, values: list[str], first: str) -> None:
    found = parts(question)
    assert [value for value, _ in found] == values
    assert found[0][1] == first
    assert [part.question.form for part in parts_of(understand(question))] == [Form.FACT, Form.FACT]


@pytest.mark.parametrize(
    "question",
    [
        "What was the revenue in 2023?",
        "What did the Health and Safety Executive find?",
        "How many were hurt between 2019 and 2023?",
        "What is eBay's deal with PayPal worth?",
        "PayPal sales from its home market April to June 2022",
        "Why did sales fall between 2022 and 2023?",
        "Who voted against keeping the auditor in 2024?",
        "How many species are found only or mainly in Qatar?",
        "How much had to be paid more than five years out?",
    ],
)
def test_a_question_that_compares_nothing_has_no_parts(question: str) -> None:
    assert parts(question) == []


NAMES = st.sampled_from(["Corning", "Netflix", "Ulta", "Costco", "Nike"])


@given(NAMES, NAMES)
def test_no_part_has_the_value_of_the_other(first: str, second: str) -> None:
    found = parts(f"How does the net income of {first} compare with that of {second} in 2023?")
    if first == second:
        return
    assert [value for value, _ in found] == [first, second]
    assert [(first in text, second in text) for _, text in found] == [(True, False), (False, True)]


HEADER = "Country | EURm"
SYRIA, EGYPT, TUNISIA = (
    scored(1, place, line, score, HEADER)
    for place, line, score in (
        (0, "Syria | 33.42", 0.9),
        (20, "Egypt | 14.90", 0.3),
        (40, "Tunisia | 14.50", 0.1),
    )
)


@pytest.mark.parametrize(
    "asked", ["Did Syria or Tunisia get more?", "Whose is higher, Syria's or Tunisia's?"]
)
def test_both_values_may_be_rows_of_the_best_ones_table(asked: str) -> None:
    own = parts_of(understand(asked))
    assert list(in_one_table(own, [SYRIA, EGYPT, TUNISIA])) == [SYRIA, TUNISIA]
    assert list(in_one_table(own, [SYRIA, EGYPT])) == []
    assert list(in_one_table(own, [EGYPT, SYRIA, TUNISIA])) == []


ASKED = parts_of(understand("Was the net income of Corning higher than that of Netflix?"))
CORNING = scored(1, 0, "Corning net income | 281", 0.6, "2023")
NETFLIX = scored(2, 0, "Netflix net income | 1,487", 0.5, "2023")


SHARE = 0.35


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([CORNING], [NETFLIX], [CORNING, NETFLIX]),
        ([CORNING], [], []),
        # A row must have the name.
        ([CORNING], [CORNING], []),
        # A row that is one of many alike is not certain.
        ([CORNING], [scored(2, 0, "Netflix net income | 1,487", 0.1, "2023")], []),
        # The two sentences have no word of the question in common.
        ([scored(1, 0, "Corning income | 281", 0.6, "2023")], [scored(2, 0, "Netflix net | 9", 0.5, "2023")],
         []),
    ],
)  # fmt: skip
def test_two_answers_state_the_same_of_both_values(
    first: list[Scored], second: list[Scored], expected: list[Scored]
) -> None:
    found = [nearest(part, side, SHARE) for part, side in zip(ASKED, [first, second], strict=True)]
    assert list(pair_of(ASKED, found)) == expected


def test_two_rows_with_one_label_come_before_a_likelier_one() -> None:
    own = parts_of(understand("Were sales in 2022 higher than in 2023?"))
    first, other = scored(1, 0, "Sales | 1", 0.5, "2022"), scored(1, 50, "Sales abroad | 3", 0.5, "2023")
    same = scored(1, 90, "Sales | 2", 0.3, "2023")
    assert list(pair_of(own, [[first], [other, same]])) == [first, same]


FEBRUARY = scored(1, 0, "In February 2025, 1,204 people were deported from Laos.", 0.9)


@pytest.mark.parametrize(
    ("number", "march", "is_pair"),
    [
        (1, "In March 2025, 2,350 people were deported from Laos.", True),
        (2, "In March 2025, 2,350 people were deported from Laos.", True),
        (1, "In March 2025, 911 people were deported from Myanmar.", False),
        (2, "In March 2025, 911 people were deported from Myanmar.", False),
    ],
)
@pytest.mark.parametrize(
    "asked",
    [
        "Deportations from Laos, February against March 2025?",
        "How did deportations change between February and March 2025?",
    ],
)
def test_one_country_s_february_is_no_pair_with_another_s_march(
    asked: str, number: int, march: str, is_pair: bool
) -> None:
    other = scored(number, 400, march, 0.9)
    pair = pair_of(parts_of(understand(asked)), [[FEBRUARY], [other]])
    assert list(pair) == ([FEBRUARY, other] if is_pair else [])


def test_a_sentence_that_compares_with_the_year_before_has_both_years() -> None:
    own = parts_of(understand("What was the margin in the second quarter of 2023, and a year before?"))
    both = scored(
        1, 0, "It fell to 20% for the second quarter of 2023, from 21% for the same period last year.", 1
    )
    one = scored(1, 0, "It fell to 20% for the second quarter of 2023.", 1)
    assert [[part.is_in(item) for part in own] for item in (both, one)] == [[True, True], [True, False]]


def test_a_report_s_date_dates_only_sentences_without_another_one() -> None:
    """Else a sentence of February would answer for March in a report of March."""
    _, march = parts_of(understand("Deportations, February against March 2025?"))
    dated = replace(FEBRUARY.candidate.reading.document, published="2025-03-14")
    reading = replace(FEBRUARY.candidate.reading, document=dated)
    of_march = replace(FEBRUARY, candidate=replace(FEBRUARY.candidate, reading=reading))
    assert not march.is_in(of_march)


def test_both_rows_are_quoted_even_if_the_title_has_their_names(library: MakeLibrary) -> None:
    table = "| Unit | Players, in millions |\n|---|---|\n| King | 238 |\n| Tolmar | 92 |\n| Blizz | 26 |\n"
    answer = library({"a.md": f"---\ntitle: Tolmar and its games\n---\n\n{table}"}).ask(
        "How many players had King vs Tolmar?"
    )
    assert [citation.quote for citation in answer.citations] == ["King | 238", "Tolmar | 92"]
