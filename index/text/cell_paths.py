"""Finds the row, the column and the unit of each figure in a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex

from index.documents import Span
from index.text.groups import section_at
from index.text.tabular import CELL_EDGE, cells, is_period, is_row, label_cells

PATH_SEPARATOR = " › "
"""The separator between the names of a path, from the outermost to the innermost."""

_SCALE = (
    r"(?<!\p{N}\s)\(?\b(?P<of>(?:amounts?|dollars|shares|figures|all|in|and|USD|EUR|euros?|US|[$€£¥\s,])+\s)?"
    r"(?:thousands?|millions?|billions?|trillions?|percent(?:ages?)?|per cent|mn|bn|EUR ?m|€ ?m|\$m"
    r"|(?<![\p{N}.,])000s?)\b"
)
_EXCEPTION = (
    r"(?P<exception>[,;]?\s*(?:except|unless|other than)\b\s*(?:for\s|as\s)?(?P<words>[^|()\n]{1,80}))"
)
_UNIT = regex.compile(rf"{_SCALE}(?:{_EXCEPTION})?", regex.IGNORECASE)
_UNIT_ALONE = regex.compile(rf"(?!\([^()]*\Z){_SCALE}(?:[^|()\n]{{0,80}}\)|{_EXCEPTION})?", regex.IGNORECASE)
_NOTE = regex.compile(r"\([^()]*\)")
"""A heading over all columns that says something about the whole table, such as ``(unaudited)``."""

_OWN_UNIT = regex.compile(r"(?:US|C|A)?[$€£¥₹]|%|\b(?:pts?|bps|pp|EUR|USD|GBP)\b")
_YEAR = regex.compile(r"(?:19|20)\p{N}{2}")
_CENTS = regex.compile(r"\p{N}[.,]\p{N}{2}(?!\p{N})")
_PER = regex.compile(r"\bper((?:\s+\w+){1,3})", regex.IGNORECASE)
_EPS = regex.compile(r"\bEPS\b")
_CLAUSE = regex.compile(r"[^,;:]*?(?=[,;:]|\s[–—-]\s|\Z)")
_WHOLE = regex.compile(r"100(?:[.,]0+)?\s?%")
_PHRASE = regex.compile(r"\s*(?:,|;|\band\b|\bor\b)\s*", regex.IGNORECASE)
_GENERAL = frozenset(
    ("amount", "amounts", "data", "figures", "otherwise", "noted", "stated", "where", "indicated")
)


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table, with the names that say what its value is.

    Attributes:
        row: the names of the groups of rows that contain the cell, then the cells that name its row, joined
            by ``PATH_SEPARATOR``.
        column: the headings over the cell, from the top, joined in the same way; "" without a heading.
        value: the text of the cell.
        unit: the currency or percent sign and the scale, for example ``$ in millions``; "" if unknown.
        span: the place of the value in the document's text.
    """

    row: str
    column: str
    value: str
    unit: str
    span: Span


def table_cells(text: str, header: Span, row: Span) -> list[TableCell]:
    """Return the cells of a row that have a value, from left to right; the row's label is not one of them.

    Args:
        text: a document's canonical text.
        header: the span of the caption and headings of the row's table.
        row: the span of the row.
    """
    caption, columns = _parts_of(header.of(text))
    words = cells(row.of(text))
    label = label_cells(words)
    last = words.index(label[-1])
    above = section_at(text, header, row.start).splitlines()
    names = [name.rstrip(" :") for name in (*above, *label) if name]
    path = PATH_SEPARATOR.join(names)
    percentages = _percentages(text, header, row)
    found = []
    for number, (span, value) in enumerate(zip(_spans(text, row), words, strict=True)):
        if number <= last or not value:
            continue
        column = _path(columns, number)
        sign = _OWN_UNIT.search(value)
        if sign is None and number in percentages and any(map(str.isdigit, value)):
            unit = "%"
        else:
            unit = _unit(value, sign[0] if sign else "", [column, *names], [column, path, *caption])
        found.append(TableCell(path, column, value, unit, span))
    return found


def _parts_of(headings: str) -> tuple[list[str], list[list[str]]]:
    """Split a table's headings in two: the caption's lines (the last line first), and the rows of headings.

    The caption includes the words over the column of labels, and the units. Each row of headings is a list of
    cells.
    """
    caption: list[str] = []
    columns: list[list[str]] = []
    begun = ""
    for line in headings.splitlines():
        if is_row(line):
            words = cells(line)
            caption.append(words[0])
            stated = [cell for cell in words[1:] if cell]
            if begun and len(stated) == 1 and _UNIT_ALONE.fullmatch(f"{begun} {stated[0]}"):
                # The units began on the line above and end on this one.
                columns.pop()
                stated = [f"{begun} {stated[0]}"]
            begun = stated[0] if len(stated) == 1 and stated[0].count("(") > stated[0].count(")") else ""
            if len(stated) == 1 and (_UNIT_ALONE.fullmatch(stated[0]) or _NOTE.fullmatch(stated[0])):
                caption.append(stated[0])
            else:
                columns.append(words)
        else:
            caption.append(line)
    return [line.strip() for line in reversed(caption) if line.strip()], columns


def _path(columns: Sequence[Sequence[str]], number: int) -> str:
    """Return the headings over a column, from top to bottom, as a path.

    In a row of headings that is empty over the column, the nearest heading to the left counts. In the
    last row, it counts only if the path is still empty; otherwise, :func:`_only_heading_below` finds the
    heading.

    If a row has a year over the column and a period such as ``Years ended June 30,`` over the labels, the
    path has the period before the year.
    """
    names: list[str] = []
    for place, row in enumerate(columns):
        name = row[number] if number < len(row) else ""
        is_last = place == len(columns) - 1
        if not name and number:
            name = (
                _only_heading_below(columns[place - 1 : place], row, number)
                if is_last and names
                else _last(row, number)
            )
        if name and (not names or names[-1] != name):
            if _YEAR.fullmatch(name) and is_period(row[0]) and not _YEAR.search(row[0]):
                names.append(row[0])
            names.append(name)
    return PATH_SEPARATOR.join(names)


def _last(row: Sequence[str], number: int) -> str:
    """Return the heading of a column in ``row``, or else the nearest one to its left; "" if there is none."""
    return next((cell for cell in reversed(row[1 : number + 1]) if cell), "")


def _only_heading_below(above: Sequence[Sequence[str]], row: Sequence[str], number: int) -> str:
    """Find the heading in the last row for a column whose own cell in that row is empty.

    A heading in the row above may span several columns. If the last row has only one heading in these
    columns, that heading is for all of them.

    Args:
        above: the row of headings above the last row.
        row: the last row of headings.
        number: the number of the column.

    Returns:
        The only heading of ``row`` in these columns; "" if there is none, or several.
    """
    wide = above[0]
    start = max((place for place in range(1, min(number + 1, len(wide))) if wide[place]), default=number + 1)
    end = next((place for place in range(number + 1, len(wide)) if wide[place]), len(row))
    under = [cell for cell in row[start:end] if cell]
    return under[0] if len(under) == 1 else ""


def _spans(text: str, row: Span) -> list[Span]:
    """Return the span of each cell's words, from left to right; the span of an empty cell is empty."""
    edges = [(match.start(), match.end()) for match in CELL_EDGE.finditer(row.of(text))]
    starts = [0, *(end for _, end in edges)]
    ends = [*(start for start, _ in edges), len(row)]
    spans = []
    for start, end in zip(starts, ends, strict=True):
        words = row.of(text)[start:end]
        begin = row.start + start + len(words) - len(words.lstrip())
        spans.append(Span(begin, max(begin, row.start + start + len(words.rstrip()))))
    return spans


def _percentages(text: str, header: Span, row: Span) -> frozenset[int]:
    """Return the numbers of the columns of percentages; the labels are column 0.

    Many tables show percent signs only in the first row below the headings, so the signs of that row decide.
    If all of its values have a sign, the signs concern only that row, and the result is empty. But if all of
    its values are 100 %, the other rows are shares of that row, and the result has every column with a sign.
    """
    for line in text[header.end : row.start].splitlines():
        if is_row(line) and any(values := cells(line)[1:]):
            signed = {number for number, value in enumerate(values, 1) if "%" in value}
            shares = all(_WHOLE.fullmatch(value) for value in values if value)
            others = shares or any(value and "%" not in value for value in values)
            return frozenset(signed if others else ())
    return frozenset()


def _unit(value: str, sign: str, names: Sequence[str], places: Sequence[str]) -> str:
    """Return the unit of a value: its sign, and the scale stated nearest to it; "" if it has neither.

    Args:
        value: the words of the cell.
        sign: the currency or percent sign in ``value``, or "".
        names: the names of the cell's column, groups and row.
        places: the texts that may state a scale, the nearest to the cell first.
    """
    if sign == "%":
        return "%"
    stated = next((match for place in places if (match := _UNIT.search(place))), None)
    scale = _scale(stated, value, names) if stated else ""
    return " ".join(part for part in (sign, scale) if part)


def _scale(stated: regex.Match[str], value: str, names: Sequence[str]) -> str:
    """Return the part of a stated scale that applies to a cell.

    ``Dollars and shares in millions`` has one part for dollars and one for shares. If the scale excludes
    amounts per share (``in millions, except per share amounts``), the result for such an amount is "". If
    another exclusion may apply to the cell, the result is the whole scale with its exclusion.
    """
    subjects = [clause[0] for name in names if (clause := _CLAUSE.match(name))]
    spelled_out = [_EPS.sub("earnings per share", name) for name in names]
    is_per = {
        word for name in spelled_out for match in _PER.finditer(name) for word in match[1].casefold().split()
    }
    whole = stated[0].strip("() ,")
    scale = whole
    if stated["exception"]:
        scale = stated[0][: stated.start("exception") - stated.start()].strip("() ,")
    for phrase in _PHRASE.split(stated["words"] or ""):
        words = {word for word in regex.findall(r"\w+", phrase.casefold()) if word not in _GENERAL}
        if "per" in words:
            if words & is_per and (_CENTS.search(value) or not any(map(str.isdigit, value))):
                return ""
        elif any(_names_one(words, subject) for subject in subjects):
            return whole
    counts_shares = any(_names_one({"share"}, subject) for subject in subjects)
    return regex.sub(
        r"\b(dollars)\s+and\s+(shares)\b", r"\2" if counts_shares else r"\1", scale, flags=regex.IGNORECASE
    )


def _names_one(words: Collection[str], subject: str) -> bool:
    """Return whether ``subject`` contains one of ``words``, in the singular or plural."""
    held = {word.removesuffix("s") for word in regex.findall(r"\w+", subject.casefold())}
    return any(word.removesuffix("s") in held for word in words)
