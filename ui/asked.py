"""A conversation as the page shows it, kept on the server for as long as the page is open."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

from rag.answers import Answer
from rag.history import Conversation, of_answers
from ui.arriving import Arrived, arrived_markup, stopped_markup
from ui.locales import ENGLISH, Locale, locale_in
from ui.render import question_markup

REMEMBERED_ANSWERS = 100
"""Of a conversation: as far back, its footnotes keep their numbers."""

Turn = dict[str, str]
"""A message of the conversation as Gradio's chatbot takes it: ``role`` and ``content``."""


@dataclass(slots=True)
class Exchange:
    """A question, and what is shown of its answer.

    Attributes:
        question: as it was asked.
        markup: what is shown below it.
        arrived: what there is of the answer; None where nothing is yet, or where there is a failure.
        is_given_up: whether no answer is expected any more.
    """

    question: str
    markup: str = ""
    arrived: Arrived | None = None
    is_given_up: bool = False

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
        return of_answers(self.id, answers[-REMEMBERED_ANSWERS:])

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
        self.exchanges += self.rest
        self.rest, self.notice = [], ""
        follows = self.conversation
        return self._added(question), follows

    def supersede(self, answer_id: str, question: str | None) -> tuple[Exchange, Conversation] | None:
        """Put a question in the place of an answer's and of all that follows; None where that is not shown.

        Args:
            answer_id: the answer's.
            question: what is asked in its place; None to ask the same again.
        """
        ids = [each.answer.answer_id if each.answer else None for each in self.exchanges]
        if answer_id not in ids:
            return None
        self.stop()
        place = ids.index(answer_id)
        asked = question or self.exchanges[place].question
        del self.exchanges[place:]
        self.rest, self.notice = [], ""
        follows = replace(self.conversation, replaces=answer_id)
        return self._added(asked), follows

    def stop(self) -> None:
        """Expect no more of an answer that is arriving."""
        for each in self.exchanges:
            each.stop(self.locale)

    def _added(self, question: str) -> Exchange:
        self.stop()
        exchange = Exchange(question)
        self.exchanges.append(exchange)
        return exchange
