"""Stops the process on SIGTERM and Ctrl-C, even during its start or while a thread hangs.

In a sync, a signal raises an exception, which ends the sync at once. A starting server only notes the signal
and stops between two steps: an exception inside an import may be printed and lost, or abort the process.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread, Timer
from types import FrameType
from typing import NoReturn

from ui.errors import FAILED

EXIT_SECONDS = 8.0  # the seconds that a server may take to end after a signal, before it is killed
_LOG_SECONDS = 0.5

_log = logging.getLogger(__name__)


@contextmanager
def interruptible() -> Iterator[Event]:
    """Make SIGTERM raise ``KeyboardInterrupt``, as Ctrl-C does, so that open resources are closed.

    The event is set after either signal. An import can swallow ``KeyboardInterrupt``, so the caller must
    check the event after its slow imports.
    """
    interrupted = Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    with _handling(interrupt):
        yield interrupted


@contextmanager
def signals_noted(seconds: float) -> Iterator[Event]:
    """Set an event on SIGTERM and Ctrl-C; the caller must check it, and stop.

    If the context does not end within ``seconds`` after a signal, the process is killed.
    """
    noted = Event()
    timers: list[Timer] = []

    def note(_signal: int, _frame: FrameType | None) -> None:
        if not noted.is_set():
            noted.set()
            timers.append(exit_within(seconds, lambda: None))

    with _handling(note):
        try:
            yield noted
        finally:
            for timer in timers:
                timer.cancel()


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def exit_within(seconds: float, clean_up: Callable[[], None]) -> Timer:
    """Kill this process after ``seconds``, with exit code 1, unless it ends or the timer is cancelled before.

    The catalog and the caches survive a kill at any moment, and the system releases locks and ports.
    ``clean_up`` is called before the kill; it must not block.
    """

    def kill() -> None:
        with suppress(OSError):
            clean_up()
        # Log in a thread, because the reader of the log may hang.
        logging_thread = Thread(
            target=_log.error,
            args=("killed the process, which did not end within %g seconds", seconds),
            daemon=True,
        )
        logging_thread.start()
        logging_thread.join(_LOG_SECONDS)
        os._exit(FAILED)

    timer = Timer(max(seconds - _LOG_SECONDS, 0.0), kill)
    timer.daemon = True
    timer.start()
    return timer


def exit_with(command: Callable[[], int]) -> NoReturn:
    """Run ``command`` and end this process with the exit code that it returns.

    The process ends like any Python program: it waits for other threads, except daemon threads, and runs the
    functions registered with :mod:`atexit`. It skips only the last step, in which the interpreter frees its
    modules: a thread of a C++ library that entered Python during that step would abort the process.
    """
    code = FAILED

    def end() -> None:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(code)

    # The function that is registered first runs last.
    atexit.register(end)
    code = command()
    sys.exit(code)
