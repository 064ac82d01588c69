"""Sets of questions over documents, with the correct answers, and what may be configured for them."""

from __future__ import annotations

import gzip
import hashlib
import json
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from statistics import mode
from typing import Any, Literal

from index.documents import UNKNOWN_LANGUAGE, Document, Span
from index.embedding import Encoder
from index.errors import LoadError
from index.ingest import QUESTIONS, Root, scan
from index.library import TITLE_TOKENS, Library, Progress
from index.loaders import load
from index.records import Incoming
from index.text import MAX_CHUNK_TOKENS, detect
from rag.answer_limits import DEFAULT_LIMITS, AnswerLimits
from rag.errors import ConfigurationError, DatasetError, JsonLinesError
from rag.questions import MAX_QUESTION_CHARACTERS


@dataclass(frozen=True, slots=True)
class Evidence:
    document: str
    span: Span


@dataclass(frozen=True, slots=True)
class Query:
    """``answerable`` is None if the set does not say.

    A quoted sentence that contains one of ``answers`` is correct. ``judged`` has the grades of documents by
    name; 0 is irrelevant. ``about`` is the document asked about, even if it does not answer.
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
        """Whether there are words or sentences to compare citations with."""
        return self.answerable is not False and bool(self.answers or self.sentences or self.evidence)

    @property
    def relevant(self) -> tuple[str, ...]:
        return tuple(name for name, grade in (self.judged or {}).items() if grade > 0)


@dataclass(frozen=True, slots=True)
class Claim:
    """``query`` is the id of the question whose text is the statement."""

    query: str
    text: str
    document: str
    supported: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Names are ids of the corpus or paths in the folder; ``notes`` say what is unusable, and why."""

    name: str
    documents: Mapping[str, Document]
    queries: tuple[Query, ...]
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    def title_of(self, query: Query) -> str:
        """Decides the part of the split: the document's title or name, else the question's id."""
        if query.about is None:
            return query.id
        return self.documents[query.about].title or query.about


def choose(dataset: Dataset, limit: int | None = None, *, held_out: bool = False) -> Dataset:
    """At most ``limit``, evenly spread; ``held_out``: the test part. Raises DatasetError if none is left."""
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
    """At even intervals in their order; always the same ones."""
    if limit >= len(queries):
        return queries
    return [queries[number * len(queries) // limit] for number in range(limit)]


def locate(document: Document, start: int, end: int, quote: str | None) -> Span | None:
    """The stated offsets, or where the words occur once; a quote of None trusts the offsets."""
    if 0 <= start < end <= len(document.text) and quote in {None, document.text[start:end]}:
        return Span(start, end)
    if not quote:
        return None
    first = document.text.find(quote)
    if first < 0 or document.text.find(quote, first + 1) >= 0:
        return None
    return Span(first, first + len(quote))


def named(items: Iterable[str], shown: int = 3) -> str:
    """After the first ``shown`` names, only a count: ``a, b, c and 2 more``."""
    names = list(dict.fromkeys(items))
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


Part = Literal["train", "tune", "test"]

# Bounds for the first byte of a title's digest. They use 60 % of the titles for training, 15 % for tuning,
# and 25 % for results.
_TRAIN, _TUNE = 154, 192


def part_of(title: str) -> Part:
    first = hashlib.sha256(title.encode()).digest()[0]
    if first < _TRAIN:
        return "train"
    return "tune" if first < _TUNE else "test"


CORPUS, QUERIES, JUDGEMENTS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
# The files with SciFact's claims and rationale sentences (Wadden et al., Fact or Fiction, EMNLP 2020).
CLAIMS, CLAIM_SENTENCES = "evidence.jsonl", "corpus_sentences.jsonl.gz"
# The language is detected in so many documents; the most frequent counts, as one may mislead.
_IDENTIFIED = 100
# TAT-QA's types of answers that occur in the text; the others are computed.
_QUOTED = frozenset({"span", "multi-span"})
Judgements = dict[str, dict[str, int]]


def read_dataset(folder: Path) -> Dataset:
    """Read a folder in BEIR's layout, or one of documents with ``questions.jsonl``.

    ``corpus.jsonl`` (or ``.gz``) has ``_id``, ``title`` and ``text``, ``qrels.tsv`` query-id, corpus-id and
    score. Questions (``queries.jsonl``, too) have ``_id`` and ``text``, and may have ``answerable``,
    ``answers``, ``selected_sentences``, ``evidence`` ([{document, start, end, text}]), and ``doc`` or
    ``document``. Raises DatasetError or JsonLinesError.
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


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers from 1 and objects; blank lines are skipped. Raises JsonLinesError."""
    is_packed = path.suffix == ".gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") if is_packed else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(path, number, line)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        cause = getattr(error, "strerror", None) or str(error)
        packed = ", packed with gzip" if is_packed else ""
        raise JsonLinesError(
            f"{path} cannot be read: {cause}; give a readable file in UTF-8{packed}"
        ) from error


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise JsonLinesError(
            f"{path}, line {number}: the line is not JSON ({error.msg} at character {error.pos}); "
            "correct or remove the line"
        ) from error
    if not isinstance(value, dict):
        raise JsonLinesError(
            f"{path}, line {number}: the line is a {type(value).__name__}, not a JSON object; "
            "write {…} on each line"
        )
    return value


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
    found = [detect(row["text"]) for row in list(rows.values())[:: max(1, len(rows) // _IDENTIFIED)]]
    known = [language for language in found if language != UNKNOWN_LANGUAGE]
    language = mode(known) if known else UNKNOWN_LANGUAGE
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
    """Ids are unique, and no text is empty."""
    names: set[str] = set()
    for number, row in read_json_lines(file):
        name = required_text(file, number, row, "_id")
        if name in names:
            raise DatasetError(f"{file}, line {number}: the _id {name!r} occurs twice; make ids unique")
        names.add(name)
        required_text(file, number, row, "text")
        yield number, name, row


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
        answerable = row.get("answerable")
        if answerable is not None and not isinstance(answerable, bool):
            raise DatasetError(f"{file}, line {number}: answerable is {answerable!r}; write true or false")
        judged = judgements.get(name) or dict.fromkeys((item.document for item in evidence), 1)
        relevant = [document for document, grade in judged.items() if grade > 0]
        stated = [str(row[field]) for field in ("doc", "document") if row.get(field)]
        queries.append(
            Query(
                id=name,
                text=text,
                answerable=answerable,
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
    value = row.get(field)
    if isinstance(value, int) and field == "_id":
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(f"{file}, line {number}: the field {field} is missing or empty; give it a text")
    return value


def _answers(row: Mapping[str, Any]) -> tuple[str, ...]:
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


DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Configuration:
    """None is the bundled encoder or reader; with ``title_tokens`` 0, titles are not indexed."""

    name: str = DEFAULT
    model: str | None = None
    reader: str | None = None
    max_chunk_tokens: int = MAX_CHUNK_TOKENS
    title_tokens: int = TITLE_TOKENS
    limits: AnswerLimits = DEFAULT_LIMITS


_OWN = tuple(own.name for own in fields(Configuration) if own.name not in {"name", "limits"})
_LIMITS = tuple(limit.name for limit in fields(AnswerLimits))

KEYS = (*_OWN, *_LIMITS)

_SHARES = frozenset({"dense_weight", "threshold"})
_TEXTS = {
    "model": "the name or the folder of a sentence-transformers model",
    "reader": "the name or the folder of a sentence-transformers CrossEncoder",
}
_FROM_ZERO = frozenset({"title_tokens", "widen_by"})


def read_configuration(given: str, base: Configuration | None = None) -> Configuration:
    """Read a TOML file with some of ``KEYS``; ``base`` has the rest. Raises ConfigurationError."""
    base = base or Configuration()
    if given == DEFAULT:
        return base
    file = Path(given)
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"the configuration {given} cannot be read: {cause}; give the path of a TOML file, or {DEFAULT!r}"
        ) from error
    for key, value in found.items():
        _check(file, key, value)
    limits = {key: found.pop(key) for key in _LIMITS if key in found}
    return replace(base, name=file.stem, limits=replace(base.limits, **limits), **found)


def settings_of(configuration: Configuration) -> Mapping[str, Any]:
    return {key: getattr(configuration if key in _OWN else configuration.limits, key) for key in KEYS}


def _check(file: Path, key: str, value: object) -> None:
    if key not in KEYS:
        close = get_close_matches(key, KEYS, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"known are {', '.join(KEYS)}"
        raise ConfigurationError(f"{file}: unknown key {key}; {remedy}")
    if needed := _needed(key, value):
        raise ConfigurationError(f"{file}: {key} is {value!r}; it must be {needed}")


def _needed(key: str, value: object) -> str | None:
    if key in _TEXTS:
        return None if isinstance(value, str) and value else _TEXTS[key]
    if isinstance(value, bool):
        return "a number"
    if key in _SHARES:
        return None if isinstance(value, (int, float)) and 0 <= value <= 1 else "a number from 0 to 1"
    least = 0 if key in _FROM_ZERO else 1
    return None if isinstance(value, int) and value >= least else f"a whole number from {least} up"


SOURCE = "/evaluation"

# The packages of ``index`` that make passages: a change of their code requires a new index.
_PASSAGES_BY = ("text", "embedding")


def open_temporary(
    documents: Mapping[str, Document],
    configuration: Configuration,
    encoder: Encoder,
    folder: Path,
    progress: Progress | None = None,
) -> Library:
    """The index lies under a digest of all that it depends on, so opening it again embeds nothing."""
    index = Library.open(
        folder / _digest(documents, configuration, encoder),
        encoder,
        max_chunk_tokens=configuration.max_chunk_tokens,
        title_tokens=configuration.title_tokens,
    )
    known = {record.path for record in index.catalog.documents()}
    missing = []
    for name, document in documents.items():
        if name not in known:
            digest = hashlib.sha256(f"{document.title}\0{document.text}".encode("utf-8", "surrogatepass"))
            missing.append(Incoming(SOURCE, name, len(document.text), 0, digest.hexdigest(), document))
    with ExitStack() as unfinished:
        unfinished.callback(index.close)
        if missing:
            index.replace(missing, progress=progress)
        unfinished.pop_all()
    return index


def _digest(documents: Mapping[str, Document], configuration: Configuration, encoder: Encoder) -> str:
    how = [encoder.key, configuration.max_chunk_tokens, configuration.title_tokens]
    digest = hashlib.sha256(json.dumps(how).encode())
    for package in _PASSAGES_BY:
        modules = [file for file in files("index").joinpath(package).iterdir() if file.name.endswith(".py")]
        for module in sorted(modules, key=lambda file: file.name):
            digest.update(module.read_bytes())
    for name, document in documents.items():
        content = [name, document.text, document.title, document.language, document.published]
        digest.update(json.dumps(content).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]
