"""Two servers over one database share documents, answers, accounts, sessions, limits and the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.ingest.watch import Change, Watch
from index.library import Library
from rag.engine import QueryEngine
from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.postgresql import Server
from tests.support.reports import write
from ui.accounts import Accounts, Role, Scope, SignIn
from ui.accounts.access import open_sign_in
from ui.app import create_app
from ui.errors import LastAdministratorError, OwnTablesError
from ui.http.access import session_cookie
from ui.rate_limits import OF_NAME_AT_ADDRESS, TooManyAttemptsError
from ui.settings import Settings

REPORT = b"The council of Varda closed the third gate of the dam on Monday."
QUESTION = {"question": "What did the council of Varda close on Monday?"}


@pytest.fixture
def servers(encoder: Encoder, database_url: str, tmp_path: Path) -> Iterator[tuple[TestClient, TestClient]]:
    """Clients of the two servers."""
    with (
        Library.open(tmp_path / "one", encoder, database_url=database_url, uploads=tmp_path / "files") as one,
        Library.open(tmp_path / "two", encoder, database_url=database_url, uploads=tmp_path / "files") as two,
        TestClient(create_app(one, QueryEngine(one, keeps=True)), raise_server_exceptions=False) as first,
        TestClient(create_app(two, QueryEngine(two, keeps=True)), raise_server_exceptions=False) as second,
    ):
        yield first, second


def upload(client: TestClient, name: str, content: bytes) -> int:
    """Upload a file, which is indexed when this returns, and return the document's id."""
    sent = client.post("/v1/documents", files={"file": (name, content)})
    assert sent.status_code == 201, sent.text
    return int(sent.json()["document_id"])


def test_what_one_server_takes_the_other_answers_from_at_once(servers: tuple[TestClient, TestClient]) -> None:
    first, second = servers
    number = upload(first, "gate.txt", REPORT)
    answer = second.post("/v1/chat", json=QUESTION).json()
    [citation] = answer["citations"]
    assert (citation["document_id"], citation["quote"]) == (number, REPORT.decode())
    assert second.get(f"/v1/documents/{number}").json() == first.get(f"/v1/documents/{number}").json()
    assert second.get("/v1/jobs").json() == first.get("/v1/jobs").json()
    stored = first.get(f"/v1/answers/{answer['answer_id']}")
    assert stored.json()["citations"] == answer["citations"], "an answer is read where it was not given"

    assert second.delete(f"/v1/documents/{number}").status_code == 204
    assert first.get(f"/v1/documents/{number}").status_code == 404
    refused = second.post("/v1/chat", json=QUESTION).json()
    assert (refused["abstained"], refused["citations"]) == (True, [])


def test_a_deletion_of_one_server_is_undone_on_the_other(servers: tuple[TestClient, TestClient]) -> None:
    first, second = servers
    number = upload(first, "gate.txt", REPORT)
    assert first.delete(f"/v1/documents/{number}").status_code == 204
    assert second.get(f"/v1/documents/{number}").status_code == 404
    assert second.post(f"/v1/documents/{number}/restore").status_code == 200
    answer = first.post("/v1/chat", json=QUESTION).json()
    assert [citation["document_id"] for citation in answer["citations"]] == [number]
    assert first.post(f"/v1/documents/{number}/restore").status_code == 200, (
        "it is there, as where it was undone"
    )

    assert second.delete(f"/v1/documents/{number}").status_code == 204
    assert first.post(f"/v1/documents/{number}/restore").status_code == 200
    assert first.post(f"/v1/documents/{number + 1}/restore").status_code == 404


def test_a_server_whose_database_is_gone_says_when_to_ask_again(
    servers: tuple[TestClient, TestClient], server: Server
) -> None:
    first, second = servers
    upload(first, "gate.txt", REPORT)
    assert second.post("/v1/chat", json=QUESTION).json()["citations"]
    server.stop("immediate")
    try:
        for path, body in (
            ("/v1/chat", QUESTION),
            ("/v1/search", {"query": "gate"}),
            ("/v1/documents", None),
        ):
            reply = second.post(path, json=body) if body else second.get(path)
            assert (reply.status_code, reply.headers.get("Retry-After")) == (503, "5"), (path, reply.text)
            assert reply.json()["detail"] == (
                "the database of the library cannot be reached; try again in a moment"
            )
        assert second.get("/readyz").status_code == 503
        assert second.get("/healthz").status_code == 200
    finally:
        server.start()
    assert second.post("/v1/chat", json=QUESTION).json()["citations"]
    upload(first, "other.txt", b"The mayor of Orrin opened a bridge on Tuesday.")
    found = second.post("/v1/search", json={"query": "Who opened a bridge?"}).json()
    assert found["results"][0]["path"] == "other.txt"


def test_the_watch_goes_on_when_the_database_runs_again(
    encoder: Encoder, database_url: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ingest.watch.RETRY_SECONDS", 0.1)
    write(tmp_path / "reports" / "gate.txt", REPORT.decode())
    synced, stop = Event(), Event()

    def sync(_: Change) -> bool:
        synced.set()
        return True

    with Library.open(tmp_path / "one", encoder, database_url=database_url) as library:
        library.catalog.follow([str(tmp_path / "reports")])
        watching = Thread(target=Watch(library.catalog, library.home, sync, stop, 0.1).run, daemon=True)
        server.stop("immediate")
        watching.start()
        try:
            assert not synced.wait(1)
        finally:
            server.start()
        assert synced.wait(60)
        stop.set()
        watching.join(60)
        assert not watching.is_alive()


ADDRESS = "192.0.2.7"
LIMIT = 4
"""The requests a minute that a user may send."""


@dataclass(frozen=True)
class Member:
    """A server, in a home folder of its own."""

    client: TestClient
    sign_in: SignIn

    def asked(self, path: str, cookie: str) -> int:
        """The status of a request in a session."""
        name = session_cookie(self.sign_in)
        return int(self.client.get(path, headers={"Cookie": f"{name}={cookie}"}).status_code)


@pytest.fixture
def members(
    encoder: Encoder, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Member, Member]]:
    make_hashes_quick(monkeypatch)
    accounts = Accounts.open(tmp_path, database_url)
    accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
    accounts.users.add("ana", PASSWORD)
    accounts.close()
    with ExitStack() as opened:

        def started(name: str) -> Member:
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
            return Member(opened.enter_context(TestClient(app, raise_server_exceptions=False)), sign_in)

        yield started("one"), started("two")


def signed_in(member: Member, name: str = "ana") -> str:
    """The cookie of a new session."""
    cookie = member.sign_in.start_session(name, PASSWORD, ADDRESS)
    assert cookie is not None
    return cookie


def test_a_session_of_one_server_is_one_of_both_and_ends_on_both(members: tuple[Member, Member]) -> None:
    one, two = members
    cookie = signed_in(one)
    assert (one.asked("/v1/documents", cookie), two.asked("/v1/documents", cookie)) == (200, 200)
    two.sign_in.accounts.sessions.end(cookie)
    assert (one.asked("/v1/documents", cookie), two.asked("/v1/documents", cookie)) == (401, 401)


def test_a_user_who_is_locked_out_on_one_server_is_locked_out_on_both(
    members: tuple[Member, Member],
) -> None:
    one, two = members
    cookie = signed_in(one)
    _, token = one.sign_in.accounts.tokens.add("robot", [Scope.READ], owner="ana")
    bearer = {"Authorization": f"Bearer {token}"}
    assert two.client.get("/v1/documents", headers=bearer).status_code == 200
    two.sign_in.accounts.users.change("ana", is_disabled=True)
    assert one.asked("/v1/documents", cookie) == 401
    assert one.client.get("/v1/documents", headers=bearer).status_code == 401


def test_two_administrators_cannot_lock_out_each_other(members: tuple[Member, Member]) -> None:
    one, two = members
    users = one.sign_in.accounts.users
    for _ in range(10):
        users.change("ana", role=Role.ADMINISTRATOR, is_disabled=False)
        users.change("root", role=Role.ADMINISTRATOR, is_disabled=False)

        def lock_out(member: Member, name: str) -> bool:
            try:
                member.sign_in.accounts.users.change(name, is_disabled=True, keeps_administrator=True)
            except LastAdministratorError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lock_out, (one, two), ("ana", "root")))
        assert sorted(done) == [False, True]


def test_failed_sign_ins_count_on_both(members: tuple[Member, Member]) -> None:
    for number in range(OF_NAME_AT_ADDRESS.amount):
        assert members[number % 2].sign_in.start_session("ana", "wrong", ADDRESS) is None
    for member in members:
        with pytest.raises(TooManyAttemptsError):
            member.sign_in.start_session("ana", PASSWORD, ADDRESS)
    assert members[0].sign_in.start_session("ana", PASSWORD, "192.0.2.8") is not None


def test_the_requests_of_a_user_count_on_both(members: tuple[Member, Member]) -> None:
    one, two = members
    cookie, other = signed_in(one), signed_in(two, "root")
    asked = [members[number % 2].asked("/v1/documents", cookie) for number in range(LIMIT + 2)]
    assert asked == [*[200] * LIMIT, 429, 429]
    assert two.asked("/v1/documents", other) == 200


def test_the_audit_log_has_the_acts_of_both(members: tuple[Member, Member]) -> None:
    one, two = members
    for member, path in ((one, "/v1/documents/7"), (two, "/v1/documents/8")):
        name = session_cookie(member.sign_in)
        headers = {"Cookie": f"{name}={signed_in(member, 'root')}", "Origin": "http://testserver"}
        assert member.client.delete(path, headers=headers).status_code == 404
    _, token = one.sign_in.accounts.tokens.add("auditor", [Scope.ADMIN])
    listed = two.client.get("/v1/audit", headers={"Authorization": f"Bearer {token}"}).json()["records"]
    assert [(record["who"], record["target"]) for record in listed] == [("root", "8"), ("root", "7")]


def test_a_request_whose_sender_cannot_be_looked_up_is_to_be_sent_again(
    members: tuple[Member, Member], server: Server
) -> None:
    one, _ = members
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
