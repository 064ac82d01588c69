"""An answer on its way to the page: what has arrived of it, and the markup of that."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from anyio import to_thread

from index.library import Library
from index.records import Filters
from rag.answers import (
    Answer,
    AnswerDone,
    Citation,
    CitationMade,
    Event,
    PassagesFound,
    QuestionRewritten,
    Searched,
    Token,
    search_scope,
)
from rag.conversations import Conversation
from rag.engine import QueryEngine
from ui.http.streaming import EngineEvents
from ui.page.locales import Locale
from ui.page.markup.answer import answer_markup, failure_markup, streamed_markup, waiting_markup


@dataclass(frozen=True, slots=True)
class Arrived:
    """What there is of an answer.

    Attributes:
        searched: what is searched.
        standalone: what a follow-up was taken to ask; None where it is searched for as it was asked.
        passages: how many passages are read; None where they are still being looked for.
        text: the answer's text so far.
        citations: its footnotes so far.
        answer: the whole of it, at last.
    """

    searched: Searched | None = None
    standalone: str | None = None
    passages: int | None = None
    text: str = ""
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None


async def arriving(
    engine: QueryEngine, question: str, filters: Filters, conversation: Conversation
) -> AsyncGenerator[Arrived]:
    """What has arrived of an answer after each step, at last the whole.

    The engine works in threads, so that one question does not hold up another.

    Raises:
        QuestionError: if the question is empty or too long.
    """
    events = EngineEvents(engine.stream(question, filters, conversation))
    arrived = Arrived()
    if filters:
        arrived = Arrived(await to_thread.run_sync(_searched, engine.index, filters))
    try:
        yield arrived
        async for event in events:
            arrived = _with(arrived, event)
            yield arrived
    finally:
        events.close()


def _with(arrived: Arrived, event: Event) -> Arrived:
    match event:
        case QuestionRewritten(rewritten):
            return replace(arrived, standalone=rewritten)
        case PassagesFound(passages):
            return replace(arrived, passages=len(passages))
        case Token(more):
            return replace(arrived, text=arrived.text + more)
        case CitationMade(citation):
            return replace(arrived, citations=(*arrived.citations, citation))
        case AnswerDone(answer):
            return replace(arrived, answer=answer)


def _searched(index: Library, filters: Filters) -> Searched:
    with index.snapshot() as snapshot:
        return search_scope(snapshot, filters)


def arrived_markup(arrived: Arrived, locale: Locale) -> str:
    """What is shown of an answer while it arrives."""
    if arrived.answer is not None:
        return answer_markup(arrived.answer, locale)
    if arrived.text:
        return _part_markup(arrived, locale, is_stopped=False)
    return waiting_markup(locale, arrived.passages, arrived.standalone, arrived.searched)


def stopped_markup(arrived: Arrived, locale: Locale) -> str:
    """What stays of an answer that was stopped."""
    if arrived.text:
        return _part_markup(arrived, locale, is_stopped=True)
    return failure_markup(locale.text("stopped.atOnce"))


def _part_markup(arrived: Arrived, locale: Locale, *, is_stopped: bool) -> str:
    return streamed_markup(
        arrived.text,
        arrived.citations,
        locale,
        standalone=arrived.standalone,
        searched=arrived.searched,
        is_stopped=is_stopped,
    )
