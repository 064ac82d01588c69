"""Deletes and restores uploaded documents."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from index.catalog import uploader_of
from index.catalog.deleted_rows import save_rows, trashed_document
from index.errors import GoneError, NotUploadedError, TakenError
from index.library import Library
from index.loaders.sidecar import sidecar_of
from index.private import write_file
from index.records import DocumentRecord
from index.uploads.leftovers import INCOMING, aside_of, note_removing, note_restoring
from index.uploads.receiving import PLACING, hidden_folder, is_uploaded, uploads_folder
from index.uploads.room import check_room

_ROWS = ".rows.sqlite"
_REMOVED, _CLAIMED = ".removed.json", ".claimed.json"


@dataclass(frozen=True, slots=True)
class Removed:
    """A deleted document that can be restored.

    Attributes:
        document_id: the document's id.
        name: the file's name.
        lineage: the catalog's random name (``Build.lineage``) when the document was deleted.
        folder: a hidden folder with the document's file and its rows of the catalog.
        collection: the document's collection, or None.
        uploader: the key of the viewer who uploaded the file; empty for an unknown viewer.
        size: the size of the file in bytes.
        at: the time of the deletion, in seconds since 1970.
    """

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
        """Find the deletion of a document, whichever server made it; None if its hidden folder is gone."""
        for file in uploads_folder(index).glob(f"{INCOMING}*/{_REMOVED}"):
            # Another server may discard the folder meanwhile, and a newer program may write other fields.
            with suppress(OSError, ValueError, TypeError):
                removed = cls(**(json.loads(file.read_bytes()) | {"folder": file.parent}))
                if removed.document_id == document_id and Path(removed.name).name == removed.name:
                    return removed
        return None

    @property
    def is_open(self) -> bool:
        """Whether no server has claimed the document yet, to restore it or to discard it."""
        return (self.folder / _REMOVED).is_file()

    def claim(self, index: Library) -> Self | None:
        """Claim the document, so that no other caller can restore or discard it.

        Returns:
            This deletion with a new folder, which belongs to this process; None if another caller has claimed
            the document.
        """
        try:
            (self.folder / _REMOVED).rename(self.folder / _CLAIMED)
            folder = hidden_folder(uploads_folder(index))
            folder.rmdir()
            self.folder.rename(folder)
        except OSError:
            return None
        return replace(self, folder=folder)

    def note(self) -> None:
        """Write a file in the folder, so that other servers can find the document and restore it."""
        write_file(self.folder / _REMOVED, json.dumps(asdict(self) | {"folder": None}))

    def discard(self) -> None:
        """Delete the hidden folder. The file of a restored document is no longer in it, and stays."""
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_upload(index: Library, document_id: int) -> Removed:
    """Delete an uploaded document with all its versions, and move its file to a hidden folder.

    The caller must later pass the result to :func:`restore_upload`, or call ``discard`` on it.

    Raises:
        DocumentNotFoundError: if there is no such document.
        NotUploadedError: if the document's file is in a folder that the library follows.
        LibraryLockedError: if another process writes for more than half a minute; the file stays.
        LibraryRestoredError: if a backup was restored meanwhile; nothing is deleted.
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
        note_removing(removed.folder, place.name)
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
    """Restore a deleted document with its id, all its versions and their vectors.

    Args:
        index: the library.
        removed: the deleted document.
        most_bytes: the most bytes that all uploads of one viewer may take; 0 for no limit.

    Raises:
        StorageLimitError: if all uploads of the document's uploader would take more than ``most_bytes``.
        GoneError: if a backup was restored after the deletion, or the folder was deleted.
        TakenError: if a file of the same name was uploaded after the deletion.
        LibraryLockedError, LibraryWriteError: raised as by :meth:`index.library.Library.replace`; the
            document stays deleted.
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
        note_restoring(removed.folder, removed.name)
        unless_restored.callback(note_removing, removed.folder, removed.name)
        for file in (place, sidecar_of(place)):
            kept = aside_of(removed.folder, file)
            if kept.exists():
                kept.replace(file)
                unless_restored.callback(file.replace, kept)
        index.replace([trashed_document(rows)], lineage=removed.lineage, back=rows)
        unless_restored.pop_all()
    removed.discard()
    return index.catalog.document(removed.document_id)
