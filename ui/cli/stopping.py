"""Being told to stop: while a server is still starting, and where something does not end."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread, Timer
from types import FrameType

from ui.errors import FAILED

_SAY_SECONDS = 0.5

_log = logging.getLogger(__name__)


@contextmanager
def told_to_stop() -> Iterator[Event]:
    """Make SIGTERM end the process as Ctrl-C does: what was opened is closed on the way out.

    Yields:
        What is set once either came. An interrupt that arrives inside an import can be swallowed there, so
        that whoever has finished starting must look.
    """
    told = Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        told.set()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_within(seconds: float, clean: Callable[[], None]) -> None:
    """End the process after ``seconds`` at the latest, with exit code 1, whatever its threads do.

    The catalog and the caches bear that at any moment, and the system gives back locks and ports.

    Args:
        seconds: how long the process may take to end by itself.
        clean: called before that; it must not wait.
    """

    def end() -> None:
        with suppress(OSError):
            clean()
        # Whoever should read the log may be what hangs.
        saying = Thread(
            target=_log.error, args=("cut off what did not end within %g seconds", seconds), daemon=True
        )
        saying.start()
        saying.join(_SAY_SECONDS)
        os._exit(FAILED)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
