"""The server answers every request as its OpenAPI description says (``benchmarks.fuzz_api``)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.fuzz_api import Sample, fuzz, sample_server, sender_with
from ui.accounts import Scope

pytestmark = pytest.mark.slow

EXAMPLES = 150
"""Run by itself, ``benchmarks.fuzz_api`` sends 2,000 requests."""

EXAMPLES_OF_A_SCOPE = 40


@pytest.fixture(scope="module")
def guarded() -> Iterator[Sample]:
    """A server that wants a token."""
    with sample_server(sign_in=True) as sample:
        yield sample


def test_every_answer_is_one_that_the_description_allows() -> None:
    with sample_server() as sample:
        fuzzed = fuzz(sample, EXAMPLES)
    assert fuzzed.findings == []
    assert fuzzed.requests.total() >= EXAMPLES
    assert {200, 201, 202, 404, 405, 422} <= set(fuzzed.statuses)


@pytest.mark.parametrize("scope", Scope)
def test_a_token_gets_what_its_scope_allows_and_described_refusals(guarded: Sample, scope: Scope) -> None:
    fuzzed = fuzz(guarded, EXAMPLES_OF_A_SCOPE, sender=sender_with(guarded.home, scope), coverage=False)
    assert fuzzed.findings == []
    assert fuzzed.requests.total() >= EXAMPLES_OF_A_SCOPE
    assert {200, 403} <= set(fuzzed.statuses)


def test_a_token_of_all_scopes_is_answered_as_described(guarded: Sample) -> None:
    fuzzed = fuzz(guarded, EXAMPLES_OF_A_SCOPE, sender=sender_with(guarded.home, *Scope), coverage=False)
    assert fuzzed.findings == []
    assert {200, 404, 422} <= set(fuzzed.statuses)
