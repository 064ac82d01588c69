"""Ranks sentences as answers to a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from index.documents import UNKNOWN_LANGUAGE
from index.embedding import Encoder
from index.search import Hit, Snapshot, Term
from index.text import cells, is_latin
from rag.answer_limits import MAX_SENTENCES
from rag.figures.dates import Periods, periods_of
from rag.finding.matching import content_terms, matching_terms, names_only, terms_of
from rag.finding.reading import Reader, Reading, ReadSentence
from rag.questions import Form, Question


@dataclass(frozen=True, slots=True)
class Candidate:
    """``prior`` tells how near it comes before a reader reads it, up to :data:`LARGEST_PRIOR`."""

    reading: Reading
    number: int
    prior: float

    @property
    def sentence(self) -> ReadSentence:
        return self.reading.sentences[self.number]

    @property
    def terms(self) -> frozenset[Term]:
        return terms_of(self.sentence.in_context, self.reading.document.language)

    @property
    def text(self) -> str:
        """With the title and what is around it: the reader was trained on exactly these texts."""
        sentence, title = self.sentence, self.reading.document.title[:80]
        if sentence.headings:
            around = f"{_one_line(sentence.section)[-100:]} {_one_line(sentence.headings)[-200:]}"
            return f"{_one_line(sentence.text)[:300]} | {title} | {around}"
        before = _one_line(sentence.section) or self._beside(-1)
        around = f"{before[-150:]}{BETWEEN}{self._beside(1)[:100]}"
        return f"{_one_line(sentence.text)[:400]} | {title} | {around}"

    def _beside(self, step: int) -> str:
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
    """Return what may answer, the nearest first; no titles, captions, or rows of other periods.

    Words that the sentence shares with the question, nearness and the passage's score count equally.
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
    """Return cosines with the question, scaled to 0 to 1; shape (sentences,).

    Rows are scaled on their own, because the vectors of their labels come nearer to any question.
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
    """The share of the question's words, by rarity; those above a row or an item, and the title's, count."""
    language = reading.document.language
    own = [terms_of(sentence.text, language) for sentence in reading.sentences]
    title = terms_of(reading.document.title, language)
    above = {(sentence.headings, sentence.section) for sentence in reading.sentences}
    headings = {names: title | terms_of("\n".join(names), language) for names in above}
    words = frozenset().union(title, *own, *headings.values())
    # Find the matching words once in the whole reading, not again in each sentence.
    sought = [
        (matching_terms(words, term), rarity)
        for term, rarity in content_terms(index, question, language).items()
    ]
    total = sum(rarity for _, rarity in sought) or 1.0
    # Without rows, nothing is left out, and the names of months need not be loaded.
    has_periods = any(names for names, _ in above) and not is_foreign(question, language)
    asked = periods_of(question.text, language) if has_periods else Periods()
    for number, sentence in enumerate(reading.sentences):
        if not names_only(sentence, reading.document.title) and not _excludes(asked, sentence, language):
            has = own[number] | headings[sentence.headings, sentence.section]
            yield number, sum(rarity for found, rarity in sought if not found.isdisjoint(has)) / total


def _excludes(asked: Periods, sentence: ReadSentence, language: str) -> bool:
    """A row of *Six months ended June 30* does not answer a question about the second quarter."""
    if not sentence.headings or asked == Periods():
        return False
    place = f"{sentence.section}\n{cells(sentence.text)[0]}"
    return asked.excludes(Periods(), periods_of(place, language), Periods())


def vectors_of(index: Snapshot, sentences: Sequence[ReadSentence]) -> npt.NDArray[np.float32]:
    """Unit vectors, shape (sentences, dimensions), stored or new; of at least one sentence."""
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


COMPARED = 24

_MAX_CHARACTERS = 400  # of a sentence that is compared across languages, with its title and headings
SURE = 0.5  # from this probability, the reader is sure that a sentence answers


@dataclass(frozen=True, slots=True)
class Calibration:
    """``logit_scale`` weighs the reader's score, ``likeness_scale`` the encoder's across languages.

    Below ``threshold``, the engine abstains. From ``second_share`` of the best probability, a fact has a
    second sentence, and from ``reach``, a list has another one.
    """

    logit_scale: float = 1.0
    prior_weight: float = 0.0
    offset: float = 0.0
    likeness_scale: float = 60.0
    likeness_offset: float = -32.1
    threshold: float = 0.5
    second_share: float = 0.35
    reach: float = 0.15


# For the bundled reader; ``benchmarks/calibrate.py`` chose it by reports that the reader had not seen.
CALIBRATION = Calibration(logit_scale=0.618, prior_weight=6.941, offset=-5.763)


@dataclass(frozen=True, slots=True)
class Scored:
    """The probability is that this candidate is the one that answers."""

    candidate: Candidate
    score: float


def rank(
    encoder: Encoder,
    reader: Reader,
    question: Question,
    candidates: Sequence[Candidate],
    calibration: Calibration = CALIBRATION,
) -> list[Scored]:
    """Score candidates together with the question, best first; ties keep their order.

    A softmax over them and "none of these" (score 0): the sum is the probability that any answers. The
    encoder compares other languages, and only :data:`COMPARED` are returned. In an overview, the prior stands
    for it.
    """
    known = encoder.languages or frozenset()
    read: list[Candidate] = []
    compared: list[Candidate] = []
    for candidate in candidates:
        language = candidate.reading.document.language
        is_compared = not reads(question, language) and {question.language, language} <= known
        (compared if is_compared else read).append(candidate)
    if question.form is Form.SUMMARY and not compared:
        return [Scored(candidate, candidate.prior / LARGEST_PRIOR) for candidate in candidates]
    compared = compared[:COMPARED]
    logits = [
        calibration.logit_scale * logit + calibration.prior_weight * candidate.prior + calibration.offset
        for candidate, logit in zip(
            read, reader.scores(question.text, [item.text for item in read]) if read else (), strict=True
        )
    ]
    logits += [
        calibration.likeness_scale * likeness.late + calibration.likeness_offset
        for likeness in (encoder.compare(question.text, list(map(_compared, compared))) if compared else ())
    ]
    scores = np.exp(np.array(logits) - np.logaddexp.reduce([0.0, *logits])).tolist()
    scored = [Scored(*pair) for pair in zip([*read, *compared], scores, strict=True)]
    return sorted(scored, key=lambda item: -item.score)


def reads(question: Question, language: str) -> bool:
    """Its training had English, and questions in the Latin alphabet about texts in their own language."""
    return not is_foreign(question, language) and is_latin(question.text)


def answerability_of(ranked: Sequence[Scored]) -> float:
    return min(sum(item.score for item in ranked), 1.0)


def _compared(candidate: Candidate) -> str:
    words = f"{candidate.reading.document.title}: {candidate.sentence.in_context}"
    return " ".join(words.split())[:_MAX_CHARACTERS]


def by_document(items: Sequence[Scored]) -> list[Scored]:
    documents = list(dict.fromkeys(item.candidate.reading.document.document_id for item in items))
    return sorted(
        items,
        key=lambda item: (
            documents.index(item.candidate.reading.document.document_id),
            item.candidate.sentence.span,
        ),
    )


def neighbour(item: Scored, step: int) -> Scored:
    return replace(item, candidate=replace(item.candidate, number=item.candidate.number + step))


# Jaccard index of words; above it, two sentences say the same, and only the better one is used.
MAX_OVERLAP = 0.6


def select(
    ranked: Sequence[Scored],
    question: Question,
    calibration: Calibration,
    max_sentences: int = MAX_SENTENCES,
) -> list[Scored]:
    """Return the best sentence, then the others document by document.

    A fact or a comparison has at most one more (``second_share``), a list or a summary all from ``reach``.
    """
    if not ranked:
        return []
    if question.form in {Form.FACT, Form.COMPARISON}:
        best, *others = islice(_distinct(ranked), min(max_sentences, 2))
        least = calibration.second_share * best.score
        chosen = [best, *(other for other in others if other.score >= least)]
    else:
        least = calibration.reach * ranked[0].score
        chosen = list(islice(_distinct(item for item in ranked if item.score >= least), max_sentences))
    return chosen[:1] + [item for item in by_document(chosen) if item is not chosen[0]]


def _distinct(items: Iterable[Scored]) -> Iterator[Scored]:
    chosen: list[Scored] = []
    for item in items:
        if not is_repeated(item, chosen):
            chosen.append(item)
            yield item


def is_repeated(item: Scored, chosen: Sequence[Scored]) -> bool:
    return any(_repeats(item, other) for other in chosen)


def _repeats(item: Scored, other: Scored) -> bool:
    one, another = item.candidate, other.candidate
    if " ".join(one.sentence.text.split()).casefold() == " ".join(another.sentence.text.split()).casefold():
        return one.sentence.in_context == another.sentence.in_context or not one.sentence.headings
    if one.sentence.headings and another.sentence.headings:
        return False
    union = one.terms | another.terms
    return bool(union) and len(one.terms & another.terms) / len(union) > MAX_OVERLAP
