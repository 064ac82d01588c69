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

# Pairs of sentences between two anchors; with more, all of them count as different. The time may grow with
# the cube of the sentences, for example if two rows of a table alternate.
_COMPARED = 40_000
Change = Literal["kept", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Revision:
    """``old`` is None for an added sentence, ``new`` for a removed one."""

    old: Span | None
    new: Span | None

    @property
    def change(self) -> Change:
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "kept"

    def words(self, old: str, new: str) -> str:
        """From ``new`` if both texts have the sentence."""
        if self.new is not None:
            return self.new.of(new)
        return self.old.of(old) if self.old is not None else ""


def revisions(old: Document, new: Document) -> list[Revision]:
    """Removed sentences precede their replacements; a moved one counts as removed and added."""
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
    """Patience diff: the common ends, the sentences that occur once in each text, then what is between."""
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
    """Both have each exactly once; the result has positions, each plus ``before``."""
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
    """In ``ours`` of ``old`` and ``theirs`` of ``new``; none beyond ``_COMPARED`` pairs."""
    if (ours[1] - ours[0]) * (theirs[1] - theirs[0]) > _COMPARED:
        return []
    compared = SequenceMatcher(None, old[slice(*ours)], new[slice(*theirs)], autojunk=False)
    return [
        (ours[0] + block.a + position, theirs[0] + block.b + position)
        for block in compared.get_matching_blocks()
        for position in range(block.size)
    ]
