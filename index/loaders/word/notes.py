"""Numbers the footnotes and endnotes of a Word document, since the file does not store the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.loaders.numerals import written_number
from index.loaders.superscripts import note_mark
from index.loaders.word.names import W, integer, related, value

if TYPE_CHECKING:
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

KINDS = ("footnote", "endnote")
_USUAL_FORMATS = {"footnote": "decimal", "endnote": "lowerRoman"}
_SEPARATORS = {"separator", "continuationSeparator", "continuationNotice"}


@dataclass(frozen=True, slots=True)
class Note:
    """A note that the text refers to.

    Attributes:
        element: the element with the note's text.
        mark: the mark, as the text shows it at the reference.
        custom: the author's own mark; empty for a numbered note.
    """

    element: Element
    mark: str
    custom: str


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbering of notes in a section.

    Attributes:
        kind: the format of the numbers.
        start: the first number.
        restart: where the numbers restart: ``eachSect``, ``eachPage``, or ``continuous`` (nowhere).
    """

    kind: str
    start: int
    restart: str


class Notes:
    """The notes of a document.

    Callers must ask for marks in the order of the text, because notes are counted.

    Args:
        part: the document's main part.
        body: the document's body, whose sections give the numbering of notes.
    """

    def __init__(self, part: Part, body: Element) -> None:
        settings = related(part, "settings")
        sections = [
            one
            for one in body.iter(f"{W}sectPr")
            if next(one.iterancestors(f"{W}sectPrChange"), None) is None
        ]
        self._series = {kind: _Series(part, kind, settings, sections) for kind in KINDS}

    def mark(self, reference: Element, custom: str | None) -> str:
        """Return the mark of the note at a reference, and count the note if it is numbered.

        Args:
            reference: the reference in the text.
            custom: the author's own mark, or None for a numbered note.
        """
        kind = "endnote" if reference.tag == f"{W}endnoteReference" else "footnote"
        return self._series[kind].mark(reference.get(f"{W}id") or "", custom)

    def end_section(self) -> None:
        """Use the numbering of the next section from here on."""
        for series in self._series.values():
            series.end_section()

    def end_page(self) -> None:
        """Restart the numbers that restart on each page. Call this at each page break of the file."""
        for series in self._series.values():
            series.end_page()

    def referred(self) -> Iterator[Note]:
        """Yield the notes that the text refers to: footnotes, then endnotes, both in text order."""
        for series in self._series.values():
            yield from series.referred.values()


class _Series:
    """The footnotes, or the endnotes, of a document."""

    def __init__(self, part: Part, kind: str, settings: Element | None, sections: list[Element]) -> None:
        root = related(part, f"{kind}s")
        self._notes = {
            note.get(f"{W}id", ""): note
            for note in (root.iter(f"{W}{kind}") if root is not None else ())
            if note.get(f"{W}type") not in _SEPARATORS
        }
        self._sections = [_numbers(kind, section, settings) for section in sections]
        self._usual = _numbers(kind, settings)
        self._section = 0
        self._count: int | None = None
        self.referred: dict[str, Note] = {}

    @property
    def _numbers(self) -> _Numbers:
        return self._sections[self._section] if self._section < len(self._sections) else self._usual

    def mark(self, number: str, custom: str | None) -> str:
        if custom is None:
            self._count = self._numbers.start if self._count is None else self._count + 1
            mark = note_mark(written_number(self._count, self._numbers.kind))
        else:
            mark = note_mark(custom)
        if number in self._notes:
            self.referred.setdefault(number, Note(self._notes[number], mark, custom or ""))
        return mark

    def end_section(self) -> None:
        self._section += 1
        if self._numbers.restart in {"eachSect", "eachPage"}:
            self._count = None

    def end_page(self) -> None:
        if self._numbers.restart == "eachPage":
            self._count = None


def _numbers(kind: str, *properties: Element | None) -> _Numbers:
    """Read the numbering of notes. Each setting comes from the first of ``properties`` that has it."""

    def first_value(name: str) -> str | None:
        found = (value(one, f"{kind}Pr/{name}") for one in properties)
        return next((one for one in found if one is not None), None)

    shape = first_value("numFmt") or _USUAL_FORMATS[kind]
    return _Numbers(shape, integer(first_value("numStart"), 1), first_value("numRestart") or "continuous")
