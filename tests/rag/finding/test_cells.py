"""The cell, or the pair of cells, that a question means is found, or none is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import is_row, tables
from rag.engine import QueryEngine
from rag.finding.cells import (
    CellNumber,
    CellPair,
    DecimalMark,
    Row,
    cell_number,
    choose_cell,
    choose_pair,
    decimal_mark,
    written,
)
from rag.questions import understand
from tests.support.libraries import MakeLibrary

INCOME = """\
Statement of Income
| Three Months Ended June 30, | | Six Months Ended June 30, |
| 2023 | 2022 | 2023 | 2022
| (In millions, except per share amounts)
Net revenues | $ 2,540 | $ 2,422 | $ 5,050 | $ 4,905
Net income | 171 | (531) | 740 | (1,872)
Operating expenses
Sales of shares | — | 260 | — | 287
"""
BALANCE = """\
Balance Sheet
(in thousands) | June 30, 2023 | December 31, 2022
Inventories | 515 | 537
Goodwill | 2,382 | 2,394
"""
COFFEE = """\
Table 8. Coffee in 1996
Brand | Share by volume | Number of items
Lavazza | 7.0% | 12
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
REGIONS = """\
Letters to the service
Year ended December 31, | 2023 | 2022 | Change
Complaints | 40 | 50 | −20%
Enquiries | 556 | 512 | 9%
"""
GATES = """\
Costs of repair
 | 2031 | 2030
Gate 3 (1) | $ 1,200 | $ 900
Gate 4 | $ 80 | $ 70
"""
SIDE_BY_SIDE = """\
Country | Enquiries | Country | Questions
Portugal | 44 | Ireland | 29
"""
LIMITS = """\
| LIMITS OF EMISSION
| to air | to rivers | to soil
Benzene | 1 000 | (as BTEX)
Toluene | 10 | 200 | 300
"""
SEGMENTS = """\
First half of 2023
Segment | Sales | Trading profit
Water | 1,706 | 57
Coffee | 3,694 | 467

From trading profit to net profit
 | First half of 2023 | First half of 2022
Trading profit of the group | 7,351 | 6,684
Profit | 7,262 | 6,619
Interest | (697) | (434)
"""
DEBTS = """\
 | 2023 | 2022
Current debts
Total current debts | 167 | 155
Total debts | 1,305 | 1,290
"""
WEEKS = """\
Statement of Income
| 12 Weeks Ended | | 36 Weeks Ended |
| May 7, 2023 | May 8, 2022 | May 7, 2023 | May 8, 2022
Ticket fees | 1,044 | 984 | 3,071 | 2,897
"""
VARIANT = """\
Balance
 | 2023 | 2022
Equity including non-controlling interests | 1,048 | 990
Debt | 30 | 40
"""
GROWTH = """\
Key figures
| Quarters Ended June 30, | | | | Six Months Ended June 30, |
| 2023 | 2022 | Inc/ (Dec) | Inc/ (Dec) at Par | 2023 | 2022 | Inc/ (Dec) | Inc/ (Dec) at Par
Fees | $ 30 | $ 20 | 50 % | 51 % | $ 60 | $ 50 | 20 % | 21 %
Ticket fees | 33 | 30 | 10 | 12 | 66 | 60 | 9 | 8
"""
AMOUNTS = """\
Quarters Ended June 30, | 2023 | 2022 | Inc/ (Dec)
Fees | $ 30 | $ 20 | $ 10 | 50 %
Ticket fees | 33 | 30 | 3 | 11
"""
HALVES = """\
| Three months ended June 30, | | % change | Six months ended June 30, | | % change
| 2023 | 2022 | | 2023 | 2022
Ticket fees | 33 | 30 | 10% | 66 | 60 | 9%
"""
VOTES = """\
Proposal 1. Election of directors
Nominee | For | Against | Abstain | Broker Non-Votes
Segun Agbaje | 1,005,178,935 | 3,946,785 | 3,264,606 | 172,969,325
Jennifer Bailey | 1,003,516,011 | 5,743,190 | 3,131,125 | 172,969,325
"""
BALLOTS = """\
Proposal 1. Election of directors
Nominee | Number | Votes withheld
Segun Agbaje | 1,005,178,935 | 3,946,785
"""
AGAINST = """\
Election of directors
Nominee | Votes against
Segun Agbaje | 3,946,785
"""
CURRENCIES = """\
Balance sheet
Assets | In dollars | In non-dollars
Current assets | 27,728 | 2,899
"""
ORIGINS = """\
Table 3. Confirmed cases in 2007
Country | Domestic (%) | Imported (%) | Total
Sweden | 30.2 | 65.3 | 7,106
"""
STORES = """\
Table 4. Stores
 | Opened | Closed
North | 40 | 12
"""
PRODUCTS = """\
Revenue by product (in millions)
 | 2023 | 2022
Silicon products | 258 | 306
Total revenue | 3,243 | 3,615
"""
QUARTER = """\
Cash flows
(in millions) | Quarter ended March 31, 2023 | Quarter ended March 31, 2022
Capital expenditures | (294) | (268)
"""
GROUPS = """\
Quarterly results
 | First | Second
2023
Net sales | 117 | 120
2022
Net sales | 113 | 118
"""
CHANGED = """\
Statement of Income
 | 2023 | 2022 | Change in amount | % Change
Interest income | 2,515 | 1,310 | 1,205 | 92%
"""


def chosen(engine: QueryEngine, question: str, row: str, sentence: str = "") -> tuple[str, str] | None:
    """The column and value of the cell that is chosen in the first row that begins with ``row``."""
    with engine.index.snapshot() as snapshot:
        for record in engine.index.catalog.documents():
            document = engine.index.catalog.text(record.document_id)
            for table in tables(document.text):
                for line in table.lines:
                    words = line.of(document.text)
                    if line.start >= table.header.end and is_row(words) and words.startswith(row):
                        place = Row(document.text, "en", table.header, line)
                        cell = choose_cell(snapshot, understand(question), place, sentence or words)
                        if cell is not None:
                            assert cell.span.of(document.text) == cell.value
                        return (cell.column, cell.value) if cell is not None else None
    raise AssertionError(f"no row begins with {row}")


@pytest.mark.parametrize(
    ("table", "question", "row", "cell"),
    [
        (INCOME, "What were the net revenues in the three months ended June 30, 2023?", "Net revenues",
         ("Three Months Ended June 30, › 2023", "$ 2,540")),
        (INCOME, "What were the net revenues in the second quarter of 2022?", "Net revenues",
         ("Three Months Ended June 30, › 2022", "$ 2,422")),
        (INCOME, "net revenues first half 2022", "Net revenues",
         ("Six Months Ended June 30, › 2022", "$ 4,905")),
        (INCOME, "How much did sales of shares bring in Q2 2022?", "Sales of shares",
         ("Three Months Ended June 30, › 2022", "260")),
        (BALANCE, "What was the goodwill at the end of 2022?", "Goodwill", ("December 31, 2022", "2,394")),
        (COFFEE, "What share of the coffee did Lavazza hold by volume?", "Lavazza",
         ("Share by volume", "7.0%")),
        (YEARS, "What was the net income in 2023?", "2023", ("Net income", "171")),
        (REGIONS, "By how much did enquiries change?", "Enquiries", ("Change", "9%")),
        (GATES, "What did gate 3 cost in 2031?", "Gate 3", ("2031", "$ 1,200")),
        (SUPPORT, "How much went to Morocco?", "Morocco", ("Signed (EURm)", "21.09")),
        (LIMITS, "What is the limit for benzene to air?", "Benzene",
         ("LIMITS OF EMISSION › to air", "1 000")),
        (SEGMENTS, "What were the sales of Water in the first half of 2023?", "Water", ("Sales", "1,706")),
        (SEGMENTS, "What was the profit in the first half of 2022?", "Profit",
         ("First half of 2022", "6,619")),
        (DEBTS, "What were the total current debts in 2023?", "Total current", ("2023", "167")),
        (WEEKS, "What were the ticket fees in the quarter that ended May 7, 2023?", "Ticket fees",
         ("12 Weeks Ended › May 7, 2023", "1,044")),
        (GROWTH, "By what percentage did ticket fees grow in the second quarter of 2023?", "Ticket fees",
         ("Quarters Ended June 30, › Inc/ (Dec)", "10")),
        (AMOUNTS, "By what percentage did ticket fees grow in the second quarter of 2023?", "Ticket fees",
         ("Inc/ (Dec)", "11")),
        (AMOUNTS, "How much did ticket fees grow in dollars in the second quarter of 2023?", "Ticket fees",
         ("Inc/ (Dec)", "3")),
        (HALVES, "What was the percent change of ticket fees in the first half of 2023?", "Ticket fees",
         ("% change", "9%")),
        (VOTES, "How many votes were cast against Segun Agbaje?", "Segun", ("Against", "3,946,785")),
        (VOTES, "How many broker non-votes were there for Segun Agbaje?", "Segun",
         ("Broker Non-Votes", "172,969,325")),
        (VOTES, "How many shares did abstain on Segun Agbaje?", "Segun", ("Abstain", "3,264,606")),
        (ORIGINS, "What percentage of the confirmed cases in Sweden were imported?", "Sweden",
         ("Imported (%)", "65.3")),
        (STORES, "How many stores were opened in the North?", "North", ("Opened", "40")),
        (CURRENCIES, "What were the current assets in dollars?", "Current", ("In dollars", "27,728")),
        (PRODUCTS, "What was the total revenue in 2022?", "Total revenue", ("2022", "3,615")),
        (QUARTER, "What were the capital expenditures in the first quarter of 2023?", "Capital",
         ("Quarter ended March 31, 2023", "(294)")),
        (GROUPS, "What were the net sales in the first quarter of 2023?", "Net sales", ("First", "117")),
        (SEGMENTS, "Which had more sales in the first half of 2023, Water or Coffee?", "Water",
         ("Sales", "1,706")),
        (SEGMENTS, "Which had more sales in the first half of 2023, Water or Coffee?", "Coffee",
         ("Sales", "3,694")),
        # Without a clear column, there is no cell.
        (INCOME, "What were the net revenues?", "Net revenues", None),
        (INCOME, "What were the net revenues in 2023?", "Net revenues", None),
        (INCOME, "What were the net revenues in the second quarter of 2023, and a year earlier?",
         "Net revenues", None),
        (INCOME, "What were the net revenues in the second quarter of 2021?", "Net revenues", None),
        (INCOME, "What were the net revenues in the third quarter of 2023?", "Net revenues", None),
        (INCOME, "How much did net revenues grow in the second quarter of 2023?", "Net revenues", None),
        (INCOME, "How much did sales of shares bring in Q2 2023?", "Sales of shares", None),
        (COFFEE, "What is said of Lavazza?", "Lavazza", None),
        (COFFEE, "What share of the coffee did Lavazza hold in 1998?", "Lavazza", None),
        (YEARS, "What was the net income in 2023?", "2022", None),
        (INCOME, "What was the goodwill in the second quarter of 2022?", "Net revenues", None),
        (GATES, "What did gate 4 cost in 2031?", "Gate 3", None),
        (LIMITS, "What is the limit for benzene to soil?", "Benzene", None),
        (LIMITS, "What is the limit for benzene to rivers?", "Benzene", None),
        (SEGMENTS, "What was the trading profit in the first half of 2023?", "Profit", None),
        (SEGMENTS, "What was the profit of Water in the first half of 2023?", "Profit", None),
        (SEGMENTS, "What were the sales of Water in the first half of 2022?", "Water", None),
        (DEBTS, "What were the total debts in 2023?", "Total current", None),
        (BALANCE, "How many percent was the goodwill at the end of 2022?", "Goodwill", None),
        (SIDE_BY_SIDE, "How many questions came from Ireland?", "Portugal", None),
        (VOTES, "How many votes were cast for Segun Agbaje?", "Segun", None),
        (VOTES, "How many votes did Segun Agbaje receive?", "Segun", None),
        (VOTES, "What were the votes for and against Segun Agbaje, with broker non-votes?", "Segun", None),
        (BALLOTS, "How many votes were cast for Segun Agbaje?", "Segun", None),
        (AGAINST, "How many votes were cast for Segun Agbaje?", "Segun", None),
        (ORIGINS, "What percentage of the confirmed cases in Sweden were fatal?", "Sweden", None),
        (STORES, "How many stores were there in the North?", "North", None),
        (STORES, "How many stores were opened and closed in the North?", "North", None),
        (PRODUCTS, "How much revenue did polysilicon bring in 2022?", "Total revenue", None),
        (PRODUCTS, "What was the average total revenue of 2022?", "Total revenue", None),
        (PRODUCTS, "What was the total revenue in 2023 and 2022?", "Total revenue", None),
        (PRODUCTS, "What was the ratio of total revenue to total costs in 2022?", "Total revenue", None),
        (QUARTER, "What are the capital expenditures in 2023?", "Capital", None),
        (GROUPS, "What were the net sales in the first quarter?", "Net sales", None),
        (CHANGED, "How much did interest income increase?", "Interest", None),
    ],
)  # fmt: skip
def test_the_cell_in_the_column_that_the_question_names_is_chosen(
    library: MakeLibrary, table: str, question: str, row: str, cell: tuple[str, str] | None
) -> None:
    assert chosen(library({"a.txt": table}), question, row) == cell


def test_a_sentence_about_the_row_must_state_the_value(library: MakeLibrary) -> None:
    engine = library({"a.txt": INCOME})
    question = "What were the net revenues in the three months ended June 30, 2023?"
    said = "Net revenues were $2,540 million."
    assert chosen(engine, question, "Net revenues", said) == ("Three Months Ended June 30, › 2023", "$ 2,540")
    assert chosen(engine, question, "Net revenues", "Net revenues were $2.5 billion.") is None


def test_the_cell_of_an_answer_is_a_span_of_the_text(library: MakeLibrary) -> None:
    engine = library({"a.txt": f"The company reports its results.\n\n{INCOME}"})
    answer = engine.ask("What were the net revenues in the three months ended June 30, 2023?")
    [cited] = [each for each in answer.citations if each.quote.startswith("Net revenues")]
    assert cited.cell is not None
    text = engine.index.catalog.text(cited.document_id).text
    assert text[cited.start : cited.end] == cited.quote
    assert text[cited.cell.start : cited.cell.end] == cited.cell.value == "$ 2,540"
    assert (cited.cell.row, cited.cell.box) == ("Net revenues", None)
    assert cited.cell.column == "Three Months Ended June 30, › 2023"
    assert (cited.cell.currency, cited.cell.scale) == ("dollar", 1_000_000)
    assert cited.cell.period == "Three Months Ended June 30, 2023"


@pytest.mark.parametrize(
    ("table", "label", "question", "expected"),
    [
        (GATES, "Gate 4", "How much did the northern entrance cost in 2031?", "$ 80"),
        # The reader is sure of a row, not of a column.
        (LIMITS, "Toluene", "How much of the solvent may go to the sea?", None),
        (VARIANT, "Equity including", "What was the equity at the end of 2023?", None),
        (VARIANT, "Equity including", "What was equity including minorities at the end of 2023?", "1,048"),
    ],
)
def test_the_reader_may_be_sure_of_a_row_that_the_question_names_in_other_words(
    library: MakeLibrary, table: str, label: str, question: str, expected: str | None
) -> None:
    with library({"report.txt": table}).index.snapshot() as snapshot:
        [found] = tables(table)
        [line] = [line for line in found.lines if line.of(table).startswith(label)]
        row = Row(table, "en", found.header, line)
        cell = choose_cell(snapshot, understand(question), row, line.of(table), is_sure=True)
    assert (cell and cell.value) == expected


MARKS: tuple[DecimalMark, DecimalMark] = (".", ",")


@pytest.mark.parametrize(
    ("table", "language", "mark"),
    [
        ("1,234.5 and 7", "de", "."),
        ("12.5", "de", "."),
        ("1,234,567", "de", "."),
        ("3.933,3", "en", ","),
        ("12,5", "en", ","),
        ("1.234.567", "en", ","),
        ("1,234", "en", "."),
        ("1.234", "de", ","),
        ("1,234", "und", None),
        ("12.5 and 12,5", "en", None),
        ("30.06.2023 and 1.234.567", "en", ","),
    ],
)
def test_an_unambiguous_number_tells_the_decimal_mark(table: str, language: str, mark: str | None) -> None:
    assert decimal_mark(table, language) == mark


@pytest.mark.parametrize(
    ("value", "mark", "number", "decimals", "currency"),
    [
        ("1,234.5", ".", "1234.5", 1, ""),
        ("(54)", ".", "-54", 0, ""),
        ("$ 12,734", ".", "12734", 0, "$"),
        ("$ (2,727)", ".", "-2727", 0, "$"),
        ("($ 2,727)", ".", "-2727", 0, "$"),
        ("3.933,3", ",", "3933.3", 1, ""),
        ("−3.50", ".", "-3.50", 2, ""),
        ("20.4 %", ".", "20.4", 1, ""),
        ("(5.0) %", ".", "-5.0", 1, ""),
        ("(5.0%)", ".", "-5.0", 1, ""),
        ("0.933", ".", "0.933", 3, ""),
        ("54", None, "54", 0, ""),
        ("EUR 54", ".", "54", 0, "EUR"),
    ],
)
def test_the_number_of_a_cell_is_exact(
    value: str, mark: DecimalMark | None, number: str, decimals: int, currency: str
) -> None:
    read = cell_number(value, mark)
    assert read is not None
    assert (str(read.value), read.decimals, read.currency) == (number, decimals, currency)
    assert read.percent is ("%" in value)


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        ("3.933", "."),
        ("3,933", ","),
        ("3.933,3", "."),
        ("1,234.5", ","),
        ("12,34", "."),
        ("1,2345", "."),
        ("1.5", None),
        ("1,234", None),
        ("1 234", "."),
        ("(54", "."),
        ("54)", "."),
        ("54 (1)", "."),
        ("54¹", "."),
        ("about 54", "."),
        ("54 or 55", "."),
        ("0,123", "."),
        ("—", "."),
        ("", "."),
    ],
)
def test_a_number_in_doubt_is_none(value: str, mark: DecimalMark | None) -> None:
    assert cell_number(value, mark) is None


@given(
    st.integers(0, 10**12),
    st.integers(0, 6),
    st.sampled_from(MARKS),
    st.booleans(),
    st.sampled_from(["{}", "({})", "−{}", "$ {}", "$ ({})", "{}%", "{} %"]),
)
def test_what_is_written_is_read_again(
    digits: int, decimals: int, mark: DecimalMark, grouped: bool, cell: str
) -> None:
    number = Decimal(digits).scaleb(-decimals)
    words = cell.format(written(number, decimals, mark, grouped=grouped))
    read = cell_number(words, mark)
    if read is None:
        # Only the point of 3.933 may be taken for a separator of thousands.
        assert decimals == 3
        assert 1 <= number < 1000
        return
    sign = -1 if "(" in cell or "−" in cell else 1
    is_grouped = grouped and number >= 1000
    expected = CellNumber(sign * number, decimals, "$" if "$" in cell else "", "%" in cell, is_grouped)
    assert (read.value, read) == (expected.value, expected)


@given(st.decimals(-(10**9), 10**9, places=4), st.integers(0, 4))
def test_a_number_is_rounded_half_up_without_its_sign(number: Decimal, decimals: int) -> None:
    unit = Decimal(1).scaleb(-decimals)
    words = written(number, decimals, ".", grouped=True)
    assert abs(Decimal(words.replace(",", "")) - abs(number)) <= unit / 2
    assert len(words.partition(".")[2]) == decimals


SALES = """\
 |  | Years Ended September 30, |
 | 2019 | 2018 | 2017
Fixed price | $ 1,452.4 | $ 1,146.2 | $ 1,036.9
Other | 44.1 | 56.7 | 70.8
Average orders | 12 | 14 | 15
Total sales | $ 1,496.5 | $ 1,202.9 | $ 1,107.7
"""
SERVICES = """\
(in thousands) | 2018 | 2017
Revenue
Client services | 404 | 1,044
Cost of revenue
Client services | 846 | 277
"""


def chosen_pair(engine: QueryEngine, question: str, *labels: str) -> CellPair | None:
    """The pair that is chosen_pair among the rows with these labels, in their order."""
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
    ("table", "question", "rows", "values"),
    [
        (SALES, "How did total sales change from 2018 to 2019?", ["Total sales"], ("$ 1,496.5", "$ 1,202.9")),
        (SALES, "What is the change in Other in 2019 from 2018?", ["Other"], ("44.1", "56.7")),
        (SALES, "What is the difference in total sales between 2017 and 2019?", ["Total sales"],
         ("$ 1,496.5", "$ 1,107.7")),
        (SALES, "By how much did total sales rise in 2019?", ["Total sales"], ("$ 1,496.5", "$ 1,202.9")),
        (SALES, "How did total sales change between fiscal years 2018 and 2019?", ["Total sales"],
         ("$ 1,496.5", "$ 1,202.9")),
        (INCOME, "How much higher were net revenues in Q2 2023 than in Q2 2022?", ["Net revenues"],
         ("$ 2,540", "$ 2,422")),
        (INCOME, "Did net revenues rise in the first half of 2023, compared with the first half of 2022?",
         ["Net revenues"], ("$ 5,050", "$ 4,905")),
        (SERVICES, "What was the change in the revenue of client services between 2017 and 2018?",
         ["Client services"], ("404", "1,044")),
        # In doubt, no cells are chosen.
        (INCOME, "How did net revenues change from 2022 to 2023?", ["Net revenues"], None),
        (INCOME, "How did net revenues change from 2021 to 2022?", ["Net revenues"], None),
        (SALES, "Why did total sales change from 2018 to 2019?", ["Total sales"], None),
        (SALES, "What caused the change in total sales from 2018 to 2019?", ["Total sales"], None),
        (SALES, "What was the average change in total sales from 2018 to 2019?", ["Total sales"], None),
        (SALES, "How did total sales change from the second quarter of 2018 to that of 2019?",
         ["Total sales"], None),
        (SALES, "In which year were total sales higher, 2018 or 2019?", ["Total sales"], None),
        (SALES, "Did total sales rise by more than 200 million from 2018 to 2019?", ["Total sales"], None),
        (SALES, "What were total sales in 2018 and 2019?", ["Total sales"], None),
        (SALES, "How did fixed price contracts change from 2018 to 2019?", ["Total sales"], None),
        (SALES, "How did sales of fixed price change from 2018 to 2019?", ["Total sales"], None),
        (SALES, "What is the difference between other and total sales in 2019?", ["Total sales"], None),
        (SERVICES, "What was the change in client services from 2017 to 2018?", ["Client services"], None),
        (SUPPORT, "Did Syria or Morocco get more technical assistance?", ["Syria"], None),
        (SUPPORT, "Did Syria, Morocco or Tunisia get more help?", ["Syria", "Morocco", "Tunisia"], None),
        (SUPPORT, "Did Tunisia or South get more assistance?", ["Tunisia", "Tunisia, South"], None),
        (SUPPORT, "How did the assistance of Syria and Morocco change?", ["Syria", "Morocco"], None),
        (SUPPORT, "What did Syria and Morocco get?", ["Syria", "Morocco"], None),
        (INCOME, "How much of the first half of 2023 fell to net revenues?", ["Net revenues"], None),
        (QUARTER, "How did capital expenditures change from 2022 to 2023?", ["Capital expenditures"], None),
    ],
)  # fmt: skip
def test_the_cells_of_two_years_are_chosen_the_later_one_first(
    library: MakeLibrary, table: str, question: str, rows: list[str], values: tuple[str, str] | None
) -> None:
    pair = chosen_pair(library({"a.txt": table}), question, *rows)
    assert (pair and (pair.first.value, pair.second.value)) == values
    assert pair is None or pair.is_over_time


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Did Syria or Morocco get more technical assistance from FEMIP?", "Syria"),
        ("Did Morocco get less technical assistance than Syria?", "Morocco"),
        ("What is the difference in technical assistance between Syria and Morocco?", "Syria"),
    ],
)
def test_two_rows_have_the_order_of_the_question(library: MakeLibrary, question: str, first: str) -> None:
    pair = chosen_pair(library({"a.txt": SUPPORT}), question, "Syria", "Morocco")
    assert pair is not None
    assert (pair.first.row, {pair.first.row, pair.second.row}) == (first, {"Syria", "Morocco"})
    assert not pair.is_over_time


def test_rows_that_are_years_are_two_times_of_one_thing(library: MakeLibrary) -> None:
    pair = chosen_pair(
        library({"a.txt": YEARS}), "How did net income change from 2022 to 2023?", "2022", "2023"
    )
    assert pair is not None
    assert (pair.first.value, pair.second.value, pair.is_over_time) == ("171", "531", True)
