"""The HTTP responses that are being read, so that each can be closed by the thread that reads it."""

from __future__ import annotations

from threading import local
from typing import Protocol


class Closable(Protocol):
    """What an HTTP client hands out while a response is being read."""

    def close(self) -> None:
        """Let go of its connection; nothing happens the second time."""
        ...


class OpenResponses:
    """The last response of each thread. Safe to share between threads: none sees another's."""

    def __init__(self) -> None:
        self._own = local()

    def note(self, response: Closable) -> None:
        """Remember a response, in the thread that asked for it."""
        self._own.response = response

    def close(self) -> None:
        """Close this thread's response, if it has one."""
        response: Closable | None = self._own.__dict__.pop("response", None)
        if response is not None:
            response.close()
