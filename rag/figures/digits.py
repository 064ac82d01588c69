"""Numbers in digits → their values: what a comma and a point mean depends on the language."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_COMMA_FOR_POINT = frozenset({
    "id", "vi", "de", "es", "pt", "fr", "it", "nl", "da", "sv", "no", "fi", "pl", "cs", "ro", "ru", "uk",
    "tr",
    "el", "hu", "bg", "hr", "sl", "sk", "ca", "km", "lo",
})  # fmt: skip
"""Languages that write 1.234,5 where English writes 1,234.5."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text.

    Attributes:
        low: its value; of a vague one (*dozens*) the smallest that it may mean.
        high: the same as ``low``; of a vague one the largest.
        step: the worth of the last digit that was written: 100,000 for 9.9 million.
        start: where it begins in the text.
        end: where it ends.
        in_words: whether no digit was written.
        share: whether it is a part of a whole, in per cent: *half* is 50.
    """

    low: Decimal
    high: Decimal
    step: Decimal
    start: int
    end: int
    in_words: bool = False
    share: bool = False


def value_of(digits: str, language: str) -> tuple[Decimal, Decimal]:
    """The value of a number in digits, and the worth of its last digit.

    Args:
        digits: with or without separators, in any script's digits.
        language: where one separator has three digits after it, it is what this language takes it for.
    """
    digits = (
        unicodedata.normalize("NFKC", digits)
        .replace(" ", "")
        .replace("'", "")
        .replace("·", ".")
        .replace("’", "")
    )
    digits = "".join(str(unicodedata.digit(mark)) if mark.isdigit() else mark for mark in digits)
    point = _point(digits, language)
    plain = "".join("." if place == point else mark for place, mark in enumerate(digits)
                    if place == point or mark not in ".,")  # fmt: skip
    value = Decimal(plain)
    decimals = len(plain) - plain.index(".") - 1 if "." in plain else 0
    return value, Decimal(1).scaleb(-decimals)


def _point(digits: str, language: str) -> int:
    """Where the decimal point stands in ``digits``; -1 where all separators are of thousands."""
    marks = [(place, mark) for place, mark in enumerate(digits) if mark in ".,"]
    if not marks:
        return -1
    last, mark = marks[-1]
    if len({each for _, each in marks}) == 2:
        return last
    if len(marks) > 1:
        return -1
    thousands = len(digits) - last - 1 == 3 and last <= 3 and not digits.startswith("0")
    if not thousands:
        return last
    return last if mark == ("," if language in _COMMA_FOR_POINT else ".") else -1
