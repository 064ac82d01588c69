"""Latency of answers, by stage."""

from __future__ import annotations

from collections.abc import Sequence

from rag.evaluation.answered_queries import AnsweredQuery
from rag.evaluation.bootstrap import Place, Sample, quantile

TOTAL = "total"
SHARES = {"median": 0.5, "p95": 0.95}


def measure_latency(asked: Sequence[AnsweredQuery]) -> dict[Place, Sample]:
    """Return the milliseconds of each stage of an answer and of their total: median and 95th percentile."""
    stages = dict.fromkeys(stage for item in asked for stage in item.answer.timings)
    times = {stage: [item.answer.timings.get(stage, 0.0) for item in asked] for stage in stages}
    if asked:
        times[TOTAL] = [sum(item.answer.timings.values()) for item in asked]
    ids = tuple(item.query.id for item in asked)
    return {
        ("latency_ms", stage, name): Sample(ids, quantile(values, share), is_time=True)
        for stage, values in times.items()
        for name, share in SHARES.items()
    }
