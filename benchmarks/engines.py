"""Prints what a catalog in PostgreSQL costs beside one in a SQLite file, on the same passages.

``python -m benchmarks.engines --database-url URL [--passages N …] [--rounds N]``. The database must be empty,
and is emptied at the end. A second home folder over it shows when another server finds an addition.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import sqlalchemy as sa

from benchmarks.corpus import Corpus
from benchmarks.side_by_side import Bench, machine, milliseconds, parser, prepared
from benchmarks.stand_in import document_id_at
from index.catalog import check_empty, move_catalog
from index.catalog.schema import metadata
from index.library import Library

NEW = 5_000_000
"""The number of the first added document, above every number in a filled library."""

_QUERIES = 200


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--database-url", required=True, help="an empty PostgreSQL database")
    made.add_argument("--rounds", type=int, default=20, help="documents that are added and removed")
    made.set_defaults(alternative_up_to=0)
    bench = prepared(made.parse_args())
    print(f"{machine()}\n\n| passages | figure | SQLite | PostgreSQL |\n|---:|---|---:|---:|")
    for sides in bench.sides():
        with tempfile.TemporaryDirectory() as place:
            for figure, *values in _figures(bench, sides.home, Path(place)):
                print(f"| {sides.passages:,} | {figure} | {' | '.join(values)} |", flush=True)


def _figures(bench: Bench, filled: Path, place: Path) -> Iterator[tuple[str, str, str]]:
    database_url = bench.arguments.database_url
    for name in ("file", "one"):
        shutil.copytree(filled, place / name)
    check_empty(place, database_url)
    with ExitStack() as opened:
        opened.callback(empty, database_url)
        seconds = milliseconds(partial(move_catalog, place / "one", "", database_url)) / 1000
        yield "copied and compared, s", "", f"{seconds:.1f}"
        file, one, two = (
            opened.enter_context(Library.open(place / name, bench.encoder, database_url=url))
            for name, url in (("file", ""), ("one", database_url), ("two", database_url))
        )
        first = milliseconds(partial(two.search, "river")) / 1000
        yield "first search in another home, which writes its caches, s", "", f"{first:.1f}"
        yield "search, median and p95, ms", _searching(file, bench.corpus), _searching(one, bench.corpus)
        both = [_changing(library, bench, two if library is one else library) for library in (file, one)]
        for figure, ours, theirs in zip(
            (
                "add a document of ten passages, ms",
                "find it, ms; of PostgreSQL in another home",
                "remove it, ms",
            ),
            *both,
            strict=True,
        ):
            yield figure, f"{median(ours):.1f}", f"{median(theirs):.1f}"


def _searching(library: Library, corpus: Corpus) -> str:
    questions = [corpus.document(number).title for number in range(_QUERIES)]
    for question in questions:
        # The encoder then has the vectors of the questions in its cache.
        library.search(question)
    times = [milliseconds(partial(library.search, question)) for question in questions]
    return f"{median(times):.1f}, {quantiles(times, n=20)[-1]:.1f}"


def _changing(
    library: Library, bench: Bench, reader: Library
) -> tuple[list[float], list[float], list[float]]:
    added: list[float] = []
    found: list[float] = []
    removed: list[float] = []
    for number in range(NEW, NEW + bench.arguments.rounds):
        library.search("river")
        reader.search("river")
        added.append(milliseconds(partial(library.replace, [bench.corpus.incoming(number)])))
        found.append(milliseconds(partial(reader.search, "river")))
        gone = [document_id_at(library, number)]
        removed.append(milliseconds(partial(library.replace, [], gone)))
    return added, found, removed


def empty(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    engine.dispose()


if __name__ == "__main__":
    main()
