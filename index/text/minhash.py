"""How much two documents resemble each other: a signature of each text, and what two of them share.

The resemblance of two texts is that of their sets of shingles (runs of neighbouring words): the share of all
their shingles that both have, Jaccard's measure. A signature estimates it from 128 numbers (MinHash; Broder,
On the resemblance and containment of documents, 1997), with a standard error of at most 0.045.

Only resemblance counts, not containment. A report that quotes a wire story whole and goes on with findings of
its own is another source than the story; that a sentence stands in both is told from the sentence.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

import regex

from index.text.normalize import UNSPACED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PERMUTATIONS = 128
"""Numbers of a signature, of four bytes each."""

NEAR_DUPLICATE = 0.5
"""From this estimated resemblance on, two documents are near-duplicates, as in Broder and others, Syntactic
clustering of the Web, 1997. ``benchmarks/near_duplicates.py`` measures how much of a copy may be its own, and
how far below it other documents lie."""

WORDS = 5
"""Words of a shingle. A footer costs the same whatever the length; words and figures that are exchanged all
over a text cost more the longer it is, so that this month's report is no copy of the last one's template."""

CHARACTERS = 8
"""Characters of a shingle where no spaces part the words: about five words of Chinese."""

_SEED = 1
_SCHEME = "affine32"
"""How datasketch permutes. With another seed or scheme, stored signatures cannot be compared to new ones."""

_AT_ONCE = 8192
"""Shingles that are permuted together: 4 MB of numbers."""

_STRETCH = 1 << 18
"""Characters that are brought into one form together, so that other threads go on between two of them."""

_CHARACTER = regex.compile(rf"[{UNSPACED}]\p{{M}}*")
_TOKEN = regex.compile(
    rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]+(?:[.,]\p{{N}}+)*"
)
"""A character of a script without spaces, or a word, or a figure with its separators."""

_MULTIPLIER = 0x9E3779B97F4A7C15
"""Makes one number of the words of a shingle, in their order: 2^64 divided by the golden ratio, odd."""


def signature(text: str) -> bytes | None:
    """The signature of a document's text, the same on every machine.

    Case, punctuation, line breaks and compatibility forms of characters do not count. A text that is shorter
    than a shingle is one shingle: only its like resembles it.

    Returns:
        PERMUTATIONS little-endian unsigned numbers of 32 bits, or None for a text without words.
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
    """Signatures one after the other, as numbers: shape (signatures, PERMUTATIONS)."""
    import numpy as np

    return np.frombuffer(signatures, dtype="<u4").astype(np.uint32).reshape(-1, PERMUTATIONS)


def resemblance(one: npt.NDArray[np.uint32], others: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """How much a document resembles others, 0 to 1, each as estimated from both signatures.

    Args:
        one: a signature, of shape (PERMUTATIONS,).
        others: signatures, of shape (others, PERMUTATIONS).
    """
    import numpy as np

    return np.asarray((others == one).mean(axis=1), np.float64)


class _Numbers(dict[str, int]):
    """A number of 64 bits for each token, made when it is first asked for."""

    def __missing__(self, token: str) -> int:
        digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = self[token] = int.from_bytes(digest, "little")
        return number


def _tokens(text: str) -> tuple[array[int], int]:
    """The number of each token of ``text``, in order; how many of them are characters without spaces."""
    tokens, unspaced = array("Q"), 0
    numbers_of = _Numbers()
    for stretch in _stretches(text):
        found: list[str] = _TOKEN.findall(unicodedata.normalize("NFKC", stretch).casefold())
        tokens.extend(map(numbers_of.__getitem__, found))
        if not stretch.isascii():
            unspaced += sum(_CHARACTER.match(token) is not None for token in found)
    return tokens, unspaced


def _stretches(text: str) -> Iterator[str]:
    """``text`` in parts that end after a space or a line break, which neither a token nor a form bridges."""
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
    """A number of 32 bits for each different run of ``size`` words."""
    import numpy as np

    count = len(words) - size + 1
    mixed = np.zeros(count, np.uint64)
    for place in range(size):
        mixed = mixed * np.uint64(_MULTIPLIER) + words[place : place + count]
    return np.unique(mixed >> np.uint64(32))
