"""Gives each route the library, the catalog and the engine, limited to what the request's sender may see.

All routes get the library from this module, so that a new route cannot show more than the sender may see.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from index.catalog import Catalog
from index.library import Library
from rag.engine import QueryEngine


def engine_of(connection: HTTPConnection) -> QueryEngine:
    """Return the engine limited to what the sender of a request may see.

    The answers of this engine belong to the sender.

    Raises:
        AttributeError: on a route that needs no identity.
    """
    engine: QueryEngine = connection.state.engine
    return engine


def library_of(connection: HTTPConnection) -> Library:
    """Return the library without the documents that the sender of a request may not see."""
    return engine_of(connection).index


def catalog_of(connection: HTTPConnection) -> Catalog:
    """Return the catalog without the documents and stored answers that the sender may not see."""
    return library_of(connection).catalog


OwnEngine = Annotated[QueryEngine, Depends(engine_of)]
OwnLibrary = Annotated[Library, Depends(library_of)]
OwnCatalog = Annotated[Catalog, Depends(catalog_of)]
