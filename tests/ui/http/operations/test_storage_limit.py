"""Uploads beyond what a sender's files may take are refused with 507 until one is deleted."""

from __future__ import annotations

import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.library import Library
from index.loaders import MEGABYTE
from rag.engine import QueryEngine
from tests.support.web_host import web_host
from tests.ui.http.operations.conftest import bearer
from ui.accounts import Role, Scope, SignIn
from ui.app import create_app
from ui.settings import Settings

HALF = b"The gate of the dam failed." + b" " * (MEGABYTE // 2)
"""More than half of the limit."""

BODY = {"title": "Insufficient Storage", "status": 507}


@pytest.fixture
def settings(index: Library) -> Settings:
    return Settings(home=index.home, limit_storage=1)


def upload(client: TestClient, headers: dict[str, str], name: str, **fields: str) -> Any:  # noqa: ANN401 (a response)
    return client.post("/v1/documents", files={"file": (name, HALF)}, data=fields, headers=headers)


def uploaders(client: TestClient, sign_in: SignIn) -> list[dict[str, Any]]:
    administrator = {"Authorization": f"Bearer {sign_in.machine_token}"}
    found: list[dict[str, Any]] = client.get("/v1/storage", headers=administrator).json()["uploaders"]
    return found


def test_a_user_and_a_token_have_room_of_their_own(client: TestClient, sign_in: SignIn) -> None:
    anas, robot = bearer(sign_in, Scope.WRITE, owner="ana"), bearer(sign_in, Scope.READ, Scope.WRITE)
    added = upload(client, anas, "a.md")
    refused = upload(client, anas, "b.md")
    assert (added.status_code, refused.status_code) == (201, 507)
    assert refused.json() | BODY == refused.json()
    assert refused.json()["detail"] == (
        "the file has 0.6 MB, and of the 1 MB that the uploads of one sender may take, 0.4 MB are left; "
        "delete an upload first"
    )
    assert "Retry-After" not in refused.headers
    assert upload(client, anas, "a.md").status_code == 201
    assert upload(client, robot, "c.md").status_code == 201
    machine = {"Authorization": f"Bearer {sign_in.machine_token}"}
    assert [upload(client, machine, f"{number}.md").status_code for number in range(3)] == [201] * 3
    assert uploaders(client, sign_in) == [
        {"user": "ana", "token": None, "bytes": len(HALF)},
        {"user": None, "token": "read-write", "bytes": len(HALF)},
    ]
    sign_in.accounts.users.remove("ana")
    assert uploaders(client, sign_in)[0] == {"user": None, "token": None, "bytes": len(HALF)}


def test_all_tokens_of_a_user_count_for_the_user(client: TestClient, sign_in: SignIn) -> None:
    one, two = (bearer(sign_in, *scopes, owner="ana") for scopes in ([Scope.WRITE], [Scope.ASK, Scope.WRITE]))
    assert [upload(client, one, "a.md").status_code, upload(client, two, "b.md").status_code] == [201, 507]


def test_a_deletion_makes_room_and_its_restoration_needs_some(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.WRITE)
    place = f"/v1/documents/{upload(client, headers, 'a.txt').json()['document_id']}"
    assert client.delete(place, headers=headers).status_code == 204
    second = upload(client, headers, "b.md")
    assert (second.status_code, client.post(f"{place}/restore", headers=headers).status_code) == (201, 507)
    client.delete(f"/v1/documents/{second.json()['document_id']}", headers=headers).raise_for_status()
    assert client.post(f"{place}/restore", headers=headers).status_code == 200


def test_background_uploads_are_refused_or_fail_later(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.READ, Scope.WRITE)
    sent = [upload(client, headers, f"{number}.md", background="true") for number in range(2)]
    assert sent[0].status_code == 202
    queued = [each.json()["job_id"] for each in sent if each.status_code == 202]
    ends: list[dict[str, Any]] = []
    for job_id in queued:
        while (job := client.get(f"/v1/jobs/{job_id}", headers=headers).json())["state"] in {
            "waiting",
            "running",
        }:
            time.sleep(0.05)
        ends.append(job)
    assert ends[0]["state"] == "done"
    # The second comes before the first is indexed, or after it.
    assert sent[1].status_code == 507 or "delete an upload first" in ends[1]["message"]
    assert upload(client, headers, "3.md", background="true").status_code == 507
    assert uploaders(client, sign_in) == [{"user": None, "token": "read-write", "bytes": len(HALF)}]


def test_a_fetched_report_takes_room(
    index: Library, engine: QueryEngine, sign_in: SignIn, settings: Settings
) -> None:
    headers = bearer(sign_in, Scope.WRITE)
    with web_host() as host:
        allowed = {
            "url_hosts": (f"127.0.0.1:{host.port}",),
            "url_http": True,
            "url_loopback": True,
            "limit_storage": 3,
        }
        app = create_app(index, engine, settings.model_copy(update=allowed), sign_in=sign_in)
        with TestClient(app) as client:
            sent = [
                client.post(
                    "/v1/documents/from-url",
                    json={"url": host.url("/long.md"), "name": name, "background": background},
                    headers=headers,
                )
                for name, background in (("a.md", False), ("b.md", False), ("c.md", True))
            ]
    assert [each.status_code for each in sent] == [201, 507, 507]


def test_an_administrator_has_the_limit_and_a_server_without_sign_in_has_none(
    client: TestClient, sign_in: SignIn, index: Library, engine: QueryEngine, settings: Settings
) -> None:
    sign_in.accounts.users.add("bea", "a heron stands in the reeds", Role.ADMINISTRATOR)
    headers = bearer(sign_in, Scope.WRITE, owner="bea")
    assert [upload(client, headers, f"{number}.md").status_code for number in range(2)] == [201, 507]
    with TestClient(create_app(index, engine, settings), base_url="http://127.0.0.1") as everyone:
        assert [upload(everyone, {}, f"of-all-{number}.md").status_code for number in range(2)] == [201] * 2
        assert everyone.get("/v1/storage").json()["uploaders"] == [
            {"user": None, "token": None, "bytes": len(HALF)}
        ]
