"""A server of one report at which people sign in, and their clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, Role, Scope, SignIn
from ui.app import create_app
from ui.settings import Settings


@pytest.fixture
def sign_in(index: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignIn]:
    """Accounts with the member ana and the administrator root."""
    make_hashes_quick(monkeypatch)
    with closing(Accounts.open(index.home)) as accounts:
        accounts.users.add("ana", PASSWORD)
        accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
        yield SignIn(accounts)


@pytest.fixture
def client(index: Library, engine: QueryEngine, settings: Settings, sign_in: SignIn) -> Iterator[TestClient]:
    """A client without an identity; a token of :func:`bearer` gives it one."""
    with TestClient(create_app(index, engine, settings, sign_in=sign_in)) as client:
        yield client


def bearer(sign_in: SignIn, *scopes: Scope, owner: str | None = None) -> dict[str, str]:
    """The header of a new token with these scopes, whose name are the scopes."""
    _, secret = sign_in.accounts.tokens.add("-".join(scopes), scopes, owner=owner)
    return {"Authorization": f"Bearer {secret}"}
