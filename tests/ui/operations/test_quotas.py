"""Each user, token and address has limits of its own, and this machine has none."""

from __future__ import annotations

import pytest

from index.loaders import MEGABYTE
from ui.accounts import LOCAL, ROLE_SCOPES, Identity, Role
from ui.counts import MemoryCounts
from ui.operations import Excess, Quotas
from ui.operations.quotas import REFUSALS_OF_ADDRESS, Refusals
from ui.settings import OperationSettings

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


def test_questions_have_a_limit_of_their_own() -> None:
    counted = quotas(limit_questions=1, limit_requests=10)
    assert [allowed(counted, ANA, is_question=True) for _ in range(2)] == [True, False]
    assert allowed(counted, ANA)


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


def test_the_limit_and_the_time_to_wait_are_told() -> None:
    counted = quotas(limit_questions=1)
    assert allowed(counted, ANA, is_question=True)
    excess = counted.count(ANA, HERE, is_question=True)
    assert isinstance(excess, Excess)
    assert excess.limit == "1 questions a minute"
    assert 0 < excess.seconds <= 120


def test_a_flood_of_refusals_is_recorded_in_part_only() -> None:
    refusals = Refusals()
    few = [refusals.count_within_limits(NEAR) for _ in range(REFUSALS_OF_ADDRESS.amount + 5)]
    assert few == [*[True] * REFUSALS_OF_ADDRESS.amount, *[False] * 5]
    assert refusals.count_within_limits(FAR)
