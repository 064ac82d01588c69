"""A server at which people sign in with a provider on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from tests.support.clocks import Clock
from tests.support.openid_provider import CLIENT, SECRET, OpenIDProvider, openid_provider
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, Role, SignIn
from ui.app import create_app
from ui.operations import AuditLog
from ui.settings import Settings

Serve = Callable[..., TestClient]
"""Starts a server with changed settings, and returns a browser that follows no redirect."""


@pytest.fixture
def provider() -> Iterator[OpenIDProvider]:
    with openid_provider() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


@pytest.fixture
def accounts(
    index: Library, provider: OpenIDProvider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Accounts]:
    """Accounts with the administrator root, who has a password, and ada, who is expected at the provider."""
    make_hashes_quick(monkeypatch)
    with closing(Accounts.open(index.home, clock=clock)) as opened:
        opened.users.add("root", PASSWORD, Role.ADMINISTRATOR)
        opened.provided.add("ada", provider.issuer)
        yield opened


@pytest.fixture
def serve(
    index: Library, engine: QueryEngine, provider: OpenIDProvider, accounts: Accounts
) -> Iterator[Serve]:
    with ExitStack() as running:

        def start(**changed: Any) -> TestClient:  # noqa: ANN401 (settings)
            chosen = {
                "home": index.home,
                "openid_issuer": provider.issuer,
                "openid_client": CLIENT,
                "openid_secret": SECRET,
                "openid_name": "Reedland",
                **changed,
            }
            app = create_app(index, engine, Settings(**chosen), sign_in=SignIn(accounts))
            return running.enter_context(
                TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False)
            )

        yield start


@pytest.fixture
def audit(index: Library) -> Iterator[AuditLog]:
    with closing(AuditLog(index.home)) as log:
        yield log
