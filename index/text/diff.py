"""Compares two versions of a text, sentence by sentence."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from index.documents import Document, Span
from index.text.passages import sentences

_COMPARED = 40_000
"""The most pairs of sentences to compare between two neighbouring anchors (matches of sentences that both
texts have exactly once). If there are more pairs, all sentences between the anchors count as different. In
the worst case, for example if two rows of a table alternate, the time grows with the cube of the number of
sentences."""


Change = Literal["kept", "removed", "added"]
"""Whether the new text keeps, removes or adds a sentence of the old one."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A sentence of one text or of both; ``old`` is None for an added one, ``new`` for a removed one."""

    old: Span | None
    new: Span | None

    @property
    def change(self) -> Change:
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "kept"

    def words(self, old: str, new: str) -> str:
        """Return the sentence's words, taken from ``new`` if both texts have the sentence."""
        if self.new is not None:
            return self.new.of(new)
        return self.old.of(old) if self.old is not None else ""


def revisions(old: Document, new: Document) -> list[Revision]:
    """Return the sentences of both texts in reading order; removed sentences precede their replacements.

    Every sentence of ``old`` is kept or removed, and every sentence of ``new`` is kept or added. A kept
    sentence has the same words in both texts, although the white space may differ. A moved sentence counts as
    removed and added.
    """
    before, after = sentences(old.text, old.language), sentences(new.text, new.language)
    pairs = _pairs(_words(before, old.text), _words(after, new.text))
    found: list[Revision] = []
    old_at, new_at = 0, 0
    for here, there in [*pairs, (len(before), len(after))]:
        found += [Revision(span, None) for span in before[old_at:here]]
        found += [Revision(None, span) for span in after[new_at:there]]
        if here < len(before):
            found.append(Revision(before[here], after[there]))
        old_at, new_at = here + 1, there + 1
    return found


def _words(spans: Sequence[Span], text: str) -> list[str]:
    return [" ".join(span.of(text).split()) for span in spans]


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions of equal sentences in ``old`` and ``new``, in ascending order for both.

    The function first matches the common prefix and suffix. In the rest, it matches the sentences that occur
    once in each text and in the same order (patience diff), then compares each stretch between two of these
    matches.
    """
    shorter = min(len(old), len(new))
    head = next((position for position in range(shorter) if old[position] != new[position]), shorter)
    rest = shorter - head
    tail = next((position for position in range(rest) if old[-1 - position] != new[-1 - position]), rest)
    ends = len(old) - tail, len(new) - tail
    pairs = [(position, position) for position in range(head)]
    old_at, new_at = head, head
    for here, there in [*_sure(old[head : ends[0]], new[head : ends[1]], head), ends]:
        pairs += _between(old, new, (old_at, here), (new_at, there))
        pairs.append((here, there))
        old_at, new_at = here + 1, there + 1
    return [*pairs[:-1], *((ends[0] + position, ends[1] + position) for position in range(tail))]


def _sure(old: Sequence[str], new: Sequence[str], before: int) -> list[tuple[int, int]]:
    """Find the longest sequence of sentences that both texts have in the same order, each exactly once.

    The result has their positions in both texts, each plus ``before``.
    """
    often = Counter(old), Counter(new)
    position_of = {words: position for position, words in enumerate(new)}
    once = [
        (position, position_of[words])
        for position, words in enumerate(old)
        if often[0][words] == often[1][words] == 1
    ]
    # Longest increasing subsequence: keep the lowest end for each length.
    ends: list[int] = []
    lasts: list[int] = []
    previous: list[int | None] = []
    for number, (_, there) in enumerate(once):
        length = bisect_left(ends, there)
        ends[length : length + 1] = [there]
        lasts[length : length + 1] = [number]
        previous.append(lasts[length - 1] if length else None)
    run: list[tuple[int, int]] = []
    number_of: int | None = lasts[-1] if lasts else None
    while number_of is not None:
        here, there = once[number_of]
        run.append((here + before, there + before))
        number_of = previous[number_of]
    return run[::-1]


def _between(
    old: Sequence[str], new: Sequence[str], ours: tuple[int, int], theirs: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the positions of equal sentences in two ranges: ``ours`` of ``old``, and ``theirs`` of ``new``.

    There are none if more than ``_COMPARED`` pairs of sentences would have to be compared.
    """
    if (ours[1] - ours[0]) * (theirs[1] - theirs[0]) > _COMPARED:
        return []
    compared = SequenceMatcher(None, old[slice(*ours)], new[slice(*theirs)], autojunk=False)
    return [
        (ours[0] + block.a + position, theirs[0] + block.b + position)
        for block in compared.get_matching_blocks()
        for position in range(block.size)
    ]
