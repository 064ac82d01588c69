"""Numbers the footnotes and endnotes of an RTF file, since the file does not store the numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.loaders.numerals import written_number
from index.loaders.rtf.marks import Part, Parts, mark
from index.loaders.superscripts import note_mark

_KINDS = {
    "nar": "decimal",
    "nalc": "lowerLetter",
    "nauc": "upperLetter",
    "nrlc": "lowerRoman",
    "nruc": "upperRoman",
    "nchi": "chicago",
}
_SETTING = re.compile(rf"s?(a?)ftn(start|restart|rstcont|{'|'.join(_KINDS)})")
"""Control words for the notes of the document or, with a leading ``s``, of a section."""


@dataclass(slots=True)
class _Note:
    """The note that was added last.

    Attributes:
        part: the part with the note's text.
        reference: the part with the note's reference, and the reference's index in ``Part.pieces``; None
            if the note has no reference.
        mark: the note's mark as RTF.
    """

    part: Part
    reference: tuple[Part, int] | None
    mark: str = ""


@dataclass(slots=True)
class _Series:
    """The numbering of the footnotes, or of the endnotes.

    Attributes:
        kind: the format of the numbers.
        first: the first number.
        count: the number of notes so far: in the section if ``is_by_section``, else in the document.
        is_by_section: whether each section restarts the numbers.
    """

    kind: str
    first: int = 1
    count: int = 0
    is_by_section: bool = False


class Notes:
    """Numbers footnotes and endnotes as they are added, and adds them to the parts of the file."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._last: _Note | None = None
        self._series = {"": _Series("decimal"), "a": _Series("lowerRoman")}

    def handle_setting(self, word: str, number: int | None) -> bool:
        """Handle a control word if it is about the numbering of notes; return whether it is."""
        setting = _SETTING.fullmatch(word)
        if setting is None:
            return False
        series = self._series[setting[1]]
        match setting[2]:
            case "start":
                series.first = number if number is not None else 1
            case "restart":
                series.is_by_section = True
            case "rstcont":
                series.is_by_section = False
            case named:
                series.kind = _KINDS[named]
        return True

    def end_section(self) -> None:
        """Restart the numbers of notes that restart in each section."""
        for series in self._series.values():
            series.count = 0 if series.is_by_section else series.count

    def add_footnote(self, part: Part, reference: tuple[Part, int] | None) -> None:
        """Number a new footnote, and add it to the parts of the file.

        Args:
            part: the part for the note's text.
            reference: the part with the note's reference, and the reference's index in ``Part.pieces``; None
                if the note has no reference.
        """
        self._parts.footnotes.append(part)
        self._last = _Note(part, reference)
        self._count("", self._last)

    def make_endnote(self, part: Part | None) -> None:
        """Make the note added last an endnote if ``part`` holds that note's text."""
        note, footnotes = self._last, self._parts.footnotes
        if note is not None and note.part is part and footnotes and part is footnotes[-1]:
            self._parts.endnotes.append(footnotes.pop())
            self._series[""].count -= note.reference is not None
            self._count("a", note)

    def mark_in(self, part: Part) -> str | None:
        """Return the mark of the note added last, as RTF, if ``part`` holds that note's text; else None."""
        return self._last.mark if self._last is not None and self._last.part is part else None

    def _count(self, kind: str, note: _Note) -> None:
        """Number a note, and write its mark at its reference."""
        if note.reference is not None:
            series = self._series[kind]
            series.count += 1
            written = note_mark(written_number(series.first + series.count - 1, series.kind))
            note.mark = "".join(map(mark, written))
            part, at = note.reference
            part.pieces[at] = note.mark
