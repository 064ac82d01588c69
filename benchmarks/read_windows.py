"""Training examples of the reader: the windows that the product reads for a question."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.asked import Asked
from benchmarks.reader_examples import Example
from rag.finding.ranking import Weights, rank
from rag.finding.reader import Window, windows_of

MOST_RIGHT, MOST_WRONG = 1, 2
"""The most windows that a question supplies: windows that answer it, and windows that do not."""

UNTITLED = 0.2
"""The share of windows from which the title is left out, because many reports have no good title."""


def windows_read(asked: Asked, weights: Weights, chance: random.Random) -> Iterator[Example]:
    """Yield a window that answers a question, the best one that does not, and another that does not.

    Args:
        asked: the question with its candidates.
        weights: rank the candidates; the product reads the best ones.
        chance: the random generator.
    """
    right, wrong = _windows(asked.to_learn_from(), weights)
    chosen = chance.sample(right, min(MOST_RIGHT, len(right))) + wrong[:1]
    chosen += chance.sample(wrong[1:], min(MOST_WRONG - 1, len(wrong[1:])))
    for example in chosen:
        title = example.window.title if chance.random() >= UNTITLED else ""
        yield replace(example, window=Window(title, example.window.sentences))


def windows_with_gold(asked: Asked, weights: Weights) -> list[Example]:
    """Return the windows that answer a question, and the best one that does not."""
    right, wrong = _windows(asked.to_learn_from(), weights)
    return right + wrong[:1]


def _windows(asked: Asked, weights: Weights) -> tuple[list[Example], list[Example]]:
    """Return the windows that answer, and those that do not, both in the order of the product's ranking."""
    gold = asked.gold_by_sentence
    right: list[Example] = []
    wrong: list[Example] = []
    for item in windows_of([scored.candidate for scored in rank(asked.candidates, weights)]):
        flags = [gold.get((item.reading, number), False) for number in item.numbers]
        example = Example(asked.question.text, item.window, (*[False] * item.headings, *flags), asked.answers)
        (right if any(flags) else wrong).append(example)
    return right, wrong
