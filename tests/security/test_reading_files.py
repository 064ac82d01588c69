"""No route reads a file of the server's disk or makes the server fetch an address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Host, Mount

from index.library import Library
from rag.engine import QueryEngine
from tests.security.attacks import CANARY, CATALOG, FIFO, LISTENER, Attack, Target, file_data, filled_path
from ui.app import create_app
from ui.page.head import ASSETS_ROUTE

JSON = (("Content-Type", "application/json"),)
REFUSED = frozenset({400, 403, 404, 405, 413, 415, 422})

OPEN = {
    # Routes that the Gradio page needs.
    *("/", "/theme.css", "/assets/{path:path}", "/static/{path:path}", "/favicon.ico"),
    *("/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/heartbeat/{session_hash}"),
    *("/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/app_id"),
    # The administrator's page, and the agents' tools.
    *("/administration", "/mcp"),
    # The OpenAPI description, and its page.
    *("/docs", "/docs/oauth2-redirect", "/openapi.json", "/static-offline-docs"),
}
"""The routes, apart from ``/v1`` and the health checks, that may answer with another status than 404."""


def gradio(name: str, path: str, method: str = "GET", body: object = None) -> Attack:
    """A request to a Gradio route that the page does not need."""
    data = b"" if body is None else json.dumps(body).encode()
    return Attack(name, f"/gradio_api/{path}", method, JSON if body is not None else (), data)


FILES = (
    ("a file of the system", "/etc/passwd"),
    ("the server's environment", "/proc/self/environ"),
    ("the catalog", CATALOG),
    ("a file beside the library", CANARY),
    ("a device without end", "/dev/zero"),
    ("a pipe that nobody writes to", FIFO),
)

FOUND = [
    *(gradio(f"file= of {name}", f"file={path}") for name, path in FILES),
    *(gradio(f"file/ of {name}", f"file/{path}") for name, path in FILES),
    gradio("file= of an address", f"file={LISTENER}/words.txt"),
    gradio("file= of a secure address", "file=https://listener.example/words.txt"),
    gradio("proxy= of an address", f"proxy={LISTENER}/words.txt"),
    gradio("a question by the API's name", "call/ask", "POST", {"data": [file_data(CANARY), "", None, ""]}),
    gradio("a question by the second API", "call/v2/ask", "POST", {"question": file_data(CANARY)}),
    gradio("the answer to a question of the API", "call/ask/0123456789abcdef"),
    gradio("a call without a queue", "run/ask", "POST", {"data": [file_data(CANARY), "", None, ""]}),
    gradio("a call by its old name", "api/ask", "POST", {"data": [file_data(CANARY), "", None, ""]}),
    gradio("a command by the API's name", "call/act", "POST", {"data": [file_data(CANARY), "", None, ""]}),
    gradio("an upload", "upload", "POST", {}),
    gradio(
        "a component's function",
        "component_server",
        "POST",
        {"session_hash": "s", "component_id": 3, "fn_name": "x", "data": CANARY},
    ),
    gradio("a component's file", "custom_component/3/server/component/index.js"),
    Attack("the page's description", "/config"),
    gradio("writing the app's code", "vibe-code", "POST", {"code": "import os"}),
    gradio("the model context protocol", "mcp/sse"),
    *(
        Attack(f"{path} of Gradio", path)
        for path in ("/monitoring", "/monitoring/summary", "/monitoring/key", "/logout", "/svelte/index.js")
    ),
    Attack("a log-in of Gradio", "/login", "POST"),
    Attack("an icon of any size", "/pwa_icon/99999"),
    Attack("the address without its prefix", f"/file={CANARY}"),
    Attack("the address with a doubled slash", f"//gradio_api//file={CANARY}"),
    Attack("the address with a dot", f"/./gradio_api/file={CANARY}"),
    Attack("the address with an escaped letter", f"/gradio_api/%66ile={CANARY}"),
    Attack("the address with an escaped slash", f"/gradio_api%2ffile={CANARY}"),
    Attack("the address with an escaped equals sign", f"/gradio_api/file%3D{CANARY}"),
    Attack("the address in capitals", f"/GRADIO_API/FILE={CANARY}"),
    Attack("the address behind an open one", f"/gradio_api/heartbeat/../file={CANARY}"),
    Attack("the address behind an open one, escaped", f"/gradio_api/heartbeat/%2e%2e/file={CANARY}"),
]


def test_a_route_that_the_page_does_not_need_is_not_there(target: Target) -> None:
    found = {attack.name: target.answer(attack).status for attack in FOUND}
    assert {name: status for name, status in found.items() if status != 404} == {}


LINK_LOCAL = ("169.254.169.254", "169.254.43518", "0xa9fea9fe", "[fe80::1%25lo]", "[::ffff:a9fe:a9fe]")
MODELS = [
    Attack(
        f"{method} a model at {host}",
        path,
        method,
        JSON,
        json.dumps({"provider": provider, "model": "a", "address": f"http://{host}/latest"}).encode(),
    )
    for method, path in (("PUT", "/v1/model"), ("POST", "/v1/model/test"))
    for provider in ("openai", "llamacpp")
    for host in LINK_LOCAL
] + [
    Attack(
        f"the models of {provider} at {host}",
        "/v1/model/list",
        "POST",
        JSON,
        json.dumps({"provider": provider, "address": f"http://{host}/latest"}).encode(),
    )
    for provider in ("openai", "llamacpp", "ollama", "anthropic")
    for host in LINK_LOCAL
]


def test_no_language_model_is_asked_where_a_cloud_offers_its_machine_passwords(target: Target) -> None:
    """A test or a list repeats what the server of a model replies, and could so show them."""
    for attack in MODELS:
        answered = target.answer(attack)
        refused = (answered.status, "which leads to the link-local network" in answered.text)
        assert refused == (422, True), attack
    assert target.ask("GET", "/v1/model").json["name"] is None


UP = {
    "dots": "../" * 8 + "etc/passwd",
    "escaped slashes": "..%2f" * 8 + "etc/passwd",
    "escaped dots": "%2e%2e/" * 8 + "etc/passwd",
    "all escaped": "%2e%2e%2f" * 8 + "etc/passwd",
    "escaped twice": "%252e%252e%252f" * 8 + "etc/passwd",
    "backslashes": "..\\" * 8 + "etc\\passwd",
    "escaped backslashes": "..%5c" * 8 + "etc%5cpasswd",
    "four dots": "....//" * 8 + "etc/passwd",
    "an overlong encoding": "..%c0%af" * 8 + "etc/passwd",
    "a null": "..%2f" * 8 + "etc/passwd%00.js",
    "an absolute path": "/etc/passwd",
    "an escaped absolute path": "%2fetc%2fpasswd",
    "a share": "%5c%5clistener.example%5cshare%5cx",
    "a drive": "C:%5cWindows%5cwin.ini",
}
BELOW = ("/static/", "/assets/", "/static-offline-docs/", "/svelte/", "/gradio_api/custom_component/3/x/y/")


def test_no_folder_of_the_server_leads_out_of_itself(target: Target) -> None:
    [assets, *_] = re.findall(r"/footnoted/\w+/", target.ask("GET", "/").text)
    for path in (folder + up for folder in (*BELOW, assets) for up in UP.values()):
        assert target.answer(Attack("traversal", path)).status in REFUSED, path


def test_no_id_is_taken_for_a_path(target: Target) -> None:
    for path in (
        *(f"/v1/answers/{up}" for up in ("..%2f..%2fetc%2fpasswd", "%2e%2e.md", "..%5c..%5cx.html")),
        *(f"/v1/conversations/{up}" for up in ("..%2f..%2fetc%2fpasswd", "%2e%2e.md", "..%5c..%5cx.html")),
        *(f"/v1/jobs/{up}" for up in ("..%2fserver.json", "%2e%2e")),
        *(f"/v1/documents/{up}" for up in ("..%2f..%2fx", "1%2f..%2f..%2fx/text", "1/pages/..%2f1.png")),
        "/v1/models/..%2f..%2fetc%2fpasswd",
        "/v1/../catalog.sqlite",
        "/catalog.sqlite",
        "/server.json",
        "/.footnoted/catalog.sqlite",
    ):
        assert target.answer(Attack("traversal", path)).status in REFUSED, path


def test_what_the_page_loads_does_not_depend_on_its_address(target: Target) -> None:
    files = (f"file={CANARY}", f"v=../../{CANARY}", f"v={FIFO}", f"__theme={CANARY}")
    for path in ("/", "/theme.css", "/config", "/manifest.json"):
        for query in (*files, f"url={LISTENER}", "v=%00"):
            assert target.answer(Attack("query", f"{path}?{query}")).status in {200, 404}, query


# A file in the data of an event


VALUES = {
    "a file": file_data,
    "a file with an address": lambda path: file_data(path, f"{LISTENER}/words.txt"),
    "a file without a kind": lambda path: {"path": path, "meta": {"_type": "gradio.FileData"}},
    "a list of files": lambda path: [file_data(path), file_data(path)],
    "a message with a file": lambda path: [{"role": "user", "content": file_data(path)}],
    "a message with files in a list": lambda path: [
        {"role": "user", "content": [{"type": "file", "file": file_data(path)}]}
    ],
    "a pair of messages": lambda path: [[file_data(path), None]],
    "a file deep inside": lambda path: {"a": [{"b": {"c": [file_data(path)]}}]},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_file_in_the_data_of_a_question_is_refused(target: Target, value: Callable[[str], object]) -> None:
    """As the question, the scope, the session or what is shown."""
    for place in range(4):
        data: list[Any] = ["How many suspects were arrested?", "", None, ""]
        data[place] = value(str(target.canary))
        assert_refused(target, 0, data)


def test_no_file_is_opened_for_an_event(target: Target) -> None:
    for path in (path for _, path in FILES if path != "/dev/zero"):
        assert_refused(target, 0, [file_data(target.filled(path)), "", None, ""])


def test_no_address_is_fetched_for_an_event(target: Target) -> None:
    address = target.filled(LISTENER)
    for value in (
        file_data(address),
        file_data("x", address),
        {"url": address, "meta": file_data("")["meta"]},
    ):
        assert_refused(target, 0, [value, "", None, ""])


def test_a_file_is_refused_by_every_function_of_the_page(target: Target) -> None:
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", target.ask("GET", "/").text, re.DOTALL)
    assert found is not None
    functions = {each["id"]: each for each in json.loads(found[1])["dependencies"]}
    for fn_index in range(20):
        inputs = len(functions[fn_index]["inputs"]) if fn_index in functions else 4
        assert_refused(target, fn_index, [file_data(str(target.canary))] * max(inputs, 1))


def test_a_function_that_the_page_lacks_is_refused(target: Target) -> None:
    for fn_index in (-1, -(2**63), 10**30, None, "ask", 1.5, True, [0]):
        body = {"data": ["x", "", None, ""], "fn_index": fn_index, "session_hash": "s", "trigger_id": 4}
        answered = target.post("/gradio_api/queue/join", body)
        target.assert_harmless(answered)
        assert answered.status in REFUSED, fn_index


def test_a_file_elsewhere_in_an_event_is_refused(target: Target) -> None:
    elsewhere: tuple[dict[str, Any], ...] = (
        {"api_name": "/ask"},
        {"fn_index": 0, "event_data": file_data(CANARY)},
        {"fn_index": 0, "trigger_id": file_data(CANARY)},
        {"fn_index": 0, "request": {"headers": {}}},
    )
    for named in elsewhere:
        body = {"data": [file_data(CANARY), "", None, ""], "session_hash": "elsewhere", **named}
        answered = target.post("/gradio_api/queue/join", json.loads(target.filled(json.dumps(body))))
        target.assert_harmless(answered)
        assert answered.status in REFUSED, named


def assert_refused(target: Target, fn_index: int, data: list[Any]) -> None:
    """The server refuses an event with this data, or it ends in an error."""
    joined, events = event(target, fn_index, data)
    assert joined in REFUSED or [each["success"] for each in events] == [False], events


def event(target: Target, fn_index: int, data: list[Any]) -> tuple[int, list[dict[str, Any]]]:
    """The status of sending an event, and its result, if there is one."""
    session = f"attack{max(fn_index, 0)}"
    body = {"data": data, "fn_index": fn_index, "session_hash": session, "trigger_id": 4, "event_data": None}
    joined = target.post("/gradio_api/queue/join", body)
    target.assert_harmless(joined)
    if joined.status != 200:
        return joined.status, []
    said = target.ask("GET", f"/gradio_api/queue/data?session_hash={session}")
    target.assert_harmless(said)
    sent = [json.loads(line[6:]) for line in said.text.splitlines() if line.startswith("data: ")]
    return joined.status, [each for each in sent if each["msg"] == "process_completed"]


def test_a_question_of_the_page_is_answered(target: Target) -> None:
    """Valid data are accepted, which shows that the events above fail only for their data."""
    asked = ["How many suspects were arrested, and over how many days?", "", None, ""]
    joined, events = event(target, 0, asked)
    assert (joined, [each["success"] for each in events]) == (200, [True])
    assert "fn-mark" in json.dumps(events)


# All routes


def test_the_server_has_no_other_routes_than_those_that_are_meant_to_be_open(index: Library) -> None:
    app = create_app(index, QueryEngine(index))
    ours = set(app.openapi()["paths"]) | {"/v1", "/v1/{rest:path}", ASSETS_ROUTE}
    made = {template.replace(":path}", "}") for template, _ in walk(app.routes)}
    assert made - {template.replace(":path}", "}") for template in ours} == {
        template.replace(":path}", "}") for template in OPEN
    }


def test_no_route_that_gradio_brings_is_there_but_those_that_the_page_needs(target: Target) -> None:
    import gradio

    app = gradio.mount_gradio_app(FastAPI(openapi_url=None), gradio.Blocks(), path="/")
    found = {
        f"{method} {template}": target.ask(method, filled_path(template)).status
        for template, methods in walk(app.routes)
        if template not in OPEN and template.removesuffix("/") not in OPEN
        for method in methods
    }
    assert len(found) > 50
    assert {route: status for route, status in found.items() if status != 404} == {}


def walk(routes: Sequence[BaseRoute], above: str = "") -> Iterator[tuple[str, list[str]]]:
    """Path and methods of every route, including mounted ones."""
    for route in routes:
        if isinstance(route, Mount | Host):
            below = f"{above}{getattr(route, 'path', '')}"
            if route.routes:
                yield from walk(route.routes, below)
            else:
                yield below, ["GET"]
            continue
        for context in iter_route_contexts([route]):
            if context.path:
                yield above + context.path, sorted(context.methods or {"GET"})
