"""The rows of a page's table line up by its columns, as the page shows them."""

from __future__ import annotations

import time
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.loaders.html.elements import Cell, in_columns, joined_figures
from index.loaders.html.page import fragment_blocks
from index.text.tabular import table_cells, tables
from tests.index.loaders.html.test_page import between


def paths(table: str) -> list[tuple[str, str, str]]:
    """The row, column and value of each cell of the last row of a table."""
    text = between(table)
    found = tables(text)[0]
    return [(cell.row, cell.column, cell.value) for cell in table_cells(text, found.header, found.lines[-1])]


PRICES = (
    "<table><tr><td></td><td></td><td colspan='6'>2021</td><td></td><td></td><td colspan='6'>2020</td></tr>"
    "<tr><td>Quarter</td><td></td><td colspan='2'>High</td><td></td><td></td><td colspan='2'>Low</td>"
    "<td></td><td></td><td colspan='2'>High</td><td></td><td></td><td colspan='2'>Low</td></tr>"
    "<tr><td>March</td><td></td><td>$</td><td>(3.02</td><td>)</td><td></td><td></td><td>1.72</td><td></td>"
    "<td></td><td>$</td><td>—</td><td></td><td></td><td></td><td></td></tr></table>"
)


def test_a_table_set_for_the_eye_keeps_the_columns_that_a_reader_sees() -> None:
    assert (
        between(PRICES) == "| 2021 |  | 2020\nQuarter | High | Low | High | Low\nMarch | $(3.02) | 1.72 | $—"
    )
    assert paths(PRICES) == [
        ("March", "2021 › High", "$(3.02)"),
        ("March", "2021 › Low", "1.72"),
        ("March", "2020 › High", "$—"),
    ]


def test_figures_with_and_without_signs_stand_in_one_column() -> None:
    assert (
        between(
            "<table><tr><td></td><td></td><td colspan='2'>2021</td><td></td><td colspan='2'>2020</td></tr>"
            "<tr><td>Cash</td><td></td><td>$</td><td>1,600</td><td></td><td>$</td><td>(599</td><td>)</td></tr>"
            "<tr><td>Debt</td><td></td><td colspan='2'>1,100</td><td></td><td colspan='2'></td></tr>"
            "<tr><td>Loss</td><td></td><td colspan='2'></td><td></td><td colspan='2'>12</td></tr>"
            "<tr><td>Share</td><td></td><td></td><td>12</td><td>%</td><td></td><td>7</td><td>%</td></tr></table>"
        )
        == "| 2021 | 2020\nCash | $1,600 | $(599)\nDebt | 1,100\nLoss |  | 12\nShare | 12% | 7%"
    )


def test_a_cell_over_several_rows_stands_in_each_of_them() -> None:
    table = (
        "<table><tr><th rowspan='2'>District</th><th colspan='2'>2021</th><th rowspan=2>Total</th></tr>"
        "<tr><th>May</th><th>June</th></tr>"
        "<tr><td rowspan='2'>Pellan</td><td>3</td><td>4</td><td>7</td></tr>"
        "<tr><td>5</td><td>6</td><td>11</td></tr><tr><td>Quell</td><td>1</td><td>2</td><td>3</td></tr></table>"
    )
    assert between(table) == (
        "District | 2021 |  | Total\nDistrict | May | June | Total\n"
        "Pellan | 3 | 4 | 7\nPellan | 5 | 6 | 11\nQuell | 1 | 2 | 3"
    )
    assert paths(table) == [
        ("Quell", "2021 › May", "1"),
        ("Quell", "2021 › June", "2"),
        ("Quell", "Total", "3"),
    ]


def test_rows_without_words_count_as_rows_of_the_cells_above() -> None:
    assert (
        between(
            "<table><tr><td rowspan='3'>a</td><td>b</td></tr><tr></tr><tr><td>c</td></tr>"
            "<tr><td>d</td><td>e</td></tr></table>"
        )
        == "a | b\na | c\nd | e"
    )


@pytest.mark.parametrize("span", ["0", "-2", "x", "", "1.5", "999999999"])
def test_a_span_that_no_browser_takes_counts_as_one(span: str) -> None:
    rows = f"<tr><td colspan='{span}' rowspan='{span}'>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr>"
    assert between(f"<table>{rows}</table>") == "a | b\nc | d"


def in_row(*texts: str) -> list[Cell]:
    return [Cell(text, place, place + 1) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("cells", "joined"),
    [
        (["Cash", "$", "", "12", ")", "%"], ["Cash", "$12)%"]),
        (["Cash", "$", "n/a", "$", "—"], ["Cash", "$n/a", "$—"]),
        (["", "2021", "%", "Change", "%"], ["2021", "%", "Change", "%"]),
        (["Unit", "$", "%"], ["Unit", "$", "%"]),
    ],
)
def test_signs_join_their_figures_only(cells: list[str], joined: list[str]) -> None:
    assert [cell.text for cell in joined_figures(in_row(*cells))] == joined


def test_two_cells_of_a_row_are_in_two_columns_though_cells_of_other_rows_overlap_both() -> None:
    rows = [
        [Cell("a", 0, 2), Cell("b", 5, 8)],
        [Cell("c", 1, 4)],
        [Cell("d", 3, 6)],
    ]
    assert in_columns(rows) == [["a", "b"], ["c"], ["", "d"]]


def rows_of(most: int) -> st.SearchStrategy[list[list[Cell]]]:
    """Rows of cells with words that span up to ``most`` columns; between them are empty cells."""
    width = st.integers(1, most)

    def row(cells: list[tuple[str, int]]) -> list[Cell]:
        ends = accumulate(width for _, width in cells)
        placed = [Cell(text, end - width, end) for (text, width), end in zip(cells, ends, strict=True)]
        return [cell for cell in placed if cell.text]

    return st.lists(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), width), max_size=8).map(row))


@given(rows_of(4))
def test_every_word_is_kept_in_order(rows: list[list[Cell]]) -> None:
    kept = [[word for word in words if word] for words in in_columns(rows)]
    assert kept == [[cell.text for cell in cells] for cells in rows]


@given(rows_of(1))
def test_without_spans_only_the_columns_without_words_go(rows: list[list[Cell]]) -> None:
    used = sorted({cell.start for cells in rows for cell in cells})
    for cells, words in zip(rows, in_columns(rows), strict=True):
        assert [used[place] for place, word in enumerate(words) if word] == [cell.start for cell in cells]


@pytest.mark.parametrize(
    "rows",
    [
        "<tr>" + "<td rowspan='60000'>word</td>" * 3000 + "</tr>" + "<tr><td>a</td></tr>" * 3000,
        "".join(
            f"<tr><td colspan='{place % 1000 + 1}'></td><td>{place}</td></tr>" for place in range(20_000)
        ),
    ],
    ids=["down", "across"],
)
def test_cells_over_endless_rows_and_columns_take_no_room(rows: str) -> None:
    started = time.monotonic()
    blocks = fragment_blocks(f"<table>{rows}</table>")
    assert sum(len(block.text) for block in blocks) < 12 * len(rows)
    assert time.monotonic() - started < 20
