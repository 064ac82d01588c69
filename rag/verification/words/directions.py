"""Recognises words for a change that a sentence's own figures show, such as *rose* in *rose to 12 from 9*."""

from __future__ import annotations

from collections.abc import Collection

import regex

from rag.figures.quantities import Quantity, quantities
from rag.figures.rounding import same_kind
from rag.verification.words.words import Word, meanings, stem

_TO = regex.compile(
    r"\b(?:to|menjadi|ke|lên|xuống|xuống còn|at|was|were|of)\s(?:about |around |a |an |some )?$|[至到为]$",
    regex.I,
)
_FROM = regex.compile(
    r"\b(?:from|dari|từ|against|compared (?:with|to)|so với)\s(?:about |around |a |an |some |mức )?$|从$",
    regex.I,
)
_UP: Collection[str] = frozenset({"tăng", "lên", "naik", "meningkat", "bertambah"})
_DOWN: Collection[str] = frozenset({"giảm", "xuống", "turun", "menurun", "berkurang"})


def follows_from_figures(word: Word, text: str, language: str) -> bool:
    """Tell if a word says that something rose or fell, and the two figures of its sentence show the same."""
    up = word.stem in meanings(stem("rise", "en")) if language == "en" else word.text.lower() in _UP
    down = word.stem in meanings(stem("fall", "en")) if language == "en" else word.text.lower() in _DOWN
    if up == down:
        return False
    pair = _ends(text, language)
    return pair is not None and (pair[1].low > pair[0].low if up else pair[1].low < pair[0].low)


def _ends(text: str, language: str) -> tuple[Quantity, Quantity] | None:
    """Return the figures from which and to which something changed; None if they are unclear."""
    found = quantities(text, language)
    before = [each for each in found if _FROM.search(text[: each.span.start])]
    after = [each for each in found if _TO.search(text[: each.span.start])]
    if len(before) != 1 or len(after) != 1 or not same_kind(before[0], after[0]):
        return None
    return (before[0], after[0]) if before[0].unit == after[0].unit else None
