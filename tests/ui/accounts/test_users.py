"""The users with passwords and with a provider, and what they see."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash

from index.records import Viewer
from tests.support.clocks import Clock
from tests.support.people import PASSWORD
from ui.accounts import LOCAL, PENDING_SECONDS, Accounts, Identity, Person, Role, Scope
from ui.accounts.schema import users
from ui.accounts.users import MAX_PASSWORD_CHARACTERS
from ui.errors import AccountError, LastAdministratorError, NotAdmittedError
from ui.settings import ProviderChoice


def test_a_user_is_known_by_name_and_password(accounts: Accounts, clock: Clock) -> None:
    added = accounts.users.add("Ada", PASSWORD, Role.ADMINISTRATOR)
    assert (added.name, added.role, added.created, added.disabled) == (
        "Ada",
        "administrator",
        clock.now,
        None,
    )
    assert accounts.users.verified("Ada", PASSWORD) == added
    assert accounts.users.verified("ADA", PASSWORD) == added
    assert accounts.users.verified("Ada", PASSWORD.upper()) is None
    assert accounts.users.verified("Bea", PASSWORD) is None


def test_a_password_is_the_same_on_each_keyboard(accounts: Accounts) -> None:
    accounts.users.add("Ada", "fünf Fährten führen fort")
    assert accounts.users.verified("Ada", "fu\u0308nf Fa\u0308hrten fu\u0308hren fort") is not None


def test_a_password_is_read_to_its_end(accounts: Accounts) -> None:
    longest = (PASSWORD * 50)[:MAX_PASSWORD_CHARACTERS]
    accounts.users.add("Ada", longest)
    assert accounts.users.verified("Ada", longest) is not None
    assert accounts.users.verified("Ada", f"{longest}x") is None


def test_a_user_who_is_locked_out_comes_back(accounts: Accounts) -> None:
    accounts.users.add("Ada", PASSWORD)
    accounts.users.change("ada", is_disabled=True)
    assert accounts.users.verified("Ada", PASSWORD) is None
    accounts.users.change("ada", is_disabled=False)
    assert accounts.users.verified("Ada", PASSWORD) is not None


def test_the_number_of_a_removed_user_does_not_come_back(accounts: Accounts) -> None:
    first = accounts.users.add("Ada", PASSWORD)
    accounts.users.remove("ada")
    assert accounts.users.all() == []
    assert accounts.users.add("Ada", PASSWORD).user_id > first.user_id


@pytest.mark.parametrize("name", ["", "a b", "a/b", "<b>", "x" * 65, "a\nb", "a\u202eb", "ada\u3164"])
def test_a_name_that_is_none_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="cannot be a name"):
        accounts.users.add(name, PASSWORD)


@pytest.mark.parametrize("name", ["ada", "ADA", "\uff21da"])
def test_a_name_is_given_once(accounts: Accounts, name: str) -> None:
    accounts.users.add("Ada", PASSWORD)
    with pytest.raises(AccountError, match="already"):
        accounts.users.add(name, PASSWORD)


@pytest.mark.parametrize("name", ["\u0430lice", "a1ice", "aIice", "\u0410L\u0399CE"])
def test_a_name_that_looks_like_that_of_a_user_is_refused(accounts: Accounts, name: str) -> None:
    accounts.users.add("alice", PASSWORD)
    for add in (partial(accounts.users.add, name, PASSWORD), partial(accounts.provided.add, name, ISSUER)):
        with pytest.raises(AccountError, match="looks like that of the user 'alice'; choose another name"):
            add()
    person = Person(ISSUER, "subject-1", name)
    with pytest.raises(AccountError, match="looks like"):
        accounts.provided.admitted(person, admits_all=True)
    assert [user.name for user in accounts.users.all()] == ["alice"]


def test_people_whose_names_look_alike_already_sign_in_with_the_exact_name(accounts: Accounts) -> None:
    added = accounts.users.add("alice", PASSWORD)
    other = accounts.users.add("bea", PASSWORD[::-1])
    with accounts.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE users SET name = '\u0430lice', key = '\u0430lice' WHERE name = 'bea'"
        )
    assert accounts.users.verified("alice", PASSWORD) == added
    assert accounts.users.verified("\u0430lice", PASSWORD[::-1]) == replace(other, name="\u0430lice")
    assert accounts.users.verified("\u0430lice", PASSWORD) is None
    assert accounts.users.change("\u0430lice", password=PASSWORD).name == "\u0430lice"


@pytest.mark.parametrize(
    "password",
    ["passwordpassword", " " * 12, "qwertyuiop[]", "Password123456!", "ada-ada-ada-ada", "footnoted2026"],
)
def test_a_password_that_is_soon_guessed_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(AccountError, match=r"easy to guess, as common words, .*; choose another one"):
        accounts.users.add("ada", password)
    user = accounts.users.add("ada", PASSWORD)
    with pytest.raises(AccountError, match="easy to guess"):
        accounts.users.change("ada", password=password)
    assert accounts.users.verified("ada", PASSWORD) == user


def test_a_password_from_before_still_signs_in(accounts: Accounts) -> None:
    accounts.users.add("ada", PASSWORD)
    stored = PasswordHash.recommended().hash("passwordpassword")
    with accounts.engine.begin() as connection:
        connection.execute(sa.update(users).values(password=stored))
    assert accounts.users.verified("ada", "passwordpassword") is not None


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1_001])
def test_a_password_that_is_too_short_or_too_long_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(AccountError, match="12 to 1,000 characters"):
        accounts.users.add("ada", password)
    assert accounts.users.all() == []


def test_an_unknown_user_cannot_be_changed(accounts: Accounts) -> None:
    for change in (accounts.users.remove, accounts.users.get):
        with pytest.raises(AccountError, match="no user 'eve'"):
            change("eve")
    for keeps_administrator in (False, True):
        with pytest.raises(AccountError, match="no user 'eve'"):
            accounts.users.change("eve", is_disabled=True, keeps_administrator=keeps_administrator)


def test_an_unknown_name_takes_a_whole_check_of_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The decoy has the parameters of every other hash, so that a check of it takes as long."""
    monkeypatch.undo()
    with closing(Accounts.open(tmp_path)) as accounts:
        accounts.users.add("ada", PASSWORD)
        with accounts.engine.connect() as connection:
            stored = connection.exec_driver_sql("SELECT password FROM users").scalar_one()
        decoy = accounts.users.decoy()
        assert decoy.split("$")[1:4] == stored.split("$")[1:4] == ["argon2id", "v=19", "m=65536,t=3,p=4"]
        assert decoy == accounts.users.decoy()


@pytest.mark.sqlite
def test_the_file_is_closed_to_others_and_keeps_no_secret(accounts: Accounts, tmp_path: Path) -> None:
    accounts.users.add("ada", PASSWORD)
    _, secret = accounts.tokens.add("dashboard", [Scope.READ])
    for file in (tmp_path / "home").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        content = file.read_bytes()
        assert PASSWORD.encode() not in content
        assert secret.encode() not in content


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


def identity(accounts: Accounts, name: str, *scopes: Scope, owner: str | None = None) -> Identity:
    _, secret = accounts.tokens.add(name, scopes, owner=owner)
    found = accounts.tokens.identity(secret)
    assert found is not None
    return found


def test_a_user_s_tokens_are_the_user_s_and_another_s_are_not(accounts: Accounts) -> None:
    for name, role in (("ada", Role.ADMINISTRATOR), ("bea", Role.MEMBER)):
        accounts.users.add(name, PASSWORD, role)
    cookie = accounts.sessions.start(accounts.users.get("ada").user_id)
    session = accounts.sessions.find(cookie)
    assert session is not None
    ada = accounts.viewer(session.identity)
    assert ada is not None
    assert ada.sees_all
    reading = accounts.viewer(identity(accounts, "one", Scope.READ, owner="ada"))
    assert reading == Viewer(ada.key, sees_all=False)
    assert accounts.viewer(identity(accounts, "two", Scope.ADMIN, owner="ada")) == ada
    keys = {
        viewer.key
        for viewer in (
            ada,
            accounts.viewer(identity(accounts, "three", Scope.READ, owner="bea")),
            accounts.viewer(identity(accounts, "four", Scope.READ)),
            accounts.viewer(identity(accounts, "five", Scope.READ)),
        )
        if viewer is not None
    }
    assert len(keys) == 4
    assert accounts.viewer(LOCAL) is None
    assert accounts.viewer(Identity("machine", frozenset(Scope))) == Viewer("", sees_all=True)


def test_the_same_number_in_other_accounts_is_another_viewer(
    accounts: Accounts, tmp_path: Path, clock: Clock
) -> None:
    """As after a restored backup, which has the answers but not the accounts."""
    with closing(Accounts.open(tmp_path / "other", clock=clock)) as other:
        assert accounts.viewer_key(1) != other.viewer_key(1)
    with closing(Accounts.open(tmp_path / "home", clock=clock)) as again:
        assert accounts.viewer_key(1) == again.viewer_key(1)
