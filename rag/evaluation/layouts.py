"""Reads a set from a folder: a corpus in BEIR's layout, or documents with a file of questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mode
from typing import Any

from index.documents import UNKNOWN_LANGUAGE, Document
from index.errors import LoadError
from index.ingest import QUESTIONS, Root, scan
from index.loaders import load
from index.text import detect
from rag.errors import DatasetError
from rag.evaluation.datasets import Claim, Dataset, Evidence, Query, locate, named
from rag.json_lines import read_json_lines
from rag.questions import MAX_QUESTION_CHARACTERS

CORPUS, QUERIES, JUDGEMENTS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
CLAIMS, CLAIM_SENTENCES = "evidence.jsonl", "corpus_sentences.jsonl.gz"
"""The files with SciFact's claims and rationale sentences (Wadden et al., Fact or Fiction, EMNLP 2020)."""

_IDENTIFIED = 100
"""To find the language of a corpus, it is detected in at least this many documents, or in all if there are
fewer. The most frequent result counts, because the detection in a short passage may be wrong."""

_QUOTED = frozenset({"span", "multi-span"})
"""TAT-QA's types of answers that occur in the text; answers of other types are computed."""

Judgements = dict[str, dict[str, int]]


def read_dataset(folder: Path) -> Dataset:
    """Read a set from a folder in one of two layouts.

    - BEIR's layout: ``corpus.jsonl`` or ``corpus.jsonl.gz`` with the fields ``_id``, ``title`` and ``text``;
      ``queries.jsonl``; and ``qrels.tsv`` with the columns query-id, corpus-id and score.
    - Documents, and ``questions.jsonl``.

    ``queries.jsonl`` and ``questions.jsonl`` have the fields ``_id`` and ``text``. A question may also have
    ``answerable`` (true or false), ``answers`` (strings), ``selected_sentences`` (strings), ``evidence``
    ([{document, start, end, text}]), and ``doc`` or ``document`` (the document that it is about).

    Args:
        folder: the folder of the set.

    Raises:
        DatasetError: if the folder is missing, has neither layout, or has no document or question.
        JsonLinesError: if a line of a file is not a JSON object.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; give the path of a folder with a data set")
    corpus = next((file for name in (CORPUS, f"{CORPUS}.gz") if (file := folder / name).is_file()), None)
    if corpus is not None:
        dataset = _beir(folder, corpus)
    elif (folder / QUESTIONS).is_file():
        dataset = _questioned(folder)
    else:
        raise DatasetError(
            f"{folder} is not a data set; it needs {CORPUS} (or {CORPUS}.gz), {QUERIES} and {JUDGEMENTS}, or "
            f"documents and {QUESTIONS}"
        )
    if not dataset.documents:
        raise DatasetError(f"{folder} has no readable document; add some, then try again")
    if not dataset.queries:
        raise DatasetError(f"{folder} has no question; add some, then try again")
    return dataset


def _beir(folder: Path, corpus: Path) -> Dataset:
    documents = _corpus(corpus)
    notes: list[str] = []
    judgements = _judgements(folder / JUDGEMENTS, documents, notes)
    claims = _claims(folder, documents)
    rationales: dict[str, list[str]] = {}
    for claim in claims:
        rationales.setdefault(claim.query, []).extend(claim.sentences)
    queries = _queries(folder / QUERIES, documents, judgements, rationales, notes)
    return Dataset(folder.resolve().name, documents, queries, claims, tuple(notes))


def _questioned(folder: Path) -> Dataset:
    documents: dict[str, Document] = {}
    listing = scan(Root(str(folder.absolute())))
    failures = {failure.path: failure.cause for failure in listing.failures}
    for path in listing.files:
        try:
            documents[path] = load(folder / path)
        except LoadError as error:
            failures[path] = error.cause
    notes = [f"{path} is left out: {cause}" for path, cause in failures.items()]
    queries = _queries(folder / QUESTIONS, documents, {}, {}, notes)
    return Dataset(folder.resolve().name, documents, queries, (), tuple(notes))


def _corpus(file: Path) -> dict[str, Document]:
    rows = {name: row for _, name, row in _rows(file)}
    language = _language([row["text"] for row in rows.values()])
    return {
        name: Document(
            row["text"],
            row.get("title") or "",
            "text",
            row.get("language") or language,
            row.get("publisher"),
            row.get("published"),
        )
        for name, row in rows.items()
    }


def _rows(file: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the number, the id and the fields of each line; ids are unique, and no text is empty."""
    names: set[str] = set()
    for number, row in read_json_lines(file):
        name = required_text(file, number, row, "_id")
        if name in names:
            raise DatasetError(f"{file}, line {number}: the _id {name!r} occurs twice; make ids unique")
        names.add(name)
        required_text(file, number, row, "text")
        yield number, name, row


def _language(texts: Sequence[str]) -> str:
    found = map(detect, texts[:: max(1, len(texts) // _IDENTIFIED)])
    known = [language for language in found if language != UNKNOWN_LANGUAGE]
    return mode(known) if known else UNKNOWN_LANGUAGE


def _judgements(file: Path, documents: Mapping[str, Document], notes: list[str]) -> Judgements:
    if not file.is_file():
        notes.append(f"{file.name} is missing: retrieval is judged by the questions' evidence alone")
        return {}
    judgements: Judgements = {}
    unknown: list[str] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("\t")
        if number == 1 and not fields[-1].lstrip("-").isdigit():
            continue  # the names of the columns
        if len(fields) != 3 or not fields[2].lstrip("-").isdigit():
            raise DatasetError(
                f"{file}, line {number}: {line[:60]!r} is not query-id, corpus-id and an integer score, "
                "separated by tabs; correct or remove the line"
            )
        if fields[1] in documents:
            judgements.setdefault(fields[0], {})[fields[1]] = int(fields[2])
        else:
            unknown.append(fields[1])
    if unknown:
        notes.append(
            f"{len(unknown)} judgements of {file.name} are left out, because the corpus lacks their "
            f"documents: {named(unknown)}"
        )
    return judgements


def _queries(
    file: Path,
    documents: Mapping[str, Document],
    judgements: Judgements,
    rationales: Mapping[str, Sequence[str]],
    notes: list[str],
) -> tuple[Query, ...]:
    queries: list[Query] = []
    unplaced: list[str] = []
    for number, name, row in _rows(file):
        text = row["text"]
        if len(text.strip()) > MAX_QUESTION_CHARACTERS:
            raise DatasetError(
                f"{file}, line {number}: the question has {len(text.strip()):,} characters, more than the "
                f"{MAX_QUESTION_CHARACTERS:,} that can be read; shorten it"
            )
        evidence = tuple(_evidence(file, number, row, documents, unplaced))
        judged = judgements.get(name) or dict.fromkeys((item.document for item in evidence), 1)
        relevant = [document for document, grade in judged.items() if grade > 0]
        stated = [str(row[field]) for field in ("doc", "document") if row.get(field)]
        queries.append(
            Query(
                id=name,
                text=text,
                answerable=_answerable(file, number, row),
                answers=_answers(row),
                sentences=(*map(str, row.get("selected_sentences") or ()), *rationales.get(name, ())),
                evidence=evidence,
                judged=judged or None,
                about=next((document for document in (*relevant, *stated) if document in documents), None),
            )
        )
    if unplaced:
        notes.append(
            f"{len(unplaced)} pieces of evidence of {file.name} are left out, because no document has them "
            f"at their place: {named(unplaced)}"
        )
    return tuple(queries)


def required_text(file: Path, number: int, row: Mapping[str, Any], field: str) -> str:
    """Return a required field of a line, as text."""
    value = row.get(field)
    if isinstance(value, int) and field == "_id":
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(f"{file}, line {number}: the field {field} is missing or empty; give it a text")
    return value


def _answerable(file: Path, number: int, row: Mapping[str, Any]) -> bool | None:
    value = row.get("answerable")
    if value is not None and not isinstance(value, bool):
        raise DatasetError(f"{file}, line {number}: answerable is {value!r}; write true or false")
    return value


def _answers(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the answers to a question: its ``answers``, or a short ``answer`` that quotes the text."""
    if row.get("answer_type", "span") not in _QUOTED:
        return ()
    found = row.get("answers", row.get("answer"))
    if isinstance(found, str):
        # If the set has selected sentences, ``answer`` is a text that an annotator wrote from them.
        found = [] if "selected_sentences" in row else [found]
    return tuple(str(answer) for answer in found or () if str(answer).strip())


def _evidence(
    file: Path, number: int, row: Mapping[str, Any], documents: Mapping[str, Document], unplaced: list[str]
) -> Iterator[Evidence]:
    for item in row.get("evidence") or ():
        if not isinstance(item, dict) or not all(type(item.get(end)) is int for end in ("start", "end")):
            raise DatasetError(
                f"{file}, line {number}: evidence is {item!r:.60}; write {{document, start, end, text}} with "
                "start and end as numbers of characters"
            )
        name = str(item.get("document") or row.get("document") or row.get("doc"))
        place = item["start"], item["end"], item.get("text")
        if name in documents and (span := locate(documents[name], *place)) is not None:
            yield Evidence(name, span)
        else:
            unplaced.append(f"line {number} in {name}")


def _claims(folder: Path, documents: Mapping[str, Document]) -> tuple[Claim, ...]:
    file, sentences = folder / CLAIMS, folder / CLAIM_SENTENCES
    if not (file.is_file() and sentences.is_file()):
        return ()
    sentences_of = {str(row["_id"]): row["sentences"] for _, row in read_json_lines(sentences)}
    return tuple(
        Claim(
            query=str(row["_id"]),
            text=row["claim"],
            document=item["doc_id"],
            supported=item["label"] == "SUPPORT",
            sentences=tuple(sentences_of[item["doc_id"]][number].strip() for number in item["sentences"]),
        )
        for _, row in read_json_lines(file)
        for item in row["evidence"]
        if item["doc_id"] in documents
    )
