"""The kind of value that a question asks for, such as a change, a percentage, or an amount of money."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Literal

import regex

from index.text import TableCell

ValueKind = Literal["change", "percentage", "average", "ratio", "sum"]

_CHANGE = r"grow|grew|ris[ei]|rose|increas|fall|fell(?! to \p{L})|drop|decreas|declin|chang|difference"
_ASKS_CHANGE = regex.compile(rf"\b(?:{_CHANGE})\w*", regex.IGNORECASE)
_NAMES_CHANGE = regex.compile(rf"\b(?:{_CHANGE}|inc\b|dec\b|growth|variance)", regex.IGNORECASE)
_CHANGE_WORDS = regex.compile(rf"{_NAMES_CHANGE.pattern}\w*", regex.IGNORECASE)
_ASKS_PERCENTAGE = regex.compile(
    r"(?<!\p{N}\s?)\bper ?cent(?:ages?)?\b(?!\spoints?\b)|\bgrowth rate|\b(?:by what share|proportion)\b",
    regex.IGNORECASE,
)
_ASKS_MONEY = regex.compile(
    r"\bhow much money\b|\b(?:in|how many) (?:\p{L}+ )?(?:dollars|euros|pounds)\b|\bdollar (?:amount|change)",
    regex.IGNORECASE,
)
_COMPUTED: Mapping[ValueKind, regex.Pattern[str]] = {
    "average": regex.compile(r"\b(?:averag|means?\b)", regex.IGNORECASE),
    "ratio": regex.compile(r"\bratios?\b", regex.IGNORECASE),
    "sum": regex.compile(r"\b(?:sums?|combined|cumulative)\b", regex.IGNORECASE),
}
"""Words for computed figures. If a question has one, the names of the cell must have one, too."""
_IS_PERCENTAGE = regex.compile(r"%|\bper ?cent(?:ages?)?", regex.IGNORECASE)
_ARE_PERCENTAGES = regex.compile(r"(?:^|\b(?:as an?|in)\s|\()(?:%|per ?cent)", regex.IGNORECASE)
"""Matches words by which all cells are percentages, so not *in millions, except percentages*."""


def asks_percentage(question: str) -> bool:
    """Return whether a question asks for a percentage. A percentage that it states itself does not count."""
    return _ASKS_PERCENTAGE.search(question) is not None


def asked_kinds(question: str) -> Set[ValueKind]:
    """Return the kinds of value that a question asks for.

    *By what percentage did it grow?* asks for a *percentage* and for a *change*.
    """
    found = _computed(question)
    if _ASKS_CHANGE.search(question):
        found.add("change")
    return found | {"percentage"} if asks_percentage(question) else found


def words_for_kinds(question: str) -> str:
    """Return the words with which a question asks for a kind of value, such as *percentage* and *grow*."""
    return " ".join([*_ASKS_PERCENTAGE.findall(question), *_ASKS_CHANGE.findall(question)])


def without_kinds(heading: str, kinds: Set[ValueKind]) -> str:
    """Return a heading without the words that say that its values are of these kinds."""
    if "change" in kinds:
        heading = _CHANGE_WORDS.sub(" ", heading)
    return _IS_PERCENTAGE.sub(" ", heading) if "percentage" in kinds else heading


def kinds_of(cell: TableCell, caption: str = "") -> Set[ValueKind]:
    """Return the kinds of value that a cell may have.

    Args:
        cell: the cell.
        caption: the words above all columns of its table, such as *as a percentage of revenues*.
    """
    found = _computed(f"{cell.row}\n{cell.column}\n{caption}")
    if _NAMES_CHANGE.search(f"{cell.row} {cell.column}"):
        found.add("change")
    is_percentage = (
        _IS_PERCENTAGE.search(f"{cell.value} {cell.column} {cell.row}")
        or _ARE_PERCENTAGES.search(cell.unit)
        or _ARE_PERCENTAGES.search(caption)
    )
    return found | {"percentage"} if is_percentage else found


def _computed(words: str) -> set[ValueKind]:
    return {kind for kind, pattern in _COMPUTED.items() if pattern.search(words)}


def names_change(words: str) -> bool:
    """Return whether the heading of a column says that its cells are changes."""
    return _NAMES_CHANGE.search(words) is not None


def excludes_kind(question: str, cell: TableCell, caption: str) -> bool:
    """Return whether a question cannot mean a cell, because the cell has the wrong kind of value."""
    lacks = not asked_kinds(question) <= kinds_of(cell, caption)
    return lacks or (cell.unit == "%" and _ASKS_MONEY.search(question) is not None)
