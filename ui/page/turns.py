"""A conversation as the page shows it, kept on the server for as long as the page is open."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from itertools import chain

from rag.answers import Answer
from rag.conversations import Conversation, from_answers
from ui.page.arriving import Arrived, arrived_markup, stopped_markup
from ui.page.locales import ENGLISH, Locale, locale_in
from ui.page.markup.answer import question_markup

REMEMBERED_ANSWERS = 100
"""Of a conversation: as far back, its footnotes keep their numbers."""

Turn = dict[str, str]
"""A message of the conversation as Gradio's chatbot takes it: ``role`` and ``content``."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What a question is asked in the place of: exchanges, what followed unseen, and the notice below."""

    exchanges: list[Exchange]
    rest: list[Exchange]
    notice: str


@dataclass(eq=False, slots=True)
class Exchange:
    """A question, and what is shown of its answer.

    Attributes:
        question: as it was asked.
        markup: what is shown below it.
        arrived: what there is of the answer; None where nothing is yet, or where there is a failure.
        is_given_up: whether no answer is expected any more.
        removed: what its answer takes the place of, until it does.
    """

    question: str
    markup: str = ""
    arrived: Arrived | None = None
    is_given_up: bool = False
    removed: Removed | None = None

    @property
    def answer(self) -> Answer | None:
        """The whole answer, where it has arrived."""
        return self.arrived.answer if self.arrived else None

    @property
    def is_arriving(self) -> bool:
        """Whether more of the answer is expected."""
        return not self.is_given_up and self.answer is None

    def show(self, arrived: Arrived, locale: Locale) -> None:
        """Show what has arrived."""
        self.arrived = arrived
        self.markup = arrived_markup(arrived, locale)
        if arrived.answer is not None:
            self.removed = None

    def stop(self, locale: Locale) -> None:
        """Expect no more of the answer."""
        if self.is_arriving:
            self.fail(stopped_markup(self.arrived or Arrived(), locale))

    def fail(self, markup: str) -> None:
        """Show ``markup`` in the place of an answer."""
        self.arrived, self.markup, self.is_given_up = None, markup, True


@dataclass(slots=True)
class Asked:
    """A conversation: its questions with what is shown of their answers.

    Attributes:
        id: what its answers are kept under.
        exchanges: what is shown, the oldest first.
        notice: markup that stands below them, where there is something to say of the conversation.
        rest: what followed and is not shown, since a link led to an answer in the middle.
        locale: the language that it is shown in.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    exchanges: list[Exchange] = field(default_factory=list)
    notice: str = ""
    rest: list[Exchange] = field(default_factory=list)
    locale: Locale = field(default_factory=lambda: locale_in(ENGLISH))

    @property
    def conversation(self) -> Conversation:
        """What a question follows."""
        answers = [each.answer for each in self.exchanges if each.answer is not None]
        return from_answers(self.id, answers[-REMEMBERED_ANSWERS:])

    @property
    def turns(self) -> list[Turn]:
        """The messages of the conversation."""
        messages = [
            message
            for each in self.exchanges
            for message in (
                {"role": "user", "content": question_markup(each.question)},
                {"role": "assistant", "content": each.markup},
            )
        ]
        return [*messages, {"role": "assistant", "content": self.notice}] if self.notice else messages

    def follow(self, question: str) -> tuple[Exchange, Conversation]:
        """Add a question, and give what it follows: all that came before it, shown or not."""
        self.stop()
        self.exchanges += self.rest
        self.rest, self.notice = [], ""
        follows = self.conversation
        return self._added(question), follows

    def supersede(self, answer_id: str, question: str | None) -> tuple[Exchange, Conversation] | None:
        """Put a question in the place of an answer's and of all that follows; None where that is not shown.

        The library takes them out of the conversation when the new answer is kept. Where none comes, they are
        shown again.

        Args:
            answer_id: the answer's.
            question: what is asked in its place; None to ask the same again.
        """
        self.stop()
        ids = self._answer_ids
        if answer_id not in ids:
            return None
        place = ids.index(answer_id)
        removed = Removed(self.exchanges[place:], self.rest, self.notice)
        del self.exchanges[place:]
        self.rest, self.notice = [], ""
        follows = replace(self.conversation, replaces=answer_id)
        return self._added(question or removed.exchanges[0].question, removed), follows

    def shows(self, answer_id: str) -> bool:
        """Whether an answer is shown, or would be if the one that is arriving were stopped."""
        removed = [each.removed.exchanges for each in self.exchanges if each.removed]
        return answer_id in [*self._answer_ids, *_ids(list(chain(*removed)))]

    def stop(self) -> None:
        """Expect no more of an answer that is arriving."""
        for each in list(self.exchanges):
            self.give_up(each)

    def give_up(self, exchange: Exchange) -> None:
        """Expect no more of one answer."""
        exchange.stop(self.locale)
        self._put_back(exchange)

    def fail(self, exchange: Exchange, markup: str) -> None:
        """Show ``markup`` in the place of an answer that was expected, or below what it was to replace."""
        if exchange.is_arriving:
            exchange.fail(markup)
            self._put_back(exchange, markup)

    @property
    def _answer_ids(self) -> list[str | None]:
        return _ids(self.exchanges)

    def _added(self, question: str, removed: Removed | None = None) -> Exchange:
        exchange = Exchange(question, removed=removed)
        self.exchanges.append(exchange)
        return exchange

    def _put_back(self, exchange: Exchange, notice: str = "") -> None:
        """Show again what a question without an answer was to take the place of."""
        removed = exchange.removed
        if removed is None or not exchange.is_given_up or exchange not in self.exchanges:
            return
        self.exchanges[self.exchanges.index(exchange) :] = removed.exchanges
        self.rest, self.notice = removed.rest, notice or removed.notice


def _ids(exchanges: list[Exchange]) -> list[str | None]:
    """The ids of answers; None for each that there is not."""
    return [each.answer.answer_id if each.answer else None for each in exchanges]
