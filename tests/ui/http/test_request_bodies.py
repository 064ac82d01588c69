"""Every number, string and nesting depth of a request has a limit; requests beyond it are refused."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.library import Library
from ui.http.request_bodies import MAX_FILTER_VALUES

FILTERS = {
    "document_ids": [1],
    "publishers": ["x"],
    "languages": ["en"],
    "collections": ["x"],
    "kinds": ["pdf"],
}
DATES = {"published_before": "2031", "published_after": "2020"}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/search"): {"query": "dam", "limit": 3, "filters": FILTERS, **DATES},
    ("POST", "/v1/search/batch"): {"queries": [{"query": "dam", "filters": {"kinds": ["pdf"]}}]},
    ("POST", "/v1/chat"): {
        "question": "dam?",
        "conversation_id": "x",
        "history": [{"role": "user", "content": "x"}],
        "filters": FILTERS,
        **DATES,
        "replaces": "0" * 32,
    },
    ("POST", "/v1/feedback"): {
        "question": "dam?",
        "verdict": "right",
        "evidence": [{"document_id": 1, "version": 1, "start": 0, "end": 3}],
        "note": "x",
        "answer_id": "0" * 32,
    },
    ("PATCH", "/v1/documents/1"): dict.fromkeys(
        ("title", "publisher", "author", "published", "language", "collection"), "x"
    ),
    ("POST", "/v1/documents/from-url"): {"url": "https://reports.example/dam.pdf", "title": "x", "name": "x"},
    ("PATCH", "/v1/conversations/x"): {"name": "x"},
    ("POST", "/v1/responses"): {"model": "x", "input": [{"role": "user", "content": "dam?"}]},
    ("POST", "/v1/vector_stores/footnoted/search"): {
        "query": "dam",
        "filters": {"type": "eq", "key": "kind", "value": "pdf"},
        "ranking_options": {"score_threshold": 0.1},
    },
    ("POST", "/v1/chat/completions"): {
        "model": "x",
        "messages": [
            {"role": "assistant", "content": "x"},
            {"role": "user", "content": [{"type": "text", "text": "dam?"}]},
        ],
    },
}
"""A body of each route that takes one; each of its fields is spoilt in turn."""

EACH_ROUTE = pytest.mark.parametrize(("method", "route"), BODIES, ids=[" ".join(each) for each in BODIES])
UNSTORABLE = "has a NUL character or half a surrogate pair, which cannot be kept; remove it"
HUGE = [2**53, 2**63, -(2**70), -1, 10**30]
NO_OBJECTS = [b"\xff\xfe", b"\x00", b"1" * 5_000, b"NaN", b'"\\ud800"']


@pytest.fixture(scope="module")
def description(seed_client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = seed_client.get("/openapi.json").json()
    return found


def parameters(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, route and description of every parameter of every route."""
    for route, operations in description["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                yield method.upper(), route, parameter


def leaves(
    description: dict[str, Any], schema: dict[str, Any], name: str, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """The schemas of the values inside a schema, with their names; ``above`` are the models around it."""
    if "$ref" in schema:
        if schema["$ref"] in above:
            return
        above = (*above, schema["$ref"])
        schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    parts = [(name, part) for key in ("anyOf", "allOf", "oneOf") for part in schema.get(key, [])]
    parts += [(f"{name}.{key}", part) for key, part in schema.get("properties", {}).items()]
    parts += [(f"{name}[]", schema["items"])] if "items" in schema else []
    for part_name, part in parts:
        yield from leaves(description, part, part_name, above)
    if not parts:
        yield name, schema


def values(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema of every value of a request except headers, with its name."""
    for method, route, parameter in parameters(description):
        if parameter["in"] != "header":
            yield from leaves(description, parameter["schema"], f"{method} {route} {parameter['name']}")
    for route, operations in description["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from leaves(description, content["schema"], f"{method.upper()} {route} ")


def test_every_number_that_a_request_gives_has_two_bounds(description: dict[str, Any]) -> None:
    kinds = {"integer", "number"}
    numbers = {name: schema for name, schema in values(description) if schema.get("type") in kinds}
    assert len(numbers) > 20
    unbounded = [name for name, schema in numbers.items() if not {"minimum", "maximum"} <= schema.keys()]
    assert unbounded == []


def test_every_string_that_a_request_gives_is_one_that_can_be_kept(description: dict[str, Any]) -> None:
    strings = {name: schema for name, schema in values(description) if schema.get("type") == "string"}
    assert len(strings) > 40
    known = {"pattern", "enum", "const", "contentMediaType"}
    assert [name for name, schema in strings.items() if not known & schema.keys()] == []


def test_a_number_beyond_its_bounds_is_refused_in_an_address(
    seed_client: TestClient, description: dict[str, Any]
) -> None:
    statuses = {}
    for method, route, parameter in parameters(description):
        (_, schema), *_ = leaves(description, parameter["schema"], "")
        if schema.get("type") != "integer":
            continue
        name = parameter["name"]
        given = {"document_id": "1", "page": "1"}
        for value in map(str, HUGE):
            address = route
            for each, words in {**given, name: value}.items():
                address = address.replace(f"{{{each}}}", words)
            query = {"query": "dam"} | ({name: value} if parameter["in"] == "query" else {})
            statuses[method, address, name, value] = seed_client.request(
                method, address, params=query
            ).status_code
    assert len(statuses) > 20 * len(HUGE)
    assert {place: status for place, status in statuses.items() if status != 422} == {}


def spoilt(body: Any, values: list[Any], kind: type) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (JSON)
    """Copies of a body; in each, one value of a type is replaced."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from ((f"{key}.{at}", {**body, key: new}) for at, new in spoilt(value, values, kind))
    elif isinstance(body, list):
        for place, value in enumerate(body):
            for at, new in spoilt(value, values, kind):
                yield f"{place}.{at}", [*body[:place], new, *body[place + 1 :]]
    elif type(body) is kind:
        yield from ((repr(value), value) for value in values)


def sent(client: TestClient, method: str, route: str, body: str | bytes) -> int:
    content = body if isinstance(body, bytes) else body.encode()
    headers = {"Content-Type": "application/json"}
    return client.request(method, route, content=content, headers=headers).status_code


@pytest.mark.slow_cases
@EACH_ROUTE
def test_a_wrong_number_or_string_is_refused(seed_client: TestClient, method: str, route: str) -> None:
    body = BODIES[method, route]
    bad = [
        *spoilt(body, [*HUGE, float("nan"), float("inf"), 1.5], int),
        *spoilt(body, ["\x00", "a\x00b", "\ud800", "\udfff x"], str),
    ]
    assert len(bad) > 3
    statuses = {at: sent(seed_client, method, route, json.dumps(new)) for at, new in bad}
    assert {at: status for at, status in statuses.items() if status != 422} == {}


@pytest.fixture
def _uncollected() -> Iterator[None]:
    """Finalizers that the garbage collector calls at the end of the stack fail, and pytest reports these."""
    gc.disable()
    yield
    gc.enable()


@EACH_ROUTE
@pytest.mark.usefixtures("_uncollected")
def test_what_is_no_object_or_nested_is_refused(seed_client: TestClient, method: str, route: str) -> None:
    field = next(iter(BODIES[method, route]))
    bodies: list[str | bytes] = [*NO_OBJECTS]
    for depth in (500, 900, 990, 10_000):
        lists = "[" * depth + "]" * depth
        bodies += [lists, '{"a":' * depth + "1" + "}" * depth, f'{{"{field}":{lists}}}']
    assert {sent(seed_client, method, route, body) for body in bodies} <= {400, 422}


def test_an_upload_with_a_string_that_cannot_be_kept_is_refused(seed_client: TestClient) -> None:
    for field in ("title", "publisher", "author", "published", "language", "collection", "password"):
        response = seed_client.post(
            "/v1/documents", files={"file": ("x.txt", b"A dam.", "text/plain")}, data={field: "a\x00b"}
        )
        assert response.status_code == 422
        assert response.json()["errors"] == [{"field": field, "detail": UNSTORABLE}]


@pytest.mark.parametrize("name", ["document_ids", "publishers", "languages", "collections", "kinds"])
def test_a_filter_takes_as_many_values_as_are_allowed(
    seed_client: TestClient, seed_index: Library, name: str
) -> None:
    def search(count: int) -> Any:  # noqa: ANN401 (JSON)
        beyond = list(range(1_000, 1_000 + count - 1))
        record = seed_index.catalog.documents()[0]
        wanted = {
            "document_ids": record.document_id,
            "publishers": record.publisher,
            "languages": record.language,
            "collections": record.collection or "x",
            "kinds": record.kind,
        }[name]
        given = [wanted, *(beyond if name == "document_ids" else map(str, beyond))]
        return seed_client.post("/v1/search", json={"query": "the report", "filters": {name: given}})

    few, many = search(1), search(MAX_FILTER_VALUES)
    assert MAX_FILTER_VALUES >= 10_000
    assert many.status_code == 200
    assert many.json()["results"] == few.json()["results"]
    assert bool(many.json()["results"]) is (name != "collections")
    refused = search(MAX_FILTER_VALUES + 1)
    assert refused.status_code == 422
    assert f"at most {MAX_FILTER_VALUES} items" in refused.json()["detail"]
