"""Makes citations and passages from spans of documents. The quotes are copied from the documents' texts."""

from __future__ import annotations

from dataclasses import replace

from index.catalog import CatalogReader
from index.documents import Document, PageLayout, Span
from index.records import DocumentRecord
from index.text import Box, TableCell, boxes
from rag.answers import CellAddress, Citation, Copy, Passage
from rag.finding.reading import Reading
from rag.verdicts import Verification

_BLANK = PageLayout(0.0, 0.0, b"")


class DocumentTexts:
    """Provides the texts of documents for one answer, and fetches each from the catalog only once."""

    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader
        self._texts: dict[tuple[int, int], Document] = {}

    def text(self, record: DocumentRecord) -> Document:
        """Return the text of a document in the version of ``record``.

        Raises:
            DocumentNotFoundError: if the document was deleted.
        """
        key = (record.document_id, record.version)
        if key not in self._texts:
            self._texts[key] = self._reader.text(*key)
        return self._texts[key]

    def boxes(self, record: DocumentRecord, span: Span) -> tuple[Box, ...]:
        """Return the rectangles of ``span`` on the document's pages; none if it has no page layouts."""
        document = self.text(record)
        first, last = document.page_at(span.start), document.page_at(max(span.end - 1, span.start))
        if first is None or last is None:
            return ()
        layouts = self._reader.layouts(record.document_id, record.version, range(first, last + 1))
        if not layouts:
            return ()
        # Only the layouts of the span's pages are fetched; all other pages have blank layouts.
        pages = range(1, len(document.page_starts) + 1)
        return boxes(replace(document, layouts=tuple(layouts.get(page, _BLANK) for page in pages)), span)

    def box(self, record: DocumentRecord, span: Span) -> Box | None:
        """Return one rectangle around ``span`` on its first page; None if there are no page layouts."""
        found = self.boxes(record, span)
        own = [box for box in found if box.page == found[0].page]
        if not own:
            return None
        return Box(
            own[0].page,
            min(box.left for box in own),
            min(box.top for box in own),
            max(box.right for box in own),
            max(box.bottom for box in own),
        )


def cite(
    number: int,
    answer_start: int,
    sentence: str,
    *,
    record: DocumentRecord,
    span: Span,
    document_texts: DocumentTexts,
    verification: Verification,
    header: Span | None = None,
    cell: TableCell | None = None,
    also_in: tuple[Copy, ...] = (),
) -> Citation:
    """Return the footnote of one sentence of an answer.

    Args:
        number: the footnote's number, from 1.
        answer_start: the offset at which the sentence begins in the answer's text.
        sentence: the sentence, as the answer has it.
        record: the cited document.
        span: the cited span of the document.
        document_texts: provides the document's text.
        verification: the result of checking the sentence.
        header: for a row of a table, the span of the table's caption and headings.
        cell: the cell of the row that the question means, or None.
        also_in: near-duplicates of the document that contain the same words.
    """
    document = document_texts.text(record)
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
        boxes=document_texts.boxes(record, span),
        verification=verification,
        headings=header.of(document.text) if header else None,
        cell=_address(cell, record, document_texts) if cell else None,
        also_in=also_in,
        recognised=_is_recognised(record, document, span),
        superseded_by=record.superseded_by,
    )


def _address(cell: TableCell, record: DocumentRecord, document_texts: DocumentTexts) -> CellAddress:
    start, end, box = cell.span.start, cell.span.end, document_texts.box(record, cell.span)
    return CellAddress(cell.row, cell.column, cell.value, cell.unit, start, end, box)


def as_passage(reading: Reading, document_texts: DocumentTexts, shortfall: str | None = None) -> Passage:
    """Convert a stretch of a document to a passage that an answer can show.

    Args:
        reading: the stretch.
        document_texts: provides the document's text.
        shortfall: for an abstention, the reason why the passage does not answer the question; else None.
    """
    record, span = reading.document, reading.span
    document = document_texts.text(record)
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
