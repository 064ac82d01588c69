"""The cells of a sheet become tables with headings and captions, and lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.loaders.blocks import join
from index.loaders.sheets.grid import Cell, Row, grid_blocks, is_dated_period, is_written_figure
from index.text.tabular import tables

Line: TypeAlias = Sequence[str | int | None]


def grid(*lines: Line, merged: dict[str, int] | None = None) -> list[Row]:
    """Rows of a sheet: a number is a figure, None is an empty cell, and an empty line is an empty row."""
    rows: list[Row] = []
    for number, line in enumerate(lines, 1):
        cells = {
            column: Cell(str(said), isinstance(said, int), (merged or {}).get(str(said), 1))
            for column, said in enumerate(line, 1)
            if said is not None
        }
        if cells:
            rows.append(Row(number, cells))
    return rows


def text(*lines: Line, merged: dict[str, int] | None = None) -> str:
    return join(grid_blocks(grid(*lines, merged=merged)))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([["A", "2022", "2023"], ["a", 5, 6], ["b", 7, None]], "A | 2022 | 2023\na | 5 | 6\nb | 7"),
        # An empty row parts tables with headings and no others; an empty column is closed up.
        ([["A", "B"], ["a", 5], [], ["C", "D"], ["c", 50]], "A | B\na | 5\n\nC | D\nc | 50"),
        ([["A", "2022"], [], ["a", 5], ["b", 7], [], ["All", 12]], "A | 2022\na | 5\nb | 7\nAll | 12"),
        ([["A", "2022", None, "2023"], ["a", 5, None, 6]], "A | 2022 | 2023\na | 5 | 6"),
        # An empty row after the headings parts no labels from them, and none parts a table of spaced rows.
        (
            [[None, "Tax", "Paid"], [None, "EUR", "EUR"], [], ["Varda", 5, 6], ["Oru", 7, 8]],
            "| Tax | Paid\n| EUR | EUR\nVarda | 5 | 6\nOru | 7 | 8",
        ),
        (
            [
                *([None, "Tax", "Paid", "Rest"], [], [None, "EUR", "EUR", "%"], [], ["Varda", 5, 6, 1]),
                *([], ["Oru", 7], [], ["Lem", 9, 9, 2]),
            ],
            "| Tax | Paid | Rest\n| EUR | EUR | %\nVarda | 5 | 6 | 1\nOru | 7\nLem | 9 | 9 | 2",
        ),
        (
            [["A", "B", "C"], ["a", "b", 5], [None, "c", None], [None, None, 7]],
            "A | B | C\na | b | 5\n| c\n|  | 7",
        ),
        # Tables side by side are read one after the other, but columns that name no rows belong to the table.
        (
            [
                *(["Table 1", None, None, "Table 2"], ["A", "B", None, "C", "D"], ["a", 5, None, "c", 50]),
                *(["b", 7, None, "d", 70], [None, None, None, "e", 90]),
            ],
            "Table 1\nA | B\na | 5\nb | 7\n\nTable 2\nC | D\nc | 50\nd | 70\ne | 90",
        ),
        (
            [["A", "2022", None, "Rating", "B"], ["a", 1, None, "AA", 5], ["b", 2, None, "AA", 5]],
            "A | 2022 | Rating | B\na | 1 | AA | 5\nb | 2 | AA | 5",
        ),
        (
            [["A", "2022"], ["a", 1], [], ["It was read by nobody, and was long."], ["b", 2]],
            "A | 2022\na | 1\n\nIt was read by nobody, and was long.\n\nb | 2",
        ),
        # A line right below a table names not the next one.
        (
            [["A", "B"], ["x", 1], ["Rough"], [], ["C", "D"], ["y", 2]],
            "A | B\nx | 1\n\nRough\n\nC | D\ny | 2",
        ),
        # Headings that repeat below others tell how far these reach.
        (
            [["A", "B", None, "C", None], [None, "2022", "2023", "2022", "2023"], ["a", 1, 2, 3, 4]],
            "A | B | B | C | C\n| 2022 | 2023 | 2022 | 2023\na | 1 | 2 | 3 | 4",
        ),
        # Empty columns separate groups of columns; each period stands in the last column before a gap.
        (
            [
                ["CHF", None, "2023", None, None, "2022"],
                [None, "A", "B", None, "A", "B"],
                ["a", 1, 2, None, 3, 4],
            ],
            "CHF | 2023 | 2023 | 2022 | 2022\n| A | B | A | B\na | 1 | 2 | 3 | 4",
        ),
        # The one period of a table is a line above it, and so are units, where the rows have a heading.
        (
            [["CHF", None, "January–June 2023"], [None, "A", "B"], [], ["a", 1, 2]],
            "January–June 2023\nCHF | A | B\na | 1 | 2",
        ),
        ([["CHF", None, "2023"], ["Part", "A", "B"], ["a", 1, 2]], "CHF\n2023\nPart | A | B\na | 1 | 2"),
        (
            [["A", None, None, "Change"], [None, "2022", "2023", "%"], ["a", 1, 2, 100]],
            "A |  |  | Change\n| 2022 | 2023 | %\na | 1 | 2 | 100",
        ),
    ],
)
def test_a_sheet_is_read_as_tables_and_lines(lines: list[Line], found: str) -> None:
    assert text(*lines) == found


def test_groups_of_rows_keep_their_names() -> None:
    europe: list[Line] = [["Region", "2022", "2023"], ["Europe"], ["Spain", 1, 2], []]
    asia: list[Line] = [["Asia"], ["Japan", 3, 4], [], ["Total", 4, 6]]
    found = text(*europe, *asia)
    assert found == "Region | 2022 | 2023\nEurope\nSpain | 1 | 2\nAsia\nJapan | 3 | 4\nTotal | 4 | 6"
    (table,) = tables(found)
    assert table.header.of(found) == "Region | 2022 | 2023"
    assert len(table.lines) == 6


def test_short_lines_above_a_table_are_in_its_group_and_others_stand_alone() -> None:
    above: list[Line] = [["Report"], ["It was written in haste, and nobody has read it."], []]
    table: list[Line] = [["Table 1"], ["tonnes"], [], ["Region", "Sales"], ["North", 5]]
    below: list[Line] = [["(a) Without the islands"], [], ["Source: own"]]
    found = text(*above, *table, *below)
    assert found == (
        "Report\n\nIt was written in haste, and nobody has read it.\n\n"
        "Table 1\ntonnes\nRegion | Sales\nNorth | 5\n\n(a) Without the islands\n\nSource: own"
    )
    (read,) = tables(found)
    assert read.header.of(found) == "Table 1\ntonnes\nRegion | Sales"


@pytest.mark.parametrize("note", ["Source: own", "* estimated", "(1) without the islands", "Notes"])
def test_a_note_below_a_table_names_not_the_next_one(note: str) -> None:
    assert text(["A", "B"], ["x", 1], [], [note], [], ["C", "D"], ["y", 2]) == (
        f"A | B\nx | 1\n\n{note}\n\nC | D\ny | 2"
    )


def test_a_merged_heading_is_repeated_in_each_of_its_columns() -> None:
    assert (
        text(
            ["Region", "Sales", None, "Profit", None],
            [None, "H1", "H2", "H1", "H2"],
            ["North", 1, 2, 3, 4],
            merged={"Sales": 2, "Profit": 2},
        )
        == "Region | Sales | Sales | Profit | Profit\n| H1 | H2 | H1 | H2\nNorth | 1 | 2 | 3 | 4"
    )


def test_a_heading_merged_over_empty_columns_stays_in_the_table() -> None:
    assert text(["Region", "Sales"], ["North", 1], merged={"Sales": 16_000}) == "Region | Sales\nNorth | 1"


def test_merged_cells_among_the_figures_are_written_once() -> None:
    assert text(["A", "B", "C"], ["x", 1, 2], ["secret", None, 3], merged={"secret": 2}) == (
        "A | B | C\nx | 1 | 2\nsecret |  | 3"
    )


@pytest.mark.parametrize(
    "words", ["2023", "2022/23", "2022–2023", "(2023)", "January–June 2023", "FY2023", "30.6.2023"]
)
def test_a_period_has_a_year(words: str) -> None:
    assert is_dated_period(words)
    assert not is_written_figure(words)


@pytest.mark.parametrize(
    "words", ["12,023", "2023.5", "1 999 000", "—", "-", "n/a", "(81)", "12.5%", "€ 5", "12023"]
)
def test_a_figure_is_no_period(words: str) -> None:
    assert is_written_figure(words)
    assert not is_dated_period(words)


@pytest.mark.parametrize("words", ["Sales", "CO2", "Item 5", "Over 2,023 tonnes", "+"])
def test_a_name_is_neither(words: str) -> None:
    assert not is_dated_period(words)
    assert not is_written_figure(words)


CELLS = st.builds(
    Cell, st.text("ab12", min_size=1, max_size=3), st.booleans(), st.integers(min_value=1, max_value=4)
)
GRIDS = st.dictionaries(
    st.integers(1, 14), st.dictionaries(st.integers(1, 9), CELLS, min_size=1, max_size=6), max_size=10
).map(lambda lines: [Row(number, dict(sorted(lines[number].items()))) for number in sorted(lines)])


@given(GRIDS)
def test_every_cell_is_written_and_none_is_made_up(rows: list[Row]) -> None:
    blocks = [block.text for block in grid_blocks(rows)]
    said = [cell for block in blocks for cell in block.replace("|", " ").split()]
    cells = sorted(cell.text for line in rows for cell in line.cells.values())
    assert set(said) == set(cells)
    for words in set(cells):
        assert said.count(words) >= cells.count(words)
    assert all("\n" not in block for block in blocks)


def test_cells_scattered_over_a_sheet_are_written_without_the_places_between_them() -> None:
    scattered = [
        Row(number, {2 * number: Cell("pin"), 2 * number + 1: Cell("5", True)}) for number in range(1, 2001)
    ]
    assert join(grid_blocks(scattered)) == "\n".join(["pin | 5"] * 2000)
