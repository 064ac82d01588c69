"""A set of questions over documents, with the correct answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from index.documents import Document, Span
from rag.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of a document that answers a question."""

    document: str
    span: Span


@dataclass(frozen=True, slots=True)
class Query:
    """A question, with its correct answers.

    Attributes:
        id: its id in the set.
        text: the question.
        answerable: whether the documents answer it; None if the set does not say.
        answers: strings; a quoted sentence that contains one of them is correct.
        sentences: the texts of whole sentences that answer the question.
        evidence: spans of documents that answer the question.
        judged: the relevance grades of documents, by document name; 0 is irrelevant.
        about: the document that the question was asked about, even if that document does not answer it; None
            if unknown.
    """

    id: str
    text: str
    answerable: bool | None = None
    answers: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    judged: Mapping[str, int] | None = None
    about: str | None = None

    @property
    def has_gold(self) -> bool:
        """Return whether the set has words or sentences of a correct answer, to compare citations with."""
        return self.answerable is not False and bool(self.answers or self.sentences or self.evidence)

    @property
    def relevant(self) -> tuple[str, ...]:
        """The relevant documents, in the order of the set."""
        return tuple(name for name, grade in (self.judged or {}).items() if grade > 0)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement, with the sentences of one document that support or contradict it.

    Attributes:
        query: the id of the question whose text is the statement.
        text: the statement.
        document: the document's name.
        supported: whether the sentences support it rather than contradict it.
        sentences: the sentences.
    """

    query: str
    text: str
    document: str
    supported: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A set of questions over documents.

    Attributes:
        name: the name of its folder.
        documents: the documents by name; a name is an id of the corpus, or a path in the folder.
        queries: the questions, in the order of the file.
        claims: statements to verify; most sets have none.
        notes: parts of the set that cannot be used, with the reasons, in sentences for a person.
    """

    name: str
    documents: Mapping[str, Document]
    queries: tuple[Query, ...]
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    def title_of(self, query: Query) -> str:
        """Return the title that decides whether a question is used for training, tuning or testing.

        It is the title of the document that the question is about, or the document's name if it has no title.
        If the document is unknown, it is the question's id.
        """
        if query.about is None:
            return query.id
        return self.documents[query.about].title or query.about


def choose(dataset: Dataset, limit: int | None = None, *, held_out: bool = False) -> Dataset:
    """Return a copy of the set that keeps only some of its questions, and the claims that belong to them.

    Args:
        dataset: the whole set.
        limit: the most questions to keep; None keeps all. The kept questions are evenly spread over the
            order of the set, so that every subject has its share.
        held_out: whether to keep only the questions of the test part, which no training or tuning has used.

    Raises:
        DatasetError: if no question remains.
    """
    queries: Sequence[Query] = dataset.queries
    if held_out:
        queries = [query for query in queries if part_of(dataset.title_of(query)) == "test"]
    if limit is not None:
        queries = spread(queries, limit)
    if not queries:
        raise DatasetError(
            f"{dataset.name} has no question in the held-out part; evaluate all of it, without --held-out"
        )
    kept = {query.id for query in queries}
    claims = tuple(claim for claim in dataset.claims if claim.query in kept)
    return replace(dataset, queries=tuple(queries), claims=claims)


def spread(queries: Sequence[Query], limit: int) -> Sequence[Query]:
    """Return at most ``limit`` of the questions, at even intervals in their order; always the same ones."""
    if limit >= len(queries):
        return queries
    return [queries[number * len(queries) // limit] for number in range(limit)]


def locate(document: Document, start: int, end: int, quote: str | None) -> Span | None:
    """Locate a quote in a document: at its stated offsets, or where its words occur if they occur once.

    Args:
        document: the document as it is read now.
        start: the stated start of the quote.
        end: the stated end of the quote.
        quote: its words; None to trust the offsets.

    Returns:
        The span at the stated offsets, if the document has the quote there. Otherwise, the span of the quote
        if it occurs exactly once, else None.
    """
    if 0 <= start < end <= len(document.text) and quote in {None, document.text[start:end]}:
        return Span(start, end)
    if not quote:
        return None
    first = document.text.find(quote)
    if first < 0 or document.text.find(quote, first + 1) >= 0:
        return None
    return Span(first, first + len(quote))


def named(items: Iterable[str], shown: int = 3) -> str:
    """Join names as text. After the first ``shown`` names, only count the rest: ``a, b, c and 2 more``."""
    names = list(dict.fromkeys(items))
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


Part = Literal["train", "tune", "test"]

_TRAIN, _TUNE = 154, 192
"""Bounds for the first byte of a title's digest. They use 60 % of the titles for training, 15 % for tuning,
and 25 % for results."""


def part_of(title: str) -> Part:
    """Return the part of the split to which the documents with this title belong.

    For a document without a title, pass its name.
    """
    first = hashlib.sha256(title.encode()).digest()[0]
    if first < _TRAIN:
        return "train"
    return "tune" if first < _TUNE else "test"
