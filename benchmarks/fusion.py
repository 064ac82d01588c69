"""Prints nDCG@10 of the search by vectors and words, for several weights and other ways to fuse the two.

``python -m benchmarks.fusion [SET …]``; the default is every set with judged documents. The weight is that of
the vectors: 0 means words alone, and 1 means vectors alone. The score of a document is that of its best
passage. All ways fuse the same pool: the 100 best passages by vectors, and the 100 best by words. Of the two
other ways, one scales both scores to 0..1 within the pool and gives the vectors the weight 0.6; the other is
reciprocal rank fusion.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import ir_measures
from ir_measures import nDCG

from benchmarks.datasets import data_folder, open_index
from index.embedding.encoder import open_encoder
from index.library import POOL, Library
from index.search.fusion import fuse
from rag.evaluation import Dataset, read_dataset

WEIGHTS = (0.0, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7, 1.0)
POOL_WEIGHT = 0.6
"""The best weight of the vectors if both scores are scaled within the pool."""

RRF_CONSTANT = 60
"""The constant of reciprocal rank fusion, as in Cormack et al., SIGIR 2009."""

NAMES = (*map(str, WEIGHTS), f"scaled in the pool, {POOL_WEIGHT}", "RRF")

Run = Mapping[str, float]


def main(names: list[str]) -> None:
    """Measure the sets and print a row each."""
    encoder = open_encoder()
    sets = names or sorted(path.parent.name for path in data_folder().glob("*/qrels.tsv"))
    print("| set | questions | " + " | ".join(NAMES) + " |")
    print("|---" * (len(NAMES) + 2) + "|")
    for name in sets:
        dataset = read_dataset(data_folder() / name)
        with open_index(dataset, encoder) as index:
            runs = {query.id: runs_of(index, query.text) for query in dataset.queries if query.judged}
        figures = [
            ndcg(dataset, {query: each[place] for query, each in runs.items()}) for place in range(len(NAMES))
        ]
        print(
            f"| {name} | {len(runs):,} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |",
            flush=True,
        )


def runs_of(index: Library, query: str) -> list[Run]:
    """Return the documents of a query with their scores, for each of ``NAMES``."""
    by_words = index.search(query, POOL, dense_weight=0)
    by_vectors = index.search(query, POOL, dense_weight=1)
    documents = {hit.chunk_id: hit.document.path for hit in [*by_words, *by_vectors]}
    dense = {hit.chunk_id: hit.dense for hit in [*by_words, *by_vectors]}
    lexical = {hit.chunk_id: hit.lexical for hit in by_words}
    with index.snapshot() as snapshot:
        most = snapshot.max_score(query)
    best = max(lexical.values(), default=0.0)
    weighted = [fuse(dense, lexical, most, weight) for weight in WEIGHTS[1:-1]]
    in_pool = fuse(dense, lexical, best, POOL_WEIGHT)
    only_words, only_vectors = lexical, {hit.chunk_id: hit.dense for hit in by_vectors}
    runs = [documents_of(scores, documents) for scores in (only_words, *weighted, only_vectors, in_pool)]
    ranks: dict[str, float] = {}
    for half in (runs[0], runs[len(WEIGHTS) - 1]):
        for rank, document in enumerate(half, 1):
            ranks[document] = ranks.get(document, 0.0) + 1 / (RRF_CONSTANT + rank)
    return [*runs, ranks]


def documents_of(scores: Mapping[int, float], documents: Mapping[int, str]) -> Run:
    """Return each document with the score of its best passage, best first."""
    best: dict[str, float] = {}
    for number in sorted(scores, key=lambda number: -scores[number]):
        best.setdefault(documents[number], scores[number])
    return best


def ndcg(dataset: Dataset, runs: Mapping[str, Run]) -> float:
    """Return nDCG@10 of the judged questions; ``runs`` has the documents' scores by question."""
    qrels = {query.id: dict(query.judged) for query in dataset.queries if query.judged}
    return float(ir_measures.calc_aggregate([nDCG @ 10], qrels, runs)[nDCG @ 10])


if __name__ == "__main__":
    main(sys.argv[1:])
