"""Texts as they are compared where neither case nor accents count."""

from __future__ import annotations

from unicodedata import normalize

import regex

_UNHEARD = regex.compile(r"[\u0300-\u036f\p{Cf}\p{Cs}]+")
"""Accents of Latin, Greek and Cyrillic letters, and what has no form: the breaks in words of Khmer and Thai.

The signs of other scripts stay: without its vowels a word of Khmer is another one.
"""

UNSPACED = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}"
)
"""The scripts that put no spaces between words, for a character class of ``regex``."""

_STROKES = str.maketrans("đłøı", "dloi")
"""Letters that are written as others with a stroke, or without a dot, and are no others with an accent."""


def fold(text: str) -> str:
    """``text`` on one line, in one case and without accents: *Lũ LỤT ở Đà Nẵng* is *lu lut o da nang*.

    What is folded already stays as it is.
    """
    plain = _UNHEARD.sub("", normalize("NFKD", text)).casefold()
    # Folding the case can bring accents of its own.
    plain = _UNHEARD.sub("", normalize("NFKD", plain)).translate(_STROKES)
    return " ".join(normalize("NFC", plain).split())
