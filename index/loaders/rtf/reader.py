"""Reads RTF (Rich Text Format 1.9.1) as parts without formatting: the body, notes, headers and footers.

striprtf can decode characters of every code page. But it keeps hidden text, drops notes, loses the ends of
cells, and fails on some pictures and damaged control words. This module therefore extracts the text before
striprtf decodes it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from index.loaders.rtf.characters import Characters, Group
from index.loaders.rtf.marks import (
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
from index.loaders.rtf.notes import Notes
from index.loaders.rtf.words import CHARACTERS, CHARSETS, LABELS, PROPERTIES, RUNNING, SPACES, TIMES, UNREAD
from index.loaders.symbols import UNKNOWN, sign

MAX_DEPTH = 10_000
"""Beyond this depth, the reader counts braces but opens no groups: no program nests even a hundred groups."""

_TOKEN = re.compile(
    r"\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[^\\{}]+|\\", re.DOTALL
)
_SYMBOL = re.compile(r"^\s*SYMBOL\s+(\d{1,5})\b(?:.*?\\f\s+(?:\"([^\"]*)\"|(\S+)))?", re.IGNORECASE)
_ENDS = {"line": LINE, "cell": CELL_END, "row": ROW_END}
_SWITCHES = {"v": "is_hidden", "deleted": "is_deleted", "super": "is_raised", "up": "is_raised"}
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f]")


def parts_of(source: str) -> Parts:
    """Read the parts of an RTF file. ``source`` has one character per byte; damaged RTF is skipped."""
    reader = _Reader()
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            break
        at = match.end()
        word, number, code, symbol, brace = match.groups()
        if brace:
            if not reader.handle_brace(brace):
                break
        elif word == "bin":
            at += max(int(number or 0), 0)
        elif word:
            reader.handle_control_word(word, int(number) if number else None)
        elif code:
            reader.put_byte(code)
        elif symbol:
            reader.handle_control_symbol(symbol)
        elif match[0] != "\\":
            reader.handle_text(_CONTROLS.sub("", match[0]))
    reader.end()
    return reader.parts


class _Reader(Characters):
    """Reads RTF token by token, and holds the open groups and the parts read so far."""

    def __init__(self) -> None:
        super().__init__()
        self._outer: list[Group] = []
        self._deeper = 0
        self._default_font = ""
        self._reference: tuple[Part, int] | None = None
        self._notes = Notes(self.parts)
        self._boxes: list[Part] = []
        self._instruction = ""
        self._has_symbol = False

    def handle_brace(self, brace: str) -> bool:
        """Open or close a group; return False if the brace ends the document."""
        if self._deeper or (brace == "{" and len(self._outer) >= MAX_DEPTH):
            self._deeper += 1 if brace == "{" else -1
            return True
        if brace == "{":
            self._outer.append(self.group)
            self.group = replace(self.group, is_optional=False, label_of=None)
            return True
        if self.group.label_of is not None:
            self.group.label_of.pieces.append(mark(LABEL_END))
        if self._outer:
            closed, self.group = self.group, self._outer.pop()
            if closed.name == "fldinst" != self.group.name:
                self._end_instruction()
        return bool(self._outer)

    def handle_text(self, text: str) -> None:
        """Handle characters: text or, in some groups, the name of a font or the code of a field."""
        if self.group.name == "fldinst":
            self._instruction += text
        elif self.group.name == "fonttbl" and self.group.font:
            self.parts.fonts.setdefault(self.group.font, text.partition(";")[0].strip())
        self.put_text(text)

    def _end_instruction(self) -> None:
        """End a field code. If the code is ``SYMBOL``, write the character that it names."""
        asked = _SYMBOL.search(self._instruction)
        self._has_symbol = asked is not None
        if asked is not None:
            self.write(sign(int(asked[1]), asked[2] or asked[3]))
        self._instruction = ""

    def handle_control_symbol(self, symbol: str) -> None:
        """Handle a control symbol: a backslash with one character that is not a letter."""
        self.interrupt()
        if self.group.name == "fldinst":
            self._instruction += symbol
        if symbol == "*":
            self.group.is_optional = True
        elif symbol in "\r\n":
            self._end_paragraph()
        elif symbol in "\\{}":
            self.put(mark(symbol))  # striprtf would find pictures and fields even after an escaped backslash
        elif symbol in "~_":
            self.put(" " if symbol == "~" else "-")

    def handle_control_word(self, word: str, number: int | None) -> None:
        """Handle a control word."""
        self.interrupt()
        group = self.group
        if self._start_group(word):
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

    def _start_group(self, word: str) -> bool:
        """Handle a control word that starts a part, a list item's label, or a group that is not read.

        Return False for any other word; the caller must then handle it.
        """
        group = self.group
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
            self._start_note()
        elif group.part is not None and word in LABELS:
            self.put(mark(LABEL))
            group.label_of = group.part
        elif is_optional:
            if word == "moMath":
                self.write(UNKNOWN)  # equations are not read
            group.part = None
        elif word == "fldrslt" and self._has_symbol:
            group.part, self._has_symbol = None, False
        else:
            return False
        return True

    def _start_note(self) -> None:
        group = self.group
        group.part, group.in_table, group.level, group.is_raised = Part(), False, None, False
        self._notes.add_footnote(group.part, self._reference)
        self._reference = None

    def _format(self, word: str, number: int | None) -> bool:
        """Handle a control word if it sets a format; return whether it does."""
        group = self.group
        match word:
            case "f":
                group.font = str(number or 0)
            case "deff":
                self._default_font = group.font = str(number or 0)
            case "uc":
                group.substitutes = min(max(number if number is not None else 1, 0), 16)
            case "plain":
                group.font, group.is_hidden, group.is_raised = self._default_font, False, False
            case "v" | "deleted" | "super" | "up":
                setattr(group, _SWITCHES[word], number != 0)
            case "sub" | "nosupersub" | "dn":
                group.is_raised = False
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
        """Handle a control word that stands for a character, or ends a paragraph, cell, row or section.

        If the word is none of these, handle it as a setting for the numbering of notes, or ignore it.
        """
        if word == "u" and number is not None and -0x8000 <= number <= 0x10FFFF:
            self.put_number(number)
        elif word in CHARACTERS:
            self.put(f"\\{word} ")
        elif word in {"par", "sect"}:
            self._end_paragraph(ends_section=word == "sect")
        elif word in SPACES:
            self.put(" ")
        elif word in _ENDS:
            self.put(mark(_ENDS[word]))
        elif word == "chftn":
            self._write_note_mark()
        elif not self._notes.handle_setting(word, number) and word == "ftnalt":
            self._notes.make_endnote(self.group.part)

    def _end_paragraph(self, *, ends_section: bool = False) -> None:
        group = self.group
        if ends_section:
            self._notes.end_section()
        if group.in_table:
            self.put(mark(CELL_PARAGRAPH))
        else:
            self.put((mark(chr(HEADING + group.level)) if group.level is not None else "") + "\\par ")
            if group.part is self.parts.body:
                self._close_boxes()

    def end(self) -> None:
        """Handle the end of the file: add the remaining text boxes to the body."""
        if self._boxes:
            self.parts.body.pieces.append("\\par ")
        self._close_boxes()

    def _close_boxes(self) -> None:
        """Add the text of the text boxes to the body, after the paragraph in which they are anchored."""
        for box in self._boxes:
            self.parts.body.pieces += [*box.pieces, "\\par \\uc1 "]
            self.parts.body.font, self.parts.body.substitutes = "?", 1
        self._boxes = []

    def _write_note_mark(self) -> None:
        """Write the mark of a note.

        In a note's text, it is the mark of that note. Elsewhere it is the mark of the next note: this method
        leaves an empty piece, which receives the mark when that note is read.
        """
        part = self.group.part
        if part is None or self.group.is_hidden or self.group.is_deleted:
            return
        own = self._notes.mark_in(part)
        if own is not None:
            part.pieces.append(f"{own} ")
        else:
            self._reference = (part, len(part.pieces))
            part.pieces.append("")
