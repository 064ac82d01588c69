"""The tools over standard input and output, for an agent that starts the command itself."""

from __future__ import annotations

import logging

import anyio

from ui.client import AsyncClient, LocalClient
from ui.mcp.agent_tools import tools_server
from ui.mcp.sources import LocalSource


def serve_stdio(client: LocalClient | None, address: str = "", token: str | None = None) -> None:
    """Answer the requests on standard input until the input ends.

    Args:
        client: a client of a library in this process; None to ask a server.
        address: the URL of the server.
        token: the token for the server; None if the server needs no sign-in.
    """
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    local = LocalSource(client) if client is not None else None
    server = tools_server(lambda _request: local or AsyncClient(address, token))
    anyio.run(server.run_stdio_async)
