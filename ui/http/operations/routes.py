"""The routes for operators: metrics, readiness, and the audit log."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy.exc
from anyio import CapacityLimiter, move_on_after, to_thread
from fastapi import HTTPException, Query
from pydantic import BaseModel
from starlette.responses import Response

from index.errors import RETRY_SECONDS, CatalogError, LibraryLockedError, UnreachableError
from index.library import Library
from index.search import library_status
from rag.engine import QueryEngine
from ui.errors import WarmingUpError
from ui.http.problems import documented
from ui.http.request_bodies import Text
from ui.http.router import Router
from ui.operations import AuditLog
from ui.operations.metrics import Metrics
from ui.syntax import MAX_ID

PROBE_SECONDS = 2.0
"""The seconds that ``/readyz`` waits for the library. Building a search cache takes longer."""

_TEXT = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"


class AuditedAct(BaseModel):
    """A record of the audit log: who did or tried what, when, from where, and how it ended."""

    number: int
    at: float
    kind: str
    who: str | None
    action: str
    target: str | None
    outcome: str
    address: str | None
    request_id: str | None


class Audited(BaseModel):
    """A page of the audit log, newest first.

    To get the next page, send `next` as `before`; `next` is null on the last page.
    """

    records: list[AuditedAct]
    next: int | None


def health_router(engine: QueryEngine, home_id: str | None) -> Router:
    """Return the routes that say whether the server is up, and whether it answers questions."""
    router = Router(tags=["server"])
    # A probe that gives up leaves its thread running, and the next probe waits for the end of this thread.
    one_at_a_time = CapacityLimiter(1)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answer 200 while the process runs, even before its models are loaded.

        `home` is an id of the library's folder. With it, a command checks that this server serves the
        command's library.
        """
        return {"status": "ok"} | ({"home": home_id} if home_id else {})

    @router.get("/readyz", responses=documented(503))
    async def readyz() -> dict[str, Any]:
        """Answer 200 if the models are loaded and a search works; otherwise 503 with the cause.

        While the library is embedded again with another encoder, searches use the previous encoder, and
        `building` has two numbers: the finished documents (`documents`) and all documents (`of`). Otherwise
        `building` is null. While a search cache is built, the status is 503, because searches wait for it.
        """
        if engine.is_warming:
            raise WarmingUpError
        found: dict[str, Any] = {}
        retry_after = {"Retry-After": str(RETRY_SECONDS)}
        try:
            with move_on_after(PROBE_SECONDS):
                found = await to_thread.run_sync(
                    _state, engine.index, limiter=one_at_a_time, abandon_on_cancel=True
                )
        except UnreachableError:
            raise
        except (CatalogError, LibraryLockedError, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            raise HTTPException(
                503, f"The library cannot be read: {type(error).__name__}.", retry_after
            ) from error
        if not found:
            detail = f"The search caches are being built; try again in {RETRY_SECONDS} seconds."
            raise HTTPException(503, detail, retry_after)
        return {"status": "ready", **found}

    return router


def _state(library: Library) -> dict[str, Any]:
    # A search needs the encoder, the caches, and the servers of the catalog and of the vectors.
    library.search("ready", 1)
    generation = library.generation
    building = library_status(library.home, library.catalog).building
    return {
        "generation": generation,
        "building": building and {"documents": building.documents, "of": building.of},
    }


def metrics_router(metrics: Metrics) -> Router:
    """Return the route of the metrics."""
    router = Router(tags=["server"])
    # Two scrapes at once would read the catalog twice.
    one_at_a_time = CapacityLimiter(1)

    @router.get("/metrics", response_class=Response, responses={200: {"content": {_TEXT: {}}}})
    async def server_metrics() -> Response:
        """Return the metrics of the server, in the text format of Prometheus."""
        return Response(await to_thread.run_sync(metrics.text, limiter=one_at_a_time), media_type=_TEXT)

    return router


def audit_router(audit: AuditLog) -> Router:
    """Return the route of the audit log."""
    router = Router(prefix="/v1", tags=["server"], responses=documented(422, 500))

    @router.get("/audit")
    def audit_log(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
        who: Annotated[Text | None, Query(max_length=100)] = None,
        action: Annotated[Text | None, Query(max_length=100)] = None,
    ) -> Audited:
        """List the acts of people and programs, and the refused requests, newest first."""
        found = audit.records(limit, before=before, who=who, action=action)
        records = [AuditedAct.model_validate(each, from_attributes=True) for each in found]
        return Audited(records=records, next=records[-1].number if len(records) == limit else None)

    return router
