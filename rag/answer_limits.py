"""How much of the library is read for an answer, and how many sentences it cites."""

from __future__ import annotations

from dataclasses import dataclass

from index.search import DENSE_WEIGHT

READ_HITS = 36
"""The number of passages that are read. The reader gets only the :data:`MAX_READ` nearest of their sentences,
so more passages take little more time; ``benchmarks/passages.py`` compares other numbers."""

LISTED_PASSAGES = 8
"""The most passages that an answer lists: the nearest ones of those that were read.

A stored answer contains their words, so only users who may see all of their reports may see the answer."""

MAX_READ = 48
"""The most candidate sentences that the reader (:mod:`rag.finding.reading`) reads."""

WIDEN_BY = 2
"""The number of sentences that are read on each side of a found passage; fewer at the ends of a document."""

MAX_SENTENCES = 8
"""The most sentences of a quoted answer; it has at least one."""

CERTAIN = 0.9
"""An answer is certain from this probability that the library answers the question. Below it, the best
verdict on a sentence that a language model writes is ``paraphrased``. ``benchmarks/certain.py`` says how many
answerable and unanswerable questions reach it."""


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """The parameters of an answer; the defaults performed best in measurements.

    ``dense_weight`` is the weight of the vectors in the fused score of a search: 0 to search by words alone,
    1 by vectors alone. With a probability below ``threshold`` that the library answers, the engine abstains;
    None for the calibrated threshold.
    """

    dense_weight: float = DENSE_WEIGHT
    read_hits: int = READ_HITS
    widen_by: int = WIDEN_BY
    max_sentences: int = MAX_SENTENCES
    certain: float = CERTAIN
    threshold: float | None = None


DEFAULT_LIMITS = AnswerLimits()
