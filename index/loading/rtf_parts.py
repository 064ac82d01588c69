"""RTF (Rich Text Format 1.9.1) → its parts without formatting, with marks where paragraphs and cells end.

striprtf reads characters of every code page, but keeps hidden words, drops notes and loses where cells
end, and pictures and broken words can stop it. So what it reads is cut out for it here, in one pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from index.loading.rtf_marks import (
    CELL_END,
    CELL_PARAGRAPH,
    HEADING,
    LABEL,
    LABEL_END,
    LINE,
    ROW_END,
    Part,
    Parts,
    mark,
)
from index.loading.rtf_notes import Notes
from index.loading.rtf_words import (
    CHARACTERS,
    CHARSETS,
    LABELS,
    LEAD_BYTES,
    PROPERTIES,
    RUNNING,
    SPACES,
    TIMES,
    TWO_BYTE_PAGES,
    TWO_BYTES,
    UNREAD,
)

MAX_DEPTH = 10_000
"""Groups inside more groups than this set nothing of their own; no program nests a hundred."""

_TOKEN = re.compile(
    r"\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[^\\{}]+|\\", re.DOTALL
)
_BEYOND_ASCII = re.compile(r"[\x80-\xff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f]")


@dataclass(slots=True)
class _Group:
    """What is set at a point of the file, and set back at the end of a group.

    Attributes:
        part: where words go; None where they are not read.
        name: the destination, where it is one that the reader has to know.
        is_optional: whether the group began with the mark that lets readers skip it.
        font: the number of the font.
        skipped: as in ``Part``.
        is_hidden: whether words are hidden; so is_deleted for words that a revision deleted.
        in_table: whether the paragraph belongs to a cell.
        level: the level of the paragraph as a heading, from 0; None where it is none.
        label_of: the part in which a list's number or bullet is open.
    """

    part: Part | None
    name: str = ""
    is_optional: bool = False
    font: str = ""
    skipped: int = 1
    is_hidden: bool = False
    is_deleted: bool = False
    in_table: bool = False
    level: int | None = None
    label_of: Part | None = None


def parts_of(source: str) -> Parts:
    """The parts of a file, given as a character for each byte; what is broken in it is passed over."""
    reader = _Reader()
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            break
        at = match.end()
        word, number, code, symbol, brace = match.groups()
        if brace:
            if not reader.brace(brace):
                break
        elif word == "bin":
            at += max(int(number or 0), 0)
        elif word:
            reader.word(word, int(number) if number else None)
        elif code:
            reader.code(code)
        elif symbol:
            reader.symbol(symbol)
        elif match[0] != "\\":
            reader.text(_CONTROLS.sub("", match[0]))
    reader.end()
    return reader.parts


class _Reader:
    """The groups that are open, and what has been read."""

    def __init__(self) -> None:
        self.parts = Parts()
        self._group = _Group(self.parts.body)
        self._outer: list[_Group] = []
        self._deeper = 0
        self._is_lead = False
        self._default_font = ""
        self._reference: tuple[Part, int] | None = None
        self._notes = Notes(self.parts)
        self._boxes: list[Part] = []

    def brace(self, brace: str) -> bool:
        """Open or close a group; whether the document goes on."""
        if self._deeper or (brace == "{" and len(self._outer) >= MAX_DEPTH):
            self._deeper += 1 if brace == "{" else -1
            return True
        if brace == "{":
            self._outer.append(self._group)
            self._group = replace(self._group, is_optional=False, label_of=None)
            return True
        if self._group.label_of is not None:
            self._group.label_of.pieces.append(mark(LABEL_END))
        if self._outer:
            self._group = self._outer.pop()
        return bool(self._outer)

    def put(self, rtf: str) -> None:
        """Add characters to the part that is open, in the font that is set."""
        group, part = self._group, self._group.part
        if part is None or group.is_hidden or group.is_deleted or not rtf:
            return
        if part.font != group.font:
            part.font = group.font
            part.pieces.append(f"\\f{group.font} ")
        if part.skipped != group.skipped:
            part.skipped = group.skipped
            part.pieces.append(f"\\uc{group.skipped} ")
        part.pieces.append(rtf)

    def code(self, code: str) -> None:
        """Add a byte of a character, in hexadecimal."""
        self._is_lead = not self._is_lead and self._in_two_bytes() and int(code, 16) in LEAD_BYTES
        self.put(f"\\'{code}")

    def text(self, text: str) -> None:
        """Add characters as they are written; the second byte of one in two bytes may be among them."""
        if self._is_lead and text:
            self._is_lead = False
            self.put(f"\\'{ord(text[0]):02x}")
            text = text[1:]
        self.put(_BEYOND_ASCII.sub(lambda raw: f"\\'{ord(raw[0]):02x}", text))

    def _in_two_bytes(self) -> bool:
        """Whether characters of the font that is set may take two bytes."""
        charset = self.parts.charsets.get(self._group.font)
        return charset in TWO_BYTES if charset else self.parts.encoding[1] in TWO_BYTE_PAGES

    def symbol(self, symbol: str) -> None:
        """Follow a control symbol."""
        self._is_lead = False
        if symbol == "*":
            self._group.is_optional = True
        elif symbol in "\r\n":
            self._end_paragraph()
        elif symbol in "\\{}":
            self.put(mark(symbol))  # striprtf looks for pictures and fields in what was a backslash, too
        elif symbol in "~_":
            self.put(" " if symbol == "~" else "-")

    def word(self, word: str, number: int | None) -> None:
        """Follow a control word."""
        self._is_lead = False
        group = self._group
        if self._open(word):
            return
        if group.name in TIMES and number is not None:
            self.parts.times.setdefault(group.name, {})[word] = number
        elif group.name == "fonttbl":
            if word in {"fcharset", "cpg"} and number is not None:
                self.parts.charsets[group.font] = number if word == "fcharset" else CHARSETS.get(number, 0)
            elif word == "f":
                group.font = str(number or 0)
        elif word in {"ansi", "mac", "pc", "pca"}:
            self.parts.encoding = (word, self.parts.encoding[1])
        elif word == "ansicpg":
            self.parts.encoding = (self.parts.encoding[0], str(number))
        elif not self._format(word, number):
            self._character(word, number)

    def _open(self, word: str) -> bool:
        """Whether a word begins a group with a part of its own, or one that is not read."""
        group = self._group
        is_optional, group.is_optional = group.is_optional, False
        if word in PROPERTIES | TIMES and group.name == "info":
            group.part = self.parts.properties.setdefault(word, Part()) if word in PROPERTIES else None
            group.name = word
        elif word in UNREAD:
            group.part, group.name = None, word
        elif word == "shptxt" and group.name != "pict":  # the shape around it is an optional group
            group.part, group.in_table, group.level = Part(), False, None
            self._boxes.append(group.part)
        elif group.part is not None and word in RUNNING:
            group.part = Part()
            self.parts.running.append(group.part)
        elif group.part is not None and word == "footnote":
            self._open_note()
        elif group.part is not None and word in LABELS:
            self.put(mark(LABEL))
            group.label_of = group.part
        elif is_optional:
            group.part = None
        else:
            return False
        return True

    def _open_note(self) -> None:
        group = self._group
        group.part, group.in_table, group.level = Part(), False, None
        self._notes.open(group.part, self._reference)
        self._reference = None

    def _format(self, word: str, number: int | None) -> bool:
        """Whether a word sets something that the reader has to know."""
        group = self._group
        match word:
            case "f":
                group.font = str(number or 0)
            case "deff":
                self._default_font = group.font = str(number or 0)
            case "uc":
                group.skipped = min(max(number if number is not None else 1, 0), 16)
            case "plain":
                group.font, group.is_hidden = self._default_font, False
            case "v":
                group.is_hidden = number != 0
            case "deleted":
                group.is_deleted = number != 0
            case "pard":
                group.in_table, group.level = False, None
            case "intbl":
                group.in_table = True
            case "outlinelevel":
                group.level = number if number is not None and 0 <= number <= 8 else None
            case _:
                return False
        return True

    def _character(self, word: str, number: int | None) -> None:
        """Write a word that stands for a character or the end of something."""
        if word == "u" and number is not None and -0x8000 <= number <= 0x10FFFF:
            self.put(f"\\u{number} ")
        elif word in CHARACTERS:
            self.put(f"\\{word} ")
        elif word in {"par", "sect"}:
            self._end_paragraph()
        elif word == "line":
            self.put(mark(LINE))
        elif word in SPACES:
            self.put(" ")
        elif word == "cell":
            self.put(mark(CELL_END))
        elif word == "row":
            self.put(mark(ROW_END))
        elif word == "chftn":
            self._write_note_mark()
        elif word == "ftnalt":
            self._notes.make_endnote(self._group.part)

    def _end_paragraph(self) -> None:
        group = self._group
        if group.in_table:
            self.put(mark(CELL_PARAGRAPH))
        else:
            self.put((mark(chr(HEADING + group.level)) if group.level is not None else "") + "\\par ")
            if group.part is self.parts.body:
                self._close_boxes()

    def end(self) -> None:
        """End the body, with the drawings that are left."""
        if self._boxes:
            self.parts.body.pieces.append("\\par ")
        self._close_boxes()

    def _close_boxes(self) -> None:
        """Set the words of drawings after the paragraph that they are anchored in."""
        for box in self._boxes:
            self.parts.body.pieces += [*box.pieces, "\\par \\uc1 "]
            self.parts.body.font, self.parts.body.skipped = "?", 1
        self._boxes = []

    def _write_note_mark(self) -> None:
        """Where a note's number is: in the note its own, elsewhere that of the note that follows."""
        part = self._group.part
        if part is None or self._group.is_hidden or self._group.is_deleted:
            return
        own = self._notes.mark_in(part)
        if own is not None:
            part.pieces.append(f"{own} ")
        else:
            self._reference = (part, len(part.pieces))
            part.pieces.append("")
