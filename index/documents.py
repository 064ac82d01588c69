"""The value types of the index: a document's canonical text and spans of it.

A document's text is stored once. Chunks, sentences and citations are half-open spans of it,
counted in Unicode code points, so that ``document.text[start:end]`` is the quote, always.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

UNKNOWN_LANGUAGE = "und"
"""ISO 639-2's code for a language that was not determined."""

MAX_COLLECTION_CHARACTERS = 200
"""Of the name of a collection."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of code points in a document's text.

    Raises:
        ValueError: if ``start`` is negative or ``end`` lies before ``start``.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: start {self.start}, end {self.end}; 0 <= start <= end must hold")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The words that this span covers in ``text``."""
        return text[self.start : self.end]

    def covers(self, other: Span) -> bool:
        """Whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end


Origin = Literal[
    "edit", "upload", "sidecar", "front matter", "document properties", "page", "file name", "file time"
]
"""Where a value comes from: people gave it, or it was read; "page" is the words of the document itself."""


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of a document's outline.

    Attributes:
        start: the offset at which its heading stands in the text.
        level: how deep it lies, from 1.
        title: its heading, on one line.
    """

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page as it is seen: its size, and where on it each character stands.

    Attributes:
        width: in points (1/72 inch), as the page is shown, after its rotation.
        height: in points.
        boxes: four little-endian unsigned 16-bit numbers for each character of the page's text, from its
            start to the start of the next page: left, top, right and bottom in quarters of a point from
            the page's upper left corner. Four zeros stand for a character without a place: a blank between
            paragraphs, a mark that the loader put in.
    """

    width: float
    height: float
    boxes: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """One report as it was read: its canonical text and what is known about it.

    Attributes:
        text: the canonical text, stored once; every span counts in its code points.
        title: the title, or the file's name where the report carries none.
        kind: the loader that read it: ``text``, ``markdown``, ``html``, ``pdf``, ``docx`` and so on.
        language: an ISO 639-1 code, or ``und``.
        publisher: who issued it, as written in the document, or None.
        published: an ISO 8601 date, possibly shortened to ``YYYY-MM`` or ``YYYY``, or None.
        page_starts: the offset at which each page begins, the first being 0; empty for formats
            without pages.
        author: who wrote it, as the document says, or None.
        origins: where ``title``, ``publisher``, ``author``, ``published``, ``language`` and ``collection``
            were read, by name; what was only detected or is not known has none.
        sections: its outline, in the order of the text; empty where it has none.
        mended: offsets at which a hyphen and a line break were taken out of a divided word, in order:
            putting the two back at each gives the words as they were set.
        layouts: a layout for each page, or empty where the format has no places on pages.
        unread_pages: numbers, from 1, of pages that are pictures without words, so far as they were read.
        recognised_pages: numbers, from 1, of pages whose words were recognised in a picture, perhaps wrongly.
        recognised_in: the languages in which pictures of pages were tried, as ``Options.recognition`` has
            them; empty where there are no such pages, or they were not tried.
        collection: the collection that somebody put it in; None where nobody said, and its folder decides.
    """

    text: str
    title: str
    kind: str
    language: str = UNKNOWN_LANGUAGE
    publisher: str | None = None
    published: str | None = None
    page_starts: tuple[int, ...] = ()
    author: str | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False)
    sections: tuple[Section, ...] = ()
    mended: tuple[int, ...] = ()
    layouts: tuple[PageLayout, ...] = ()
    unread_pages: tuple[int, ...] = ()
    recognised_pages: tuple[int, ...] = ()
    recognised_in: str = ""
    collection: str | None = None

    def page_at(self, offset: int) -> int | None:
        """The number of the page, from 1, that holds the character at ``offset``; None without pages."""
        return bisect_right(self.page_starts, offset) or None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: consecutive sentences of one document, the unit that is embedded and found.

    Attributes:
        span: from the start of the first sentence to the end of the last.
        sentences: the sentences in it, in order, as spans of the document.
        header: where its rows belong to a table, the table's caption and headings, as a span of the
            document: inside the first passage of a table, before the others.
    """

    span: Span
    sentences: tuple[Span, ...]
    header: Span | None = None
