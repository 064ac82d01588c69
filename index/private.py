"""Makes the folders and files of a library such that only their owner can read them.

Modes are given one by one, since the process's umask would change the files that a person asks for, too. On
Windows a file has the rights of its folder, and the user's own folders are closed to others.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

FILE = 0o600
FOLDER = 0o700
_OTHERS = 0o077


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it, that only its owner enters; close one that is there to all others.

    A folder that is everybody's, which its sticky bit tells, stays as it is.

    Raises:
        OSError: if it cannot be made.
    """
    if not folder.is_dir():
        if not folder.parent.exists():
            make_folder(folder.parent)
        folder.mkdir(FOLDER, exist_ok=True)
    if not folder.stat().st_mode & stat.S_ISVTX:
        close_to_others(folder)


def make_file(file: Path) -> None:
    """Make an empty file that only its owner reads, or close one that is there to all others.

    The file is not opened: that would take away the locks that this process has on a database.

    Raises:
        OSError: if it cannot be made.
    """
    if not file.exists():
        descriptor, part = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        os.close(descriptor)
        try:
            # Unlike a rename, a link leaves the file alone that another process may have made meanwhile.
            with suppress(FileExistsError):
                file.hardlink_to(part)
        finally:
            Path(part).unlink()
    close_to_others(file)


def opener(path: str, flags: int) -> int:
    """For ``open``: a file that it makes is its owner's alone."""
    return os.open(path, flags, FILE)


def close_to_others(place: Path) -> None:
    """Take from a file or folder the rights that others have, as far as it belongs to this process's user."""
    with suppress(OSError):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & _OTHERS:
            place.chmod(mode & ~_OTHERS)
