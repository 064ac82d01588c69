"""The server answers every request as its OpenAPI description says (``benchmarks.fuzz_api``)."""

from __future__ import annotations

from benchmarks.fuzz_api import fuzz, sample_server

EXAMPLES = 300
"""Run by itself, ``benchmarks.fuzz_api`` sends 2,000 requests."""


def test_every_answer_is_one_that_the_description_allows() -> None:
    with sample_server() as address:
        fuzzed = fuzz(address, EXAMPLES)
    assert fuzzed.findings == []
    assert fuzzed.requests.total() >= EXAMPLES
    assert {200, 201, 202, 404, 405, 422} <= set(fuzzed.statuses)
