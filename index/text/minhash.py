"""MinHash signatures of texts, and the resemblance of two: the Jaccard similarity of their runs of words.

128 numbers estimate it with a standard error of at most 0.045 (Broder, On the resemblance and containment of
documents, 1997). Containment does not count: a report that quotes a wire story is another source.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import regex

from index.text.find import UNSPACED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PERMUTATIONS = 128  # four bytes each
# As in Broder and others, Syntactic clustering of the Web, 1997; ``benchmarks/near_duplicates.py`` measures
# its effect.
NEAR_DUPLICATE = 0.5
WORDS = 5  # in a shingle. Longer ones separate a monthly report from the previous one; footers weigh the same
CHARACTERS = 8  # in a script without spaces: about five words of Chinese
_SEED = 1
_SCHEME = "affine32"  # only signatures of the same seed and scheme of datasketch can be compared
_AT_ONCE = 8192  # shingles: 4 MB of numbers
_STRETCH = 1 << 18  # in characters, so that other threads can run in between
_CHARACTER = regex.compile(rf"[{UNSPACED}]\p{{M}}*")
# A character of a script without spaces, a word, or a figure with its separators.
_TOKEN = regex.compile(
    rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]+(?:[.,]\p{{N}}+)*"
)
# 2^64 divided by the golden ratio, and odd: a shingle's hash then depends on the order of its words.
_MULTIPLIER = 0x9E3779B97F4A7C15


def signature(text: str) -> bytes | None:
    """``PERMUTATIONS`` little-endian numbers of 32 bits, the same everywhere; None without words.

    Case, punctuation and compatibility forms have no effect. A text below a shingle resembles only equal
    texts.
    """
    import numpy as np
    from datasketch import MinHash

    tokens, unspaced = _tokens(text)
    if not tokens:
        return None
    size = min(CHARACTERS if 2 * unspaced > len(tokens) else WORDS, len(tokens))
    words = np.frombuffer(tokens, np.uint64)
    minima = MinHash(PERMUTATIONS, _SEED, hashfunc=int, scheme=_SCHEME)
    for start in range(0, len(tokens) - size + 1, _AT_ONCE):
        minima.update_batch(_shingles(words[start : start + _AT_ONCE + size - 1], size))
    return np.asarray(minima.hashvalues).astype("<u4").tobytes()


def numbers(signatures: bytes) -> npt.NDArray[np.uint32]:
    """Shape (signatures, PERMUTATIONS)."""
    import numpy as np

    return np.frombuffer(signatures, dtype="<u4").astype(np.uint32).reshape(-1, PERMUTATIONS)


def resemblance(one: npt.NDArray[np.uint32], others: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Estimates, 0 to 1; the shapes are (PERMUTATIONS,) and (signatures, PERMUTATIONS)."""
    import numpy as np

    return np.asarray((others == one).mean(axis=1), np.float64)


def _number(token: str) -> int:
    """A hash of 64 bits."""
    return int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _tokens(text: str) -> tuple[array[int], int]:
    tokens, unspaced = array("Q"), 0
    number_of = cache(_number)  # of this text's tokens alone
    for stretch in _stretches(text):
        found: list[str] = _TOKEN.findall(unicodedata.normalize("NFKC", stretch).casefold())
        tokens.extend(map(number_of, found))
        if not stretch.isascii():
            unspaced += sum(_CHARACTER.match(token) is not None for token in found)
    return tokens, unspaced


def _stretches(text: str) -> Iterator[str]:
    """Each ends after a space or line break, across which no token goes and no character combines."""
    start = 0
    while start < len(text):
        end = start + _STRETCH
        if end < len(text):
            end = max(text.rfind(" ", start, end), text.rfind("\n", start, end)) + 1
            if not end:
                gaps = [place for gap in " \n" if (place := text.find(gap, start + _STRETCH)) >= 0]
                end = min(gaps, default=len(text)) + 1
        yield text[start:end]
        start = end


def _shingles(words: npt.NDArray[np.uint64], size: int) -> npt.NDArray[np.uint64]:
    import numpy as np

    count = len(words) - size + 1
    mixed = np.zeros(count, np.uint64)
    for place in range(size):
        mixed = mixed * np.uint64(_MULTIPLIER) + words[place : place + count]
    return np.unique(mixed >> np.uint64(32))
