"""Widens the chosen sentences to stretches: what answers is often more than one sentence.

How likely a neighbour is part of the answer was learned from answers that people marked as a whole
(``benchmarks/train_stretches.py``). A colon brings the items, or the sentence, that follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import regex

from index.search import Snapshot
from index.text import ITEM, LEADS
from rag.answer_limits import MAX_SENTENCES
from rag.finding.ranking import Scored, neighbour, reads, vectors_of
from rag.finding.reading import Reader, ReadSentence, sentences_of
from rag.questions import Form, Question

_Key = tuple[int, int, int]

_GOES_ON = regex.compile(r"(?:[,;，；]|[;,]\s(?:and|or))\s*$")
_NUMBER = regex.compile(r"\p{N}{1,2}\.")


@dataclass(frozen=True, slots=True)
class Joining:
    """A logistic regression on the reader's score minus the chosen sentence's, and their cosine."""

    score: float
    likeness: float
    offset: float

    def joins(self, gap: float, likeness: float) -> bool:
        return self.score * gap + self.likeness * likeness + self.offset >= 0


JOINING = Joining(score=0.26, likeness=1.866, offset=-1.242)


@dataclass(frozen=True, slots=True)
class Widening:
    """For one answer. The reader reads the neighbours in the languages that it reads."""

    index: Snapshot
    reader: Reader
    question: Question
    joining: Joining = JOINING

    def stretches(self, chosen: Sequence[Scored], max_sentences: int = MAX_SENTENCES) -> list[list[Scored]]:
        """In the order of ``chosen``, which takes precedence; none from an earlier stretch."""
        is_asked = self.question.form is not Form.SUMMARY
        wanted = set(map(_key, chosen))
        kept: set[_Key] = set()
        found: list[list[Scored]] = []
        for item in chosen:
            room = max_sentences - len(kept)
            if room <= 0 or _key(item) in kept:
                continue
            stretch = [item]
            leads = LEADS.search(item.candidate.sentence.text) is not None
            if not leads and is_asked and reads(self.question, item.candidate.reading.document.language):
                before = list(islice(self._joined(item, -1, wanted, kept), room - 1))
                after = islice(self._joined(item, 1, wanted, kept), room - 1 - len(before))
                stretch = [*reversed(before), item, *after]
            if LEADS.search(stretch[-1].candidate.sentence.text):
                stretch += islice(self._announced(stretch[-1], kept), room - len(stretch))
            if is_asked and _is_led(stretch[0]) and room > len(stretch):
                stretch = [
                    *(each for each in [neighbour(stretch[0], -1)] if _key(each) not in kept),
                    *stretch,
                ]
            kept.update(map(_key, stretch))
            for earlier in found if is_asked else ():
                if _is_followed_by(stretch[-1], earlier[0]):
                    earlier[:0] = stretch
                    break
                if _is_followed_by(earlier[-1], stretch[0]):
                    earlier.extend(stretch)
                    break
            else:
                found.append(stretch)
        return found

    def _joined(
        self, item: Scored, step: int, wanted: Collection[_Key], kept: Collection[_Key]
    ) -> Iterator[Scored]:
        """Yield them outwards: those after it, or with -1 before it."""
        other = item
        while is_in_paragraph(other, step):
            other = neighbour(other, step)
            key = _key(other)
            if key in kept or (key not in wanted and not self.joining.joins(*self.signs(item, other))):
                return
            yield other

    def _announced(self, item: Scored, kept: Collection[_Key]) -> Iterator[Scored]:
        """What stands after a colon: the items of a list, else one sentence, or parts up to a full stop."""
        item = self._read_on(item)
        is_list = goes_on = numbered = False
        for step, sentence in enumerate(_sentences(item)[item.candidate.number + 1 :], 1):
            # The number of an item ("1.") has been split off as a sentence before the item.
            is_number = _NUMBER.fullmatch(sentence.text) is not None
            is_item = is_number or numbered or ITEM.match(sentence.text) is not None
            other = neighbour(item, step)
            is_first = step == 1 or goes_on
            if sentence.headings or sentence.is_heading or not (is_item or is_first) or _key(other) in kept:
                return
            if not is_number:
                yield other
            numbered, is_list = is_number, is_list or is_item
            goes_on = not is_list and _GOES_ON.search(sentence.text) is not None

    def _read_on(self, item: Scored) -> Scored:
        """With the rest of its passage and the next one, which may have the items."""
        reading = item.candidate.reading
        last = reading.sentences[-1]
        more = [
            sentence
            for passage in self.index.reader.passages([last.chunk_id, last.chunk_id + 1])
            if passage.document.document_id == reading.document.document_id
            for sentence in sentences_of(passage)
            if sentence.span.start >= last.span.end
        ]
        reading = replace(reading, sentences=(*reading.sentences, *more))
        return replace(item, candidate=replace(item.candidate, reading=reading))

    def signs(self, item: Scored, other: Scored) -> tuple[float, float]:
        pair = (item.candidate, other.candidate)
        chosen, score = self.reader.scores(self.question.text, [each.text for each in pair])
        one, another = vectors_of(self.index, [each.sentence for each in pair])
        return score - chosen, float(one @ another)


def is_in_paragraph(item: Scored, step: int) -> bool:
    sentences, number = _sentences(item), item.candidate.number
    if not 0 <= number + step < len(sentences):
        return False
    one, other = sorted((sentences[number], sentences[number + step]), key=lambda each: each.span)
    # A line break separates a heading, an item or a paragraph from what follows.
    is_prose = not (one.headings or one.is_heading or other.headings)
    return is_prose and other.span.start - one.span.end <= 1


def _is_led(item: Scored) -> bool:
    """Whether it is the first item below the sentence with a colon."""
    sentence, number = item.candidate.sentence, item.candidate.number
    if sentence.headings or not sentence.section or not number:
        return False
    return _sentences(item)[number - 1].text == sentence.section


def _is_followed_by(item: Scored, other: Scored) -> bool:
    return is_in_paragraph(item, 1) and _key(neighbour(item, 1)) == _key(other)


def _sentences(item: Scored) -> Sequence[ReadSentence]:
    return item.candidate.reading.sentences


def _key(item: Scored) -> _Key:
    span = item.candidate.sentence.span
    return item.candidate.reading.document.document_id, span.start, span.end
