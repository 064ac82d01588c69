"""The errors of documents, files and the library, with one base class for all errors of the program."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import regex

_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

_SQLITE_WRITING = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
RETRY_SECONDS = 5  # The seconds after which a caller that was refused for lack of capacity may try again.

_DAMAGED = "if it repeats, restore a backup with `footnoted restore FILE`, or sync into a new --home"

_UNPRINTABLE = regex.compile(r"[\p{C}\p{Zl}\p{Zp}]")

# The bits of an SQLite error code that hold the primary code; the other bits name a special case of it.
_PRIMARY = 0xFF


class FootnotedError(Exception):
    """``str(error)`` is one line: what failed, which value, what to do."""

    def outward(self) -> str:
        """One line for network callers; it names no folder, process or machine."""
        return str(self)


# The library and its files


class LibraryError(FootnotedError):
    """The message may name the library's folder; ``outward`` does not."""

    def __init__(self, line: str, outward: str) -> None:
        super().__init__(line)
        self._outward = outward

    def outward(self) -> str:
        return self._outward


class LibraryLockedError(LibraryError):
    """Another process is writing to the library. The message names the process, its task and its start."""


class LibraryWriteError(LibraryError):
    """The library's folder cannot be written to. Earlier commits are still served."""


class CatalogError(FootnotedError):
    """The catalog's file or database cannot be used."""


class UnreachableError(FootnotedError):
    """A server on which the library relies does not answer. The message may name the server."""


class CatalogUnreachableError(CatalogError, UnreachableError):
    def __init__(self, cause: str) -> None:
        super().__init__(
            f"the database of the catalog cannot be reached ({cause}); check its address "
            "(FOOTNOTED_DATABASE_URL or --to) and its server, then try again"
        )

    def outward(self) -> str:
        return "the database of the library cannot be reached; try again in a moment"


class VectorsUnreachableError(UnreachableError):
    """Also if the Milvus server has lost the vectors."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"the vectors in Milvus cannot be searched ({cause}); check FOOTNOTED_INDEX and the server of "
            "Milvus, then try again"
        )

    def outward(self) -> str:
        return "the search index of the library cannot be reached; try again in a moment"


class SchemaError(FootnotedError):
    """The catalog has a schema that this version of the program does not know."""


class BackupError(FootnotedError):
    """A backup cannot be made or restored."""


class LibraryRestoredError(FootnotedError):
    """The library was restored from a backup, so document ids may now identify other documents."""


class VectorIndexError(FootnotedError):
    """The stored vector index cannot be read. It can be rebuilt from the catalog."""


class LexicalIndexError(FootnotedError):
    """The stored word index cannot be read or written. It can be rebuilt from the catalog."""


# Documents


class DocumentNotFoundError(FootnotedError, LookupError):
    def __init__(self, document_id: int, version: int | None) -> None:
        what = f"document {document_id}" + (f", version {version}" if version is not None else "")
        super().__init__(f"{what} is not in the library; it may have been removed")
        self.document_id = document_id
        self.version = version


class OutdatedError(FootnotedError):
    """The document has a newer version, or was removed, since the caller read it."""


class DetailsChangedError(FootnotedError):
    """The document's details were edited since the caller read them."""


class NotUploadedError(FootnotedError):
    """The library cannot delete the document, because its file is in a folder that the library follows."""


class GoneError(FootnotedError):
    """The document was deleted for good."""


class StorageLimitError(FootnotedError):
    """The user's uploaded files would take more bytes, with this upload, than the limit allows."""


class TakenError(FootnotedError):
    """A deleted document cannot be restored, because another document has its id or its path."""


# Encoders


class EncoderError(FootnotedError):
    """The encoder cannot be opened."""


class EncoderMismatchError(FootnotedError):
    """The encoder with which the library is opened is not the one that indexed it."""


class BuildGoneError(FootnotedError):
    """Another process abandoned this build (a new set of embedded passages) before it was complete."""


class VectorsGoneError(FootnotedError):
    """A vector that was found in the catalog was removed before it could be used."""


# Jobs and files


class JobNotFoundError(FootnotedError, LookupError):
    def __init__(self, job_id: str, kept: int) -> None:
        super().__init__(f"there is no job {job_id!r}; the last {kept:,} are remembered")


class JobEndedError(FootnotedError, ValueError):
    """The job cannot be cancelled, because it has ended."""


class Cancelled(FootnotedError):  # noqa: N818 (a request, not a fault)
    """The library keeps everything that the job committed before."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; what was written by then stays, and a sync goes on from there")


class BusyError(FootnotedError):
    """Too much work of this kind is waiting; the caller can try again later."""

    def __init__(self, waiting: int, what: str) -> None:
        super().__init__(f"{waiting:,} {what} wait already; try again in {RETRY_SECONDS} seconds")


class FailureNotFoundError(FootnotedError, LookupError):
    """The library lists no failure with this id."""


class LoadError(FootnotedError):
    """``cause`` is a predicate of the file, ``remedy`` what to do about it."""

    def __init__(self, path: Path, cause: str, remedy: str) -> None:
        super().__init__(path, cause, remedy)
        self.path = path
        self.cause = printable(cause)
        self.remedy = printable(remedy)

    def __str__(self) -> str:
        return f"{printable(self.path.name)}: {self.cause}; {self.remedy}"


class ClusterError(FootnotedError):
    """A Ray cluster cannot be used to read and embed files."""


class RecognitionError(FootnotedError):
    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}")
        self.cause = cause
        self.remedy = remedy


def printable(name: str) -> str:
    """Replace each control character, line separator and lone surrogate in ``name`` by "?"."""
    return str(_UNPRINTABLE.sub("?", name))


# From a full disk, a missing file or damage in the home folder; tantivy, FAISS and torch raise them too.
STANDARD_ERRORS = (OSError, ValueError, RuntimeError, LookupError, MemoryError, ImportError)


def expected_errors() -> tuple[type[Exception], ...]:
    """Call this only after an error was raised, because the import of SQLAlchemy takes long."""
    import sqlalchemy.exc

    return (FootnotedError, *STANDARD_ERRORS, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error)


def line_of(error: BaseException) -> str:
    """For a log or a terminal: cause and remedy."""
    return _line(error, outward=False) if isinstance(error, Exception) else str(error)


def outward_line(error: BaseException) -> str:
    """For job records and HTTP replies: no folder, process or machine."""
    return _line(error, outward=True) if isinstance(error, Exception) else str(error)


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
        # Messages of other libraries may name folders.
        line = f"{type(error).__name__}: the program's log has the cause; {_DAMAGED}"
    else:
        # The message of an SQLAlchemy error includes the statement and a link; ``orig`` is the database's own
        # error.
        line = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}; {_DAMAGED}"
    return " ".join(line.split())


def write_failure(error: BaseException | None) -> str | None:
    """None if the disk is neither full nor read-only."""
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, OSError) and origin.errno in _WRITING:
        return origin.strerror
    code = getattr(origin, "sqlite_errorcode", 0) if isinstance(origin, sqlite3.Error) else 0
    return str(origin) if {code, code & _PRIMARY} & _SQLITE_WRITING else None
