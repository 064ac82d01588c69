"""Prints nDCG@10 of each half of the search, of their fused scores, and of reciprocal rank fusion.

``python -m benchmarks.retrieval [SET …]``: sets in BEIR's layout, by default scifact. A document's score is
that of its best passage. The interval is a 95 % bootstrap over questions of the gain of the fused scores over
the better half.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import nDCG

from benchmarks.datasets import EvaluationSet, open_index, read_set
from index.embedding import open_encoder
from index.fusion import DENSE_WEIGHT
from index.store import Index

PASSAGES = 100
RRF_CONSTANT = 60
"""Of reciprocal rank fusion, as in Cormack et al., SIGIR 2009."""

Run = Mapping[str, float]


def main(names: list[str]) -> None:
    """Measure the sets and print a row each."""
    encoder = open_encoder()
    columns = ("dense", "words", "RRF", "fused")
    print(
        f"{'nDCG@10':12}{'questions':>10}"
        + "".join(f"{column:>9}" for column in columns)
        + "   gain of fused"
    )
    for name in names or ["scifact"]:
        evaluation = read_set(name)
        with open_index(evaluation, encoder) as index:
            scores = {column: _scores(evaluation, index, column) for column in columns}
        better = max(scores["dense"], scores["words"], key=lambda by_question: float(by_question.mean()))
        low, high = _interval(scores["fused"] - better)
        means = "".join(f"{scores[column].mean():9.3f}" for column in columns)
        gain = scores["fused"].mean() - better.mean()
        print(f"{name:12}{len(better):10,}{means}   {gain:+.3f} ({low:+.3f} to {high:+.3f})")


def _scores(evaluation: EvaluationSet, index: Index, column: str) -> npt.NDArray[np.float64]:
    judged = [query for query in evaluation.queries if query in evaluation.qrels]
    qrels = [
        ir_measures.Qrel(query, document, score)
        for query in judged
        for document, score in evaluation.qrels[query].items()
    ]
    found = [
        ir_measures.ScoredDoc(query, document, score)
        for query in judged
        for document, score in _run(index, str(evaluation.queries[query]["text"]), column).items()
    ]
    by_question = {
        metric.query_id: metric.value for metric in ir_measures.iter_calc([nDCG @ 10], qrels, found)
    }
    return np.array([by_question.get(query, 0.0) for query in judged])


def _run(index: Index, query: str, column: str) -> Run:
    if column == "RRF":
        ranks: dict[str, float] = {}
        for half in ("dense", "words"):
            for rank, document in enumerate(_run(index, query, half), 1):
                ranks[document] = ranks.get(document, 0.0) + 1 / (RRF_CONSTANT + rank)
        return ranks
    weight = {"dense": 1.0, "words": 0.0}.get(column, DENSE_WEIGHT)
    best: dict[str, float] = {}
    for hit in index.search(query, PASSAGES, dense_weight=weight):
        best.setdefault(hit.document.path, hit.score)
    return best


def _interval(gains: npt.NDArray[np.float64], rounds: int = 2000) -> tuple[float, float]:
    generator = np.random.default_rng(0)
    means = [gains[generator.integers(0, len(gains), len(gains))].mean() for _ in range(rounds)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main(sys.argv[1:])
