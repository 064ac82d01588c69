"""The visible form of a text: two texts with the same visible form look the same to a reader."""

from __future__ import annotations

from unicodedata import category

import regex

from index.text import named_row, readable_rows

# They change the writing direction: a line can look different from its content.
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_CHARACTERS = frozenset("\ufffe\uffff")  # XML does not allow them


def visible(text: str) -> str:
    """On one line; control characters, direction overrides and surrogates become U+FFFD."""
    words = " ".join(text.split())
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_formless(each) else each for each in words)


# A report's own footnote marks, such as ``[38]`` or ``[3, 5]``.
_MARKS = regex.compile(r"\[(\p{N}{1,4}(?:\s?[,;–-]\s?\p{N}{1,4})*)\]")


def legible(text: str) -> str:
    """In its lines: middle dots replace bars between cells, and ⟨38⟩ the report's own mark [38]."""
    return _MARKS.sub(r"⟨\1⟩", readable_rows(text))


def readable(text: str) -> str:
    return visible(legible(text))


def row_words(quote: str, headings: str, path: str = "") -> str:
    """One line, in which each value has its column, unit and scale; ``path`` as in ``CellAddress.row``."""
    return readable(named_row(headings, quote, path))


def cited_words(quote: str, headings: str | None, lead_in: str | None, row: str) -> str:
    """The quote in its visible form; a row with the names of its columns, an item below its lead-in."""
    if headings is not None:
        return row_words(quote, headings, row)
    return readable(f"{lead_in} … {quote}" if lead_in else quote)


def _is_formless(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return character in _BIDIRECTIONAL or character in _NO_CHARACTERS or category(character) in {"Cc", "Cs"}
