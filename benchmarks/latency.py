"""Prints how long a search takes without embedding its query, for one client and for many at once.

``python -m benchmarks.latency [--passages N …] [--queries N] [--askers N]``. Both return ten passages with
their text; only Footnoted also searches by words.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from benchmarks.corpus import questions
from benchmarks.side_by_side import Bench, Row, Sides, milliseconds, parser, prepared, print_table
from index.library import Library

Search = Callable[[], object]

_WARM = 20


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--queries", type=int, default=200, help="searches of one asker, and of many in all")
    made.add_argument("--askers", type=int, default=20, help="how many ask at once")
    bench = prepared(made.parse_args())
    asked = questions(bench.arguments.queries)
    print_table(row for sides in bench.sides() for row in _rows(bench, sides, asked))


def _rows(bench: Bench, sides: Sides, asked: Sequence[str]) -> Iterator[Row]:
    figures = ["search, median, ms", "search, p95, ms"]
    figures += [f"search, {bench.arguments.askers} askers at once, {name}" for name in _AT_ONCE]
    ours = _ours(bench, sides, asked)
    theirs = _theirs(bench, sides, asked)
    for place, figure in enumerate(figures):
        yield Row(sides.passages, figure, ours[place : place + 1], theirs[place : place + 1])


_AT_ONCE = ("median, ms", "p95, ms", "searches a second")


def _ours(bench: Bench, sides: Sides, asked: Sequence[str]) -> list[float]:
    with Library.open(sides.home, bench.encoder) as index:
        for query in asked:
            # The encoder then has the vectors of the queries in its cache.
            bench.encoder.encode_query(query)
        return _measured([partial(index.search, query) for query in asked], bench.arguments)


def _theirs(bench: Bench, sides: Sides, asked: Sequence[str]) -> list[float]:
    if sides.alternative is None:
        return []
    from benchmarks.alternative import bundle, load, retriever

    searcher = retriever(load(sides.alternative, bench.encoder))
    bundles = [bundle(query, bench.encoder) for query in asked]
    return _measured([partial(searcher.retrieve, query) for query in bundles], bench.arguments)


def _measured(searches: Sequence[Search], arguments: argparse.Namespace) -> list[float]:
    for search in searches[:_WARM]:
        search()
    alone = [milliseconds(search) for search in searches]
    with ThreadPoolExecutor(arguments.askers) as pool:
        began = time.perf_counter()
        at_once = list(pool.map(milliseconds, searches))
        seconds = time.perf_counter() - began
    times = [float(np.quantile(values, share)) for values in (alone, at_once) for share in (0.5, 0.95)]
    return [*times, len(searches) / seconds]


if __name__ == "__main__":
    main()
