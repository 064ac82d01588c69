"""How a language model can fail, and which failures may pass by themselves."""

from __future__ import annotations

from collections.abc import Iterator

_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses of a server that is busy or stumbled; others say that the request is wrong."""

_OF_TRANSPORT = frozenset({"TransportError", "APIConnectionError"})
"""Of httpx and of the clients made with it: the server could not be reached, or the connection broke."""

_OF_TIME = frozenset({"TimeoutError", "TimeoutException", "APITimeoutError", "Timeout"})
"""Of Python, httpx, the clients made with it, and requests."""

_HIDDEN = "…"
"""Stands in a message in the place of a key."""


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later.

    Each client has errors of its own: they are told by their HTTP status, or by what they were raised from.
    """
    status = _status(error)
    if status is not None:
        return status in _RETRYABLE
    return any(isinstance(cause, OSError) or _OF_TRANSPORT & _kinds(cause) for cause in _chain(error))


def is_of_time(error: BaseException) -> bool:
    """Whether a client itself had waited long enough."""
    return any(_OF_TIME & _kinds(cause) for cause in _chain(error))


def in_words(error: BaseException, secret: str | None = None) -> str:
    """What went wrong, on one line.

    Args:
        error: a client's.
        secret: what must not stand in it: servers repeat the key that they refuse, addresses carry it.
    """
    words = without(" ".join(str(error).split()), secret)
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__


def without(words: str, secret: str | None) -> str:
    """A message from which a key is taken out."""
    return words.replace(secret, _HIDDEN) if secret else words


def _status(error: BaseException) -> int | None:
    """The HTTP status of an error, which clients keep with it or with the response that it is of."""
    for bearer in (error, getattr(error, "response", None)):
        status = getattr(bearer, "status_code", None)
        if isinstance(status, int) and status > 0:
            return status
    return None


def _kinds(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__
