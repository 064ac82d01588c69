"""Files that come by upload: kept under the home folder, read apart from the server, and indexed at once."""

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
from index.loaders import Options
from index.loaders.sandbox.client import Isolated
from index.loaders.sidecar import SUFFIX, checked, read_sidecar
from index.private import make_folder, opener
from index.records import DocumentRecord, Incoming
from index.uploads.leftovers import INCOMING, aside_of, note_placing, put_back

FOLDER = "uploads"
"""Under the home folder; a library that has one follows it."""

_MAX_NAME_BYTES = 200
"""Of a file's name: file systems allow 255, and the sidecar's name is longer."""

_MAX_SUFFIX_BYTES = 20
"""What is longer is no suffix."""

_AT_ONCE = 1 << 20

PLACING = threading.Lock()
"""Held by the one who places, takes away or describes a file that was uploaded."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent.

    Attributes:
        name: its name, as the person's computer has it.
        file: its content.
        said: its title, publisher, author, published, language and collection, where the person says
            something of them.
    """

    name: str
    file: BinaryIO
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """An uploaded file that is on the disk and not read yet.

    Attributes:
        folder: a hidden folder that holds it alone.
        name: its name there and in the library.
        digest: sha256 of its content.
        details: those that were given with it.
    """

    folder: Path
    name: str
    digest: str
    details: Mapping[str, Detail]

    def discard(self) -> None:
        """Remove what is left of it; a file that was indexed lies elsewhere by then."""
        shutil.rmtree(self.folder, ignore_errors=True)


def uploads_folder(index: Library) -> Path:
    """Where uploaded files lie."""
    return index.home.absolute() / FOLDER


def is_uploaded(index: Library, record: DocumentRecord) -> bool:
    """Whether a document came by upload."""
    return record.source == str(uploads_folder(index))


def add_upload(index: Library, reader: Isolated, options: Options, sent: Sent) -> DocumentRecord:
    """Keep an uploaded file and index it; one of the same name becomes its new version.

    Nothing is kept of a file that cannot be read or indexed, and the former one of that name stays.

    Args:
        index: the library.
        reader: reads it, in a process of its own.
        options: how it is to be read, and what it may take.
        sent: the file, and what is said of it.

    Raises:
        LoadError: if it cannot be read, or something that is said of it cannot be kept.
        LibraryLockedError: if another process goes on writing for half a minute.
    """
    kept = keep_upload(index, options, sent)
    try:
        return index_upload(index, reader, options, kept)
    finally:
        kept.discard()


def keep_upload(index: Library, options: Options, sent: Sent) -> Kept:
    """Write an uploaded file to the disk, unread, where no sync sees it. Whoever asks for it discards it.

    Raises:
        LoadError: if it is too large, or something that is said of it cannot be kept.
    """
    folder = uploads_folder(index)
    plain = _plain(sent.name)
    with ExitStack() as unless_kept:
        incoming = hidden_folder(folder)
        unless_kept.callback(shutil.rmtree, incoming, ignore_errors=True)
        arrived = incoming / plain
        details = checked(arrived, sent.said, "upload")
        digest = _keep(sent.file, arrived, options.limits.megabytes)
        unless_kept.pop_all()
    return Kept(incoming, plain, digest, details)


def index_upload(
    index: Library, reader: Isolated, options: Options, kept: Kept, progress: Progress | None = None
) -> DocumentRecord:
    """Read a file that was kept, and index it, as :func:`add_upload` does.

    Args:
        index: the library.
        reader: reads it, in a process of its own.
        options: how it is to be read, and what it may take.
        kept: the file.
        progress: told that it was read, and how many passages are embedded; what it raises ends the upload,
            of which nothing is left then.
    """
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
    its = (cutting, cut) if cutting and cut else None
    incoming = Incoming(str(folder), kept.name, 0, 0, kept.digest, document, given=given, cut=its)
    # Before others are kept from placing their files: it may take many minutes.
    index.embed([incoming], progress)
    # Two uploads of one name would otherwise mix one's file with the other's words.
    with PLACING, ExitStack() as unless_indexed:
        aside = aside_of(kept.folder, place)
        _set_aside(place, aside)
        unless_indexed.callback(put_back, place, aside)
        note_placing(kept.folder, kept.name, kept.digest)
        arrived.replace(place)
        index.catalog.follow([str(folder)])
        _, given = _details(index, folder, kept)
        size, mtime_ns = state_of(place, place.stat())
        index.replace([replace(incoming, size=size, mtime_ns=mtime_ns, given=given)])
        unless_indexed.pop_all()
        return index.catalog.document(index.catalog.files(str(folder))[kept.name].document_id)


def _details(index: Library, folder: Path, kept: Kept) -> tuple[Details, Details]:
    """The details of the document at an upload's place, and those that change with the upload.

    Edits stay with the document; details that were given with a former upload go with that.
    """
    with index.catalog.reading() as catalog:
        before = catalog.details(str(folder), kept.name)
    former = {key: Detail("", "upload") for key, detail in before.items() if detail.origin == "upload"}
    return before, {**former, **kept.details}


def hidden_folder(folder: Path) -> Path:
    """A new folder in ``folder``, made with it, that no sync sees; swept up once this process is over."""
    make_folder(folder)
    mine = str(this_process()).replace("/", "+")
    return Path(tempfile.mkdtemp(prefix=f"{INCOMING}{mine}-", dir=folder))


def _set_aside(place: Path, aside: Path) -> None:
    """Keep what lies at ``place``, if anything does, at ``aside`` too."""
    if place.exists():
        shutil.copy2(place, aside)


def _plain(name: str) -> str:
    """A name without folders, controls and what would hide the file or pass for a sidecar."""
    last = printable(name.replace("\\", "/").rsplit("/", 1)[-1]).strip().lstrip(".").replace(":", "_")
    while last.endswith(SUFFIX):
        last = last.removesuffix(SUFFIX)
    stem, dot, suffix = last.rpartition(".")
    if not stem or len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        stem, dot, suffix = last, "", ""
    most = _MAX_NAME_BYTES - len((dot + suffix).encode())
    return (stem.encode()[:most].decode(errors="ignore") or "file") + dot + suffix


def _keep(file: BinaryIO, place: Path, megabytes: int) -> str:
    """Write what was sent to ``place``; returns its sha256."""
    digest = hashlib.sha256()
    size = 0
    with open(place, "wb", opener=opener) as kept:
        while part := file.read(_AT_ONCE):
            size += len(part)
            if size > megabytes * 1024 * 1024:
                cause = f"has more than the {megabytes:,} MB that are read"
                raise LoadError(place, cause, "split it into parts")
            digest.update(part)
            kept.write(part)
        kept.flush()
        os.fsync(kept.fileno())
    return digest.hexdigest()
