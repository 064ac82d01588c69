"""Reads RTF as a Document: paragraphs, lists, tables, notes, and each header and footer once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from index.documents import Document
from index.errors import LoadError
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
from index.loaders.magic import binary_kind
from index.loaders.metadata import Properties, assemble, iso_date, readable_property, title_of_line
from index.loaders.options import DEFAULTS, Options
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
)
from index.loaders.rtf.reader import parts_of

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
    """Decode a part as text that contains the marks from :mod:`index.loaders.rtf.marks`."""
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
    """Return a text on one line, without the marks of :mod:`index.loaders.rtf.marks`.

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
