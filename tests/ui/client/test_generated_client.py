"""A client that is generated from the server's description asks questions, and is refused as described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from types import ModuleType

import httpx
import pytest

from benchmarks.app_server import serving_app
from index.library import Library
from rag.engine import QueryEngine
from tests.support.generated_client import generated_client
from ui.accounts import Accounts, Scope, SignIn
from ui.app import create_app

pytestmark = pytest.mark.slow

pytest.importorskip("openapi_python_client", reason="pip install --no-deps openapi-python-client")

QUESTION = "Why did gate 3 of the Maravel Dam fail?"


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    with closing(Accounts.open(tmp_path_factory.mktemp("accounts"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def guarded(seed_index: Library, seed_engine: QueryEngine, accounts: Accounts) -> Iterator[str]:
    """The address of a server of the seed reports that wants a token."""
    with serving_app(create_app(seed_index, seed_engine, sign_in=SignIn(accounts))) as address:
        yield address


def token(accounts: Accounts, scope: Scope) -> str:
    return accounts.tokens.add(f"generated-{scope}", [scope])[1]


@pytest.fixture(scope="module")
def package(guarded: str, accounts: Accounts, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    headers = {"Authorization": f"Bearer {token(accounts, Scope.READ)}"}
    described = httpx.get(
        f"{guarded}/openapi.json", headers=headers, trust_env=False, timeout=60
    ).raise_for_status()
    return generated_client(described, tmp_path_factory.mktemp("generated"), "guarded_footnoted")


def test_it_asks_with_a_token(guarded: str, accounts: Accounts, package: ModuleType) -> None:
    secret = token(accounts, Scope.ASK)
    body = package.models.ChatRequest(question=QUESTION)
    options = {"httpx_args": {"trust_env": False}, "timeout": httpx.Timeout(60)}
    client = package.AuthenticatedClient(guarded, secret, raise_on_unexpected_status=True, **options)
    answer = package.api.questions.post_chat.sync(client=client, body=body)
    given = httpx.post(
        f"{guarded}/v1/chat",
        json={"question": QUESTION},
        headers={"Authorization": f"Bearer {secret}"},
        trust_env=False,
        timeout=60,
    ).json()
    assert given["citations"]
    assert [cited.to_dict() for cited in answer.citations] == given["citations"]

    refused = package.api.library.get_documents.sync_detailed(client=client)
    assert refused.status_code == 403
    assert refused.parsed.detail.startswith("This needs the scope 'read'")


def test_it_knows_the_refusal_of_a_wrong_token(guarded: str, package: ModuleType) -> None:
    client = package.AuthenticatedClient(guarded, "fn_forged", httpx_args={"trust_env": False})
    refused = package.api.questions.post_search.sync_detailed(
        client=client, body=package.models.SearchRequest(query="dam")
    )
    assert refused.status_code == 401
    assert json.loads(refused.content) == refused.parsed.to_dict()
    assert "token is wrong" in refused.parsed.detail
