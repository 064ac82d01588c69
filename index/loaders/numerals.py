"""Writes the numbers of lists and notes as letters, Roman numerals and signs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from string import ascii_lowercase, ascii_uppercase

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_VALUES = {letters: value for value, letters in _ROMAN if len(letters) == 1}
# Word's formats by their short names in HTML and OpenDocument.
LETTER_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_MOST = 4000  # the first number that Roman numerals cannot write


def written_number(number: int, kind: str) -> str:
    """A format of Word (ISO/IEC 29500-1, 17.18.59); an unknown one is decimal, ``none`` is empty."""
    written = _WRITTEN[kind](number) if kind in _WRITTEN and 0 < number < _MOST else ""
    return written or ("" if kind == "none" else str(number))


def roman_value(letters: str) -> int:
    """In lower-case letters."""
    values = [_VALUES[letter] for letter in letters]
    return sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))


def _repeated(signs: str, number: int) -> str:
    rounds, place = divmod(number - 1, len(signs))
    return signs[place] * (rounds + 1)


def _ordinal_ending(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        while number >= value:
            written += letters
            number -= value
    return written


_WRITTEN: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02}",
    "ordinal": lambda number: f"{number}{_ordinal_ending(number)}",
    "lowerLetter": partial(_repeated, ascii_lowercase),
    "upperLetter": partial(_repeated, ascii_uppercase),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
    "chicago": partial(_repeated, "*†‡§"),
}
