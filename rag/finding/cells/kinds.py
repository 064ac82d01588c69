"""The kind of value that a question asks for: a change, a percentage, or an amount of money."""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

import regex

from index.text import TableCell

ValueKind = Literal["change", "percentage"]

_CHANGE = r"grow|grew|ris[ei]|rose|increas|fall|fell|drop|decreas|declin|chang"
_ASKS_CHANGE = regex.compile(rf"\b(?:{_CHANGE})\w*", regex.IGNORECASE)
_NAMES_CHANGE = regex.compile(rf"\b(?:{_CHANGE}|inc\b|dec\b|growth|variance)", regex.IGNORECASE)
_ASKS_PERCENTAGE = regex.compile(
    r"(?<!\p{N}\s?)\bper ?cent(?:ages?)?\b(?!\spoints?\b)|\bgrowth rate|\bby what (?:share|proportion)\b",
    regex.IGNORECASE,
)
_ASKS_MONEY = regex.compile(
    r"\bhow much money\b|\b(?:in|how many) (?:\p{L}+ )?(?:dollars|euros|pounds)\b|\bdollar (?:amount|change)",
    regex.IGNORECASE,
)
_IS_PERCENTAGE = regex.compile(r"%|\bper ?cent", regex.IGNORECASE)
_ARE_PERCENTAGES = regex.compile(r"(?:^|\b(?:as an?|in)\s|\()(?:%|per ?cent)", regex.IGNORECASE)
"""Matches words by which all cells are percentages, so not *in millions, except percentages*."""


def asks_percentage(question: str) -> bool:
    """Return whether a question asks for a percentage. A percentage that it states itself does not count."""
    return _ASKS_PERCENTAGE.search(question) is not None


def asked_kinds(question: str) -> Set[ValueKind]:
    """Return the kinds of value that a question asks for.

    *By what percentage did it grow?* asks for a *percentage* and for a *change*.
    """
    found: set[ValueKind] = {"change"} if _ASKS_CHANGE.search(question) else set()
    return found | {"percentage"} if asks_percentage(question) else found


def words_for_kinds(question: str) -> str:
    """Return the words with which a question asks for a kind of value, such as *percentage* and *grow*."""
    return " ".join([*_ASKS_PERCENTAGE.findall(question), *_ASKS_CHANGE.findall(question)])


def kinds_of(cell: TableCell, caption: str = "") -> Set[ValueKind]:
    """Return the kinds of value that a cell may have.

    Args:
        cell: the cell.
        caption: the words above all columns of its table, such as *as a percentage of revenues*.
    """
    found: set[ValueKind] = {"change"} if _NAMES_CHANGE.search(f"{cell.row} {cell.column}") else set()
    is_percentage = (
        _IS_PERCENTAGE.search(f"{cell.value} {cell.column} {cell.row}")
        or _ARE_PERCENTAGES.search(cell.unit)
        or _ARE_PERCENTAGES.search(caption)
    )
    return found | {"percentage"} if is_percentage else found


def names_change(words: str) -> bool:
    """Return whether the heading of a column says that its cells are changes."""
    return _NAMES_CHANGE.search(words) is not None


def excludes_kind(question: str, cell: TableCell, caption: str) -> bool:
    """Return whether a question cannot mean a cell, because the cell has the wrong kind of value."""
    lacks = not asked_kinds(question) <= kinds_of(cell, caption)
    return lacks or (cell.unit == "%" and _ASKS_MONEY.search(question) is not None)
