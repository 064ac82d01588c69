"""The beginning of a passage, as long as is read at a glance."""

from __future__ import annotations

SHOWN_PASSAGES = 3
"""How many of the nearest passages an abstention shows; the answer's JSON form has all of them."""

EXCERPT_CHARACTERS = 280
"""A nearest passage, or a refused question, is cut after this many characters."""


def excerpt(text: str) -> str:
    """The beginning of ``text`` on one line, cut at a space where one is near."""
    words = " ".join(text.split())
    if len(words) <= EXCERPT_CHARACTERS:
        return words
    cut = words[:EXCERPT_CHARACTERS]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[-40:] else cut} …"
