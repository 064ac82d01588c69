"""A comparison means two cells of one row in two years, or of two rows in one column; or it is not clear."""

from __future__ import annotations

import pytest

from index.text import is_row, tables
from rag.engine import QueryEngine
from rag.finding.cells import CellPair, Row, choose_pair
from rag.questions import understand
from tests.support.libraries import MakeLibrary

INCOME = """\
Statement of Income
| Three Months Ended June 30, | | Six Months Ended June 30, |
| 2023 | 2022 | 2023 | 2022
| (In millions, except per share amounts)
Net revenues | $ 2,540 | $ 2,422 | $ 5,050 | $ 4,905
Net income | 171 | (531) | 740 | (1,872)
"""
SALES = """\
 |  | Years Ended September 30, |
 | 2019 | 2018 | 2017
Fixed price | $ 1,452.4 | $ 1,146.2 | $ 1,036.9
Other | 44.1 | 56.7 | 70.8
Average orders | 12 | 14 | 15
Total sales | $ 1,496.5 | $ 1,202.9 | $ 1,107.7
"""
SUPPORT = """\
Technical assistance of FEMIP
Country | Signed (EURm)
Morocco | 21.09
Syria | 33.42
Tunisia | 14.50
Tunisia, South | 1.50
"""
YEARS = """\
Year | Net revenues | Net income
2021 | 2,301 | 611
2022 | 2,422 | 531
2023 | 2,540 | 171
"""
GROUPS = """\
(in thousands) | 2018 | 2017
Revenue
Client services | 404 | 1,044
Cost of revenue
Client services | 846 | 277
"""
QUARTERS = """\
Cash flows
(in millions) | Quarter ended March 31, 2023 | Quarter ended March 31, 2022
Capital expenditures | (294) | (268)
"""


def chosen(engine: QueryEngine, question: str, *labels: str) -> CellPair | None:
    """The pair that is chosen among the rows with these labels, in their order."""
    with engine.index.snapshot() as snapshot:
        [record] = engine.index.catalog.documents()
        text = engine.index.catalog.text(record.document_id).text
        rows = [
            Row(text, "en", table.header, line)
            for label in labels
            for table in tables(text)
            for line in table.lines
            if line.start >= table.header.end
            and is_row(words := line.of(text))
            and words.split(" | ")[0] == label
        ]
        return choose_pair(snapshot, understand(question), rows)


@pytest.mark.parametrize(
    ("table", "question", "row", "values"),
    [
        (SALES, "How did total sales change from 2018 to 2019?", "Total sales", ("$ 1,496.5", "$ 1,202.9")),
        (SALES, "What is the change in Other in 2019 from 2018?", "Other", ("44.1", "56.7")),
        (SALES, "What is the difference in total sales between 2017 and 2019?", "Total sales",
         ("$ 1,496.5", "$ 1,107.7")),
        (SALES, "By how much did total sales rise in 2019?", "Total sales", ("$ 1,496.5", "$ 1,202.9")),
        (SALES, "How did total sales change between fiscal years 2018 and 2019?", "Total sales",
         ("$ 1,496.5", "$ 1,202.9")),
        (INCOME, "How much higher were net revenues in Q2 2023 than in Q2 2022?", "Net revenues",
         ("$ 2,540", "$ 2,422")),
        (INCOME, "Did net revenues rise in the first half of 2023, compared with the first half of 2022?",
         "Net revenues", ("$ 5,050", "$ 4,905")),
        (GROUPS, "What was the change in the revenue of client services between 2017 and 2018?",
         "Client services", ("404", "1,044")),
    ],
)  # fmt: skip
def test_the_cells_of_two_years_are_chosen_the_later_one_first(
    library: MakeLibrary, table: str, question: str, row: str, values: tuple[str, str]
) -> None:
    pair = chosen(library({"a.txt": table}), question, row)
    assert pair is not None
    assert (pair.first.value, pair.second.value, pair.is_over_time) == (*values, True)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Did Syria or Morocco get more technical assistance from FEMIP?", "Syria"),
        ("Did Morocco get less technical assistance than Syria?", "Morocco"),
        ("What is the difference in technical assistance between Syria and Morocco?", "Syria"),
    ],
)
def test_two_rows_are_chosen_in_the_order_of_the_question(
    library: MakeLibrary, question: str, first: str
) -> None:
    pair = chosen(library({"a.txt": SUPPORT}), question, "Syria", "Morocco")
    assert pair is not None
    assert (pair.first.row, {pair.first.row, pair.second.row}) == (first, {"Syria", "Morocco"})
    assert not pair.is_over_time


def test_rows_that_are_years_are_two_times_of_one_thing(library: MakeLibrary) -> None:
    pair = chosen(library({"a.txt": YEARS}), "How did net income change from 2022 to 2023?", "2022", "2023")
    assert pair is not None
    assert (pair.first.value, pair.second.value, pair.is_over_time) == ("171", "531", True)


@pytest.mark.parametrize(
    ("table", "question", "rows"),
    [
        (INCOME, "How did net revenues change from 2022 to 2023?", ["Net revenues"]),
        (INCOME, "How did net revenues change from 2021 to 2022?", ["Net revenues"]),
        (SALES, "Why did total sales change from 2018 to 2019?", ["Total sales"]),
        (SALES, "What caused the change in total sales from 2018 to 2019?", ["Total sales"]),
        (SALES, "What was the average change in total sales from 2018 to 2019?", ["Total sales"]),
        (
            SALES,
            "How did total sales change from the second quarter of 2018 to that of 2019?",
            ["Total sales"],
        ),
        (SALES, "In which year were total sales higher, 2018 or 2019?", ["Total sales"]),
        (SALES, "Did total sales rise by more than 200 million from 2018 to 2019?", ["Total sales"]),
        (SALES, "What were total sales in 2018 and 2019?", ["Total sales"]),
        (SALES, "How did fixed price contracts change from 2018 to 2019?", ["Total sales"]),
        (SALES, "How did sales of fixed price change from 2018 to 2019?", ["Total sales"]),
        (SALES, "What is the difference between other and total sales in 2019?", ["Total sales"]),
        (GROUPS, "What was the change in client services between 2017 and 2018?", ["Client services"]),
        (SUPPORT, "Did Syria or Morocco get more technical assistance?", ["Syria"]),
        (SUPPORT, "Did Syria, Morocco or Tunisia get more assistance?", ["Syria", "Morocco", "Tunisia"]),
        (SUPPORT, "Did Tunisia or South get more assistance?", ["Tunisia", "Tunisia, South"]),
        (SUPPORT, "How did the assistance of Syria and Morocco change?", ["Syria", "Morocco"]),
        (SUPPORT, "What did Syria and Morocco get?", ["Syria", "Morocco"]),
        (INCOME, "How much of the first half of 2023 fell to net revenues?", ["Net revenues"]),
        (QUARTERS, "How did capital expenditures change from 2022 to 2023?", ["Capital expenditures"]),
    ],
)
def test_in_doubt_no_cells_are_chosen(
    library: MakeLibrary, table: str, question: str, rows: list[str]
) -> None:
    assert chosen(library({"a.txt": table}), question, *rows) is None
