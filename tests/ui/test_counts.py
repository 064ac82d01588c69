"""The counts that servers share limit as those in the memory of one server do."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import memory
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from tests.support.clocks import Clock, set_time
from ui import counts
from ui.counts import MemoryCounts, SharedCounts, open_counts

Strategy = type[MovingWindowRateLimiter] | type[SlidingWindowCounterRateLimiter]

LIMIT = RateLimitItemPerMinute(5)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedCounts]:
    with closing(SharedCounts(tmp_path_factory.mktemp("home"), "")) as opened:
        yield opened


@pytest.mark.parametrize("strategy", [MovingWindowRateLimiter, SlidingWindowCounterRateLimiter])
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 90), st.sampled_from(["hit", "clear"]), st.sampled_from("ab"), st.integers(1, 3)
        ),
        max_size=20,
    )
)
@settings(max_examples=25)
def test_any_hits_are_allowed_as_in_memory(
    strategy: Strategy, shared: SharedCounts, steps: list[tuple[int, str, str, int]]
) -> None:
    shared.reset()
    clock = Clock()
    limiters = [strategy(each) for each in (MemoryCounts(), shared)]
    with pytest.MonkeyPatch.context() as patch:
        for module in (memory, counts):
            set_time(patch, module, clock)
        for seconds, act, sender, cost in steps:
            clock.now += seconds
            if act == "clear":
                for limiter in limiters:
                    limiter.clear(LIMIT, sender)
            assert len({limiter.test(LIMIT, sender, cost=cost) for limiter in limiters}) == 1
            assert len({limiter.hit(LIMIT, sender, cost=cost) for limiter in limiters}) == 1
            assert len({limiter.get_window_stats(LIMIT, sender).remaining for limiter in limiters}) == 1


def test_of_many_hits_at_once_no_more_are_allowed_than_the_limit(shared: SharedCounts) -> None:
    limit = RateLimitItemPerDay(5)  # A minute may end between two hits.
    shared.reset()
    limiter = SlidingWindowCounterRateLimiter(shared)
    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(lambda _: limiter.hit(limit, "a"), range(40)))
    # Hits that are taken back for one another may leave some of the limit.
    assert 1 <= sum(allowed) <= limit.amount
    assert limiter.get_window_stats(limit, "a").remaining == limit.amount - sum(allowed)


def test_counts_that_have_ended_are_deleted(shared: SharedCounts, monkeypatch: pytest.MonkeyPatch) -> None:
    shared.reset()
    clock = Clock(2_000_000_000.0)
    set_time(monkeypatch, counts, clock)
    shared.incr("old", 30)
    clock.now += 3_600
    shared.incr("new", 30)
    assert (shared.get("old"), shared.get("new"), shared.reset()) == (0, 1, 1)


def test_a_server_of_its_own_counts_in_memory_and_makes_no_file(tmp_path: Path) -> None:
    with closing(open_counts(tmp_path)) as opened:
        assert isinstance(opened, MemoryCounts)
        assert SlidingWindowCounterRateLimiter(opened).hit(LIMIT, "a")
    assert list(tmp_path.iterdir()) == []
