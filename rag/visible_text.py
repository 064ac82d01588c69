"""The visible form of a text: two texts with the same visible form look the same to a reader."""

from __future__ import annotations

from unicodedata import category

from index.text import readable_rows

_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that override or isolate the writing direction: with them, a line can look different from its
content."""

_NO_CHARACTERS = frozenset("\ufffe\uffff")
"""Code points that XML does not allow, besides control characters and surrogates."""


def visible(text: str) -> str:
    """Return ``text`` on one line, as Markdown, HTML and a word processor show it.

    Every run of white space becomes one space. Characters without a visible form become U+FFFD: control
    characters, direction overrides and surrogates.
    """
    words = " ".join(text.split())
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_formless(each) else each for each in words)


def readable(text: str) -> str:
    """Return the visible form of a document's words, with middle dots in place of the bars between cells."""
    return visible(readable_rows(text))


def _is_formless(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return character in _BIDIRECTIONAL or character in _NO_CHARACTERS or category(character) in {"Cc", "Cs"}
