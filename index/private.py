"""Makes files for their owner alone; not by the umask, which would also hide what a user exports."""

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
    """Also its missing parents. A shared folder (sticky bit) keeps its permissions. Raises OSError."""
    if not folder.is_dir():
        if not folder.parent.exists():
            make_folder(folder.parent)
        folder.mkdir(FOLDER, exist_ok=True)
    if not folder.stat().st_mode & stat.S_ISVTX:
        close_to_others(folder)


def make_file(file: Path) -> None:
    """Does not open an existing file: closing a database would lose this process's locks. Raises OSError."""
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
    """In one step, for its owner alone. Raises OSError, and the old file stays."""
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
    """With the two files that SQLite may keep beside it."""
    return tuple(database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm"))


def close_to_others(place: Path) -> None:
    """Only if this process's user owns the place."""
    with suppress(OSError):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & _OTHERS:
            place.chmod(mode & ~_OTHERS)
