"""A comparison is split into two questions, each with one of the compared values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.finding.parts import best_of_each, in_one_table, is_absent, parts_of
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


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([CORNING], [NETFLIX], [[CORNING], [NETFLIX]]),
        ([CORNING], [], [[CORNING], []]),
        # The best row for a value must have it.
        ([CORNING], [CORNING], [[CORNING], []]),
        # A row that is one of many alike is not certain.
        ([CORNING], [scored(2, 0, "Netflix net income | 1,487", 0.1, "2023")], [[CORNING], []]),
        # The two sentences have no word of the question in common.
        ([scored(1, 0, "Corning income | 281", 0.6, "2023")], [scored(2, 0, "Netflix net | 9", 0.5, "2023")],
         [[], []]),
    ],
)  # fmt: skip
def test_two_answers_state_the_same_of_both_values(
    first: list[Scored], second: list[Scored], expected: list[list[Scored]]
) -> None:
    assert [list(side) for side in best_of_each(ASKED, [first, second], 0.35)] == expected


def test_two_rows_with_one_label_come_before_a_likelier_one() -> None:
    own = parts_of(understand("Were sales in 2022 higher than in 2023?"))
    first, other = scored(1, 0, "Sales | 1", 0.5, "2022"), scored(1, 50, "Sales abroad | 3", 0.5, "2023")
    same = scored(1, 90, "Sales | 2", 0.3, "2023")
    assert best_of_each(own, [[first], [other, same]], 0.35) == [[first], [same]]


def test_only_a_name_that_nothing_has_is_said_to_be_absent() -> None:
    assert is_absent(ASKED[1], CORNING, [CORNING.candidate.reading])
    assert not is_absent(ASKED[1], CORNING, [NETFLIX.candidate.reading])
    assert not is_absent(parts_of(understand("Sales in 2022 vs 2023?"))[1], CORNING, [])


def test_both_rows_are_quoted_even_if_the_title_has_their_names(library: MakeLibrary) -> None:
    table = "| Unit | Players, in millions |\n|---|---|\n| King | 238 |\n| Tolmar | 92 |\n| Blizz | 26 |\n"
    answer = library({"a.md": f"---\ntitle: Tolmar and its games\n---\n\n{table}"}).ask(
        "How many players had King vs Tolmar?"
    )
    assert [citation.quote for citation in answer.citations] == ["King | 238", "Tolmar | 92"]
