"""The markup of cited table rows: a small table under the report's own caption and headings.

The rows come from the canonical text of a report: the text to which the offsets of citations refer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from index.text import cells, is_row
from rag.answers import Citation
from ui.page.markup.text import escape

MAX_UNIT_LETTERS = 3
"""The most letters in the cell of a figure (``USD``, ``bn``, ``kWh``); a cell with more contains words."""

_NO_VALUE = frozenset({"", "-", "–", "—", "..", "…", "n/a", "N/A", "none", "None"})
"""Cells that stand for a missing figure, which a column of figures may have."""


@dataclass(frozen=True, slots=True)
class CitedRow:
    """A cited row of a table.

    Attributes:
        text: the row as it is in the report's canonical text, its cells separated by vertical bars.
        notes: the markup of the row's footnote marks, which become the last cell.
        marked: the number, from 0, of the cell that the question asks for; None for the whole row.
    """

    text: str
    notes: str
    marked: int | None = None


def cell_number(cited: Citation) -> int | None:
    """Return the number, from 0, of the cell that the question asks for; None if it asks for a whole row."""
    if cited.cell is None:
        return None
    return len(cells(cited.quote[: cited.cell.start - cited.start])) - 1


def table_markup(headings: str, rows: Sequence[CitedRow]) -> str:
    """Return a table with the cited rows and their headings, without columns that are empty throughout.

    Args:
        headings: the lines of the canonical text above the rows (caption, units and headings), or an empty
            text.
        rows: the cited rows.
    """
    lines = [line for line in headings.splitlines() if line.strip()]
    head = [cells(line) for line in lines if is_row(line)]
    body = [cells(row.text) for row in rows]
    columns = [list(column) for column in zip_longest(*head, *body, fillvalue="")]
    shown = [place for place, column in enumerate(columns) if any(column)]
    figures = frozenset(place for place in shown if place and _is_figures(columns[place][len(head) :]))
    caption = _caption([line for line in lines if not is_row(line)])
    above = "".join(
        _heading_row(row, shown, figures, is_lowest=row is head[-1], is_only=len(head) == 1) for row in head
    )
    above = f"<thead>{above}</thead>" if above else ""
    below = "".join(_body_row(row, cited, shown, figures) for row, cited in zip(body, rows, strict=True))
    return f'<div class="fn-table"><table>{caption}{above}<tbody>{below}</tbody></table></div>'


def _caption(lines: Sequence[str]) -> str:
    spans = "".join(f'<span class="fn-line">{escape(line.strip())}</span> ' for line in lines)
    return f"<caption>{spans.rstrip()}</caption>" if spans else ""


def _heading_row(
    row: Sequence[str], shown: Sequence[int], figures: frozenset[int], *, is_lowest: bool, is_only: bool
) -> str:
    """Return a row of headings, in which a heading may span the columns up to the next heading.

    - If there are several rows of headings, each heading above the lowest row spans these columns.
    - In the lowest of several rows, a heading spans them only if it is alone in its row.
    - In a single row of headings, no heading spans several columns.

    The heading of the first column never spans several columns, and does not count as another heading of
    its row.
    """
    places = [number for number, place in enumerate(shown) if place and _at(row, place)]
    spans = not is_only and (not is_lowest or len(places) == 1)
    written: list[str] = []
    number = 0
    while number < len(shown):
        following = next((place for place in places if place > number), len(shown))
        width = following - number if spans and number in places else 1
        written.append(_cell("th", _at(row, shown[number]), shown[number] in figures, width=width))
        number += width
    return f"<tr>{''.join(written)}<td></td></tr>"


def _body_row(row: Sequence[str], cited: CitedRow, shown: Sequence[int], figures: frozenset[int]) -> str:
    # The first cell names the row; the other cells are values.
    written = (
        _cell("td" if place else "th", _at(row, place), place in figures, marked=place == cited.marked)
        for place in shown
    )
    return f'<tr>{"".join(written)}<td class="fn-notes">{cited.notes}</td></tr>'


def _cell(tag: str, words: str, figure: bool, *, marked: bool = False, width: int = 1) -> str:
    # A screen reader would announce an empty heading.
    tag = tag if words else "td"
    names = " ".join(["fn-figure"] * figure + ["fn-cell"] * marked)
    kind = f' class="{names}"' if names else ""
    span = f' colspan="{width}"' if width > 1 else ""
    shown = f"<mark>{escape(words)}</mark>" if marked else escape(words)
    return f"<{tag}{kind}{span}>{shown}</{tag}>"


def _at(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _is_figures(column: Sequence[str]) -> bool:
    """Return whether every cell of a column is a figure or stands for a missing figure.

    A column without any figure gives False.
    """
    values = [cell for cell in column if cell not in _NO_VALUE]
    return bool(values) and all(map(_is_figure, values))


def _is_figure(cell: str) -> bool:
    letters = sum(character.isalpha() for character in cell)
    return letters <= MAX_UNIT_LETTERS and any(character.isdecimal() for character in cell)
