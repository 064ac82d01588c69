"""An upload that is sent again with its key gets the response of the first, and is not added again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from fastapi import HTTPException
from starlette.responses import Response
from starlette.testclient import TestClient

from index.library import Library
from tests.support.clocks import Clock, set_time
from ui.accounts import LOCAL, Identity, Scope
from ui.http import client_state
from ui.http.client_state import Idempotency

if TYPE_CHECKING:
    from httpx2 import Response as Received

pytestmark = pytest.mark.usefixtures("handed_on")

GATE = "The council of Varda closed the third gate of the dam on Monday."


def upload(
    client: TestClient, key: str | None, text: str = GATE, name: str = "g.txt", **said: str
) -> Received:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/v1/documents", files={"file": (name, text.encode())}, data=said, headers=headers)


def test_the_same_upload_gets_the_same_response(client: TestClient, index: Library) -> None:
    first = upload(client, "k-1", author="R. Velland")
    generation = index.generation
    assert client.patch("/v1/documents/1", json={"author": "Someone else"}).status_code == 200
    again = upload(client, "k-1", author="R. Velland")
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert (again.headers["idempotent-replayed"], "idempotent-replayed" in first.headers) == ("true", False)
    assert index.generation == generation + 1
    # Without the key, the same file takes the edit back.
    assert upload(client, None, author="R. Velland").json()["author"] == "R. Velland"
    assert index.generation == generation + 2


def test_the_same_job_is_named_again(client: TestClient) -> None:
    first, again = (upload(client, "k", background="true") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]


@pytest.mark.parametrize(
    "changed",
    [{"text": GATE + " "}, {"name": "h.txt"}, {"title": "Gates"}, {"password": "x"}, {"background": "true"}],
    ids=lambda changed: str(*changed),
)
def test_another_body_with_the_key_is_refused(client: TestClient, changed: dict[str, str]) -> None:
    assert upload(client, "k").status_code == 201
    refused = upload(client, "k", **changed)
    assert refused.status_code == 422
    assert "came with another body before" in refused.json()["detail"]
    assert upload(client, "k-2", **changed).status_code in {201, 202}


def test_a_failed_upload_leaves_its_key_free(client: TestClient) -> None:
    assert upload(client, "k", text="").status_code == 422
    assert upload(client, "k").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\tb"])
def test_a_key_that_cannot_be_used_is_refused(client: TestClient, key: str) -> None:
    refused = client.post(
        "/v1/documents",
        files={"file": ("g.txt", GATE.encode())},
        headers=[(b"Idempotency-Key", key.encode("latin-1"))],
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].lower() == "idempotency-key"


def test_a_key_in_use_waits_and_each_sender_has_its_own() -> None:
    async def both() -> None:
        keys, going_on = Idempotency(), asyncio.Event()

        async def work() -> Response:
            await going_on.wait()
            return Response(b"made", 201)

        first = asyncio.create_task(keys.run(LOCAL, "k", "a", work))
        await asyncio.sleep(0)
        with pytest.raises(HTTPException) as caught:
            await keys.run(LOCAL, "k", "a", work)
        assert caught.value.status_code == 409
        going_on.set()
        other = Identity("token", frozenset({Scope.WRITE}), 7, "ada", "desk")
        assert (await keys.run(other, "k", "b", work)).body == (await first).body == b"made"

    asyncio.run(both())


def test_old_responses_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    set_time(monkeypatch, client_state, clock)

    async def made() -> Response:
        return Response(b"made")

    async def is_replayed(keys: Idempotency, key: str) -> bool:
        return "idempotent-replayed" in (await keys.run(LOCAL, key, "body", made)).headers

    async def some() -> None:
        keys = Idempotency()
        assert [await is_replayed(keys, key) for key in ("a", "a")] == [False, True]
        clock.now += client_state.KEPT_SECONDS + 1
        assert [await is_replayed(keys, key) for key in ("a", "a")] == [False, True]
        for number in range(client_state.MOST_KEPT):
            await is_replayed(keys, str(number))
        assert [await is_replayed(keys, key) for key in ("499", "a")] == [True, False]

    asyncio.run(some())
