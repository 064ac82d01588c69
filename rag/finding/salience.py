"""How likely people are to ask about a sentence, whatever the question.

Nobody asks about forward-looking statements, an auditor's duties or what a chapter describes; people ask
about what happened, how much, and who. ``benchmarks/train_salience.py`` learned to tell them apart, by the
vectors of the default encoder, from the sentences that answer questions about eighty reports.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("salience.npy")
"""The weight of each number of a vector, and last the constant; shape (dimensions + 1,)."""


def salience_of(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how likely people are to ask about each sentence, from 0 to 1; shape (sentences,).

    It is one half for a sentence that would as likely be asked about as not, if half of all sentences were.

    Args:
        vectors: vectors of the default encoder, shape (sentences, dimensions).
    """
    weights = _weights()
    return np.asarray(1 / (1 + np.exp(-(vectors @ weights[:-1] + weights[-1]))), np.float32)


@cache
def _weights() -> npt.NDArray[np.float32]:
    return np.asarray(np.load(FILE, allow_pickle=False), np.float32)
