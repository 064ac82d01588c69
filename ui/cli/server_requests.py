"""The commands ``ask``, ``search`` and ``mcp``.

They send requests to the running server of the library. If no server runs, they open the library in this
process.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from index.records import Filters
from ui.cli.server import post, running_server
from ui.errors import ServerGoneError, UsedWronglyError
from ui.opening import open_library
from ui.syntax import request_fields

if TYPE_CHECKING:
    from ui.settings import Settings


def ask(
    settings: Settings,
    question: str,
    filters: Filters,
    conversation_id: str | None = None,
    *,
    exact: bool = False,
) -> dict[str, Any]:
    """Answer ``question``, and return the answer as JSON.

    Args:
        settings: the settings, which name the library's folder.
        question: the question.
        filters: limit the search to some documents; empty to search all.
        conversation_id: the id of the conversation that the question continues; None for a new one.
        exact: whether to search for the question as it is written, without correcting its spelling.

    Raises:
        QuestionError: if the question is empty or too long, and no server runs.
        ServerRefusedError: if the running server refuses the question.
    """

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
    return _from_server(settings, "/v1/chat", body, here)


def search(settings: Settings, query: str, limit: int, filters: Filters) -> dict[str, Any]:
    """Find the passages that match ``query`` best, and return them as the JSON of ``POST /v1/search``."""

    def here() -> dict[str, Any]:
        from ui.search import search_response

        with open_library(settings) as index:
            return search_response(index, query, limit, filters)

    body = {"query": query, "limit": limit, **request_fields(filters)}
    return _from_server(settings, "/v1/search", body, here)


def serve_agent(settings: Settings, address: str | None = None, token: str | None = None) -> None:
    """Serve an agent over standard input and output (Model Context Protocol) until the agent ends.

    Args:
        settings: the settings, which name the library's folder.
        address: the URL of a server that answers the agent's requests. If None, the running server of the
            library answers them; if no server runs, this process does.
        token: the token for the server at ``address``.

    Raises:
        UsedWronglyError: if the package ``mcp`` is not installed.
    """
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


def _from_server(
    settings: Settings, route: str, body: dict[str, Any], here: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    server = running_server(settings.home)
    if server is None:
        return here()
    try:
        return post(server, route, body)
    except ServerGoneError:
        return here()
