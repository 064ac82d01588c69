"""What uploads leave behind whose process was killed: taken back, and swept away."""

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
"""Begins the names of the folders in which files are until they are indexed; the process's follows."""

_LEFT_SECONDS = 86_400.0
"""What is so old and of a process that cannot be asked for is left over."""

_NOTE = ".placing"


def note_placing(incoming: Path, name: str, digest: str) -> None:
    """Note in the folder of an upload that its file is about to lie where it will be indexed.

    Args:
        incoming: the folder, which has the file still.
        name: the file's, there and where it will lie.
        digest: sha256 of its content.
    """
    (incoming / _NOTE).write_text(json.dumps({"name": name, "digest": digest}), encoding="utf-8")


def note_removing(aside: Path, name: str) -> None:
    """Note in the folder to which an upload's file is about to go that its document is deleted.

    Args:
        aside: the folder.
        name: the file's, where it lies.
    """
    (aside / _NOTE).write_text(json.dumps({"name": name, "digest": None}), encoding="utf-8")


def note_restoring(aside: Path, name: str) -> None:
    """Note in the folder from which a deleted upload's file is about to come back that it does.

    Args:
        aside: the folder.
        name: the file's, where it will lie; nothing does there.
    """
    noted = {"name": name, "digest": None, "restoring": True}
    (aside / _NOTE).write_text(json.dumps(noted), encoding="utf-8")


def aside_of(incoming: Path, place: Path) -> Path:
    """Where what lies at ``place`` is kept while something else is placed there."""
    # Hidden, as no upload is: it may be called what the upload is called.
    return incoming / f".former-{place.suffix}"


def put_back(place: Path, aside: Path) -> None:
    """Undo what was done at ``place`` since it was set aside."""
    if aside.exists():
        aside.replace(place)
    else:
        place.unlink(missing_ok=True)


def sweep_uploads(index: Library, folder: Path) -> None:
    """Take back the uploads whose process was killed before it had indexed them, and such deletions.

    Args:
        index: the library.
        folder: where its uploads lie.
    """
    for left in folder.glob(f"{INCOMING}*"):
        written = left.name.removeprefix(INCOMING).rpartition("-")[0].replace("+", "/")
        with suppress(OSError, ValueError, KeyError):
            lives = Process.of(written).lives
            if lives is None:
                lives = time.time() - left.stat().st_mtime < _LEFT_SECONDS
            if not lives:
                _take_back(index, folder, left)
                shutil.rmtree(left)


def _take_back(index: Library, folder: Path, left: Path) -> None:
    """Let lie what lay where an upload was placed, deleted or restored, as far as the library knows it."""
    note = left / _NOTE
    if not note.is_file():
        return
    noted = json.loads(note.read_bytes())
    if (left / noted["name"]).exists():
        # It was not placed yet.
        return
    known = index.catalog.files(str(folder)).get(noted["name"])
    place = folder / noted["name"]
    if noted["digest"] is not None:
        if known is None or known.digest != noted["digest"]:
            put_back(place, aside_of(left, place))
        return
    # An older program wrote a sidecar beside an upload, which goes and comes back with it.
    for former in (place, sidecar_of(place)):
        aside = aside_of(left, former)
        if noted.get("restoring"):
            if known is None:
                former.unlink(missing_ok=True)
        elif known is not None and aside.exists():
            aside.replace(former)
