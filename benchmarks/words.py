"""Compares searches for words in the product's tantivy index with the full-text search of PostgreSQL.

``python -m benchmarks.words --database-url URL [--passages N …]`` makes a table, and deletes it at its end.
PostgreSQL ranks all passages with any word of the question by ``ts_rank`` or ``ts_rank_cd``, divided by 1 +
the logarithm of the length.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from benchmarks.corpus import questions
from benchmarks.datasets import data_folder
from benchmarks.encoders import documents_of, ndcg
from benchmarks.side_by_side import machine, milliseconds, note, prepared
from benchmarks.stub_encoder import StubEncoder
from index.library import POOL, Library
from index.search.bm25 import Entry, LexicalIndex, entries
from index.search.manifest import folder_of, read_manifest
from rag.evaluation import Configuration, Dataset, read_dataset
from rag.evaluation.datasets import open_temporary

SETS = ("scifact", "clapnq", "mtrag-human", "tatqa")

RANKS = ("ts_rank", "ts_rank_cd")
"""By its words, and by how close to each other they are."""

_QUESTIONS = 100

_TABLE = sa.text("CREATE TABLE words_benchmark (id bigint PRIMARY KEY, words tsvector NOT NULL)")
_INSERT = sa.text("INSERT INTO words_benchmark VALUES (:number, to_tsvector('english', :text))")
_INDEX = sa.text("CREATE INDEX ON words_benchmark USING gin (words)")
_ANY_WORD = sa.text(
    "SELECT string_agg(quote_literal(lexeme), ' | ') FROM unnest(to_tsvector('english', :question))"
)
_DROP = sa.text("DROP TABLE IF EXISTS words_benchmark")

Search = Callable[[str], Mapping[int, float]]
"""The best hundred passages of a question with their scores, by number."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database-url", required=True, help="a PostgreSQL database")
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    parser.set_defaults(alternative_up_to=0, fresh=False)
    bench = prepared(parser.parse_args())
    engine = sa.create_engine(bench.arguments.database_url)
    print(f"{machine()}\n\n| set | questions | tantivy | {' | '.join(RANKS)} |\n|---|---:|---:|---:|---:|")
    try:
        for name in SETS:
            print(_quality(read_dataset(data_folder() / name), engine), flush=True)
        print("\n| passages | tantivy, median and p95, ms | ts_rank |\n|---:|---:|---:|")
        for sides in bench.sides():
            with Library.open(sides.home, bench.encoder) as library:
                print(f"| {sides.passages:,} | {_speed(library, engine)} |", flush=True)
    finally:
        with engine.begin() as connection:
            connection.execute(_DROP)
        engine.dispose()


def _quality(dataset: Dataset, engine: sa.Engine) -> str:
    judged = [query for query in dataset.queries if query.judged]
    with (
        tempfile.TemporaryDirectory() as folder,
        open_temporary(dataset.documents, Configuration(), StubEncoder(), Path(folder)) as library,
    ):
        library.search("ready")
        _fill(engine, library)
        with library.catalog.reading() as reader:
            paths = {passage.chunk_id: passage.document.path for passage in reader.passages()}
        searches: list[Search] = [_by_tantivy(library)]
        searches += [partial(_by_postgresql, engine, rank) for rank in RANKS]
        figures = []
        for search in searches:
            runs = {query.id: documents_of(search(query.text), paths) for query in judged}
            figures.append(ndcg(dataset.queries, runs))
    return f"| {dataset.name} | {len(judged):,} | " + " | ".join(f"{each:.3f}" for each in figures) + " |"


def _speed(library: Library, engine: sa.Engine) -> str:
    note(f"{library.catalog.count_passages():,} passages: filling the table")
    _fill(engine, library)
    searches: list[Search] = [_by_tantivy(library), partial(_by_postgresql, engine, RANKS[0])]
    asked, cells = questions(_QUESTIONS), []
    for search in searches:
        for question in asked[:10]:
            search(question)
        times = [milliseconds(partial(search, question)) for question in asked]
        cells.append(f"{median(times):.1f}, {quantiles(times, n=20)[-1]:.1f}")
    return " | ".join(cells)


def _fill(engine: sa.Engine, library: Library) -> None:
    with engine.begin() as connection:
        connection.execute(_DROP)
        connection.execute(_TABLE)
        with library.catalog.reading() as reader:
            batch: list[Entry] = []
            for entry in entries(reader.passages(), titled=True):
                batch.append(entry)
                if len(batch) == 5_000:
                    _insert(connection, batch)
                    batch.clear()
            _insert(connection, batch)
        connection.execute(_INDEX)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE words_benchmark"))


def _insert(connection: sa.Connection, batch: Iterable[Entry]) -> None:
    rows = [{"number": entry.number, "text": entry.text.replace("\0", " ")} for entry in batch]
    if rows:
        connection.execute(_INSERT, rows)


def _by_tantivy(library: Library) -> Search:
    """Without reading a passage."""
    build = library.catalog.build()
    folder = folder_of(library.home, build) if build else library.home
    manifest = read_manifest(folder)
    if manifest is None:
        sys.exit(f"{library.home} has no caches")
    words = LexicalIndex(folder / manifest.words).searcher()
    return lambda question: words.search(question, POOL)


def _by_postgresql(engine: sa.Engine, rank: str, question: str) -> dict[int, float]:
    words: sa.ColumnElement[object] = sa.literal_column("words")
    any_word = sa.cast(sa.bindparam("query"), TSQUERY)
    score = getattr(sa.func, rank)(words, any_word, 1)
    statement = (
        sa.select(sa.column("id"), score)
        .select_from(sa.table("words_benchmark"))
        .where(words.op("@@")(any_word))
        .order_by(score.desc(), sa.column("id"))
        .limit(POOL)
    )
    with engine.connect() as connection:
        query = connection.scalar(_ANY_WORD, {"question": question})
        rows = connection.execute(statement, {"query": query or ""})
        return {int(number): float(score) for number, score in rows}


if __name__ == "__main__":
    main()
