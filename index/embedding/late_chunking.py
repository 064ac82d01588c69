"""Late chunking: finds the tokens of each sentence of a text, so that the sentence gets a vector in context.

The model encodes the whole text once, and a sentence's vector is the mean of the vectors of its tokens
(Günther et al., 2024, arXiv:2409.04701), so the vector reflects the sentences around it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Encoding

Offsets = tuple[int, int]
"""Start and end (exclusive) of a sentence: in code points of a text, or in tokens of a row."""


def token_parts(
    encoding: Encoding, text: str, offset: int, ids: Sequence[int], parts: Sequence[Offsets]
) -> list[Offsets] | None:
    """Find the tokens that begin in each of ``parts``, the sentences of a text.

    Args:
        encoding: the tokens of ``text``, without truncation or padding.
        text: the model's input, with its prompt.
        offset: the length of the prompt, in code points.
        ids: the numbers of the tokens that the model receives for this text.
        parts: the start and end of each part, in code points of the text without its prompt, in order.

    Returns:
        For each part, the start and end (exclusive) of its tokens as positions in ``ids``; (0, 0) if ``ids``
        has no token of the part, for example beyond the model's window. The whole result is None if ``ids``
        are not the tokens of ``encoding``, whole or truncated.
    """
    # Each of these attributes makes a new list when it is read.
    whole, offsets = encoding.ids, encoding.offsets
    if len(whole) < len(ids) or whole[: len(ids) - 1] != list(ids[:-1]):
        return None
    places = [place for place, special in enumerate(encoding.special_tokens_mask) if not special]
    starts = [_begin(text, *offsets[place]) - offset for place in places]
    # A truncated row ends with a special token.
    beyond = len(ids) - (1 if whole[len(ids) - 1] != ids[-1] else 0)
    found = []
    for start, end in parts:
        within = places[bisect_left(starts, start) : bisect_left(starts, end)]
        seen = [place for place in within if place < beyond]
        found.append((seen[0], seen[-1] + 1) if seen else (0, 0))
    return found


def _begin(text: str, start: int, end: int) -> int:
    """Return where a token starts after its leading spaces; many tokens include the space before a word."""
    while start < end - 1 and text[start].isspace():
        start += 1
    return start
