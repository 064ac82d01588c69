"""Makes an evaluation set from a library: its documents, with questions from feedback and from files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from index.documents import Document
from index.library import Library
from index.records import DocumentRecord
from rag.conversations.feedback import CitedEvidence, Feedback
from rag.errors import DatasetError
from rag.evaluation.datasets import locate
from rag.evaluation.layouts import CORPUS, JUDGEMENTS, QUERIES
from rag.json_lines import read_json_lines

SET = ("evaluation", "sets", "library")
"""The folder in the home folder that contains the set."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A question for the set: its fields, and its evidence, not yet looked up in the documents."""

    fields: Mapping[str, Any]
    evidence: tuple[CitedEvidence, ...]
    needs_evidence: bool

    @property
    def key(self) -> str:
        """The question in lower case and with single spaces, to recognise repetitions."""
        return " ".join(str(self.fields["text"]).split()).casefold()


@dataclass(slots=True)
class _DatasetRows:
    """The rows to write, and how many items are left out for each reason."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def write_library_set(
    index: Library, feedback: Iterable[Feedback], questions: Sequence[Path], folder: Path
) -> tuple[str, ...]:
    """Write a set in BEIR's layout over the current version of every document.

    If a question occurs several times, a file takes precedence over feedback, and later feedback over
    earlier. Evidence in a document that has changed is used only if its words still occur exactly once.

    Args:
        index: the library.
        feedback: judgements of answers, in the order of arrival.
        questions: JSON Lines files with the fields of a set's questions; a document is named by its path in
            the library.
        folder: the folder to write; an earlier set in it is overwritten.

    Returns:
        Notes for a person: each reason why something was left out, with the number of cases.

    Raises:
        DatasetError: if no question is left.
        JsonLinesError: if a file of questions cannot be read.
    """
    documents = _documents(index)
    dataset = _DatasetRows()
    seen: set[str] = set()
    for question in (*_of_files(questions), *_of_feedback(feedback, dataset)):
        if question.key in seen:
            dataset.left_out["questions that a file or later feedback repeats"] += 1
        else:
            seen.add(question.key)
            _add(dataset, question, documents)
    notes = tuple(f"left out: {reason} ({count})" for reason, count in sorted(dataset.left_out.items()))
    if not dataset.rows:
        raise DatasetError(
            "the library has no questions to evaluate"
            + (f" ({'; '.join(notes)})" if notes else "")
            + "; judge answers with POST /v1/feedback, or name a file of questions"
        )
    _write(folder, documents, dataset.rows)
    return notes


def _documents(index: Library) -> dict[str, tuple[DocumentRecord, Document]]:
    """Return the documents by name.

    A name is the document's path, preceded by its source folder if several folders have this path.
    """
    records = index.catalog.documents()
    paths = Counter(record.path for record in records)
    return {
        record.path if paths[record.path] == 1 else f"{record.source}/{record.path}": (
            record,
            index.catalog.text(record.document_id, record.version),
        )
        for record in records
    }


def _of_files(files: Iterable[Path]) -> Iterator[_Question]:
    for file in files:
        for number, row in read_json_lines(file):
            if not isinstance(row.get("text"), str) or not row["text"].strip():
                raise DatasetError(
                    f"{file}, line {number}: the field text is missing or empty; write the question there"
                )
            try:
                evidence = tuple(
                    CitedEvidence(
                        "",
                        str(item.get("document") or row.get("document")),
                        int(item["start"]),
                        int(item["end"]),
                        str(item["text"]),
                    )
                    for item in row.get("evidence") or ()
                )
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise DatasetError(
                    f"{file}, line {number}: its evidence cannot be used ({error}); write [{{document, "
                    "start, end, text}}]"
                ) from error
            kept = ("text", "answerable", "answers", "selected_sentences")
            fields = {name: row[name] for name in kept if name in row}
            answers = fields.get("answers") or fields.get("selected_sentences")
            yield _Question(fields, evidence, needs_evidence=bool(evidence) and not answers)


def _of_feedback(feedback: Iterable[Feedback], dataset: _DatasetRows) -> Iterator[_Question]:
    for item in reversed(list(feedback)):
        if item.verdict == "wrong" and not item.evidence:
            dataset.left_out["judgements of wrong answers without the right evidence"] += 1
            continue
        answerable = item.verdict != "unanswerable"
        evidence = item.evidence if answerable else ()
        yield _Question(
            {"text": item.question, "answerable": answerable}, evidence, needs_evidence=bool(evidence)
        )


def _add(
    dataset: _DatasetRows, question: _Question, documents: Mapping[str, tuple[DocumentRecord, Document]]
) -> None:
    found: list[dict[str, Any]] = []
    for evidence in question.evidence:
        name = next(
            (name for name, (record, _) in documents.items() if _is_cited_by(record, name, evidence)), None
        )
        if name is None:
            dataset.left_out["pieces of evidence whose document is not in the library"] += 1
            continue
        document = documents[name][1]
        span = locate(document, evidence.start, evidence.end, evidence.quote)
        if span is None:
            dataset.left_out["pieces of evidence whose words no longer occur exactly once"] += 1
            continue
        found.append({"document": name, "start": span.start, "end": span.end, "text": span.of(document.text)})
    if question.needs_evidence and not found:
        dataset.left_out["questions without remaining evidence"] += 1
        return
    dataset.rows.append({"_id": f"q{len(dataset.rows) + 1}", **question.fields, "evidence": found})


def _is_cited_by(record: DocumentRecord, name: str, evidence: CitedEvidence) -> bool:
    if not evidence.source:
        return evidence.path in {name, record.path}
    return (record.source, record.path) == (evidence.source, evidence.path)


def _write(
    folder: Path, documents: Mapping[str, tuple[DocumentRecord, Document]], rows: Sequence[dict[str, Any]]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    known = ("text", "title", "language", "publisher", "published")
    corpus = (
        {"_id": name, **{key: value for key, value in asdict(document).items() if key in known}}
        for name, (_, document) in documents.items()
    )
    _write_lines(folder / CORPUS, corpus)
    _write_lines(folder / QUERIES, rows)
    judgements = [
        f"{row['_id']}\t{name}\t1"
        for row in rows
        for name in dict.fromkeys(item["document"] for item in row["evidence"])
    ]
    lines = ["query-id\tcorpus-id\tscore", *judgements]
    (folder / JUDGEMENTS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
