"""The search of OpenAI's vector stores: a collection is a vector store, and a report is a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from operator import ge, gt, le, lt
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from index.documents import MAX_COLLECTION_CHARACTERS
from index.library import Library
from index.records import Filters
from ui.http.access import OwnEngine
from ui.http.openai.completions import MODEL
from ui.http.operations.observation import count_queries
from ui.http.problems import documented
from ui.http.request_bodies import MAX_FILTER_VALUES, RequestModel, Text, Words, example
from ui.http.router import Router
from ui.opening import until_warm
from ui.search import Query, batch_response
from ui.words import MAX_ID

MAX_RESULTS = 50
MAX_QUERIES = 20
MAX_CONDITIONS = 50
_VALUE_CHARACTERS = 512
"""The maximum number of characters of an attribute, according to OpenAI's description."""

_ATTRIBUTES = ("kind", "title", "publisher", "published", "language", "collection", "pages", "path")
"""The attributes of a report, beside its ``document_id``."""

Amount = Annotated[float, Field(ge=-MAX_ID, le=MAX_ID)]
Value = Text | Amount | bool
Attributes = dict[str, str | float | bool]

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


class ComparisonFilter(RequestModel):
    """Compares an attribute of a report with a value, or with several values."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: Text
    value: Value | Annotated[list[Text | Amount], Field(max_length=MAX_FILTER_VALUES)]

    def matches(self, attributes: Attributes) -> bool:
        """Return whether a report with these attributes passes the filter."""
        own = attributes.get(self.key)
        if self.type in {"eq", "ne", "in", "nin"}:
            given = self.value if isinstance(self.value, list) else [self.value]
            return (own in given) is (self.type in {"eq", "in"})
        # ISO dates compare as text, even shortened ones.
        comparable = isinstance(own, str) is isinstance(self.value, str) and own is not None
        return comparable and not isinstance(self.value, list) and _ORDERS[self.type](own, self.value)


class CompoundFilter(RequestModel):
    """Several conditions. With `and`, all of them must hold; with `or`, at least one."""

    type: Literal["and", "or"]
    filters: Annotated[list[ComparisonFilter | CompoundFilter], Field(max_length=MAX_CONDITIONS)]

    def matches(self, attributes: Attributes) -> bool:
        """Return whether a report with these attributes passes the filter."""
        each = (condition.matches(attributes) for condition in self.filters)
        return all(each) if self.type == "and" else any(each)


class RankingOptions(BaseModel):
    """The ranking of results. There is one ranker, so ``ranker`` is ignored."""

    model_config = ConfigDict(extra="allow", strict=True)

    score_threshold: float = Field(default=0.0, ge=0, le=1)


class VectorStoreSearch(BaseModel):
    """A search. The query is never rewritten."""

    model_config = ConfigDict(extra="allow", strict=True) | example(
        query="rust in the pin of gate 3",
        max_num_results=3,
        filters={"type": "eq", "key": "kind", "value": "pdf"},
    )

    query: Words | Annotated[list[Words], Field(min_length=1, max_length=MAX_QUERIES)]
    filters: ComparisonFilter | CompoundFilter | None = None
    max_num_results: int = Field(default=10, ge=1, le=MAX_RESULTS)
    ranking_options: RankingOptions = RankingOptions()

    def queries(self) -> list[str]:
        """Return the queries as a list, even if there is only one."""
        return [self.query] if isinstance(self.query, str) else self.query


def vector_stores_router(searching: CapacityLimiter) -> Router:
    """Return the route that searches a vector store; ``searching`` limits simultaneous searches."""
    router = Router("/v1", tags=["OpenAI"], responses=documented(400, 404, 413, 422, 500, 503))

    @router.post("/vector_stores/{collection:path}/search")
    async def search(
        engine: OwnEngine,
        collection: Annotated[
            Text,
            Path(
                max_length=MAX_COLLECTION_CHARACTERS,
                description=f"a collection, or `{MODEL}` for all reports",
            ),
        ],
        request: VectorStoreSearch,
        connection: HTTPConnection,
    ) -> dict[str, Any]:
        """Find the passages of a collection that match a query best, best match first.

        With several queries, each counts as a request of its own, and a passage has the score for the query
        that it matches best. `file_id` is the number of a report. `attributes` has the values that filters
        can compare, and the place of the passage in the report's text.
        """
        await count_queries(connection, len(request.queries()))
        await until_warm(engine)
        return await to_thread.run_sync(searched_page, engine.index, collection, request, limiter=searching)

    return router


def searched_page(index: Library, collection: str, request: VectorStoreSearch) -> dict[str, Any]:
    """Return the response of ``POST /v1/vector_stores/{collection}/search``.

    Raises:
        HTTPException: 404 if no report is in the collection.
        QuestionError: if a query is too long.
    """
    filters = _filters(index, collection, request.filters)
    limit = request.max_num_results
    queries = [] if filters is None else [Query(words, limit, filters) for words in request.queries()]
    best: dict[tuple[int, int], dict[str, Any]] = {}
    for searched in batch_response(index, queries)["searches"] if queries else ():
        for found in searched["results"]:
            place = found["document_id"], found["start"]
            best[place] = max(found, best.get(place, found), key=_score)
    passing = [each for each in best.values() if _score(each) >= request.ranking_options.score_threshold]
    results = sorted(passing, key=_score, reverse=True)[:limit]
    with index.catalog.reading() as reader:
        records = reader.records({found["document_id"] for found in results})
    attributes = {record.document_id: _attributes(asdict(record)) for record in records}
    return {
        "object": "vector_store.search_results.page",
        "search_query": request.queries(),
        "data": [
            _result(found, attributes[found["document_id"]])
            for found in results
            if found["document_id"] in attributes
        ],
        "has_more": False,
        "next_page": None,
    }


def _filters(
    index: Library, collection: str, condition: ComparisonFilter | CompoundFilter | None
) -> Filters | None:
    """Return the library's filters for a search; None if no report passes ``condition``.

    Raises:
        HTTPException: 404 if no report is in the collection.
    """
    own = Filters() if collection == MODEL else Filters(collections=(collection,))
    with index.catalog.reading() as reader:
        if own and not reader.count_documents(own):
            raise HTTPException(
                404, f"no report is in the collection {collection!r}; {MODEL!r} has all of them"
            )
        if condition is None:
            return own
        passing = [row["document_id"] for row in reader.list_rows() if condition.matches(_attributes(row))]
    return replace(own, document_ids=tuple(passing)) if passing else None


def _score(found: Mapping[str, Any]) -> float:
    return float(found["score"])


def _attributes(row: Mapping[str, Any]) -> Attributes:
    known = {"document_id": row["document_id"]} | {name: row[name] for name in _ATTRIBUTES}
    return {
        name: value[:_VALUE_CHARACTERS] if isinstance(value, str) else value
        for name, value in known.items()
        if value is not None
    }


def _result(found: Mapping[str, Any], attributes: Attributes) -> dict[str, Any]:
    place = {name: found[name] for name in ("version", "page", "start", "end") if found[name] is not None}
    return {
        "file_id": str(found["document_id"]),
        "filename": found["path"],
        "score": found["score"],
        "attributes": {**attributes, **place},
        "content": [{"type": "text", "text": found["text"]}],
    }
