"""How much of the library is read for an answer, how many sentences it cites, and what a model costs."""

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

# The probability from which an answer is certain; ``benchmarks/certain.py`` says how many questions reach it.
CERTAIN = 0.9

# Of a language model for one answer: one plans the searches, one writes, one judges, one repairs.
LLM_CALLS = 4
# From so many calls on, one of them plans.
CALLS_WITH_PLAN = 2
PLAN_SECONDS = 10.0
PLAN_TOKENS = 300


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """``dense_weight`` is 0 for words alone, 1 for vectors alone; ``threshold`` None: the calibrated one.

    ``plan_seconds`` and ``plan_tokens`` limit the reply that plans the searches.
    """

    dense_weight: float = DENSE_WEIGHT
    read_hits: int = READ_HITS
    widen_by: int = WIDEN_BY
    max_sentences: int = MAX_SENTENCES
    certain: float = CERTAIN
    threshold: float | None = None
    llm_calls: int = LLM_CALLS
    plan_seconds: float = PLAN_SECONDS
    plan_tokens: int = PLAN_TOKENS

    @property
    def may_plan(self) -> bool:
        return self.llm_calls >= CALLS_WITH_PLAN


DEFAULT_LIMITS = AnswerLimits()
