"""The sentences and rows of found passages that may answer a question, nearest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.documents import UNKNOWN_LANGUAGE
from index.search import Hit, Snapshot, Term
from index.text import cells
from rag.figures.dates import Periods, periods_of
from rag.finding.matching import content_terms, matching_terms, names_only, terms_of
from rag.finding.reading import Reading, ReadSentence
from rag.questions import Question


@dataclass(frozen=True, slots=True)
class Candidate:
    """The sentence or row ``number`` of a reading, which may answer the question.

    ``prior`` tells how near it comes before a reader reads it, from 0 to :data:`LARGEST_PRIOR`.
    """

    reading: Reading
    number: int
    prior: float

    @property
    def sentence(self) -> ReadSentence:
        return self.reading.sentences[self.number]

    @property
    def terms(self) -> frozenset[Term]:
        """The sentence's words, as terms of the search; for a row, also those of its headings and groups."""
        return terms_of(self.sentence.in_context, self.reading.document.language)

    @property
    def text(self) -> str:
        """The words that a reader reads: the sentence, the title, and what is around it.

        Around a row are the names of its groups and its table's headings, around a sentence its neighbours.
        The reader was trained on exactly these texts.
        """
        sentence, title = self.sentence, self.reading.document.title[:80]
        if sentence.headings:
            around = f"{_one_line(sentence.section)[-100:]} {_one_line(sentence.headings)[-200:]}"
            return f"{_one_line(sentence.text)[:300]} | {title} | {around}"
        around = f"{self._beside(-1)[-150:]}{BETWEEN}{self._beside(1)[:100]}"
        return f"{_one_line(sentence.text)[:400]} | {title} | {around}"

    def _beside(self, step: int) -> str:
        """Return the words of the sentence before or after; "" if that is a row of a table."""
        number = self.number + step
        if not 0 <= number < len(self.reading.sentences) or self.reading.sentences[number].headings:
            return ""
        return _one_line(self.reading.sentences[number].text)


BETWEEN = " … "


def _one_line(text: str) -> str:
    return " ".join(text.split())


LARGEST_PRIOR = 1.5


def find_candidates(
    index: Snapshot, question: Question, hits: Sequence[Hit], readings: Sequence[Reading]
) -> list[Candidate]:
    """Return the sentences and rows of passages that may answer, those that come nearest first.

    Three scores, of equal weights, decide what is near: the share of the question's words, weighted by
    rarity, that the sentence, its headings and its title have; its nearness (:func:`nearness_of`); and the
    score of the passage. Titles, captions, and rows of other periods than the question's are left out.
    """
    found = [
        (reading, number, coverage)
        for reading in readings
        for number, coverage in _coverages(index, question, reading)
    ]
    if not found:
        return []
    sentences = [reading.sentences[number] for reading, number, _ in found]
    nearness = nearness_of(index, question, sentences)
    scores = {hit.chunk_id: hit.score for hit in hits}
    passages = [
        scores.get(sentence.chunk_id, reading.score)
        for sentence, (reading, _, _) in zip(sentences, found, strict=True)
    ]
    priors = (np.array([coverage for _, _, coverage in found]) + nearness + np.array(passages)) / 2
    nearest = np.argsort(-priors, kind="stable").tolist()
    return [Candidate(found[place][0], found[place][1], float(priors[place])) for place in nearest]


def nearness_of(
    index: Snapshot, question: Question, sentences: Sequence[ReadSentence]
) -> npt.NDArray[np.float32]:
    """Return the cosine of each sentence with the question, scaled to 0 to 1; shape (sentences,).

    Rows are scaled on their own: the vector of a row is that of its labels, and the vector of a sentence the
    mean of its tokens in the passage, so that rows come nearer to any question.
    """
    cosines = vectors_of(index, sentences) @ index.encoder.encode_query(question.text)
    are_rows = np.array([bool(sentence.headings) for sentence in sentences])
    for of_kind in (are_rows, ~are_rows):
        if of_kind.any():
            own = cosines[of_kind]
            spread = np.ptp(own)
            # The only one is the nearest one.
            cosines[of_kind] = (own - own.min()) / spread if spread else 1.0
    return np.asarray(cosines, np.float32)


def _coverages(index: Snapshot, question: Question, reading: Reading) -> Iterator[tuple[int, float]]:
    """Yield each sentence that may answer, with the share of the question's words, by rarity, that it has.

    Its headings and its title count as well.
    """
    language = reading.document.language
    own = [terms_of(sentence.text, language) for sentence in reading.sentences]
    title = terms_of(reading.document.title, language)
    above = {(sentence.headings, sentence.section) for sentence in reading.sentences if sentence.headings}
    headings = {names: title | terms_of("\n".join(names), language) for names in above}
    words = frozenset().union(title, *own, *headings.values())
    # Find the matching words once in the whole reading, not again in each sentence.
    sought = [
        (matching_terms(words, term), rarity)
        for term, rarity in content_terms(index, question, language).items()
    ]
    total = sum(rarity for _, rarity in sought) or 1.0
    # Without rows, nothing is left out, and the names of months need not be loaded.
    has_periods = headings and not is_foreign(question, language)
    asked = periods_of(question.text, language) if has_periods else Periods()
    for number, sentence in enumerate(reading.sentences):
        if not names_only(sentence, reading.document.title) and not _excludes(asked, sentence, language):
            has = own[number] | headings.get((sentence.headings, sentence.section), title)
            yield number, sum(rarity for found, rarity in sought if not found.isdisjoint(has)) / total


def _excludes(asked: Periods, sentence: ReadSentence, language: str) -> bool:
    """A row of *Six months ended June 30* does not answer a question about the second quarter."""
    if not sentence.headings or asked == Periods():
        return False
    place = f"{sentence.section}\n{cells(sentence.text)[0]}"
    return asked.excludes(Periods(), periods_of(place, language), Periods())


def vectors_of(index: Snapshot, sentences: Sequence[ReadSentence]) -> npt.NDArray[np.float32]:
    """Return the stored or a new unit vector of each sentence, shape (sentences, dimensions).

    There must be at least one sentence.
    """
    stored = index.sentence_vectors({sentence.chunk_id for sentence in sentences})
    missing = [sentence.in_context for sentence in sentences if sentence.chunk_id not in stored]
    made = iter(index.encoder.encode(missing))
    return np.stack(
        [
            stored[sentence.chunk_id][sentence.number] if sentence.chunk_id in stored else next(made)
            for sentence in sentences
        ]
    )


def is_foreign(question: Question, language: str) -> bool:
    return UNKNOWN_LANGUAGE not in {question.language, language} and question.language != language
