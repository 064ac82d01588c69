"""The results of searches and lists. Answers and their events have the types of ``rag``.

Fields that a newer server adds are ignored.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, TypeVar, cast

from pydantic import TypeAdapter

from index.records import Filters
from rag.answers import Answer, Citation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a passage by meaning (cosine) and by words (BM25).

    A score is None if that kind of search did not find the passage.
    """

    dense: float | None
    lexical: float | None


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """A sentence of a passage, as offsets in code points, and the probability that it answers the query."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A passage that a search found. Its text is ``document.text[start:end]``.

    The other fields have the same meaning as in :class:`rag.answers.Passage`.
    """

    document_id: int
    version: int
    title: str
    publisher: str | None
    published: str | None
    path: str
    page: int | None
    page_label: str | None = field(default=None, kw_only=True)
    start: int
    end: int
    text: str
    score: float
    scores: Scores
    sentences: tuple[SentenceScore, ...]
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """The passages that match a query, best first.

    Attributes:
        query: the query, without white space around it.
        results: the passages.
        took_ms: the time of the search, in milliseconds.
        generation: the state of the library that was searched, as the number of commits that had changed its
            passages.
    """

    query: str
    results: tuple[SearchResult, ...]
    took_ms: float
    generation: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document; the fields have the same meaning as in :class:`index.records.DocumentRecord`."""

    document_id: int
    version: int
    path: str
    kind: str
    title: str
    publisher: str | None
    author: str | None
    published: str | None
    language: str
    collection: str | None
    pages: int | None
    characters: int
    passages: int
    digest: str
    added: str


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of a document from ``start`` to ``end``; ``characters`` is the length of the whole text."""

    document_id: int
    version: int
    title: str
    text: str
    start: int
    end: int
    characters: int


def parse(kind: type[T], value: Any) -> T:  # noqa: ANN401 (JSON)
    """Raises pydantic.ValidationError if the JSON does not fit the type."""
    parsed: T = _adapter(cast("Hashable", kind)).validate_python(value)
    return parsed


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 (a type)
    return TypeAdapter(kind)


class Source(Protocol):
    """A client of a server, or of a library in this process."""

    def search(self, query: str, limit: int = ..., filters: Filters = ...) -> SearchResponse:
        """Find the passages that match a query, best first."""

    def ask(self, question: str, filters: Filters = ...) -> Answer:
        """Answer a question; if the library has no answer, abstain and give the reasons."""


def metadata_of(found: SearchResult | Citation) -> dict[str, Any]:
    """Return the metadata of a passage or a footnote: its document, version, span, page and publication."""
    names = (
        *("document_id", "version", "start", "end", "page", "page_label"),
        *("path", "title", "publisher", "published"),
    )
    return {name: getattr(found, name) for name in names}


def id_of(found: SearchResult | Citation) -> str:
    """Return an id for a passage or a footnote, made of its document, version, start and end."""
    return f"{found.document_id}.{found.version}:{found.start}-{found.end}"
