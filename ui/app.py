"""Composes the server: the HTTP interface, its documentation, the chat at ``/`` and background workers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException, Request
from fastapi.routing import iter_route_contexts
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route, compile_path
from starlette.staticfiles import StaticFiles

from index import workers
from index.ingest import SyncReport
from index.library import Library
from index.loaders import DEFAULTS, MEGABYTE, Isolated
from index.machine import give_back
from index.records import Viewer
from index.uploads import Deletions
from index.workers import Background, JobRunner, every
from rag.answers import Answer
from rag.engine import QueryEngine
from rag.suggesting import StarterMaker
from ui.accounts import SignIn
from ui.http import problems
from ui.http.access import SignInCheck, check_table, identity_router
from ui.http.accounts import collections_router, tokens_router, users_router
from ui.http.answers import answers_router, conversations_router
from ui.http.documents import documents_router, versions_router
from ui.http.encoder import EncoderChange, encoder_router
from ui.http.from_url import FetchRules, from_url_router
from ui.http.middleware import (
    BodyLimit,
    CacheForever,
    CompressLibrary,
    ForwardedClients,
    LengthCheck,
    OriginCheck,
    PageHeaders,
)
from ui.http.model import model_router
from ui.http.observation import Observation, SenderLimits, Traces
from ui.http.openid import Provider
from ui.http.operations import audit_router, describe_refusals, health_router, metrics_router, storage_router
from ui.http.pictures import Pictures, sweep_pictures
from ui.http.questions import questions_router
from ui.http.router import operation_id
from ui.http.uploads import failures_router, jobs_router, uploads_router
from ui.mcp.server import PATH as MCP_PATH
from ui.mcp.server import MCPEndpoint
from ui.model_choice import ModelChoice
from ui.operations import AuditLog
from ui.operations.audit import retention
from ui.operations.metrics import Metrics, log_answer
from ui.operations.telemetry import open_tracing
from ui.page.administration import administration_router, refusal_page
from ui.page.gradio_routes import EventCheck, quick_gradio_import, remove_other_routes
from ui.page.head import ASSETS, ASSETS_ROUTE, HEAD
from ui.page.sign_in import sign_in_router
from ui.rate_limits import Quotas, open_counts
from ui.settings import OperationSettings, Settings, home_id

if TYPE_CHECKING:
    from ui.operations.tracing import Tracing

DESCRIPTION = "Answers over a library of reports, every sentence footnoted to the exact words it rests on."
OWN_ROUTES = ("/v1", "/v1/{rest:path}", "/healthz", "/readyz", "/metrics", MCP_PATH)
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]

# Between two looks at the library's generation: other processes, too, may commit changes.
_MAINTENANCE_SECONDS = 2.0
_MEMORY_SECONDS = 5.0

# Between two attempts to make a starter question: the pause leaves the processor to requests.
_STARTER_SECONDS = 0.5


def create_app(
    index: Library,
    engine: QueryEngine,
    settings: Settings | None = None,
    *,
    sign_in: SignIn | None = None,
    watch: bool = False,
) -> FastAPI:
    """Without ``sign_in``, everyone may send requests. Raises SettingsError or JudgeError."""
    operation = settings or OperationSettings()
    tracing = open_tracing(operation)
    options = settings.loading() if settings else DEFAULTS
    # Rendering has processes of its own, because reading an upload may take minutes: two, because a page may
    # take seconds, and others' pages then need not wait.
    reader, renderers = Isolated(), (Isolated(), Isolated())
    scratch = TemporaryDirectory(prefix="footnoted-")
    most_bytes = operation.limit_storage * MEGABYTE
    writer, deletions = JobRunner(index, options), Deletions(index, most_bytes)
    change = EncoderChange(writer, index, settings)
    choice = ModelChoice(engine, settings)
    choice.open_stored()
    # Everyone gets the same starter questions, so they must come from reports that everyone may see.
    open_to_all = engine if sign_in is None else engine.for_viewer(Viewer(""))
    starters = StarterMaker(open_to_all, lambda: engine.is_warming or bool(writer.jobs.unended()))
    audit, counts = AuditLog(index.home, operation.database), open_counts(index.home, operation.database)
    provider_choice = settings.provider() if settings and sign_in else None
    provider = Provider(provider_choice) if provider_choice else None
    url_hosts = frozenset(host.lower() for host in operation.url_hosts)
    url_rules = FetchRules(url_hosts, operation.url_http, operation.url_loopback, options.limits.megabytes)
    metrics = Metrics(engine)
    _observe(engine, writer, metrics, tracing, texts=operation.log_texts)
    threads = [
        Background("maintenance", every(_MAINTENANCE_SECONDS, workers.maintain(index))),
        Background("retention", every(60.0, retention(index, audit, operation))),
        Background("deletions", every(5.0, deletions.finish)),
        Background("starters", every(_STARTER_SECONDS, starters.step)),
        Background("memory", every(_MEMORY_SECONDS, give_back)),
    ]
    parts: list[AbstractContextManager[object]] = [closing(tracing)] if tracing else []
    parts += [closing(audit), closing(counts), scratch, reader, *renderers, deletions, *threads, writer]
    parts += [change, *([Background("watch", workers.watch(index, writer))] if watch else [])]
    app = FastAPIOffline(
        lifespan=partial(_lifespan, index, parts),
        title="Footnoted",
        description=DESCRIPTION,
        generate_unique_id_function=operation_id,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url="/docs/oauth2-redirect",
    )
    problems.install(app)
    for router in (
        questions_router(lambda: engine.writer is not None, starters),
        documents_router(Pictures(renderers, options)),
        uploads_router(reader, options, writer, deletions, most_bytes),
        from_url_router(url_rules, reader, options, writer, most_bytes),
        versions_router(),
        failures_router(),
        jobs_router(writer),
        encoder_router(change),
        answers_router(),
        conversations_router(),
        model_router(choice),
        identity_router(sign_in),
        health_router(engine, home_id(settings.home) if settings else None),
        metrics_router(metrics),
        audit_router(audit),
        storage_router(audit, sign_in),
        collections_router(sign_in),
        users_router(sign_in, audit, provider_choice),
        tokens_router(sign_in),
        administration_router(),
        *([sign_in_router(sign_in, provider)] if sign_in else []),
    ):
        router.add_to(app)
    if find_spec("mcp"):
        app.router.routes.append(Route(MCP_PATH, MCPEndpoint(app), methods=["POST"]))
    _refuse_other_routes(app)
    describe_refusals(app, sign_in)
    app.mount(ASSETS_ROUTE, StaticFiles(directory=ASSETS), name="assets")
    app.add_middleware(BodyLimit, upload_bytes=options.limits.megabytes * MEGABYTE)
    # Gradio, too, names its files under /assets/ by their contents.
    app.add_middleware(CacheForever, routes=(f"{ASSETS_ROUTE}/", "/assets/"))
    app.add_middleware(SenderLimits, quotas=Quotas(operation, counts))
    insecure = settings is not None and settings.insecure
    app.add_middleware(
        SignInCheck, sign_in=sign_in, engine=engine, refusal_page=refusal_page, insecure=insecure
    )
    origins = settings.allowed_origins if settings else ()
    hosts = (*settings.allowed_hosts, settings.host) if settings else ()
    # If the app has no CORS policy, Gradio adds its own, which allows any origin.
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"])
    app.add_middleware(OriginCheck, hosts=hosts, origins=origins)
    app.add_middleware(PageHeaders, head=HEAD)
    app.add_middleware(CompressLibrary)
    app.add_middleware(LengthCheck)
    if tracing is not None:
        app.add_middleware(Traces, tracing=tracing)
    app.add_middleware(Observation, metrics=metrics, audit=audit)
    app.add_middleware(ForwardedClients, proxies=operation.trusted_proxies)
    _mount_chat(app, Path(scratch.name))
    check_table(app.routes)
    return app


def _observe(
    engine: QueryEngine, writer: JobRunner, metrics: Metrics, tracing: Tracing | None, *, texts: bool
) -> None:
    def see_answer(answer: Answer) -> None:
        metrics.see_answer(answer)
        if tracing is not None:
            tracing.see_answer(answer)
        log_answer(answer, texts=texts)

    def see_sync(report: SyncReport) -> None:
        metrics.see_sync(report)
        if tracing is not None:
            tracing.see_sync(report)

    engine.on_answer, writer.on_sync = see_answer, see_sync


@asynccontextmanager
async def _lifespan(
    index: Library, parts: Iterable[AbstractContextManager[object]], _app: FastAPI
) -> AsyncIterator[None]:
    with ExitStack() as stack:
        sweep_pictures(index)
        for part in parts:
            stack.enter_context(part)
        yield


def _refuse_other_routes(app: FastAPI) -> None:
    """Answer wrong methods with 405 and unknown paths with 404; pass neither to the chat at ``/``."""
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
                405, f"{request.method} is not allowed here; use {methods}", {"Allow": methods}
            )
        raise HTTPException(404, f"no such route: {request.url.path}; /docs lists them")

    for path in OWN_ROUTES[1:]:
        app.add_api_route(path, refuse, methods=METHODS, include_in_schema=False)


def _mount_chat(app: FastAPI, scratch: Path) -> None:
    os.environ["GRADIO_TEMP_DIR"] = str(scratch)
    # Without these variables, which Gradio reads when it is imported, it contacts hosts on the network.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    with quick_gradio_import():
        import gradio as gr

    from ui.page.chat import build_chat, labels
    from ui.page.head import footnoted_theme

    page = build_chat()
    # Until its app is launched, Gradio copies every file that a value names, and a mounted app is never
    # launched.
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
    mount.app = EventCheck(mount.app, {index: len(function.inputs) for index, function in page.fns.items()})
