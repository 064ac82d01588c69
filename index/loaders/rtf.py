"""Reads RTF (Rich Text Format 1.9.1) token by token.

Text goes to *parts*: the body, each note, header, text box and property. In a part, private use characters
mark the ends of headings, cells, rows and lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.documents import Document
from index.errors import LoadError
from index.loaders.archive import binary_kind
from index.loaders.assembly import assemble
from index.loaders.blocks import (
    BULLET,
    MAX_CELL_CHARACTERS,
    Block,
    Heading,
    flow,
    join,
    running_titles,
    sections_of,
)
from index.loaders.equations import UNKNOWN, in_font, is_symbol_font, note_mark, sign, superscript
from index.loaders.merged_cells import Cell, table_lines
from index.loaders.metadata import Properties, iso_date, readable_property, title_of_line
from index.loaders.numerals import written_number
from index.loaders.options import DEFAULTS, Options
from index.text.tabular import MAX_CAPTION_CHARACTERS

# Marks in the text of a part: private use characters, to which Unicode gives no meaning (Unicode, 23.5).
_CELL_END, _ROW_END, _CELL_PARAGRAPH, _LINE, _LABEL, _LABEL_END, _EDGES, _BOLD = (
    "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007"
)
_HEADING = 0xE010  # of level 1; the next eight characters mark the other levels
_HEADER = b"{\\rtf"


def read_rtf(data: bytes, path: Path, _options: Options = DEFAULTS) -> Document:
    """Hidden and deleted text and field codes are left out; notes follow the body, headers come last."""
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(_HEADER):
        kind = binary_kind(data)
        cause = (
            f"is named {path.suffix} but seems to be {kind}" if kind else "is not RTF: it has no RTF header"
        )
        raise LoadError(path, cause, "give it the suffix of what it is, or save it again as RTF")
    reader = _Reader()
    reader.read(data[data.index(_HEADER) :].decode("latin-1"))
    blocks = list(_blocks(reader.text(reader.body)))
    first = next((block.text for block in blocks if block.text.strip()), "")
    blocks += [Block(_flat(reader.text(note))) for note in (*reader.notes.footnotes, *reader.notes.endnotes)]
    blocks += running_titles(block for part in reader.running for block in _blocks(reader.text(part)))
    text = join(blocks)
    values = {name: readable_property(_flat(reader.text(part))) for name, part in reader.properties.items()}
    times = (reader.times.get(name, {}) for name in ("creatim", "revtim"))
    days = (f"{time.get('yr', 0):04}-{time.get('mo', 0):02}-{time.get('dy', 0):02}" for time in times)
    written = next(filter(None, map(iso_date, days)), None)
    properties = Properties(values.get("title"), author=values.get("author"), written=written)
    return assemble(
        path, "rtf", text, properties, heading=title_of_line(first), sections=sections_of(blocks, text)
    )


@dataclass(slots=True)
class _Bytes:
    """The font names their code page, perhaps after them."""

    data: bytearray
    font: str
    is_raised: bool


_Part = list[str | _Bytes]


@dataclass(slots=True)
class _Group:
    r"""What holds until the end of a group.

    ``part`` is None if the text is not read, ``level`` (from 0) for body text. ``is_optional`` groups, with
    ``*``, are skipped by older programs, which alone show ``substitutes`` characters after ``\u``.
    ``label_of`` is the list item whose number or bullet the group holds.
    """

    part: _Part | None
    name: str = ""
    is_optional: bool = False
    font: str = ""
    substitutes: int = 1
    is_hidden: bool = False
    is_deleted: bool = False
    is_raised: bool = False
    is_bold: bool = False
    in_table: bool = False
    level: int | None = None
    label_of: _Part | None = None


_UNREAD = re.compile(
    "fonttbl|colortbl|stylesheet|listtable|listoverridetable|revtbl|rsidtbl|pict|objdata|fldinst|info|filetbl"
    "|themedata|datastore|latentstyles|nonesttables|annotation|atnid|atnauthor|atrfstart|atrfend|xe|tc"
    "|bkmkstart|bkmkend|ftnsep|ftnsepc|ftncn|aftnsep|aftnsepc|aftncn|private|shprslt|sp|template|pntxta|pntxtb"
    "|txe|rxe|nonshppict|docvar|formfield|upr|background|generator|xmlnstbl|pnseclvl"
)

_RUNNING = frozenset(f"{kind}{page}" for kind in ("header", "footer") for page in ("", "l", "r", "f"))
_LABELS = frozenset({"listtext", "pntext"})
_PROPERTIES = frozenset({"title", "author"})
_TIMES = frozenset({"creatim", "revtim"})

_CHARACTERS = {
    "tab": "\t",
    "emdash": "—",
    "endash": "–",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "qmspace": "\u2005",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "page": " ",
    "column": " ",
    "nestcell": " ",
    "line": _LINE,
}
_MERGED = {"clmrg": "h", "clvmrg": "v"}  # with the cell on the left, or above
_TWIPS = 60  # the edges of a column differ by less
_SYMBOLS = {"\\": "\\", "{": "{", "}": "}", "~": " ", "_": "-"}
_SWITCHES = {
    "b": "is_bold",
    "v": "is_hidden",
    "deleted": "is_deleted",
    "super": "is_raised",
    "up": "is_raised",
}

_CHARACTER_SETS = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_ANSI = "cp1252"
_FONT_CHARACTER_SETS = (
    {0: _ANSI, 77: "mac_roman", 81: "mac_arabic", 83: "mac_greek", 84: "mac_cyrillic", 128: "cp932"}
    | {129: "cp949", 130: "cp1361", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258"}
    | {177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250"}
    | {254: "cp437", 255: "cp850"}
)
# In a document of any other code page, a font of the ANSI character set uses the document's code page.
_MULTIBYTE = {"cp932", "cp936", "cp949", "cp950", "cp1361", "cp65001"}
_MAX_DEPTH = 10_000  # beyond it, the reader only counts braces: no program nests even a hundred groups
_TOKEN = re.compile(
    r"\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[^\\{}]+|\\", re.DOTALL
)
_FIELD_SYMBOL = re.compile(r"^\s*SYMBOL\s+(\d{1,5})\b(?:.*?\\f\s+(?:\"([^\"]*)\"|(\S+)))?", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad]")


class _Reader:
    def __init__(self) -> None:
        self.body: _Part = []
        self.notes = _Notes()
        self.running: list[_Part] = []
        self.properties: dict[str, _Part] = {}
        self.times: dict[str, dict[str, int]] = {}
        self._fonts: dict[str, str] = {}
        self._encodings: dict[str, str | None] = {}
        self._character_set = "ansi"
        self._code_page: int | None = None
        self._default_font = ""
        self._group = _Group(self.body)
        self._outer: list[_Group] = []
        self._deeper = 0
        self._substitutes = 0
        self._reference: tuple[_Part, int] | None = None
        self._boxes: list[_Part] = []
        self._edges: list[str] = []
        self._merged = ""
        self._weights: set[bool] = set()
        self._instruction = ""
        self._has_symbol = False

    def read(self, source: str) -> None:
        """One character stands for each byte. Damaged RTF is skipped."""
        at = 0
        while match := _TOKEN.match(source, at):
            at = match.end()
            word, number, code, symbol, brace = match.groups()
            if brace:
                if not self._brace(brace):
                    break
            elif word == "bin":
                at += max(int(number or 0), 0)
            elif word:
                self._control_word(word, int(number) if number else None)
            elif code:
                self._add(bytes.fromhex(code))
            elif symbol:
                self._control_symbol(symbol)
            elif match[0] != "\\":
                self._text(_CONTROLS.sub("", match[0]))
        if self._boxes:
            self.body.append("\n")
        self._close_boxes()

    def text(self, part: _Part) -> str:
        pieces = (piece if isinstance(piece, str) else self._decoded(piece) for piece in part)
        # RTF writes a character above U+FFFF as two numbers.
        text = "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return _UNSEEN.sub("", text)

    def _decoded(self, piece: _Bytes) -> str:
        named = f"cp{self._code_page}", _CHARACTER_SETS[self._character_set]
        of_document = next((name for name in named if _is_known(name)), _ANSI)
        encoding = self._encodings.get(piece.font) or of_document
        if encoding == _ANSI and of_document not in _MULTIBYTE:
            encoding = of_document
        text = piece.data.decode(encoding, "replace")
        return superscript(text) if piece.is_raised else text

    @property
    def _is_read(self) -> bool:
        group = self._group
        return group.part is not None and not group.is_hidden and not group.is_deleted

    def _write(self, text: str) -> None:
        """The characters mean the same in every font."""
        if self._group.part is not None and self._is_read:
            self._group.part.append(text)

    def _add(self, data: bytes) -> None:
        """Characters that only older programs show are left out."""
        skipped = min(self._substitutes, len(data))
        self._substitutes -= skipped
        data = data[skipped:]
        group, part = self._group, self._group.part
        if not data or part is None or not self._is_read:
            return
        font = self._fonts.get(group.font)
        if data.strip():
            self._weights.add(group.is_bold)
        if is_symbol_font(font):
            part.append(in_font(data.decode("latin-1"), font))
            return
        last = part[-1] if part else ""
        if isinstance(last, _Bytes) and (last.font, last.is_raised) == (group.font, group.is_raised):
            last.data += data
        else:
            part.append(_Bytes(bytearray(data), group.font, group.is_raised))

    def _brace(self, brace: str) -> bool:
        self._substitutes = 0
        if self._deeper or (brace == "{" and len(self._outer) >= _MAX_DEPTH):
            self._deeper += 1 if brace == "{" else -1
            return True
        if brace == "{":
            self._outer.append(self._group)
            self._group = replace(self._group, is_optional=False, label_of=None)
            return True
        if self._group.label_of is not None:
            self._group.label_of.append(_LABEL_END)
        if self._outer:
            closed, self._group = self._group, self._outer.pop()
            if closed.name == "fldinst" != self._group.name:
                asked = _FIELD_SYMBOL.search(self._instruction)
                self._instruction, self._has_symbol = "", asked is not None
                if asked:
                    self._write(sign(int(asked[1]), asked[2] or asked[3]))
        return bool(self._outer)

    def _text(self, text: str) -> None:
        if self._group.name == "fldinst":
            self._instruction += text
        elif self._group.name == "fonttbl" and self._group.font:
            self._fonts.setdefault(self._group.font, text.partition(";")[0].strip())
        self._add(text.encode("latin-1"))

    def _control_symbol(self, symbol: str) -> None:
        is_substitute, self._substitutes = self._substitutes > 0, max(self._substitutes - 1, 0)
        if self._group.name == "fldinst":
            self._instruction += symbol
        if symbol == "*":
            self._group.is_optional = True
        elif symbol in "\r\n":
            self._end_paragraph()
        elif symbol in _SYMBOLS and not is_substitute:
            self._write(_SYMBOLS[symbol])

    def _control_word(self, word: str, number: int | None) -> None:
        self._substitutes = 0
        group = self._group
        if self._starts_group(word):
            return
        if group.name in _TIMES and number is not None:
            self.times.setdefault(group.name, {})[word] = number
        elif group.name == "fonttbl":
            if word == "f":
                group.font = str(number or 0)
            elif word == "fcharset" and number is not None:
                self._encodings[group.font] = _FONT_CHARACTER_SETS.get(number)
            elif word == "cpg" and number is not None:
                page = "mac_roman" if number == 10000 else f"cp{number}"
                self._encodings[group.font] = page if page in _FONT_CHARACTER_SETS.values() else None
        elif word in _CHARACTER_SETS:
            self._character_set = word
        elif word == "ansicpg":
            self._code_page = number
        elif not (self._sets_format(word, number) or self._sets_table(word, number)):
            self._character(word, number)

    def _starts_group(self, word: str) -> bool:
        group = self._group
        is_optional, group.is_optional = group.is_optional, False
        if word in _PROPERTIES | _TIMES and group.name == "info":
            group.part = self.properties.setdefault(word, []) if word in _PROPERTIES else None
            group.name = word
        elif _UNREAD.fullmatch(word):
            group.part, group.name = None, word
        elif word == "shptxt" and group.name != "pict":  # the shape around it is an optional group
            group.part, group.in_table, group.level = [], False, None
            self._boxes.append(group.part)
        elif group.part is not None and word in _RUNNING:
            group.part = []
            self.running.append(group.part)
        elif group.part is not None and word == "footnote":
            group.part, group.in_table, group.level, group.is_raised = [], False, None, False
            self.notes.add_footnote(group.part, self._reference)
            self._reference = None
        elif group.part is not None and word in _LABELS:
            self._write(_LABEL)
            group.label_of = group.part
        elif is_optional:
            if word == "moMath":
                self._write(UNKNOWN)  # equations are not read
            group.part = None
        elif word == "fldrslt" and self._has_symbol:
            group.part, self._has_symbol = None, False
        else:
            return False
        return True

    def _sets_format(self, word: str, number: int | None) -> bool:
        group = self._group
        match word:
            case "f":
                group.font = str(number or 0)
            case "deff":
                self._default_font = group.font = str(number or 0)
            case "uc":
                group.substitutes = min(max(number if number is not None else 1, 0), 16)
            case "plain":
                group.font, group.is_hidden = self._default_font, False
                group.is_raised = group.is_bold = False
            case "b" | "v" | "deleted" | "super" | "up":
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

    def _sets_table(self, word: str, number: int | None) -> bool:
        match word:
            case "trowd":
                self._edges, self._merged = [], ""
                self._weights.clear()
            case "clmrg" | "clvmrg":
                self._merged += _MERGED[word]
            case "cellx":
                self._edges.append(f"{number or 0}{self._merged}")
                self._merged = ""
            case "cell":
                self._write((_BOLD if self._weights == {True} else "") + _CELL_END)
                self._weights.clear()
            case "row":
                self._write(f"{_EDGES}{' '.join(self._edges)}{_ROW_END}")
            case _:
                return False
        return True

    def _character(self, word: str, number: int | None) -> None:
        if word == "u" and number is not None and -0x8000 <= number <= 0x10FFFF:
            code = number & 0xFFFF if number < 0 else number
            font = self._fonts.get(self._group.font)
            is_sign = 0xF020 <= code <= 0xF0FF or (is_symbol_font(font) and 0x20 <= code <= 0xFF)
            self._write(sign(code, font) if is_sign else chr(code))
            self._substitutes = self._group.substitutes
        elif word in _CHARACTERS:
            self._write(_CHARACTERS[word])
        elif word in {"par", "sect"}:
            if word == "sect":
                self.notes.end_section()
            self._end_paragraph()
        elif word == "chftn":
            self._write_note_mark()
        elif word == "ftnalt":
            self.notes.make_endnote(self._group.part)
        else:
            self.notes.set_numbering(word, number)

    def _end_paragraph(self) -> None:
        group = self._group
        if group.in_table:
            self._write(_CELL_PARAGRAPH)
            return
        self._write((chr(_HEADING + group.level) if group.level is not None else "") + "\n")
        if group.part is self.body:
            self._close_boxes()

    def _close_boxes(self) -> None:
        for box in self._boxes:
            self.body += [*box, "\n"]
        self._boxes = []

    def _write_note_mark(self) -> None:
        """Outside a note, an empty piece receives the mark when the next note is read."""
        part = self._group.part
        if part is None or not self._is_read:
            return
        own = self.notes.mark_in(part)
        if own is None:
            self._reference = (part, len(part))
        part.append("" if own is None else f"{own} ")


def _is_known(encoding: str) -> bool:
    try:
        return "a".encode(encoding) == b"a"  # in RTF, ASCII means itself: no page is one of EBCDIC
    except LookupError:
        return False


_NUMBER_FORMATS = {
    "nar": "decimal",
    "nalc": "lowerLetter",
    "nauc": "upperLetter",
    "nrlc": "lowerRoman",
    "nruc": "upperRoman",
    "nchi": "chicago",
}
# A leading ``s`` is for a section.
_NUMBERING = re.compile(rf"s?(a?)ftn(start|restart|rstcont|{'|'.join(_NUMBER_FORMATS)})")


@dataclass(slots=True)
class _Note:
    """``reference`` is the part with it, and its index there."""

    part: _Part
    reference: tuple[_Part, int] | None
    mark: str = ""


@dataclass(slots=True)
class _Series:
    """``count`` notes are in the section if ``is_by_section``."""

    format: str
    first: int = 1
    count: int = 0
    is_by_section: bool = False


@dataclass(slots=True)
class _Notes:
    footnotes: list[_Part] = field(default_factory=list)
    endnotes: list[_Part] = field(default_factory=list)
    _last: _Note | None = None
    _footnote_series: _Series = field(default_factory=lambda: _Series("decimal"))
    _endnote_series: _Series = field(default_factory=lambda: _Series("lowerRoman"))

    def set_numbering(self, word: str, number: int | None) -> None:
        setting = _NUMBERING.fullmatch(word)
        if setting is None:
            return
        series = self._endnote_series if setting[1] else self._footnote_series
        match setting[2]:
            case "start":
                series.first = number if number is not None else 1
            case "restart" | "rstcont":
                series.is_by_section = setting[2] == "restart"
            case named:
                series.format = _NUMBER_FORMATS[named]

    def end_section(self) -> None:
        for series in (self._footnote_series, self._endnote_series):
            series.count = 0 if series.is_by_section else series.count

    def add_footnote(self, part: _Part, reference: tuple[_Part, int] | None) -> None:
        self.footnotes.append(part)
        self._last = _Note(part, reference)
        self._number(self._last, self._footnote_series)

    def make_endnote(self, part: _Part | None) -> None:
        """Only if ``part`` holds the note that was added last."""
        note = self._last
        if note is not None and note.part is part and self.footnotes and part is self.footnotes[-1]:
            self.endnotes.append(self.footnotes.pop())
            self._footnote_series.count -= note.reference is not None
            self._number(note, self._endnote_series)

    def mark_in(self, part: _Part) -> str | None:
        return self._last.mark if self._last is not None and self._last.part is part else None

    def _number(self, note: _Note, series: _Series) -> None:
        if note.reference is not None:
            series.count += 1
            note.mark = note_mark(written_number(series.first + series.count - 1, series.format))
            part, at = note.reference
            part[at] = note.mark


_PIECE = re.compile(f"([^\n{_ROW_END}]*)([\n{_ROW_END}]|\\Z)")
_LABELLED = re.compile(f"{_LABEL}([^{_LABEL_END}]*){_LABEL_END}?")
_MARKS = re.compile("[\ue000-\ue020]")
_LETTERS = re.compile(r"\w")
_BULLETS = {"o", "§", "q", "v"}  # mostly in symbol fonts


def _blocks(text: str) -> Iterator[Block]:
    """The rows of a table form a group, as do the items of a list."""
    rows: list[dict[int, Cell]] = []
    items: object | None = None
    for match in _PIECE.finditer(text):
        piece, end = match.groups()
        if end == _ROW_END or _CELL_END in piece:
            items = None
            words, _, edges = piece.partition(_EDGES)
            cells = words.split(_CELL_END)[:-1] or [words]
            is_row = len(cells) > 1 or (rows and len(words) <= MAX_CAPTION_CHARACTERS)
            if is_row and all(len(cell) <= MAX_CELL_CHARACTERS for cell in cells):
                rows.append(_placed(cells, edges.split(), rows[-1] if rows else {}))
                continue
            yield from _table(rows)
            # A layout table, of one cell or a very long one, gives a block for each line.
            lines = (line for cell in cells for line in re.split(f"[{_CELL_PARAGRAPH}{_LINE}]", cell))
            yield from (Block(_flat(line)) for line in lines)
            rows = []
            continue
        yield from _table(rows)
        rows = []
        if piece.strip():
            items = (items or object()) if _LABEL in piece else None
            yield from _paragraph(piece, items)


def _table(rows: Sequence[Mapping[int, Cell]]) -> Iterator[Block]:
    filled = [[cell for cell in cells.values() if cell.text] for cells in rows]
    for part in table_lines([cells for cells in filled if cells]):
        group = object()
        yield from (Block(line, group) for _, line in part)


def _placed(words: Sequence[str], edges: Sequence[str], above: Mapping[int, Cell]) -> dict[int, Cell]:
    """A cell over several rows stands in each of them, unless it is long.

    ``edges`` are the right ones, with the letters of ``_MERGED``; without as many, each cell has one column.
    """
    placed: dict[int, Cell] = {}
    start = 0
    whole = len(edges) == len(words)
    for place, written in enumerate(words, 1):
        text = _flat(written)
        edge = edges[place - 1] if whole else str(place)
        end = max(round(int(edge.strip("hv")) / _TWIPS) if whole else place, start + 1)
        if "h" in edge and placed:
            first, cell = placed.popitem()
            placed[first] = replace(cell, text=f"{cell.text} {text}".strip(), end=end)
        elif "v" in edge and start in above and len(above[start].text) <= MAX_CAPTION_CHARACTERS:
            placed[start] = above[start]
        else:
            placed[start] = Cell(text, start, end, is_bold=_BOLD in written)
        start = end
    return placed


def _paragraph(piece: str, items: object | None) -> Iterator[Block]:
    level = ord(piece[-1]) - _HEADING
    lines = [_flat(line) for line in piece.split(_LINE)]
    if 0 <= level <= 8:
        yield Heading(flow(" ".join(lines)), level=level + 1)
        return
    lines = [line for line in lines if line]
    group = items or (object() if len(lines) > 1 else None)
    yield from (Block(line, group) for line in lines)


def _flat(text: str) -> str:
    labelled = _LABELLED.sub(lambda match: _label(flow(match[1])), text)
    return flow(_MARKS.sub(" ", labelled))


def _label(written: str) -> str:
    if not written:
        return ""
    return f"{written} " if _LETTERS.search(written) and written not in _BULLETS else BULLET
