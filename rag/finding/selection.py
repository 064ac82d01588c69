"""Selects the sentences of a quoted answer: as many as the question needs, none of which repeats another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rag.answer_limits import MAX_SENTENCES
from rag.finding.ranking import Calibration, Scored, by_document
from rag.questions import Form, Question

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

    Args:
        ranked: from :func:`rag.finding.ranking.rank`.
        question: the question, whose form decides which sentences follow.
        calibration: the shares.
        max_sentences: the most sentences to return.
    """
    if not ranked:
        return []
    if question.form in {Form.FACT, Form.COMPARISON}:
        chosen = _nearly_equal(ranked, calibration.second_share, max_sentences)
    else:
        least = calibration.reach * ranked[0].score
        chosen = list(islice(_distinct(item for item in ranked if item.score >= least), max_sentences))
    return chosen[:1] + [item for item in by_document(chosen) if item is not chosen[0]]


def _nearly_equal(ranked: Sequence[Scored], share: float, most: int) -> list[Scored]:
    """Return the best sentence, and the next one that does not repeat it if it is nearly as probable."""
    best, *others = islice(_distinct(ranked), min(most, 2))
    return [best, *(other for other in others if other.score >= share * best.score)]


def _distinct(items: Iterable[Scored]) -> Iterator[Scored]:
    """Yield the sentences that repeat no sentence yielded before."""
    chosen: list[Scored] = []
    for item in items:
        if not is_repeated(item, chosen):
            chosen.append(item)
            yield item


def is_repeated(item: Scored, chosen: Sequence[Scored]) -> bool:
    """Return whether a chosen sentence says the same."""
    return any(_repeats(item, other) for other in chosen)


def _repeats(item: Scored, other: Scored) -> bool:
    """Return whether two sentences say the same; two rows of tables must agree in all words and headings."""
    one, another = item.candidate, other.candidate
    if " ".join(one.sentence.text.split()).casefold() == " ".join(another.sentence.text.split()).casefold():
        return one.sentence.in_context == another.sentence.in_context or not one.sentence.headings
    if one.sentence.headings and another.sentence.headings:
        return False
    union = one.terms | another.terms
    return bool(union) and len(one.terms & another.terms) / len(union) > MAX_OVERLAP
