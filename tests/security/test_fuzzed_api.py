"""The server answers as its OpenAPI description says, whatever it is sent (``benchmarks.fuzz_api``)."""

from __future__ import annotations

from benchmarks.fuzz_api import fuzz, sample_server

EXAMPLES = 300
"""The module sends 2,000 when it is run by itself."""


def test_every_answer_is_one_that_the_description_allows() -> None:
    with sample_server() as address:
        fuzzed = fuzz(address, EXAMPLES)
    assert fuzzed.findings == []
    assert fuzzed.requests.total() >= EXAMPLES
    assert {200, 201, 202, 404, 405, 422} <= set(fuzzed.statuses)
