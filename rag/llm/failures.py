"""Classifies the failures of a language model, tells which may be temporary, and puts them into words."""

from __future__ import annotations

from collections.abc import Iterator

_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses of a busy or failing server; other statuses mean that the request is wrong."""

_TRANSPORT_ERRORS = frozenset({"TransportError", "APIConnectionError"})
"""Errors of httpx and of clients based on it: the server was unreachable, or the connection broke."""

_TIMEOUT_ERRORS = frozenset({"TimeoutError", "TimeoutException", "APITimeoutError", "Timeout"})
"""Timeout errors of Python, httpx, clients based on it, and requests."""

_REASONS = {
    401: "its server refused the key",
    403: "its server refused the key",
    402: "its server asks for a payment",
    404: "its server does not have this model",
    429: "its server has had too many requests",
}
"""What HTTP statuses mean for a reader."""

_HIDDEN = "…"
"""The text that replaces a key in a message."""


def is_retryable(error: BaseException) -> bool:
    """Return whether the same request may succeed a moment later.

    Each client has its own error classes. If the error has an HTTP status, the status decides; otherwise the
    types of the errors in the chain of causes do.
    """
    status = _status(error)
    if status is not None:
        return status in _RETRYABLE
    return any(isinstance(cause, OSError) or _TRANSPORT_ERRORS & _kinds(cause) for cause in _chain(error))


def is_timeout(error: BaseException) -> bool:
    """Return whether an error means that the client's own time limit has passed."""
    return any(_TIMEOUT_ERRORS & _kinds(cause) for cause in _chain(error))


def reason_of(error: BaseException) -> str | None:
    """Return in words for a reader why a model could not be asked; None if the error does not say it."""
    status = _status(error)
    if status is not None:
        refused = "its server failed" if status >= 500 else "its server refused the request"
        return _REASONS.get(status, refused)
    return "its server could not be reached" if is_retryable(error) else None


def describe(error: BaseException, secret: str | None = None) -> str:
    """Describe an error on one line.

    Args:
        error: an error of a client.
        secret: the key, which the description hides: a server may repeat a key that it refuses, and an
            address may contain one.
    """
    words = redact(" ".join(str(error).split()), secret)
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__


def redact(words: str, secret: str | None) -> str:
    """Return a message in which an ellipsis replaces the key."""
    return words.replace(secret, _HIDDEN) if secret else words


def _status(error: BaseException) -> int | None:
    for bearer in (error, getattr(error, "response", None)):
        status = getattr(bearer, "status_code", None)
        if isinstance(status, int) and status > 0:
            return status
    return None


def _kinds(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__
