"""Stop the process on SIGTERM and Ctrl-C, even during its start or while a thread hangs."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread, Timer
from types import FrameType

from ui.errors import FAILED

_LOG_SECONDS = 0.5

_log = logging.getLogger(__name__)


@contextmanager
def interruptible() -> Iterator[Event]:
    """Make SIGTERM raise ``KeyboardInterrupt``, as Ctrl-C does, so that open resources are closed.

    Yields:
        An event that is set after either signal. An import can swallow ``KeyboardInterrupt``, so the caller
        must check the event after its slow imports.
    """
    interrupted = Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_within(seconds: float, clean_up: Callable[[], None]) -> None:
    """Kill this process after ``seconds``, with exit code 1, if it has not ended by then.

    The catalog and the caches survive a kill at any moment, and the system releases locks and ports.

    Args:
        seconds: the time that the process may take to end by itself.
        clean_up: called before the kill; it must not block.
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

    timer = Timer(seconds, kill)
    timer.daemon = True
    timer.start()
