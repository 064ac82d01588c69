"""A set of questions over documents, with what is right for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from index.documents import Document, Span
from rag.errors import DatasetError
from rag.evaluation.splits import part_of


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a document that answers a question."""

    document: str
    span: Span


@dataclass(frozen=True, slots=True)
class Query:
    """A question, with what is right for it.

    Attributes:
        id: its id in the set.
        text: the question.
        answerable: whether the documents answer it; None where the set does not say.
        answers: strings that answer where they stand in a quoted sentence.
        sentences: whole sentences that answer, as text.
        evidence: stretches of documents that answer.
        judged: how relevant documents are, by name; 0 is not.
        about: the document that it was asked about, also where that does not answer it; None if unknown.
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
        """Whether a citation can be told right from wrong: it is answerable, and the set says by what."""
        return self.answerable is not False and bool(self.answers or self.sentences or self.evidence)

    @property
    def relevant(self) -> tuple[str, ...]:
        """The documents that are judged relevant, as the set lists them."""
        return tuple(name for name, grade in (self.judged or {}).items() if grade > 0)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement, with the sentences of one document that support or contradict it.

    Attributes:
        query: the id of the question that has the statement as its text.
        text: the statement.
        document: the document's name.
        supported: whether the sentences support it, rather than contradict it.
        sentences: the sentences.
    """

    query: str
    text: str
    document: str
    supported: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A set.

    Attributes:
        name: its folder's name.
        documents: by name: an id of the corpus, or a path in the folder.
        queries: the questions, in the order of the file.
        claims: statements to verify; most sets have none.
        notes: what of the set cannot be used, and why, in sentences for a person.
    """

    name: str
    documents: Mapping[str, Document]
    queries: tuple[Query, ...]
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    def title_of(self, query: Query) -> str:
        """The title that decides which split a question is in: of the document that it is about.

        Without a title it is that document's name, and without a document the question's own id.
        """
        if query.about is None:
            return query.id
        return self.documents[query.about].title or query.about


def choose(dataset: Dataset, limit: int | None = None, *, held_out: bool = False) -> Dataset:
    """The set with some of its questions.

    Args:
        dataset: all of it.
        limit: how many questions at most, evenly spread over the set, so that every subject has its share.
        held_out: whether to keep only questions from which nothing was learned or tuned.

    Raises:
        DatasetError: if no question is left.
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
    """At most ``limit`` of the questions, evenly spread over them and the same ones every time."""
    if limit >= len(queries):
        return queries
    return [queries[place * len(queries) // limit] for place in range(limit)]


def place(document: Document, start: int, end: int, quote: str | None) -> Span | None:
    """Where a quote stands in a document: at its offsets, or at the only other place that has its words.

    Args:
        document: as it is read now.
        start: where the quote is said to begin.
        end: where it is said to end.
        quote: its words; None to take the offsets' word for it.

    Returns:
        The span; None where the offsets lie outside, and where the words are gone or stand in several places.
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
    """The first few of some names, and how many more there are."""
    names = list(dict.fromkeys(items))
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
