"""The pauses before a client sends a request again; a busy or starting server may say how long to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom

import httpx

_RANDOM = SystemRandom()

BUSY = frozenset({429, 503})
"""The statuses with which a server says that it has not begun to handle the request."""


@dataclass(frozen=True, slots=True)
class Retries:
    """The number of times that a client repeats a request, and the pause before each repetition.

    Attributes:
        most: the maximum number of repetitions.
        first_seconds: the pause before the first repetition, if the server names no pause. The pause doubles
            with each repetition, and is then shortened at random by up to a half.
        longest_seconds: the longest pause; if the next pause would be longer, the client gives up.
    """

    most: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 60.0

    def pause(self, repetitions: int, outcome: httpx.Response | httpx.ConnectError) -> float | None:
        """Return the seconds to wait before a repetition; None if the client must not repeat the request.

        Args:
            repetitions: the number of repetitions so far.
            outcome: the response, or the error if there is no response.
        """
        if repetitions >= self.most:
            return None
        asked: float | None = None
        if isinstance(outcome, httpx.Response):
            if outcome.status_code not in BUSY:
                return None
            asked = _seconds(outcome.headers.get("retry-after", ""))
        if asked is None:
            asked = self.first_seconds * 2**repetitions * _RANDOM.uniform(0.5, 1)
        return asked if asked <= self.longest_seconds else None


def _seconds(header: str) -> float | None:
    """Return the waiting time that a ``Retry-After`` header asks for, in seconds.

    Return None if the header is neither a number of seconds nor a date.
    """
    if header.strip().isdecimal():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max((until - datetime.now(UTC)).total_seconds(), 0.0) if until.tzinfo else None
