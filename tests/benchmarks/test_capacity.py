"""The plan of a large library grows as its parts do, and a simulated day obeys the laws of queues."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import capacity
from benchmarks.capacity import MILLION, MODEL, Assumptions, Times, plan, simulate
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow

ASSUMED = Assumptions()
_WORK = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 10)), min_size=1, max_size=40)


def served(work: list[tuple[float, float]], servers: int) -> tuple[Times, Times, Times]:
    """The times at which work comes, its durations, and the times at which it is done."""
    arrived, seconds = (np.array(values) for values in zip(*sorted(work), strict=True))
    return arrived, seconds, capacity._served(arrived, seconds, servers)


@given(_WORK)
def test_one_server_works_on_one_after_the_other(work: list[tuple[float, float]]) -> None:
    arrived, seconds, done = served(work, 1)
    free = 0.0
    for at, taken, end in zip(arrived, seconds, done, strict=True):
        assert end == max(free, at) + taken
        free = end


@given(_WORK)
def test_more_servers_never_make_anything_later_and_enough_of_them_let_nothing_wait(
    work: list[tuple[float, float]],
) -> None:
    ends = [served(work, servers)[2] for servers in (1, 2, 3, len(work))]
    assert all((more <= fewer + 1e-9).all() for fewer, more in pairwise(ends))
    arrived, seconds, done = served(work, len(work))
    assert np.allclose(done, arrived + seconds)


def test_what_a_passage_needs_grows_with_the_passages_and_what_a_library_needs_with_the_libraries() -> None:
    small, large = plan(10 * MILLION, MODEL, ASSUMED), plan(100 * MILLION, MODEL, ASSUMED)
    assert (small.libraries, large.libraries) == (1, 10)
    for name in ("catalog_gb", "files_gb", "memory_gb", "first_hours"):
        assert getattr(large, name) == pytest.approx(10 * getattr(small, name)), name
    assert small.catalog_gb == pytest.approx(10 * MILLION * MODEL.catalog_bytes / 2**30)


def test_a_question_that_goes_to_more_libraries_takes_more_cores() -> None:
    few = plan(100 * MILLION, MODEL, replace(ASSUMED, largest=100 * MILLION))
    many = plan(100 * MILLION, MODEL, replace(ASSUMED, largest=MILLION))
    assert few.libraries < many.libraries
    assert few.memory_gb < many.memory_gb, "each library has a server with its models"


def test_a_planned_day_answers_in_the_time_of_an_answer_and_too_few_cores_let_people_wait() -> None:
    planned = plan(100 * MILLION, MODEL, ASSUMED)
    day = simulate(planned, MODEL, ASSUMED)
    assert len(day.fresh) == day.reports
    assert day.fresh.min() > 0
    alone = (MODEL.answer_ms + capacity.search_ms(MODEL, 10 * MILLION)) / 1000
    assert np.median(day.answered) == pytest.approx(alone, rel=0.3)
    crowded = simulate(replace(planned, asked_cores=planned.asked_cores // 3), MODEL, ASSUMED)
    assert np.quantile(crowded.answered, 0.95) > 5 * np.quantile(day.answered, 0.95)


@pytest.mark.parametrize("what", ["plan", "simulate"])
def test_the_documentation_has_what_the_command_prints(
    what: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["capacity", what])
    capacity.main()
    assert capsys.readouterr().out in (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
