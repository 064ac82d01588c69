"""Where words stand in one text, whatever their case, their accents and the width of their spaces.

Both the text and what is looked for are folded character by character, so that the two agree however either
is written. A character may become several, as ``ß`` does, or none, as a soft hyphen does.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

import regex

from index.documents import Span

_DROPPED = regex.compile(
    r"[[\p{Mn}&&\p{Script=Inherited}]--[\u3099\u309A]]|\p{Default_Ignorable_Code_Point}", regex.V1
)
"""Accents, and what is not seen. Vowel signs are letters; so are the marks that make が of か."""

_ALIKE = {
    ord(written): plain
    for plain, all_written in (
        ("d", "đ"),
        ("o", "ø"),
        ("l", "ł"),
        ("'", "‘’‚‛′"),
        ('"', "“”„‟″"),
        ("-", "‐‑‒–—―−"),
    )
    for written in all_written
}
"""Letters whose stroke is no accent to Unicode, and what is typed for quotation marks and dashes."""


def fold(text: str) -> str:
    """``text`` without its case and its accents, in which equal words are equal strings."""
    return "".join(map(_folded, text))


def matches(text: str, query: str) -> Iterator[Span]:
    """Where the words of ``query`` stand in ``text``, in order; none overlaps the one before.

    ``fold`` of each is that of the query, its runs of white space as one space. A mark that belongs to the
    last letter belongs to the match. A part of a character is none: ``s`` is not in ``ß``.

    Args:
        text: what is searched.
        query: what is looked for; nothing is found for one of which nothing is left when it is folded.
    """
    wanted = fold(" ".join(query.split()))
    if not wanted:
        return
    folds = {character: _folded(character) for character in set(text)}
    folded = text.translate({ord(character): its for character, its in folds.items()})
    # Where each character begins when all are folded; the last is where the text ends.
    starts = array("Q", accumulate((len(folds[character]) for character in text), initial=0))
    place = folded.find(wanted)
    while place >= 0:
        beyond = place + len(wanted)
        # Of characters that begin at one place, all but the last have become nothing.
        start, end = bisect_right(starts, place) - 1, bisect_right(starts, beyond) - 1
        whole = (starts[start], starts[end]) == (place, beyond)
        if whole:
            yield Span(start, end)
        place = folded.find(wanted, beyond if whole else place + 1)


def _folded(character: str) -> str:
    if character.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return str(_DROPPED.sub("", plain)).translate(_ALIKE)
