"""The parts of an RTF file (body, notes, headers) as RTF without formatting.

In a part, private use characters mark the ends of headings, cells, rows and lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CELL_END, ROW_END, CELL_PARAGRAPH, LINE, LABEL, LABEL_END = "\ue000\ue001\ue002\ue003\ue004\ue005"
"""Marks in the text of a part: private use characters, to which Unicode gives no meaning (Unicode, 23.5)."""

HEADING = 0xE010
"""The mark at the end of a heading of level 1; the next eight characters mark the other levels."""


@dataclass(slots=True)
class Part:
    r"""A part of the document as RTF without formatting.

    Attributes:
        pieces: the RTF, in pieces.
        font: the number of the font of the part's last characters.
        substitutes: the number of substitute characters to skip after a character that is written as its
            number (``\uc``).
    """

    pieces: list[str] = field(default_factory=list)
    font: str = ""
    substitutes: int = 1


@dataclass(slots=True)
class Parts:
    """The parts and properties of a file.

    Attributes:
        body: the body.
        footnotes: the footnotes, in order.
        endnotes: the endnotes, in order.
        running: headers and footers.
        properties: ``title`` and ``author``.
        times: the times of creation (``creatim``) and of the last change (``revtim``). Each is a mapping from
            the control words of its year, month and day to numbers.
        charsets: maps the number of a font to its character set.
        fonts: maps the number of a font to its name.
        encoding: the control word of the document's character set, and the number of its code page, for
            example ``1252``.
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
    r"""Write a character as RTF: its number (``\uN``), without the usual substitute for older programs."""
    return f"{{\\uc0\\u{ord(character)} }}"
