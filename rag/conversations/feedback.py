"""Feedback on answers, stored beside the library as JSON Lines in the order of arrival."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from index import private
from index.documents import Span
from index.errors import DocumentNotFoundError
from index.library import Library
from index.records import Viewer
from rag.answers import Answer
from rag.conversations.owners import keys_of
from rag.errors import JsonLinesError, SpanError
from rag.json_lines import read_json_lines

FILE = "feedback.jsonl"
_LOCK = "feedback.lock"
_LOCK_SECONDS = 30.0

Judgement = Literal["right", "wrong", "unanswerable"]
"""``right``: the answer is correct. ``wrong``: the answer is not correct; the evidence, if any, shows what it
should have cited. ``unanswerable``: the library does not answer the question."""


@dataclass(frozen=True, slots=True)
class CitedEvidence:
    """Evidence that answers a question: its span, and its words, to find the evidence in a later version.

    Attributes:
        source: the folder that the document was found in, as an absolute path.
        path: its path under that folder.
        start: the offset at which the quote began in the document's text.
        end: the offset at which the quote ended.
        quote: the words.
    """

    source: str
    path: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's judgement of an answer.

    Attributes:
        question: the question as asked.
        verdict: the judgement.
        evidence: the evidence that answers the question.
        note: a comment, or None.
        given_at: when it was given, ISO 8601 in UTC.
        answer_id: the judged answer, or None if it is not known.
        owner: the key of the viewer who gave it; None while nobody signs in.
    """

    question: str
    verdict: Judgement
    evidence: tuple[CitedEvidence, ...]
    note: str | None
    given_at: str
    answer_id: str | None = None
    owner: str | None = None


def cited_evidence(index: Library, answer: Answer) -> tuple[CitedEvidence, ...]:
    """Return the spans that an answer cites, as evidence, each once.

    Spans that do not support their sentence, and spans that the library no longer has, are left out.
    """
    found: dict[CitedEvidence, None] = {}
    for cited in answer.citations:
        if cited.verification.verdict == "unsupported":
            continue
        with suppress(DocumentNotFoundError):
            place = (cited.document_id, cited.version, cited.start, cited.end)
            found[evidence_in(index, *place)] = None
    return tuple(found)


def evidence_in(index: Library, document_id: int, version: int, start: int, end: int) -> CitedEvidence:
    """Return a span of a document as evidence.

    Raises:
        DocumentNotFoundError: if the library has no such document or version.
        SpanError: if the span is empty or lies outside the document.
    """
    with index.catalog.reading() as catalog:
        record = catalog.document(document_id, version)
        text = catalog.text(document_id, version).text
    if not 0 <= start < end <= len(text):
        raise SpanError(
            f"start {start} and end {end} are not a span of document {document_id}, version {version}, which "
            f"has {len(text):,} characters; 0 <= start < end <= {len(text)} must hold"
        )
    return CitedEvidence(record.source, record.path, start, end, Span(start, end).of(text))


def append_feedback(home: Path, feedback: Feedback) -> None:
    """Append to the feedback under ``home``; safe across threads and processes.

    Raises:
        TimeoutError: if another process holds the file for 30 seconds.
    """
    line = json.dumps(asdict(feedback), ensure_ascii=False) + "\n"
    with (
        _locked(home),
        open(home / FILE, "a", encoding="utf-8", errors="replace", opener=private.opener) as file,
    ):
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read_feedback(home: Path) -> list[Feedback]:
    """Return the feedback under ``home``, in the order of arrival.

    Raises:
        JsonLinesError: if a line is damaged; the message names its number.
        TimeoutError: if another process holds the file for 30 seconds.
    """
    file = home / FILE
    if not file.is_file():
        return []
    with _locked(home):
        return [_feedback(file, number, row) for number, row in read_json_lines(file)]


def forget_feedback(home: Path, before: str) -> int:
    """Delete the feedback that was given before a time, ISO 8601 in UTC; return the number of records.

    Raises:
        JsonLinesError: if a line is not a JSON object; nothing is deleted then.
        OSError: if the file cannot be written; nothing is deleted then.
        TimeoutError: if another process holds the file for 30 seconds.
    """
    file = home / FILE
    if not file.is_file():
        return 0
    with _locked(home):
        rows = [row for _, row in read_json_lines(file)]
        # A record without a time stays: nobody can say how old it is.
        left = [row for row in rows if str(row.get("given_at") or before) >= before]
        if len(left) < len(rows):
            lines = (json.dumps(row, ensure_ascii=False) for row in left)
            private.write_file(file, "".join(f"{line}\n" for line in lines))
    return len(rows) - len(left)


def judgements(home: Path, viewer: Viewer | None = None) -> dict[str, Judgement]:
    """Return the last judgement of each answer, by the answer's id: those of one viewer, or of all.

    Raises:
        JsonLinesError, TimeoutError: as :func:`read_feedback`.
    """
    keys = None if viewer is None else {*keys_of(viewer), *([None] if viewer.sees_all else [])}
    return {
        given.answer_id: given.verdict
        for given in read_feedback(home)
        if given.answer_id is not None and (keys is None or given.owner in keys)
    }


def _locked(home: Path) -> FileLock:
    return FileLock(home / _LOCK, timeout=_LOCK_SECONDS, mode=private.FILE)


def _feedback(file: Path, number: int, row: Mapping[str, Any]) -> Feedback:
    try:
        evidence = tuple(CitedEvidence(**item) for item in row["evidence"])
        feedback = Feedback(**{**row, "evidence": evidence})
    except (KeyError, TypeError) as error:
        raise JsonLinesError(
            f"{file}, line {number}: not a feedback record ({error}); correct or remove the line"
        ) from error
    if feedback.verdict not in get_args(Judgement):
        raise JsonLinesError(
            f"{file}, line {number}: the verdict is {feedback.verdict!r}; it must be one of "
            f"{', '.join(get_args(Judgement))}"
        )
    return feedback
