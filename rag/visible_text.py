"""The visible form of a text: two texts with the same visible form look the same to a reader."""

from __future__ import annotations

from unicodedata import category

from index.text import readable_rows

# They change the writing direction: a line can look different from its content.
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_CHARACTERS = frozenset("\ufffe\uffff")  # XML does not allow them


def visible(text: str) -> str:
    """On one line; control characters, direction overrides and surrogates become U+FFFD."""
    words = " ".join(text.split())
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_formless(each) else each for each in words)


def readable(text: str) -> str:
    """Middle dots replace the bars between cells."""
    return visible(readable_rows(text))


def _is_formless(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return character in _BIDIRECTIONAL or character in _NO_CHARACTERS or category(character) in {"Cc", "Cs"}
