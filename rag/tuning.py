"""How much is read for an answer: the numbers that an evaluation may vary."""

from __future__ import annotations

from dataclasses import dataclass

from index.records import DENSE_WEIGHT

READ_HITS = 8
"""Passages that are read for an answer."""

WIDEN_BY = 2
"""Sentences that are read before and after a hit, where its document goes on."""

MAX_SENTENCES = 4
"""An answer has one to four sentences."""


CERTAIN = 0.78
"""The probability from which on the library answers a question for certain: below it, what a language model
writes is supported in part at most. Of squad2's and of clapnq's questions that nothing answers a tenth reach
it (``benchmarks/certain.py``)."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What an answer is made with; the defaults are what was measured to be best.

    Attributes:
        dense_weight: the share of the dense score in the fused one, 0 to 1.
        read_hits: passages that are read.
        widen_by: sentences that are read before and after each of them.
        max_sentences: sentences of an answer at most.
        certain: the probability from which on what a language model writes may count as supported.
        threshold: the probability below which there is no answer; None for the calibrated one.
    """

    dense_weight: float = DENSE_WEIGHT
    read_hits: int = READ_HITS
    widen_by: int = WIDEN_BY
    max_sentences: int = MAX_SENTENCES
    certain: float = CERTAIN
    threshold: float | None = None


DEFAULT_TUNING = Tuning()
"""What is used unless told otherwise."""
