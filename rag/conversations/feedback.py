"""Feedback on answers, stored in the catalog in the order of arrival."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal

import sqlalchemy as sa

from index.catalog import Catalog, feedback, writing
from index.documents import Span
from index.errors import DocumentNotFoundError
from index.library import Library
from rag.answers import Answer
from rag.conversations.store import keys_of
from rag.errors import SpanError

# ``right``: the answer is correct. ``wrong``: the answer is not correct; the evidence, if any, shows what it
# should have cited. ``unanswerable``: the library does not answer the question.
Judgement = Literal["right", "wrong", "unanswerable"]


@dataclass(frozen=True, slots=True)
class CitedEvidence:
    """The quote finds the span again in a later version; ``path`` is under the absolute folder ``source``."""

    source: str
    path: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """``given_at`` is in UTC; ``answer_id`` is None if not known, ``owner`` if nobody was signed in."""

    question: str
    verdict: Judgement
    evidence: tuple[CitedEvidence, ...]
    note: str | None
    given_at: str
    answer_id: str | None = None
    owner: str | None = None


def cited_evidence(index: Library, answer: Answer) -> tuple[CitedEvidence, ...]:
    """Each span once, without those that are gone or support nothing."""
    found: dict[CitedEvidence, None] = {}
    for cited in answer.citations:
        if cited.verification.verdict == "unsupported":
            continue
        with suppress(DocumentNotFoundError):
            found[evidence_in(index, cited.document_id, cited.version, cited.start, cited.end)] = None
    return tuple(found)


def evidence_in(index: Library, document_id: int, version: int, start: int, end: int) -> CitedEvidence:
    """Raises DocumentNotFoundError, or SpanError if the span is empty or not within the document."""
    with index.catalog.reading() as catalog:
        record = catalog.document(document_id, version)
        text = catalog.text(document_id, version).text
    if not 0 <= start < end <= len(text):
        raise SpanError(
            f"start {start} and end {end} are not a span of document {document_id}, version {version}, which "
            f"has {len(text):,} characters; 0 <= start < end <= {len(text)} must hold"
        )
    return CitedEvidence(record.source, record.path, start, end, Span(start, end).of(text))


def append_feedback(catalog: Catalog, given: Feedback) -> None:
    """Raises OperationalError or LibraryLockedError if the catalog stays locked for 30 seconds."""
    with writing(catalog.engine) as connection:
        connection.execute(sa.insert(feedback).values(asdict(given)))


def read_feedback(catalog: Catalog) -> list[Feedback]:
    columns = [column for column in feedback.c if column is not feedback.c.number]
    with catalog.engine.connect() as connection:
        rows = connection.execute(sa.select(*columns).order_by(feedback.c.number)).mappings().all()
    return [
        Feedback(**{**row, "evidence": tuple(CitedEvidence(**each) for each in row["evidence"])})
        for row in rows
    ]


def forget_feedback(catalog: Catalog, before: str) -> int:
    """``before`` is ISO 8601 in UTC. Return how many were deleted; raises as :func:`append_feedback`."""
    with writing(catalog.engine) as connection:
        return connection.execute(sa.delete(feedback).where(feedback.c.given_at < before)).rowcount


def judgements(catalog: Catalog, answer_ids: Collection[str]) -> dict[str, Judgement]:
    """By answer id, the viewer's last one; without a viewer, anybody's."""
    statement = sa.select(feedback.c.answer_id, feedback.c.verdict).where(
        feedback.c.answer_id.in_(answer_ids)
    )
    if catalog.viewer is not None:
        own = feedback.c.owner.in_(keys_of(catalog.viewer))
        statement = statement.where(own | feedback.c.owner.is_(None) if catalog.viewer.sees_all else own)
    with catalog.engine.connect() as connection:
        rows = connection.execute(statement.order_by(feedback.c.number))
        return {row.answer_id: row.verdict for row in rows}
