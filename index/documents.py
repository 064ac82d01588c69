"""The value types of the index: a document's canonical text and spans of it.

A document's text is stored once. Chunks, sentences and citations are half-open spans of it,
counted in Unicode code points, so that ``document.text[start:end]`` is the quote, always.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

UNKNOWN_LANGUAGE = "und"
"""ISO 639-2's code for a language that was not determined."""


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


@dataclass(frozen=True, slots=True)
class Document:
    """One report as it was read: its canonical text and what is known about it.

    Attributes:
        text: the canonical text, stored once; every span counts in its code points.
        title: the title, or the file's name where the report carries none.
        kind: the loader that read it: ``text``, ``markdown``, ``html``, ``pdf`` or ``docx``.
        language: an ISO 639-1 code, or ``und``.
        publisher: who issued it, as written in the document, or None.
        published: an ISO 8601 date, possibly shortened to ``YYYY-MM`` or ``YYYY``, or None.
        page_starts: the offset at which each page begins, the first being 0; empty for formats
            without pages.
    """

    text: str
    title: str
    kind: str
    language: str = UNKNOWN_LANGUAGE
    publisher: str | None = None
    published: str | None = None
    page_starts: tuple[int, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The number of the page, from 1, that holds the character at ``offset``; None without pages."""
        return bisect_right(self.page_starts, offset) or None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: consecutive sentences of one document, the unit that is embedded and found.

    Attributes:
        span: from the start of the first sentence to the end of the last.
        sentences: the sentences in it, in order, as spans of the document.
    """

    span: Span
    sentences: tuple[Span, ...]
