"""Words as a page shows them: what two texts have in common that look the same to a reader."""

from __future__ import annotations

from unicodedata import category

_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides and isolates: they can make a line show other words than it has."""

_NO_CHARACTERS = frozenset("\ufffe\uffff")
"""What XML cannot carry, beside control characters and halves of pairs."""


def visible(text: str) -> str:
    """``text`` on one line, as Markdown, HTML and a word processor show it.

    Every run of white space is one space. What has no form of its own (control characters, directions that
    are forced, halves of surrogate pairs) is U+FFFD.
    """
    words = " ".join(text.split())
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_formless(each) else each for each in words)


def _is_formless(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return character in _BIDIRECTIONAL or character in _NO_CHARACTERS or category(character) in {"Cc", "Cs"}
