"""The parts of an RTF file as RTF of characters alone, and the marks in it where paragraphs and cells end."""

from __future__ import annotations

from dataclasses import dataclass, field

CELL_END, ROW_END, CELL_PARAGRAPH, LINE, LABEL, LABEL_END = "\ue000\ue001\ue002\ue003\ue004\ue005"
"""Marks in the text of a part: the private use area has no characters of its own (Unicode, 23.5)."""

HEADING = 0xE010
"""The mark at the end of a heading of the first level; the eight after it are those of the others."""


@dataclass(slots=True)
class Part:
    r"""A part of the document as RTF of characters alone.

    Attributes:
        pieces: the RTF, in pieces.
        font: the number of the font that its last characters are in.
        skipped: how many characters stand in for one written as its number (``\uc``).
    """

    pieces: list[str] = field(default_factory=list)
    font: str = ""
    skipped: int = 1


@dataclass(slots=True)
class Parts:
    """What a file is made of.

    Attributes:
        body: the body.
        footnotes: in their order; so endnotes.
        running: headers and footers.
        properties: ``title`` and ``author``.
        times: ``creatim`` and ``revtim``, each as its year, month and day, by RTF's names of those.
        charsets: the character set of each font that names one, by its number.
        fonts: the name of each font, by its number.
        encoding: the name of the document's character set, and the number of its code page: ``1252``.
    """

    body: Part = field(default_factory=Part)
    footnotes: list[Part] = field(default_factory=list)
    endnotes: list[Part] = field(default_factory=list)
    running: list[Part] = field(default_factory=list)
    properties: dict[str, Part] = field(default_factory=dict)
    times: dict[str, dict[str, int]] = field(default_factory=dict)
    charsets: dict[str, int] = field(default_factory=dict)
    fonts: dict[str, str] = field(default_factory=dict)
    encoding: tuple[str, str] = ("ansi", "")


def mark(character: str) -> str:
    """A character as RTF, whatever stands in for it."""
    return f"{{\\uc0\\u{ord(character)} }}"
