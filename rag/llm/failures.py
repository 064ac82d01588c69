"""How a language model can fail, and which failures may pass by themselves."""

from __future__ import annotations

from rag.answers import Fallback

_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses of a server that is busy or stumbled; others say that the request is wrong."""

_OF_TRANSPORT = frozenset({"TransportError", "APIConnectionError"})
"""Of httpx and of the clients made with it: the server could not be reached, or the connection broke."""


class ModelSetupError(Exception):
    """A language model cannot be opened; the message says which setting, why and what to do."""


class ModelError(Exception):
    """A language model gave no reply, or broke off; the message says which, and why.

    Attributes:
        kind: the same for programs.
    """

    def __init__(self, message: str, kind: Fallback) -> None:
        super().__init__(message)
        self.kind = kind


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later.

    Each client has errors of its own: they are told by their HTTP status, or by what they were raised from.
    """
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status in _RETRYABLE
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, OSError) or _OF_TRANSPORT & {kind.__name__ for kind in type(chain).__mro__}:
            return True
        chain = chain.__cause__
    return False


def in_words(error: BaseException) -> str:
    """What went wrong, on one line."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__
