"""After several failures in a row, no call is tried for a while."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from rag.llm.language_model import FAILURES, PAUSE_SECONDS, Circuit


class Clock:
    """A clock that the test controls."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def opened(clock: Clock) -> Circuit:
    """A circuit after its failures."""
    circuit = Circuit(now=clock)
    for _ in range(FAILURES):
        circuit.failed()
    return circuit


def test_calls_are_tried_until_three_have_failed_in_a_row() -> None:
    circuit = Circuit(now=Clock())
    admitted = []
    for _ in range(4):
        admitted.append(circuit.admits())
        circuit.failed()
    assert admitted == [True, True, True, False]
    assert (FAILURES, PAUSE_SECONDS) == (3, 30.0)


def test_a_success_resets_the_count() -> None:
    circuit = Circuit(now=Clock())
    for _ in range(5):
        circuit.failed()
        circuit.failed()
        circuit.succeeded()
    assert circuit.admits()
    assert circuit.seconds_left == 0.0


def test_after_the_pause_only_one_trial_is_admitted() -> None:
    clock = Clock()
    circuit = opened(clock)
    clock.seconds += 29.5
    assert (circuit.admits(), circuit.seconds_left) == (False, 0.5)
    clock.seconds += 0.5
    assert [circuit.admits(), circuit.admits(), circuit.admits()] == [True, False, False]


def test_a_successful_trial_closes_the_circuit_and_a_failed_one_reopens_it() -> None:
    clock = Clock()
    circuit = opened(clock)
    clock.seconds += 30
    assert circuit.admits()
    clock.seconds += 10
    circuit.failed()
    assert (circuit.admits(), circuit.seconds_left) == (False, 30.0)
    clock.seconds += 30
    assert circuit.admits()
    circuit.succeeded()
    assert [circuit.admits(), circuit.admits()] == [True, True]


def test_a_trial_without_a_result_does_not_block_for_ever() -> None:
    clock = Clock()
    circuit = opened(clock)
    clock.seconds += 30
    assert circuit.admits()
    clock.seconds += 30
    assert circuit.admits()


def test_many_threads_share_one_trial() -> None:
    clock = Clock()
    circuit = opened(clock)
    clock.seconds += 30
    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(lambda _: circuit.admits(), range(64)))
    assert sum(admitted) == 1
