"""Two servers over one database share accounts, sessions, limits and the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.library import Library
from rag.engine import QueryEngine
from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.postgresql import Server
from ui.accounts import Accounts, Role, Scope, SignIn
from ui.accounts.access import open_sign_in
from ui.app import create_app
from ui.errors import LastAdministratorError, OwnTablesError
from ui.http.access import session_cookie
from ui.rate_limits import OF_NAME_AT_ADDRESS, TooManyAttemptsError
from ui.settings import Settings

ADDRESS = "192.0.2.7"
LIMIT = 4
"""The requests a minute that a user may send."""


@dataclass(frozen=True)
class Replica:
    """A server, in a home folder of its own."""

    client: TestClient
    sign_in: SignIn

    def asked(self, path: str, cookie: str) -> int:
        """The status of a request in a session."""
        name = session_cookie(self.sign_in)
        return int(self.client.get(path, headers={"Cookie": f"{name}={cookie}"}).status_code)


@pytest.fixture
def replicas(
    encoder: Encoder, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Replica, Replica]]:
    make_hashes_quick(monkeypatch)
    accounts = Accounts.open(tmp_path, database_url)
    accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
    accounts.users.add("ana", PASSWORD)
    accounts.close()
    with ExitStack() as opened:

        def started(name: str) -> Replica:
            settings = Settings(
                home=tmp_path / name,
                database_url=SecretStr(database_url),
                uploads=tmp_path / "files",
                sign_in="on",
                limit_requests=LIMIT,
                limit_address=0,
            )
            library = opened.enter_context(Library.open(settings.home, encoder, database_url=database_url))
            sign_in = opened.enter_context(open_sign_in(settings, exposed=False))
            assert sign_in is not None
            app = create_app(library, QueryEngine(library), settings, sign_in=sign_in)
            return Replica(opened.enter_context(TestClient(app, raise_server_exceptions=False)), sign_in)

        yield started("one"), started("two")


def signed_in(replica: Replica, name: str = "ana") -> str:
    """The cookie of a new session."""
    cookie = replica.sign_in.start_session(name, PASSWORD, ADDRESS)
    assert cookie is not None
    return cookie


def test_a_session_of_one_server_is_one_of_both_and_ends_on_both(replicas: tuple[Replica, Replica]) -> None:
    one, two = replicas
    cookie = signed_in(one)
    assert (one.asked("/v1/documents", cookie), two.asked("/v1/documents", cookie)) == (200, 200)
    two.sign_in.accounts.sessions.end(cookie)
    assert (one.asked("/v1/documents", cookie), two.asked("/v1/documents", cookie)) == (401, 401)


def test_a_user_who_is_locked_out_on_one_server_is_locked_out_on_both(
    replicas: tuple[Replica, Replica],
) -> None:
    one, two = replicas
    cookie = signed_in(one)
    _, token = one.sign_in.accounts.tokens.add("robot", [Scope.READ], owner="ana")
    bearer = {"Authorization": f"Bearer {token}"}
    assert two.client.get("/v1/documents", headers=bearer).status_code == 200
    two.sign_in.accounts.users.change("ana", is_disabled=True)
    assert one.asked("/v1/documents", cookie) == 401
    assert one.client.get("/v1/documents", headers=bearer).status_code == 401


def test_two_administrators_cannot_lock_out_each_other(replicas: tuple[Replica, Replica]) -> None:
    one, two = replicas
    users = one.sign_in.accounts.users
    for _ in range(10):
        users.change("ana", role=Role.ADMINISTRATOR, is_disabled=False)
        users.change("root", role=Role.ADMINISTRATOR, is_disabled=False)

        def lock_out(replica: Replica, name: str) -> bool:
            try:
                replica.sign_in.accounts.users.change(name, is_disabled=True, keeps_administrator=True)
            except LastAdministratorError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lock_out, (one, two), ("ana", "root")))
        assert sorted(done) == [False, True]


def test_failed_sign_ins_count_on_both(replicas: tuple[Replica, Replica]) -> None:
    for number in range(OF_NAME_AT_ADDRESS.amount):
        assert replicas[number % 2].sign_in.start_session("ana", "wrong", ADDRESS) is None
    for replica in replicas:
        with pytest.raises(TooManyAttemptsError):
            replica.sign_in.start_session("ana", PASSWORD, ADDRESS)
    assert replicas[0].sign_in.start_session("ana", PASSWORD, "192.0.2.8") is not None


def test_the_requests_of_a_user_count_on_both(replicas: tuple[Replica, Replica]) -> None:
    one, two = replicas
    cookie, other = signed_in(one), signed_in(two, "root")
    asked = [replicas[number % 2].asked("/v1/documents", cookie) for number in range(LIMIT + 2)]
    assert asked == [*[200] * LIMIT, 429, 429]
    assert two.asked("/v1/documents", other) == 200


def test_the_audit_log_has_the_acts_of_both(replicas: tuple[Replica, Replica]) -> None:
    one, two = replicas
    for replica, path in ((one, "/v1/documents/7"), (two, "/v1/documents/8")):
        name = session_cookie(replica.sign_in)
        headers = {"Cookie": f"{name}={signed_in(replica, 'root')}", "Origin": "http://testserver"}
        assert replica.client.delete(path, headers=headers).status_code == 404
    _, token = one.sign_in.accounts.tokens.add("auditor", [Scope.ADMIN])
    listed = two.client.get("/v1/audit", headers={"Authorization": f"Bearer {token}"}).json()["records"]
    assert [(record["who"], record["target"]) for record in listed] == [("root", "8"), ("root", "7")]


def test_a_request_whose_sender_cannot_be_looked_up_is_to_be_sent_again(
    replicas: tuple[Replica, Replica], server: Server
) -> None:
    one, _ = replicas
    cookie = signed_in(one)
    assert one.asked("/v1/documents", cookie) == 200
    server.stop("immediate")
    try:
        name = session_cookie(one.sign_in)
        refused = one.client.get("/v1/documents", headers={"Cookie": f"{name}={cookie}"})
        assert (refused.status_code, refused.headers.get("Retry-After")) == (503, "5"), refused.text
        assert one.client.get("/healthz").status_code == 200
    finally:
        server.start()
    assert one.asked("/v1/documents", cookie) == 200


def test_accounts_in_a_file_beside_a_database_are_not_ignored(tmp_path: Path, database_url: str) -> None:
    Accounts.open(tmp_path).close()
    with pytest.raises(OwnTablesError, match=r"the accounts of .*accounts\.sqlite are not in use"):
        Accounts.open(tmp_path, database_url)
