"""Which sentences answer: scored, and chosen so that none says what another one has said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag.finding.features import Candidate
from rag.finding.weights import Weights
from rag.tuning import MAX_SENTENCES

MAX_OVERLAP = 0.6
"""Two sentences that share more of their words (Jaccard) say the same; the better one stays."""


FRAGMENT = 0.5
"""What the probability of a heading, caption or running title is multiplied by: it names a subject and
says nothing of it. The sets that the weights are learned from have whole sentences only."""

_COMPLETE = regex.compile(r"[.!?…。！？।۔។။]\P{L}*$|\s\|\s")


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate and the probability, 0 to 1, that it answers the question."""

    candidate: Candidate
    score: float


def rank(candidates: Sequence[Candidate], weights: Weights) -> list[Scored]:
    """Candidates by their probability of answering, best first; equal ones in the order they came."""
    return sorted((score(candidate, weights) for candidate in candidates), key=lambda item: -item.score)


def score(candidate: Candidate, weights: Weights) -> Scored:
    """A candidate with the probability that it answers; a heading counts for half of its own."""
    probability = weights.selection.of(candidate.features)
    return Scored(candidate, probability * (FRAGMENT if is_fragment(candidate.sentence.text) else 1))


def is_fragment(sentence: str) -> bool:
    """Whether it neither ends as a sentence does nor is a row of a table."""
    return _COMPLETE.search(sentence) is None


def select(ranked: Sequence[Scored], weights: Weights, max_sentences: int = MAX_SENTENCES) -> list[Scored]:
    """The sentences of the answer, in the order in which they are read.

    The best sentence opens the answer. With it go up to three that score within reach of it and do
    not repeat what is chosen: first those of the same document, then those of others, each document's
    in the order of its text.

    Args:
        ranked: from :func:`rank`.
        weights: say how far below the best a sentence may score.
        max_sentences: how many sentences at most.
    """
    chosen: list[Scored] = []
    for item in ranked:
        near = not chosen or item.score >= weights.reach * chosen[0].score
        if near and not any(_repeats(item, other) for other in chosen):
            chosen.append(item)
        if len(chosen) == max_sentences:
            break
    documents = list(dict.fromkeys(_document(item) for item in chosen))
    return chosen[:1] + sorted(
        chosen[1:],
        key=lambda item: (documents.index(_document(item)), item.candidate.sentence.span),
    )


def _document(item: Scored) -> int:
    return item.candidate.reading.document.document_id


def _repeats(item: Scored, other: Scored) -> bool:
    mine, its = item.candidate, other.candidate
    if " ".join(mine.sentence.text.split()).casefold() == " ".join(its.sentence.text.split()).casefold():
        return True
    union = mine.terms | its.terms
    return bool(union) and len(mine.terms & its.terms) / len(union) > MAX_OVERLAP
