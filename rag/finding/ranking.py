"""Ranks sentences as answers to a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from index.embedding import Encoder
from index.text import is_latin
from rag.answer_limits import MAX_SENTENCES
from rag.finding.candidates import LARGEST_PRIOR, Candidate, is_foreign
from rag.finding.cross_encoder import Reader
from rag.questions import Form, Question

COMPARED = 24

_MAX_CHARACTERS = 400
"""The most characters of a sentence that is compared across languages, with its title and headings."""

SURE = 0.5
"""The reader is sure of a sentence or row if it is at least this likely to be the one that answers."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants that turn scores into probabilities, and probabilities into decisions.

    Attributes:
        logit_scale: the weight of the reader's score.
        likeness_scale: the weight of the token-by-token similarity of two languages, by the encoder.
        threshold: the engine abstains if the probability that the library answers is lower.
        second_share: a fact's second-best sentence is cited from this share of the best one's probability.
        reach: a sentence of a list or a summary is cited from this share.
    """

    logit_scale: float = 1.0
    prior_weight: float = 0.0
    offset: float = 0.0
    likeness_scale: float = 60.0
    likeness_offset: float = -32.1
    threshold: float = 0.5
    second_share: float = 0.35
    reach: float = 0.15


CALIBRATION = Calibration(logit_scale=0.618, prior_weight=6.941, offset=-5.763)
"""The constants for the bundled reader. ``benchmarks/calibrate.py`` chose those three by reports of which the
reader had not seen a question."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate, and the probability, 0 to 1, that it is the one that answers the question."""

    candidate: Candidate
    score: float


def rank(
    encoder: Encoder,
    reader: Reader,
    question: Question,
    candidates: Sequence[Candidate],
    calibration: Calibration = CALIBRATION,
) -> list[Scored]:
    """Score candidates together with the question, and return them best first; ties keep their order.

    The probabilities are a softmax over the candidates and "none of these", whose score is 0. Their sum is
    therefore the probability that any of them answers. Sentences in other languages are compared by the
    encoder, if it reads both, and only the first :data:`COMPARED` are returned. No sentence answers a
    question for an overview, so there the prior stands for the probability.
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
    """Return whether the reader reads a question with texts in ``language``.

    It knows English best. Its training also had questions in other languages of the Latin alphabet, about
    texts in the same language.
    """
    return not is_foreign(question, language) and is_latin(question.text)


def answerability_of(ranked: Sequence[Scored]) -> float:
    return min(sum(item.score for item in ranked), 1.0)


def _compared(candidate: Candidate) -> str:
    words = f"{candidate.reading.document.title}: {candidate.sentence.in_context}"
    return " ".join(words.split())[:_MAX_CHARACTERS]


def by_document(items: Sequence[Scored]) -> list[Scored]:
    """Sort by document, in the order in which ``items`` first names them, and by place in the text."""
    documents = list(dict.fromkeys(item.candidate.reading.document.document_id for item in items))
    return sorted(
        items,
        key=lambda item: (
            documents.index(item.candidate.reading.document.document_id),
            item.candidate.sentence.span,
        ),
    )


def neighbour(item: Scored, step: int) -> Scored:
    """Return ``item`` for the sentence ``step`` sentences later in its reading; the score stays."""
    return replace(item, candidate=replace(item.candidate, number=item.candidate.number + step))


MAX_OVERLAP = 0.6
"""If the Jaccard index of two sentences' words is higher, they say the same; only the better one is used."""


def select(
    ranked: Sequence[Scored],
    question: Question,
    calibration: Calibration,
    max_sentences: int = MAX_SENTENCES,
) -> list[Scored]:
    """Return the sentences of the answer: the best one, then the others document by document.

    The form of the question decides which sentences follow the best one:

    - For a fact or a comparison (:mod:`rag.finding.parts` seeks its sides): the second-best sentence, if its
      probability is at least ``calibration.second_share`` of the best one's.
    - For a list or a summary: every sentence whose probability is at least ``calibration.reach`` of the best
      one's.
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
