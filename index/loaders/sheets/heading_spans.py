"""Spreads the headings of a table over the columns that they cover."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

import regex

Heading = tuple[str, int]
"""The text of a heading, and the number of columns that it is merged over."""

_YEAR = r"(?:19|20)\p{N}{2}"
_HAS_YEAR = regex.compile(
    rf"(?<![\p{{N}}.,])(?:FY|CY|[HQ][1-4]\s?)?{_YEAR}(?!\p{{N}}|[.,]\p{{N}})", regex.IGNORECASE
)
_ALL_FIGURES = regex.compile(r"[^\p{L}]+")
_ONLY_YEARS = regex.compile(
    rf"[(]?{_YEAR}(?:\s*[-/–]\s*(?:{_YEAR}|\p{{N}}{{1,2}}(?:[-/]\p{{N}}{{1,2}})?))?[)*†‡¹²³]*"
    rf"|\p{{N}}{{1,2}}[./]\p{{N}}{{1,2}}[./]{_YEAR}"
)

MAX_PERIOD_CHARACTERS = 60


def is_period(text: str) -> bool:
    """Return whether a text is a period with a year: ``2023``, ``2022/23`` or ``January–June 2023``."""
    if len(text) > MAX_PERIOD_CHARACTERS:
        return False
    if _ALL_FIGURES.fullmatch(text):
        return _ONLY_YEARS.fullmatch(text) is not None
    return _HAS_YEAR.search(text) is not None


def period_of_all(
    rows: Sequence[Mapping[int, Heading]], columns: Sequence[int]
) -> tuple[list[str], list[Mapping[int, Heading]]] | None:
    """Separate the period of a whole table, such as ``2023``, from the heading rows.

    The period is the only text in the first heading row, except for a text (mostly the units) in the column
    of the row names. The period may be in any other column, and is mostly in the last.

    The text in the column of the row names moves down into the next heading row. If that row already has a
    text in this column, the upper text becomes a line above the table.

    Args:
        rows: the heading rows, from the top: text and width by column.
        columns: the columns with text, from the left; the first one names the rows.

    Returns:
        The lines to write above the table, and the remaining heading rows; None if no period covers the whole
        table. The lines are the text from the column of the row names, if it becomes a line, and the period.
    """
    if len(rows) < 2 or len(columns) < 3:
        return None
    stub, (first, second, *others) = columns[0], rows
    labels = [heading for column, heading in first.items() if column != stub]
    beneath = [text for line in (second, *others) for text, _ in line.values()]
    if len(labels) != 1 or not is_period(labels[0][0]) or labels[0][1] > 1 or any(map(is_period, beneath)):
        return None
    if not set(columns[1:]) <= set(second):
        return None
    before = {stub: first[stub]} if stub in first else {}
    lines = [text for text, _ in before.values()] if stub in second else []
    return [*lines, labels[0][0]], [before | dict(second), *others]


def spread(rows: Sequence[Mapping[int, Heading]], columns: Sequence[int]) -> list[dict[int, str]]:
    """Write each heading in every column that it covers.

    A merged cell covers its columns. In a row without merged cells, the positions decide:

    - Empty columns may divide the table into groups of columns. If each group has exactly one heading, and
      all these headings are periods, each period covers its group.
    - Otherwise, a heading covers the columns up to the next heading if two conditions hold. First, a heading
      is in the first column after the row names. Second, all headings are periods, or there are several
      headings that all have the same headings below them.
    - In all other cases, a heading covers only its own column.

    Args:
        rows: the heading rows, from the top: text and width by column.
        columns: the columns with text, from the left; the first one names the rows.

    Returns:
        The heading rows, from the top: text by column.
    """
    found: list[dict[int, str]] = []
    for place, cells in enumerate(rows):
        written = {column: text for column, (text, _) in cells.items()}
        merged = False
        for at, (text, width) in cells.items():
            for column in columns[bisect_right(columns, at) :] if width > 1 else ():
                if column >= at + width or column in cells:
                    break
                written[column] = text
                merged = True
        below = set[int]().union(*rows[place + 1 :])
        if below and not merged:
            written |= _by_place(written, rows[place + 1 :], [at for at in columns[1:] if at in below])
        found.append(written)
    return found


def _by_place(
    written: Mapping[int, str], below: Sequence[Mapping[int, Heading]], columns: Sequence[int]
) -> dict[int, str]:
    """Spread the headings of a row without merged cells over ``columns``.

    Args:
        written: the headings of the row, by column.
        below: the heading rows below.
        columns: the columns that have headings below, without the column of the row names.

    Returns:
        The text by column; empty if the positions do not tell which columns a heading covers.
    """
    labels = [column for column in columns if column in written]
    if not labels or len(labels) == len(columns):
        return {}
    periods = all(is_period(written[column]) for column in labels)
    groups = runs(columns)
    if periods and len(groups) == len(labels) and all(len(set(labels) & set(group)) == 1 for group in groups):
        return {
            column: written[label] for group, label in zip(groups, labels, strict=True) for column in group
        }
    if labels[0] != columns[0]:
        return {}
    edges = [*labels, columns[-1] + 1]
    reach = [[at for at in columns if start <= at < end] for start, end in pairwise(edges)]
    heads = [[below[0][at][0] for at in group if at in below[0]] for group in reach]
    if not periods and (len(labels) < 2 or any(head != heads[0] for head in heads)):
        return {}
    return {column: written[group[0]] for group in reach for column in group}


def runs(columns: Sequence[int]) -> list[list[int]]:
    """Split ascending column numbers into runs of consecutive numbers: 1, 2 and 5 give [1, 2] and [5]."""
    found: list[list[int]] = []
    for column in columns:
        if found and found[-1][-1] == column - 1:
            found[-1].append(column)
        else:
            found.append([column])
    return found
