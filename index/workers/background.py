"""Background threads of a server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Self

from index.errors import expected_errors, line_of
from index.priority import lower_priority

STOP_SECONDS = 2.0
"""The seconds to wait for the end of the thread when the context ends."""

_log = logging.getLogger(__name__)


class Background:
    """A thread that runs ``work`` until ``work`` returns or the context ends.

    Args:
        name: the thread's name, for logs and debuggers.
        work: runs in the thread. It receives an event, and must return soon after the event is set.
    """

    def __init__(self, name: str, work: Callable[[Event], None]) -> None:
        self._name = name
        self._work = work
        self._stop = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        lower_priority()
        try:
            self._work(self._stop)
        except expected_errors() as error:
            _log.error("%s has stopped: %s; restart the server", self._name, line_of(error))


def every(seconds: float, step: Callable[[], None]) -> Callable[[Event], None]:
    """Return the work of a :class:`Background` that calls ``step`` at an interval.

    If ``step`` raises a known error, the work logs it and goes on. It does not log the same error again until
    ``step`` has succeeded or has raised another error.
    """

    def work(stop: Event) -> None:
        logged = ""
        while not stop.wait(seconds):
            try:
                step()
                logged = ""
            except expected_errors() as error:
                line = line_of(error)
                if line != logged:
                    _log.warning("%s", line)
                logged = line

    return work
