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


class TestTables:
    def test_a_table_is_its_headings_and_its_rows(self) -> None:
        assert text(["Region", "2022", "2023"], ["North", 5, 6], ["South", 7, None]) == (
            "Region | 2022 | 2023\nNorth | 5 | 6\nSouth | 7"
        )

    def test_an_empty_row_separates_tables_with_headings(self) -> None:
        assert text(["Region", "Sales"], ["North", 5], [], ["Product", "Units"], ["Pins", 50]) == (
            "Region | Sales\nNorth | 5\n\nProduct | Units\nPins | 50"
        )

    def test_an_empty_row_in_a_table_does_not_part_it(self) -> None:
        assert text(
            ["Region", "2022", "2023"], [], ["North", 5, 6], ["South", 7, 8], [], ["Total", 12, 14]
        ) == ("Region | 2022 | 2023\nNorth | 5 | 6\nSouth | 7 | 8\nTotal | 12 | 14")

    def test_groups_of_rows_keep_their_names(self) -> None:
        lines: list[Line] = [
            ["Region", "2022", "2023"],
            ["Europe"],
            ["Spain", 1, 2],
            [],
            ["Asia"],
            ["Japan", 3, 4],
            [],
            ["Total", 4, 6],
        ]
        found = text(*lines)
        assert found == "Region | 2022 | 2023\nEurope\nSpain | 1 | 2\nAsia\nJapan | 3 | 4\nTotal | 4 | 6"
        (table,) = tables(found)
        assert table.header.of(found) == "Region | 2022 | 2023"
        assert len(table.lines) == 6

    def test_an_empty_column_inside_a_table_is_closed_up(self) -> None:
        assert (
            text(["Region", "2022", None, "2023"], ["North", 5, None, 6])
            == "Region | 2022 | 2023\nNorth | 5 | 6"
        )

    def test_a_row_keeps_the_places_of_its_empty_cells(self) -> None:
        assert text(
            ["Region", "City", "Sales"], ["North", "Varn", 5], [None, "Isk", None], [None, None, 7]
        ) == ("Region | City | Sales\nNorth | Varn | 5\n| Isk\n|  | 7")

    def test_tables_side_by_side_are_read_one_after_the_other(self) -> None:
        assert text(
            ["Table 1", None, None, "Table 2"],
            ["Region", "Sales", None, "Product", "Units"],
            ["North", 5, None, "Pins", 50],
            ["South", 7, None, "Bolts", 70],
            [None, None, None, "Nuts", 90],
        ) == (
            "Table 1\nRegion | Sales\nNorth | 5\nSouth | 7\n\n"
            "Table 2\nProduct | Units\nPins | 50\nBolts | 70\nNuts | 90"
        )

    def test_columns_after_an_empty_one_that_name_no_rows_belong_to_the_table(self) -> None:
        assert (
            text(
                ["Country", "2022", None, "Rating", "Score"],
                ["Spain", 1, None, "AA", 5],
                ["Japan", 2, None, "AA", 5],
            )
            == "Country | 2022 | Rating | Score\nSpain | 1 | AA | 5\nJapan | 2 | AA | 5"
        )


class TestLines:
    def test_short_lines_above_a_table_are_in_its_group_and_others_stand_alone(self) -> None:
        lines: list[Line] = [
            ["Report"],
            ["It was written in haste, and nobody has read it."],
            [],
            ["Table 1"],
            ["tonnes"],
            [],
            ["Region", "Sales"],
            ["North", 5],
            ["(a) Without the islands"],
            [],
            ["Source: own"],
        ]
        found = text(*lines)
        assert found == (
            "Report\n\nIt was written in haste, and nobody has read it.\n\n"
            "Table 1\ntonnes\nRegion | Sales\nNorth | 5\n\n(a) Without the islands\n\nSource: own"
        )
        (table,) = tables(found)
        assert table.header.of(found) == "Table 1\ntonnes\nRegion | Sales"

    @pytest.mark.parametrize("note", ["Source: own", "* estimated", "(1) without the islands", "Notes"])
    def test_a_note_below_a_table_names_not_the_next_one(self, note: str) -> None:
        assert text(["A", "B"], ["x", 1], [], [note], [], ["C", "D"], ["y", 2]) == (
            f"A | B\nx | 1\n\n{note}\n\nC | D\ny | 2"
        )

    def test_a_line_right_below_a_table_names_not_the_next_one(self) -> None:
        assert text(["A", "B"], ["x", 1], ["Rough"], [], ["C", "D"], ["y", 2]) == (
            "A | B\nx | 1\n\nRough\n\nC | D\ny | 2"
        )


class TestHeadings:
    def test_a_merged_heading_is_repeated_in_each_of_its_columns(self) -> None:
        assert (
            text(
                ["Region", "Sales", None, "Profit", None],
                [None, "H1", "H2", "H1", "H2"],
                ["North", 1, 2, 3, 4],
                merged={"Sales": 2, "Profit": 2},
            )
            == "Region | Sales | Sales | Profit | Profit\n| H1 | H2 | H1 | H2\nNorth | 1 | 2 | 3 | 4"
        )

    def test_a_heading_merged_over_empty_columns_stays_in_the_table(self) -> None:
        assert (
            text(["Region", "Sales"], ["North", 1], merged={"Sales": 16_000}) == "Region | Sales\nNorth | 1"
        )

    def test_merged_cells_among_the_figures_are_written_once(self) -> None:
        assert text(["A", "B", "C"], ["x", 1, 2], ["secret", None, 3], merged={"secret": 2}) == (
            "A | B | C\nx | 1 | 2\nsecret |  | 3"
        )

    def test_headings_that_repeat_below_others_tell_how_far_these_reach(self) -> None:
        assert (
            text(
                ["Region", "Sales", None, "Profit", None],
                [None, "2022", "2023", "2022", "2023"],
                ["North", 1, 2, 3, 4],
            )
            == "Region | Sales | Sales | Profit | Profit\n| 2022 | 2023 | 2022 | 2023\nNorth | 1 | 2 | 3 | 4"
        )

    def test_a_period_over_a_group_of_columns_is_repeated_in_each_of_them(self) -> None:
        """Empty columns separate the groups; each period stands in the last column before a gap."""
        assert (
            text(
                ["CHF", None, "2023", None, None, "2022"],
                [None, "Goods", "Rights", None, "Goods", "Rights"],
                ["North", 1, 2, None, 3, 4],
            )
            == "CHF | 2023 | 2023 | 2022 | 2022\n| Goods | Rights | Goods | Rights\nNorth | 1 | 2 | 3 | 4"
        )

    def test_the_one_period_of_a_table_is_a_line_above_it(self) -> None:
        assert (
            text(["CHF", None, "January–June 2023"], [None, "Goods", "Rights"], [], ["North", 1, 2])
            == "January–June 2023\nCHF | Goods | Rights\nNorth | 1 | 2"
        )

    def test_units_before_the_one_period_are_a_line_too_where_the_rows_have_a_heading(self) -> None:
        assert (
            text(["CHF", None, "2023"], ["Segment", "Goods", "Rights"], ["North", 1, 2])
            == "CHF\n2023\nSegment | Goods | Rights\nNorth | 1 | 2"
        )

    def test_other_headings_keep_to_their_columns(self) -> None:
        assert (
            text(["Region", None, None, "Change"], [None, "2022", "2023", "%"], ["North", 1, 2, 100])
            == "Region |  |  | Change\n| 2022 | 2023 | %\nNorth | 1 | 2 | 100"
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
