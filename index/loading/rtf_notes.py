"""Notes of an RTF file: their numbers, which the file leaves to its reader to count."""

from __future__ import annotations

from dataclasses import dataclass

from index.loading.rtf_marks import Part, Parts, mark


@dataclass(slots=True)
class _Note:
    """The note that was opened last.

    Attributes:
        part: its words.
        reference: the part in which its number stands, and at which of its pieces; None without one.
        mark: the number as RTF.
    """

    part: Part
    reference: tuple[Part, int] | None
    mark: str = ""


class Notes:
    """Counts footnotes and endnotes as they are opened, and adds them to those of the file."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._last: _Note | None = None
        self._numbers = {"": 0, "e": 0}

    def open(self, part: Part, reference: tuple[Part, int] | None) -> None:
        """Begin a footnote.

        Args:
            part: where its words will be.
            reference: the part in which its number stands, and at which of its pieces; None without one.
        """
        self._parts.footnotes.append(part)
        self._last = _Note(part, reference)
        self._count("", self._last)

    def make_endnote(self, part: Part | None) -> None:
        """Number the note that is open among the endnotes, if these are its words."""
        note, footnotes = self._last, self._parts.footnotes
        if note is not None and note.part is part and footnotes and part is footnotes[-1]:
            self._parts.endnotes.append(footnotes.pop())
            self._numbers[""] -= note.reference is not None
            self._count("e", note)

    def mark_in(self, part: Part) -> str | None:
        """The mark of the note that is open as RTF, if these are its words."""
        return self._last.mark if self._last is not None and self._last.part is part else None

    def _count(self, prefix: str, note: _Note) -> None:
        """Count a note that is numbered, and write its mark where it is referred to."""
        if note.reference is not None:
            self._numbers[prefix] += 1
            digits = str(self._numbers[prefix])
            note.mark = prefix + "".join(mark("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)]) for digit in digits)
            part, at = note.reference
            part.pieces[at] = note.mark
