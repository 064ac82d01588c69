"""Whose turn it is at the model: questions before passages, and waiting questions together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Question, Answer]):
    question: Question
    answer: Answer | None = None


class Turns(Generic[Question, Answer]):
    """Gives the model to one thread at a time. Safe to share between threads.

    The first who asks while the model is free answers for all who wait; what works through passages comes
    in the order of its coming, after all who ask.
    """

    def __init__(self, answer: Callable[[Sequence[Question]], Sequence[Answer]]) -> None:
        """Questions are answered by ``answer``, several at a time: an answer for each, in order."""
        self._answer = answer
        self._free = Condition()
        self._busy = False
        self._asking: list[_Waiting[Question, Answer]] = []
        self._working: deque[object] = deque()

    def ask(self, question: Question) -> Answer:
        """The answer to a question, as soon as the turn that is going on is over.

        An error of answering is raised to the one who answered; the others try again.
        """
        mine: _Waiting[Question, Answer] = _Waiting(question)
        with self._free:
            self._asking.append(mine)
            self._free.wait_for(lambda: mine.answer is not None or not self._busy)
            if mine.answer is not None:
                return mine.answer
            self._busy = True
            taken, self._asking = self._asking, []
        answers: Sequence[Answer] = ()
        try:
            answers = self._answer([each.question for each in taken])
        finally:
            with self._free:
                for each, answer in zip(taken, answers, strict=False):
                    each.answer = answer
                self._asking.extend(each for each in taken if each.answer is None and each is not mine)
                self._busy = False
                self._free.notify_all()
        return answers[taken.index(mine)]

    @contextmanager
    def working(self) -> Iterator[None]:
        """One turn of something long, of which each part should be short: who asks waits for it."""
        place = object()
        with self._free:
            self._working.append(place)
            try:
                self._free.wait_for(lambda: not self._busy and not self._asking and self._working[0] is place)
                self._busy = True
            finally:
                self._working.remove(place)
        try:
            yield
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()
