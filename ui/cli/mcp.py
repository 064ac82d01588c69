"""The command ``mcp``: the library as tools for an agent that starts this command."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import Home, read_secret, settings_of
from ui.cli.server import running_server
from ui.errors import UsedWronglyError


def mcp(
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="Ask this server, perhaps on another machine."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="Read the token for the server from the first line of this file.",
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Serve the library to an agent over standard input and output (Model Context Protocol)."""
    if find_spec("mcp") is None:
        raise UsedWronglyError("the package mcp is not installed; run pip install 'footnoted[mcp]'")
    if token_file is not None and (server is None or str(token_file) == "-"):
        raise UsedWronglyError("a --token-file is a file, and for a --server; give both")
    from ui.client import LocalClient
    from ui.mcp import serve_stdio

    if server is not None:
        token = read_secret(token_file, "--token-file").strip() if token_file else None
        serve_stdio(None, server, token)
        return
    settings = settings_of(home=home)
    running = running_server(settings.home)
    if running is not None:
        serve_stdio(None, running.address, running.token or None)
        return
    with LocalClient.open(settings.home) as client:
        serve_stdio(client)
