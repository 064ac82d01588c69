"""A page that is open, as the server knows it: the conversation it shows, and whose turn it is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from anyio import Event, get_cancelled_exc_class

from ui.page.turns import Asked, Turn


@dataclass(eq=False, slots=True)
class Place:
    """The place of something that is done with a conversation, among what else is done with it.

    Attributes:
        question: what is asked; empty where a conversation is opened.
        scope: what narrows it, as the script says it.
        comes: set when its turn has come, or never will.
    """

    question: str
    scope: str = ""
    comes: Event = field(default_factory=Event)


@dataclass(eq=False, slots=True)
class Session:
    """What the server knows of a page; all events of the page share it.

    It is used in the server's event loop only, so that nothing happens between two of its steps.

    Attributes:
        asked: the conversation that is shown; None where the server knows of none: nothing was asked yet, or
            it has forgotten what was.
    """

    asked: Asked | None = None
    _present: Place | None = field(default=None, init=False)
    _waiting: list[Place] = field(default_factory=list, init=False)
    _unasked: list[str] = field(default_factory=list, init=False)

    @property
    def turns(self) -> list[Turn]:
        """The messages of the conversation."""
        return self.asked.turns if self.asked else []

    def expects(self, question: str, scope: str = "") -> bool:
        """Whether a question is being answered in a scope, or waits to be: Enter was pressed twice."""
        expected = [*([self._present] if self._present else []), *self._waiting]
        return (question.strip(), scope) in [(place.question.strip(), place.scope) for place in expected]

    def serves(self, place: Place) -> bool:
        """Whether it is still the turn of what has a place: neither was it given up, nor its turn taken."""
        return place is self._present

    @asynccontextmanager
    async def in_turn(self, question: str, scope: str = "") -> AsyncIterator[Place]:
        """Wait until all that came before has ended; where the question was given up, `serves` says so."""
        place = Place(question, scope)
        self._waiting.append(place)
        self._go_on()
        with self._held(place):
            await place.comes.wait()
            yield place

    @contextmanager
    def at_once(self, question: str = "", scope: str = "") -> Iterator[Place]:
        """Take the turn of what is being done; what waits comes after."""
        place = self._present = Place(question, scope)
        with self._held(place):
            yield place

    def give_up(self) -> None:
        """Expect no more of an answer that is arriving, and ask nothing of what waits."""
        self.drop()
        if self.asked is not None:
            self.asked.stop()

    def drop(self) -> None:
        """Ask nothing of what waits; what is being done has its turn no more."""
        waiting, self._waiting, self._present = self._waiting, [], None
        self._unasked += [place.question for place in waiting]
        for place in waiting:
            place.comes.set()

    def take_unasked(self) -> list[str]:
        """The questions that waited when they were dropped or cancelled, the oldest first, each once."""
        unasked, self._unasked = self._unasked, []
        return unasked

    @contextmanager
    def _held(self, place: Place) -> Iterator[None]:
        try:
            yield
        except (get_cancelled_exc_class(), GeneratorExit):
            # It was stopped, or the page is gone: so is what waits for it.
            if self.serves(place):
                self.drop()
            elif place in self._waiting:
                self._unasked.append(place.question)
            raise
        finally:
            self._leave(place)

    def _leave(self, place: Place) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
        if place is self._present:
            self._present = None
            self._go_on()

    def _go_on(self) -> None:
        if self._present is None and self._waiting:
            self._present = self._waiting.pop(0)
            self._present.comes.set()
