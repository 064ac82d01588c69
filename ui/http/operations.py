"""The routes for operators: health, metrics, audit log, storage; and refusals in the OpenAPI description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
import sqlalchemy.exc
from anyio import CapacityLimiter, move_on_after, to_thread
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel
from starlette.responses import Response

from index.catalog import bytes_by_uploader, kept
from index.errors import RETRY_SECONDS, CatalogError, LibraryLockedError, UnreachableError
from index.library import Library
from index.search import library_status, size_of
from index.uploads import uploads_folder
from rag.engine import QueryEngine
from ui.accounts import Accounts, Scope, SignIn
from ui.errors import WarmingUpError
from ui.http.access import OwnLibrary, Requirement, requirement_of, session_cookie
from ui.http.observation import UNLIMITED_ROUTES
from ui.http.problems import MEDIA_TYPE, documented, schemas
from ui.http.request_bodies import Text
from ui.http.router import Router
from ui.operations import AuditLog
from ui.operations.metrics import Metrics
from ui.words import MAX_ID

# The seconds that ``/readyz`` waits for the library. Building a search cache takes longer.
PROBE_SECONDS = 2.0
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
    router = Router(tags=["server"])
    # Two scrapes at once would read the catalog twice.
    one_at_a_time = CapacityLimiter(1)

    @router.get("/metrics", response_class=Response, responses={200: {"content": {_TEXT: {}}}})
    async def server_metrics() -> Response:
        """Return the metrics of the server, in the text format of Prometheus."""
        return Response(await to_thread.run_sync(metrics.text, limiter=one_at_a_time), media_type=_TEXT)

    return router


def audit_router(audit: AuditLog) -> Router:
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


TOKEN, SESSION = "token", "session"


def describe_refusals(app: FastAPI, sign_in: SignIn | None) -> None:
    """Add each operation's scope, and the responses that refuse a request, to the OpenAPI description."""
    make = app.openapi

    def described() -> dict[str, Any]:
        description = make()
        schemes = description["components"].setdefault("securitySchemes", {})
        if schemes:
            return description
        schemes[TOKEN] = {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that `footnoted token add` made. It needs the scope that an operation "
            "names.",
        }
        if sign_in is not None:
            schemes[SESSION] = {
                "type": "apiKey",
                "in": "cookie",
                "name": session_cookie(sign_in),
                "description": "The session of a person who signed in at `/sign-in`.",
            }
        models = {**description["components"]["schemas"], **schemas()}
        description["components"]["schemas"] = dict(sorted(models.items()))
        for path, methods in description["paths"].items():
            for method, operation in methods.items():
                route = f"{method.upper()} {path}"
                _describe(route, operation, list(schemes), is_optional=sign_in is None)
        return description

    app.openapi = described  # type: ignore[method-assign]


def _describe(route: str, operation: dict[str, Any], schemes: list[str], *, is_optional: bool) -> None:
    requirement = requirement_of(*route.split(" "))
    if requirement is Requirement.NOTHING:
        operation["security"] = []
    else:
        roles = [requirement.value] if isinstance(requirement, Scope) else []
        # An empty requirement means that the operation answers without a token as well.
        operation["security"] = [{}] * is_optional + [{scheme: roles} for scheme in schemes]
    if isinstance(requirement, Scope):
        operation["x-required-scope"] = requirement.value
        text = operation.get("description", "").rstrip()
        operation["description"] = f"{text}\n\nNeeds the scope `{requirement.value}`.".lstrip()
    statuses = {400, 403, 500}
    if requirement is not Requirement.NOTHING:
        statuses |= {401, 503}
    if route not in UNLIMITED_ROUTES:
        statuses |= {429}
    if "requestBody" in operation:
        statuses |= {413, 422}
    if not route.startswith("GET "):  # Writing may find the disk full.
        statuses |= {507}
    responses = operation["responses"]
    for status, response in documented(*statuses).items():
        responses.setdefault(str(status), response)
    for response in responses.values():
        if MEDIA_TYPE in response.get("content", {}):  # FastAPI adds its own type of errors.
            response["content"].pop("application/json", None)
    _describe_headers(responses)
    operation["responses"] = dict(sorted(responses.items()))


def _describe_headers(responses: dict[str, Any]) -> None:
    waits = {"schema": {"type": "string"}, "description": "the seconds after which to try again"}
    for status in ("429", "503"):
        if response := responses.get(status):
            response["headers"] = {"Retry-After": waits}
    if response := responses.get("401"):
        challenge = {"schema": {"type": "string"}, "description": "the kind of authentication to send"}
        response["headers"] = {"WWW-Authenticate": challenge}


class Bytes(BaseModel):
    """The sizes of a library's parts, in bytes.

    Attributes:
        index: the search caches.
        catalog: the catalog, which has the texts, the vectors and the answers.
        uploads: the uploaded files.
        answers: the stored answers; the size of the catalog includes them.
    """

    index: int
    catalog: int
    uploads: int
    answers: int


class Uploaded(BaseModel):
    """The size of the files that one uploader added.

    An uploader is a user, including all tokens of the user, or a token without a user.

    Attributes:
        user: the name of the user; null for a token without a user, and if the server does not have the
            uploader's account.
        token: the name of the token without a user; else null.
        bytes: the size of the files.
    """

    user: str | None
    token: str | None
    bytes: int


class Storage(BaseModel):
    """The contents of a library, and their sizes.

    Attributes:
        documents: the number of documents.
        passages: the number of searchable passages.
        bytes: the sizes of the library's parts.
        uploaders: how many bytes each uploader added, the largest number first; files without a
            recorded uploader are left out.
        last_backup: when `footnoted backup` last wrote a backup, in seconds since 1970; null if the audit
            log has no record of a backup.
    """

    documents: int
    passages: int
    bytes: Bytes
    uploaders: list[Uploaded]
    last_backup: float | None


def storage_router(audit: AuditLog, sign_in: SignIn | None) -> Router:
    router = Router(prefix="/v1", tags=["server"], responses=documented(500, 503))
    # Two requests at once would read all stored answers twice.
    one_at_a_time = CapacityLimiter(1)

    @router.get("/storage")
    async def storage(library: OwnLibrary) -> Storage:
        """Return the number of documents and passages, and how many bytes the library's parts take."""
        accounts = sign_in.accounts if sign_in else None
        return await to_thread.run_sync(_measured, library, audit, accounts, limiter=one_at_a_time)

    return router


def _measured(library: Library, audit: AuditLog, accounts: Accounts | None) -> Storage:
    home, catalog = library.home, library.catalog
    status = library_status(home, catalog)
    with catalog.reading() as reader:
        documents = reader.count_documents()
        length = sa.func.length(sa.cast(kept.c.body, sa.LargeBinary))
        uploaded = bytes_by_uploader(reader.connection, str(uploads_folder(library)))
        answers = int(reader.connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(length), 0))) or 0)
    return Storage(
        documents=documents,
        passages=status.passages,
        bytes=Bytes(
            index=status.cache_bytes,
            catalog=catalog.size(),
            uploads=size_of(uploads_folder(library)),
            answers=answers,
        ),
        uploaders=_uploaders(uploaded, accounts),
        last_backup=max(audit.latest("backup").values(), default=None),
    )


def _uploaders(uploaded: Mapping[str, int], accounts: Accounts | None) -> list[Uploaded]:
    """Return how many bytes each uploader added. All uploaders whose accounts are unknown count as one."""
    names: dict[str, tuple[str | None, str | None]] = {}
    if accounts is not None:
        names |= {accounts.viewer_key(user.user_id): (user.name, None) for user in accounts.users.all()}
        names |= {accounts.token_key(token.name): (None, token.name) for token in accounts.tokens.all()}
    found: Counter[tuple[str | None, str | None]] = Counter()
    for key, size in uploaded.items():
        found[names.get(key, (None, None))] += size
    return [Uploaded(user=user, token=token, bytes=size) for (user, token), size in found.most_common()]
