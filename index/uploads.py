"""Stores, deletes, restores and edits uploaded files."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Self

from index.catalog import uploaded_bytes, uploader_of
from index.catalog.lock import Process, this_process
from index.catalog.writes import save_rows, trashed_document
from index.documents import SIDECAR, Detail, Details, described, merged, sidecar_of
from index.errors import (
    DocumentNotFoundError,
    GoneError,
    LoadError,
    NotUploadedError,
    StorageLimitError,
    TakenError,
    printable,
)
from index.ingest.discover import state_of
from index.library import Library, Progress
from index.loaders import MEGABYTE, Options
from index.loaders.metadata import checked_details, read_sidecar
from index.loaders.sandbox.client import Isolated
from index.private import make_folder, opener, write_file
from index.records import DocumentRecord, Incoming, Viewer


def edit_document(index: Library, document_id: int, edits: Mapping[str, str]) -> DocumentRecord:
    """An empty value removes one. Raises DocumentNotFoundError, LoadError, OutdatedError."""
    with index.catalog.reading() as catalog:
        record, file = catalog.document(document_id), catalog.file(document_id)
        before, lineage = catalog.details(record.source, record.path), catalog.lineage
        document = catalog.as_read(document_id)
    taken_back = dict.fromkeys(edits, Detail("", "edit"))
    given = {**taken_back, **checked_details(Path(record.path), edits, "edit")}
    if merged(before, given) != before:
        # Keep the recorded state of the file, so that a sync notices if the file has changed since it was
        # read.
        state, version = (file.size, file.mtime_ns), (document_id, record.version)
        edited = Incoming(record.source, record.path, *state, record.digest, document, version, given)
        index.replace([edited], lineage=lineage)
    return index.catalog.document(document_id)


# Prefix of the hidden folders with uploaded or deleted files; the name of their process follows it.
INCOMING = ".incoming-"
_LEFT_SECONDS = 86_400.0  # after this, a folder counts as abandoned if its process is unknown
_NOTE = ".placing"


def note_move(folder: Path, name: str, digest: str | None = None, *, restoring: bool = False) -> None:
    """An upload has a ``digest`` (sha256). A deleted file has none, and moves here, or back."""
    noted = {"name": name, "digest": digest, "restoring": restoring}
    (folder / _NOTE).write_text(json.dumps(noted), encoding="utf-8")


def aside_of(incoming: Path, place: Path) -> Path:
    # An upload's name never begins with a dot, so this name differs from it.
    return incoming / f".former-{place.suffix}"


def put_back(place: Path, aside: Path) -> None:
    """Without a former file, delete the new one."""
    if aside.exists():
        aside.replace(place)
    else:
        place.unlink(missing_ok=True)


def sweep_uploads(index: Library, folder: Path) -> None:
    """Undo what a killed process has not finished."""
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
    # Somebody may have put a sidecar beside the upload, which has moved with the file.
    for former in (place, sidecar_of(place)):
        aside = aside_of(left, former)
        if noted["restoring"]:
            if known is None:
                former.unlink(missing_ok=True)
        elif known is not None and aside.exists():
            aside.replace(former)


def check_room_for(index: Library, name: str, size: int, most_bytes: int) -> None:
    """As :func:`check_room`, for a file of which ``size`` bytes have arrived, and more may follow."""
    if most_bytes and (viewer := index.catalog.viewer):
        folder = uploads_folder(index)
        place = folder / _free_name(index, folder, _safe_name(name))
        check_room(index, place, size, viewer.key, most_bytes, has="has at least")


def check_room(
    index: Library, place: Path, size: int, viewer: str, most_bytes: int, *, has: str = "has"
) -> None:
    """Raises StorageLimitError. 0, or an empty key, is no limit; the file at ``place`` does not count."""
    if not viewer or not most_bytes:
        return
    with index.catalog.reading() as reader:
        held = uploaded_bytes(reader.connection, viewer, str(place.parent), except_path=place.name)
    if held + size > most_bytes:
        left = _tenths(max(most_bytes - held, 0), math.floor)
        raise StorageLimitError(
            f"the file {has} {_tenths(size, math.ceil)} MB, and of the {most_bytes // MEGABYTE:,} MB that "
            f"the uploads of one sender may take, {left} MB are left; delete an upload first"
        )


def _tenths(size: int, rounded: Callable[[float], int]) -> str:
    return f"{rounded(size / MEGABYTE * 10) / 10:,.1f}"


_MAX_NAME_BYTES = 200  # file systems allow 255, and the name of the file's sidecar is longer
_NUMBERED = 100  # The number at which the search for a free name, such as ``report-2.pdf``, ends.
_MAX_SUFFIX_BYTES = 20  # The most bytes after a name's last dot that count as a suffix.

_AT_ONCE = 1 << 20

PLACING = threading.Lock()  # held while a thread stores, removes or restores an uploaded file


@dataclass(frozen=True, slots=True)
class Sent:
    """``most_bytes`` is for all uploads of a user; 0 is no limit.

    ``by_folder`` says that the collection is only the folder's name: it moves no report out of a limited one.
    """

    name: str
    file: BinaryIO
    details: Mapping[str, str]
    most_bytes: int = 0
    by_folder: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Alone in a hidden folder, and not indexed yet; ``digest`` is sha256."""

    folder: Path
    name: str
    digest: str
    details: Mapping[str, Detail]
    viewer: Viewer | None = None
    most_bytes: int = 0
    by_folder: bool = False

    @property
    def uploader(self) -> str:
        return self.viewer.key if self.viewer else ""

    def discard(self) -> None:
        """An indexed file is no longer in the folder, and stays."""
        shutil.rmtree(self.folder, ignore_errors=True)


def uploads_folder(index: Library) -> Path:
    return index.uploads.absolute()


def is_uploaded(index: Library, record: DocumentRecord) -> bool:
    return record.source == str(uploads_folder(index))


def add_upload(index: Library, reader: Isolated, options: Options, sent: Sent) -> DocumentRecord:
    """A file of this name gets a new version. Raises LoadError, StorageLimitError, LibraryLockedError."""
    kept = keep_upload(index, options, sent)
    try:
        return index_upload(index, reader, options, kept)
    finally:
        kept.discard()


def keep_upload(index: Library, options: Options, sent: Sent) -> Kept:
    """Without parsing it. The caller must later discard it. Raises LoadError or StorageLimitError."""
    folder = uploads_folder(index)
    plain = _free_name(index, folder, _safe_name(sent.name))
    with ExitStack() as unless_kept:
        incoming = hidden_folder(folder)
        unless_kept.callback(shutil.rmtree, incoming, ignore_errors=True)
        arrived = incoming / plain
        details = checked_details(arrived, sent.details, "upload")
        viewer = index.catalog.viewer
        size = sent.file.seek(0, os.SEEK_END)
        sent.file.seek(0)
        check_room(index, folder / plain, size, viewer.key if viewer else "", sent.most_bytes)
        digest = _keep(sent.file, arrived, options.limits.megabytes)
        kept = Kept(incoming, plain, digest, details, viewer, sent.most_bytes, sent.by_folder)
        unless_kept.pop_all()
    return kept


def index_upload(
    index: Library, reader: Isolated, options: Options, kept: Kept, progress: Progress | None = None
) -> DocumentRecord:
    """As :func:`add_upload`; an error of ``progress`` cancels that."""
    index = index.for_viewer(kept.viewer)
    folder = uploads_folder(index)
    kept = _with_free_name(index, folder, kept)
    arrived, place = kept.folder / kept.name, folder / kept.name
    before, given = _details(index, folder, kept)
    language = merged(before, given).get("language")
    cutting = index.cutting(language.value if language else "")
    waiting = None if progress is None else partial(progress, "reading", 0, 1)
    read, cut = reader.read(arrived, options, cutting, waiting)
    if progress is not None:
        progress("reading", 1, 1)
    document = described(read, read_sidecar(place))
    how_cut = (cutting, cut) if cutting and cut else None
    incoming = Incoming(str(folder), kept.name, 0, 0, kept.digest, document, given=given, cut=how_cut)
    # Embed before taking the lock, because embedding may take many minutes.
    index.embed([incoming], progress)
    # Without the lock, two uploads of the same name could store the file of one with the text of the other.
    with PLACING, ExitStack() as unless_indexed:
        # A hidden report, or another upload of the same user, may have arrived meanwhile.
        kept = _with_free_name(index, folder, kept)
        arrived, place = kept.folder / kept.name, folder / kept.name
        check_room(index, place, arrived.stat().st_size, kept.uploader, kept.most_bytes)
        aside = aside_of(kept.folder, place)
        if place.exists():
            shutil.copy2(place, aside)
        unless_indexed.callback(put_back, place, aside)
        note_move(kept.folder, kept.name, kept.digest)
        arrived.replace(place)
        index.catalog.follow([str(folder)])
        _, given = _details(index, folder, kept)
        size, mtime_ns = state_of(place, place.stat())
        named = replace(incoming, path=kept.name, size=size, mtime_ns=mtime_ns)
        state = replace(named, given=given, uploader=kept.uploader)
        index.replace([state])
        unless_indexed.pop_all()
        return index.catalog.document(index.catalog.files(str(folder))[kept.name].document_id)


def _details(index: Library, folder: Path, kept: Kept) -> tuple[Details, Details]:
    """Those before and those that it sets: it clears an earlier upload's details, but no user's edit.

    A report leaves a limited collection only if the sender names another one: nobody should make it, and its
    former versions, public by a correction.
    """
    with index.catalog.reading() as catalog:
        before = catalog.details(str(folder), kept.name)
        is_limited = catalog.is_limited_at(str(folder), kept.name)
    former = {key: Detail("", "upload") for key, detail in before.items() if detail.origin == "upload"}
    given = {**former, **kept.details}
    if is_limited and (kept.by_folder or "collection" not in kept.details):
        given.pop("collection", None)
    return before, given


def hidden_folder(folder: Path) -> Path:
    """A later process deletes it if this process is killed."""
    make_folder(folder)
    mine = str(this_process()).replace("/", "+")
    return Path(tempfile.mkdtemp(prefix=f"{INCOMING}{mine}-", dir=folder))


def _safe_name(name: str) -> str:
    """Short, without folders and control characters, and of no hidden file or sidecar."""
    last = printable(name.replace("\\", "/").rsplit("/", 1)[-1]).strip().lstrip(".").replace(":", "_")
    while last.endswith(SIDECAR):
        last = last.removesuffix(SIDECAR)
    stem, dot, suffix = last.rpartition(".")
    if not stem or len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        stem, dot, suffix = last, "", ""
    most = _MAX_NAME_BYTES - len((dot + suffix).encode())
    return (stem.encode()[:most].decode(errors="ignore") or "file") + dot + suffix


def _free_name(index: Library, folder: Path, name: str) -> str:
    place = Path(name)
    with index.catalog.reading() as catalog:
        names = (name, *(f"{place.stem}-{number}{place.suffix}" for number in range(2, _NUMBERED)))
        return next((each for each in names if not catalog.is_hidden_at(str(folder), each)), name)


def _with_free_name(index: Library, folder: Path, kept: Kept) -> Kept:
    """Under the name itself, unless a report that its sender may not see has it by now."""
    name = _free_name(index, folder, kept.name)
    if name != kept.name:
        (kept.folder / kept.name).rename(kept.folder / name)
    return replace(kept, name=name)


def _keep(file: BinaryIO, place: Path, megabytes: int) -> str:
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


_ROWS = ".rows.sqlite"
_REMOVED, _CLAIMED = ".removed.json", ".claimed.json"


@dataclass(frozen=True, slots=True)
class Removed:
    """``folder`` has its file and rows; ``lineage`` is that of its deletion, ``at`` seconds since 1970."""

    document_id: int
    name: str
    lineage: str
    folder: Path
    collection: str | None = None
    uploader: str = ""
    size: int = 0
    at: float = 0.0

    @classmethod
    def find(cls, index: Library, document_id: int) -> Self | None:
        """Whichever server deleted it; None if the folder is gone."""
        for file in uploads_folder(index).glob(f"{INCOMING}*/{_REMOVED}"):
            # Another server may discard the folder meanwhile, and a newer program may write other fields.
            with suppress(OSError, ValueError, TypeError):
                removed = cls(**(json.loads(file.read_bytes()) | {"folder": file.parent}))
                if removed.document_id == document_id and Path(removed.name).name == removed.name:
                    return removed
        return None

    @property
    def is_open(self) -> bool:
        return (self.folder / _REMOVED).is_file()

    def claim(self, index: Library) -> Self | None:
        """Move the folder to this process, so that no other can use it; None if one has."""
        try:
            (self.folder / _REMOVED).rename(self.folder / _CLAIMED)
            folder = hidden_folder(uploads_folder(index))
            folder.rmdir()
            self.folder.rename(folder)
        except OSError:
            return None
        return replace(self, folder=folder)

    def note(self) -> None:
        """So that other servers can find the document and restore it."""
        write_file(self.folder / _REMOVED, json.dumps(asdict(self) | {"folder": None}))

    def discard(self) -> None:
        """The file of a restored document is no longer in the folder, and stays."""
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_upload(index: Library, document_id: int) -> Removed:
    """The caller must later pass the result to :func:`restore_upload`, or ``discard`` it.

    Raises DocumentNotFoundError; NotUploadedError if the file is in a followed folder; LibraryLockedError;
    LibraryRestoredError. Nothing is deleted then.
    """
    with index.catalog.reading() as reader:
        record, lineage = reader.document(document_id), reader.lineage
        uploader, size = uploader_of(reader.connection, document_id), reader.file(document_id).size
    if not is_uploaded(index, record):
        raise NotUploadedError(
            f"{record.path} lies in a folder that the library follows, and would come back with the "
            "next sync; delete the file there and run “footnoted sync”"
        )
    place = Path(record.source, record.path)
    folder = hidden_folder(uploads_folder(index))
    removed = Removed(
        document_id, place.name, lineage, folder, record.collection, uploader, size, time.time()
    )
    with PLACING, ExitStack() as unless_removed:
        unless_removed.callback(removed.discard)
        with index.catalog.reading() as reader:
            save_rows(reader.connection, document_id, removed.folder / _ROWS)
        note_move(removed.folder, place.name)
        for file in (place, sidecar_of(place)):
            if file.exists():
                kept = file.replace(aside_of(removed.folder, file))
                unless_removed.callback(kept.replace, file)
        index.replace([], [document_id], lineage=lineage)
        unless_removed.pop_all()
    # Write the note last: otherwise another server could take the files of a deletion that then fails.
    with suppress(OSError):
        removed.note()
    return removed


def restore_upload(index: Library, removed: Removed, most_bytes: int = 0) -> DocumentRecord:
    """With its id, all its versions and their vectors.

    Raises StorageLimitError; GoneError if a backup was restored meanwhile, or the folder is gone; TakenError;
    LibraryLockedError; LibraryWriteError. The document stays deleted then.
    """
    place, rows = uploads_folder(index) / removed.name, removed.folder / _ROWS
    with index.catalog.reading() as reader:
        is_same_library = reader.lineage == removed.lineage
    if not is_same_library or not rows.exists():
        what = f"document {removed.document_id} was deleted, and what was kept of it is gone"
        raise GoneError(f"{what}; upload its file again")
    with PLACING, ExitStack() as unless_restored:
        if place.exists():
            raise TakenError(f"{removed.name} was uploaded again meanwhile; delete that report first")
        check_room(index, place, removed.size, removed.uploader, most_bytes)
        note_move(removed.folder, removed.name, restoring=True)
        unless_restored.callback(note_move, removed.folder, removed.name)
        for file in (place, sidecar_of(place)):
            kept = aside_of(removed.folder, file)
            if kept.exists():
                kept.replace(file)
                unless_restored.callback(file.replace, kept)
        index.replace([trashed_document(rows)], lineage=removed.lineage, back=rows)
        unless_restored.pop_all()
    removed.discard()
    return index.catalog.document(removed.document_id)


UNDO_SECONDS = 600.0  # The seconds for which a deletion can be undone while the server runs.


@dataclass(frozen=True, slots=True)
class _Undoable:
    """``until`` is in seconds of ``time.monotonic``."""

    removed: Removed
    until: float


class Deletions:
    """Leaving the context makes all of them final."""

    def __init__(self, index: Library, most_bytes: int = 0) -> None:
        self._index = index
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._undoable: dict[int, _Undoable] = {}
        self._final: dict[int, str | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._finish(float("inf"))

    def delete(self, document_id: int, viewer: Viewer | None = None) -> None:
        """Raises the errors of :func:`remove_upload`."""
        removed = remove_upload(self._index.for_viewer(viewer), document_id)
        with self._lock:
            self._undoable[document_id] = _Undoable(removed, time.monotonic() + UNDO_SECONDS)

    def restore(self, document_id: int, viewer: Viewer | None = None) -> None:
        """A document that was not deleted stays as it is.

        Raises DocumentNotFoundError if ``viewer`` may not see it or another server made the deletion final;
        GoneError if this one did; and the errors of :func:`restore_upload`, after which the caller can try
        again.
        """
        with self._lock:
            self._finish(time.monotonic())
            removed = self._kept(document_id)
            collection = removed.collection if removed else self._final.get(document_id)
            with self._index.catalog.for_viewer(viewer).reading() as reader:
                if collection in reader.hidden:
                    raise DocumentNotFoundError(document_id, None)
            claimed = removed.claim(self._index) if removed is not None else None
            if claimed is not None:
                until = time.monotonic() + claimed.at + UNDO_SECONDS - time.time()
                self._undoable[document_id] = _Undoable(claimed, until)
                with ExitStack() as unless_restored:
                    unless_restored.callback(claimed.note)
                    restore_upload(self._index, claimed, self._most_bytes)
                    unless_restored.pop_all()
                del self._undoable[document_id]
            elif document_id in self._final:
                when = f"more than {round(UNDO_SECONDS / 60)} minutes ago"
                raise GoneError(f"document {document_id} was deleted {when}; upload its file again")
            else:
                self._index.catalog.for_viewer(viewer).document(document_id)

    def _kept(self, document_id: int) -> Removed | None:
        """Whichever server deleted it; None if that cannot be undone now."""
        deletion = self._undoable.get(document_id)
        if deletion is not None and not deletion.removed.is_open:
            # Another server is restoring the document, or has restored it.
            del self._undoable[document_id]
            deletion = None
        if deletion is not None:
            return deletion.removed
        removed = None if document_id in self._final else Removed.find(self._index, document_id)
        return removed if removed is not None and time.time() < removed.at + UNDO_SECONDS else None

    def finish(self) -> None:
        with self._lock:
            self._finish(time.monotonic())

    def _finish(self, now: float) -> None:
        """Call this only while holding the lock."""
        for document_id, deletion in list(self._undoable.items()):
            if deletion.until <= now:
                del self._undoable[document_id]
                # Leave the document alone if another server is restoring it.
                if (claimed := deletion.removed.claim(self._index)) is not None:
                    claimed.discard()
                    self._final[document_id] = claimed.collection
