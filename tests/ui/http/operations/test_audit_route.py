"""Writes, sign-ins, sign-outs and refusals are in the audit log, which administrators read."""

from __future__ import annotations

import logging
from typing import Any, cast

import httpx
import pytest
from limits.storage import memory
from starlette.testclient import TestClient

from index.library import Library
from index.uploads import Deletions
from tests.support.clocks import Clock, set_time
from tests.support.people import PASSWORD
from tests.support.people import sign_in as fill_in
from tests.ui.http.operations.conftest import bearer
from ui.accounts import Scope, SignIn
from ui.operations import AUDIT
from ui.rate_limits import REFUSALS_OF_ADDRESS

REPORT = {"file": ("harlamoor.txt", "Police in Harlamoor arrested 41 suspects over two days.")}


def enter(client: TestClient, name: str, password: str = PASSWORD) -> int:
    """Sign in on the page; returns the status."""
    return fill_in(cast("httpx.Client", client), name, password).status_code


def acts(client: TestClient, sign_in: SignIn) -> list[dict[str, Any]]:
    """The records, the oldest first; each has a time, an address and a request's id."""
    machine = {"Authorization": f"Bearer {sign_in.machine_token}"}
    found = client.get("/v1/audit", headers=machine).raise_for_status().json()
    assert found["next"] is None
    for record in found["records"]:
        assert record.pop("at") > 1_700_000_000
        assert record.pop("address") == "testclient"
        assert len(record.pop("request_id")) == 32
    return list(reversed(found["records"]))


def test_a_write_names_who_did_it_and_its_object_and_no_words(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.WRITE, Scope.READ)
    client.post("/v1/documents", files=REPORT, headers=headers).raise_for_status()
    client.get("/v1/documents/1", headers=headers).raise_for_status()
    client.delete("/v1/documents/1", headers=headers).raise_for_status()
    client.delete("/v1/documents/1", headers=headers)
    job = client.post("/v1/index/sync", headers=headers).json()["job_id"]
    recorded = acts(client, sign_in)
    assert {(each["kind"], each["who"]) for each in recorded} == {("token", "write-read")}
    delete = "DELETE /v1/documents/{document_id}"
    assert [(each["number"], each["action"], each["target"], each["outcome"]) for each in recorded] == [
        (1, "POST /v1/documents", "1", "done"),
        (2, delete, "1", "done"),
        (3, delete, "1", "404"),
        (4, "POST /v1/index/sync", f"/v1/jobs/{job}", "done"),
    ]


def test_a_change_and_a_test_of_the_language_model_name_its_address(
    client: TestClient, sign_in: SignIn
) -> None:
    headers = bearer(sign_in, Scope.ADMIN, Scope.READ)
    near, far = "http://127.0.0.1:1/v1", "http://169.254.169.254/latest"
    model = {"provider": "openai", "model": "small" * 100}
    client.put("/v1/model", json={**model, "address": near}, headers=headers).raise_for_status()
    refused = client.put("/v1/model", json={**model, "address": far}, headers=headers)
    tried = client.post("/v1/model/test", json={**model, "address": far}, headers=headers)
    client.post("/v1/model/reload", headers=headers).raise_for_status()
    client.delete("/v1/model", headers=headers).raise_for_status()
    assert (refused.status_code, tried.status_code) == (422, 422)
    assert [
        (each["action"], (each["target"] or "").partition(",")[0], each["outcome"])
        for each in acts(client, sign_in)
    ] == [
        ("PUT /v1/model", near, "done"),
        ("PUT /v1/model", far, "422"),
        ("POST /v1/model/test", far, "422"),
        ("POST /v1/model/reload", near, "done"),
        ("DELETE /v1/model", "", "done"),
    ]


def test_a_write_that_fails_by_a_mistake_of_the_server_is_recorded(
    client: TestClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, _document_id: int, _viewer: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Deletions, "delete", broken)
    with pytest.raises(ZeroDivisionError):
        client.delete("/v1/documents/1", headers=bearer(sign_in, Scope.WRITE))
    [record] = acts(client, sign_in)
    assert (record["who"], record["target"], record["outcome"]) == ("write", "1", "500")


def test_a_write_is_done_and_logged_even_if_it_cannot_be_recorded(
    client: TestClient, sign_in: SignIn, index: Library, caplog: pytest.LogCaptureFixture
) -> None:
    (index.home / AUDIT.file).write_text(
        "This is no database, but long enough to be looked at by SQLite. " * 20
    )
    with caplog.at_level(logging.ERROR, "footnoted"):
        done = client.post("/v1/documents", files=REPORT, headers=bearer(sign_in, Scope.WRITE))
    assert done.status_code == 201
    [lost] = caplog.records
    assert lost.getMessage() == "audit_lost"


def test_a_flood_of_refusals_is_recorded_in_part_only(
    client: TestClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time(monkeypatch, memory, Clock())
    most = REFUSALS_OF_ADDRESS.amount
    for _ in range(most + 3):
        client.get("/v1/documents")
    assert [each["outcome"] for each in acts(client, sign_in)] == ["401"] * most


def test_sign_ins_and_sign_outs_are_recorded_and_no_unknown_name_is(
    client: TestClient, sign_in: SignIn
) -> None:
    enter(client, "ana", "a wrong password")
    enter(client, PASSWORD, "ana")  # The password in the field of the name.
    assert enter(client, "ana") == 303
    token = client.get("/v1/identity").json()["form_token"]
    client.post("/sign-out", data={"token": token}, follow_redirects=False)
    recorded = [
        (each["action"], each["kind"], each["who"], each["outcome"]) for each in acts(client, sign_in)
    ]
    assert recorded == [
        ("POST /sign-in", "user", "ana", "403"),
        ("POST /sign-in", "nobody", None, "403"),
        ("POST /sign-in", "user", "ana", "done"),
        ("POST /sign-out", "user", "ana", "done"),
    ]


def test_refusals_are_recorded_with_who_was_refused(client: TestClient, sign_in: SignIn) -> None:
    client.get("/v1/documents/harlamoor")
    client.get("/v1/documents", headers={"Authorization": "Bearer fn_forged"})
    client.put("/v1/model", json={}, headers=bearer(sign_in, Scope.ASK, owner="ana"))
    recorded = [
        (each["action"], each["kind"], each["who"], each["target"], each["outcome"])
        for each in acts(client, sign_in)
    ]
    assert recorded == [
        ("GET /v1/documents/{document_id}", "nobody", None, None, "401"),
        ("GET /v1/documents", "nobody", None, None, "401"),
        ("PUT /v1/model", "token", "ask", None, "403"),
    ]


def test_only_administrators_read_the_log(client: TestClient, sign_in: SignIn) -> None:
    assert client.get("/v1/audit").status_code == 401
    assert client.get("/v1/audit", headers=bearer(sign_in, Scope.READ, Scope.WRITE)).status_code == 403
    enter(client, "root")
    page = client.get("/v1/audit", params={"limit": 2}).json()
    assert [each["outcome"] for each in page["records"]] == ["done", "403"]
    rest = client.get("/v1/audit", params={"limit": 2, "before": page["next"]}).json()
    assert ([each["outcome"] for each in rest["records"]], rest["next"]) == (["401"], None)
    of_root = client.get("/v1/audit", params={"who": "root", "action": "sign-in"}).json()["records"]
    assert [each["number"] for each in of_root] == [3]
