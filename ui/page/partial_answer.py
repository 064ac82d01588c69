"""An answer in progress: the part that the engine has produced so far, and its markup."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from anyio import to_thread

from index.library import Library
from index.records import Filters
from rag.answers import Answer, Citation, Searched, search_scope
from rag.conversations import Conversation
from rag.engine import QueryEngine
from rag.events import (
    AnswerDone,
    CitationMade,
    Event,
    NoteMade,
    PassagesFound,
    QuestionCorrected,
    QuestionRewritten,
    ReadingBegun,
    SearchesPlanned,
    SentenceDrafted,
    Token,
)
from ui.http.streaming import EngineEvents
from ui.opening import until_warm
from ui.page.head import Locale
from ui.page.markup.answer import answer_markup, failure_markup, streamed_markup, waiting_markup


@dataclass(frozen=True, slots=True)
class PartialAnswer:
    """Numbers are None until the engine tells them; ``writer`` is None if the answer only quotes.

    ``draft`` is what a model has written, not yet checked.
    """

    search_scope: Searched | None = None
    standalone: str | None = None
    searched_for: str | None = None
    searches: tuple[str, ...] = ()
    searching: int = 0
    reading: int | None = None
    passages: int | None = None
    missing: str | None = None
    draft: str = ""
    text: str = ""
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
    is_warming: bool = False
    writer: str | None = None

    @property
    def doing(self) -> tuple[str, int | None]:
        """The key of the string that says what the engine is doing, and the number in it, if any."""
        if self.passages is not None and self.writer is not None:
            return "waiting.with", None
        if self.passages is not None:
            return "waiting.writing", self.passages
        if self.reading is not None:
            return "waiting.reading", self.reading
        if self.is_warming:
            return "waiting.warming", 0
        return "waiting.searching", self.searching


async def partial_answers(
    engine: QueryEngine, question: str, filters: Filters, conversation: Conversation, *, exact: bool = False
) -> AsyncGenerator[PartialAnswer]:
    """The last one is whole; closing stops the engine. Raises QuestionError or WarmingUpError."""
    events = EngineEvents(engine.stream(question, filters, conversation, exact=exact))
    try:
        if engine.is_warming:
            yield PartialAnswer(is_warming=True)
            await until_warm(engine)
        writer = engine.writer.model.name if engine.writer else None
        partial = replace(await to_thread.run_sync(_begun, engine.index, filters), writer=writer)
        yield partial
        async for event in events:
            partial = _updated(partial, event)
            yield partial
    finally:
        events.close()


def _updated(partial: PartialAnswer, event: Event) -> PartialAnswer:
    match event:
        case QuestionCorrected(corrected):
            partial = replace(partial, searched_for=corrected)
        case QuestionRewritten(rewritten):
            partial = replace(partial, standalone=rewritten)
        case SearchesPlanned(searches):
            partial = replace(partial, searches=searches)
        case ReadingBegun(sentences):
            partial = replace(partial, reading=sentences)
        case PassagesFound(passages):
            partial = replace(partial, passages=len(passages))
        case NoteMade(note):
            partial = replace(partial, missing=note)
        case _:
            partial = _written(partial, event)
    return partial


def _written(partial: PartialAnswer, event: Event) -> PartialAnswer:
    match event:
        case SentenceDrafted(sentence):
            partial = replace(partial, draft=partial.draft + sentence)
        case Token(more):
            partial = replace(partial, draft="", text=partial.text + more)
        case CitationMade(citation):
            partial = replace(partial, citations=(*partial.citations, citation))
        case AnswerDone(answer):
            partial = replace(partial, answer=answer)
    return partial


def _begun(index: Library, filters: Filters) -> PartialAnswer:
    with index.snapshot() as snapshot:
        scope = search_scope(snapshot, filters) if filters else None
        return PartialAnswer(scope, searching=snapshot.reader.count_chunks(filters))


def partial_markup(partial: PartialAnswer, locale: Locale) -> str:
    if partial.answer is not None:
        return answer_markup(partial.answer, locale)
    if partial.text or partial.draft:
        return _streamed(partial, locale, is_stopped=False)
    return waiting_markup(
        locale,
        *partial.doing,
        partial.standalone,
        partial.search_scope,
        searched_for=partial.searched_for,
        searches=partial.searches,
        name=partial.writer,
    )


def stopped_markup(partial: PartialAnswer, locale: Locale) -> str:
    if partial.text:
        return _streamed(partial, locale, is_stopped=True)
    return failure_markup(locale.text("stopped.atOnce"))


def _streamed(partial: PartialAnswer, locale: Locale, *, is_stopped: bool) -> str:
    return streamed_markup(
        partial.text,
        partial.citations,
        locale,
        standalone=partial.standalone,
        searched_for=partial.searched_for,
        searched=partial.search_scope,
        missing=partial.missing,
        name=partial.writer,
        draft="" if is_stopped else partial.draft,
        is_stopped=is_stopped,
    )
