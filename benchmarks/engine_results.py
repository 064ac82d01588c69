"""Compares search results on PostgreSQL, Milvus and Ray with those of one machine, for 500 questions.

``python -m benchmarks.engine_results [--database-url URL] [--index milvus://HOST] [--on HOST:PORT]``. The
database must be empty, and is emptied at the end. Recall is the share of one machine's nearest passages by
meaning that the other library finds as well; nDCG@10 is that of meaning and words together.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import ir_measures
from ir_measures import nDCG

from benchmarks.datasets import HOME, data_folder
from benchmarks.engines import empty
from benchmarks.side_by_side import machine, note
from index.catalog import check_empty, move_catalog
from index.embedding.encoder import Encoder, open_encoder
from index.ingest import open_cluster, sync
from index.library import POOL, Hit, Library
from index.search.caches import prefix_of
from index.vectors.milvus import MilvusStore
from rag.evaluation import read_dataset
from rag.evaluation.datasets import Query, spread

SETS = ("squad2", "mlqa-en", "clapnq", "mtrag-human", "tatqa")

_TEN = 10

Place = tuple[str, int, int]
"""A passage: the name of its file, and its start and end."""


@dataclass(frozen=True, slots=True)
class Question:
    """``key`` is its set and id; ``relevant`` the relevance of files, by name."""

    key: str
    text: str
    relevant: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """Passages by meaning (``dense``), or also by words, best first; ``files``: the best passage's score."""

    dense: Sequence[Place]
    fused: Sequence[Place]
    files: Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database")
    parser.add_argument("--index", default="", help="a server of Milvus")
    parser.add_argument("--on", default="", help="a Ray cluster")
    parser.add_argument("--questions", type=int, default=100, help="questions of each set")
    given = parser.parse_args()
    encoder = open_encoder()
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder, ExitStack() as opened:
        place = Path(folder)
        questions = list(_questions(place / "files", given.questions))
        names = ", ".join(SETS)
        print(f"{machine()}\n\n{len(questions)} questions, evenly spread over {names}\n")
        print("| library | passages | recall of 10 and 100 | nDCG@10 | the same first ten |")
        print("|---|---:|---|---:|---:|", flush=True)
        expected: dict[str, Found] = {}
        for name, library in _libraries(place, encoder, given, opened):
            note(f"{name}: searching")
            found = {each.key: _found(library, each.text) for each in questions}
            expected = expected or found
            passages = library.catalog.count_passages()
            print(f"| {name} | {passages:,} | {_figures(expected, found, questions)} |", flush=True)


def _questions(folder: Path, count: int) -> Iterator[Question]:
    folder.mkdir()
    for name in SETS:
        dataset = read_dataset(data_folder() / name)
        for document, content in dataset.documents.items():
            file = folder / _file(name, document)
            file.write_text(f"{content.title}\n\n{content.text}", encoding="utf-8", errors="replace")
        asked = [query for query in dataset.queries if query.answerable is not False and _relevant(query)]
        for query in spread(asked, count):
            relevant = {_file(name, document): grade for document, grade in _relevant(query).items()}
            yield Question(f"{name}/{query.id}", query.text, relevant)


def _relevant(query: Query) -> Mapping[str, int]:
    if query.judged:
        return query.judged
    return {query.about: 1} if query.about else {}


def _file(dataset: str, document: str) -> str:
    return f"{dataset}-{''.join(letter if letter.isalnum() else '_' for letter in document)}.txt"


def _libraries(
    place: Path, encoder: Encoder, given: argparse.Namespace, opened: ExitStack
) -> Iterator[tuple[str, Library]]:
    """With names, that of one machine first."""

    def opening(name: str, *, database_url: str = "", index_url: str = "") -> Library:
        return opened.enter_context(
            Library.open(place / name, encoder, database_url=database_url, index_url=index_url)
        )

    def copied(name: str) -> Path:
        return Path(shutil.copytree(place / "one", place / name))

    note("syncing on one machine")
    with Library.open(place / "one", encoder) as library:
        sync(library, [place / "files"])
        library.compact()
    if given.database_url:
        check_empty(place, given.database_url)
        opened.callback(empty, given.database_url)
        move_catalog(copied("moved"), "", given.database_url)
    if given.index:
        copied("milvus")
    yield "one machine", opening("one")
    if given.database_url:
        yield "catalog in PostgreSQL", opening("database", database_url=given.database_url)
    if given.index:
        milvus = opening("milvus", index_url=given.index)
        _fill_collection(milvus, given.index, opened)
        yield "vectors in Milvus", milvus
    if given.database_url and given.index:
        both = opening("both", database_url=given.database_url, index_url=given.index)
        _fill_collection(both, given.index, opened)
        yield "both", both
    if given.on:
        ray = opening("ray")
        note("syncing on the cluster")
        with open_cluster(given.on, ray) as readers:
            sync(ray, [place / "files"], reader=readers)
        ray.compact()
        yield "synced on Ray", ray


def _fill_collection(library: Library, address: str, opened: ExitStack) -> None:
    """Delete them when ``opened`` closes; end the script if none arrive."""
    library.compact()
    store, build = MilvusStore(address), library.catalog.build()
    latest = store.latest(prefix_of(build)) if build else None
    if latest is None:
        sys.exit(f"{address} has no collection of the library")
    opened.callback(_drop, store, latest[0])


def _drop(store: MilvusStore, name: str) -> None:
    """All libraries with the same catalog share it."""
    if name in store.names(name):
        store.drop(name)


def _found(library: Library, text: str) -> Found:
    dense, fused = library.search(text, POOL, dense_weight=1.0), library.search(text, POOL)
    files: dict[str, float] = {}
    for hit in fused:
        files.setdefault(hit.document.path, hit.score)
    return Found([_place(hit) for hit in dense], [_place(hit) for hit in fused], files)


def _place(hit: Hit) -> Place:
    return hit.document.path, hit.span.start, hit.span.end


def _figures(expected: Mapping[str, Found], found: Mapping[str, Found], questions: Sequence[Question]) -> str:
    recalls = [
        sum(len({*expected[key].dense[:first]} & {*each.dense[:first]}) for key, each in found.items())
        / sum(len(each.dense[:first]) for each in expected.values())
        for first in (_TEN, POOL)
    ]
    qrels = {each.key: dict(each.relevant) for each in questions}
    quality = ir_measures.calc_aggregate(
        [nDCG @ _TEN], qrels, {key: dict(each.files) for key, each in found.items()}
    )[nDCG @ _TEN]
    same = sum(list(each.fused[:_TEN]) == list(expected[key].fused[:_TEN]) for key, each in found.items())
    return f"{recalls[0]:.4f}, {recalls[1]:.4f} | {quality:.4f} | {same} of {len(found)}"


if __name__ == "__main__":
    main()
