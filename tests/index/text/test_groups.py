"""The groups of a table's rows, by indentation."""

from __future__ import annotations

from index.documents import Span
from index.text.tabular import section_at, sections_at

HEADER = "| 2031"


def groups(*lines: str) -> list[str]:
    """The names of the groups of each line, joined by " > "."""
    text = "\n".join((HEADER, *lines))
    starts, place = [], len(HEADER) + 1
    for line in lines:
        starts.append(place + len(line) - len(line.lstrip()))
        place += len(line) + 1
    header = Span(0, len(HEADER))
    found = sections_at(text, header, starts)
    assert found == [section_at(text, header, start) for start in starts]
    return [names.replace("\n", " > ") for names in found]


def test_a_group_with_indented_rows_ends_before_the_next_row_level_with_its_name() -> None:
    assert groups("Pumps", "  Small | 1", "  Large | 2", "Gates | 3") == ["", "Pumps", "Pumps", ""]


def test_a_group_with_level_rows_ends_after_its_total() -> None:
    assert groups("Costs", "Wages | 1", "Total costs | 1", "Income | 2") == ["", "Costs", "Costs", ""]


def test_a_group_with_level_rows_ends_after_an_indented_row() -> None:
    assert groups("Costs", "Wages | 1", "  Costs of all | 1", "Income | 2") == ["", "Costs", "Costs", ""]


def test_a_group_inside_a_group_of_level_rows_goes_back_to_it() -> None:
    found = groups(
        "Costs", "Wages | 1", "Pumping", "  Power | 2", "Rent | 3", "Total costs | 6", "Income | 9"
    )
    assert found == ["", "Costs", "Costs", "Costs > Pumping", "Costs", "Costs", ""]


def test_the_next_name_at_an_edge_ends_a_group_of_level_rows() -> None:
    assert groups("Costs", "Wages | 1", "Sales", "Water | 2") == ["", "Costs", "Costs", "Sales"]


def test_a_total_ends_the_group_that_it_names() -> None:
    found = groups("Assets", "Current assets", "  Pumps | 1", "Total current assets | 1", "Gates | 2")
    assert found == ["", "Assets", "Assets > Current assets", "Assets", "Assets"]


def test_a_name_without_rows_inside_an_indented_group_is_no_group() -> None:
    found = groups("Liabilities", "  Loans:", "    Short | 1", "  Commitments", "  Equity", "    Shares | 2")
    assert found[-1] == "Liabilities > Equity"


def test_a_row_without_a_label_belongs_to_the_open_group() -> None:
    assert groups("Pumps", "  Small | 1", "| 1") == ["", "Pumps", "Pumps"]
