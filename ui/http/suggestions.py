"""What can be asked after an answer, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter

from index.records import Filters
from rag.answers import Answer, Citation, Passage
from rag.conversations import continue_conversation, kept_answer, load
from rag.engine import QueryEngine
from rag.suggesting import suggest
from ui.http.answers import AnswerId
from ui.http.problems import documented

_REMEMBERED = 256
"""Lists of suggestions: a conversation that is opened again, or a question of others, has them at once."""


@dataclass(frozen=True, slots=True)
class Followed:
    """An answer that suggestions follow, equal to another one after which the same can be asked.

    Attributes:
        generation: the library's, in which they are looked for.
        said: the question as it was asked and as it stands for itself, and those before it.
        cited: document, version and span of what is cited.
        filters: what narrowed the question.
        answer: the answer itself.
    """

    generation: int
    said: tuple[str, ...]
    cited: tuple[tuple[int, int, int, int], ...]
    filters: Filters
    answer: Answer = field(compare=False)


def suggestions_router(engine: QueryEngine) -> APIRouter:
    """The route of the questions that follow a kept answer."""
    router = APIRouter(prefix="/v1/answers", tags=["answers"], responses=documented(404, 422, 500))
    # Nobody waits for suggestions: whoever asks a question shall not wait for several of them.
    at_work = CapacityLimiter(1)

    @lru_cache(_REMEMBERED)
    def suggested(followed: Followed) -> tuple[str, ...]:
        return tuple(suggest(engine, followed.answer))

    def questions_after(answer_id: str) -> dict[str, list[str]]:
        return {"questions": list(suggested(followed_in(engine, answer_id)))}

    @router.get("/{answer_id}/suggestions")
    async def suggestions(answer_id: AnswerId) -> dict[str, list[str]]:
        """Up to three questions to ask next: each was asked, and the library answers it."""
        return await to_thread.run_sync(questions_after, answer_id, limiter=at_work)

    return router


def followed_in(engine: QueryEngine, answer_id: str) -> Followed:
    """A kept answer, as suggestions follow it.

    Raises:
        AnswerNotFoundError: if there is no such answer.
    """
    answer = load(kept_answer(engine.index, answer_id))
    before = continue_conversation(engine.index, answer.conversation_id)
    places: tuple[Citation | Passage, ...] = (*answer.citations, *answer.passages)
    return Followed(
        engine.index.generation,
        (answer.question, answer.standalone or "", *(each.standalone for each in before.exchanges)),
        tuple((place.document_id, place.version, place.start, place.end) for place in places),
        answer.searched.filters if answer.searched else Filters(),
        answer,
    )
