"""Finds a home folder's running server, and sends it requests, so that a command need not load the models.

A killed server may leave ``server.json`` behind, and another program may then use the port. A server
therefore counts as running only if its ``/healthz`` answers with this home's id.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.private import write_file
from index.records import Filters
from ui.errors import ServerGoneError, ServerRefusedError, UsedWronglyError
from ui.opening import open_library
from ui.words import request_fields

if TYPE_CHECKING:
    import httpx

    from ui.settings import Settings

SERVER_FILE = "server.json"
HEALTH_SECONDS = 1.0
ANSWER_SECONDS = 120.0

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (compared with, not listened on)


@dataclass(frozen=True, slots=True)
class RunningServer:
    """The content of ``server.json``: ``started`` is in ISO 8601, ``token`` empty if sign-in is off."""

    pid: int
    host: str
    port: int
    started: str
    token: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        host = _EVERYWHERE.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def write_server_file(home: Path, server: RunningServer) -> None:
    write_file(home / SERVER_FILE, json.dumps(asdict(server)))


def remove_server_file(home: Path) -> None:
    (home / SERVER_FILE).unlink(missing_ok=True)


def running_server(home: Path) -> RunningServer | None:
    """Return the running server of ``home``; None if no server of this home answers."""
    server = _read_server_file(home)
    if server is None:
        return None
    import httpx

    from ui.settings import home_id

    try:
        with _http(server, HEALTH_SECONDS) as http:
            health = http.get("/healthz").raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return server if isinstance(health, dict) and health.get("home") == home_id(home) else None


def post(server: RunningServer, route: str, body: dict[str, Any] | None) -> dict[str, Any]:
    """Raises ServerGoneError, or ServerRefusedError for an error or without JSON in ``ANSWER_SECONDS``."""
    import httpx

    try:
        with _http(server, ANSWER_SECONDS) as http:
            response = http.post(route, json=body)
    except httpx.ReadTimeout as error:
        raise ServerRefusedError(
            f"the server at {server.address} did not answer within {ANSWER_SECONDS:g} seconds; "
            "try again, or restart it",
            status=504,
        ) from error
    except httpx.TransportError as error:
        raise ServerGoneError(f"the server at {server.address} is gone; start it again") from error
    try:
        content = response.json()
    except ValueError as error:
        raise ServerRefusedError(
            f"the server at {server.address} answered {response.status_code} and no JSON; restart it", 502
        ) from error
    if response.is_error:
        raise ServerRefusedError(str(content.get("detail", response.reason_phrase)), response.status_code)
    return dict(content)


def _http(server: RunningServer, seconds: float) -> httpx.Client:
    import httpx

    # Without trust_env=False, a proxy from the environment would receive requests to this machine.
    headers = {"Authorization": f"Bearer {server.token}"} if server.token else {}
    return httpx.Client(base_url=server.address, headers=headers, timeout=seconds, trust_env=False)


def _read_server_file(home: Path) -> RunningServer | None:
    try:
        fields = json.loads((home / SERVER_FILE).read_text(encoding="utf-8"))
        return RunningServer(
            int(fields["pid"]),
            str(fields["host"]),
            int(fields["port"]),
            str(fields["started"]),
            str(fields.get("token", "")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask(
    settings: Settings,
    question: str,
    filters: Filters,
    conversation_id: str | None = None,
    *,
    exact: bool = False,
) -> dict[str, Any]:
    """Return JSON. Raises QuestionError, or ServerRefusedError if a running server refuses the question."""

    def here() -> dict[str, Any]:
        from rag.conversations import continue_conversation
        from ui.opening import open_engine

        with open_library(settings) as index, open_engine(settings, index) as engine:
            follows = continue_conversation(index.catalog, conversation_id)
            return engine.ask(question, filters, follows, exact=exact).as_dict()

    body: dict[str, Any] = {"question": question, **request_fields(filters)}
    if exact:
        body["exact"] = True
    if conversation_id is not None:
        body["conversation_id"] = conversation_id
    return from_server(settings, "/v1/chat", body, here)


def search(settings: Settings, query: str, limit: int, filters: Filters) -> dict[str, Any]:
    def here() -> dict[str, Any]:
        from ui.search import search_response

        with open_library(settings) as index:
            return search_response(index, query, limit, filters)

    body = {"query": query, "limit": limit, **request_fields(filters)}
    return from_server(settings, "/v1/search", body, here)


def serve_agent(settings: Settings, address: str | None = None, token: str | None = None) -> None:
    """Without ``address``, the running server answers, or this process. Raises UsedWronglyError."""
    if find_spec("mcp") is None:
        raise UsedWronglyError("the package mcp is not installed; run pip install 'footnoted[mcp]'")
    from ui.client import LocalClient
    from ui.mcp import serve_stdio

    server = running_server(settings.home) if address is None else None
    if server is not None:
        address, token = server.address, server.token or None
    if address is not None:
        serve_stdio(None, address, token)
        return
    with LocalClient.open(settings.home) as client:
        serve_stdio(client)


def from_server(
    settings: Settings, route: str, body: dict[str, Any] | None, here: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Post to the running server; ask ``here`` if none runs, or if it stops before it answers."""
    server = running_server(settings.home)
    if server is None:
        return here()
    try:
        return post(server, route, body)
    except ServerGoneError:
        return here()
