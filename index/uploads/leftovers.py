"""Undoes the uploads and deletions that a killed process left unfinished, and deletes their folders."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from pathlib import Path

from index.catalog.liveness import Process
from index.library import Library
from index.loaders.sidecar import sidecar_of

INCOMING = ".incoming-"
"""The prefix of the hidden folders with uploaded or deleted files; the name of their process follows it."""

_LEFT_SECONDS = 86_400.0
"""The age in seconds after which a folder counts as abandoned if its process is unknown."""

_NOTE = ".placing"


def note_placing(incoming: Path, name: str, digest: str) -> None:
    """Record in an upload's hidden folder that the file is about to move to the uploads folder.

    Args:
        incoming: the hidden folder, which still has the file.
        name: the file's name, which is the same in both folders.
        digest: sha256 of the file's content.
    """
    (incoming / _NOTE).write_text(json.dumps({"name": name, "digest": digest}), encoding="utf-8")


def note_removing(folder: Path, name: str) -> None:
    """Record in a hidden folder that the file of a deleted document is about to move there.

    Args:
        folder: the hidden folder.
        name: the file's name.
    """
    (folder / _NOTE).write_text(json.dumps({"name": name, "digest": None}), encoding="utf-8")


def note_restoring(folder: Path, name: str) -> None:
    """Record in a hidden folder that a deleted upload's file is about to move back to the uploads folder.

    Args:
        folder: the hidden folder.
        name: the file's name, which no other upload has.
    """
    noted = {"name": name, "digest": None, "restoring": True}
    (folder / _NOTE).write_text(json.dumps(noted), encoding="utf-8")


def aside_of(incoming: Path, place: Path) -> Path:
    """Return the path in ``incoming`` to which the file at ``place`` moves when it is replaced or deleted."""
    # An upload's name never begins with a dot, so this name differs from it.
    return incoming / f".former-{place.suffix}"


def put_back(place: Path, aside: Path) -> None:
    """Move the former file from ``aside`` back to ``place``; if there was none, delete the new file."""
    if aside.exists():
        aside.replace(place)
    else:
        place.unlink(missing_ok=True)


def sweep_uploads(index: Library, folder: Path) -> None:
    """Undo the uploads and deletions that a killed process has not finished.

    Args:
        index: the library.
        folder: the folder of the library's uploads.
    """
    for left in folder.glob(f"{INCOMING}*"):
        written = left.name.removeprefix(INCOMING).rpartition("-")[0].replace("+", "/")
        with suppress(OSError, ValueError, KeyError):
            lives = Process.parse(written).lives
            if lives is None:
                lives = time.time() - left.stat().st_mtime < _LEFT_SECONDS
            if not lives:
                _take_back(index, folder, left)
                shutil.rmtree(left)


def _take_back(index: Library, folder: Path, left: Path) -> None:
    """Undo one unfinished upload or deletion, unless the catalog already records its outcome."""
    note = left / _NOTE
    if not note.is_file():
        return
    noted = json.loads(note.read_bytes())
    if (left / noted["name"]).exists():
        # The file has not moved yet, so there is nothing to undo.
        return
    known = index.catalog.files(str(folder)).get(noted["name"])
    place = folder / noted["name"]
    if noted["digest"] is not None:
        if known is None or known.digest != noted["digest"]:
            put_back(place, aside_of(left, place))
        return
    # An upload from an older version of the program may have a sidecar, which has moved with the file.
    for former in (place, sidecar_of(place)):
        aside = aside_of(left, former)
        if noted.get("restoring"):
            if known is None:
                former.unlink(missing_ok=True)
        elif known is not None and aside.exists():
            aside.replace(former)
