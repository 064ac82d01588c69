"""The errors of the user interfaces, and the line and exit code with which a command reports an error."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from tempfile import NamedTemporaryFile
from types import TracebackType

from index.errors import RETRY_SECONDS, FootnotedError, line_of
from index.errors import expected_errors as library_errors

FAILED = 1
USED_WRONGLY = 2


class UsedWronglyError(FootnotedError, ValueError):
    """A command or a request has a value that cannot be used."""


class NoChoiceError(UsedWronglyError):
    """A setting names the language model, there is no folder to store a choice, or no model to test."""


class SettingsError(FootnotedError, ValueError):
    """A setting cannot be used."""


class AccountError(UsedWronglyError):
    """An account cannot be made, changed or found."""


class NotAdmittedError(FootnotedError):
    """A person has signed in to the provider, but has no account here, or is the locked-out ``user``."""

    def __init__(self, message: str, user: str | None = None) -> None:
        super().__init__(message)
        self.user = user


class LastAdministratorError(AccountError):
    """The change would leave no administrator who can sign in."""


class OwnTablesError(FootnotedError):
    """The accounts, the audit log or the counts of requests cannot be opened."""


class PortInUseError(FootnotedError):
    """The server cannot listen on its address."""


class AlreadyServedError(FootnotedError):
    """Another server with the same home folder is running or starting."""


class ServerGoneError(FootnotedError):
    """The running server stopped before it answered."""


class ServerRefusedError(FootnotedError):
    """The running server answered with a problem (RFC 9457), whose detail is the message."""

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


class WarmingUpError(FootnotedError):
    """The server has not loaded its models yet."""

    def __init__(self) -> None:
        super().__init__(f"the server is loading its models; try again in {RETRY_SECONDS} seconds")


class RefusedURLError(FootnotedError, ValueError):
    """The operator's rules do not allow the server to fetch from a URL."""


class FetchError(FootnotedError):
    """A file could not be fetched from its URL."""


class PictureError(FootnotedError):
    """The page cannot be rendered as a picture."""


class FiltersError(FootnotedError, ValueError):
    """The text is not a set of filters for a question."""


class NotThereError(FootnotedError, LookupError):
    """The library has neither a stored answer nor a stored conversation with this id."""

    def __init__(self, unknown_id: str) -> None:
        super().__init__(f"there is no answer and no conversation {unknown_id!r}; it may have been deleted")


def expected_errors() -> tuple[type[Exception], ...]:
    """Return the errors that a command explains in one line. Call this late: it imports slow modules."""
    import httpx

    return (*library_errors(), httpx.HTTPError)


def explain(error: Exception) -> tuple[str, int]:
    """Return one line with the cause and the remedy of ``error``, and the command's exit code."""
    from rag.errors import QuestionError

    wrongly = isinstance(error, (QuestionError, SettingsError, UsedWronglyError))
    if isinstance(error, ServerRefusedError):
        wrongly = error.status in {400, 413, 422}
    return line_of(error), USED_WRONGLY if wrongly else FAILED


def excepthook(name: str) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Return a ``sys.excepthook`` that prints a bug in one line and writes its traceback to a log file."""

    def describe(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        with NamedTemporaryFile(
            "w", prefix=f"{name}-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as log:
            traceback.print_exception(kind, error, trace, file=log)
        cause = " ".join(f"{kind.__name__}: {error}".split())
        print(f"{name}: unexpected {cause}; please report it with the file {log.name}", file=sys.stderr)

    return describe
