"""A conversation as the page shows it. The server keeps it while the page is open."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal

from pydantic import Field, ValidationError

from index.records import Filters
from rag.answers import Answer
from rag.conversations import Conversation, from_answers
from ui.errors import FiltersError
from ui.http.request_bodies import AnswerId, ConversationId, FilteredRequest, RequestModel, Words
from ui.page.head import ENGLISH, Locale, locale_in
from ui.page.markup.answer import question_markup
from ui.page.partial_answer import PartialAnswer, partial_markup, stopped_markup
from ui.words import as_request

# The most earlier answers that a question can refer to; quotes of older ones may get new numbers.
REMEMBERED_ANSWERS = 100
ChatMessage = dict[str, str]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a new answer replaces; the page shows it again if no answer comes."""

    exchanges: list[Exchange]
    rest: list[Exchange]
    notice: str


@dataclass(eq=False, slots=True)
class Exchange:
    """``partial`` is None before its first part and after a stop or a failure; ``is_exact``: as typed."""

    question: str
    markup: str = ""
    partial: PartialAnswer | None = None
    is_stopped_or_failed: bool = False
    replaced: Replaced | None = None
    is_exact: bool = False

    @property
    def answer(self) -> Answer | None:
        return self.partial.answer if self.partial else None

    @property
    def is_arriving(self) -> bool:
        return not self.is_stopped_or_failed and self.answer is None

    def show(self, partial: PartialAnswer, locale: Locale) -> None:
        self.partial = partial
        self.markup = partial_markup(partial, locale)
        if partial.answer is not None:
            self.replaced = None

    def stop(self, locale: Locale) -> None:
        if self.is_arriving:
            self.fail(stopped_markup(self.partial or PartialAnswer(), locale))

    def fail(self, markup: str) -> None:
        self.partial, self.markup, self.is_stopped_or_failed = None, markup, True


@dataclass(slots=True)
class ShownConversation:
    """``notice`` is markup or empty; ``rest`` follows the earlier answer to which a link was opened."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    exchanges: list[Exchange] = field(default_factory=list)
    notice: str = ""
    rest: list[Exchange] = field(default_factory=list)
    locale: Locale = field(default_factory=lambda: locale_in(ENGLISH))

    @property
    def history(self) -> Conversation:
        answers = [each.answer for each in self.exchanges if each.answer is not None]
        return from_answers(self.id, answers[-REMEMBERED_ANSWERS:])

    @property
    def messages(self) -> list[ChatMessage]:
        messages: list[ChatMessage] = []
        for each in self.exchanges:
            messages.append({"role": "user", "content": question_markup(each.question)})
            messages.append({"role": "assistant", "content": each.markup})
        return [*messages, {"role": "assistant", "content": self.notice}] if self.notice else messages

    @property
    def answer_ids(self) -> list[str]:
        return [each.answer.answer_id for each in (*self.exchanges, *self.rest) if each.answer]

    def forget(self, answer_ids: Collection[str]) -> None:
        """Leave out answers that have become hidden while the page is open."""
        for shown in (self.exchanges, self.rest):
            shown[:] = [
                each for each in shown if each.answer is None or each.answer.answer_id not in answer_ids
            ]

    def follow(self, question: str) -> tuple[Exchange, Conversation]:
        """Stop the answers in progress, and add a question; returns its exchange and the answers before."""
        self.stop()
        self.exchanges += self.rest
        self.rest, self.notice = [], ""
        history = self.history
        return self._added(question), history

    def supersede(self, answer_id: str, question: str | None) -> tuple[Exchange, Conversation] | None:
        """Return the new exchange and the conversation before; None if it is not shown.

        Without ``question``, ask the same again. If no new answer comes, the replaced ones are shown again.
        """
        self.stop()
        ids = _ids(self.exchanges)
        if answer_id not in ids:
            return None
        index = ids.index(answer_id)
        replaced = Replaced(self.exchanges[index:], self.rest, self.notice)
        del self.exchanges[index:]
        self.rest, self.notice = [], ""
        history = replace(self.history, replaces=answer_id)
        return self._added(question or replaced.exchanges[0].question, replaced), history

    def shows(self, answer_id: str) -> bool:
        """Return whether an answer is shown, or will be shown again if the answer in progress stops."""
        replaced = [each.replaced.exchanges for each in self.exchanges if each.replaced]
        return answer_id in _ids([*self.exchanges, *chain(*replaced)])

    def stop(self) -> None:
        for each in list(self.exchanges):
            self.cancel(each)

    def cancel(self, exchange: Exchange) -> None:
        exchange.stop(self.locale)
        self._put_back(exchange)

    def fail(self, exchange: Exchange, markup: str) -> None:
        """Show ``markup`` for an answer in progress, or below those that it was to replace."""
        if exchange.is_arriving:
            exchange.fail(markup)
            self._put_back(exchange, markup)

    def _added(self, question: str, replaced: Replaced | None = None) -> Exchange:
        exchange = Exchange(question, replaced=replaced)
        self.exchanges.append(exchange)
        return exchange

    def _put_back(self, exchange: Exchange, notice: str = "") -> None:
        """Show the replaced exchanges again if the answer of ``exchange`` was stopped or has failed."""
        replaced = exchange.replaced
        if replaced is None or not exchange.is_stopped_or_failed or exchange not in self.exchanges:
            return
        self.exchanges[self.exchanges.index(exchange) :] = replaced.exchanges
        self.rest, self.notice = replaced.rest, notice or replaced.notice


def _ids(exchanges: list[Exchange]) -> list[str | None]:
    return [each.answer.answer_id if each.answer else None for each in exchanges]


class Command(RequestModel):
    """``listen`` does nothing but keep the page's connection open; ``open`` shows a stored conversation."""

    do: Literal["ask", "again", "edit", "open", "listen"]
    n: int = Field(default=0, description="a new number, so that a repeated command changes the field")
    question: Words | None = None
    answer_id: AnswerId | None = None
    conversation_id: ConversationId | None = None
    exact: bool = False


def read_command(text: str) -> Command | None:
    try:
        return Command.model_validate_json(text)
    except ValidationError:
        return None


def read_filters(text: str) -> Filters:
    """An empty text means none. Raises FiltersError unless it has those of ``POST /v1/chat`` as JSON."""
    if not text:
        return Filters()
    try:
        return FilteredRequest.model_validate(as_request(json.loads(text))).to_filters()
    except (AttributeError, ValueError, RecursionError) as error:
        raise FiltersError("the filters of the question cannot be read; choose them again") from error
