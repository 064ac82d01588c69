"""Creates a library's folders and files so that only their owner can read them.

The functions here set the permissions of each file. They do not change the umask of the process, because
other users could then not read the files that a user exports. On Windows, a file has the permissions of its
folder instead, and other users cannot read a user's own folders.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

FILE = 0o600
FOLDER = 0o700
_OTHERS = 0o077


def cache_folder() -> Path:
    return user_cache_path("footnoted", appauthor=False)


def make_folder(folder: Path) -> None:
    """Make sure that a folder exists, and that only its owner can access it. Raises OSError.

    Missing parents are created in the same way. A shared folder (with the sticky bit) keeps its permissions.
    """
    if not folder.is_dir():
        if not folder.parent.exists():
            make_folder(folder.parent)
        folder.mkdir(FOLDER, exist_ok=True)
    if not folder.stat().st_mode & stat.S_ISVTX:
        close_to_others(folder)


def make_file(file: Path) -> None:
    """Make sure that a file exists, and that only its owner can access it. Raises OSError.

    An existing file is not opened: if it is a database, this process would lose its locks on the database
    when it closes the file.
    """
    if not file.exists():
        descriptor, part = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        os.close(descriptor)
        try:
            # A hard link does not replace a file that another process has created meanwhile; a rename would.
            with suppress(FileExistsError):
                file.hardlink_to(part)
        finally:
            Path(part).unlink()
    close_to_others(file)


def write_file(file: Path, content: str | bytes) -> None:
    """Replace a file in one step, for its owner alone. Raises OSError, and the old file stays."""
    descriptor, part = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.write(content.encode() if isinstance(content, str) else content)
            written.flush()
            os.fsync(written.fileno())
        Path(part).replace(file)
    finally:
        Path(part).unlink(missing_ok=True)


def opener(path: str, flags: int) -> int:
    """The ``opener`` of the function ``open`` for a file that only its owner can access."""
    return os.open(path, flags, FILE)


def database_files(database: Path) -> tuple[Path, ...]:
    """Return the paths of a SQLite database and of the two files that SQLite may keep beside it."""
    return tuple(database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm"))


def close_to_others(place: Path) -> None:
    """Remove other users' permissions, if this process's user owns the place."""
    with suppress(OSError):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & _OTHERS:
            place.chmod(mode & ~_OTHERS)
