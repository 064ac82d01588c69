"""What happens to a page's conversation: a question, a command of the script, a link that is followed."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from anyio import to_thread

from rag.conversations import Conversation
from rag.engine import QueryEngine
from rag.errors import QuestionError
from rag.questions import MAX_QUESTION_CHARACTERS
from ui.errors import ScopeError
from ui.page.arriving import arriving
from ui.page.commands import Command, read_command, read_scope
from ui.page.locales import Locale
from ui.page.markup.answer import failure_markup
from ui.page.restoring import restore
from ui.page.sessions import Session
from ui.page.turns import Asked, Exchange, Turn
from ui.words import excerpt

_log = logging.getLogger(__name__)

Shown = tuple[Any, Any, Any]
"""What an event gives: the question's input, the page's session, and the conversation's messages."""


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
        self, question: str, scope: str, session: Session, shown: str, locale: Locale
    ) -> AsyncIterator[Shown]:
        """Ask what stands in the input, of the reports that ``scope`` leaves, after what is asked already.

        Args:
            question: what stands in the input.
            scope: what narrows it, as the script says it.
            session: the page's.
            shown: the id of the conversation that the page shows, which is begun again where the server has
                forgotten it; empty where the page shows none.
            locale: the reader's language.
        """
        if not question.strip():
            yield self._nothing
            return
        # While the answer arrives, or the one before it, the next question may be typed already.
        yield "", self._unchanged, self._unchanged
        async for step in self._or_nothing(self._in_turn(question, scope, session, shown, locale)):
            yield step

    async def act(
        self, request: str, scope: str, session: Session, shown: str, locale: Locale
    ) -> AsyncIterator[Shown]:
        """Do what the script asks for; nothing, where that is no command, or speaks of what is not shown."""
        command = read_command(request)
        steps = self._steps_of(command, scope, session, shown, locale) if command else None
        async for step in self._or_nothing(steps):
            yield step

    def stop(self, entered: str, session: Session) -> Shown:
        """Expect no more of the answer that is arriving; what waits for it goes back into the input.

        Args:
            entered: what stands in the input; the questions that come back stand above it.
            session: the page's.
        """
        session.give_up()
        unasked = session.take_unasked()
        entry = "\n".join([*unasked, *([entered] if entered.strip() else [])])
        return entry if unasked else self._unchanged, session, session.turns

    async def open(self, query: Mapping[str, str], session: Session, locale: Locale) -> tuple[Any, Any]:
        """Show the conversation that a page's address names: ``conversation``, or ``answer``."""
        named = query.get("conversation"), query.get("answer")
        if not any(named):
            return self._unchanged, self._unchanged
        with session.at_once() as place:
            restored = await self._restored(locale, *named)
            if not session.serves(place):
                return self._unchanged, self._unchanged
            session.asked = restored
        return session, restored.turns

    async def _or_nothing(self, steps: AsyncGenerator[Shown, None] | None) -> AsyncIterator[Shown]:
        """The steps; where there are none, one that changes nothing: Gradio gives the last one twice."""
        step = None
        if steps is not None:
            async with aclosing(steps):
                async for step in steps:
                    yield step
        if step is None:
            yield self._nothing

    def _steps_of(
        self, command: Command, scope: str, session: Session, shown: str, locale: Locale
    ) -> AsyncGenerator[Shown, None] | None:
        if command.do == "open":
            return self._opened(command, session, locale)
        if command.do == "ask" and command.question:
            return self._in_turn(command.question, scope, session, shown, locale)
        if command.do in {"again", "edit"} and command.answer_id:
            return self._anew(command.answer_id, command.question, scope, session, locale)
        return None

    async def _opened(
        self, command: Command, session: Session, locale: Locale
    ) -> AsyncGenerator[Shown, None]:
        session.give_up()
        session.take_unasked()
        with session.at_once() as place:
            restored = await self._restored(locale, command.conversation_id, command.answer_id)
            # Another one that was opened later may have been read sooner.
            if session.serves(place):
                session.asked = restored
                yield self._unchanged, session, restored.turns

    async def _in_turn(
        self, question: str, scope: str, session: Session, shown: str, locale: Locale
    ) -> AsyncGenerator[Shown, None]:
        if session.expects(question, scope):
            return
        async with session.in_turn(question, scope) as place:
            if not session.serves(place):
                return
            asked = session.asked or await self._forgotten(shown, locale)
            if not session.serves(place):
                return
            session.asked, asked.locale = asked, locale
            follows = asked.follow(question)
            async for refused in answered(self._engine, asked, *follows, scope):
                # A refused question goes back into the input, where it can be mended.
                yield refused or self._unchanged, session, asked.turns

    async def _anew(
        self, answer_id: str, question: str | None, scope: str, session: Session, locale: Locale
    ) -> AsyncGenerator[Shown, None]:
        """Ask in the place of an answer, instead of what is being asked."""
        asked = session.asked
        if asked is None or not asked.shows(answer_id):
            # The page may have been open for longer than the server has run.
            asked = await self._restored(locale, None, answer_id)
        if not asked.shows(answer_id):
            return
        asked.locale = locale
        if session.asked is not None:
            session.asked.stop()
        follows = asked.supersede(answer_id, question)
        if follows is None:
            return
        with session.at_once(follows[0].question, scope):
            session.asked = asked
            async for refused in answered(self._engine, asked, *follows, scope):
                yield refused or self._unchanged, session, asked.turns

    async def _forgotten(self, shown: str, locale: Locale) -> Asked:
        """The conversation that the page shows and the server has forgotten; a new one where none is."""
        restored = await self._restored(locale, shown or None, None)
        return restored if restored.exchanges else Asked()

    async def _restored(self, locale: Locale, conversation_id: str | None, answer_id: str | None) -> Asked:
        return await to_thread.run_sync(restore, self._engine.index, locale, conversation_id, answer_id)


async def answered(
    engine: QueryEngine, asked: Asked, exchange: Exchange, follows: Conversation, scope: str
) -> AsyncIterator[str]:
    """Have a question answered; after each step its exchange shows what has arrived.

    Args:
        engine: answers.
        asked: the conversation.
        exchange: the question, with no answer yet.
        follows: what the question follows.
        scope: what narrows it, as the script says it.

    Yields:
        The question, where it cannot be asked; else nothing.
    """
    question = exchange.question
    try:
        filters = read_scope(scope)
        async with aclosing(arriving(engine, question, filters, follows)) as steps:
            async for arrived in steps:
                if exchange.is_given_up:
                    return
                exchange.show(arrived, asked.locale)
                yield ""
    except ScopeError:
        # A search of the whole library would answer another question than the one that was asked.
        asked.fail(exchange, failure_markup(asked.locale.text("refused.scope")))
        yield question
    except QuestionError:
        exchange.question = excerpt(question)
        asked.fail(exchange, failure_markup(_refusal(question, asked.locale)))
        yield question
    except Exception:  # noqa: BLE001 (whatever it was, the page has to hear of it)
        # Said here, since what Gradio would call for it could come when the next question is being answered.
        _log.exception("the answer to a question broke off")
        asked.fail(exchange, _broken(asked))
        yield ""
    finally:
        # Who reads no further expects no more.
        asked.give_up(exchange)


def _refusal(question: str, locale: Locale) -> str:
    """Why a question cannot be asked."""
    length = len(question.strip())
    if length > MAX_QUESTION_CHARACTERS:
        return locale.text("refused.tooLong", number=length, most=MAX_QUESTION_CHARACTERS)
    return locale.text("refused.empty")


def start_over(session: Session) -> tuple[Session, list[Turn]]:
    """Begin a conversation; the one before is kept."""
    session.give_up()
    session.take_unasked()
    session.asked = Asked()
    return session, []


def fail(session: Session) -> tuple[Session, list[Turn]]:
    """The conversation with a sentence in the place of the answer that the page lost."""
    session.drop()
    session.take_unasked()
    asked = session.asked
    if asked is not None and asked.exchanges:
        asked.fail(asked.exchanges[-1], _broken(asked))
    return session, session.turns


def _broken(asked: Asked) -> str:
    return failure_markup(asked.locale.text("failure.server"))
