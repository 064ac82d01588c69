"""Edits a document's details, such as its title.

The catalog stores the edits, which override the details in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from index.details import Detail, merged
from index.library import Library
from index.loaders.sidecar import checked_details
from index.records import DocumentRecord, Incoming


def edit_document(index: Library, document_id: int, edits: Mapping[str, str]) -> DocumentRecord:
    """Edit the details of a document in the catalog, without reading its file.

    Args:
        index: the library.
        document_id: the document's id.
        edits: the new values, by the keys in ``index.details.KEYS``; an empty value removes the detail.

    Raises:
        DocumentNotFoundError: if there is no such document.
        LoadError: if a value cannot be stored.
        OutdatedError: if the document was changed or removed meanwhile.
        LibraryLockedError: if another process writes for more than half a minute.
    """
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
