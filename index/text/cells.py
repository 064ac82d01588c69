"""Gives each figure of a table its address: row, column, unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from index.documents import Span
from index.text.groups import section_at
from index.text.tabular import CELL_EDGE, cells, is_row

PATH_SEPARATOR = " › "
"""The separator between the names of a path, from the outermost to the innermost."""

_UNIT = regex.compile(
    r"\(?\b(?:(?:amounts?|dollars|shares|figures|all|in|and|USD|EUR|euros?|US|[$€£¥]|\s|,)+\s)?"
    r"(?:thousands?|millions?|billions?|trillions?|percent(?:ages?)?|per cent|mn|bn|EUR ?m|€ ?m|\$m|000s?)\b"
    r"(?:[^|()\n]{0,60}\))?",
    regex.IGNORECASE,
)
_OWN_UNIT = regex.compile(r"(?:US|C|A)?[$€£¥₹]|%|\b(?:pts?|bps|pp|EUR|USD|GBP)\b")


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table, with the names that say what its value is.

    Attributes:
        row: the names of the cell's row and of the row's group, as a path.
        column: the headings over the cell, as a path; "" without a heading.
        value: the words of the cell.
        unit: the currency or percent sign, and the scale that the table's headings state; "" if unknown.
        span: the place of the value in the document's text.
    """

    row: str
    column: str
    value: str
    unit: str
    span: Span


def table_cells(text: str, header: Span, row: Span) -> list[TableCell]:
    """The cells of a row that have a value, from left to right, without its label.

    Args:
        text: a document's canonical text.
        header: the span of the caption and headings of the row's table.
        row: the span of the row.
    """
    caption, columns = _parts_of(header.of(text))
    words = cells(row.of(text))
    names = [*section_at(text, header, row.start).splitlines(), words[0]]
    path = PATH_SEPARATOR.join(name.rstrip(" :") for name in names if name)
    found = []
    for number, (span, value) in enumerate(zip(_spans(text, row), words, strict=True)):
        if number == 0 or not value:
            continue
        column = _path(columns, number)
        found.append(TableCell(path, column, value, _unit(value, [column, path, *caption]), span))
    return found


def _parts_of(headings: str) -> tuple[list[str], list[list[str]]]:
    """Split a table's headings into the lines of its caption, from the last, and the rows of column headings.

    The caption includes the words over the labels, and the units. The rows are given as cells.
    """
    caption: list[str] = []
    columns: list[list[str]] = []
    begun = ""
    for line in headings.splitlines():
        if is_row(line):
            words = cells(line)
            caption.append(words[0])
            stated = [cell for cell in words[1:] if cell]
            if begun and len(stated) == 1 and _UNIT.fullmatch(f"{begun} {stated[0]}"):
                # The units go on in the next line.
                columns.pop()
                stated = [f"{begun} {stated[0]}"]
            begun = stated[0] if len(stated) == 1 and stated[0].count("(") > stated[0].count(")") else ""
            if len(stated) == 1 and _UNIT.fullmatch(stated[0]):
                caption.append(stated[0])
            else:
                columns.append(words)
        else:
            caption.append(line)
    return [line.strip() for line in reversed(caption) if line.strip()], columns


def _path(columns: Sequence[Sequence[str]], number: int) -> str:
    """The headings over a column, from the top. A column without one has the heading of the column before."""
    names: list[str] = []
    for place, row in enumerate(columns):
        name = row[number] if number < len(row) else ""
        is_last = place == len(columns) - 1
        if not name and number and (not is_last or not names):
            name = next((cell for cell in reversed(row[1 : number + 1]) if cell), "")
        if name and (not names or names[-1] != name):
            names.append(name)
    return PATH_SEPARATOR.join(names)


def _spans(text: str, row: Span) -> list[Span]:
    """The span of the words of each cell; empty cells are included."""
    edges = [(match.start(), match.end()) for match in CELL_EDGE.finditer(row.of(text))]
    starts = [0, *(end for _, end in edges)]
    ends = [*(start for start, _ in edges), len(row)]
    spans = []
    for start, end in zip(starts, ends, strict=True):
        words = row.of(text)[start:end]
        begin = row.start + start + len(words) - len(words.lstrip())
        spans.append(Span(begin, max(begin, row.start + start + len(words.rstrip()))))
    return spans


def _unit(value: str, places: Sequence[str]) -> str:
    own = _OWN_UNIT.search(value)
    if own and own[0] == "%":
        return "%"
    scale = next((match[0].strip("() ") for place in places if (match := _UNIT.search(place))), "")
    return " ".join(part for part in (own[0] if own else "", scale) if part)
