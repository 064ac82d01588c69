"""A server at which people sign in, and what several tests send to a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from starlette.testclient import TestClient

from index.library import Library
from rag.engine import QueryEngine
from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.people import sign_in as fill_in
from ui.accounts import Accounts, Role, Scope, SignIn
from ui.app import create_app
from ui.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response

PROBLEM = "application/problem+json"


@pytest.fixture
def sign_in(index: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignIn]:
    """Accounts with the member ana and the administrator root."""
    make_hashes_quick(monkeypatch)
    with closing(Accounts.open(index.home)) as accounts:
        accounts.users.add("ana", PASSWORD)
        accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
        yield SignIn(accounts)


@pytest.fixture
def signed(index: Library, engine: QueryEngine, settings: Settings, sign_in: SignIn) -> Iterator[TestClient]:
    """A client without an identity, of a server at which people sign in."""
    with TestClient(create_app(index, engine, settings, sign_in=sign_in)) as client:
        yield client


def bearer(sign_in: SignIn, *scopes: Scope, owner: str | None = None) -> dict[str, str]:
    """The header of a new token, whose name are the scopes and the owner."""
    name = "-".join([*scopes, *([owner] if owner else [])])
    _, secret = sign_in.accounts.tokens.add(name, scopes, owner=owner)
    return {"Authorization": f"Bearer {secret}"}


def of_machine(sign_in: SignIn) -> dict[str, str]:
    """The header of a command on the machine, which has every scope."""
    return {"Authorization": f"Bearer {sign_in.machine_token}"}


def enter(client: TestClient, name: str, password: str = PASSWORD) -> int:
    """Sign in on the page; returns the status."""
    return fill_in(cast("httpx.Client", client), name, password).status_code


def acts(client: TestClient, sign_in: SignIn, *fields: str) -> list[tuple[Any, ...]]:
    """Fields of the audit records, the oldest first; each has a time, an address and a request's id, too."""
    found = client.get("/v1/audit", headers=of_machine(sign_in)).raise_for_status().json()
    assert found["next"] is None
    for record in found["records"]:
        assert record["at"] > 1_700_000_000
        assert (record["address"], len(record["request_id"])) == ("testclient", 32)
    return [tuple(record[field] for field in fields) for record in reversed(found["records"])]


def send_file(client: TestClient, name: str, data: str | bytes, **said: str) -> Response:
    return client.post("/v1/documents", files={"file": (name, data)}, data=said)


def added(client: TestClient, name: str, data: str | bytes, **said: str) -> str:
    """Upload a file; returns the route of its document."""
    response = send_file(client, name, data, **said)
    assert response.status_code == 201, response.text
    return f"/v1/documents/{response.json()['document_id']}"


def problem(response: Response, status: int) -> str:
    """The detail of a problem document with this status."""
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM), response.text
    return str(response.json()["detail"])


def scope_of(path: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """A POST as a server passes it to the app, which lets a test break it off."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": headers,
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 9),
    }
