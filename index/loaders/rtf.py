"""The parts of an RTF file (body, notes, headers) as RTF without formatting.

In a part, private use characters mark the ends of headings, cells, rows and lines.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.documents import Document
from index.errors import LoadError
from index.loaders.archive import binary_kind
from index.loaders.blocks import (
    BULLET,
    MAX_CELL_CHARACTERS,
    Block,
    Heading,
    flow,
    join,
    row,
    running_titles,
    sections_of,
)
from index.loaders.equations import UNKNOWN, in_font, is_symbol_font, note_mark, sign, superscript
from index.loaders.metadata import Properties, assemble, iso_date, readable_property, title_of_line
from index.loaders.numerals import written_number
from index.loaders.options import DEFAULTS, Options

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


UNREAD = frozenset(
    {
        "fonttbl",
        "colortbl",
        "stylesheet",
        "listtable",
        "listoverridetable",
        "revtbl",
        "rsidtbl",
        "pict",
        "objdata",
    }
    | {"fldinst", "info", "filetbl", "themedata", "datastore", "latentstyles", "nonesttables", "annotation"}
    | {"atnid", "atnauthor", "atrfstart", "atrfend", "xe", "tc", "bkmkstart", "bkmkend", "ftnsep", "ftnsepc"}
    | {
        "ftncn",
        "aftnsep",
        "aftnsepc",
        "aftncn",
        "private",
        "shprslt",
        "sp",
        "template",
        "pntxta",
        "pntxtb",
        "txe",
        "rxe",
    }
    | {"nonshppict", "docvar", "formfield", "upr", "background", "generator", "xmlnstbl", "pnseclvl"}
)
"""Groups whose content is not text, such as pictures, field codes, comments, and lists of fonts or styles."""

RUNNING = frozenset(f"{kind}{page}" for kind in ("header", "footer") for page in ("", "l", "r", "f"))
"""Headers and footers of all, left, right and first pages."""

LABELS = frozenset({"listtext", "pntext"})
"""Groups that hold the number or bullet of a list's item."""

PROPERTIES = frozenset({"title", "author"})
"""The properties that are read."""

TIMES = frozenset({"creatim", "revtim"})
"""The times of creation and of the last change."""

CHARACTERS = frozenset(
    {
        "tab",
        "emdash",
        "endash",
        "emspace",
        "enspace",
        "qmspace",
        "bullet",
        "lquote",
        "rquote",
        "ldblquote",
        "rdblquote",
    }
)
"""Control words that stand for one character, which striprtf decodes."""

SPACES = frozenset({"page", "column", "nestcell"})
"""Control words that separate text without ending a paragraph."""

TWO_BYTES = frozenset({128, 129, 130, 134, 136})
"""Character sets of fonts whose characters may take two bytes: Japanese, Korean and Chinese."""

TWO_BYTE_PAGES = frozenset({"932", "936", "949", "950", "1361"})
"""The code pages whose characters may take two bytes."""

LEAD_BYTES = frozenset(range(0x81, 0xFF))
"""The first bytes of two-byte characters. Some programs write an ASCII second byte as a plain letter."""

CHARSETS = {
    437: 254,
    850: 255,
    874: 222,
    932: 128,
    936: 134,
    949: 129,
    950: 136,
    1250: 238,
    1251: 204,
    1253: 161,
    1254: 162,
    1255: 177,
    1256: 178,
    1257: 186,
    1258: 163,
    1361: 130,
    10000: 77,
}
"""Maps code pages to fonts' character sets: some programs give a font's code page, not its character set."""


_BEYOND_ASCII = re.compile(r"[\x80-\xff]")


def _byte(raw: re.Match[str]) -> str:
    return f"\\'{ord(raw[0]):02x}"


@dataclass(slots=True)
class Group:
    """The state inside a group of RTF, which ends with the group.

    Attributes:
        part: the part that receives the group's text; None if the text is not read.
        name: the group's destination (the kind of its content), if the reader needs to know it; else empty.
        is_optional: whether the group began with ``*``, the mark of groups that older programs skip.
        font: the number of the font.
        substitutes: the number of substitute characters (only older programs show them) after a character
            that is written as its number.
        is_hidden: whether text is hidden.
        is_deleted: whether a revision deleted the text.
        is_raised: whether text is raised above the line.
        in_table: whether the paragraph belongs to a cell.
        level: the level of the paragraph as a heading, from 0; None for body text.
        label_of: if the group has the number or bullet of a list item, the part with that item; else None.
    """

    part: Part | None
    name: str = ""
    is_optional: bool = False
    font: str = ""
    substitutes: int = 1
    is_hidden: bool = False
    is_deleted: bool = False
    is_raised: bool = False
    in_table: bool = False
    level: int | None = None
    label_of: Part | None = None


class Characters:
    """Adds the characters of an RTF file to its parts (body, notes, headers).

    Attributes:
        parts: the parts read so far.
        group: the innermost group of the file that is still open.
    """

    def __init__(self) -> None:
        self.parts = Parts()
        self.group = Group(self.parts.body)
        self._is_lead = False
        self._substitutes_left = 0

    def interrupt(self) -> None:
        """End a run of characters: the next one is neither a substitute nor the second byte of a character.

        A substitute follows a character that the file gives by its number. Older programs, which ignore the
        number, show the substitute.
        """
        self._is_lead, self._substitutes_left = False, 0

    def put(self, rtf: str) -> None:
        """Add characters, given as RTF, to the open group's part. Hidden and deleted text is left out."""
        group, part = self.group, self.group.part
        if part is None or group.is_hidden or group.is_deleted or not rtf:
            return
        if part.font != group.font:
            part.font = group.font
            part.pieces.append(f"\\f{group.font} ")
        if part.substitutes != group.substitutes:
            part.substitutes = group.substitutes
            part.pieces.append(f"\\uc{group.substitutes} ")
        part.pieces.append(rtf)

    def put_byte(self, code: str) -> None:
        """Add one byte of a character, given in hexadecimal."""
        if self._is_symbol():
            self.put_text(chr(int(code, 16)))
            return
        self._is_lead = not self._is_lead and self._in_two_bytes() and int(code, 16) in LEAD_BYTES
        self.put(f"\\'{code}")

    def put_text(self, text: str) -> None:
        """Add characters. The first of them may be the second byte of a two-byte character."""
        if self._is_symbol():
            substitutes, self._substitutes_left = (
                self._substitutes_left,
                max(self._substitutes_left - len(text), 0),
            )
            self.write(in_font(text[substitutes:], self._font))
            return
        if self._is_lead and text:
            self._is_lead = False
            self.put(f"\\'{ord(text[0]):02x}")
            text = text[1:]
        if self.group.is_raised:
            self.put("".join(map(self._raised, text)))
        else:
            self.put(_BEYOND_ASCII.sub(_byte, text))

    def _raised(self, character: str) -> str:
        """Return the RTF of a raised character: a digit, ``+`` or ``-`` becomes a superscript.

        A substitute, which only older programs show, stays as it is.
        """
        if self._substitutes_left:
            self._substitutes_left -= 1
            return _BEYOND_ASCII.sub(_byte, character)
        return (
            mark(superscript(character))
            if character in "0123456789+-"
            else _BEYOND_ASCII.sub(_byte, character)
        )

    @property
    def _font(self) -> str | None:
        return self.parts.fonts.get(self.group.font)

    def _is_symbol(self) -> bool:
        return self.group.part is not None and is_symbol_font(self._font)

    def write(self, text: str) -> None:
        """Add characters by their Unicode numbers, which mean the same in every font."""
        self.put("".join(map(mark, text)))

    def put_number(self, number: int) -> None:
        """Add a character that the file gives by its Unicode number."""
        self._substitutes_left = self.group.substitutes
        code = number & 0xFFFF if number < 0 else number
        if 0xF020 <= code <= 0xF0FF or (self._is_symbol() and 0x20 <= code <= 0xFF):
            number = ord(sign(code, self._font))
        self.put(mark(chr(number & 0xFFFF)) if self._is_symbol() else f"\\u{number} ")

    def _in_two_bytes(self) -> bool:
        """Return whether characters of the current font may take two bytes."""
        charset = self.parts.charsets.get(self.group.font)
        return charset in TWO_BYTES if charset else self.parts.encoding[1] in TWO_BYTE_PAGES


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


_HEADER = b"{\\rtf"
_CHARACTER_SETS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
"""Character sets by their control words (Rich Text Format 1.9.1, "Character Set")."""

_MULTIBYTE = {"cp932", "cp936", "cp949", "cp950", "cp1361", "cp65001"}
_ANSI_CHARSETS = {0, 1}
"""Fonts with one of these character sets use the document's code page unless it is in ``_MULTIBYTE``."""

_PIECE = re.compile(f"([^\n{ROW_END}]*)([\n{ROW_END}]|\\Z)")
_LABEL = re.compile(f"{LABEL}([^{LABEL_END}]*){LABEL_END}?")
_MARKS = re.compile("[\ue000-\ue020]")
_LETTERS = re.compile(r"\w")
_BULLETS = {"o", "§", "q", "v"}
"""Characters that serve as bullets, mostly in symbol fonts."""

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad]")


def read_rtf(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """Read an RTF file as a document. Embedded programs do not run, and nothing is fetched.

    Hidden and deleted text, field codes and comments are left out. Notes follow the body, each with its mark.
    Headers and footers come last, without repetitions. The document's date is the day of its creation, else
    the day on which it was saved.

    Raises:
        LoadError: if the file is not RTF, or has no words.
    """
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(_HEADER):
        kind = binary_kind(data)
        cause = (
            f"is named {path.suffix} but seems to be {kind}" if kind else "is not RTF: it has no RTF header"
        )
        raise LoadError(path, cause, "give it the suffix of what it is, or save it again as RTF")
    parts = parts_of(data[data.index(_HEADER) :].decode("latin-1"))
    encoding = _encoding(parts)
    blocks = list(_blocks(_characters(parts.body, parts, encoding)))
    first = next((block.text for block in blocks if block.text.strip()), "")
    running: list[Block] = []
    notes = (*parts.footnotes, *parts.endnotes)
    blocks += [Block(_flat(_characters(note, parts, encoding))) for note in notes]
    for part in parts.running:
        running += _blocks(_characters(part, parts, encoding))
    blocks += running_titles(running)
    text = join(blocks)
    values = {
        name: readable_property(_flat(_characters(part, parts, encoding)))
        for name, part in parts.properties.items()
    }
    properties = Properties(title=values.get("title"), author=values.get("author"), published=_day(parts))
    return assemble(
        path, "rtf", text, properties, heading=title_of_line(first), sections=sections_of(blocks, text)
    )


def _encoding(parts: Parts) -> str:
    """Return Python's name for the document's code page; ``cp1252`` if it is unknown."""
    kind, page = parts.encoding
    return next(
        (name for name in (f"cp{page}", _CHARACTER_SETS.get(kind, "")) if name and _is_known(name)), "cp1252"
    )


def _is_known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _characters(part: Part, parts: Parts, encoding: str) -> str:
    """Decode a part as text that contains the marks from :mod:`index.loaders.rtf`."""
    from striprtf.striprtf import charset_map, rtf_to_text

    fonts = "".join(
        f"{{\\f{font}\\fcharset{charset} x;}}"
        for font, charset in parts.charsets.items()
        if _is_known(charset_map.get(charset, ""))
        and not (charset in _ANSI_CHARSETS and encoding not in _MULTIBYTE)
    )
    body = "".join(part.pieces)
    text: str = rtf_to_text(  # type: ignore[no-untyped-call]
        f"{{\\rtf1{{\\fonttbl{fonts}}}{{{body}}}}}", encoding=encoding, errors="replace"
    )
    # RTF writes a character above U+FFFF as two numbers.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNSEEN.sub("", whole)


def _blocks(text: str) -> Iterator[Block]:
    """Yield the paragraphs, list items and table rows.

    The rows of a table form a group, as do the items of a list.
    """
    rows: object | None = None
    items: object | None = None
    for match in _PIECE.finditer(text):
        piece, end = match.groups()
        if end == ROW_END or CELL_END in piece:
            rows, items = rows or object(), None
            yield from _row(piece, rows)
        elif piece.strip():
            rows = None
            items = (items or object()) if LABEL in piece else None
            yield from _paragraph(piece, items)
        else:
            rows = None


def _paragraph(piece: str, items: object | None) -> Iterator[Block]:
    level = next((ord(mark) - HEADING for mark in piece[-1:] if HEADING <= ord(mark) <= HEADING + 8), None)
    lines = [_flat(line) for line in piece.split(LINE)]
    if level is not None:
        yield Heading(flow(" ".join(lines)), level=level + 1)
        return
    lines = [line for line in lines if line]
    group = items or (object() if len(lines) > 1 else None)
    yield from (Block(line, group) for line in lines)


def _row(piece: str, group: object) -> Iterator[Block]:
    """Yield a row as one block; if its table only lays out the page, yield each line of its cells as one.

    The table counts as layout if the row has a single cell or a very long cell.
    """
    cells = piece.split(CELL_END)[:-1] or [piece]
    if len(cells) == 1 or any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
        for cell in cells:
            yield from (Block(_flat(line)) for line in re.split(f"[{CELL_PARAGRAPH}{LINE}]", cell))
    else:
        yield Block(row(_flat(cell) for cell in cells), group)


def _flat(text: str) -> str:
    """Return a text on one line, without the marks of :mod:`index.loaders.rtf`.

    The label of a list item stands between two marks; it becomes a number or bullet. Other marks become
    spaces.
    """
    labelled = _LABEL.sub(lambda match: _label(flow(match[1])), text)
    return flow(_MARKS.sub(" ", labelled))


def _label(written: str) -> str:
    return (
        f"{written} " if _LETTERS.search(written) and written not in _BULLETS else BULLET if written else ""
    )


def _day(parts: Parts) -> str | None:
    for name in ("creatim", "revtim"):
        time = parts.times.get(name, {})
        found = iso_date(f"{time.get('yr', 0):04}-{time.get('mo', 0):02}-{time.get('dy', 0):02}")
        if found:
            return found
    return None
