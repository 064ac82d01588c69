"""A document's canonical text and half-open spans of it: ``document.text[start:end]`` is the quote."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

UNKNOWN_LANGUAGE = "und"  # ISO 639-2's code for a language that was not determined.
MAX_COLLECTION_CHARACTERS = 200  # The most characters in a collection's name.
SIDECAR = ".meta.yaml"  # After the whole name of the file: ``report.pdf.meta.yaml``.


def sidecar_of(path: Path) -> Path:
    return path.with_name(path.name + SIDECAR)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open, in code points. Raises ValueError unless 0 <= start <= end."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: start {self.start}, end {self.end}; 0 <= start <= end must hold")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def covers(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


# The source of a value: a user, or a part of the file. "page" stands for the text of the document itself.
Origin = Literal["edit", "upload", "sidecar", "front matter", "document properties", "page", "file name"]


@dataclass(frozen=True, slots=True)
class Section:
    """``start`` is the heading's offset, ``level`` its depth from 1."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class PageLayout:
    """In points (1/72 inch), after rotation.

    ``boxes`` has left, top, right and bottom of each character up to the next page's start, in quarters of a
    point from the upper left corner (little-endian uint16). Four zeros mark a character without a place.
    """

    width: float
    height: float
    boxes: bytes


def label_of(labels: Sequence[str | None], page: int | None) -> str | None:
    """``page`` is from 1."""
    return labels[page - 1] if page and page <= len(labels) else None


@dataclass(frozen=True, slots=True)
class Document:
    """A document as its loader read it. Spans refer to ``text``; offsets and pages are in rising order."""

    text: str
    title: str  # The file's name if it has none.
    kind: str  # The loader that read it: ``text``, ``markdown``, ``html``, ``pdf``, ``docx`` and so on.
    language: str = UNKNOWN_LANGUAGE  # ISO 639-1, or ``und``.
    publisher: str | None = None
    published: str | None = None  # ISO 8601, possibly shortened to ``YYYY-MM`` or ``YYYY``.
    page_starts: tuple[int, ...] = ()  # The offset of each page; empty for formats without pages.
    author: str | None = None
    # By field, of those in KEYS; a detected or unknown value has none.
    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False)
    sections: tuple[Section, ...] = ()
    # The offsets at which the loader of PDFs has joined a hyphenated word: with a hyphen and a line break,
    # each restores the printed text.
    mended: tuple[int, ...] = ()
    layouts: tuple[PageLayout, ...] = ()  # One for each page; empty for formats without positions.
    unread_pages: tuple[int, ...] = ()  # The numbers, from 1, of pages that are pictures without text.
    recognised_pages: tuple[int, ...] = ()  # Those whose text was recognised in a picture, perhaps wrongly.
    recognised_in: str = ""  # The languages of ``Options.recognition``; empty if it was not tried.
    collection: str | None = None  # One that a user has stated; None if the folder is the collection.
    # The number of each page as printed or labelled, such as ``iv``; None where unknown, empty if everywhere.
    page_labels: tuple[str | None, ...] = ()
    reading: int = 0  # The ``READING`` of the loaders that read it.

    def page_at(self, offset: int) -> int | None:
        """From 1; None for a format without pages."""
        return bisect_right(self.page_starts, offset) or None

    def label_at(self, offset: int) -> str | None:
        """The printed number of the page."""
        return label_of(self.page_labels, self.page_at(offset))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive sentences; ``header`` spans the caption and headings of a table's rows."""

    span: Span
    sentences: tuple[Span, ...]
    header: Span | None = None


# The fields of a ``Document`` that a detail may replace.
KEYS = ("title", "publisher", "author", "published", "language", "collection")


@dataclass(frozen=True, slots=True)
class Detail:
    """An empty value removes it. ``beneath`` is the file's; its origin is None if unknown or detected."""

    value: str
    origin: Origin
    beneath: str | None = field(default=None, compare=False)
    beneath_origin: Origin | None = field(default=None, compare=False)


Details = Mapping[str, Detail]  # Details by their keys, each of which is in :data:`KEYS`.


def merged(before: Details, given: Details) -> dict[str, Detail]:
    """An empty value in ``given`` removes the detail."""
    return {key: detail for key, detail in {**before, **given}.items() if detail.value}


def covering(document: Document, given: Details) -> dict[str, Detail]:
    """Each detail of the copy stores the value that it replaces in ``document``."""
    return {
        key: replace(detail, beneath=getattr(document, key), beneath_origin=document.origins.get(key))
        for key, detail in given.items()
    }


def described(document: Document, given: Details) -> Document:
    values: dict[str, Any] = {key: detail.value for key, detail in given.items()}
    origins = {key: detail.origin for key, detail in given.items()}
    return replace(document, **values, origins={**document.origins, **origins})


def uncovered(document: Document, given: Details) -> Document:
    """Undo :func:`described`."""
    values: dict[str, Any] = {key: detail.beneath for key, detail in given.items()}
    origins = {key: origin for key, origin in document.origins.items() if key not in given}
    origins |= {key: detail.beneath_origin for key, detail in given.items() if detail.beneath_origin}
    return replace(document, **values, origins=origins)
