"""Evaluation sets in BEIR's layout, and their documents as an index that is kept between runs.

A set is a folder with ``corpus.jsonl.gz`` ({_id, title, text}), ``queries.jsonl`` ({_id, text, ...}) and
``qrels.tsv`` (query-id, corpus-id, score). None of it is part of the project: ``FOOTNOTED_EVAL_DATA`` names
the folder of sets, by default ``../shared/data`` beside the checkout.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.documents import Document
from index.embedding import Encoder
from index.records import Incoming
from index.store import Index

_HERE = Path(__file__).parent
_SOURCE = "/evaluation"


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """A set as it stands on disk.

    Attributes:
        name: its folder's name.
        corpus: title and text by document id.
        queries: every field of a query, by query id, in order.
        qrels: the relevance of documents, by query id and document id.
    """

    name: str
    corpus: Mapping[str, tuple[str, str]]
    queries: Mapping[str, Mapping[str, Any]]
    qrels: Mapping[str, Mapping[str, int]]


def data_folder() -> Path:
    """The folder of sets; ends the program with a sentence where there is none."""
    folder = Path(os.environ.get("FOOTNOTED_EVAL_DATA", _HERE.parent.parent / "shared" / "data"))
    if not folder.is_dir():
        sys.exit(f"no evaluation data in {folder}; set FOOTNOTED_EVAL_DATA to the folder that has the sets")
    return folder


def read_set(name: str) -> EvaluationSet:
    """The set in the folder ``name``."""
    folder = data_folder() / name
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        queries = [json.loads(line) for line in lines]
    qrels: dict[str, dict[str, int]] = {}
    for row in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        query, document, score = row.split("\t")
        qrels.setdefault(query, {})[document] = int(score)
    return EvaluationSet(
        name,
        {document["_id"]: (document.get("title", ""), document["text"]) for document in documents},
        {query["_id"]: query for query in queries},
        qrels,
    )


def open_index(evaluation: EvaluationSet, encoder: Encoder) -> Index:
    """The set's documents as an index; built once, then kept under the user's cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "footnoted-benchmarks"
    index = Index.open(home / evaluation.name, encoder)
    known = {record.path: record.digest for record in index.documents()}
    incoming = [item for item in _incoming(evaluation) if known.get(item.path) != item.digest]
    if incoming:
        print(f"indexing {len(incoming):,} documents of {evaluation.name}", file=sys.stderr)
        index.replace(incoming)
    return index


def _incoming(evaluation: EvaluationSet) -> Iterator[Incoming]:
    for name, (title, text) in evaluation.corpus.items():
        digest = hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()
        yield Incoming(_SOURCE, name, len(text), 0, digest, Document(text, title, "text", "en"))
