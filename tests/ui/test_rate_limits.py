"""Each sender has limits, and the counts that servers share limit as those of one server do."""

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

from index.loaders import MEGABYTE
from tests.support.clocks import Clock, set_time
from ui import rate_limits
from ui.accounts import LOCAL, ROLE_SCOPES, Identity, Role
from ui.rate_limits import (
    OF_ADDRESS,
    OF_BROWSER,
    OF_NAME,
    OF_NAME_AT_ADDRESS,
    OF_SITE,
    REFUSALS_OF_ADDRESS,
    Excess,
    MemoryCounts,
    Quotas,
    Refusals,
    SharedCounts,
    Throttle,
    TooManyAttemptsError,
    networks_of,
    open_counts,
)
from ui.settings import OperationSettings

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
        for module in (memory, rate_limits):
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
    set_time(monkeypatch, rate_limits, clock)
    shared.incr("old", 30)
    clock.now += 3_600
    shared.incr("new", 30)
    assert (shared.get("old"), shared.get("new"), shared.reset()) == (0, 1, 1)


def test_a_server_of_its_own_counts_in_memory_and_makes_no_file(tmp_path: Path) -> None:
    with closing(open_counts(tmp_path)) as opened:
        assert isinstance(opened, MemoryCounts)
        assert SlidingWindowCounterRateLimiter(opened).hit(LIMIT, "a")
    assert list(tmp_path.iterdir()) == []


ADDRESS = "192.0.2.7"


def failures(throttle: Throttle, name: str, address: str, most: int, browser: str | None = None) -> int:
    """The number of failures until no further attempt is allowed, ``most`` at most."""
    for number in range(most):
        try:
            throttle.check_sign_in(name, address, browser)
        except TooManyAttemptsError:
            return number
        throttle.note_failed_sign_in(name, address, browser)
    return most


def test_one_address_cannot_try_many_names() -> None:
    throttle = Throttle(MemoryCounts())
    tried = sum(failures(throttle, f"name-{number}", ADDRESS, 1) for number in range(100))
    assert tried == OF_ADDRESS.amount


def test_many_addresses_cannot_try_one_name() -> None:
    throttle = Throttle(MemoryCounts())
    tried = sum(failures(throttle, "ada", f"192.0.2.{number}", 1) for number in range(100))
    assert tried == OF_NAME.amount


def test_a_known_browser_cannot_guess_without_end() -> None:
    throttle = Throttle(MemoryCounts())
    tried = sum(failures(throttle, "ada", f"192.0.2.{number}", 1, "stolen") for number in range(100))
    assert tried == OF_BROWSER.amount
    more = sum(failures(throttle, "ada", f"192.0.2.{number}", 1, f"b-{number}") for number in range(100))
    assert tried + more == OF_NAME.amount
    # Guesses in these browsers keep nobody else out.
    assert failures(throttle, "ada", "203.0.113.1", 1) == 1


def test_a_known_browser_has_the_limits_of_its_address() -> None:
    throttle = Throttle(MemoryCounts())
    assert failures(throttle, "ada", ADDRESS, 9, "known") == OF_NAME_AT_ADDRESS.amount
    others = sum(failures(throttle, f"name-{number}", ADDRESS, 1) for number in range(100))
    assert failures(throttle, "bea", ADDRESS, 9, "known") == 0
    assert others == OF_ADDRESS.amount - OF_NAME_AT_ADDRESS.amount


def test_a_site_of_version_6_cannot_try_as_many_names_as_it_has_networks() -> None:
    throttle = Throttle(MemoryCounts())
    tried = sum(failures(throttle, f"n-{number}", f"2001:db8:7:{number:x}::1", 1) for number in range(200))
    assert tried == OF_SITE.amount
    assert failures(throttle, "n", "2001:db8:8::1", 1) == 1


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("192.0.2.7", ("192.0.2.7/32",)),
        ("::ffff:192.0.2.7", ("192.0.2.7/32",)),
        ("2001:db8:1:2:3::4%eth0", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("unknown", ("unknown",)),
        ("", ("",)),
    ],
)
def test_an_address_counts_by_its_networks(address: str, networks: tuple[str, ...]) -> None:
    assert networks_of(address) == networks


MEMBER = ROLE_SCOPES[Role.MEMBER]
ANA = Identity("user", MEMBER, 1, "ana")
BO = Identity("user", MEMBER, 2, "bo")
TOKEN_OF_ANA = Identity("token", MEMBER, 1, "ana", "dashboard")
TOKEN = Identity("token", MEMBER, None, None, "robot")
HERE, NEAR, FAR = "127.0.0.1", "10.0.0.1", "2001:db8::7"


def quotas(**limits: int) -> Quotas:
    none = {"limit_questions": 0, "limit_requests": 0, "limit_uploads": 0, "limit_address": 0}
    return Quotas(OperationSettings.model_validate(none | limits), MemoryCounts())


def allowed(
    counted: Quotas, identity: Identity | None, address: str = HERE, *, is_question: bool = False
) -> bool:
    return counted.count(identity, address, is_question=is_question) is None


def test_a_user_has_a_limit_of_requests_and_another_user_has_another() -> None:
    counted = quotas(limit_requests=2)
    assert [allowed(counted, ANA) for _ in range(3)] == [True, True, False]
    assert allowed(counted, BO)


def test_a_user_s_token_counts_for_the_user_and_a_free_token_for_itself() -> None:
    counted = quotas(limit_requests=2)
    assert [allowed(counted, TOKEN_OF_ANA), allowed(counted, ANA), allowed(counted, TOKEN_OF_ANA)] == [
        True,
        True,
        False,
    ]
    assert not allowed(counted, ANA)
    assert [allowed(counted, TOKEN) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("limit", "identity", "address"),
    [
        ("limit_questions", ANA, HERE),
        ("limit_questions", TOKEN, HERE),
        ("limit_requests", ANA, HERE),
        ("limit_address", ANA, NEAR),
        ("limit_address", LOCAL, NEAR),
    ],
)
def test_a_request_can_count_as_several_in_every_limit_or_in_none(
    limit: str, identity: Identity, address: str
) -> None:
    counted = quotas(**{limit: 5})
    told = [counted.count(identity, address, is_question=True, requests=count) for count in (4, 2, 1, 1)]
    assert [each is None for each in told] == [True, False, True, False]


def test_a_refused_request_counts_nothing() -> None:
    counted = quotas(limit_questions=1, limit_requests=3)
    assert [allowed(counted, ANA, is_question=True) for _ in range(9)] == [True, *[False] * 8]
    assert [allowed(counted, ANA) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("identity", [None, ANA, LOCAL])
def test_an_address_of_another_machine_has_a_limit_and_this_machine_has_none(
    identity: Identity | None,
) -> None:
    counted = quotas(limit_address=2)
    assert [allowed(counted, identity, NEAR) for _ in range(3)] == [True, True, False]
    assert [allowed(counted, identity, FAR) for _ in range(3)] == [True, True, False]
    assert not allowed(counted, identity, "2001:db8::8")  # The same client, who has 64 bits for itself.
    assert all(allowed(counted, identity, here) for here in (HERE, "::1") for _ in range(9))


def test_a_site_of_version_6_has_a_limit_of_a_few_addresses() -> None:
    counted = quotas(limit_address=2)
    assert [allowed(counted, ANA, f"2001:db8:0:{number:x}::7") for number in range(12)] == [
        *[True] * 10,
        *[False] * 2,
    ]
    excess = counted.count(ANA, "2001:db8:0:c::7")
    assert isinstance(excess, Excess)
    assert excess.limit == "10 requests a minute from one network"
    assert allowed(counted, ANA, "2001:db8:1::7")


def test_commands_and_a_machine_without_sign_in_have_no_limit() -> None:
    counted = quotas(limit_requests=1, limit_questions=1)
    for identity in (LOCAL, Identity("machine", MEMBER)):
        assert all(allowed(counted, identity, is_question=True) for _ in range(5))


def test_zero_is_no_limit() -> None:
    assert all(allowed(quotas(), ANA, NEAR, is_question=True) for _ in range(5))


def test_uploads_have_a_limit_of_megabytes_a_day() -> None:
    counted = quotas(limit_uploads=3)
    assert counted.count(ANA, HERE, upload_bytes=2 * MEGABYTE - 1) is None
    excess = counted.count(ANA, HERE, upload_bytes=2 * MEGABYTE)
    assert excess is not None
    assert excess.limit == "3 megabytes of uploads a day"
    assert 0 < excess.seconds <= 86_400
    counted.count_more(ANA, 0)
    assert counted.count(ANA, HERE, upload_bytes=1) is None
    assert counted.count(ANA, HERE, upload_bytes=1) is not None
    assert counted.count(ANA, HERE) is None


def test_an_upload_that_turns_out_longer_than_what_is_left_uses_up_the_limit() -> None:
    counted = quotas(limit_uploads=3)
    assert counted.count(ANA, HERE, upload_bytes=MEGABYTE) is None
    counted.count_more(ANA, 9 * MEGABYTE)
    assert counted.count(ANA, HERE, upload_bytes=1) is not None


def test_a_flood_of_refusals_is_recorded_in_part_only() -> None:
    refusals = Refusals()
    few = [refusals.count_within_limits(NEAR) for _ in range(REFUSALS_OF_ADDRESS.amount + 5)]
    assert few == [*[True] * REFUSALS_OF_ADDRESS.amount, *[False] * 5]
    assert refusals.count_within_limits(FAR)
