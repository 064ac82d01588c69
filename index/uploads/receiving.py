"""Stores uploaded files in the home folder, and indexes them at once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from index.catalog.liveness import this_process
from index.details import Detail, Details, described, merged
from index.errors import LoadError, printable
from index.ingest.discover import state_of
from index.library import Library, Progress
from index.loaders import MEGABYTE, Options
from index.loaders.sandbox.client import Isolated
from index.loaders.sidecar import SUFFIX, checked_details, read_sidecar
from index.private import make_folder, opener
from index.records import DocumentRecord, Incoming, Viewer
from index.uploads.leftovers import INCOMING, aside_of, note_placing, put_back
from index.uploads.room import check_room

_MAX_NAME_BYTES = 200
"""The most bytes of a file name. File systems allow 255, and the name of the file's sidecar is longer."""

_NUMBERED = 100
"""The number at which the search for a free name, such as ``report-2.pdf``, ends."""

_MAX_SUFFIX_BYTES = 20
"""The most bytes after a name's last dot that count as a suffix."""

_AT_ONCE = 1 << 20

PLACING = threading.Lock()
"""The lock that a thread holds while it stores, removes or restores an uploaded file."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as received from the user.

    Attributes:
        name: the file's name on the user's computer.
        file: the file's content.
        details: the details that the user has given: title, publisher, author, published, language,
            collection.
        most_bytes: the most bytes that all uploads of the user may take; 0 for no limit.
    """

    name: str
    file: BinaryIO
    details: Mapping[str, str]
    most_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """An uploaded file on the disk that is not indexed yet.

    Attributes:
        folder: a hidden folder that contains only this file.
        name: the file's name in this folder and in the library.
        digest: sha256 of the file's content.
        details: the details that the user gave with the file.
        viewer: the user; None for a user who may see all documents.
        most_bytes: the most bytes that all uploads of the user may take; 0 for no limit.
    """

    folder: Path
    name: str
    digest: str
    details: Mapping[str, Detail]
    viewer: Viewer | None = None
    most_bytes: int = 0

    @property
    def uploader(self) -> str:
        """The key of the user who sent the file; empty for an unknown user."""
        return self.viewer.key if self.viewer else ""

    def discard(self) -> None:
        """Delete the hidden folder. An indexed file is no longer in it, and stays."""
        shutil.rmtree(self.folder, ignore_errors=True)


def uploads_folder(index: Library) -> Path:
    """Return the folder of the library's uploads."""
    return index.uploads.absolute()


def is_uploaded(index: Library, record: DocumentRecord) -> bool:
    """Return whether a document was uploaded."""
    return record.source == str(uploads_folder(index))


def add_upload(index: Library, reader: Isolated, options: Options, sent: Sent) -> DocumentRecord:
    """Store an uploaded file and index it.

    If an uploaded document has the same file name, the file becomes its new version. If the file cannot be
    read or indexed, it is deleted, and an earlier file of that name stays.

    Args:
        index: the library.
        reader: the process that reads the file.
        options: loader options and limits.
        sent: the file, and the details that the user has given.

    Raises:
        LoadError: if the file cannot be read, or a detail cannot be stored.
        StorageLimitError: if all uploads of the user would take more than ``sent.most_bytes``.
        LibraryLockedError: if another process writes for more than half a minute.
    """
    kept = keep_upload(index, options, sent)
    try:
        return index_upload(index, reader, options, kept)
    finally:
        kept.discard()


def keep_upload(index: Library, options: Options, sent: Sent) -> Kept:
    """Write an uploaded file to a hidden folder without parsing it. The caller must later discard the result.

    If a report that the user may not see has the same name, a number is added to the name of the new file.

    Raises:
        LoadError: if the file is too large, or a detail cannot be stored.
        StorageLimitError: if all uploads of the user would take more than ``sent.most_bytes``.
    """
    folder = uploads_folder(index)
    plain = _free_name(index, folder, _safe_name(sent.name))
    with ExitStack() as unless_kept:
        incoming = hidden_folder(folder)
        unless_kept.callback(shutil.rmtree, incoming, ignore_errors=True)
        arrived = incoming / plain
        details = checked_details(arrived, sent.details, "upload")
        digest = _keep(sent.file, arrived, options.limits.megabytes)
        kept = Kept(incoming, plain, digest, details, index.catalog.viewer, sent.most_bytes)
        check_room(index, folder / plain, arrived.stat().st_size, kept.uploader, kept.most_bytes)
        unless_kept.pop_all()
    return kept


def index_upload(
    index: Library, reader: Isolated, options: Options, kept: Kept, progress: Progress | None = None
) -> DocumentRecord:
    """Read a stored file and index it, as :func:`add_upload` does.

    Args:
        index: the library.
        reader: the process that reads the file.
        options: loader options and limits.
        kept: the file. The user who sent it must be allowed to see the document that it creates or updates.
        progress: receives the number of embedded passages; an error that it raises cancels the upload.
    """
    index = index.for_viewer(kept.viewer)
    arrived = kept.folder / kept.name
    folder = uploads_folder(index)
    place = folder / kept.name
    before, given = _details(index, folder, kept)
    language = merged(before, given).get("language")
    cutting = index.cutting(language.value if language else "")
    waiting = None if progress is None else partial(progress, "reading", 0, 1)
    read, cut = reader.read(arrived, replace(options, by_time=False), cutting, waiting)
    if progress is not None:
        progress("reading", 1, 1)
    document = described(read, read_sidecar(place))
    how_cut = (cutting, cut) if cutting and cut else None
    incoming = Incoming(str(folder), kept.name, 0, 0, kept.digest, document, given=given, cut=how_cut)
    # Embed before taking the lock, because embedding may take many minutes.
    index.embed([incoming], progress)
    # Without the lock, two uploads of the same name could store the file of one with the text of the other.
    with PLACING, ExitStack() as unless_indexed:
        # Another upload of the same user may have arrived meanwhile.
        check_room(index, place, arrived.stat().st_size, kept.uploader, kept.most_bytes)
        aside = aside_of(kept.folder, place)
        _set_aside(place, aside)
        unless_indexed.callback(put_back, place, aside)
        note_placing(kept.folder, kept.name, kept.digest)
        arrived.replace(place)
        index.catalog.follow([str(folder)])
        _, given = _details(index, folder, kept)
        size, mtime_ns = state_of(place, place.stat())
        state = replace(incoming, size=size, mtime_ns=mtime_ns, given=given, uploader=kept.uploader)
        index.replace([state])
        unless_indexed.pop_all()
        return index.catalog.document(index.catalog.files(str(folder))[kept.name].document_id)


def _details(index: Library, folder: Path, kept: Kept) -> tuple[Details, Details]:
    """Return the details that the document at an upload's path has now, and the details that the upload sets.

    An upload clears the details that came with an earlier upload, but keeps those that a user has edited.
    """
    with index.catalog.reading() as catalog:
        before = catalog.details(str(folder), kept.name)
    former = {key: Detail("", "upload") for key, detail in before.items() if detail.origin == "upload"}
    return before, {**former, **kept.details}


def hidden_folder(folder: Path) -> Path:
    """Create a hidden folder in ``folder``; a later process deletes it if this process is killed."""
    make_folder(folder)
    mine = str(this_process()).replace("/", "+")
    return Path(tempfile.mkdtemp(prefix=f"{INCOMING}{mine}-", dir=folder))


def _set_aside(place: Path, aside: Path) -> None:
    """Copy the file at ``place``, if there is one, to ``aside``."""
    if place.exists():
        shutil.copy2(place, aside)


def _safe_name(name: str) -> str:
    """Make a safe file name from the name that a client sent.

    The result has no folders and no control characters, and is short enough for the file system. It is not
    the name of a hidden file, nor of a sidecar (a metadata file beside a document).
    """
    last = printable(name.replace("\\", "/").rsplit("/", 1)[-1]).strip().lstrip(".").replace(":", "_")
    while last.endswith(SUFFIX):
        last = last.removesuffix(SUFFIX)
    stem, dot, suffix = last.rpartition(".")
    if not stem or len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        stem, dot, suffix = last, "", ""
    most = _MAX_NAME_BYTES - len((dot + suffix).encode())
    return (stem.encode()[:most].decode(errors="ignore") or "file") + dot + suffix


def _free_name(index: Library, folder: Path, name: str) -> str:
    """Return ``name``, or a numbered name if a report that the viewer may not see already has ``name``."""
    place = Path(name)
    with index.catalog.reading() as catalog:
        names = (name, *(f"{place.stem}-{number}{place.suffix}" for number in range(2, _NUMBERED)))
        return next((each for each in names if not catalog.is_hidden_at(str(folder), each)), name)


def _keep(file: BinaryIO, place: Path, megabytes: int) -> str:
    """Copy the content of a sent file to ``place``; return the sha256 of the content."""
    digest = hashlib.sha256()
    size = 0
    with open(place, "wb", opener=opener) as kept:
        while part := file.read(_AT_ONCE):
            size += len(part)
            if size > megabytes * MEGABYTE:
                cause = f"has more than the {megabytes:,} MB that are read"
                raise LoadError(place, cause, "split it into parts")
            digest.update(part)
            kept.write(part)
        kept.flush()
        os.fsync(kept.fileno())
    return digest.hexdigest()
