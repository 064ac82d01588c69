"""Asks the questions of an evaluation set.

Each question is asked with the whole library, or without the documents on the question's subject.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.library import Progress
from index.records import NO_FILTERS, Filters
from rag.answers import Answer
from rag.engine import QueryEngine
from rag.evaluation.datasets import Dataset, Query, spread

MAX_REMOVED = 600
"""The most questions that are asked again without the documents on their subject. This takes about half a
minute."""


@dataclass(frozen=True, slots=True)
class AnsweredQuery:
    """A question and the answer to it."""

    query: Query
    answer: Answer

    @property
    def answerability(self) -> float:
        """The probability that the library answers; 0 if nothing was read."""
        return self.answer.answerability or 0.0


def ask_all(
    engine: QueryEngine,
    queries: Sequence[Query],
    progress: Progress | None = None,
    filters_of: Callable[[Query], Filters] = lambda _: NO_FILTERS,
    stage: str = "asking",
) -> tuple[AnsweredQuery, ...]:
    """Ask questions, and return them with their answers, in the same order.

    Args:
        engine: answers the questions.
        queries: the questions.
        progress: receives the number of asked questions.
        filters_of: returns the filters for the documents that may answer a question.
        stage: the name of this stage for ``progress``.
    """
    asked = []
    for done, query in enumerate(queries, 1):
        asked.append(AnsweredQuery(query, engine.ask(query.text, filters_of(query))))
        if progress is not None:
            progress(stage, done, len(queries))
    return tuple(asked)


def with_removable_subject(dataset: Dataset) -> Sequence[Query]:
    """Return the questions whose subject can be removed from the library.

    The subject of a question is every document that has the same title as a document with the answer. The
    subject can be removed if the set names documents with the answer, all of them have titles, and the set
    has a document with another title. At most ``MAX_REMOVED`` questions are returned.
    """
    titles = {document.title for document in dataset.documents.values()}
    return spread(
        [
            query
            for query in dataset.queries
            if query.answerable is not False
            and (subject := _subject(dataset, query))
            and "" not in subject
            and titles - subject
        ],
        MAX_REMOVED,
    )


def ask_without_subject(
    engine: QueryEngine, dataset: Dataset, queries: Sequence[Query], progress: Progress | None = None
) -> tuple[AnsweredQuery, ...]:
    """Ask questions without the documents on their subject, and return them with their answers.

    The questions must come from :func:`with_removable_subject`, which defines the subject of a question.
    """
    numbers = {record.path: record.document_id for record in engine.index.catalog.documents()}
    titles = [(numbers[name], document.title) for name, document in dataset.documents.items()]

    def others(query: Query) -> Filters:
        subject = _subject(dataset, query)
        return Filters(tuple(number for number, title in titles if title not in subject))

    return ask_all(engine, queries, progress, others, "asking again")


def _subject(dataset: Dataset, query: Query) -> set[str]:
    """Return the titles of the documents that answer a question."""
    names = query.relevant or tuple(item.document for item in query.evidence)
    return {dataset.documents[name].title for name in names}
