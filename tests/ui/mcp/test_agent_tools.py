"""Agents use the tools through the protocol's own client, over streamable HTTP and over standard input."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import httpx
import httpx2
import pytest
from starlette.testclient import TestClient

from benchmarks.app_server import serving_app
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.support.processes import MODULE, ROOT, environment, serving
from ui.accounts import Accounts, Scope, SignIn
from ui.app import create_app
from ui.cli.app import main
from ui.client import Filters, LocalClient

pytest.importorskip("mcp", reason="pip install 'footnoted[mcp]'")

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

T = TypeVar("T")

PIN = "rust in the pin of gate 3"
WHY = "Why did gate 3 of the Maravel Dam fail?"
RAINFALL = "What is the rainfall of Cambodia?"
TOOLS = ["search", "ask", "read_span", "list_documents"]


@pytest.fixture(scope="module")
def address(seed_index: Library, seed_engine: QueryEngine) -> Iterator[str]:
    with serving_app(create_app(seed_index, seed_engine)) as address:
        yield address


@pytest.fixture(scope="module")
def local(seed_engine: QueryEngine) -> LocalClient:
    return LocalClient(seed_engine)


def over_http(
    address: str, use: Callable[[Client], Awaitable[T]], token: str | None = None, mode: str = "auto"
) -> T:
    """The result of ``use`` with a client of a server."""

    async def run() -> T:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as http,
            Client(streamable_http_client(f"{address}/mcp", http_client=http), mode=mode) as client,
        ):
            return await use(client)

    return asyncio.run(run())


def call(
    address: str, tool: str, token: str | None = None, mode: str = "auto", /, **given: object
) -> CallToolResult:
    return over_http(address, lambda client: client.call_tool(tool, given), token, mode)


def structured(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    given: dict[str, Any] = result.structured_content
    return given


def text(result: CallToolResult) -> str:
    [part] = result.content
    assert isinstance(part, TextContent)
    return part.text


def as_json(value: object) -> Any:  # noqa: ANN401 (JSON)
    """A value with lists in place of tuples, as JSON has them."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_tools_say_what_they_take_and_give(address: str, mode: str) -> None:
    tools = over_http(address, lambda client: client.list_tools(), mode=mode).tools
    assert [tool.name for tool in tools] == TOOLS
    for tool in tools:
        assert tool.description
        assert tool.output_schema
        assert tool.output_schema["type"] == "object"
        assert "context" not in tool.input_schema["properties"]
        assert tool.annotations
        assert tool.annotations.read_only_hint is True
    assert tools[0].input_schema["required"] == ["query"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_answer_has_its_citations_as_structured_content(
    address: str, local: LocalClient, mode: str
) -> None:
    answer = local.ask(WHY)
    found = call(address, "ask", None, mode, question=WHY)
    given = structured(found)
    assert given["citations"] == as_json([asdict(cited) for cited in answer.citations])
    assert (given["text"], given["abstained"], given["reason"]) == (answer.text, False, None)
    assert "[1]: “" in text(found)
    for cited in given["citations"]:
        place = {name: cited[name] for name in ("document_id", "version", "start", "end")}
        read = call(address, "read_span", **place)
        assert structured(read)["text"] == text(read) == cited["quote"]


def test_an_abstention_says_why(address: str) -> None:
    given = structured(call(address, "ask", question=RAINFALL))
    assert (given["abstained"], given["citations"]) == (True, [])
    assert given["reason"] == given["text"]


def test_a_search_finds_the_passages_of_the_library(address: str, local: LocalClient) -> None:
    filters = {"filters": {"kinds": ["pdf"]}, "published_after": "2025-06"}
    given = structured(call(address, "search", query=PIN, limit=3, filters=filters))
    here = local.search(PIN, 3, Filters(kinds=("pdf",), published_after="2025-06"))
    assert {each["path"] for each in given["results"]} == {"lorvenna-maravel-dam-inquiry.pdf"}
    assert given["results"][0] == as_json(asdict(here.results[0]))
    none = call(address, "search", query=PIN, filters={"filters": {"kinds": ["x"]}})
    assert text(none) == "No passage matches."


def test_marks_of_a_report_differ_from_the_numbers_of_results(encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / "gate.md").write_text("The inspectors of Varda closed the third gate of the dam.[38]")
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [tmp_path / "gate.md"])
        with serving_app(create_app(index, QueryEngine(index))) as address:
            found = text(call(address, "search", query="third gate"))
    assert found.startswith("[1] gate, document 1, ")
    assert found.endswith("The inspectors of Varda closed the third gate of the dam.⟨38⟩")


def test_documents_are_listed_in_parts(address: str, local: LocalClient) -> None:
    documents = as_json([asdict(each) for each in local.documents()])
    first = structured(call(address, "list_documents", limit=4))
    assert (first["documents"], first["more"]) == (documents[:4], True)
    after = first["documents"][-1]["document_id"]
    assert structured(call(address, "list_documents", limit=4, after=after)) == {
        "documents": documents[4:],
        "more": False,
    }
    named = structured(call(address, "list_documents", words="maravel GATE"))["documents"]
    assert [each["path"] for each in named] == ["lorvenna-maravel-dam-inquiry.pdf"]
    assert text(call(address, "list_documents", words="nothing")) == "No report."


@pytest.mark.parametrize(
    ("tool", "given", "refusal"),
    [
        ("ask", {"question": " "}, "must not be empty"),
        ("ask", {}, "Field required"),
        ("search", {"query": "gate", "limit": 51}, "less than or equal to 50"),
        ("search", {"query": "gate", "filters": {"collection": "x"}}, "Extra inputs are not permitted"),
        ("read_span", {"document_id": 999}, "document 999"),
        ("read_span", {"document_id": -1}, "greater than or equal to 1"),
        ("read_span", {"document_id": 1, "version": 9}, "version 9"),
    ],
)
def test_what_a_tool_cannot_do_is_told_in_words(
    address: str, tool: str, given: dict[str, Any], refusal: str
) -> None:
    result = call(address, tool, **given)
    assert result.is_error
    assert refusal in text(result)
    assert "Traceback" not in text(result)


# The same tokens and scopes


@pytest.fixture(scope="module")
def signed(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[Scope, str]]]:
    """A server where people sign in, and a token of each scope."""
    home = tmp_path_factory.mktemp("home")
    with closing(Accounts.open(home / "accounts")) as accounts, Library.open(home, encoder) as index:
        sync(index, [ROOT / "seeds" / "cambodia-scam-raids.md"])
        secrets = {scope: accounts.tokens.add(f"of-{scope}", [scope])[1] for scope in Scope}
        app = create_app(index, QueryEngine(index), sign_in=SignIn(accounts))
        with serving_app(app) as address:
            yield address, secrets


NEEDS: dict[str, tuple[Scope, dict[str, Any]]] = {
    "search": (Scope.ASK, {"query": "scam dens"}),
    "ask": (Scope.ASK, {"question": "How many suspects were arrested?"}),
    "read_span": (Scope.READ, {"document_id": 1}),
    "list_documents": (Scope.READ, {}),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_needs_the_scope_of_its_route(signed: tuple[str, dict[Scope, str]], tool: str) -> None:
    address, secrets = signed
    need, given = NEEDS[tool]
    for scope, secret in secrets.items():
        result = call(address, tool, secret, **given)
        assert result.is_error is (scope is not need)
        if scope is not need:
            said = f"This needs the scope '{need}', which the token 'of-{scope}' does not have."
            assert said in text(result)


def test_a_refusal_of_a_tool_is_recorded_with_the_address_of_the_agent(
    encoder: Encoder, tmp_path: Path
) -> None:
    with closing(Accounts.open(tmp_path)) as accounts, Library.open(tmp_path, encoder) as index:
        sign_in = SignIn(accounts)
        _, secret = accounts.tokens.add("reader", [Scope.READ])
        app = create_app(index, QueryEngine(index), sign_in=sign_in)
        asked = {"name": "ask", "arguments": {"question": "Why?"}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
        headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json, text/event-stream"}
        machine = {"Authorization": f"Bearer {sign_in.machine_token}"}
        with TestClient(app, client=("203.0.113.7", 50_000)) as client:
            refused = client.post("/mcp", json=body, headers=headers).raise_for_status().json()
            assert refused["result"]["isError"] is True
            [record] = client.get("/v1/audit", headers=machine).json()["records"]
    assert [record[name] for name in ("action", "who", "outcome", "address")] == [
        *("POST /v1/chat", "reader", "403", "203.0.113.7")
    ]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer fn_forged"}])
def test_nobody_unknown_reaches_the_tools(
    signed: tuple[str, dict[Scope, str]], headers: dict[str, str]
) -> None:
    address, _ = signed
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    refused = httpx.post(f"{address}/mcp", json=body, headers=headers, trust_env=False, timeout=60)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer ")


def test_other_methods_and_other_pages_are_refused(address: str) -> None:
    assert httpx.get(f"{address}/mcp", trust_env=False, timeout=60).status_code == 405
    assert httpx.delete(f"{address}/mcp", trust_env=False, timeout=60).status_code == 405
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    evil = {"Origin": "https://evil.example"}
    assert (
        httpx.post(f"{address}/mcp", json=body, headers=evil, trust_env=False, timeout=60).status_code == 403
    )
    long = httpx.post(f"{address}/mcp", content=b"x" * 2_000_000, trust_env=False, timeout=60)
    assert long.status_code == 413


# Over standard input and output


def over_stdio(use: Callable[[Client], Awaitable[T]], *arguments: str) -> T:
    """The result of ``use`` with a client that starts the command."""
    command = StdioServerParameters(
        command=sys.executable, args=[*MODULE[1:], "mcp", *arguments], env=environment(), cwd=str(ROOT)
    )

    async def run() -> T:
        async with Client(command, read_timeout_seconds=120) as client:
            return await use(client)

    return asyncio.run(run())


async def ask_and_list(client: Client) -> tuple[list[str], CallToolResult, CallToolResult]:
    tools = [tool.name for tool in (await client.list_tools()).tools]
    return (
        tools,
        await client.call_tool("ask", {"question": WHY}),
        await client.call_tool("list_documents", {}),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """The home of a library of one report."""
    home = tmp_path_factory.mktemp("home")
    with Library.open(home, encoder) as index:
        sync(index, [ROOT / "seeds" / "lorvenna-maravel-dam-inquiry.pdf"])
    return home


@pytest.mark.slow
def test_the_command_serves_a_library_with_and_without_a_server(home: Path) -> None:
    alone = over_stdio(ask_and_list, "--home", str(home))
    with serving(home) as server:
        beside = over_stdio(ask_and_list, "--home", str(home))
        named = over_stdio(ask_and_list, "--server", server.address)
    for tools, answer, documents in (alone, beside, named):
        assert tools == TOOLS
        assert structured(answer)["citations"] == structured(alone[1])["citations"]
        assert structured(documents) == structured(alone[2])
    assert structured(alone[1])["citations"][0]["path"] == "lorvenna-maravel-dam-inquiry.pdf"


@pytest.mark.slow
def test_the_command_sends_the_token_of_a_file(signed: tuple[str, dict[Scope, str]], tmp_path: Path) -> None:
    address, secrets = signed
    file = tmp_path / "token"
    file.write_text(secrets[Scope.READ] + "\n")
    _, answer, documents = over_stdio(ask_and_list, "--server", address, "--token-file", str(file))
    assert [each["path"] for each in structured(documents)["documents"]] == ["cambodia-scam-raids.md"]
    assert answer.is_error
    assert "needs the scope 'ask'" in text(answer)


@pytest.mark.parametrize("arguments", [["--token-file", "token"], ["--server", "x", "--token-file", "-"]])
def test_a_token_is_in_a_file_and_for_a_server(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mcp", *arguments]) == 2
    assert "a --token-file is a file, and for a --server" in capsys.readouterr().err
