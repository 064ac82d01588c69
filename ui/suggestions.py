"""What can be asked after an answer, over HTTP."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter

from rag.answering import QueryEngine
from rag.kept_answers import kept_answer, load
from rag.suggesting import suggest
from ui.kept import AnswerId
from ui.problems import documented


def suggestions_router(engine: QueryEngine) -> APIRouter:
    """The route of the questions that follow a kept answer."""
    router = APIRouter(prefix="/v1/answers", tags=["answers"], responses=documented(404, 422, 500))
    # Nobody waits for suggestions: whoever asks a question shall not wait for several of them.
    at_work = CapacityLimiter(1)

    @router.get("/{answer_id}/suggestions")
    async def suggestions(answer_id: AnswerId) -> dict[str, list[str]]:
        """Up to three questions to ask next: each was asked, and the library answers it."""
        return await to_thread.run_sync(suggestions_response, engine, answer_id, limiter=at_work)

    return router


def suggestions_response(engine: QueryEngine, answer_id: str) -> dict[str, list[str]]:
    """What ``GET /v1/answers/{id}/suggestions`` answers.

    Raises:
        AnswerNotFoundError: if there is no such answer.
    """
    return {"questions": suggest(engine, load(kept_answer(engine.index, answer_id)))}
