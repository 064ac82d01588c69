"""The routes that list, read, compare and edit the documents of a library."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, islice
from typing import Annotated, Any

from anyio import to_thread
from fastapi import HTTPException, Path, Query
from starlette.requests import HTTPConnection
from starlette.responses import Response

from index.catalog import CatalogReader, Part
from index.documents import Span
from index.library import Library
from index.records import DocumentRecord
from index.text import Change, Revision, fold_characters, matches, revisions, tables
from index.uploads import edit_document, is_uploaded, uploads_folder
from rag.conversations import CitingAnswer, page_of_citing
from ui.http.access import OwnLibrary, client_address
from ui.http.client_state import (
    UNCHANGED,
    Cursor,
    KnownTags,
    cursor_of,
    revalidated,
    revalidated_json,
    sort_key_of,
)
from ui.http.pictures import Drawing, Pictures, has_pictures
from ui.http.problems import conflict_if_locked, documented
from ui.http.request_bodies import EditRequest, Number, Offset, Text
from ui.http.router import MAX_WAITING, LimitedThreads, Router
from ui.rate_limits import networks_of
from ui.words import date_precision

DocumentId = Annotated[Number, Path(description="the document's number in the catalog")]
Version = Annotated[Number | None, Query(description="a superseded version; the current version by default")]

PICTURE_WIDTHS = (200, 2000)

MAX_CITING_ANSWERS = 1_000

MAX_LISTED = 5_000


@dataclass(frozen=True, slots=True)
class TablePlace:
    """The place of a table in the document's whole text.

    A table is text: its caption and headings, then one line for each row. All offsets count code points from
    the start of the text.
    """

    start: int
    header_end: int
    end: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A part of a document's canonical text. Citations count their offsets in the whole text.

    ``page_labels`` has the printed number of each page, null where unknown; it is empty if all are.
    """

    document_id: int
    version: int
    title: str
    text: str
    start: int
    end: int
    page_starts: tuple[int, ...]
    page_labels: tuple[str | None, ...]
    characters: int
    tables: tuple[TablePlace, ...]


@dataclass(frozen=True, slots=True)
class CitingPage:
    """A page of the answers that cite a document.

    Attributes:
        answers: the answers, newest first.
        next_cursor: the cursor of the next page; null on the last page.
    """

    answers: list[CitingAnswer]
    next_cursor: str | None


def documents_router(pictures: Pictures) -> Router:
    router = Router(prefix="/v1/documents", tags=["library"])
    editing = LimitedThreads("edits", at_once=2, waiting=MAX_WAITING)
    revalidating = {**documented(400, 404, 413, 422, 500), 304: UNCHANGED}

    @router.get(
        "", response_model=dict[str, Any], responses={**documented(400, 413, 422, 500), 304: UNCHANGED}
    )
    def documents(
        *,
        index: OwnLibrary,
        brief: Annotated[bool, Query(description="only the fields that a list shows")] = False,
        limit: Annotated[
            int | None,
            Query(ge=1, le=MAX_LISTED, description="documents on a page, at most; all documents by default"),
        ] = None,
        cursor: Cursor = "",
        if_none_match: KnownTags = "",
    ) -> Response:
        """List the current version of every document, without its text.

        Without `limit`, the response has all documents, sorted by path. With `limit`, it has one page of
        documents, in the order in which they were added. A document that is added between two requests is
        therefore on the last page. `next_cursor` is null on the last page.
        """
        return list_response(index, if_none_match, limit, cursor, brief=brief)

    @router.get("/{document_id}", response_model=dict[str, Any], responses=revalidating)
    def document(
        index: OwnLibrary, document_id: DocumentId, version: Version = None, if_none_match: KnownTags = ""
    ) -> Response:
        """Return the metadata of a document, with its outline and its near-duplicates."""
        with index.catalog.reading() as reader:
            record = reader.document(document_id, version)
            return revalidated_json(reader, if_none_match, lambda: _described(index, reader, record))

    @router.get("/{document_id}/text", response_model=dict[str, Any], responses=revalidating)
    def document_text(
        *,
        index: OwnLibrary,
        document_id: DocumentId,
        version: Version = None,
        start: Annotated[Offset, Query(description="offset in code points")] = 0,
        end: Annotated[Offset | None, Query(description="exclusive; the end of the text by default")] = None,
        if_none_match: KnownTags = "",
    ) -> Response:
        """Return the canonical text of a document, or a part of it.

        Citations count offsets in the whole text.
        """
        if end is not None and end < start:
            raise HTTPException(422, f"end {end} lies before start {start}; give a larger end")
        with index.catalog.reading() as reader:
            record = reader.document(document_id, version)
            return revalidated_json(
                reader, if_none_match, lambda: asdict(read_source(reader, record, start, end))
            )

    @router.get(
        "/{document_id}/pages/{page}.png",
        response_class=Response,
        responses={**revalidating, **documented(503), 200: {"content": {"image/png": {}}}},
    )
    async def page(
        *,
        connection: HTTPConnection,
        index: OwnLibrary,
        document_id: DocumentId,
        page: Annotated[Number, Path(description="from 1")],
        version: Version = None,
        start: Annotated[Offset | None, Query(description="start of the words to mark")] = None,
        end: Annotated[Offset | None, Query(description="exclusive")] = None,
        cell_start: Annotated[
            Offset | None, Query(description="start of a cell to mark more strongly")
        ] = None,
        cell_end: Annotated[Offset | None, Query(description="exclusive")] = None,
        width: Annotated[int, Query(ge=PICTURE_WIDTHS[0], le=PICTURE_WIDTHS[1], description="pixels")] = 1000,
        if_none_match: KnownTags = "",
    ) -> Response:
        """Return a page as a picture, in which the words from `start` to `end` are marked.

        The table cell at `cell_start` to `cell_end` is marked more strongly than these words. The status is
        404 if the page has no picture or takes too long to draw; `detail` says why.
        """
        span, cell = _marked_span(start, end), _marked_span(cell_start, cell_end)
        record = await to_thread.run_sync(index.catalog.document, document_id, version)
        drawing = Drawing(record, page, width, span, cell)
        viewer = index.catalog.viewer
        sender = viewer.key if viewer else networks_of(client_address(connection.scope))[0]
        picture = await pictures.page_picture(index, drawing, sender)
        # The tag depends on the picture alone, because another library at this address may use the same ids.
        tag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
        return revalidated(tag, if_none_match, "image/png", lambda: picture)

    @router.patch("/{document_id}", responses=documented(400, 404, 409, 422, 500, 503, 507))
    async def edit(index: OwnLibrary, document_id: DocumentId, request: EditRequest) -> dict[str, Any]:
        """Set a report's details, such as its title. An empty string restores the file's own detail.

        The library stores the details, and does not change the file. The report keeps its text and version.
        """
        with conflict_if_locked():
            edits = request.model_dump(exclude_none=True)
            record = await editing.run(edit_document, index, document_id, edits)
        return await to_thread.run_sync(document_response, index, record.document_id, record.version)

    @router.get("/{document_id}/citations", responses=documented(404, 422, 500))
    def citations(
        index: OwnLibrary,
        document_id: DocumentId,
        limit: Annotated[int, Query(ge=1, le=MAX_CITING_ANSWERS)] = 100,
        cursor: Cursor = "",
    ) -> CitingPage:
        """List the stored answers that cite a document, newest first, with the words that they quote.

        Answers that a newer answer replaced are left out. The document may have been deleted.
        """
        before = sort_key_of("citations", cursor, 2)
        answers, last = citing_answers(index, document_id, limit, before)
        return CitingPage(answers, cursor_of("citations", last) if last else None)

    return router


def list_response(
    index: Library, known_tags: str = "", limit: int | None = None, cursor: str = "", *, brief: bool
) -> Response:
    """304 if ``known_tags`` has the tag. Without ``limit``: all or, after a cursor, ``MAX_LISTED``."""
    after = sort_key_of("documents", cursor) or (0,)
    part = None if limit is None and not cursor else Part(limit or MAX_LISTED, *after)

    def listed() -> dict[str, Any]:
        wanted = part and part._replace(limit=part.limit + 1)
        if brief:
            uploads = str(uploads_folder(index))
            rows = [_brief_fields(row, uploads) for row in reader.list_rows(wanted)]
        else:
            rows = [document_fields(index, record) for record in reader.documents(wanted)]
        page = rows[: part.limit] if part else rows
        last = (page[-1]["document_id"],) if len(page) < len(rows) else None
        return {
            "documents": page,
            "generation": reader.generation,
            "next_cursor": cursor_of("documents", last) if last else None,
        }

    with index.catalog.reading() as reader:
        return revalidated_json(reader, known_tags, listed)


def document_response(index: Library, document_id: int, version: int | None = None) -> dict[str, Any]:
    with index.catalog.reading() as reader:
        return _described(index, reader, reader.document(document_id, version))


def _described(index: Library, reader: CatalogReader, record: DocumentRecord) -> dict[str, Any]:
    sections = reader.text(record.document_id, record.version).sections
    same_as = [
        {
            "document_id": like.document_id,
            "title": like.title,
            "publisher": like.publisher,
            "similarity": round(similarity, 3),
        }
        for like, similarity in index.duplicates.similar(reader, record.document_id)
    ]
    fields = document_fields(index, record)
    return {**fields, "sections": [asdict(section) for section in sections], "same_as": same_as}


def document_fields(index: Library, record: DocumentRecord) -> dict[str, Any]:
    fields = asdict(record)
    del fields["source"]
    return {
        **fields,
        "published_precision": date_precision(record.published),
        "page_pictures": has_pictures(record),
        "uploaded": is_uploaded(index, record),
    }


def read_source(
    reader: CatalogReader, record: DocumentRecord, start: int = 0, end: int | None = None
) -> SourceText:
    """Return the text of a document between two offsets in code points, which are cut to the text."""
    document = reader.text(record.document_id, record.version)
    characters = len(document.text)
    end = characters if end is None else min(end, characters)
    start = min(start, end)
    return SourceText(
        document_id=record.document_id,
        version=record.version,
        title=document.title,
        text=document.text[start:end],
        start=start,
        end=end,
        page_starts=document.page_starts,
        page_labels=document.page_labels,
        characters=characters,
        tables=tuple(
            TablePlace(table.span.start, table.header.end, table.span.end)
            for table in tables(document.text)
            if table.span.start < end and start < table.span.end
        ),
    )


def citing_answers(
    index: Library, document_id: int, limit: int, before: tuple[int, ...] | None = None
) -> tuple[list[CitingAnswer], tuple[int, int] | None]:
    """Also return the last one's sort key if more follow. Raises DocumentNotFoundError if unknown."""
    answers, last = page_of_citing(index.catalog, document_id, limit, before)
    if not answers and before is None:
        with index.catalog.reading() as reader:
            reader.document(document_id)
    return answers, last


def _marked_span(start: int | None, end: int | None) -> Span | None:
    return Span(start, end) if start is not None and end is not None and start < end else None


def _brief_fields(row: dict[str, Any], uploads: str) -> dict[str, Any]:
    origin = row.pop("published_origin")
    row["published_precision"] = date_precision(row["published"])
    row["uploaded"] = row.pop("source") == uploads
    row["origins"] = {"published": origin} if origin else {}
    return row


MATCHES = 500

AROUND = 2  # the number of unchanged sentences before and after a change that are listed with their words
CHANGES = 2_000  # the maximum number of entries of a comparison that are listed; the rest are only counted
MAX_QUERY_CHARACTERS = 200

_NAMES: Mapping[Change, str] = {"kept": "stayed", "removed": "went", "added": "came"}


def versions_router() -> Router:
    router = Router(
        prefix="/v1/documents/{document_id}", tags=["library"], responses=documented(404, 422, 500)
    )

    @router.get("/versions")
    def versions(index: OwnLibrary, document_id: DocumentId) -> dict[str, Any]:
        """List the versions of a document, the newest first."""
        with index.catalog.reading() as reader:
            records = reader.versions(document_id)
        return {
            "document_id": document_id,
            "versions": [document_fields(index, record) for record in records],
        }

    @router.get("/changes")
    def changes(
        index: OwnLibrary,
        document_id: DocumentId,
        former: Annotated[
            Number | None, Query(alias="from", description="the version before `to` by default")
        ] = None,
        later: Annotated[
            Number | None, Query(alias="to", description="the current version by default")
        ] = None,
    ) -> dict[str, Any]:
        """Return the changes from one version to another, sentence by sentence, in reading order.

        The field `change` of an entry is:

        - `went`: only the earlier version has the sentence; `old` is its place there;
        - `came`: only the later version has the sentence; `new` is its place there;
        - `stayed`: both versions have it; the entry has both places.

        An entry of one sentence has the `text` of the sentence. Consecutive unchanged sentences that are
        not near a change share one entry, without a text: `sentences` is their number, and the places go
        from the first sentence to the last.
        """
        to = index.catalog.document(document_id, later).version
        if former is None and to == 1:
            raise HTTPException(
                422, f"version 1 of document {document_id} is the first; name a later one with to"
            )
        base = to - 1 if former is None else former
        old, new = (index.catalog.text(document_id, version) for version in (base, to))
        found = revisions(old, new)
        entries = list(_entries(found, old.text, new.text))
        kinds = [revision.change for revision in found]
        return {
            "document_id": document_id,
            "from": base,
            "to": to,
            **{name: kinds.count(kind) for kind, name in _NAMES.items()},
            "changes": entries[:CHANGES],
            "left_out": max(len(entries) - CHANGES, 0),
        }

    @router.get("/matches")
    def find(
        index: OwnLibrary,
        document_id: DocumentId,
        query: Annotated[Text, Query(min_length=1, max_length=MAX_QUERY_CHARACTERS, description="words")],
        version: Version = None,
    ) -> dict[str, Any]:
        """Find words in a document's text, ignoring case and accents. `start` and `end` count code points."""
        if not fold_characters(query).strip():
            raise HTTPException(
                422, f"query is {query!r}, which has no character to search for; write a word"
            )
        with index.catalog.reading() as catalog:
            record = catalog.document(document_id, version)
            document = catalog.text(document_id, record.version)
        spans = matches(document.text, query)
        shown = list(islice(spans, MATCHES))
        return {
            "document_id": document_id,
            "version": record.version,
            "matches": [
                {
                    **_span_fields(span),
                    "page": document.page_at(span.start),
                    "page_label": document.label_at(span.start),
                }
                for span in shown
            ],
            "total": len(shown) + sum(1 for _ in spans),
        }

    return router


def _entries(found: Sequence[Revision], old: str, new: str) -> Iterator[dict[str, Any]]:
    """Yield an entry for each sentence that changed or is near a change, and one for each run of others."""
    changed = (number for number, revision in enumerate(found) if revision.change != "kept")
    near = {close for number in changed for close in range(number - AROUND, number + AROUND + 1)}
    for is_near, run in groupby(enumerate(found), lambda item: item[0] in near):
        together = [revision for _, revision in run]
        if is_near:
            for revision in together:
                yield _entry(revision.change, [revision], revision.words(old, new))
        else:
            yield _entry("kept", together, None)


def _entry(change: Change, run: Sequence[Revision], text: str | None) -> dict[str, Any]:
    first, last = run[0], run[-1]
    return {
        "change": _NAMES[change],
        "sentences": len(run),
        "old": _span_fields(Span(first.old.start, last.old.end)) if first.old and last.old else None,
        "new": _span_fields(Span(first.new.start, last.new.end)) if first.new and last.new else None,
        "text": text,
    }


def _span_fields(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}
