"""Being told to stop while a server is still starting."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


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
