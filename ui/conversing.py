"""What happens to a page's conversation: a question, a command of the script, a link that is followed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from anyio import to_thread

from index.records import Filters
from rag.answering import QueryEngine
from rag.history import Conversation
from rag.questions import MAX_QUESTION_CHARACTERS, QuestionError
from ui.arriving import arriving
from ui.asked import Asked, Exchange, Turn
from ui.commands import Command, read_command, read_scope
from ui.excerpts import excerpt
from ui.locales import Locale
from ui.render import failure_markup
from ui.restoring import restore

Shown = tuple[Any, Any, Any]
"""What an event gives: the question's input, the conversation, and its messages."""


class Conversing:
    """The events of pages over one library, as Gradio takes them. Nothing of a page is kept here.

    Args:
        engine: answers.
        unchanged: what Gradio takes to leave a part of the page as it is.
    """

    def __init__(self, engine: QueryEngine, unchanged: Any) -> None:  # noqa: ANN401 (Gradio's own)
        self._engine = engine
        self._unchanged = unchanged
        # What gives nothing at all would have Gradio empty the conversation.
        self._nothing: Shown = (unchanged, unchanged, unchanged)

    async def ask(
        self, question: str, scope: str, asked: Asked | None, locale: Locale
    ) -> AsyncIterator[Shown]:
        """Ask what stands in the input, of the reports that ``scope`` leaves; None begins a conversation."""
        asked = asked or Asked()
        asked.locale = locale
        if not question.strip():
            yield self._nothing
            return
        # The input is emptied once: while the answer arrives, the next question may be typed already.
        entry: Any = ""
        follows = asked.follow(question)
        async for refused in answered(self._engine, *follows, read_scope(scope), locale):
            # A refused question goes back into the input, where it can be mended.
            yield refused or entry, asked, asked.turns
            entry = self._unchanged

    async def act(
        self, request: str, scope: str, asked: Asked | None, locale: Locale
    ) -> AsyncIterator[Shown]:
        """Do what the script asks for; nothing, where that is no command, or speaks of what is not shown."""
        command = read_command(request)
        if command is None or command.do == "listen":
            yield self._nothing
            return
        asked = asked or Asked()
        asked.locale = locale
        if command.do == "open":
            asked.stop()
            restored = await self._restored(locale, command.conversation_id, command.answer_id)
            yield self._unchanged, restored, restored.turns
            return
        follows = _follows(command, asked)
        if follows is None and command.answer_id:
            # The page may have been open for longer than the server has run.
            asked = await self._restored(locale, None, command.answer_id)
            follows = _follows(command, asked)
        if follows is None:
            yield self._nothing
            return
        async for refused in answered(self._engine, *follows, read_scope(scope), locale):
            yield refused or self._unchanged, asked, asked.turns

    async def open(self, query: Mapping[str, str], locale: Locale) -> tuple[Any, Any]:
        """Show the conversation that a page's address names: ``conversation``, or ``answer``."""
        named = query.get("conversation"), query.get("answer")
        if not any(named):
            return self._unchanged, self._unchanged
        restored = await self._restored(locale, *named)
        return restored, restored.turns

    async def _restored(self, locale: Locale, conversation_id: str | None, answer_id: str | None) -> Asked:
        return await to_thread.run_sync(restore, self._engine.index, locale, conversation_id, answer_id)


async def answered(
    engine: QueryEngine, exchange: Exchange, follows: Conversation, filters: Filters, locale: Locale
) -> AsyncIterator[str]:
    """Have a question answered; after each step its exchange shows what has arrived.

    Args:
        engine: answers.
        exchange: the question, with no answer yet.
        follows: what the question follows.
        filters: what narrows it.
        locale: the language that it is shown in.

    Yields:
        The question, where it cannot be asked; else nothing.
    """
    question = exchange.question
    try:
        async with aclosing(arriving(engine, question, filters, follows)) as steps:
            async for arrived in steps:
                if exchange.is_given_up:
                    return
                exchange.show(arrived, locale)
                yield ""
    except QuestionError:
        exchange.question = excerpt(question)
        exchange.fail(failure_markup(_refusal(question, locale)))
        yield question


def _refusal(question: str, locale: Locale) -> str:
    """Why a question cannot be asked."""
    length = len(question.strip())
    if length > MAX_QUESTION_CHARACTERS:
        return locale.text("refused.tooLong", number=length, most=MAX_QUESTION_CHARACTERS)
    return locale.text("refused.empty")


def stop(asked: Asked | None) -> tuple[Asked | None, list[Turn]]:
    """Expect no more of the answer that is arriving."""
    if asked is None:
        return None, []
    asked.stop()
    return asked, asked.turns


def start_over(asked: Asked | None) -> tuple[None, list[Turn]]:
    """Begin a conversation; the one before is kept."""
    if asked is not None:
        asked.stop()
    return None, []


def fail(asked: Asked | None) -> tuple[Asked | None, list[Turn]]:
    """The conversation with a sentence in the place of the answer that broke off."""
    if asked is None:
        return None, []
    if asked.exchanges and asked.exchanges[-1].is_arriving:
        asked.exchanges[-1].fail(failure_markup(asked.locale.text("failure.server")))
    return asked, asked.turns


def _follows(command: Command, asked: Asked) -> tuple[Exchange, Conversation] | None:
    """The question that a command asks, in its place in the conversation; None where it asks none."""
    if command.do == "ask":
        return asked.follow(command.question) if command.question else None
    return asked.supersede(command.answer_id, command.question) if command.answer_id else None
