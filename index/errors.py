"""Why a library cannot be used, in words for its own machine and in words for callers over the network."""

from __future__ import annotations

import errno
import sqlite3

_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

_SQLITE_WRITING = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_PRIMARY = 0xFF
"""The bits of an SQLite error code that tell its kind; the others tell where it arose."""


class LibraryError(Exception):
    """A library cannot be used; the message is a line of cause and remedy that may name its folder.

    Attributes:
        outward: the same for callers over the network. It names no folder, process or machine.
    """

    def __init__(self, line: str, outward: str) -> None:
        super().__init__(line)
        self.outward = outward


def write_failure(error: BaseException | None) -> str | None:
    """The system's words for a full disk or one that may only be read; None if ``error`` is about neither."""
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, OSError) and origin.errno in _WRITING:
        return origin.strerror
    code = getattr(origin, "sqlite_errorcode", 0) if isinstance(origin, sqlite3.Error) else 0
    return str(origin) if {code, code & _PRIMARY} & _SQLITE_WRITING else None
