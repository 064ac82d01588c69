"""Of similar rows, the one that the question means comes first."""

from __future__ import annotations

import pytest

from rag.finding.similar_rows import order_similar_rows
from rag.questions import understand
from tests.support.candidates import scored, texts
from tests.support.libraries import MakeLibrary

QUARTER, HALF = "Quarters Ended June 30, | 2023 | 2022", "Six Months Ended June 30, | 2023 | 2022"
NOTE = f"(2) Amounts include share compensation, as follows:\n\n{QUARTER}"
MONTHS = "Month | Tickets | Price"
NOTES = "Notes | Maturity | Worth"
SHARES = "Earnings per ticket | 2023 | 2022"


@pytest.mark.parametrize(
    ("question", "rows", "ordered"),
    [
        (
            "What were the fees in the second quarter of 2023?",
            [("Fees | 60 | 50", HALF), ("Rent | 5 | 4", HALF), ("Fees | 30 | 20", QUARTER)],
            ["Fees | 30 | 20", "Fees | 60 | 50", "Rent | 5 | 4"],
        ),
        (
            "What were the fees in the first half of 2023?",
            [("Fees | 60 | 50", HALF), ("Fees | 30 | 20", QUARTER)],
            ["Fees | 60 | 50", "Fees | 30 | 20"],
        ),
        (
            "What were the fees in the second quarter of 2023?",
            [("Wages | 60 | 50", HALF), ("Fees | 30 | 20", QUARTER)],
            ["Fees | 30 | 20", "Wages | 60 | 50"],
        ),
        (
            "What were the wages in the second quarter of 2023?",
            [("Wages | 60 | 50", HALF), ("Fees | 30 | 20", QUARTER)],
            ["Wages | 60 | 50", "Fees | 30 | 20"],
        ),
        (
            "What were the fees in the second quarter of 2023?",
            [("Fees | 3 | 2", NOTE), ("Fees | 30 | 20", QUARTER)],
            ["Fees | 30 | 20", "Fees | 3 | 2"],
        ),
        (
            "What amounts of share compensation do the fees of the second quarter of 2023 include?",
            [("Fees | 3 | 2", NOTE), ("Fees | 30 | 20", QUARTER)],
            ["Fees | 3 | 2", "Fees | 30 | 20"],
        ),
        (
            "What were the diluted earnings per ticket in 2023?",
            [("Basic | 3 | 2", SHARES), ("Diluted | 2 | 1", SHARES)],
            ["Diluted | 2 | 1", "Basic | 3 | 2"],
        ),
        (
            "What was the net income in 2023?",
            [("Net | 3 | 2", SHARES), ("Other net income of others | 2 | 1", SHARES)],
            ["Net | 3 | 2", "Other net income of others | 2 | 1"],
        ),
        (
            "How many tickets were sold in May 2023?",
            [
                ("Total | 9 | 9", MONTHS),
                ("April 1–30, 2023 | 3 | 2", MONTHS),
                ("May 1–31, 2023 | 2 | 1", MONTHS),
            ],
            ["Total | 9 | 9", "May 1–31, 2023 | 2 | 1", "April 1–30, 2023 | 3 | 2"],
        ),
        (
            "What are the notes worth that mature in November 2031?",
            [("5.1% Notes | March 2031 | 3", NOTES), ("4.7% Notes | November 2031 | 2", NOTES)],
            ["4.7% Notes | November 2031 | 2", "5.1% Notes | March 2031 | 3"],
        ),
    ],
)
def test_the_row_that_is_meant_precedes_similar_rows(
    library: MakeLibrary, question: str, rows: list[tuple[str, str]], ordered: list[str]
) -> None:
    engine = library({"a.txt": "The company sells tickets."})
    ranked = [
        scored(1, 100 * place, row, 0.9 - place / 10, headings) for place, (row, headings) in enumerate(rows)
    ]
    with engine.index.snapshot() as snapshot:
        found = order_similar_rows(snapshot, understand(question), ranked)
    assert texts(found) == ordered
    assert [item.score for item in found] == [item.score for item in ranked], "the places keep their scores"


HALF_YEAR = "Fees of the six months ended June 30, 2023 were 60."
THREE_MONTHS = "Fees of the second quarter of 2023 were 30."


@pytest.mark.parametrize(
    ("question", "sentences", "ordered"),
    [
        (
            "What were the fees in the second quarter of 2023?",
            [HALF_YEAR, THREE_MONTHS],
            [THREE_MONTHS, HALF_YEAR],
        ),
        (
            "What were the fees in the first half of 2023?",
            [HALF_YEAR, THREE_MONTHS],
            [HALF_YEAR, THREE_MONTHS],
        ),
        (
            "What were the wages in the second quarter of 2023?",
            ["Wages of the first half of 2023 were 60.", THREE_MONTHS],
            None,
        ),
        (
            "What were the fees in the second quarter of 2023?",
            ["Fees were 60 in the first half of 2023.", "Fees of the second quarter of 2022 were 30."],
            None,
        ),
        (
            "What is the annual budget?",
            ["The budget is 5, half of it for roads.", "The annual budget is debated in May."],
            None,
        ),
        (
            "How many of the 2000 strikers came in the second quarter?",
            ["The 2000 strikers came in the first half.", "Strikers came in the second quarter."],
            None,
        ),
    ],
)
def test_a_sentence_on_a_period_of_the_same_length_precedes_one_on_a_longer_period(
    library: MakeLibrary, question: str, sentences: list[str], ordered: list[str] | None
) -> None:
    engine = library({"a.txt": "The company sells tickets to strikers. The budget is debated."})
    ranked = [scored(1, 100 * place, text, 0.9 - place / 10) for place, text in enumerate(sentences)]
    with engine.index.snapshot() as snapshot:
        found = order_similar_rows(snapshot, understand(question), ranked)
    assert texts(found) == (ordered or sentences)


def test_rows_of_other_documents_keep_their_places(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The company sells tickets."})
    ranked = [scored(1, 0, "Fees | 60 | 50", 0.9, HALF), scored(2, 0, "Fees | 30 | 20", 0.8, QUARTER)]
    question = understand("What were the fees in the second quarter of 2023?")
    with engine.index.snapshot() as snapshot:
        assert order_similar_rows(snapshot, question, ranked) == ranked
