"""The events of the chat page: a question, a command of the page's script, a link to a conversation."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from anyio import to_thread

from rag.conversations import AnswerStore, Conversation
from rag.engine import QueryEngine
from rag.errors import QuestionError
from rag.questions import MAX_QUESTION_CHARACTERS
from ui.errors import FiltersError, WarmingUpError
from ui.page.conversation import ChatMessage, Command, Exchange, ShownConversation, read_command, read_filters
from ui.page.head import Locale
from ui.page.markup.answer import failure_markup
from ui.page.partial_answer import partial_answers
from ui.page.sessions import Session, restore
from ui.words import excerpt

_log = logging.getLogger(__name__)

Update = tuple[Any, Any, Any]


class ChatEvents:
    """The handlers of the page's events; ``unchanged`` is Gradio's value for what does not change."""

    def __init__(self, engine: QueryEngine, unchanged: Any) -> None:  # noqa: ANN401 (Gradio's own)
        self._engine = engine
        self._unchanged = unchanged
        # If a handler yields nothing, Gradio empties the conversation.
        self._no_change: Update = (unchanged, unchanged, unchanged)

    async def ask(
        self, question: str, scope: str, session: Session, shown: str, locale: Locale
    ) -> AsyncIterator[Update]:
        """``scope`` has filters as JSON, ``shown`` an id or "": restored if the server has restarted."""
        # Empty the input at once, so that the user can type the next question during the answer.
        updates = self._ask_in_turn(question, scope, session, shown, locale, entry="")
        async for update in self._or_no_change(updates if question.strip() else None):
            yield update

    async def act(
        self, request: str, scope: str, session: Session, shown: str, locale: Locale
    ) -> AsyncIterator[Update]:
        """Run a command of the page's script. Ignore a command that is invalid or names an unknown answer."""
        updates: AsyncGenerator[Update, None] | None = None
        match read_command(request):
            case Command(do="open") as command:
                updates = self._open_kept(command, session, locale)
            case Command(do="ask", question=str(question)):
                entry = self._unchanged
                updates = self._ask_in_turn(question, scope, session, shown, locale, entry=entry)
            case Command(do="again" | "edit", answer_id=str(answer_id)) as command:
                updates = self._ask_again(command, answer_id, scope, session, locale)
        async for update in self._or_no_change(updates):
            yield update

    def stop(self, entered: str, session: Session) -> Update:
        """Stop the answer in progress, and put the waiting questions back into the input."""
        session.cancel()
        questions = session.take_back()
        entry = "\n".join([*questions, *([entered] if entered.strip() else [])])
        return entry if questions else self._unchanged, session, session.messages

    async def open(self, query: Mapping[str, str], session: Session, locale: Locale) -> tuple[Any, Any]:
        named = query.get("conversation"), query.get("answer")
        if not any(named):
            return self._unchanged, self._unchanged
        with session.take_turn() as task:
            restored = await self._restore(locale, *named)
            if not session.is_current(task):
                return self._unchanged, self._unchanged
            session.conversation = restored
        return session, restored.messages

    async def _or_no_change(self, updates: AsyncGenerator[Update, None] | None) -> AsyncIterator[Update]:
        update = None
        if updates is not None:
            async with aclosing(updates):
                async for update in updates:
                    yield update
        if update is None:
            yield self._no_change

    async def _open_kept(
        self, command: Command, session: Session, locale: Locale
    ) -> AsyncGenerator[Update, None]:
        session.cancel()
        session.take_back()
        with session.take_turn() as task:
            restored = await self._restore(locale, command.conversation_id, command.answer_id)
            # Another command may have opened another conversation meanwhile.
            if session.is_current(task):
                session.conversation = restored
                yield self._unchanged, session, restored.messages

    async def _ask_in_turn(
        self,
        question: str,
        scope: str,
        session: Session,
        shown: str,
        locale: Locale,
        *,
        entry: Any,  # noqa: ANN401 (a text, or Gradio's value for no change)
    ) -> AsyncGenerator[Update, None]:
        """Ignore a question that waits already: a second Enter must not empty the next one's input."""
        if session.has_pending(question, scope):
            return
        with session.queue(question, scope) as task:
            yield entry, self._unchanged, self._unchanged
            # Gradio sends the last update again when the event ends. That update must not empty the input, in
            # which the user may have typed, or in which a stop has put waiting questions back.
            yield self._no_change
            await task.started.wait()
            if not session.is_current(task):
                return
            conversation = session.conversation or await self._shown_conversation(shown, locale)
            if not session.is_current(task):
                return
            session.conversation, conversation.locale = conversation, locale
            await self._forget_hidden(conversation)
            history = conversation.follow(question)
            async for rejected in answer_exchange(self._engine, conversation, *history, scope):
                # A rejected question goes back to the input, so that the user can change it.
                yield rejected or self._unchanged, session, session.messages

    async def _ask_again(
        self, command: Command, answer_id: str, scope: str, session: Session, locale: Locale
    ) -> AsyncGenerator[Update, None]:
        conversation = session.conversation
        if conversation is not None:
            await self._forget_hidden(conversation)
        if conversation is None or not conversation.shows(answer_id):
            # The server may have restarted since the page was opened.
            conversation = await self._restore(locale, None, answer_id)
        if not conversation.shows(answer_id):
            return
        conversation.locale = locale
        if session.conversation is not None:
            session.conversation.stop()
        history = conversation.supersede(answer_id, command.question)
        if history is None:
            return
        history[0].is_exact = command.exact
        with session.take_turn(history[0].question, scope):
            session.conversation = conversation
            async for rejected in answer_exchange(self._engine, conversation, *history, scope):
                yield rejected or self._unchanged, session, session.messages

    async def _forget_hidden(self, conversation: ShownConversation) -> None:
        store = AnswerStore(self._engine.index.catalog)
        conversation.forget(await to_thread.run_sync(store.hidden, conversation.answer_ids))

    async def _shown_conversation(self, shown: str, locale: Locale) -> ShownConversation:
        """Restore the conversation that the page showed before the server restarted, or make a new one."""
        restored = await self._restore(locale, shown or None, None)
        return restored if restored.exchanges else ShownConversation()

    async def _restore(
        self, locale: Locale, conversation_id: str | None, answer_id: str | None
    ) -> ShownConversation:
        return await to_thread.run_sync(restore, self._engine.index, locale, conversation_id, answer_id)


async def answer_exchange(
    engine: QueryEngine,
    conversation: ShownConversation,
    exchange: Exchange,
    history: Conversation,
    scope: str,
) -> AsyncIterator[str]:
    """Yield "" after each change, or a rejected question, for the caller to put back into the input."""
    question = exchange.question
    try:
        filters = read_filters(scope)
        answers = partial_answers(engine, question, filters, history, exact=exchange.is_exact)
        async with aclosing(answers) as updates:
            async for partial in updates:
                if not exchange.is_stopped_or_failed:
                    exchange.show(partial, conversation.locale)
                # Gradio sends the last update again when the event ends, which must then show the stop.
                yield ""
                if exchange.is_stopped_or_failed:
                    return
    except FiltersError:
        # Without valid filters, the search would cover the whole library instead of the chosen reports.
        conversation.fail(exchange, failure_markup(conversation.locale.text("refused.scope")))
        yield question
    except QuestionError:
        exchange.question = excerpt(question)
        conversation.fail(exchange, failure_markup(_refusal_text(question, conversation.locale)))
        yield question
    except WarmingUpError:
        conversation.fail(exchange, failure_markup(conversation.locale.text("refused.warming")))
        yield question
    except Exception:  # noqa: BLE001 (the page must show every failure)
        # Show the failure here, because Gradio may run its handler of failures only during the next question.
        _log.exception("an answer failed")
        conversation.fail(exchange, _server_failure(conversation))
        yield ""
    finally:
        # The page may have closed the iterator early.
        conversation.cancel(exchange)


def _refusal_text(question: str, locale: Locale) -> str:
    length = len(question.strip())
    if length > MAX_QUESTION_CHARACTERS:
        return locale.text("refused.tooLong", number=length, most=MAX_QUESTION_CHARACTERS)
    return locale.text("refused.empty")


def start_over(session: Session) -> tuple[Session, list[ChatMessage]]:
    """Start a new conversation. The library keeps the old one."""
    session.cancel()
    session.take_back()
    session.conversation = ShownConversation()
    return session, []


def fail(session: Session) -> tuple[Session, list[ChatMessage]]:
    session.drop_tasks()
    session.take_back()
    conversation = session.conversation
    if conversation is not None and conversation.exchanges:
        conversation.fail(conversation.exchanges[-1], _server_failure(conversation))
    return session, session.messages


def _server_failure(conversation: ShownConversation) -> str:
    return failure_markup(conversation.locale.text("failure.server"))
