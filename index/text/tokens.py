"""Tokenises a long text window by window, so that only the tokens of one window are in memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Token = tuple[int, int]  # start and end (exclusive) in code points of a text
# An encoder's tokenizer: returns the spans of a text's tokens, in order.
TokenSpans = Callable[[str], Sequence[Token]]
# In characters. For each window, the tokenizer holds the interpreter lock for about 30 milliseconds.
WINDOW = 1 << 15
_OVERLAP = 1 << 11  # in characters, so that both windows contain the words at their joint
# In tokens: the edge of a window changes the tokens of the word that it cuts, but none this far away.
_AGREED = 16


def token_spans_by(tokenizer: Tokenizer, text: str) -> list[Token]:
    """Without special tokens. The tokenizer must neither truncate nor pad."""
    offsets: list[Token] = tokenizer.encode(text, add_special_tokens=False).offsets
    return offsets


def tokens_of(text: str, token_spans: TokenSpans, window: int = WINDOW) -> Iterator[Token]:
    """In windows of at least 4,096 characters, which are joined at a run of tokens that both contain.

    If they share no such run, as inside a word of a million characters, the first window is doubled.
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
    """Its places in both, in the middle of a run of shared tokens; None without a run of ``_AGREED``."""
    first: dict[Token, int] = {}
    for place, token in enumerate(further[: 4 * _OVERLAP]):
        first.setdefault(token, place)
    shared = bisect_left(found, begin, key=itemgetter(0))
    for place in range(shared, len(found) - _AGREED + 1):
        same = first.get(found[place])
        if same is not None and found[place : place + _AGREED] == further[same : same + _AGREED]:
            return place + _AGREED // 2, same + _AGREED // 2
    return None
