"""The route of the questions to begin with."""

from __future__ import annotations

from fastapi import APIRouter

from rag.suggesting import StarterMaker, Starters
from ui.http.problems import documented


def suggestions_router(starters: StarterMaker) -> APIRouter:
    """The route ``/v1/suggestions``; ``starters`` makes the questions in the background."""
    router = APIRouter(prefix="/v1", tags=["questions"], responses=documented(500))

    @router.get("/suggestions")
    def suggestions() -> Starters:
        """Up to four questions that the newest reports answer, each with the report that does.

        The server makes them after each change of the library, while it has nothing else to do; `complete`
        is true when no more will be added.
        """
        return starters.current()

    return router
