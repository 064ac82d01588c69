"""Folds texts, so that differences of case and accents do not affect comparisons."""

from __future__ import annotations

from unicodedata import normalize

import regex

_UNHEARD = regex.compile(r"[\u0300-\u036f\p{Cf}\p{Cs}]+")
"""Accents of Latin, Greek and Cyrillic letters, and invisible word breaks of Khmer and Thai.

Signs of other scripts stay: a Khmer word without its vowels is another word.
"""

UNSPACED = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}"
)
"""The scripts that are written without spaces between words, for a character class of ``regex``."""

_STROKES = str.maketrans("đłøı", "dloi")
"""Letters with a stroke or without a dot, which Unicode does not decompose."""


def fold(text: str) -> str:
    """Return ``text`` on one line, case-folded and without accents.

    For example, *Lũ LỤT ở Đà Nẵng* becomes *lu lut o da nang*. Folding is idempotent.
    """
    plain = _UNHEARD.sub("", normalize("NFKD", text)).casefold()
    # Case folding can produce accents.
    plain = _UNHEARD.sub("", normalize("NFKD", plain)).translate(_STROKES)
    return " ".join(normalize("NFC", plain).split())
