"""Ask the library of a home: its running server where there is one, else open it here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ui.client import ServerGoneError, post, running_server
from ui.opening import open_library
from ui.settings import Settings


def ask(settings: Settings, question: str) -> dict[str, Any]:
    """The answer to ``question``, in its JSON form.

    Raises:
        QuestionError: if it is empty or too long (from a server: ServerRefusedError).
    """

    def here() -> dict[str, Any]:
        from rag.answering import QueryEngine

        with open_library(settings) as index:
            return QueryEngine(index, settings.reader, weights=settings.weights).ask(question).as_dict()

    return _from_server(settings, "/v1/chat", {"question": question}, here)


def search(settings: Settings, query: str, limit: int) -> dict[str, Any]:
    """The ``limit`` passages nearest to ``query``, as ``POST /v1/search`` gives them."""

    def here() -> dict[str, Any]:
        from ui.api import search_response

        with open_library(settings) as index:
            return search_response(index, query, limit)

    return _from_server(settings, "/v1/search", {"query": query, "limit": limit}, here)


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
