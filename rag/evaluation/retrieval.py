"""Quality of the search: by vectors alone, by words alone, and fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from index.library import Library, Progress
from rag.evaluation.bootstrap import KeyPath, Sample, mean
from rag.evaluation.datasets import Query

POOL = 100
"""The number of passages that each search returns."""

METRICS = {
    "ndcg@10": "nDCG@10",
    "recall@1": "R@1",
    "recall@5": "R@5",
    "recall@20": "R@20",
    "recall@100": "R@100",
    "mrr@10": "RR@10",
}
"""Names of the figures in the JSON form, and in ir_measures (MacAvaney et al., ECIR 2022). nDCG is
trec_eval's, with linear gains."""

_Run = dict[str, Mapping[str, float]]
"""The scores of the documents found for each question, by id."""


def measure_retrieval(
    index: Library, queries: Sequence[Query], dense_weight: float, progress: Progress | None = None
) -> dict[KeyPath, Sample]:
    """Measure how well three rankings find the relevant documents: dense, lexical and fused.

    *Dense* ranks by vectors alone, *lexical* by words alone, and *fused* by both. A search returns passages;
    a document takes the rank of its best passage among the ``POOL`` best.

    Args:
        index: the library to search; it contains the set's documents.
        queries: the set's questions; those for which the set names no relevant document are skipped.
        dense_weight: the weight of the vectors' score in the fused score, 0 to 1.
        progress: receives the number of searched questions.

    Returns:
        The value of each metric for each question, by ranking and metric; empty if all questions are skipped.
    """
    judged = [query for query in queries if query.relevant]
    if not judged:
        return {}
    weights = {"dense": 1.0, "lexical": 0.0, "fused": dense_weight}
    runs: dict[str, _Run] = {ranking: {} for ranking in weights}
    for done, query in enumerate(judged, 1):
        for ranking, weight in weights.items():
            hits = index.search(query.text, POOL, dense_weight=weight)
            documents = dict.fromkeys(hit.document.path for hit in hits)
            # Ranks replace scores, because trec_eval reorders documents with equal scores.
            runs[ranking][query.id] = {document: float(-rank) for rank, document in enumerate(documents)}
        if progress is not None:
            progress("searching", done, len(judged))
    names = tuple(query.id for query in judged)
    return {
        ("retrieval", ranking, metric): Sample(names, mean(values))
        for ranking, run in runs.items()
        for metric, values in _values(judged, run).items()
    }


def _values(judged: Sequence[Query], run: _Run) -> dict[str, list[float]]:
    """Return the values of each metric, one per question."""
    import ir_measures

    metrics = {ir_measures.parse_measure(name): metric for metric, name in METRICS.items()}
    qrels = {query.id: dict(query.judged or {}) for query in judged}
    values = {metric: dict.fromkeys(qrels, 0.0) for metric in METRICS}
    for found in ir_measures.iter_calc(list(metrics), qrels, run):
        values[metrics[found.measure]][found.query_id] = found.value
    return {metric: list(of_queries.values()) for metric, of_queries in values.items()}
