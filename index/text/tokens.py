"""Tokenises a long text window by window, so that only the tokens of one window are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Token = tuple[int, int]
"""Start and end (exclusive) of a token, in code points of a text."""

TokenSpans = Callable[[str], Sequence[Token]]
"""An encoder's tokenizer: returns the spans of a text's tokens, in order."""

WINDOW = 1 << 15
"""The number of characters that are tokenised together. For each window, the tokenizer holds Python's global
interpreter lock for about 30 milliseconds, and creates some megabytes of objects."""

_OVERLAP = 1 << 11
"""The number of characters that two consecutive windows share, so that both contain the words at their joint.
"""

_AGREED = 16
"""The number of consecutive tokens that two windows must share at their joint. The edge of a window changes
the tokens of the word that it cuts, but not the tokens this far from the edge."""


def token_spans_by(tokenizer: Tokenizer, text: str) -> list[Token]:
    """Return the spans of the tokens of ``text``, without special tokens.

    The tokenizer must neither truncate nor pad.
    """
    offsets: list[Token] = tokenizer.encode(text, add_special_tokens=False).offsets
    return offsets


def tokens_of(text: str, token_spans: TokenSpans, window: int = WINDOW) -> Iterator[Token]:
    """Yield the tokens that ``token_spans`` finds in ``text``, in order.

    The text is tokenised in overlapping windows of at least 4,096 characters, and two consecutive windows are
    joined at a run of tokens that both contain. If they share no such run, for example inside a word of a
    million characters, the first window is doubled until they do.
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
    return [(begin + start, begin + end) for start, end in token_spans(text[begin : begin + size])]


def _begin(text: str, end: int) -> int:
    begin = end - _OVERLAP
    while begin < end - _OVERLAP // 2 and not text[begin - 1].isspace():
        begin += 1
    return begin


def _joint(found: Sequence[Token], further: Sequence[Token], begin: int) -> tuple[int, int] | None:
    """Find a token that two windows share, in the middle of a run of shared tokens: its places in both.

    It is None if the windows share no run of ``_AGREED`` tokens.
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
