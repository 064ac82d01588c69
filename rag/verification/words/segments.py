"""Divides a sentence into parts, so that each word goes with the right figures and dates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from index.documents import Span
from rag.figures.dates import dates
from rag.verification.words.words import shares, verbs, words_of
from rag.word_lists import listed

_BOUNDARY = regex.compile(
    r"[,;:()，；：、。](?!\p{N})|\b(?:and|but|while|whereas|although|then|from|to|down from|up from"
    r"|compared (?:with|to)"
    r"|versus|against|và|nhưng|còn|trong khi|so với|từ|đến|dan|tetapi|sedangkan|sementara|dari|menjadi)\b"
    r"|而|但",
    regex.IGNORECASE,
)
_RANGED = regex.compile(
    r"\s?(?:to|and|until|till|through|-|–|—|đến|tới|và|hingga|sampai|dan|至|到|和)\s?"
    r"(?:the |năm |tháng |ngày )?",
    regex.IGNORECASE,
)
"""The words between the two ends of a range of dates, which belong to one part."""
_DIRECTIONS = listed("down up rose fell giam tang giảm tăng turun naik")
MOST_OF = 0.6
LITTLE_OF = 0.5
CLEARLY = 0.3


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a sentence, with the figures and dates that its words go with.

    Attributes:
        anchors: the spans of these figures and dates in the text.
        words: the stems of the part's words, and of its subject if an earlier part names the subject.
        own: the stems of the part's words alone.
    """

    anchors: tuple[Span, ...]
    words: frozenset[str]
    own: frozenset[str] = frozenset()

    @property
    def bare(self) -> bool:
        """Tell if the part has no words of its own. In *owned from 2016*, the part *from 2016* has none."""
        return not self.own


def segments(text: str, language: str, anchors: Sequence[Span]) -> list[Segment]:
    """Divide a sentence into parts, each with at least one figure or date.

    A part without a subject of its own takes the subject of the part before it.

    Args:
        text: the sentence.
        language: the ISO 639-1 code of its language.
        anchors: the spans of its figures and dates, in any order.
    """
    if not anchors:
        return []
    ordered = sorted(anchors, key=lambda span: span.start)
    ends = text.find(";", ordered[-1].end)
    cuts = [0, *_cuts(text, language, ordered), ends if ends >= 0 else len(text)]
    bounds = list(pairwise(cuts))
    parts = [[span for span in ordered if start <= span.start < end] for start, end in bounds]
    found = [(bound, part) for bound, part in zip(bounds, parts, strict=True) if part]
    acts = verbs(text, language)
    subject: frozenset[str] = frozenset()
    doing: frozenset[str] = frozenset()
    its: list[frozenset[str]] = []
    alone: list[frozenset[str]] = []
    for (start, end), part in found:
        head = _stems(text, language, start, part[0].start, ordered)
        tail = _stems(text, language, part[0].start, end, ordered)
        alone.append(head | tail)
        if its and not head - _DIRECTIONS:
            head |= subject
        elif its and not any(start <= act.start < end for act in acts):
            # "Officials found lead in 7 wells, but arsenic in one": both parts need the subject and the verb.
            head |= doing
        subject = head
        last = max((act.end for act in acts if start <= act.start < end), default=0)
        doing = _stems(text, language, start, last, ordered) or doing
        its.append(head | tail)
    return [Segment(tuple(part), words, own) for (_, part), words, own in zip(found, its, alone, strict=True)]


def _cuts(text: str, language: str, anchors: Sequence[Span]) -> list[int]:
    """Return the offsets at which parts begin.

    A part begins at the last boundary, such as a comma or *and*, between two figures or dates, but not within
    a range of dates.
    """
    cuts = []
    days = {moment.span for moment in dates(text, language)}
    for before, after in pairwise(anchors):
        if {before, after} <= days and _RANGED.fullmatch(text[before.end : after.start]):
            continue
        between = list(_BOUNDARY.finditer(text, before.end, after.start))
        if between:
            cuts.append(between[-1].start())
    return cuts


def _stems(text: str, language: str, start: int, end: int, anchors: Sequence[Span]) -> frozenset[str]:
    return frozenset(
        word.stem
        for word in words_of(text, language)
        if word.content and start <= word.start < end
        and not any(span.start <= word.start < span.end for span in anchors)
    )  # fmt: skip


def misplaced(
    said: frozenset[str], place: int, parts: Sequence[Segment], claimed: Collection[Span] = ()
) -> bool:
    """Return whether a statement gives a figure words that belong to another figure of the evidence.

    Args:
        said: the stems that the statement has with the figure.
        place: the index in ``parts`` of the segment that has the figure.
        parts: all segments of the evidence.
        claimed: the spans of other figures of the evidence that the statement has in the same part. The words
            of these figures may stand there, too.
    """
    for number, other in enumerate(parts):
        if number == place or any(span in claimed for span in other.anchors):
            continue
        own, its = parts[place].words - other.words, other.words - parts[place].words
        if not its or not parts[place].words:
            continue
        mine, others = _share(said, own or parts[place].words), _share(said, its)
        if others >= MOST_OF and mine <= LITTLE_OF and others > mine + CLEARLY:
            return True
    return False


def _share(said: frozenset[str], words: frozenset[str]) -> float:
    return sum(shares(word, said) for word in words) / len(words)
