"""The markup of cited table rows: a small table under the report's own caption and headings.

The rows come from the canonical text of a report: the text to which the offsets of citations refer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.text import PATH_SEPARATOR, cells, is_row, label_cells
from rag.answers import Citation
from ui.page.markup.text import escape, quoted_markup

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
        heading: the lines above that cell: the headings of its column, from the top, then its unit.
    """

    text: str
    notes: str
    marked: int | None = None
    heading: tuple[str, ...] = ()


def cited_row(cited: Citation, notes: str = "") -> CitedRow:
    """Return the row of a table that ``cited`` quotes; ``notes`` is the markup of its footnote marks."""
    cell = cited.cell
    if cell is None:
        return CitedRow(cited.quote, notes)
    marked = len(cells(cited.quote[: cell.start - cited.start])) - 1
    is_shown = any(cell.unit.casefold() in words.casefold() for words in (cell.column, cell.value))
    unit = () if is_shown else (cell.unit,)
    return CitedRow(cited.quote, notes, marked, (*filter(None, cell.column.split(PATH_SEPARATOR)), *unit))


def table_markup(headings: str, rows: Sequence[CitedRow]) -> str:
    """Return a table with the cited rows and their headings, without columns that are empty throughout.

    The column of the cell that the question asks for comes first after the rows' labels.

    Args:
        headings: the lines of the canonical text above the rows (caption, units and headings), or an empty
            text.
        rows: the cited rows.
    """
    lines = [line for line in headings.splitlines() if line.strip()]
    head = [cells(line) for line in lines if is_row(line)]
    body = [cells(row.text) for row in rows]
    width = max(map(len, (*head, *body)))
    for row in (*head, *body):
        row.extend([""] * (width - len(row)))
    spans = [_spans_columns(row, head) for row in head]
    marks = [row.marked for row in rows]
    asked = next((row for row in rows if row.marked), None)
    if asked:
        marks = _put_first(asked, head, spans, body, marks)
    columns = list(zip(*head, *body, strict=True))
    shown = [place for place, column in enumerate(columns) if any(column) or (asked and not place)]
    figures = frozenset(place for place in shown if place and _is_figures(columns[place][len(head) :]))
    first = _asked_heading(asked.heading, len(head), is_figure=1 in figures) if asked else None
    above = "".join(
        _heading_row(row, shown, figures, spans=spanning, asked=first if row is head[0] else first and "")
        for row, spanning in zip(head, spans, strict=True)
    )
    above = f"<thead>{above}</thead>" if above else ""
    below = "".join(
        _body_row(row, each.notes, mark, shown, figures)
        for row, each, mark in zip(body, rows, marks, strict=True)
    )
    caption = _lines([line for line in lines if not is_row(line)])
    caption = f"<caption>{caption}</caption>" if caption else ""
    letters = max(len(row[0]) for row in (*head, *body))
    # Beside labels of a known width, the asked column can stay in view.
    kind = f'fn-table fn-seeks" style="--fn-letters: {letters}' if asked else "fn-table"
    return f'<div class="{kind}"><table>{caption}{above}<tbody>{below}</tbody></table></div>'


def _spans_columns(row: Sequence[str], head: Sequence[Sequence[str]]) -> bool:
    """Return whether each heading of a row spans the columns up to the next heading.

    - If there are several rows of headings, each heading above the lowest row spans these columns.
    - In the lowest of several rows, a heading spans them only if it is alone in its row.
    - In a single row of headings, no heading spans several columns.

    The heading of the first column never spans several columns, and does not count as another heading of
    its row.
    """
    return len(head) > 1 and (row is not head[-1] or sum(map(bool, row[1:])) == 1)


def _put_first(
    first: CitedRow,
    head: Sequence[list[str]],
    spans: Sequence[bool],
    body: Sequence[list[str]],
    marks: Sequence[int | None],
) -> list[int | None]:
    """Move the asked column to place 1, after the label of the rows, and return the new places of ``marks``.

    The label becomes one cell. The headings of the asked column become empty, but a heading over several
    columns stays above the others.
    """
    label, asked = label_cells(cells(first.text))[-1], first.marked or 0
    labels = min(cells(first.text).index(label) + 1, asked)
    for row, spanning in zip(head, spans, strict=True):
        if spanning and asked + 1 < len(row):
            row[asked + 1] = row[asked + 1] or row[asked]
        row[asked] = ""
    for row in (*head, *body):
        moved = row.pop(asked)
        row[:labels] = [" · ".join(filter(None, row[:labels])), moved]
    return [
        None if mark is None else 1 if mark == asked else mark - labels + 1 + (mark < asked) for mark in marks
    ]


def _lines(lines: Iterable[str]) -> str:
    spans = "".join(f'<span class="fn-line">{quoted_markup(line.strip())}</span> ' for line in lines)
    return spans.rstrip()


def _asked_heading(lines: Sequence[str], rows: int, *, is_figure: bool) -> str:
    tag, kind = "th" if lines else "td", "fn-figure fn-sought" if is_figure else "fn-sought"
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<{tag} class="{kind}"{span}>{_lines(lines)}</{tag}>'


def _heading_row(
    row: Sequence[str], shown: Sequence[int], figures: frozenset[int], *, spans: bool, asked: str | None
) -> str:
    """Return a row of headings; if ``spans``, each heading spans the columns up to the next heading.

    ``asked`` is the heading of the asked column, or "" if a row above has it; None without such a column.
    """
    places = [number for number, place in enumerate(shown) if place and row[place]]
    written: list[str] = []
    number = 0
    while number < len(shown):
        following = next((place for place in places if place > number), len(shown))
        width = following - number if spans and number in places else 1
        if number == 1 and asked is not None:
            written.append(asked)
        else:
            written.append(_cell("th", row[shown[number]], shown[number] in figures, width=width))
        number += width
    return f"<tr>{''.join(written)}<td></td></tr>"


def _body_row(
    row: Sequence[str], notes: str, mark: int | None, shown: Sequence[int], figures: frozenset[int]
) -> str:
    # The first cell names the row; the other cells are values.
    written = (
        _cell("td" if place else "th", row[place], place in figures, marked=place == mark) for place in shown
    )
    return f'<tr>{"".join(written)}<td class="fn-notes">{notes}</td></tr>'


def _cell(tag: str, words: str, figure: bool, *, marked: bool = False, width: int = 1) -> str:
    # A screen reader would announce an empty heading.
    tag = tag if words else "td"
    names = " ".join(["fn-figure"] * figure + ["fn-cell"] * marked)
    kind = f' class="{names}"' if names else ""
    span = f' colspan="{width}"' if width > 1 else ""
    shown = f"<mark>{escape(words)}</mark>" if marked else escape(words)
    return f"<{tag}{kind}{span}>{shown}</{tag}>"


def _is_figures(column: Sequence[str]) -> bool:
    """Return whether every cell of a column is a figure or stands for a missing figure.

    A column without any figure gives False.
    """
    values = [cell for cell in column if cell not in _NO_VALUE]
    return bool(values) and all(map(_is_figure, values))


def _is_figure(cell: str) -> bool:
    letters = sum(character.isalpha() for character in cell)
    return letters <= MAX_UNIT_LETTERS and any(character.isdecimal() for character in cell)
