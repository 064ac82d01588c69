"""The source side of a footnote: a document's text, whole or a part of it, for the panel beside the chat."""

from __future__ import annotations

from dataclasses import dataclass

from index.library import Library
from index.text import tables


@dataclass(frozen=True, slots=True)
class TablePlace:
    """Where a table stands in the whole text, in code points: lines of headings, then a line a row.

    Attributes:
        start: where its caption and headings begin.
        header_end: where they end; ``start`` where it has none.
        end: where its last row ends.
    """

    start: int
    header_end: int
    end: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A part of a document's canonical text.

    Attributes:
        document_id: the document's number in the catalog.
        version: the version that was read.
        title: its title.
        text: the words from ``start`` to ``end``.
        start: where the part begins, in code points of the whole text.
        end: where it ends.
        page_starts: where each page of the whole document begins; empty for formats without pages.
        characters: the length of the whole text, in code points.
        tables: the tables that lie in the part, or reach into it.
    """

    document_id: int
    version: int
    title: str
    text: str
    start: int
    end: int
    page_starts: tuple[int, ...]
    characters: int
    tables: tuple[TablePlace, ...]


def read_source(
    index: Library, document_id: int, version: int | None = None, start: int = 0, end: int | None = None
) -> SourceText:
    """The text of a document between two offsets, which are moved inside the text where they lie outside.

    Args:
        index: the library.
        document_id: the document's number in the catalog.
        version: the version to read; the current one by default.
        start: where to begin, in code points.
        end: where to end; the end of the text by default.

    Raises:
        DocumentNotFoundError: if the library has no such document or version.
    """
    with index.catalog.reading() as catalog:
        record = catalog.document(document_id, version)
        document = catalog.text(document_id, record.version)
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
        characters=characters,
        tables=tuple(
            TablePlace(table.span.start, table.header.end, table.span.end)
            for table in tables(document.text)
            if table.span.start < end and start < table.span.end
        ),
    )
