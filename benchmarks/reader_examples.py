"""Training examples of the reader: questions with windows that answer them or do not.

Real questions come from the ``train`` part of the sets. Their negatives are passages that the product's own
search finds and that do not answer, and the right passage without its answering sentence. The right passage
is also a negative for two made-up questions that it seems to answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.near_misses import near_miss
from index.documents import Document, Span
from index.library import Library
from index.text.segmentation import sentences
from rag.evaluation import Dataset
from rag.evaluation.datasets import Part, Query, part_of
from rag.evaluation.selection import Quote, is_gold
from rag.finding.windows import Window

MAX_SENTENCES = 5
RETRIEVED = 12
"""The number of passages that are searched for negatives."""

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
    """The sentences of an English passage."""
    return tuple(span.of(text) for span in sentences(text, "en"))


def real(dataset: Dataset, index: Library | None, part: Part, seed: int = 0) -> list[Example]:
    """The questions of one part of a set, each with the windows that answer it and some that do not.

    Args:
        dataset: the set.
        index: an index of its documents, to search for negatives; None to use the right passage alone, whole.
        part: the part of the titles.
        seed: the seed of the random choice of windows.
    """
    chance = random.Random(seed)  # noqa: S311
    return [
        example
        for query in dataset.queries
        if query.about is not None
        and part_of(dataset.title_of(query)) == part
        and (query.has_gold or query.answerable is False)
        for example in _of_question(dataset, index, query, query.about, chance)
    ]


def gold_flags(query: Query, texts: Sequence[str]) -> tuple[bool, ...]:
    """Whether each sentence answers the question."""
    if query.answerable is False:
        return (False,) * len(texts)
    quotes = [Quote("", Span(0, len(text)), text) for text in texts]
    return tuple(is_gold(query, quote) for quote in quotes)


def crop(example: Example, chance: random.Random) -> Example:
    """A random run of at most ``MAX_SENTENCES`` sentences, around a gold one if there is one."""
    texts = example.window.sentences
    gold = example.gold or (False,) * len(texts)
    length = min(len(texts), chance.randint(2, MAX_SENTENCES))
    places = [place for place, is_gold in enumerate(gold) if is_gold]
    about = chance.choice(places) if places else chance.randrange(max(len(texts), 1))
    start = min(max(about - chance.randrange(length), 0), len(texts) - length) if texts else 0
    title = example.window.title if chance.random() < 0.8 else ""
    kept = slice(start, start + length)
    return replace(example, window=Window(title, texts[kept]), gold=gold[kept])


def _whole(question: str, document: Document) -> Example:
    """An example with a whole passage that does not answer."""
    return Example(question, Window(document.title, split(document.text)), (), ())


def _of_question(
    dataset: Dataset, index: Library | None, query: Query, about: str, chance: random.Random
) -> Iterator[Example]:
    document = dataset.documents[about]
    texts = split(document.text)
    right = Example(query.text, Window(document.title, texts), gold_flags(query, texts), query.answers)
    answerable = any(right.gold)
    if index is None:
        yield right
        return
    if query.answerable is not False and not answerable:
        return
    for _ in range(2):
        yield crop(right, chance)
    if answerable:
        if not all(right.gold) and chance.random() < 0.6:
            yield crop(_without_gold(right), chance)
        related = [other.text for other in dataset.documents.values() if other.title == document.title]
        for _ in range(NEAR_MISSES):
            missing = near_miss(query.text, document.text, related, chance)
            if missing:
                yield crop(_null(replace(right, question=missing)), chance)
    wrong = [
        hit
        for hit in index.search(query.text, RETRIEVED)
        if hit.document.path != about and not any(gold_flags(replace(query, answerable=None), [hit.text]))
    ]
    for hit in wrong[:1] + chance.sample(wrong[1:], min(1, len(wrong[1:]))):
        yield crop(_whole(query.text, dataset.documents[hit.document.path]), chance)


def _null(example: Example) -> Example:
    return replace(example, gold=(False,) * len(example.window.sentences), answers=())


def _without_gold(example: Example) -> Example:
    pairs = zip(example.window.sentences, example.gold, strict=True)
    texts = tuple(text for text, is_gold in pairs if not is_gold)
    texts = tuple(
        text for text in texts if not any(answer.casefold() in text.casefold() for answer in example.answers)
    )
    return _null(replace(example, window=Window(example.window.title, texts)))
