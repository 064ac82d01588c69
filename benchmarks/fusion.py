"""Prints nDCG@10 of the fused search by the weight of its dense half, beside reciprocal rank fusion.

``python -m benchmarks.fusion [SET …]``: by default every set with judged documents. A document scores as its
best passage does. The weights come from one pool of 100 passages of each half.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import ir_measures
from ir_measures import nDCG

from benchmarks.datasets import data_folder, open_index
from index.embedding import open_encoder
from index.store import Index
from rag.evaluation import Dataset, read_dataset

PASSAGES = 100
WEIGHTS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
RRF_CONSTANT = 60
"""Of reciprocal rank fusion, as in Cormack et al., SIGIR 2009."""

Run = Mapping[str, float]


def main(names: list[str]) -> None:
    """Measure the sets and print a row each."""
    encoder = open_encoder()
    sets = names or sorted(path.parent.name for path in data_folder().glob("*/qrels.tsv"))
    print("| set | questions | " + " | ".join(map(str, WEIGHTS)) + " | RRF |")
    print("|---" * (len(WEIGHTS) + 3) + "|")
    for name in sets:
        dataset = read_dataset(data_folder() / name)
        with open_index(dataset, encoder) as index:
            runs = {query.id: runs_of(index, query.text) for query in dataset.queries if query.judged}
        figures = [
            _ndcg(dataset, {query: each[place] for query, each in runs.items()})
            for place in range(len(WEIGHTS) + 1)
        ]
        print(
            f"| {name} | {len(runs):,} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |",
            flush=True,
        )


def runs_of(index: Index, query: str) -> list[Run]:
    """Documents with their scores, for each of ``WEIGHTS`` and last for reciprocal rank fusion."""
    runs: list[Run] = []
    for weight in WEIGHTS:
        best: dict[str, float] = {}
        for hit in index.search(query, PASSAGES, dense_weight=weight):
            best.setdefault(hit.document.path, hit.score)
        runs.append(best)
    ranks: dict[str, float] = {}
    for half in (runs[0], runs[-1]):
        for rank, document in enumerate(half, 1):
            ranks[document] = ranks.get(document, 0.0) + 1 / (RRF_CONSTANT + rank)
    return [*runs, ranks]


def _ndcg(dataset: Dataset, runs: Mapping[str, Run]) -> float:
    qrels = {query.id: dict(query.judged) for query in dataset.queries if query.judged}
    return float(ir_measures.calc_aggregate([nDCG @ 10], qrels, runs)[nDCG @ 10])


if __name__ == "__main__":
    main(sys.argv[1:])
