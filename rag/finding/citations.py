"""Spans of documents as citations and passages: the quote is read from the text, never carried along."""

from __future__ import annotations

from dataclasses import replace

from index.catalog import CatalogReader
from index.documents import Document, PageLayout, Span
from index.records import DocumentRecord
from index.text import Box, boxes
from rag.answers import Citation, Copy, Passage, Verification
from rag.finding.reading import Reading

_BLANK = PageLayout(0.0, 0.0, b"")


class DocumentTexts:
    """The texts that one answer reads, each fetched from the catalog once."""

    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader
        self._texts: dict[tuple[int, int], Document] = {}

    def text(self, record: DocumentRecord) -> Document:
        """The document of ``record``, in its version; raises DocumentNotFoundError if it was deleted."""
        key = (record.document_id, record.version)
        if key not in self._texts:
            self._texts[key] = self._reader.text(*key)
        return self._texts[key]

    def boxes(self, record: DocumentRecord, span: Span) -> tuple[Box, ...]:
        """Where the words of ``span`` stand on the pages of ``record``; empty where it has no layouts."""
        document = self.text(record)
        first, last = document.page_at(span.start), document.page_at(max(span.end - 1, span.start))
        if first is None or last is None:
            return ()
        layouts = self._reader.layouts(record.document_id, record.version, range(first, last + 1))
        if not layouts:
            return ()
        # Only the pages that the span touches are fetched: the others count as blank.
        pages = range(1, len(document.page_starts) + 1)
        return boxes(replace(document, layouts=tuple(layouts.get(page, _BLANK) for page in pages)), span)


def cite(
    number: int,
    answer_start: int,
    sentence: str,
    *,
    record: DocumentRecord,
    span: Span,
    library: DocumentTexts,
    verification: Verification,
    header: Span | None = None,
    also_in: tuple[Copy, ...] = (),
) -> Citation:
    """The footnote of one sentence of an answer.

    Args:
        number: the footnote's number, from 1.
        answer_start: where the sentence begins in the answer's text.
        sentence: the sentence, as it stands in the answer.
        record: the document that it rests on.
        span: where in it.
        library: has the document's text.
        verification: what was checked of the sentence.
        header: for a table's row, where the table's caption and headings stand.
        also_in: other copies of the document that have the same words.
    """
    document = library.text(record)
    return Citation(
        id=number,
        answer_start=answer_start,
        answer_end=answer_start + len(sentence),
        document_id=record.document_id,
        version=record.version,
        title=record.title,
        publisher=record.publisher,
        author=record.author,
        published=record.stated,
        path=record.path,
        page=document.page_at(span.start),
        start=span.start,
        end=span.end,
        quote=span.of(document.text),
        boxes=library.boxes(record, span),
        verification=verification,
        headings=header.of(document.text) if header else None,
        also_in=also_in,
        recognised=_is_recognised(record, document, span),
        superseded_by=record.superseded_by,
    )


def show(reading: Reading, library: DocumentTexts, shortfall: str | None = None) -> Passage:
    """A reading as it is shown with an answer.

    Args:
        reading: the stretch of a document.
        library: has the document's text.
        shortfall: why it does not answer, where the answer abstains.
    """
    record, span = reading.document, reading.span
    document = library.text(record)
    return Passage(
        document_id=record.document_id,
        version=record.version,
        title=record.title,
        publisher=record.publisher,
        author=record.author,
        published=record.stated,
        path=record.path,
        page=document.page_at(span.start),
        start=span.start,
        end=span.end,
        text=span.of(document.text),
        score=reading.score,
        shortfall=shortfall,
        recognised=_is_recognised(record, document, span),
    )


def _is_recognised(record: DocumentRecord, document: Document, span: Span) -> bool:
    return record.recognised(document.page_at(span.start), document.page_at(max(span.end - 1, span.start)))
