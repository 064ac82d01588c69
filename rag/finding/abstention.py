"""Whether the library answers a question at all, and if not, why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.search import Snapshot
from rag.answers import Cause
from rag.finding.caveats import name_language, quote_list
from rag.finding.features import is_foreign, words_held, words_not_in
from rag.finding.ranking import Scored
from rag.finding.reading import Reading
from rag.finding.weights import Weights
from rag.questions import Kind, Question, carries

_NEAR_SUBJECT = 0.5
"""The share of a question's words that the nearest passage must have to speak of its subject."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no answer: for programs, and in words."""

    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the library answers.

    Attributes:
        answerability: the probability that it does, 0 to 1; None where nothing was read.
        abstention: why there is no answer; None where there is one.
    """

    answerability: float | None
    abstention: Abstention | None


def judge(
    index: Snapshot, question: Question, ranked: Sequence[Scored], weights: Weights, *, filtered: bool
) -> Judgement:
    """Whether the best of the sentences that were read answers the question, and if not, why not.

    Args:
        index: where they come from.
        question: what was asked.
        ranked: its candidates, best first.
        weights: have the thresholds.
        filtered: whether the search was narrowed to some documents.
    """
    if not ranked:
        return Judgement(None, Abstention("empty_library", _empty(filtered=filtered)))
    best = ranked[0].candidate
    foreign = bool(best.features.foreign)
    model = weights.foreign if foreign else weights.answerability
    answerability = model.of(best.features)
    if answerability >= (weights.foreign_threshold if foreign else weights.threshold):
        return Judgement(answerability, None)
    if foreign:
        return Judgement(answerability, Abstention("language", _foreign(index, question, best.reading)))
    return Judgement(answerability, _abstention(index, question, ranked, filtered=filtered))


def _abstention(
    index: Snapshot, question: Question, ranked: Sequence[Scored], *, filtered: bool
) -> Abstention:
    searched = "that passes the filters" if filtered else "in this library"
    readings = list(dict.fromkeys(item.candidate.reading for item in ranked))
    lacks = [missing_words(index, question, reading) for reading in readings]
    said = _said(lacks)
    if max(item.candidate.features.context for item in ranked) < _NEAR_SUBJECT:
        return Abstention("not_in_library", f"No report {searched} speaks of this.{said}")
    searched = "that pass the filters" if filtered else "in this library"
    return Abstention(
        "not_answered", f"Reports {searched} come near the question, and no sentence answers it.{said}"
    )


def shortfall(index: Snapshot, question: Question, reading: Reading) -> str:
    """Why one passage does not answer, in a few words."""
    if is_foreign(question, reading.document.language):
        return f"is in {name_language(reading.document.language)}, unlike the question"
    missing = missing_words(index, question, reading)
    if missing:
        return f"does not mention {quote_list(missing)}"
    if question.kind is not Kind.OPEN and not any(
        carries(sentence.text, question.kind) for sentence in reading.sentences
    ):
        return f"holds no answer of the kind that is asked for: {question.kind}"
    return "has the words of the question, and no sentence that is close enough to it in meaning"


def missing_words(index: Snapshot, question: Question, reading: Reading) -> list[str]:
    """The telling words of the question, as written, that neither the passage nor its title has."""
    return words_not_in(index, question, words_held(reading), reading.document.language)


def _said(lacks: Sequence[Sequence[str]]) -> str:
    """What the passages lack, from the words that each of them lacks, the nearest passage first."""
    nowhere = [word for word in lacks[0] if all(word in missing for missing in lacks)]
    if nowhere:
        return f" None of the passages nearest to it mentions {quote_list(nowhere)}."
    return f" The nearest passage does not mention {quote_list(lacks[0])}." if lacks[0] else ""


def _empty(*, filtered: bool) -> str:
    if filtered:
        return "No report passes the filters; widen them and ask again."
    return "The library is empty; add reports with `footnoted sync FOLDER`, then ask again."


def _foreign(index: Snapshot, question: Question, reading: Reading) -> str:
    reads = index.encoder.languages
    known = f"reads {' and '.join(map(name_language, sorted(reads)))}" if reads else "does not carry it over"
    return (
        f"The question is in {name_language(question.language)}, the nearest reports are in "
        f"{name_language(reading.document.language)}, and the encoder {index.encoder.name} {known}; "
        "ask in the reports' language, or set a multilingual model."
    )
