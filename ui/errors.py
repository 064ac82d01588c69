"""What goes wrong in a command → one line of cause and remedy, and an exit code. Never a traceback."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from tempfile import NamedTemporaryFile
from types import TracebackType

from index.errors import LibraryError, write_failure

FAILED = 1
USED_WRONGLY = 2

_OUR_PACKAGES = {"index", "rag", "ui"}
_DAMAGED = "if it repeats, put a backup back with `footnoted restore FILE`, or sync into a new --home"


class UsedWronglyError(ValueError):
    """The command was given what it cannot work with; the message is one line of cause and remedy."""


STANDARD_ERRORS = (OSError, ValueError, RuntimeError, LookupError, MemoryError, ImportError)
"""What a full disk, a missing file or a damaged home leads to; tantivy, FAISS and torch raise these too."""


def library_errors() -> tuple[type[Exception], ...]:
    """The errors of the index, of readers and of the libraries under it that are none of ``STANDARD_ERRORS``.

    Gathered only when something else was raised, since the modules that define them take long to import.
    """
    import sqlite3

    import httpx
    import sqlalchemy.exc

    from index.catalog.backup import BackupError
    from index.catalog.builds import BuildGoneError
    from index.catalog.database import CatalogError
    from index.catalog.lock import LibraryLockedError
    from index.catalog.schema import SchemaError
    from index.catalog.writes import LibraryRestoredError
    from index.embedding.encoder import EncoderError
    from index.embedding.encoders import EncoderMismatchError
    from index.ingest.progress import Cancelled
    from index.loaders import LoadError
    from index.search.maintenance import LibraryWriteError
    from rag.finding.reader import ReaderError
    from rag.llm import ModelSetupError
    from rag.verification.entailment import EntailmentError

    return (
        BackupError,
        BuildGoneError,
        Cancelled,
        CatalogError,
        EncoderError,
        EncoderMismatchError,
        EntailmentError,
        LibraryLockedError,
        LibraryRestoredError,
        LibraryWriteError,
        LoadError,
        ModelSetupError,
        ReaderError,
        SchemaError,
        httpx.HTTPError,
        sqlalchemy.exc.SQLAlchemyError,
        sqlite3.Error,
    )


def expected_errors() -> tuple[type[Exception], ...]:
    """All that is explained in a line, where what goes on for long must survive it."""
    return (*STANDARD_ERRORS, *library_errors())


def line_of(error: BaseException) -> str:
    """The line that a log or a terminal shows of an error."""
    return explain(error)[0] if isinstance(error, Exception) else str(error)


def outward_line(error: BaseException) -> str:
    """The line that a job keeps of an error, which HTTP tells: it names no folder, process or machine."""
    return _line(error, outward=True) if isinstance(error, Exception) else str(error)


def explain(error: Exception) -> tuple[str, int]:
    """One line of cause and remedy for ``error``, and the exit code that it means."""
    from rag.questions import QuestionError
    from ui.cli.server import ServerRefusedError
    from ui.settings import SettingsError

    wrongly = isinstance(error, (QuestionError, SettingsError, UsedWronglyError))
    if isinstance(error, ServerRefusedError):
        wrongly = error.status in {400, 413, 422}
    return _line(error, outward=False), USED_WRONGLY if wrongly else FAILED


def _line(error: Exception, *, outward: bool) -> str:
    cause = write_failure(error) or (error.strerror if isinstance(error, OSError) else None)
    if isinstance(error, LibraryError) and outward:
        line = error.outward
    elif type(error).__module__.partition(".")[0] in _OUR_PACKAGES:
        line = str(error)
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
