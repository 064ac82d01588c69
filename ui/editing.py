"""What a person says of a document that is in the library: kept beside its file, and indexed at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException

from index.commits import OutdatedError
from index.documents import Document
from index.errors import write_failure
from index.loading import LoadError, Options
from index.loading.isolation import Isolated
from index.loading.sidecar import (
    KEYS,
    Overrides,
    checked,
    overridden,
    read_sidecar,
    resaid,
    sidecar_of,
)
from index.locking import LibraryLockedError
from index.records import DocumentRecord, FileState, Incoming
from index.scanning import state_of
from index.store import Index
from ui.bulkhead import Bulkhead
from ui.documents import MOST_WAITING, DocumentId, document_response
from ui.faults import outward_line
from ui.problems import documented
from ui.schemas import EditRequest
from ui.uploads import PLACING, is_uploaded

_SAID = ("sidecar", "upload")
"""Where a value comes from that a person gave."""


class EditRefusedError(Exception):
    """What is said of a document cannot be kept beside its file; the message says why and what to do."""


def editing_router(index: Index, reader: Isolated, options: Options) -> APIRouter:
    """The route that changes what is known of a document.

    Args:
        index: the library.
        reader: reads a file again where only that tells what it says itself, in a process of its own.
        options: how, and what that may take.
    """
    router = APIRouter(prefix="/v1/documents", tags=["library"], responses=documented(400, 422, 500))
    editing = Bulkhead("edits", at_once=2, waiting=MOST_WAITING)

    @router.patch("/{document_id}", responses=documented(404, 409, 503, 507))
    async def edit(document_id: DocumentId, request: EditRequest) -> dict[str, Any]:
        """Say what stands above what a report says of itself; an empty string takes back what was said.

        It is kept beside the report's file, in `NAME.meta.yaml`. The report's words, and its version, stay.
        """
        edits = request.model_dump(exclude_none=True)
        return await editing.run(edited_response, index, reader, options, document_id, edits)

    return router


def edited_response(
    index: Index, reader: Isolated, options: Options, document_id: int, edits: Mapping[str, str]
) -> dict[str, Any]:
    """What ``PATCH /v1/documents/{id}`` answers: what is known of the document now.

    Raises:
        DocumentNotFoundError: if there is none.
        HTTPException: 422 if a value cannot be kept, 409 if it cannot be kept beside the file.
    """
    try:
        record = edit_document(index, reader, options, document_id, edits)
    except LoadError as error:
        raise HTTPException(422, str(error)) from error
    except (EditRefusedError, OutdatedError, LibraryLockedError) as error:
        raise HTTPException(409, outward_line(error)) from error
    return document_response(index, record.document_id, record.version)


def edit_document(
    index: Index, reader: Isolated, options: Options, document_id: int, edits: Mapping[str, str]
) -> DocumentRecord:
    """Change what is said of a document, in its sidecar and in the library, or in neither.

    Args:
        index: the library.
        reader: as for :func:`editing_router`.
        options: there.
        document_id: the document.
        edits: by key of ``Overrides``; an empty value takes back what was said.

    Raises:
        DocumentNotFoundError: if there is none.
        LoadError: if a value cannot be kept.
        EditRefusedError: if the file is not the one that was read, or nothing can be written beside it.
        OutdatedError: if the document was changed or removed meanwhile.
        LibraryLockedError: if another process goes on writing for half a minute.
    """
    # Two edits of one document would otherwise each keep half; an upload would change the file meanwhile.
    with PLACING, ExitStack() as kept:
        with index.catalog.reading() as catalog:
            record, known, lineage = catalog.document(document_id), catalog.file(document_id), catalog.lineage
        place = Path(record.source, record.path)
        wanted = checked(place, edits)
        status = _same_file(place, record)
        before = _said_of(place)
        said = replace(before, **{key: getattr(wanted, key) for key in edits})
        is_known = state_of(place, status) == (known.size, known.mtime_ns)
        if is_known and said == before:
            return record
        if said != before:
            _keep(kept, place, said)
        state = state_of(place, status)
        if is_known and not _taken_back(known, said):
            document = overridden(index.text(document_id, record.version), said)
        else:
            how = replace(options, by_time=not is_uploaded(index, record)).as_before(known.recognised_in)
            document = _read_again(index, record, reader, how)
        of = document_id, record.version
        edited = Incoming(record.source, record.path, *state, record.digest, document, of)
        index.replace([edited], lineage=lineage)
    return index.document(document_id)


def _same_file(place: Path, record: DocumentRecord) -> os.stat_result:
    """The state of a document's file, which must be the one that was read."""
    try:
        status = place.stat()
        with place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _refused(record.path, f"cannot be read ({error.strerror})", "sync the library") from error
    if digest != record.digest:
        raise _refused(record.path, "is no longer the file that was read", "sync the library, then edit it")
    return status


def _said_of(place: Path) -> Overrides:
    try:
        return read_sidecar(place) or Overrides()
    except LoadError as error:
        raise EditRefusedError(str(error)) from error


def _taken_back(known: FileState, said: Overrides) -> bool:
    """Whether a value that was said is said no more, so that only the file tells what it says itself."""
    return any(known.origins.get(key) in _SAID and getattr(said, key) is None for key in KEYS)


def _keep(kept: ExitStack, place: Path, said: Overrides) -> None:
    """Write the sidecar, for as long as the block of ``kept`` does not fail."""
    try:
        kept.enter_context(resaid(place, said))
    except OSError as error:
        if write_failure(error):
            raise
        cause = f"cannot be written ({error.strerror})"
        raise _refused(
            sidecar_of(place).name, cause, "check the rights and the space of its folder"
        ) from error


def _read_again(index: Index, record: DocumentRecord, reader: Isolated, options: Options) -> Document:
    """The stored words with what the file, and its sidecar as it is now, say of them."""
    try:
        read = reader.load(Path(record.source, record.path), options)
    except LoadError as error:
        raise EditRefusedError(f"what it says itself cannot be told: {error}") from error
    return replace(
        index.text(record.document_id, record.version),
        **{key: getattr(read, key) for key in KEYS},
        origins=read.origins,
    )


def _refused(name: str, cause: str, remedy: str) -> EditRefusedError:
    return EditRefusedError(f"{name} {cause}; {remedy}")
