"""Moves feedback to the catalog from the file in which older versions of the program stored it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from index.catalog import Catalog, feedback, writing
from index.private import write_file
from rag.conversations.feedback import Feedback, read_feedback

FILE = "feedback.jsonl"
"""The name of the file in a home folder: JSON Lines in the order of arrival."""


def import_feedback(home: Path, catalog: Catalog) -> None:
    """Move the feedback of ``FILE`` in ``home`` to the catalog. Damaged lines stay in the file.

    Several processes may do this at once. After a crash in the middle, the next call finishes the work.

    Raises:
        sqlalchemy.exc.OperationalError: if the catalog cannot be written.
        OSError: if the file cannot be read or written.
    """
    file = home / FILE
    if not file.is_file():
        return
    with writing(catalog.engine) as connection:
        # This deletes nothing. It makes SQLite lock the catalog before the file is read, because another
        # process may be importing the same file.
        connection.execute(sa.delete(feedback).where(sa.false()))
        read = [(line, _feedback(line)) for line in _lines(file)]
        stored = {*read_feedback(catalog)}
        new = [asdict(given) for _, given in read if given is not None and given not in stored]
        if new:
            connection.execute(sa.insert(feedback), new)
    damaged = [line for line, given in read if given is None]
    if not damaged:
        file.unlink(missing_ok=True)
    elif len(damaged) < len(read):
        write_file(file, b"".join(line + b"\n" for line in damaged))


def forget_feedback_file(home: Path, before: float) -> None:
    """Delete the file of damaged feedback lines if it is older than ``before``, a Unix time."""
    file = home / FILE
    with suppress(FileNotFoundError):
        if file.stat().st_mtime < before:
            file.unlink()


def _lines(file: Path) -> list[bytes]:
    """Return the lines of the file that are not empty; none if another process has imported the file."""
    try:
        return [line for line in file.read_bytes().split(b"\n") if line.strip()]
    except FileNotFoundError:
        return []


def _feedback(line: bytes) -> Feedback | None:
    try:
        return TypeAdapter(Feedback).validate_json(line, strict=True)
    except ValidationError:
        return None
