"""The state of an open page on the server: its conversation, and the tasks that wait for their turn."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from anyio import Event

from ui.page.conversation import ChatMessage, ShownConversation


@dataclass(eq=False, slots=True)
class Task:
    """A task of a page: to answer a question, or to open a conversation.

    Only one task of a page may run at a time: the task that has the turn. The others wait.

    Attributes:
        question: the text of the question; empty for a task that opens a conversation.
        scope: the filters of the question, as the JSON that the page's script sends.
        started: an event that is set when the task no longer waits, because the session has given it the
            turn or has dropped it.
    """

    question: str
    scope: str = ""
    started: Event = field(default_factory=Event)


@dataclass(eq=False, slots=True)
class Session:
    """The state of an open page, which the handlers of all the page's events share.

    The handlers use it only in the server's event loop, so no two of them change it at the same time.

    Attributes:
        conversation: the conversation that the page shows; None before the first question, and after a
            restart of the server.
    """

    conversation: ShownConversation | None = None
    _current: Task | None = field(default=None, init=False)
    _waiting: list[Task] = field(default_factory=list, init=False)
    _returned: list[str] = field(default_factory=list, init=False)

    @property
    def messages(self) -> list[ChatMessage]:
        """The messages of the conversation."""
        return self.conversation.messages if self.conversation else []

    def has_pending(self, question: str, scope: str = "") -> bool:
        """Return whether a task with this question and these filters already runs or waits.

        For example, a user who presses Enter twice asks the same question twice.
        """
        expected = [*([self._current] if self._current else []), *self._waiting]
        return (question.strip(), scope) in [(task.question.strip(), task.scope) for task in expected]

    def is_current(self, task: Task) -> bool:
        """Return whether ``task`` has the turn: it was not cancelled, and no other task has replaced it."""
        return task is self._current

    @contextmanager
    def queue(self, question: str, scope: str = "") -> Iterator[Task]:
        """Add a task after all earlier tasks, and yield it. The task ends when the context ends.

        The caller awaits ``task.started``. Then :meth:`is_current` tells whether the task has the turn or was
        dropped.
        """
        task = Task(question, scope)
        self._waiting.append(task)
        self._start_next()
        with self._turn(task):
            yield task

    @contextmanager
    def take_turn(self, question: str = "", scope: str = "") -> Iterator[Task]:
        """Start a new task at once, in place of the current task, and yield the new task.

        The new task ends when the context ends. Then the waiting tasks get their turns.
        """
        task = self._current = Task(question, scope)
        with self._turn(task):
            yield task

    def cancel(self) -> None:
        """Stop the answer in progress, and drop the waiting tasks."""
        self.drop_tasks()
        if self.conversation is not None:
            self.conversation.stop()

    def drop_tasks(self) -> None:
        """Drop the waiting tasks, and take the turn (the permission to run) from the current task."""
        waiting, self._waiting, self._current = self._waiting, [], None
        self._returned += [task.question for task in waiting]
        for task in waiting:
            task.started.set()

    def take_back(self) -> list[str]:
        """Return the questions of the tasks that were dropped since the last call, the oldest first."""
        questions, self._returned = self._returned, []
        return questions

    @contextmanager
    def _turn(self, task: Task) -> Iterator[None]:
        """End ``task`` when the context ends, and start the next waiting task.

        If ``task`` is cancelled while it runs, the waiting tasks are dropped.
        """
        try:
            yield
        except (CancelledError, GeneratorExit):
            # The task was stopped, or its page was closed, so the waiting tasks end as well.
            if self.is_current(task):
                self.drop_tasks()
            elif task in self._waiting:
                self._returned.append(task.question)
            raise
        finally:
            self._finish(task)

    def _finish(self, task: Task) -> None:
        if task in self._waiting:
            self._waiting.remove(task)
        if task is self._current:
            self._current = None
            self._start_next()

    def _start_next(self) -> None:
        if self._current is None and self._waiting:
            self._current = self._waiting.pop(0)
            self._current.started.set()
