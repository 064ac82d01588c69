"""Quality of the selection: whether the cited sentences are those that answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.documents import Span
from index.library import Library
from rag.answers import Answer
from rag.evaluation.answered_queries import AnsweredQuery
from rag.evaluation.bootstrap import KeyPath, Sample, mean
from rag.evaluation.datasets import Evidence, Query

FIRST_SENTENCES = 3
"""The number of sentences of the best passage that the baseline without selection cites."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A cited span, with its words."""

    document: str
    span: Span
    text: str


def measure_selection(
    asked: Sequence[AnsweredQuery], index: Library, dense_weight: float
) -> dict[KeyPath, Sample]:
    """Measure the citations for the questions whose correct answer (the gold standard) is known.

    ``first_correct`` is the share of questions whose first citation is correct, and ``any_correct`` the share
    of those with any correct citation. ``precision``, ``recall`` and ``f1`` compare the citations of each
    question with the gold sentences or spans. ``first_three`` has these three figures for a baseline that
    cites the first sentences of the best passage. An abstention counts as citing nothing correct.

    Args:
        asked: the answers to the set's questions.
        index: the library that answered them.
        dense_weight: the weight of the vectors' score in the fused score of the library's search, 0 to 1.
    """
    known = [item for item in asked if item.query.has_gold]
    if not known:
        return {}
    ids = tuple(item.query.id for item in known)
    right = [[is_gold(item.query, quote) for quote in quotes_of(item.answer)] for item in known]
    samples: dict[KeyPath, Sample] = {
        ("selection", "first_correct"): Sample(ids, mean([float(any(marks[:1])) for marks in right])),
        ("selection", "any_correct"): Sample(ids, mean([float(any(marks)) for marks in right])),
    }
    marked = [item for item in known if item.query.sentences or item.query.evidence]
    if marked:
        chosen = [agreement(item.query, quotes_of(item.answer)) for item in marked]
        plain = [agreement(item.query, _first_three(index, item.query, dense_weight)) for item in marked]
        names = tuple(item.query.id for item in marked)
        for key_path, found in ((("selection",), chosen), (("selection", "first_three"), plain)):
            for name in found[0]:
                samples[*key_path, name] = Sample(names, mean([each[name] for each in found]))
    return samples


def quotes_of(answer: Answer) -> list[Quote]:
    """Return the quotes of an answer, in the order of its footnotes."""
    return [
        Quote(citation.path, Span(citation.start, citation.end), citation.quote)
        for citation in answer.citations
    ]


def is_gold(query: Query, quote: Quote) -> bool:
    """Return whether a quote contains an answer, or matches or overlaps a gold sentence or span."""
    words = _plain(quote.text)
    return (
        any(_plain(answer) in words for answer in query.answers)
        or any(_same(words, sentence) for sentence in query.sentences)
        or any(_overlaps(quote, item) for item in query.evidence)
    )


def agreement(query: Query, quotes: Sequence[Quote]) -> dict[str, float]:
    """Return how far quotes agree with the gold sentences and spans, which the data set gives as answers.

    Returns:
        ``precision`` is the share of the quotes that match or overlap a gold sentence or span (0 without
        quotes); ``recall`` is the share of the gold sentences and spans that a quote matches or overlaps;
        ``f1`` is the harmonic mean of both.
    """
    of_sentences = [[_same(_plain(quote.text), sentence) for quote in quotes] for sentence in query.sentences]
    of_stretches = [[_overlaps(quote, item) for quote in quotes] for item in query.evidence]
    gold = of_sentences + of_stretches
    right = [any(marks) for marks in zip(*gold, strict=True)]
    precision = sum(right) / len(quotes) if quotes else 0.0
    recall = sum(any(marks) for marks in gold) / len(gold)
    total = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / total if total else 0.0}


def _first_three(index: Library, query: Query, dense_weight: float) -> list[Quote]:
    hits = index.search(query.text, 1, dense_weight=dense_weight)
    return [
        Quote(hit.document.path, span, hit.text[span.start - hit.span.start : span.end - hit.span.start])
        for hit in hits
        for span in hit.sentences[:FIRST_SENTENCES]
    ]


def _same(words: str, sentence: str) -> bool:
    """Return whether one text contains the other.

    Such texts count as the same sentence, because annotators split sentences differently.
    """
    gold = _plain(sentence)
    return words in gold or gold in words


def _overlaps(quote: Quote, gold: Evidence) -> bool:
    if quote.document != gold.document:
        return False
    return quote.span.start < gold.span.end and gold.span.start < quote.span.end


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
