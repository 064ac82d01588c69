"""What goes wrong in a command → one line of cause and remedy, and an exit code. Never a traceback."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from tempfile import NamedTemporaryFile
from types import TracebackType

from index.errors import FootnotedError, write_failure

FAILED = 1
USED_WRONGLY = 2

RETRY_SECONDS = 5
"""After which a caller that was refused for lack of room may try again."""

_DAMAGED = "if it repeats, put a backup back with `footnoted restore FILE`, or sync into a new --home"


class UsedWronglyError(FootnotedError, ValueError):
    """The command got an argument that it cannot work with."""


class SettingsError(FootnotedError, ValueError):
    """A setting cannot be used."""


class PortInUseError(FootnotedError):
    """The server cannot listen on its address."""


class AlreadyServedError(FootnotedError):
    """Another server of the same home is running. The message says where."""


class ServerGoneError(FootnotedError):
    """The running server stopped before it answered."""


class ServerRefusedError(FootnotedError):
    """The running server answered with a problem. The message is its detail.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


class BusyError(FootnotedError):
    """Too much work of this kind is waiting already. The caller can try again."""

    def __init__(self, waiting: int, what: str) -> None:
        super().__init__(f"{waiting:,} {what} wait already; try again in {RETRY_SECONDS} seconds")


class PictureError(FootnotedError):
    """The page cannot be shown as a picture."""


class ScopeError(FootnotedError, ValueError):
    """The text does not name a scope for questions."""


class NotExportedError(UsedWronglyError):
    """The file is not an exported answer."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"{cause}; give a file that `footnoted export` wrote")


class NotThereError(FootnotedError, LookupError):
    """The library keeps neither an answer nor a conversation with such an id."""

    def __init__(self, own_id: str) -> None:
        super().__init__(f"there is no answer and no conversation {own_id!r}; it may have been deleted")


STANDARD_ERRORS = (OSError, ValueError, RuntimeError, LookupError, MemoryError, ImportError)
"""What a full disk, a missing file or a damaged home leads to; tantivy, FAISS and torch raise these too."""


def expected_errors() -> tuple[type[Exception], ...]:
    """The errors that are explained in one line: those of this program and of the libraries under it.

    Gathered only after another error was raised, because the modules take long to import.
    """
    import sqlite3

    import httpx
    import sqlalchemy.exc

    return (FootnotedError, *STANDARD_ERRORS, httpx.HTTPError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error)


def line_of(error: BaseException) -> str:
    """The line that a log or a terminal shows of an error."""
    return explain(error)[0] if isinstance(error, Exception) else str(error)


def outward_line(error: BaseException) -> str:
    """The line that a job keeps of an error, which HTTP tells: it names no folder, process or machine."""
    return _line(error, outward=True) if isinstance(error, Exception) else str(error)


def explain(error: Exception) -> tuple[str, int]:
    """One line of cause and remedy for ``error``, and the exit code that it means."""
    from rag.errors import QuestionError
    from ui.errors import ServerRefusedError, SettingsError

    wrongly = isinstance(error, (QuestionError, SettingsError, UsedWronglyError))
    if isinstance(error, ServerRefusedError):
        wrongly = error.status in {400, 413, 422}
    return _line(error, outward=False), USED_WRONGLY if wrongly else FAILED


def _line(error: Exception, *, outward: bool) -> str:
    cause = write_failure(error) or (error.strerror if isinstance(error, OSError) else None)
    if isinstance(error, FootnotedError):
        line = error.outward() if outward else str(error)
    elif cause:
        where = getattr(error, "filename", None)
        named = f"{where}: " if where and not outward else ""
        line = f"{named}{cause}; check the path, its permissions and the space on the disk"
    elif isinstance(error, MemoryError):
        line = "there is not enough memory; close other programs, or sync fewer files at once"
    elif isinstance(error, ImportError):
        line = f"a part of the installation is missing ({error}); install footnoted again"
    elif outward and not hasattr(error, "orig"):
        # What other libraries say may name folders.
        line = f"{type(error).__name__}: the program's log has the cause; {_DAMAGED}"
    else:
        # What SQLAlchemy raises prints the statement and a link as well; its origin is the cause alone.
        line = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}; {_DAMAGED}"
    return " ".join(line.split())


def excepthook(name: str) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """A ``sys.excepthook`` for a mistake of the program: one line, the traceback in a file for a report."""

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
