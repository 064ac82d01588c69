"""Published workbooks are read as a person sees them."""

from __future__ import annotations

from pathlib import Path

from index.loaders import load
from index.text.tabular import tables


def test_a_real_half_year_report_keeps_its_tables_periods_and_notes(evaluation_data: Path) -> None:
    """A period stands over one column but applies to a group or to all; empty rows separate its headings."""
    found = load(evaluation_data / "documents" / "office" / "2023-half-year-analyses-by-segment.xlsx")
    assert (found.title, found.published, found.language) == ("3. Analyses by segment", "2023-07-26", "en")
    assert [section.title for section in found.sections] == [
        "OS-Rev.and results 30 06 2023",
        "OS-Other information 30 06 2023",
        "Prod.Rev.and results 30 06 2023",
        "Prod.-Other inform. 30 06 23",
        "Reconciliation 30 06 2023",
    ]
    columns = [
        *("In millions of CHF", "Sales (a)", "Underlying Trading operating profit (b)"),
        *("Trading operating profit", "Net other trading income/(expenses) (c)"),
        *("of which impairment of property, plant and equipment", "of which restructuring costs"),
        "Depreciation and amortization",
    ]
    assert found.text.splitlines()[:9] == [
        *("OS-Rev.and results 30 06 2023", "", "3. Analyses by segment", ""),
        *("3.1 Operating segments", "Revenue and results", "January–June 2023", " | ".join(columns)),
        "Zone NA | 12,553 | 2,713 | 2,632 | (81) | (29) | (44) | (337)",
    ]
    headers = [table.header.of(found.text).split("\n") for table in tables(found.text)]
    groups = (
        "In millions of CHF | January–June 2023 | January–June 2023 | January–June 2022 | January–June 2022"
    )
    last = (
        "3.4 Reconciliation from Underlying Trading operating profit to profit before taxes, associates and"
    )
    assert [header[-2] for header in headers] == [
        *("January–June 2023", "January–June 2022", groups),
        *("January–June 2023", "January–June 2022", groups),
        f"{last} joint ventures",
    ]
    assert (
        "\nUnallocated items (e) | — | (1,164) | (1,185) | (21) | — | (7) | (131)\nTotal | 46,293 |"
        in found.text
    )
    assert "\nZone NA | — | (9) | — | (285)\n" in found.text
    assert found.text.endswith(
        "Profit before taxes, associates and joint ventures | 6,565 | 6,185\n\n"
        "(a) Trading operating profit before Net other trading income/(expenses)."
    )
