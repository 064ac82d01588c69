"""The response of a search, for the HTTP interface and, without FastAPI, for the command ``search``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from index.documents import Span
from index.library import NO_FILTERS, Library
from index.records import Filters
from index.search import Hit, Snapshot
from rag.errors import QuestionError
from rag.finding import LARGEST_PRIOR, find_candidates, read
from rag.questions import Question, understand

SentenceScores = Mapping[tuple[int, Span], float]


def embed(index: Library, text: str) -> None:
    """The encoder caches the vector for the search that follows, which raises the error of a bad question."""
    with suppress(QuestionError):
        index.encoder.encode_query(understand(text).text)


@dataclass(frozen=True, slots=True)
class Query:
    words: str
    limit: int = 10
    filters: Filters = NO_FILTERS


def search_response(
    index: Library, query: str, limit: int = 10, filters: Filters = NO_FILTERS
) -> dict[str, Any]:
    """Raises QuestionError if the query is empty or too long."""
    with index.snapshot() as snapshot:
        return _response(snapshot, Query(query, limit, filters))


def batch_response(index: Library, queries: Sequence[Query]) -> dict[str, Any]:
    """All searches see the same state. Raises QuestionError if a query is empty or too long."""
    began = time.perf_counter()
    with index.snapshot() as snapshot:
        snapshot.encoder.encode_queries(understand(query.words).text for query in queries)
        searches = [_response(snapshot, query) for query in queries]
    return {"searches": searches, "took_ms": _milliseconds(began), "generation": snapshot.generation}


def _response(snapshot: Snapshot, query: Query) -> dict[str, Any]:
    began = time.perf_counter()
    question = understand(query.words)
    hits = snapshot.search(question.text, query.limit, query.filters)
    scores = sentence_scores(snapshot, question, hits)
    return {
        "query": question.text,
        "results": [result_of(hit, scores) for hit in hits],
        "took_ms": _milliseconds(began),
        "generation": snapshot.generation,
    }


def _milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def sentence_scores(index: Snapshot, question: Question, hits: Sequence[Hit]) -> SentenceScores:
    """From 0 to 1, as for the selection of sentences; those that state nothing, as titles, have none."""
    candidates = find_candidates(index, question, hits, read(index, hits, widen_by=0))
    return {
        (each.reading.document.document_id, each.sentence.span): each.prior / LARGEST_PRIOR
        for each in candidates
    }


def result_of(hit: Hit, scores: SentenceScores) -> dict[str, Any]:
    return {
        "document_id": hit.document.document_id,
        "version": hit.document.version,
        "title": hit.document.title,
        "publisher": hit.document.publisher,
        "published": hit.document.published,
        "path": hit.document.path,
        "page": hit.page,
        "page_label": hit.page_label,
        "start": hit.span.start,
        "end": hit.span.end,
        "text": hit.text,
        "score": hit.score,
        "scores": {"dense": hit.dense, "lexical": hit.lexical},
        "sentences": [
            {"start": span.start, "end": span.end, "score": scores.get((hit.document.document_id, span), 0.0)}
            for span in hit.sentences
        ],
        "recognised": hit.recognised,
    }
