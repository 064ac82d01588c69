"""Milliseconds by stage and in total."""

from __future__ import annotations

from rag.evaluation.datasets import Query
from rag.evaluation.evaluation import measure_latency
from rag.evaluation.measures import estimate
from tests.support.sets import asked


def test_each_stage_and_the_total_have_a_median_and_a_95th_percentile() -> None:
    items = [
        asked(Query(f"q{number}", "?"), timings={"search": number, "answer": 100 - number})
        for number in range(1, 101)
    ]
    samples = measure_latency(items)
    figures = {place: figure for place, sample in samples.items() if (figure := estimate(sample))}
    assert {place[1:]: figure.value for place, figure in figures.items()} == {
        ("search", "median"): 50,
        ("search", "p95"): 95,
        ("answer", "median"): 49,
        ("answer", "p95"): 94,
        ("total", "median"): 100,
        ("total", "p95"): 100,
    }
    assert all(sample.is_time for sample in samples.values())


def test_a_skipped_stage_takes_no_time() -> None:
    items = [asked(Query("q1", "?"), timings={"search": 4}), asked(Query("q2", "?"), timings={"read": 6})]
    samples = measure_latency(items)
    value = estimate(samples["latency_ms", "read", "p95"])
    assert value is not None
    assert (value.value, value.n) == (6, 2)
    assert estimate(samples["latency_ms", "read", "median"]) is not None
    assert measure_latency([]) == {}
