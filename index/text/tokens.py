"""The tokens of a long text, window by window: the same as of the whole, in the memory of a window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Token = tuple[int, int]
"""Where a token begins and where it ends, exclusive: code points of a text."""

TokenSpans = Callable[[str], Sequence[Token]]
"""The encoder's tokens of a text, in order, as ``(start, end)`` offsets in code points."""

WINDOW = 1 << 15
"""Characters that are tokenised together. A tokeniser keeps Python's lock for about 30 milliseconds of them,
and makes some megabytes of objects."""

_OVERLAP = 1 << 11
"""Characters that two windows share, so that each sees the words around the place where they are joined."""

_AGREED = 16
"""Tokens in a row that both windows must have where they are joined. The edge of a window changes the tokens
of the word that it cuts, and no others so far from it."""


def token_spans_by(tokenizer: Tokenizer, text: str) -> list[Token]:
    """The tokens of ``text``, uncut and without special tokens; ``tokenizer`` neither cuts nor pads."""
    offsets: list[Token] = tokenizer.encode(text, add_special_tokens=False).offsets
    return offsets


def tokens_of(text: str, token_spans: TokenSpans, window: int = WINDOW) -> Iterator[Token]:
    """The tokens that ``token_spans`` finds in ``text``, in order.

    Windows overlap, and are joined amid a run of tokens that both have. Where there is no such run, as within
    a word of a million characters, the window grows until there is one.

    Args:
        text: any text; one that fits into a window is tokenised at once.
        token_spans: the tokeniser.
        window: characters of a window, at least 4,096.
    """
    begin, size, known = 0, window, 0
    found = _within(text, begin, size, token_spans)
    while begin + size < len(text):
        following = _begin(text, begin + size)
        further = _within(text, following, window, token_spans)
        joint = _joint(found, further, following)
        if joint is None:
            size *= 2
            found = _within(text, begin, size, token_spans)
        else:
            yield from found[known : joint[0]]
            begin, size, known = following, window, joint[1]
            found = further
    yield from found[known:]


def _within(text: str, begin: int, size: int, token_spans: TokenSpans) -> list[Token]:
    """The tokens of a window, as offsets in the whole text."""
    return [(begin + start, begin + end) for start, end in token_spans(text[begin : begin + size])]


def _begin(text: str, end: int) -> int:
    """Where the window after one that ends at ``end`` begins: at a word, if one begins near enough."""
    begin = end - _OVERLAP
    while begin < end - _OVERLAP // 2 and not text[begin - 1].isspace():
        begin += 1
    return begin


def _joint(found: Sequence[Token], further: Sequence[Token], begin: int) -> tuple[int, int] | None:
    """Where two windows are joined: the places of one token in both, amid a run that both have.

    Args:
        found: the tokens of the first window.
        further: those of the second.
        begin: where the second begins.

    Returns:
        The token's place in each; None where there is no such run.
    """
    first: dict[Token, int] = {}
    for place, token in enumerate(further[: 4 * _OVERLAP]):
        first.setdefault(token, place)
    shared = len(found)
    while shared and found[shared - 1][0] >= begin:
        shared -= 1
    for place in range(shared, len(found) - _AGREED + 1):
        same = first.get(found[place])
        if same is not None and found[place : place + _AGREED] == further[same : same + _AGREED]:
            return place + _AGREED // 2, same + _AGREED // 2
    return None
