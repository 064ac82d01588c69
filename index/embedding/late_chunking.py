"""The parts of a text, as places of tokens in the row that a model takes of it.

A part's vector is pooled from its tokens after one pass over the whole text ("late chunking", Günther et al.,
2024, arXiv:2409.04701), so that it knows what stands around it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Part = tuple[int, int]
"""Where a part begins and where it ends, exclusive: code points of a text, or tokens of a row."""


def gives_parts(model: SentenceTransformer) -> bool:
    """Whether the mean of a part's tokens is of one kind with the vectors that ``model`` makes of texts.

    So it is where a text's vector is the mean of its tokens, and nothing but its length is changed after.
    """
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    _, *after = model
    if not after or not isinstance(pooling := after[0], Pooling):
        return False
    return (
        pooling.pooling_mode in {"mean", ("mean",)}
        and pooling.include_prompt
        and all(isinstance(module, Normalize) for module in after[1:])
    )


def token_parts(
    tokenizer: Tokenizer, text: str, offset: int, ids: Sequence[int], parts: Sequence[Part]
) -> tuple[Part, ...] | None:
    """The tokens of each of ``parts``: those that begin in it.

    Args:
        tokenizer: the model's, without cutting and padding.
        text: what the model reads, with its prompt.
        offset: the length of the prompt.
        ids: the tokens of the model's row, without padding.
        parts: where the parts stand in the text without its prompt, in order.

    Returns:
        Places of ``ids``, empty for a part of which the model sees nothing; None where the row is not what
        the tokeniser makes of the text.
    """
    encoding = tokenizer.encode(text)
    if len(encoding.ids) < len(ids) or encoding.ids[: len(ids) - 1] != list(ids[:-1]):
        return None
    places = [place for place, special in enumerate(encoding.special_tokens_mask) if not special]
    starts = [_begin(text, *encoding.offsets[place]) - offset for place in places]
    # The last token of a row that was cut ends it, and stands for nothing in the text.
    beyond = len(ids) - (1 if encoding.ids[len(ids) - 1] != ids[-1] else 0)
    found = []
    for start, end in parts:
        within = places[bisect_left(starts, start) : bisect_left(starts, end)]
        seen = [place for place in within if place < beyond]
        found.append((seen[0], seen[-1] + 1) if seen else (0, 0))
    return tuple(found)


def _begin(text: str, start: int, end: int) -> int:
    """Where a token's own characters begin: to many tokenisers the space before a word belongs to it."""
    while start < end - 1 and text[start].isspace():
        start += 1
    return start
