"""The routes for operators: whether the server is ready, and what it stores; and the OpenAPI description."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from index.catalog import CATALOG
from index.embedding.encoder import Encoder
from index.errors import VectorsUnreachableError
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.support.reports import write
from tests.ui.http.conftest import bearer, problem, send_file
from ui.accounts import Scope, SignIn
from ui.app import create_app
from ui.http import operations as routes
from ui.http.access import Requirement, requirement_of, session_cookie
from ui.http.problems import MEDIA_TYPE
from ui.operations import record_command
from ui.settings import Settings

REPORT = "Police in Harlamoor arrested 41 suspects over two days."

# Whether the server is ready


PROBE_SECONDS = 0.3


def test_a_library_that_cannot_be_read_is_not_ready(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_self: Library) -> int:
        raise OSError(5, "Input/output error", "/secret/catalog.sqlite")

    def gone(_self: Library, _query: str, _limit: int) -> None:
        raise VectorsUnreachableError("connection refused by 10.1.1.1")

    for name, broken, detail in (
        ("generation", property(unreadable), "The library cannot be read: OSError."),
        ("search", gone, "the search index of the library cannot be reached; try again in a moment"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(Library, name, broken)
            refused = client.get("/readyz")
        assert (problem(refused, 503), refused.headers.get("Retry-After")) == (detail, "5")


@pytest.fixture
def reopened(index: Library, encoder: Encoder, tmp_path: Path) -> Iterator[Library]:
    """A library of one report whose search caches are gone, as it is opened."""
    sync(index, [write(tmp_path / "reports" / "raids.txt", REPORT).parent])
    shutil.rmtree(index.home / "caches")
    with Library.open(index.home, encoder) as opened:
        yield opened


def test_a_server_whose_caches_are_being_built_is_not_ready(
    reopened: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(routes, "PROBE_SECONDS", PROBE_SECONDS)
    engine = QueryEngine(reopened)
    # Another process holds the lock under which caches are built.
    with TestClient(create_app(reopened, engine)) as client:
        with FileLock(reopened.home / "write.lock"):
            for _ in range(2):
                began = time.monotonic()
                early = client.get("/readyz")
                assert time.monotonic() - began < PROBE_SECONDS + 10
                assert (early.status_code, early.headers.get("Retry-After")) == (503, "5")
                assert early.json()["detail"].startswith("The search caches are being built; try again in")
            assert client.get("/healthz").status_code == 200
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
        until = time.monotonic() + 60
        while (late := client.get("/readyz")).status_code != 200:
            assert time.monotonic() < until, late.text
        assert late.json() == {"status": "ready", "generation": 1, "building": None}
    assert engine.ask("How many suspects were arrested?").citations


# What it stores


def test_storage_grows_and_knows_the_last_backup(sign_in: SignIn, index: Library) -> None:
    app = create_app(index, QueryEngine(index, keeps=True), Settings(home=index.home), sign_in=sign_in)
    with TestClient(app, headers=bearer(sign_in, *Scope)) as client:
        before = client.get("/v1/storage").raise_for_status().json()
        send_file(client, "harlamoor.txt", REPORT).raise_for_status()
        asked = {"question": "How many suspects were arrested in Harlamoor?"}
        answer = client.post("/v1/chat", json=asked).raise_for_status().json()
        began = time.time()
        record_command(Settings(home=index.home), "backup", "library.tar")
        record_command(Settings(home=index.home), "restore", "library.tar")
        after = client.get("/v1/storage").raise_for_status().json()
    assert after["documents"] == before["documents"] + 1
    assert after["passages"] == before["passages"] + 1
    assert after["bytes"]["uploads"] >= before["bytes"]["uploads"] + len(REPORT)
    assert after["bytes"]["catalog"] >= (index.home / CATALOG).stat().st_size
    assert after["bytes"]["index"] > 0
    assert after["bytes"]["answers"] - before["bytes"]["answers"] > len(answer["text"])
    assert before["last_backup"] is None
    assert began <= after["last_backup"] <= time.time()


# The description


DOCUMENT = "/v1/documents/{document_id}"


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The method, the path and the description of each operation."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


@pytest.fixture
def described(signed: TestClient, sign_in: SignIn) -> dict[str, Any]:
    """The description of a server to which people sign in."""
    found: dict[str, Any] = signed.get("/openapi.json", headers=bearer(sign_in, Scope.READ)).json()
    return found


def test_each_operation_names_its_scope(described: dict[str, Any], sign_in: SignIn) -> None:
    schemes = described["components"]["securitySchemes"]
    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    assert schemes["session"]["name"] == session_cookie(sign_in)
    seen = set()
    for method, path, operation in operations(described):
        requirement = requirement_of(method, path)
        seen.add(requirement)
        scopes = [requirement.value] if isinstance(requirement, Scope) else []
        ways = [] if requirement is Requirement.NOTHING else [{"token": scopes}, {"session": scopes}]
        assert (operation["security"], operation.get("x-required-scope")) == (ways, next(iter(scopes), None))
        assert all(f"Needs the scope `{scope}`." in operation["description"] for scope in scopes)
    assert seen == {*Scope, *Requirement}


def test_without_sign_in_no_operation_needs_a_token(seed_client: TestClient) -> None:
    description = seed_client.get("/openapi.json").json()
    assert list(description["components"]["securitySchemes"]) == ["token"]
    assert all({} in each["security"] or not each["security"] for _, _, each in operations(description))


def test_each_operation_has_its_refusals_and_an_id(
    described: dict[str, Any],
) -> None:
    types, ids = set(), []
    for method, path, operation in operations(described):
        responses = operation["responses"]
        wanted = {"400", "403", "500"}
        wanted |= {"401", "503"} if requirement_of(method, path) is not Requirement.NOTHING else set()
        wanted |= {"429"} if path not in {"/healthz", "/readyz", "/metrics"} else set()
        wanted |= {"413", "422"} if "requestBody" in operation else set()
        writes = {"POST /v1/documents", *(f"{each} {DOCUMENT}" for each in ("PATCH", "DELETE"))}
        wanted |= {"503", "507"} if f"{method} {path}" in writes else set()
        assert wanted - set(responses) == set(), f"{method} {path}"
        types |= {kind for status in responses if status >= "400" for kind in responses[status]["content"]}
        ids.append(operation["operationId"])
    assert types == {MEDIA_TYPE}
    assert len(set(ids)) == len(ids) > 50
    assert {"post_search", "get_documents_document_id_pages_page_png", "put_collections_collection_limit"} < {
        *ids
    }
    verdicts = ["quoted", "supported", "computed", "paraphrased", "unsupported"]
    for name in ("Verification", "AnswerSentence"):
        assert described["components"]["schemas"][name]["properties"]["verdict"]["enum"] == verdicts


def test_each_body_has_an_example_that_is_taken(
    signed: TestClient, described: dict[str, Any], sign_in: SignIn
) -> None:
    """The library is empty, so an example finds nothing: no document, no user, and no language model.

    Adding by URL is off.
    """
    headers = bearer(sign_in, *Scope)
    sent = 0
    for method, path, operation in operations(described):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or path.startswith("/v1/index/"):
            continue
        schema = content["schema"]
        [name] = [each["$ref"] for each in [schema, *schema.get("anyOf", [])] if "$ref" in each]
        [body] = described["components"]["schemas"][name.rpartition("/")[2]]["examples"]
        place = path.replace("{document_id}", "1").replace("{collection}", "footnoted")
        response = signed.request(method, place, json=body, headers=headers)
        taken = response.status_code in {200, 201, 404, 502} or "there is no user 'ada'" in response.text
        taken = taken or (response.status_code == 409 and path == "/v1/documents/from-url")
        assert taken, f"{method} {path}: {response.text}"
        sent += 1
    assert sent >= 12
