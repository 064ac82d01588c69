"""Reads the number of a table's cell exactly, or not at all, and writes numbers in the same format.

``3.933`` is 3,933 in one report and less than 4 in another. Nobody would notice that a figure computed from a
misread number is wrong, so this module returns no number that is in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import regex

from rag.figures.numerals import COMMA_FOR_POINT

DecimalMark = Literal[".", ","]

MINUS = "−"
"""The sign that is written before a negative number."""

_NUMERAL = regex.compile(r"(?<![\p{L}\p{N}.,/-])\d[\d.,]*(?<=\d)(?![\p{L}\p{N}/-])")
_CURRENCY = r"(?:US|C|A)?[$€£¥₹]|\b(?:EUR|USD|GBP)\b"
_CELL = regex.compile(
    rf"(?P<currency>{_CURRENCY})?\s?(?P<negative>[(−–-])?\s?(?P<currency>{_CURRENCY})?\s?"
    rf"(?P<digits>\d[\d.,]*)\s?(?P<percent>%)?\s?(?P<closed>\))?\s?(?P<percent>%)?"
)


@dataclass(frozen=True, slots=True)
class CellNumber:
    """The number that a cell states.

    Attributes:
        value: the number; it is negative if it is written in brackets or after a minus sign.
        decimals: the number of digits after the decimal mark.
        currency: the sign or code of the currency in the cell; "" without one.
        percent: whether the cell has a percent sign.
        grouped: whether separators group the thousands.
    """

    value: Decimal
    decimals: int
    currency: str
    percent: bool
    grouped: bool


def decimal_mark(table: str, language: str) -> DecimalMark | None:
    """Return the decimal mark of a table's numbers; None if it is in doubt.

    A number that is possible with only one mark, such as ``12.5``, decides. If the table has no such number,
    the language decides: a point in English, a comma in a language that writes 1.234,5.

    Args:
        table: the words of the table.
        language: ISO 639-1.
    """
    numerals = _NUMERAL.findall(table)
    marks: tuple[DecimalMark, DecimalMark] = (".", ",")
    shown = [mark for mark in marks if any(_shows(numeral, mark) for numeral in numerals)]
    if shown:
        return shown[0] if len(shown) == 1 else None
    if language == "en":
        return "."
    return "," if language in COMMA_FOR_POINT else None


def cell_number(value: str, mark: DecimalMark | None) -> CellNumber | None:
    """Return the number of a cell; None if the cell has other words, or if its number is in doubt.

    A number is in doubt if its decimal mark may instead group thousands, like the point of ``3.933``. A
    number with any mark is in doubt if the decimal mark is not known.

    Args:
        value: the words of the cell.
        mark: the decimal mark of its table; None if it is not known.
    """
    match = _CELL.fullmatch(value.strip())
    if match is None or (match["negative"] == "(") is not bool(match["closed"]):
        return None
    digits = match["digits"]
    if mark is None and not digits.isdecimal():
        return None
    decimal, group = (".", ",") if mark != "," else (",", ".")
    whole, _, decimals = digits.partition(decimal)
    if not regex.fullmatch(rf"\d+|[1-9]\d{{0,2}}(?:\{group}\d{{3}})+", whole):
        return None
    if decimal in digits and not (decimals.isdecimal() and not _is_doubtful(whole, decimals)):
        return None
    plain = whole.replace(group, "")
    number = Decimal(f"{plain}.{decimals}" if decimals else plain)
    signed = -number if match["negative"] else number
    currency = next(filter(None, match.captures("currency")), "")
    return CellNumber(signed, len(decimals), currency, bool(match.captures("percent")), group in whole)


def written(number: Decimal, decimals: int, mark: DecimalMark | None, *, grouped: bool) -> str:
    """Return a number without its sign, in the format of its table.

    Args:
        number: the number.
        decimals: the number of digits to write after the decimal mark.
        mark: the decimal mark; None for a point.
        grouped: whether to group the thousands.
    """
    rounded = abs(number).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    words = f"{rounded:{',' if grouped else ''}f}"
    return words.translate(str.maketrans(".,", ",.")) if mark == "," else words


def _shows(numeral: str, mark: DecimalMark) -> bool:
    """Return whether a number is possible only with this decimal mark."""
    decimal, group = regex.escape(mark), regex.escape("," if mark == "." else ".")
    return bool(
        regex.fullmatch(
            rf"\d{{1,3}}(?:{group}\d{{3}})+{decimal}\d+|\d{{1,3}}(?:{group}\d{{3}}){{2,}}"
            rf"|\d+{decimal}(?:\d{{1,2}}|\d{{4,}})|(?:0|\d{{4,}}){decimal}\d{{3}}",
            numeral,
        )
    )


def _is_doubtful(whole: str, decimals: str) -> bool:
    """Return whether the mark before ``decimals`` may be a separator of thousands, as in ``3.933``."""
    return len(decimals) == 3 and whole.isdecimal() and len(whole) <= 3 and not whole.startswith("0")
