"""The streams of a sender end within seconds after the sender's session or token has ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from tests.support.people import PASSWORD
from tests.support.processes import serving
from tests.support.reports import write
from ui.accounts import Accounts, Role, Scope, SignIn
from ui.accounts.schema import sessions, tokens
from ui.http.access import session_cookie

pytestmark = pytest.mark.slow_cases

SECONDS = 8.0
"""The time within which a stream ends, on a busy machine."""

PATIENCE = 60.0
DAY_SECONDS = 86_400
QUESTION = "How many suspects were arrested?"
ASKED: Mapping[str, dict[str, Any]] = {
    "/v1/chat": {"question": QUESTION, "stream": True},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}], "stream": True},
    "/v1/responses": {"input": QUESTION, "stream": True},
}
EVENT = {"data": [QUESTION, "", None, ""], "fn_index": 0, "session_hash": "page", "trigger_id": 4}
OPENED = ("/gradio_api/heartbeat/page", "/gradio_api/queue/data?session_hash=page")


@dataclass(frozen=True)
class Guarded:
    """A server whose answers have no end, on which people sign in; another process sees the same accounts."""

    address: str
    accounts: Accounts

    def session(self, user_id: int) -> dict[str, str]:

        return {"Cookie": f"{session_cookie(SignIn(self.accounts))}={self.accounts.sessions.start(user_id)}"}

    def token(self, name: str, owner: str, *scopes: Scope) -> dict[str, str]:
        """The headers of a program with a new token."""
        with self.accounts.engine.begin() as connection:
            connection.execute(sa.delete(tokens).where(tokens.c.name == name))
        _, secret = self.accounts.tokens.add(name, scopes or (Scope.READ, Scope.ASK), owner=owner)
        return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def guarded(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    place = tmp_path_factory.mktemp("guarded")
    write(place / "reports" / "raids.txt", "Police in Harlamoor arrested 41 suspects over two days.")
    with Library.open(place / "home", encoder) as index:
        sync(index, [place / "reports"])
    command = (sys.executable, "-m", "tests.support.stuck_server", "-")
    with closing(Accounts.open(place / "home")) as accounts:
        accounts.users.add("ada", PASSWORD, Role.ADMINISTRATOR)
        with serving(place / "home", command=command, FOOTNOTED_SIGN_IN="on") as served:
            yield Guarded(served.address, accounts)


def sign_out(guarded: Guarded, sender: Mapping[str, str]) -> None:
    with httpx.Client(base_url=guarded.address, headers=sender, trust_env=False) as browser:
        token = browser.get("/v1/identity").json()["form_token"]
        assert browser.post("/sign-out", data={"token": token}).status_code == 303


def administrator(guarded: Guarded) -> httpx.Client:
    headers = guarded.token("administers", "ada", *Scope)
    return httpx.Client(base_url=guarded.address, headers=headers, trust_env=False)


def disable(guarded: Guarded, _sender: Mapping[str, str]) -> None:
    with administrator(guarded) as admin:
        assert admin.patch("/v1/users/bea", json={"disabled": True}).status_code == 200


def expire(guarded: Guarded, _sender: Mapping[str, str]) -> None:
    """Nobody has used the session for a day, or the token ended a while ago."""
    with guarded.accounts.engine.begin() as connection:
        connection.execute(sa.update(sessions).values(seen=sessions.c.seen - DAY_SECONDS))
        connection.execute(sa.update(tokens).where(tokens.c.name == "of-bea").values(expires=1.0))


def revoke(guarded: Guarded, _sender: Mapping[str, str]) -> None:
    with administrator(guarded) as admin:
        assert admin.delete("/v1/tokens/of-bea").status_code == 204


def demote(guarded: Guarded, _sender: Mapping[str, str]) -> None:
    """The token may no longer ask or read, since it has lost its scopes."""
    with guarded.accounts.engine.begin() as connection:
        connection.execute(sa.update(tokens).where(tokens.c.name == "of-bea").values(scopes="metrics"))


@contextmanager
def streams(guarded: Guarded, sender: Mapping[str, str]) -> Iterator[list[Iterator[bytes]]]:
    """All streams that a sender can open, each after its first bytes."""
    with ExitStack() as opened:
        client = httpx.Client(base_url=guarded.address, headers=sender, trust_env=False, timeout=PATIENCE)
        http = opened.enter_context(client)
        assert http.post("/gradio_api/queue/join", json=EVENT).status_code == 200
        requests = [("POST", path, body) for path, body in ASKED.items()]
        begun: list[Iterator[bytes]] = []
        for method, path, body in [*requests, *(("GET", path, None) for path in OPENED)]:
            response = opened.enter_context(http.stream(method, path, json=body))
            assert (response.status_code, response.headers["content-type"][:17]) == (200, "text/event-stream")
            begun.append(response.iter_raw())
            assert next(begun[-1])
        yield begun


@pytest.mark.parametrize(
    ("is_token", "end"),
    [
        *((False, end) for end in (sign_out, disable, expire)),
        *((True, end) for end in (revoke, disable, expire, demote)),
    ],
)
def test_all_streams_of_a_sender_end_with_the_access(
    guarded: Guarded, end: Callable[[Guarded, Mapping[str, str]], None], *, is_token: bool
) -> None:
    user = guarded.accounts.users.add("bea", PASSWORD, Role.MEMBER)
    sender = guarded.token("of-bea", "bea") if is_token else guarded.session(user.user_id)
    other = guarded.token("of-ada", "ada")
    try:
        with streams(guarded, other) as others, streams(guarded, sender) as begun:
            end(guarded, sender)
            ended = time.monotonic()
            for stream in begun:
                assert all(time.monotonic() - ended < SECONDS for _ in stream)
            assert time.monotonic() - ended < SECONDS
            assert all(next(stream) for stream in others[:3])
    finally:
        guarded.accounts.users.remove("bea")
