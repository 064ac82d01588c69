"""Removes the Gradio routes that the page does not need, and validates the events that the page sends.

Gradio's routes read files and run any function. Only ``NEEDED`` stays, so that no new version adds a route.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.page.sessions import body_with_own_hash, with_own_hash

JOIN = "/gradio_api/queue/join"

# The paths, as Gradio declares them, of the routes that the page calls.
NEEDED = frozenset(
    {
        "/",
        "/assets/{path:path}",
        "/static/{path:path}",
        "/theme.css",
        "/favicon.ico",
        "/gradio_api/app_id",  # The page requests this route when its connection comes back.
        "/gradio_api/heartbeat/{session_hash}",
        JOIN,
        "/gradio_api/queue/data",
        "/gradio_api/cancel",
        "/gradio_api/reset",
    }
)


def remove_other_routes(gradio_app: Starlette | Router) -> None:
    kept: list[BaseRoute] = []
    for route in gradio_app.routes:
        included = getattr(route, "original_router", None)  # FastAPI keeps an included router as one route.
        if included is not None:
            remove_other_routes(included)
        if included is not None or getattr(route, "path", None) in NEEDED:
            kept.append(route)
    gradio_app.routes[:] = kept


_log = logging.getLogger(__name__)


class Event(BaseModel):
    """``data`` has texts, and None for the server's state, so that no value can name a file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    data: list[str | None]
    fn_index: int = Field(ge=0, lt=2**31)
    trigger_id: int | None = Field(default=None, ge=0, lt=2**31)
    session_hash: str = Field(pattern=r"^[0-9a-z]{1,64}$")
    event_data: str | None = None


class EventCheck:
    """Refuses an invalid event with 422: Gradio takes any JSON, and opens files that a value names."""

    def __init__(self, app: ASGIApp, functions: Mapping[int, int]) -> None:
        """``functions`` has the number of each function's inputs, by its index."""
        self._app = app
        self._functions = functions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put :func:`own_hash` in place of the page's id: it keeps the pages of users apart."""
        if scope["type"] != "http" or not scope["path"].startswith("/gradio_api/"):
            await self._app(scope, receive, send)
            return
        own = with_own_hash(scope)
        if scope["method"] != "POST":
            await self._app(own, receive, send)
            return
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        if scope["path"] == JOIN:
            self._check(body)
        body = body_with_own_hash(scope, body)
        headers = MutableHeaders(scope=own)
        headers["content-length"] = str(len(body))
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(own, replay, send)

    def _check(self, body: bytes) -> None:
        try:
            event = Event.model_validate_json(body)
        except ValidationError as error:
            found = error.errors()[0]
            _log.warning("refused an event of the page: %s: %s", found["loc"], found["msg"])
            detail = f"The event is not one of the page: {found['msg']}."
            raise HTTPException(422, detail) from error
        inputs = self._functions.get(event.fn_index)
        if inputs is None:
            raise HTTPException(422, f"The page has no function {event.fn_index}; load the page again.")
        if len(event.data) != inputs:
            # Gradio would print what came, or leave out the rest.
            raise HTTPException(
                422,
                f"The event is not one of the page: function {event.fn_index} takes {inputs} values, and "
                f"{len(event.data)} came.",
            )


@contextmanager
def quick_gradio_import() -> Iterator[None]:
    """Halve the time of ``import gradio``: skip its type stubs (its folder may be read-only) and ``mcp``."""
    finder = _WithoutStubs()
    sys.meta_path.insert(0, finder)
    hidden = "mcp" not in sys.modules
    if hidden:
        # Python raises ImportError for a module whose entry is None; Gradio then goes on without it.
        sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if hidden:
            del sys.modules["mcp"]


class _WithoutStubs(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "gradio.component_meta":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, "create_or_modify_pyi"):
            vars(module)["create_or_modify_pyi"] = lambda *_: None
