"""Prints the cost of a search in a large library: time, memory, and recall against an exact search.

``python -m benchmarks.million [--passages 1000000] [--queries 300]``. :mod:`benchmarks.stand_in` fills the
library. Recall is the share of the ten nearest vectors of the catalog that a search finds.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.corpus import questions, read_corpus, real_vectors
from benchmarks.side_by_side import milliseconds
from benchmarks.stand_in import StandIn, filled
from index.embedding.encoder import open_encoder
from index.embedding.model import Vectors
from index.library import Library
from index.records import Filters

_NEAREST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=300)
    arguments = parser.parse_args()
    encoder, corpus = open_encoder(), read_corpus()
    stand_in = StandIn(encoder, real_vectors(encoder, corpus))
    home = filled(arguments.passages, corpus, stand_in)
    asked = questions(arguments.queries)
    vectors = np.stack([encoder.encode_query(query) for query in asked])
    began = time.perf_counter()
    with Library.open(home, stand_in) as index:
        index.search("ready")
        opened = time.perf_counter() - began
        print(f"{index.catalog.count_passages():,} passages; open and search once: {opened:.2f} s\n")
        print("| search | median, ms | p95, ms |\n|---|---:|---:|")
        few = tuple(record.document_id for record in index.catalog.documents()[:2])
        many = Filters(languages=("en",))
        for name, search in _searches(index, few, many).items():
            times = [milliseconds(partial(search, query)) for query in asked]
            print(f"| {name} | {np.median(times):.1f} | {np.quantile(times, 0.95):.1f} |")
        resident = _resident_megabytes()
        recall = _recall(index, asked, vectors)
    print(f"\nresident after that: {resident:,.0f} MB; recall@{_NEAREST} of the vectors: {recall:.4f}")


def _searches(
    index: Library, few: tuple[int, ...], many: Filters
) -> dict[str, Callable[[str], Sequence[object]]]:
    return {
        "by meaning and words": index.search,
        "by vectors alone": lambda query: index.search(query, dense_weight=1),
        "by words alone": lambda query: index.search(query, dense_weight=0),
        "in two documents": lambda query: index.search(query, 10, Filters(document_ids=few)),
        "in English documents": lambda query: index.search(query, 10, many),
    }


def _recall(index: Library, asked: Sequence[str], vectors: Vectors) -> float:
    best: list[list[tuple[float, int]]] = [[] for _ in asked]
    with index.catalog.reading() as reader:
        for numbers, stored in reader.all_vectors():
            cosines = vectors @ stored.T
            nearest = np.argsort(-cosines, axis=1)[:, :_NEAREST]
            for place, columns in enumerate(nearest):
                new = [(float(cosines[place, column]), int(numbers[column])) for column in columns]
                best[place] = sorted(best[place] + new, reverse=True)[:_NEAREST]
    shares = []
    for query, exact in zip(asked, best, strict=True):
        found = {hit.chunk_id for hit in index.search(query, _NEAREST, dense_weight=1)}
        shares.append(len(found & {number for _, number in exact}) / _NEAREST)
    return float(np.mean(shares))


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
