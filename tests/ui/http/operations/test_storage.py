"""Administrators see how much the library has, and how many bytes its parts take."""

from __future__ import annotations

import time

from starlette.testclient import TestClient

from index.catalog import CATALOG
from index.library import Library
from rag.engine import QueryEngine
from tests.ui.http.operations.conftest import bearer
from tests.ui.http.operations.test_audit_route import REPORT
from ui.accounts import Scope, SignIn
from ui.app import create_app
from ui.operations import record_command
from ui.settings import Settings


def test_storage_grows_with_reports_and_answers(sign_in: SignIn, index: Library) -> None:
    app = create_app(index, QueryEngine(index, keeps=True), sign_in=sign_in)
    with TestClient(app, headers=bearer(sign_in, *Scope)) as client:
        before = client.get("/v1/storage").raise_for_status().json()
        client.post("/v1/documents", files=REPORT).raise_for_status()
        asked = {"question": "How many suspects were arrested in Harlamoor?"}
        answer = client.post("/v1/chat", json=asked).raise_for_status().json()
        after = client.get("/v1/storage").raise_for_status().json()
    assert after["documents"] == before["documents"] + 1
    assert after["passages"] == before["passages"] + 1
    assert after["bytes"]["uploads"] >= before["bytes"]["uploads"] + len(REPORT["file"][1])
    assert after["bytes"]["catalog"] >= (index.home / CATALOG).stat().st_size
    assert after["bytes"]["index"] > 0
    assert after["bytes"]["answers"] - before["bytes"]["answers"] > len(answer["text"])


def test_the_last_backup_is_that_of_the_audit_log(
    client: TestClient, sign_in: SignIn, index: Library
) -> None:
    client.headers.update(bearer(sign_in, Scope.ADMIN))
    assert client.get("/v1/storage").json()["last_backup"] is None
    began = time.time()
    record_command(Settings(home=index.home), "backup", "library.tar")
    record_command(Settings(home=index.home), "restore", "library.tar")
    assert began <= client.get("/v1/storage").json()["last_backup"] <= time.time()
