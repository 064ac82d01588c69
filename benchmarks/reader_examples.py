"""Training examples of the reader: questions with crops of the passage that they are about.

A crop is a run of a few sentences, which may contain the answer. Negatives are crops of the passage without
its answering sentence, and crops for made-up questions that the passage only seems to answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.near_misses import near_miss
from index.documents import Document, Span
from index.text.segmentation import sentences
from rag.evaluation import Dataset
from rag.evaluation.datasets import Part, Query, part_of
from rag.evaluation.selection import Quote, is_gold
from rag.finding.reader import Window

MAX_SENTENCES = 5
WITHOUT_GOLD = 0.6
"""The share of the questions that also get a crop of the passage without the answering sentence."""

NEAR_MISSES = 2
"""The number of made-up questions for each real one."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a window.

    Attributes:
        question: the question.
        window: the sentences that may contain the answer.
        gold: whether each sentence answers; all False if the window does not answer.
        answers: answer strings within gold sentences; empty if the whole sentence is the answer.
    """

    question: str
    window: Window
    gold: tuple[bool, ...]
    answers: tuple[str, ...]


def split(text: str) -> tuple[str, ...]:
    """Return the sentences of an English passage."""
    return tuple(span.of(text) for span in sentences(text, "en"))


def crops(dataset: Dataset, part: Part, seed: int = 0) -> Iterator[Example]:
    """Yield the questions of one part of a set, with crops of their passages that answer them or do not.

    Args:
        dataset: the set.
        part: the part of the titles.
        seed: the seed of the random choice of crops.
    """
    chance = random.Random(seed)  # noqa: S311
    for query, document, right in _whole_passages(dataset, part):
        if not any(right.gold):
            if query.answerable is False:
                yield crop(right, chance)
            continue
        yield crop(right, chance)
        if not all(right.gold) and chance.random() < WITHOUT_GOLD:
            yield crop(_without_gold(right), chance)
        related = [other.text for other in dataset.documents.values() if other.title == document.title]
        for _ in range(NEAR_MISSES):
            missing = near_miss(query.text, document.text, related, chance)
            if missing:
                yield crop(_null(replace(right, question=missing)), chance)


def passages(dataset: Dataset, part: Part) -> list[Example]:
    """Return the questions of one part of a set, each with the whole passage that it is about."""
    return [example for _, _, example in _whole_passages(dataset, part)]


def _whole_passages(dataset: Dataset, part: Part) -> Iterator[tuple[Query, Document, Example]]:
    for query in dataset.queries:
        if query.about is None or part_of(dataset.title_of(query)) != part:
            continue
        if query.has_gold or query.answerable is False:
            document = dataset.documents[query.about]
            texts = split(document.text)
            window = Window(document.title, texts)
            yield query, document, Example(query.text, window, gold_flags(query, texts), query.answers)


def gold_flags(query: Query, texts: Sequence[str]) -> tuple[bool, ...]:
    """Return whether each sentence answers the question."""
    if query.answerable is False:
        return (False,) * len(texts)
    quotes = [Quote("", Span(0, len(text)), text) for text in texts]
    return tuple(is_gold(query, quote) for quote in quotes)


def crop(example: Example, chance: random.Random) -> Example:
    """Return a random run of at most ``MAX_SENTENCES`` sentences, around a gold one if there is one."""
    texts = example.window.sentences
    gold = example.gold or (False,) * len(texts)
    length = min(len(texts), chance.randint(2, MAX_SENTENCES))
    places = [place for place, is_gold in enumerate(gold) if is_gold]
    about = chance.choice(places) if places else chance.randrange(max(len(texts), 1))
    start = min(max(about - chance.randrange(length), 0), len(texts) - length) if texts else 0
    title = example.window.title if chance.random() < 0.8 else ""
    kept = slice(start, start + length)
    return replace(example, window=Window(title, texts[kept]), gold=gold[kept])


def _null(example: Example) -> Example:
    return replace(example, gold=(False,) * len(example.window.sentences), answers=())


def _without_gold(example: Example) -> Example:
    pairs = zip(example.window.sentences, example.gold, strict=True)
    texts = tuple(text for text, is_gold in pairs if not is_gold)
    texts = tuple(
        text for text in texts if not any(answer.casefold() in text.casefold() for answer in example.answers)
    )
    return _null(replace(example, window=Window(example.window.title, texts)))
