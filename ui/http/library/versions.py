"""Into one document over HTTP: its versions, what changed from one to another, where words stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Query

from index.documents import Span
from index.library import Library
from index.text import Revision, fold_characters, matches, revisions
from ui.http.library.documents import DocumentId, Version, document_fields
from ui.http.problems import documented
from ui.http.schemas import Number, Text

MATCHES = 500
"""Places that are listed; all are counted."""

AROUND = 2
"""Sentences that stayed, before and after a change, whose words are listed."""

CHANGES = 2_000
"""Entries that are listed of what changed; all are counted."""

MAX_QUERY_CHARACTERS = 200


def inspecting_router(index: Library) -> APIRouter:
    """The routes under ``/v1/documents/{id}`` that compare its versions and search its text."""
    router = APIRouter(
        prefix="/v1/documents/{document_id}", tags=["library"], responses=documented(404, 422, 500)
    )

    @router.get("/versions")
    async def versions(document_id: DocumentId) -> dict[str, Any]:
        """All versions of a document that are kept, the newest first."""
        return await to_thread.run_sync(versions_response, index, document_id)

    @router.get("/changes")
    async def changes(
        document_id: DocumentId,
        former: Annotated[
            Number | None, Query(alias="from", description="the one before `to` by default")
        ] = None,
        later: Annotated[Number | None, Query(alias="to", description="the current one by default")] = None,
    ) -> dict[str, Any]:
        """What changed from one version to another, sentence by sentence, in the order of reading.

        Of each sentence that `went` or `came` its words are listed, and where they stand in the text of its
        version, `old` or `new`; of those that `stayed`, where they are near a change. Others that stayed are
        one entry: how many there are (`sentences`), from the start of the first to the end of the last.
        """
        return await to_thread.run_sync(changes_response, index, document_id, former, later)

    @router.get("/matches")
    async def found(
        document_id: DocumentId,
        query: Annotated[Text, Query(min_length=1, max_length=MAX_QUERY_CHARACTERS, description="words")],
        version: Version = None,
    ) -> dict[str, Any]:
        """Where words stand in a document's text, whatever their case and accents, in code points."""
        return await to_thread.run_sync(matches_response, index, document_id, query, version)

    return router


def versions_response(index: Library, document_id: int) -> dict[str, Any]:
    """What ``GET /v1/documents/{id}/versions`` answers.

    Raises:
        DocumentNotFoundError: if there is none.
    """
    with index.catalog.reading() as reader:
        records = reader.versions(document_id)
    return {
        "document_id": document_id,
        "versions": [document_fields(index, record) for record in records],
    }


def changes_response(
    index: Library, document_id: int, former: int | None = None, later: int | None = None
) -> dict[str, Any]:
    """What ``GET /v1/documents/{id}/changes`` answers, of which :data:`CHANGES` entries are listed.

    Raises:
        DocumentNotFoundError: if there is no such document or version.
        HTTPException: 422 if no version is given and there is none before the current one.
    """
    to = index.catalog.document(document_id, later).version
    if former is None and to == 1:
        raise HTTPException(422, f"version 1 of document {document_id} is its first; nothing came before it")
    begun = to - 1 if former is None else former
    old, new = (index.catalog.text(document_id, version) for version in (begun, to))
    found = revisions(old, new)
    entries = list(_entries(found, old.text, new.text))
    kinds = [revision.change for revision in found]
    return {
        "document_id": document_id,
        "from": begun,
        "to": to,
        "stayed": kinds.count("stayed"),
        "went": kinds.count("went"),
        "came": kinds.count("came"),
        "changes": entries[:CHANGES],
        "left_out": max(len(entries) - CHANGES, 0),
    }


def matches_response(
    index: Library, document_id: int, query: str, version: int | None = None
) -> dict[str, Any]:
    """What ``GET /v1/documents/{id}/matches`` answers, of which :data:`MATCHES` are listed.

    Raises:
        DocumentNotFoundError: if there is no such document or version.
        HTTPException: 422 if the query has nothing that could be found.
    """
    if not fold_characters(query).strip():
        raise HTTPException(422, f"query is {query!r}, which has no character to look for; write a word")
    with index.catalog.reading() as catalog:
        record = catalog.document(document_id, version)
        document = catalog.text(document_id, record.version)
    places = matches(document.text, query)
    listed = list(islice(places, MATCHES))
    return {
        "document_id": document_id,
        "version": record.version,
        "matches": [{**_place(span), "page": document.page_at(span.start)} for span in listed],
        "total": len(listed) + sum(1 for _ in places),
    }


def _entries(found: Sequence[Revision], old: str, new: str) -> Iterator[dict[str, Any]]:
    """An entry for each sentence that changed or is near one that did, and one for each run of others."""
    changed = (place for place, revision in enumerate(found) if revision.change != "stayed")
    near = {close for place in changed for close in range(place - AROUND, place + AROUND + 1)}
    for is_near, run in groupby(enumerate(found), lambda item: item[0] in near):
        some = [revision for _, revision in run]
        if is_near:
            for revision in some:
                yield _entry(revision.change, [revision], revision.words(old, new))
        else:
            yield _entry("stayed", some, None)


def _entry(change: str, run: Sequence[Revision], text: str | None) -> dict[str, Any]:
    first, last = run[0], run[-1]
    return {
        "change": change,
        "sentences": len(run),
        "old": _place(Span(first.old.start, last.old.end)) if first.old and last.old else None,
        "new": _place(Span(first.new.start, last.new.end)) if first.new and last.new else None,
        "text": text,
    }


def _place(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}
