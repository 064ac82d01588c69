"""How much of the library is read for an answer, how many sentences it cites, how long a plan takes."""

from __future__ import annotations

from dataclasses import dataclass

from index.search import DENSE_WEIGHT

# More passages take little more time, because the reader gets only the :data:`MAX_READ` nearest sentences.
READ_HITS = 36
# A stored answer contains their words, so only users who may see all of their reports may see the answer.
LISTED_PASSAGES = 8
MAX_READ = 48

WIDEN_BY = 2  # sentences on each side of a found passage
MAX_SENTENCES = 8

PLAN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """``dense_weight`` is 0 for words alone, 1 for vectors alone; ``threshold`` None: the calibrated one.

    ``plan_seconds`` are for the reply of a language model that plans the searches; with 0, none is asked for.
    """

    dense_weight: float = DENSE_WEIGHT
    read_hits: int = READ_HITS
    widen_by: int = WIDEN_BY
    max_sentences: int = MAX_SENTENCES
    threshold: float | None = None
    plan_seconds: float = PLAN_SECONDS


DEFAULT_LIMITS = AnswerLimits()
