"""The tools over streamable HTTP, on the port of the server.

A tool calls the server's own routes as the agent, with its token and address, so that the same checks apply.
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

import anyio
import httpx
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.client import AsyncClient, LocalClient
from ui.client.client import Retries

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

PATH = "/mcp"


class MCPEndpoint:
    """Keeps no session between requests, and imports the protocol's packages at the first one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        # Read the body here, so that the refusal of a body that is too long reaches the agent.
        body = await Request(scope, receive).body()
        messages: list[Message] = [{"type": "http.request", "body": body}]

        async def received() -> Message:
            return messages.pop() if messages else await receive()

        # The middleware has already checked the origin of the request, so the manager does not.
        manager = StreamableHTTPSessionManager(
            self._server._lowlevel_server, json_response=True, stateless=True
        )
        async with manager.run():
            await manager.handle_request(scope, received, send)

    @cached_property
    def _server(self) -> MCPServer[Any]:
        from ui.mcp.agent_tools import tools_server

        return tools_server(self._source)

    def _source(self, request: Request) -> AsyncClient:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        sent = token.strip() if kind.lower() == "bearer" else None
        client = request.client or ("", 0)
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=client)
        return AsyncClient("http://127.0.0.1", sent, retries=Retries(most=0), transport=transport)


def serve_stdio(client: LocalClient | None, address: str = "", token: str | None = None) -> None:
    """Answer the requests on standard input, with ``client`` or else from the server at ``address``."""
    from ui.mcp.agent_tools import LocalSource, tools_server

    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    local = LocalSource(client) if client is not None else None
    server = tools_server(lambda _request: local or AsyncClient(address, token))
    anyio.run(server.run_stdio_async)
