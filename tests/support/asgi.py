"""Send one request to an app, and stop reading when the response begins: some responses never end."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Self

import anyio
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.types import ASGIApp

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Begun:
    """The beginning of a response; a closed WebSocket has the status 0."""

    status: int
    headers: Headers


class Server:
    """An app in an event loop of its own; ``client`` is for requests whose responses end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.client = TestClient(app)

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.client.__exit__(*error)

    def begin(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, kind: str = "http"
    ) -> Begun:
        portal = self.client.portal
        assert portal is not None
        begun: Begun = portal.call(_begin, self.app, _scope(method, path, headers or {}, kind))
        return begun


def _scope(method: str, path: str, headers: Mapping[str, str], kind: str) -> dict[str, Any]:
    path, _, query = path.partition("?")
    sent = {"host": "localhost", **headers}
    return {
        "type": kind,
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": query.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("192.0.2.1", 50_000),
        "server": ("localhost", 80),
    }


async def _begin(app: ASGIApp, scope: dict[str, Any]) -> Begun:
    begun: list[MutableMapping[str, Any]] = []
    is_sent = anyio.Event()
    with anyio.fail_after(_SECONDS), anyio.CancelScope() as left:

        async def receive() -> dict[str, Any]:
            if is_sent.is_set():
                await anyio.sleep_forever()
            is_sent.set()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            begun.append(message)
            left.cancel()
            await anyio.sleep(0)

        await app(scope, receive, send)
    return Begun(begun[0].get("status", 0), Headers(raw=begun[0].get("headers", [])))
