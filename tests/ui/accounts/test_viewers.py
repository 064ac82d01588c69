"""The key of each sender in the catalog tells senders apart, also those of other accounts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from index.records import Viewer
from tests.support.clocks import Clock
from tests.support.people import PASSWORD
from ui.accounts import LOCAL, Accounts, Identity, Role, Scope


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
