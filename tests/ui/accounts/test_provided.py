"""Users who sign in with a provider are bound to the provider's id of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from tests.support.clocks import Clock
from tests.support.people import PASSWORD
from ui.accounts import PENDING_SECONDS, Accounts, Person, Role
from ui.errors import AccountError, LastAdministratorError, NotAdmittedError
from ui.settings import ProviderChoice

ISSUER = "https://login.example"


def test_an_expected_user_is_bound_at_the_first_sign_in(accounts: Accounts) -> None:
    accounts.provided.add("Ada", ISSUER, role=Role.ADMINISTRATOR)
    bound = accounts.provided.admitted(Person(ISSUER, "u-1", "ada"), admits_all=False)
    assert (bound.name, bound.role, bound.subject) == ("Ada", Role.ADMINISTRATOR, "u-1")
    assert accounts.provided.admitted(Person(ISSUER, "u-1", "renamed"), admits_all=False) == bound
    with pytest.raises(NotAdmittedError):
        accounts.provided.admitted(Person(ISSUER, "u-2", "ada"), admits_all=False)
    with pytest.raises(AccountError, match="there is a user 'ada' already"):
        accounts.provided.admitted(Person(ISSUER, "u-2", "ada"), admits_all=True)


@pytest.mark.parametrize(
    ("expected", "name"), [("ada", "\uff41da"), ("ada", "\u24d0da"), ("strauss", "strau\xdf")]
)
def test_a_name_that_looks_like_that_of_a_user_binds_nobody(
    accounts: Accounts, expected: str, name: str
) -> None:
    """A provider may give such a name to another person than the one whom the administrator means."""
    accounts.provided.add(expected, ISSUER, role=Role.ADMINISTRATOR)
    with pytest.raises(NotAdmittedError):
        accounts.provided.admitted(Person(ISSUER, "u-2", name), admits_all=False)
    with pytest.raises(AccountError):
        accounts.provided.admitted(Person(ISSUER, "u-2", name), admits_all=True)
    bound = accounts.provided.admitted(Person(ISSUER, "u-1", expected.upper()), admits_all=False)
    assert (bound.name, bound.subject) == (expected, "u-1")


def test_a_name_does_not_lead_to_a_user_with_a_password(accounts: Accounts) -> None:
    """Not even to one who was expected at the provider before."""
    accounts.provided.add("ada", ISSUER)
    accounts.users.change("ada", password=PASSWORD)
    with pytest.raises(NotAdmittedError):
        accounts.provided.admitted(Person(ISSUER, "u-1", "ada"), admits_all=False)
    assert accounts.users.get("ada").subject is None


def test_a_user_who_is_locked_out_is_not_bound(accounts: Accounts) -> None:
    accounts.provided.add("ada", ISSUER)
    accounts.users.change("ada", is_disabled=True)
    for admits_all in (False, True):
        with pytest.raises((NotAdmittedError, AccountError)):
            accounts.provided.admitted(Person(ISSUER, "u-1", "ada"), admits_all=admits_all)
    assert accounts.users.get("ada").subject is None


def test_a_user_who_is_locked_out_is_named_in_the_refusal(accounts: Accounts) -> None:
    accounts.provided.add("ada", ISSUER, "u-1")
    accounts.users.change("ada", is_disabled=True)
    with pytest.raises(NotAdmittedError) as refused:
        accounts.provided.admitted(Person(ISSUER, "u-1", "x"), admits_all=True)
    assert refused.value.user == "ada"


def test_many_first_requests_of_a_person_make_one_user(accounts: Accounts) -> None:
    person = Person(ISSUER, "u-1", "ada")
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: accounts.provided.admitted(person, admits_all=True), range(24)))
    assert len(found) == len(accounts.users.all()) == 1


def test_a_subject_belongs_to_one_user_and_goes_with_the_user(accounts: Accounts) -> None:
    accounts.provided.add("ada", ISSUER, "u-1")
    with pytest.raises(AccountError, match="'ada' is the user with the subject 'u-1' already"):
        accounts.provided.add("bea", ISSUER, "u-1")
    accounts.provided.add("bea", "https://other.example", "u-1")
    accounts.users.remove("ada")
    assert accounts.provided.add("cai", ISSUER, "u-1").name == "cai"
    assert [user.name for user in accounts.users.all()] == ["bea", "cai"]


def test_a_user_of_the_provider_may_get_a_password(accounts: Accounts) -> None:
    """So nobody is locked out when the operator gives the provider up."""
    accounts.provided.add("ada", ISSUER, "u-1")
    assert accounts.users.verified("ada", "") is None
    changed = accounts.users.change("ada", password=PASSWORD)
    assert accounts.users.verified("ada", PASSWORD) == changed
    assert accounts.provided.admitted(Person(ISSUER, "u-1", "ada"), admits_all=False) == changed


def test_an_administrator_counts_only_with_a_way_to_sign_in(accounts: Accounts) -> None:
    accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
    accounts.provided.add("ada", ISSUER, role=Role.ADMINISTRATOR)
    both = ProviderChoice(ISSUER, "footnoted", None, "Example", "email", False, True)
    alone, other = replace(both, allows_passwords=False), replace(both, issuer="https://other.example")
    for last, provider in (("ada", alone), ("root", None), ("root", other)):
        changed = partial(accounts.users.change, last, keeps_administrator=True, provider=provider)
        for change in (partial(changed, is_disabled=True), partial(changed, role=Role.MEMBER)):
            with pytest.raises(LastAdministratorError, match=f"'{last}' is the last administrator"):
                change()
        with pytest.raises(LastAdministratorError):
            accounts.users.remove(last, keeps_administrator=True, provider=provider)
    accounts.users.change("root", is_disabled=True, keeps_administrator=True, provider=alone)
    accounts.users.change("root", is_disabled=False)
    accounts.users.remove("ada", keeps_administrator=True, provider=both)


# Sign-ins that have begun


def test_a_pending_sign_in_ends_once_in_its_browser_and_in_time(accounts: Accounts, clock: Clock) -> None:
    pending, cookie = accounts.pending.begin("/?x=1")
    other, _ = accounts.pending.begin("/")
    assert len({pending.state, pending.nonce, pending.verifier, other.state}) == 4
    for state in ("", other.state, pending.state + "x", "\udcff"):
        assert accounts.pending.end(cookie, state) is None
    assert accounts.pending.end(cookie, pending.state) == pending
    assert accounts.pending.end(cookie, pending.state) is None
    late, its_cookie = accounts.pending.begin("/")
    clock.now += PENDING_SECONDS + 1
    assert accounts.pending.end(its_cookie, late.state) is None


def test_a_sign_in_that_has_ended_is_refused_as_long_as_its_cookie_counts(
    accounts: Accounts, clock: Clock
) -> None:
    clock.now += 0.9  # A cookie counts whole seconds.
    first, its_cookie = accounts.pending.begin("/")
    assert accounts.pending.end(its_cookie, first.state) == first
    for seconds in (300.0, 300.05):
        clock.now += seconds
        other, another_cookie = accounts.pending.begin("/")
        assert accounts.pending.end(another_cookie, other.state) == other
        assert accounts.pending.end(its_cookie, first.state) is None


def test_the_cookie_of_a_session_or_a_form_is_no_pending_sign_in(accounts: Accounts) -> None:
    user = accounts.users.add("ada", PASSWORD)
    for cookie in (
        accounts.sessions.start(user.user_id),
        accounts.sessions.form_token("x"),
        "",
        "é",
        "\udcff",
    ):
        assert accounts.pending.end(cookie, "") is None
    _, pending = accounts.pending.begin("/")
    assert accounts.sessions.find(pending) is None
    assert not accounts.sessions.is_form_token_valid(pending, "x")
