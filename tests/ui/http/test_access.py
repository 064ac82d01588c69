"""Each route of the server asks for what the table says, of every kind of sender."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from index.embedding.encoder import Encoder
from index.library import Library
from rag.engine import QueryEngine
from tests.support.asgi import Server
from tests.support.examples import up_to
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import ROLE_SCOPES, Accounts, Role, Scope, SignIn
from ui.app import create_app
from ui.http.access import TABLE, Requirement, check_table, requirement_of, routes_of, session_cookie
from ui.page.head import ASSETS_ROUTE
from ui.settings import Settings

PAGE = {"Accept": "text/html"}

VALUES = {"version": ASSETS_ROUTE.rpartition("/")[2], "answer_id": "0" * 32, "conversation_id": "0" * 32}
"""The parameters of paths, where 1 does not do."""


@pytest.fixture(scope="module")
def sign_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignIn]:
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(Accounts.open(tmp_path_factory.mktemp("home"))) as opened,
    ):
        make_hashes_quick(patch)
        yield SignIn(opened)


@pytest.fixture(scope="module")
def app(encoder: Encoder, sign_in: SignIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A server of an empty library, in which allowed requests find nothing to change."""
    with Library.open(tmp_path_factory.mktemp("home"), encoder) as index:
        yield create_app(index, QueryEngine(index), sign_in=sign_in)


@pytest.fixture(scope="module")
def server(app: FastAPI) -> Iterator[Server]:
    with Server(app) as server:
        yield server


Senders = dict[str, tuple[dict[str, str], frozenset[Scope]]]
"""The headers and the scopes of each kind of sender who is known."""


@pytest.fixture(scope="module")
def senders(sign_in: SignIn) -> Senders:
    found: Senders = {}
    for scope in Scope:
        _, secret = sign_in.accounts.tokens.add(f"of-{scope}", [scope])
        found[f"a token to {scope}"] = {"Authorization": f"Bearer {secret}"}, frozenset({scope})
    for role in Role:
        user = sign_in.accounts.users.add(role, PASSWORD, role)
        cookie = f"{session_cookie(sign_in)}={sign_in.accounts.sessions.start(user.user_id)}"
        found[f"a session of a {role}"] = {"Cookie": cookie}, ROLE_SCOPES[role]
    machine = {"Authorization": f"Bearer {sign_in.machine_token}"}
    found["a command on the machine"] = machine, frozenset(Scope)
    return found


NEED_READ_TOO = {"PUT /v1/model", "DELETE /v1/model", "POST /v1/model/reload", "POST /v1/model/test"}
"""The routes for which the table's scope is not enough: questions go to the model that they choose."""


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda match: VALUES.get(match[1], "1"), path)


def requests(app: FastAPI) -> list[tuple[str, str]]:
    """The method and path of a request to each route."""
    parts = (route.split(" ", 1) for route in routes_of(app.routes))
    return [(method, filled(path)) for method, path in parts]


def test_the_table_has_every_route_and_no_other(app: FastAPI) -> None:
    routes = set(routes_of(app.routes))
    assert len(routes) > 60
    check_table(app.routes)
    # Files are served by one route, and `*` stands for methods that a route refuses.
    one_by_one = {route for route in TABLE if "/styles/" in route or route.startswith("* ")}
    assert set(TABLE) - one_by_one - routes == set()


def test_a_route_that_is_missing_keeps_the_server_from_starting(app: FastAPI) -> None:
    extra = Route("/v1/secrets", lambda _request: None, methods=["GET"])
    with pytest.raises(LookupError, match=r"does not say what '(GET|HEAD) /v1/secrets' needs"):
        check_table([*app.routes, extra])
    with pytest.raises(LookupError, match=r"'PUT /v1/documents'"):
        check_table([Route("/v1/documents", lambda _request: None, methods=["PUT"])])


def test_nobody_unknown_gets_past(app: FastAPI, server: Server) -> None:
    """A program is refused, and a browser is led to the sign-in page."""
    wrong: dict[str, Any] = {}
    for method, path in requests(app):
        is_open = requirement_of(method, path) is Requirement.NOTHING
        found = server.begin(method, path)
        if is_open == (found.status == 401):
            wrong[f"{method} {path}"] = found.status
        if not is_open and found.headers.get("www-authenticate") != 'Bearer realm="Footnoted"':
            wrong[f"{method} {path}"] = found.headers
        forged = server.begin(method, path, {"Authorization": "Bearer fn_forged"})
        if not is_open and forged.status not in {401, 429}:
            wrong[f"{method} {path} with a forged token"] = forged.status
        if not is_open and method == "GET" and server.begin(method, path, PAGE).status != 303:
            wrong[f"{method} {path} by a browser"] = 200
    assert wrong == {}


TOKENS, SESSIONS = [f"a token to {scope}" for scope in Scope], [f"a session of a {role}" for role in Role]


@pytest.mark.slow_cases
@pytest.mark.parametrize("sender", [*TOKENS, *SESSIONS, "a command on the machine"])
def test_a_sender_gets_what_the_scopes_allow(
    app: FastAPI, server: Server, senders: Senders, sender: str
) -> None:
    headers, scopes = senders[sender]
    wrong = {}
    for method, path in requests(app):
        requirement = requirement_of(method, path)
        if f"{method} {path}" in NEED_READ_TOO and requirement in scopes:
            requirement = Scope.READ
        allowed = isinstance(requirement, Requirement) or requirement in scopes
        found = server.begin(method, path, headers)
        # Without their token, forms are refused with 403 as well.
        if allowed == (found.status in {401, 403, 429}) and path not in {"/sign-in", "/sign-out"}:
            wrong[f"{method} {path}"] = found.status
        challenge = found.headers.get("www-authenticate", "")
        if not allowed and f'error="insufficient_scope", scope="{requirement.value}"' not in challenge:
            wrong[f"{method} {path}"] = found.status
    assert wrong == {}


def test_a_member_is_told_who_chooses_the_model(app: FastAPI, senders: Senders) -> None:
    client = TestClient(app, base_url="http://127.0.0.1")
    headers = {role: senders[f"a session of a {role}"][0] for role in Role}
    shown = {role: client.get("/v1/model", headers=sent).json() for role, sent in headers.items()}
    assert [shown[role]["chooser"] for role in Role] == ["administrator"] * 2
    assert shown[Role.MEMBER]["why_not"] == "Only an administrator may choose the language model."
    # This server has no settings, so that even an administrator cannot choose.
    assert shown[Role.ADMINISTRATOR]["why_not"] == "This server has no folder to store a choice."


def test_what_each_kind_of_sender_may_do() -> None:
    """The table in words: a change of it is a change of this test."""
    needs: dict[Requirement | Scope, tuple[str, ...]] = {
        Requirement.NOTHING: ("GET /healthz", "HEAD /healthz"),
        Requirement.IDENTITY: ("PUT /v1/search", "GET /nothing"),
        Scope.READ: (
            *("GET /", "GET /openapi.json", "GET /v1/documents", "GET /v1/documents/1/pages/1.png"),
            *("GET /v1/conversations/1.docx", "GET /v1/index/encoder"),
        ),
        Scope.ASK: (
            *("POST /v1/chat", "POST /v1/chat/completions", "POST /v1/responses", "POST /v1/search"),
            *("POST /v1/vector_stores/rivers/north/search", "GET /v1/models", "POST /gradio_api/queue/join"),
        ),
        Scope.WRITE: (
            *("POST /v1/documents", "DELETE /v1/documents/1", "DELETE /v1/answers/1", "POST /v1/index/sync"),
        ),
        Scope.ADMIN: (
            *("POST /v1/index/encoder", "PUT /v1/model", "GET /administration", "PATCH /v1/users/ada"),
            *("POST /v1/tokens", "GET /v1/storage"),
        ),
    }
    for requirement, routes in needs.items():
        assert {route: requirement_of(*route.split(" ")) for route in routes} == dict.fromkeys(
            routes, requirement
        )


PATHS = st.one_of(
    st.text(max_size=40).map("/{}".format),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "/", "//", "/.", "/healthz", "/sign-in", "/footnoted/x/styles/a.css", "/v1"]),
        st.sampled_from([filled(route.split(" ")[1]) for route in TABLE]),
        st.sampled_from(["", "/", "//", "/..", "/../healthz", ";a", "\n", "\x00", "%2f", "?", "#", ".css"]),
    ),
)


@settings(max_examples=up_to(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATHS, st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get", "QUERY"]))
def test_no_other_spelling_of_a_path_gets_past(server: Server, path: str, method: str) -> None:
    """Whatever the router makes of a path, a sender who is unknown sees only what is open."""
    free = [route.split(" ")[1] for route, needed in TABLE.items() if needed is Requirement.NOTHING]
    opened = set(map(filled, free))
    # The router's patterns also match a path with a line break at its end.
    plain = path.partition("?")[0].removesuffix("\n")
    found = server.begin(method, path)
    assert (
        found.status == 401
        or plain in opened
        or (found.status in {404, 405} and requirement_of(method, plain) is Requirement.NOTHING)
    )


# Proxies in front of a server to which nobody signs in


@pytest.fixture(scope="module", params=[False, True], ids=["secure", "insecure"])
def unguarded(
    request: pytest.FixtureRequest, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, bool]]:
    """A server to which nobody signs in, and whether forwarded requests may pass."""
    home = tmp_path_factory.mktemp("home")
    given = Settings(home=home, insecure=request.param)
    with Library.open(home, encoder) as index, Server(create_app(index, QueryEngine(index), given)) as server:
        yield server, request.param


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"])
def test_no_forwarded_request_gets_past(app: FastAPI, unguarded: tuple[Server, bool], name: str) -> None:
    server, insecure = unguarded
    # Every route for one header, and one of each kind for the others.
    asked = requests(app) if name == "X-Forwarded-For" else [("GET", "/"), ("GET", "/gradio_api/queue/data")]
    wrong = {}
    for method, path in [*asked, ("GET", "/healthz"), ("POST", "/mcp"), ("GET", "/v1/nothing")]:
        is_open = insecure or requirement_of(method, path) is Requirement.NOTHING
        if insecure and path.startswith("/v1/model"):
            continue  # Only this machine chooses the language model.
        if (server.begin(method, path, {name: "192.0.2.9"}).status == 403) == is_open:
            wrong[f"{method} {path}"] = is_open
    assert wrong == {}


def test_direct_requests_pass_where_nobody_signs_in(unguarded: tuple[Server, bool], server: Server) -> None:
    guarded, (open_to_all, _) = server, unguarded
    assert open_to_all.begin("GET", "/v1/documents").status == 200
    # No route is a WebSocket.
    for each in (open_to_all, guarded):
        assert each.begin("GET", "/gradio_api/queue/join", kind="websocket").status == 0
