"""The routes with which administrators choose the users who may see a collection."""

from __future__ import annotations

from typing import Annotated

from fastapi import HTTPException, Path
from pydantic import Field

from index.documents import MAX_COLLECTION_CHARACTERS
from ui.accounts import CollectionLimits, CollectionRecord, SignIn
from ui.accounts.names import MAX_CHARACTERS
from ui.errors import AccountError
from ui.http.access.views import OwnCatalog
from ui.http.problems import documented
from ui.http.request_bodies import RequestModel, Text, example
from ui.http.router import Router

MAX_USERS = 1_000

CollectionInPath = Annotated[
    Text, Path(description="the name of the collection", max_length=MAX_COLLECTION_CHARACTERS)
]


class LimitRequest(RequestModel):
    """The users who may see a collection; administrators may see every collection."""

    model_config = example(to=["ada", "bea"])

    to: Annotated[list[Annotated[Text, Field(max_length=MAX_CHARACTERS)]], Field(max_length=MAX_USERS)]


def collections_router(sign_in: SignIn | None) -> Router:
    """Return the routes under ``/v1/collections``.

    Without ``sign_in`` there are no users and no limits, and the routes answer 409.
    """
    router = Router(prefix="/v1/collections", tags=["server"], responses=documented(409, 422, 500))

    def limits_of(catalog: OwnCatalog) -> CollectionLimits:
        if sign_in is None:
            raise HTTPException(409, "Nobody signs in to this server, so everyone sees every collection.")
        return CollectionLimits(catalog, sign_in.accounts)

    @router.get("")
    def collections(catalog: OwnCatalog) -> dict[str, list[CollectionRecord]]:
        """List the collections; `limited_to` is null for a collection that everyone may see."""
        return {"collections": limits_of(catalog).all()}

    @router.put("/{collection:path}/limit", responses=documented(400, 413))
    def limit(catalog: OwnCatalog, collection: CollectionInPath, request: LimitRequest) -> CollectionRecord:
        """Let only administrators and the users in `to` see the documents of a collection, from now on.

        If `to` is empty, only administrators see them. Nobody else can tell that the documents exist.
        """
        try:
            return limits_of(catalog).limit(collection, request.to)
        except AccountError as error:
            raise HTTPException(422, str(error)) from error

    @router.delete("/{collection:path}/limit", responses=documented(404))
    def lift(catalog: OwnCatalog, collection: CollectionInPath) -> CollectionRecord:
        """Let everyone see the documents of a collection again."""
        try:
            return limits_of(catalog).open(collection)
        except AccountError as error:
            raise HTTPException(404, str(error)) from error

    return router
