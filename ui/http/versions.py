"""The routes that list a document's versions, compare two of them, and search its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Annotated, Any

from fastapi import HTTPException, Query

from index.documents import Span
from index.text import Change, Revision, fold_characters, matches, revisions
from ui.http.access.views import OwnLibrary
from ui.http.documents import DocumentId, Version, document_fields
from ui.http.problems import documented
from ui.http.request_bodies import Number, Text
from ui.http.router import Router

MATCHES = 500
"""The maximum number of matches that are listed; the total counts all of them."""

AROUND = 2
"""The number of unchanged sentences before and after a change that are listed with their words."""

CHANGES = 2_000
"""The maximum number of entries of a comparison that are listed; the rest are only counted."""

MAX_QUERY_CHARACTERS = 200

_NAMES: Mapping[Change, str] = {"kept": "stayed", "removed": "went", "added": "came"}
"""The names of changes in the interface, by ``Revision.change``."""


def versions_router() -> Router:
    """Return the routes that list and compare the versions of a document, and search its text."""
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
            "matches": [{**_span_fields(span), "page": document.page_at(span.start)} for span in shown],
            "total": len(shown) + sum(1 for _ in spans),
        }

    return router


def _entries(found: Sequence[Revision], old: str, new: str) -> Iterator[dict[str, Any]]:
    """Yield an entry for each sentence that changed or is near a change.

    Consecutive other sentences share one entry.
    """
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
