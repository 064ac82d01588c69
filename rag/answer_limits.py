"""Limits of an answer: how much of the library is read for it, and how many sentences it cites.

Evaluations may vary the limits in :class:`AnswerLimits`. An answer that a language model writes has another
limit, ``MAX_STATEMENTS`` in :mod:`rag.llm.messages`.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.search import DENSE_WEIGHT

READ_HITS = 8
"""The number of passages that are read for an answer."""

MAX_READ = 24
"""The most candidate sentences that the reader (:mod:`rag.finding.reader`) reads."""

WIDEN_BY = 2
"""The number of sentences that are read before each hit, and after it; fewer at the ends of a document."""

MAX_SENTENCES = 8
"""The most sentences of a quoted answer; it has at least one."""

CERTAIN = 0.9
"""If the probability that the library answers a question is at least this, it counts as certain. Below it, a
sentence that a language model writes gets no better verdict than ``paraphrased``. Of the
unanswerable questions in two evaluation sets, a tenth (squad2) and none (clapnq) reach this probability
(``benchmarks/certain.py``)."""


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """The parameters of an answer; the defaults performed best in measurements.

    Attributes:
        dense_weight: the weight of the vectors' score in the fused score of a search: 0 to search by words
            alone, 1 by vectors alone.
        read_hits: the number of passages that are read.
        widen_by: the number of sentences before and after each passage that are read.
        max_sentences: the most sentences of an answer.
        certain: the lowest probability that counts as a certain answer. Below it, no sentence of a language
            model counts as supported.
        threshold: the probability that the library answers, below which the engine abstains; None for the
            calibrated threshold.
    """

    dense_weight: float = DENSE_WEIGHT
    read_hits: int = READ_HITS
    widen_by: int = WIDEN_BY
    max_sentences: int = MAX_SENTENCES
    certain: float = CERTAIN
    threshold: float | None = None


DEFAULT_LIMITS = AnswerLimits()
"""The parameters that are used by default."""
