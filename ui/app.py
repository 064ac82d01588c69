"""The composition root of the server: the HTTP interface, its documentation, and the chat at ``/``."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy.exc
from anyio import to_thread
from fastapi import FastAPI, HTTPException, Request
from fastapi.routing import iter_route_contexts
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, compile_path
from starlette.staticfiles import StaticFiles

from index.errors import CatalogError, LibraryLockedError
from index.library import Library
from index.loaders import DEFAULTS, Isolated
from index.uploads import Deletions
from index.workers import Background, Writer, every, maintenance
from rag.engine import QueryEngine
from ui.http import problems
from ui.http.answers import kept_router
from ui.http.conversations import conversations_router
from ui.http.jobs import jobs_router
from ui.http.library.citing import citing_router
from ui.http.library.documents import documents_router
from ui.http.library.editing import editing_router
from ui.http.library.failures import failures_router
from ui.http.library.pictures import sweep_pictures
from ui.http.library.undoing import undoing_router
from ui.http.library.versions import inspecting_router
from ui.http.middleware import BodyLimit, Compressed, Lasting, PageHeaders
from ui.http.perimeter import Perimeter
from ui.http.questions import api_router
from ui.http.suggestions import suggestions_router
from ui.page.gradio_routes import EventCheck, remove_other_routes
from ui.page.head import ASSETS, ASSETS_ROUTE, HEAD
from ui.settings import Settings, home_id

DESCRIPTION = "Answers over a library of reports, every sentence footnoted to the exact words it rests on."
OWN_ROUTES = ("/v1", "/v1/{rest:path}", "/healthz", "/readyz")
_MAINTENANCE_SECONDS = 2.0
"""Between two looks at the library's generation, which other processes raise, too."""

_DELETION_SECONDS = 5.0

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]


def create_app(
    index: Library,
    engine: QueryEngine,
    settings: Settings | None = None,
    examples: Sequence[str] = (),
    *,
    watch: bool = False,
) -> FastAPI:
    """The whole server over one open library.

    Args:
        index: the library.
        engine: answers questions over it.
        settings: where given, ``/healthz`` says which home this is the server of.
        examples: questions that the page offers to begin with.
        watch: whether followed folders are synced whenever something in them changes.
    """
    options = settings.loading() if settings else DEFAULTS
    # Pages are drawn beside what is read: an upload may take minutes.
    reader, drawer = Isolated(), Isolated()
    scratch = TemporaryDirectory(prefix="footnoted-")
    writer, deletions = Writer(index, options), Deletions(index)
    workers = [
        Background("maintenance", every(_MAINTENANCE_SECONDS, maintenance.maintain(index))),
        Background("deletions", every(_DELETION_SECONDS, deletions.finish)),
    ]
    watching = [Background("watch", maintenance.watch(index, writer))] if watch else []
    app = FastAPIOffline(
        lifespan=_life(index, scratch, reader, drawer, deletions, *workers, writer, *watching),
        title="Footnoted",
        description=DESCRIPTION,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url="/docs/oauth2-redirect",
    )
    problems.install(app)
    api = api_router(index, engine)
    library = documents_router(index, reader, drawer, options, writer)
    work = jobs_router(writer)
    kept = [make(index.catalog) for make in (kept_router, conversations_router, citing_router)]
    editing, undoing = editing_router(index), undoing_router(index, deletions)
    failing = failures_router(index)
    inspecting, suggesting = inspecting_router(index), suggestions_router(engine)
    routers = (api, library, editing, undoing, inspecting, failing, work, *kept, suggesting)
    for router in routers:
        app.include_router(router)
    _add_health(app, index, settings)
    _refuse_other_routes(app)
    app.mount(ASSETS_ROUTE, StaticFiles(directory=ASSETS), name="assets")
    app.add_middleware(BodyLimit, upload_bytes=options.limits.megabytes * 1024 * 1024)
    app.add_middleware(
        Lasting, routes=(f"{ASSETS_ROUTE}/", "/assets/")
    )  # Gradio's are named by their contents.
    origins = settings.allowed_origins if settings else ()
    hosts = (*settings.allowed_hosts, settings.host) if settings else ()
    # Gradio, whose own policy answers to any origin, leaves the policy to this one.
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"])
    app.add_middleware(Perimeter, hosts=hosts, origins=origins)
    app.add_middleware(PageHeaders, desk=HEAD)
    app.add_middleware(Compressed)
    _mount_chat(app, engine, examples, Path(scratch.name))
    return app


def _life(
    index: Library, *parts: AbstractContextManager[object]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The lifespan of a server: it enters ``parts`` in turn and leaves them in reverse."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as living:
            sweep_pictures(index)
            for part in parts:
                living.enter_context(part)
            yield

    return lifespan


def _add_health(app: FastAPI, index: Library, settings: Settings | None) -> None:
    @app.get("/healthz", tags=["server"])
    async def healthz() -> dict[str, str]:
        """The process is up. `home` tells a command whether this is the server of its home."""
        return {"status": "ok"} | ({"home": home_id(settings.home)} if settings else {})

    @app.get("/readyz", tags=["server"], responses=problems.documented(503))
    async def readyz() -> dict[str, Any]:
        """The library is open and the encoder answers; 503 says why not."""
        try:
            return {"status": "ready", "generation": await to_thread.run_sync(_read_and_encode, index)}
        except (CatalogError, LibraryLockedError, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            raise HTTPException(503, f"The library cannot be read: {type(error).__name__}.") from error


def _read_and_encode(index: Library) -> int:
    index.encoder.encode_query("ready")
    return index.generation


def _refuse_other_routes(app: FastAPI) -> None:
    """Answer 405 and 404 on this interface's own paths, which the chat mounted at ``/`` would take."""
    known = [
        (compile_path(route.path)[0], route.methods)
        for route in iter_route_contexts(app.routes)
        if route.path and route.methods
    ]

    @app.api_route(OWN_ROUTES[0], methods=METHODS, include_in_schema=False)
    async def refuse(request: Request) -> None:
        path = request.scope["path"]
        allowed = {method for pattern, methods in known if pattern.match(path) for method in methods}
        if allowed:
            methods = ", ".join(sorted(allowed))
            raise HTTPException(
                405, f"{request.method} is not possible here; use {methods}", {"Allow": methods}
            )
        raise HTTPException(404, f"no such route: {request.url.path}; /docs lists them")

    for path in OWN_ROUTES[1:]:
        app.add_api_route(path, refuse, methods=METHODS, include_in_schema=False)


def _mount_chat(app: FastAPI, engine: QueryEngine, examples: Sequence[str], scratch: Path) -> None:
    """Show the chat at ``/``, with the routes of Gradio that it needs; Gradio's files go to ``scratch``."""
    os.environ["GRADIO_TEMP_DIR"] = str(scratch)
    # Gradio asks hosts on the network for news and hardware unless told not to before it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gradio as gr

    from ui.page.chat import build_chat, labels
    from ui.page.theme import footnoted_theme

    page = build_chat(engine, examples)
    # Gradio copies any file that a value names unless an app was launched, which a mounted one never is.
    page.has_launched = True
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        i18n=labels(),
        run_history=False,
        show_error=False,
        ssr_mode=False,
        theme=footnoted_theme(),
    )
    mount = app.routes[-1]
    if not isinstance(mount, Mount) or not isinstance(mount.app, FastAPI):
        raise TypeError(f"Gradio mounted {mount!r}, not an app; install a supported version of Gradio")
    remove_other_routes(mount.app)
    mount.app = EventCheck(mount.app, frozenset(page.fns))
