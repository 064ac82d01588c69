"""Whichever way a program asks a question, it gets the same citations; a generated client is one way."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import httpx2
import openai
import pytest

from benchmarks.app_server import serving_app
from index.library import Library
from rag.engine import QueryEngine
from ui.accounts import Accounts, Scope, SignIn
from ui.app import create_app
from ui.client import AsyncClient, Client, LocalClient
from ui.client.llama_index import FootnotedQueryEngine

pytest.importorskip("langchain_core", reason="pip install 'footnoted[langchain]'")
pytest.importorskip("mcp", reason="pip install 'footnoted[mcp]'")
pytest.importorskip("openapi_python_client", reason="pip install --no-deps openapi-python-client")

import mcp
from mcp.client.streamable_http import streamable_http_client

from ui.client.langchain import FootnotedRetriever

pytestmark = pytest.mark.slow_cases

SEEDS = Path(__file__).parents[3] / "seeds"
QUESTIONS = [
    json.loads(line)["text"]
    for line in (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()[::3][:10]
]

GENERATED = "generated_footnoted"
"""The name of the client that is generated from the server's description."""

Place = tuple[int, int, int, int, str]
"""A citation: document, version, start, end and quote."""


def place(cited: Mapping[str, Any], quote: str | None = None) -> Place:
    at = cited["document_id"], cited["version"], cited["start"], cited["end"]
    return (*map(int, at), cited["quote"] if quote is None else quote)  # type: ignore[return-value]


def openai_client(address: str) -> openai.OpenAI:
    http = httpx.Client(trust_env=False, timeout=60)
    return openai.OpenAI(api_key="any", base_url=f"{address}/v1", http_client=http, max_retries=0)


def by_http(address: str, question: str) -> list[Place]:
    body = {"question": question}
    response = httpx.post(f"{address}/v1/chat", json=body, trust_env=False, timeout=60).raise_for_status()
    return [place(cited) for cited in response.json()["citations"]]


def by_our_client(address: str, question: str) -> list[Place]:
    with Client(address) as client:
        return [place(asdict(cited)) for cited in client.ask(question).citations]


def by_our_asynchronous_client(address: str, question: str) -> list[Place]:
    async def run() -> list[Place]:
        async with AsyncClient(address) as client:
            return [place(asdict(cited)) for cited in (await client.ask(question)).citations]

    return asyncio.run(run())


def by_chat_completion(address: str, question: str) -> list[Place]:
    with openai_client(address) as client:
        completion = client.chat.completions.create(
            model="footnoted", messages=[{"role": "user", "content": question}]
        )
    return [place(cited) for cited in (completion.model_extra or {})["footnoted"]["citations"]]


def by_response(address: str, question: str) -> list[Place]:
    with openai_client(address) as client:
        response = client.responses.create(model="footnoted", input=question)
    citations = (response.model_extra or {})["footnoted"]["citations"]
    [message] = response.output
    assert message.type == "message"
    [part] = message.content
    assert part.type == "output_text"
    annotated = [each.model_dump() for each in part.annotations]
    assert [(int(each["file_id"]), each["filename"], each["footnote"]) for each in annotated] == [
        (cited["document_id"], cited["path"], cited["id"]) for cited in citations
    ]
    return [place(cited) for cited in citations]


def by_mcp(address: str, question: str) -> list[Place]:
    async def run() -> list[Place]:
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
            transport = streamable_http_client(f"{address}/mcp", http_client=http)
            async with mcp.Client(transport) as client:
                result = await client.call_tool("ask", {"question": question})
        assert not result.is_error
        return [place(cited) for cited in (result.structured_content or {})["citations"]]

    return asyncio.run(run())


def by_llama_index(address: str, question: str) -> list[Place]:
    with Client(address) as client:
        nodes = FootnotedQueryEngine(client).query(question).source_nodes
    return [place(found.node.metadata, found.node.get_content()) for found in nodes]


def by_langchain(address: str, question: str) -> list[Place]:
    with Client(address) as client:
        documents = FootnotedRetriever(source=client, footnotes=True).invoke(question)
    return [place(found.metadata, found.metadata["quote"]) for found in documents]


def by_generated_client(address: str, question: str) -> list[Place]:
    generated = sys.modules[GENERATED]
    options = {"httpx_args": {"trust_env": False}, "timeout": httpx.Timeout(60)}
    client = generated.Client(address, raise_on_unexpected_status=True, **options)
    body = generated.models.ChatRequest(question=question)
    answer = generated.api.questions.post_chat.sync(client=client, body=body)
    return [place(cited.to_dict()) for cited in answer.citations]


CONFIGURATION = """
post_hooks: []
content_type_overrides:
  image/png: application/octet-stream
"""
"""No program formats the generated code. The generator knows no pictures, so they are bytes for it."""


@pytest.fixture(scope="module", autouse=True)
def generated(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The client that openapi-python-client generates; it fails for what the generator cannot read."""
    described = httpx.get(f"{address}/openapi.json", trust_env=False, timeout=60).raise_for_status()
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_bytes(described.content)
    (folder / "generator.yml").write_text(CONFIGURATION, encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    command += ["--meta", "none", "--path", "openapi.json", "--config", "generator.yml"]
    ended = subprocess.run(
        [*command, "--output-path", GENERATED], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        package = importlib.import_module(GENERATED)
        for file in sorted(Path(folder, GENERATED, "api").glob("*/*.py")):
            importlib.import_module(f"{GENERATED}.api.{file.parent.name}.{file.stem}")
        importlib.import_module(f"{GENERATED}.models")
        yield package


WAYS: list[Callable[[str, str], list[Place]]] = [
    by_http,
    by_generated_client,
    by_our_client,
    by_our_asynchronous_client,
    by_chat_completion,
    by_response,
    by_mcp,
    by_llama_index,
    by_langchain,
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_question_has_the_same_citations(address: str, local: LocalClient, question: str) -> None:
    citations = [place(asdict(cited)) for cited in local.ask(question).citations]
    assert {way.__name__: way(address, question) for way in WAYS} == {way.__name__: citations for way in WAYS}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_vector_store_has_the_passages_of_a_search(address: str, local: LocalClient, question: str) -> None:
    with openai_client(address) as client:
        found = client.vector_stores.search("footnoted", query=question, max_num_results=50).data
    passages = local.search(question, 50).results
    assert [(each.filename, each.content[0].text, each.score) for each in found] == [
        (each.path, each.text, each.score) for each in passages
    ]
    for cited in local.ask(question).citations:
        assert any(
            each.document_id == cited.document_id and each.start <= cited.start and cited.end <= each.end
            for each in passages
        )


@pytest.mark.slow
def test_the_generated_client_sends_a_token_and_knows_each_refusal(
    generated: ModuleType, seed_index: Library, seed_engine: QueryEngine, tmp_path: Path
) -> None:
    options = {"httpx_args": {"trust_env": False}, "timeout": httpx.Timeout(60)}
    with closing(Accounts.open(tmp_path)) as accounts:
        _, secret = accounts.tokens.add("generated", [Scope.ASK])
        app = create_app(seed_index, seed_engine, sign_in=SignIn(accounts))
        with serving_app(app) as address:
            client = generated.AuthenticatedClient(address, secret, **options)
            body = generated.models.ChatRequest(question="Why did gate 3 of the Maravel Dam fail?")
            assert generated.api.questions.post_chat.sync(client=client, body=body).citations
            refused = generated.api.library.get_documents.sync_detailed(client=client)
            assert refused.status_code == 403
            assert refused.parsed.detail.startswith("This needs the scope 'read'")
            unknown = generated.AuthenticatedClient(address, "fn_forged", **options)
            words = generated.models.SearchRequest(query="dam")
            refused = generated.api.questions.post_search.sync_detailed(client=unknown, body=words)
            assert refused.status_code == 401
            assert json.loads(refused.content) == refused.parsed.to_dict()
            assert "token is wrong" in refused.parsed.detail
