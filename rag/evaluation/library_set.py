"""Makes an evaluation set from a library, with questions from feedback and files; asks a set's questions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.documents import Document
from index.library import Library, Progress
from index.records import NO_FILTERS, DocumentRecord, Filters
from rag.answers import Answer
from rag.conversations.feedback import CitedEvidence, Feedback
from rag.engine import QueryEngine
from rag.errors import DatasetError
from rag.evaluation.datasets import (
    CORPUS,
    JUDGEMENTS,
    QUERIES,
    Dataset,
    Query,
    locate,
    read_json_lines,
    required_text,
    spread,
)

SET = ("evaluation", "sets", "library")

_FIELDS = ("text", "answerable", "answers", "selected_sentences")
_Question = tuple[dict[str, Any], tuple[CitedEvidence, ...]]

_Documents = Mapping[str, tuple[DocumentRecord, Document]]


def write_library_set(
    index: Library, feedback: Iterable[Feedback], questions: Sequence[Path], folder: Path
) -> tuple[str, ...]:
    """Write a set in BEIR's layout over all current documents; return notes for a person.

    Files take precedence over feedback, and later feedback over earlier. In a changed document, evidence
    counts only if its words occur exactly once. Raises DatasetError or JsonLinesError.
    """
    documents = _documents(index)
    left_out: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for fields, evidence in (*_of_files(questions), *_of_feedback(feedback, left_out)):
        key = " ".join(fields["text"].split()).casefold()
        if key in seen:
            left_out["questions that a file or later feedback repeats"] += 1
            continue
        seen.add(key)
        found = list(_found(evidence, documents, left_out))
        if found or not evidence or fields.get("answers") or fields.get("selected_sentences"):
            rows.append({"_id": f"q{len(rows) + 1}", **fields, "evidence": found})
        else:
            left_out["questions without remaining evidence"] += 1
    notes = tuple(f"left out: {reason} ({count})" for reason, count in sorted(left_out.items()))
    if not rows:
        raise DatasetError(
            "the library has no questions to evaluate"
            + (f" ({'; '.join(notes)})" if notes else "")
            + "; judge answers with POST /v1/feedback, or name a file of questions"
        )
    _write(folder, documents, rows)
    return notes


def _documents(index: Library) -> _Documents:
    """A name is the path, after the source folder if several have this path."""
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
            required_text(file, number, row, "text")
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
            yield {name: row[name] for name in _FIELDS if name in row}, evidence


def _of_feedback(feedback: Iterable[Feedback], left_out: Counter[str]) -> Iterator[_Question]:
    for item in reversed(list(feedback)):
        answerable = item.verdict != "unanswerable"
        if item.verdict == "wrong" and not item.evidence:
            left_out["judgements of wrong answers without the right evidence"] += 1
        else:
            yield {"text": item.question, "answerable": answerable}, item.evidence if answerable else ()


def _found(
    evidence: Iterable[CitedEvidence], documents: _Documents, left_out: Counter[str]
) -> Iterator[dict[str, Any]]:
    for cited in evidence:
        name = next((name for name, (record, _) in documents.items() if _is_cited(record, name, cited)), None)
        if name is None:
            left_out["pieces of evidence whose document is not in the library"] += 1
            continue
        document = documents[name][1]
        span = locate(document, cited.start, cited.end, cited.quote)
        if span is None:
            left_out["pieces of evidence whose words no longer occur exactly once"] += 1
            continue
        yield {"document": name, "start": span.start, "end": span.end, "text": span.of(document.text)}


def _is_cited(record: DocumentRecord, name: str, evidence: CitedEvidence) -> bool:
    if not evidence.source:
        return evidence.path in {name, record.path}
    return (record.source, record.path) == (evidence.source, evidence.path)


def _write(folder: Path, documents: _Documents, rows: Sequence[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    known = ("text", "title", "language", "publisher", "published")
    corpus = (
        {"_id": name, **{key: getattr(document, key) for key in known}}
        for name, (_, document) in documents.items()
    )
    for name, lines in ((CORPUS, corpus), (QUERIES, rows)):
        with (folder / name).open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(line) + "\n" for line in lines)
    judgements = [
        f"{row['_id']}\t{name}\t1"
        for row in rows
        for name in dict.fromkeys(item["document"] for item in row["evidence"])
    ]
    table = "\n".join(["query-id\tcorpus-id\tscore", *judgements])
    (folder / JUDGEMENTS).write_text(table + "\n", encoding="utf-8")


MAX_REMOVED = 600  # asking so many questions again takes about half a minute


@dataclass(frozen=True, slots=True)
class AnsweredQuery:
    query: Query
    answer: Answer

    @property
    def answerability(self) -> float:
        return self.answer.answerability or 0.0


def ask_all(
    engine: QueryEngine,
    queries: Sequence[Query],
    progress: Progress | None = None,
    filters_of: Callable[[Query], Filters] = lambda _: NO_FILTERS,
    stage: str = "asking",
) -> tuple[AnsweredQuery, ...]:
    asked = []
    for done, query in enumerate(queries, 1):
        asked.append(AnsweredQuery(query, engine.ask(query.text, filters_of(query))))
        if progress is not None:
            progress(stage, done, len(queries))
    return tuple(asked)


def with_removable_subject(dataset: Dataset) -> Sequence[Query]:
    """The subject, all documents titled as one with the answer, must not be the whole set."""
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
    numbers = {record.path: record.document_id for record in engine.index.catalog.documents()}
    titles = [(numbers[name], document.title) for name, document in dataset.documents.items()]

    def others(query: Query) -> Filters:
        subject = _subject(dataset, query)
        return Filters(tuple(number for number, title in titles if title not in subject))

    return ask_all(engine, queries, progress, others, "asking again")


def _subject(dataset: Dataset, query: Query) -> set[str]:
    names = query.relevant or tuple(item.document for item in query.evidence)
    return {dataset.documents[name].title for name in names}
