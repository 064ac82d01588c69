"""Finds words in a text, regardless of case, accents and the kind of white space.

Folding is by character: one may become several, as ``ß`` does, or none, as a soft hyphen does.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from unicodedata import normalize

import regex

from index.documents import Span

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# Vowel signs count as letters, as does the mark that turns か into が.
_DROPPED = regex.compile(
    r"[[\p{Mn}&&\p{Script=Inherited}]--[\u3099\u309A]]|\p{Default_Ignorable_Code_Point}", regex.V1
)
# Letters with a stroke, which Unicode does not decompose, and plain quotation marks and dashes.
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
_WINDOW = 1 << 18  # in characters: some megabytes of memory and a few milliseconds
_CODE_POINTS = 0x110000
_UNKNOWN = 255


def fold_characters(text: str) -> str:
    """Without case and accents, so that equal words become equal strings."""
    return "".join(map(_folded, text))


def matches(text: str, query: str) -> Iterator[Span]:
    """In order; with the accents of the last letter, and never inside a character, as ``s`` in ``ß``."""
    wanted = fold_characters(" ".join(query.split()))
    if not wanted:
        return
    folding = _Folding()
    begin, size = 0, _WINDOW
    search_from = 0
    while True:
        end = min(begin + size, len(text))
        folded, starts = folding.window(text[begin:end])
        place = folded.find(wanted, search_from)
        # The accents on the last letter of a window may be in the next window.
        while place >= 0 and (place + len(wanted) < len(folded) or end == len(text)):
            beyond = place + len(wanted)
            # If several characters begin at one position, all but the last have folded to nothing.
            first, last = _at(starts, place), _at(starts, beyond)
            whole = starts is None or (starts[first], starts[last]) == (place, beyond)
            if whole:
                yield Span(begin + first, begin + last)
            search_from = beyond if whole else place + 1
            place = folded.find(wanted, search_from)
        if end == len(text):
            return
        # The next window repeats the end of this one, where a match may begin.
        unsearched = place if place >= 0 else max(search_from, len(folded) - len(wanted) + 1)
        first = _at(starts, unsearched)
        search_from = unsearched - starts[first] if starts else 0
        begin, size = begin + first, _WINDOW if first else 2 * size


class _Folding:
    """Each distinct character is folded once."""

    def __init__(self) -> None:
        import numpy as np

        self._lengths = np.full(_CODE_POINTS, _UNKNOWN, np.uint8)
        self._offsets = np.zeros(_CODE_POINTS, np.int64)
        self._folds = np.empty(0, np.uint32)

    def window(self, text: str) -> tuple[str, Sequence[int] | None]:
        """With the start of each character in it, and its length; None if each folds to exactly one."""
        import numpy as np

        codes = _codes(text)
        lengths = self._lengths[codes]
        unknown = codes[lengths == _UNKNOWN]
        if len(unknown):
            for code in np.unique(unknown).tolist():
                folded = _codes(_folded(chr(code)))
                self._lengths[code], self._offsets[code] = len(folded), len(self._folds)
                self._folds = np.concatenate([self._folds, folded])
            lengths = self._lengths[codes]
        offsets = self._offsets[codes]
        if not len(codes) or lengths.min() == lengths.max() == 1:
            return _text(self._folds[offsets]), None
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        places = np.repeat(offsets - starts[:-1], lengths) + np.arange(starts[-1])
        return _text(self._folds[places]), array("q", starts.tobytes())


def _at(starts: Sequence[int] | None, place: int) -> int:
    return place if starts is None else bisect_right(starts, place) - 1


def _codes(text: str) -> npt.NDArray[np.uint32]:
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _text(codes: npt.NDArray[np.uint32]) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _folded(character: str) -> str:
    if character.isspace():
        return " "
    plain = normalize("NFKD", normalize("NFKD", character).casefold())
    return str(_DROPPED.sub("", plain)).translate(_ALIKE)


# Signs of other scripts stay: a Khmer word without its vowels is another word.
_UNHEARD = regex.compile(r"[\u0300-\u036f\p{Cf}\p{Cs}]+")
# For a character class of ``regex``: the scripts without spaces between words.
UNSPACED = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}"
)
_STROKES = str.maketrans("đłøı", "dloi")  # Unicode does not decompose these letters


def fold(text: str) -> str:
    """*Lũ LỤT ở Đà Nẵng* becomes *lu lut o da nang*, on one line; folding is idempotent."""
    plain = _UNHEARD.sub("", normalize("NFKD", text)).casefold()
    # Case folding can produce accents.
    plain = _UNHEARD.sub("", normalize("NFKD", plain)).translate(_STROKES)
    return " ".join(normalize("NFC", plain).split())
