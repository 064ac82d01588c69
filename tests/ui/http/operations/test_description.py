"""The OpenAPI description says what each operation needs, and how it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.ui.http.operations.conftest import bearer
from ui.accounts import Scope, SignIn
from ui.http.access import Requirement, requirement_of, session_cookie
from ui.http.problems import MEDIA_TYPE


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The method, the path and the description of each operation."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


@pytest.fixture
def described(client: TestClient, sign_in: SignIn) -> dict[str, Any]:
    """The description of a server to which people sign in."""
    found: dict[str, Any] = client.get("/openapi.json", headers=bearer(sign_in, Scope.READ)).json()
    return found


def test_each_operation_names_its_scope_and_how_to_send_it(
    described: dict[str, Any], sign_in: SignIn
) -> None:
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


def test_each_operation_has_the_refusals_of_the_middleware(described: dict[str, Any]) -> None:
    for method, path, operation in operations(described):
        wanted = {"400", "403", "500"}
        wanted |= {"401", "503"} if requirement_of(method, path) is not Requirement.NOTHING else set()
        wanted |= {"429"} if path not in {"/healthz", "/readyz", "/metrics"} else set()
        wanted |= {"413", "422"} if "requestBody" in operation else set()
        assert wanted - set(operation["responses"]) == set(), f"{method} {path}"


def test_every_problem_has_its_one_media_type(described: dict[str, Any]) -> None:
    types = {
        media_type
        for _, _, operation in operations(described)
        for status, response in operation["responses"].items()
        if status >= "400"
        for media_type in response["content"]
    }
    assert types == {MEDIA_TYPE}


def test_the_ids_of_operations_come_from_their_routes(described: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(set(ids)) == len(ids) > 50
    assert {"post_search", "get_documents_document_id_pages_page_png", "put_collections_collection_limit"} < {
        *ids
    }


def test_each_body_has_an_example_that_the_server_takes(
    client: TestClient, described: dict[str, Any], sign_in: SignIn
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
        response = client.request(method, place, json=body, headers=headers)
        taken = response.status_code in {200, 201, 404, 502} or "there is no user 'ada'" in response.text
        taken = taken or (response.status_code == 409 and path == "/v1/documents/from-url")
        assert taken, f"{method} {path}: {response.text}"
        sent += 1
    assert sent >= 12
