"""Reads OpenDocument texts and spreadsheets (ISO/IEC 26300-1, version 1.4)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from index.documents import Document
from index.errors import LoadError
from index.loaders.archive import Parts, check_archive
from index.loaders.assembly import assemble
from index.loaders.blocks import (
    BULLET,
    Block,
    Heading,
    flow,
    is_layout_table,
    join,
    prose,
    running_titles,
    sections_of,
)
from index.loaders.equations import from_mathml, in_font, is_mathml, note_mark
from index.loaders.merged_cells import Cell, table_lines
from index.loaders.metadata import (
    Properties,
    iso_date,
    language_code,
    readable_property,
    title_of_line,
)
from index.loaders.numerals import LETTER_FORMATS, written_number
from index.loaders.options import DEFAULTS, Options
from index.text.tabular import MAX_CAPTION_CHARACTERS

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def read_odt(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Deleted text and comments are left out; notes follow the body, headers and footers come last."""
    return _read(data, path, options, "odt")


def read_ods(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """The name and the rows of each visible sheet."""
    return _read(data, path, options, "ods")


def _read(data: bytes, path: Path, options: Options, kind: str) -> Document:
    encrypted = LoadError(path, "is encrypted", "save it without a password")
    if data.startswith(b"PK") and _WHOLLY_ENCRYPTED in data:
        raise encrypted
    named = "an OpenDocument text" if kind == "odt" else "an OpenDocument spreadsheet"
    check_archive(data, path, "content.xml", named, options.limits)
    parts = Parts(data, path)
    if _MANIFEST in parts and parts.xml(_MANIFEST).find(f".//{MANIFEST}encryption-data") is not None:
        raise encrypted
    root = parts.xml("content.xml")
    styles = parts.xml("styles.xml") if "styles.xml" in parts else None
    content = Content(
        *(part for part in (styles, root) if part is not None),
        object_at=lambda name: parts.xml(f"{name}/content.xml") if f"{name}/content.xml" in parts else None,
    )
    sheets = root.find(f"{OFFICE}body/{OFFICE}spreadsheet")
    blocks = list(content.blocks(root) if sheets is None else _sheets(sheets, content))
    on_page = _title(root, blocks, content) if sheets is None else None
    blocks_of_pages = _headers_and_footers(styles, content) if styles is not None and sheets is None else ()
    running = list(running_titles(blocks_of_pages))  # read them before the notes: headers may have notes
    blocks += [*content.footnotes, *content.endnotes, *running]
    text = join(blocks)
    return assemble(
        path,
        kind,
        text,
        _properties(parts),
        heading=on_page,
        sample=prose(blocks),
        sections=sections_of(blocks, text),
    )


def _properties(parts: Parts) -> Properties:
    meta = parts.xml("meta.xml") if "meta.xml" in parts else None

    def value_of(name: str) -> str | None:
        found = meta.find(f".//{name}") if meta is not None else None
        return flow("".join(found.itertext())) if found is not None else None

    first_author, last_author = value_of(f"{META}initial-creator"), value_of(f"{DUBLIN_CORE}creator")
    return Properties(
        title=readable_property(value_of(f"{DUBLIN_CORE}title")),
        author=readable_property(first_author) or readable_property(last_author),
        written=iso_date(value_of(f"{DUBLIN_CORE}date")) or iso_date(value_of(f"{META}creation-date")),
        language=language_code(value_of(f"{DUBLIN_CORE}language")),
    )


def _title(body: Element, blocks: list[Block], content: Content) -> str | None:
    styled = next((p for p in body.iter(f"{TEXT}p", f"{TEXT}h") if content.has_style(p, "Title")), None)
    own = ""
    if styled is not None and styled.find(f".//{TEXT}note") is None:
        own = flow("".join(styled.itertext(with_tail=False)))
    first = next((block.text for block in blocks if block.text.strip()), "")
    return own or title_of_line(first)


def _sheets(sheets: Element, content: Content) -> Iterator[Block]:
    for sheet in sheets.iterchildren(f"{TABLE}table"):
        if content.styles.is_sheet_hidden(sheet.get(f"{TABLE}style-name")):
            continue
        rows = [block for block in content.rows(sheet) if block.text.strip()]
        if rows:
            yield Heading(flow(sheet.get(f"{TABLE}name", "")))
            yield from rows


def _headers_and_footers(styles: Element, content: Content) -> Iterator[Block]:
    for page in styles.iter(f"{STYLE}master-page"):
        for name in _RUNNING:
            for part in page.iterchildren(f"{STYLE}{name}"):
                if part.get(f"{STYLE}display") != "false":
                    yield from content.blocks(part)


_OPENDOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"

OFFICE = f"{{{_OPENDOCUMENT}:office:1.0}}"
TEXT = f"{{{_OPENDOCUMENT}:text:1.0}}"
TABLE = f"{{{_OPENDOCUMENT}:table:1.0}}"
STYLE = f"{{{_OPENDOCUMENT}:style:1.0}}"
DRAW = f"{{{_OPENDOCUMENT}:drawing:1.0}}"
META = f"{{{_OPENDOCUMENT}:meta:1.0}}"
SVG = f"{{{_OPENDOCUMENT}:svg-compatible:1.0}}"
FORMAT = f"{{{_OPENDOCUMENT}:xsl-fo-compatible:1.0}}"
MANIFEST = f"{{{_OPENDOCUMENT}:manifest:1.0}}"
LINK = "{http://www.w3.org/1999/xlink}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"

DISPLAY = f"{TEXT}display"  # hides a section or, in a style, all text with this style
_NUMBER = re.compile(r"[0-9]{1,4}")
_LIST = f"{TEXT}list"
_ITEMS = {f"{TEXT}list-item", f"{TEXT}list-header"}
_SIGNS = {f"{TEXT}list-level-style-bullet", f"{TEXT}list-level-style-image"}


class Lists:
    """Items are counted as they are read, so callers must read in document order."""

    def __init__(self, *roots: Element) -> None:
        self._styles: dict[str, dict[int, Element]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._group: object = object()
        for root in roots:
            for style in root.iter(f"{TEXT}list-style", f"{TEXT}outline-style"):
                levels = {_integer(level.get(f"{TEXT}level"), 1): level for level in style}
                is_outline = style.tag == f"{TEXT}outline-style"
                self._styles["" if is_outline else style.get(f"{STYLE}name", "")] = levels

    def items(self, element: Element) -> Iterator[tuple[Element, str, object]]:
        """With its marker and the outermost list. Callers read an item's own list before the next item."""
        outer = list(element.iterancestors(_LIST))
        named = (one.get(f"{TEXT}style-name") for one in (element, *outer))
        style = next((name for name in named if name), "none")
        depth = len(outer) + 1
        counts = self._counts.setdefault(style, {})
        if not outer:
            self._group = object()
        if element.get(f"{TEXT}continue-numbering") != "true" and not element.get(f"{TEXT}continue-list"):
            _restart(counts, depth)
        for item in element:
            if item.tag == f"{TEXT}list-item" and any(child.tag != _LIST for child in item):
                begin = item.get(f"{TEXT}start-value")
                if begin is not None:
                    counts[depth] = _integer(begin, 1) - 1
                yield item, self._marker(style, depth), self._group
            elif item.tag in _ITEMS:
                yield item, "", self._group

    def heading_marker(self, heading: Element, level: int) -> str:
        """Count the heading; "" in a list or without a number."""
        parent = heading.getparent()
        if parent is not None and str(parent.tag) in _ITEMS:
            return ""
        if heading.get(f"{TEXT}is-list-header") == "true" or level not in self._styles.get("", {}):
            return ""
        return self._marker("", level)

    def _marker(self, style: str, depth: int) -> str:
        counts = self._counts.setdefault(style, {})
        counts[depth] = counts.get(depth, self._start(style, depth) - 1) + 1
        _restart(counts, depth + 1)
        level = self._styles.get(style, {}).get(depth)
        if level is None or level.tag in _SIGNS:
            return BULLET
        if not level.get(f"{STYLE}num-format"):
            return ""
        shown = min(_integer(level.get(f"{TEXT}display-levels"), 1), depth)
        numbers = ".".join(self._counted(style, one) for one in range(depth - shown + 1, depth + 1))
        written = f"{level.get(f'{STYLE}num-prefix', '')}{numbers}{level.get(f'{STYLE}num-suffix', '')}"
        return f"{written.strip()} "

    def _counted(self, style: str, depth: int) -> str:
        level = self._styles[style].get(depth)
        kind = LETTER_FORMATS.get(level.get(f"{STYLE}num-format", "") if level is not None else "", "decimal")
        return written_number(self._counts[style].get(depth, self._start(style, depth)), kind)

    def _start(self, style: str, depth: int) -> int:
        level = self._styles.get(style, {}).get(depth)
        return _integer(level.get(f"{TEXT}start-value"), 1) if level is not None else 1


def _restart(counts: dict[int, int], depth: int) -> None:
    for deeper in [one for one in counts if one >= depth]:
        del counts[deeper]


def _integer(written: str | None, otherwise: int) -> int:
    return int(written) if written and _NUMBER.fullmatch(written) else otherwise


_BOLD = {"bold", "600", "700", "800", "900"}
_RAISED = re.compile(r"super\b|0*[1-9][0-9.]*%")
_MOST_PARENTS = 20  # a longer chain is circular


@dataclass(frozen=True, slots=True)
class _StyleProperties:
    """None stands for a property that the parent style decides."""

    parent: str
    is_hidden: bool | None
    is_raised: bool | None
    font: str | None
    is_bold: bool | None
    is_sheet_hidden: bool


class Styles:
    def __init__(self, *roots: Element) -> None:
        self._properties: dict[str, _StyleProperties] = {}
        fonts = {
            face.get(f"{STYLE}name", ""): face.get(f"{SVG}font-family", "").strip("\"'")
            for root in roots
            for face in root.iter(f"{STYLE}font-face")
        }
        for root in roots:
            for style in root.iter(f"{STYLE}style"):
                self._properties[style.get(f"{STYLE}name", "")] = _properties_of(style, fonts)

    def parent(self, name: str) -> str | None:
        """Empty without a parent, None if the style is unknown."""
        properties = self._properties.get(name)
        return properties.parent if properties is not None else None

    def is_hidden(self, name: str | None) -> bool:
        return next((one.is_hidden for one in self._with_parents(name) if one.is_hidden is not None), False)

    def is_raised(self, name: str | None) -> bool | None:
        """None if the style does not say."""
        return next((one.is_raised for one in self._with_parents(name) if one.is_raised is not None), None)

    def font(self, name: str | None) -> str | None:
        return next((one.font for one in self._with_parents(name) if one.font), None)

    def is_bold(self, name: str | None) -> bool:
        return next((one.is_bold for one in self._with_parents(name) if one.is_bold is not None), False)

    def is_sheet_hidden(self, name: str | None) -> bool:
        return any(one.is_sheet_hidden for one in self._with_parents(name))

    def _with_parents(self, name: str | None) -> Iterator[_StyleProperties]:
        for _ in range(_MOST_PARENTS):
            properties = self._properties.get(name or "")
            if properties is None:
                return
            yield properties
            name = properties.parent


def _properties_of(style: Element, fonts: dict[str, str]) -> _StyleProperties:
    words, sheet = style.find(f"{STYLE}text-properties"), style.find(f"{STYLE}table-properties")
    stated: dict[str, str] = dict(words.attrib) if words is not None else {}
    display, position = stated.get(DISPLAY), stated.get(f"{STYLE}text-position")
    weight = stated.get(f"{FORMAT}font-weight")
    named, family = stated.get(f"{STYLE}font-name"), stated.get(f"{FORMAT}font-family", "").strip("\"'")
    return _StyleProperties(
        style.get(f"{STYLE}parent-style-name", ""),
        display == "none" if display is not None else None,
        _RAISED.match(position) is not None if position is not None else None,
        fonts.get(named, named) if named else family or None,
        weight in _BOLD if weight is not None else None,
        sheet is not None and sheet.get(f"{TABLE}display") == "false",
    )


# In cells that a document gains: some programs repeat a cell through all columns of a sheet.
MAX_REPEATED = 100_000
_TABLE = f"{TABLE}table"
_ROW = f"{TABLE}table-row"
_CELL = f"{TABLE}table-cell"
_COVERED = f"{TABLE}covered-table-cell"
_COLUMN = f"{TABLE}table-column"
_HIDDEN = {"collapse", "filter"}
_MOST_COLUMNS = 16_384
_GROUPS = frozenset(f"{TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group"))


def _repeated(written: str | None) -> int:
    return int(written) if written and re.fullmatch(r"[1-9][0-9]{0,6}", written) else 1


def _lines(container: Element) -> Iterator[Element]:
    for child in container:
        if not isinstance(child.tag, str) or child.get(f"{TABLE}visibility") in _HIDDEN:
            continue
        if child.tag == _ROW:
            yield child
        elif child.tag in _GROUPS:
            yield from _lines(child)


def _hidden_columns(table: Element) -> Sequence[int]:
    hidden: set[int] = set()
    place = 0
    for column in table.iter(_COLUMN):
        if next(column.iterancestors(_TABLE), None) is not table:
            continue  # a column of a table inside a cell
        wide = _repeated(column.get(f"{TABLE}number-columns-repeated"))
        if column.get(f"{TABLE}visibility") in _HIDDEN:
            hidden |= set(range(place, min(place + wide, _MOST_COLUMNS)))
        place += wide
    return sorted(hidden)


# Deleted text, comments, templates of indexes, and elements for programs.
_UNREAD = frozenset(
    {f"{TEXT}tracked-changes", f"{OFFICE}forms", f"{OFFICE}annotation", f"{OFFICE}annotation-end"}
    | {f"{TEXT}table-of-content-source", f"{TEXT}illustration-index-source", f"{TEXT}table-index-source"}
    | {f"{TEXT}object-index-source", f"{TEXT}user-index-source", f"{TEXT}alphabetical-index-source"}
    | {f"{TEXT}bibliography-source", f"{TEXT}sequence-decls", f"{TEXT}variable-decls"}
    | {f"{TEXT}user-field-decls", f"{TEXT}ruby-text", f"{TEXT}script", f"{DRAW}image", f"{OFFICE}scripts"}
    | {f"{SVG}title", f"{SVG}desc"}
)
_WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Placed:
    """Visible columns ``start`` to ``end`` (exclusive); a covered cell has no blocks."""

    element: Element
    start: int
    end: int
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class _Look:
    is_raised: bool = False
    font: str | None = None

    def shown(self, text: str | None) -> str:
        return in_font(_WHITE.sub(" ", text or ""), self.font, is_raised=self.is_raised)


_PLAIN = _Look()


class Content:
    """Counts list items, so callers must read elements in document order.

    ``roots`` are those of ``styles.xml``, if the file has it, and of ``content.xml``, in this order.
    """

    def __init__(self, *roots: Element, object_at: Callable[[str], Element | None] = lambda _: None) -> None:
        self._object_at = object_at
        self.footnotes: list[Block] = []
        self.endnotes: list[Block] = []
        self._lists = Lists(*roots)
        self._repeats_left = MAX_REPEATED
        self.styles = Styles(*roots)

    def has_style(self, element: Element, name: str) -> bool:
        """Or an automatic style based on it."""
        style = element.get(f"{TEXT}style-name", "")
        return name in {style, self.styles.parent(style)}

    def blocks(self, container: Element) -> Iterator[Block]:
        for child in container:
            if not isinstance(child.tag, str) or child.tag in _UNREAD or self._is_hidden(child):
                continue
            if child.tag == f"{TEXT}list":
                for item, marker, group in self._lists.items(child):
                    yield from _marked(self.blocks(item), marker, group)
            elif child.tag == f"{TABLE}table":
                yield from self.rows(child)
            elif child.tag in {f"{TEXT}p", f"{TEXT}h"}:
                yield from self._paragraph(child)
            else:
                yield from self.blocks(child)

    def rows(self, table: Element) -> Iterator[Block]:
        """One block a row, or the blocks in the cells if the table only lays out the page."""
        hidden = _hidden_columns(table)
        lines = list(_lines(table))
        rows = [list(self._cells(line, hidden)) for line in lines]
        contents = [[cell.blocks for cell in cells if cell.blocks] for cells in rows]
        if is_layout_table(contents):
            yield from chain.from_iterable(chain.from_iterable(contents))
            return
        placed = [(line, cells) for line, cells in zip(lines, self._placed(rows), strict=True) if cells]
        for part in table_lines([cells for _, cells in placed]):
            group = object()
            for number, words in part:
                line, cells = placed[number]
                times = _repeated(line.get(f"{TABLE}number-rows-repeated"))
                yield from [Block(words, group)] * self._times(times, len(cells))

    def _cells(self, line: Element, hidden: Sequence[int]) -> Iterator[_Placed]:
        """Only those with words, or that another covers."""
        place = 0
        for element in line.iterchildren(_CELL, _COVERED):
            blocks = list(self.blocks(element)) if element.tag == _CELL else []
            times = _repeated(element.get(f"{TABLE}number-columns-repeated"))
            start = place - bisect_left(hidden, place)
            place += times
            shown = place - bisect_left(hidden, place) - start
            if element.tag == _COVERED:
                yield _Placed(element, start, start + shown, [])
            elif shown and any(block.text.strip() for block in blocks):
                last = place - 1 + _repeated(element.get(f"{TABLE}number-columns-spanned"))
                end = last - bisect_left(hidden, last) if shown == 1 else 0
                for at in range(start, start + self._times(shown, 1)):
                    yield _Placed(element, at, max(end, at + 1), blocks)

    def _placed(self, rows: Sequence[Sequence[_Placed]]) -> Iterator[list[Cell]]:
        """A cell over several rows stands in each of them, unless it is long."""
        down: list[tuple[Cell, int]] = []
        for cells in rows:
            placed: list[Cell] = []
            below: list[tuple[Cell, int]] = []
            for one in cells:
                if one.blocks:
                    words = flow(" ".join(block.text for block in one.blocks))
                    cell = Cell(words, one.start, one.end, is_bold=self._is_bold(one.element))
                    height = _repeated(one.element.get(f"{TABLE}number-rows-spanned"))
                    found = [(cell, height if len(words) <= MAX_CAPTION_CHARACTERS else 1)]
                else:
                    found = [(above, left) for above, left in down if one.start <= above.start < one.end]
                placed += [cell for cell, _ in found]
                below += [(cell, left - 1) for cell, left in found if left > 1]
            down = below
            yield placed if any(one.blocks for one in cells) else []

    def _is_bold(self, cell: Element) -> bool:
        """By its style, or by those of its paragraphs or of all their words."""

        def bold_words(line: Element) -> str:
            if self.styles.is_bold(line.get(f"{TEXT}style-name")):
                return flow("".join(line.itertext()))
            spans = line.iterchildren(f"{TEXT}span")
            bold = (one for one in spans if self.styles.is_bold(one.get(f"{TEXT}style-name")))
            return flow("".join("".join(one.itertext()) for one in bold))

        lines = list(cell.iterchildren(f"{TEXT}p", f"{TEXT}h"))
        return self.styles.is_bold(cell.get(f"{TABLE}style-name")) or (
            bool(lines) and all(bold_words(line) == flow("".join(line.itertext())) for line in lines)
        )

    def _times(self, times: int, cells: int) -> int:
        """Once, if the cells exceed the limit."""
        more = (times - 1) * cells
        if more > self._repeats_left:
            return 1
        self._repeats_left -= more
        return times

    def _paragraph(self, paragraph: Element) -> Iterator[Block]:
        hiding = paragraph.iter(f"{TEXT}hidden-paragraph")
        if any(one.get(f"{TEXT}is-hidden") == "true" for one in hiding):
            return
        boxes: list[Element] = []
        words = "".join(self._words(paragraph, boxes, self._look(paragraph)))
        if paragraph.tag == f"{TEXT}h":
            written = paragraph.get(f"{TEXT}outline-level", "1")
            level = int(written) if re.fullmatch(r"[1-9][0-9]?", written) else 1
            numbered = self._lists.heading_marker(paragraph, level) if flow(words) else ""
            yield Heading(numbered + flow(words) if flow(words) else "", level=level)
        else:
            lines = [line for line in map(flow, words.split("\n")) if line]
            group = object() if len(lines) > 1 else None
            yield from (Block(line, group) for line in lines)
        for box in boxes:  # a frame is anchored in the paragraph, but is not part of its text
            yield from self.blocks(box)

    def _words(self, element: Element, boxes: list[Element], look: _Look) -> Iterator[str]:
        """Frames without an equation go to ``boxes``."""
        yield look.shown(element.text)
        for child in element:
            if isinstance(child.tag, str) and child.tag not in _UNREAD and not self._is_hidden(child):
                if child.tag == f"{DRAW}frame":
                    equation = self._equation(child)
                    if equation is None:
                        boxes.append(child)
                    yield equation or ""
                elif child.tag == f"{TEXT}note":
                    yield self._note(child)
                elif child.tag == f"{TEXT}line-break":
                    yield "\n"
                elif child.tag in {f"{TEXT}s", f"{TEXT}tab"}:
                    yield " "
                else:
                    yield from self._words(child, boxes, self._look(child, look))
            yield look.shown(child.tail)

    def _look(self, element: Element, around: _Look = _PLAIN) -> _Look:
        style = element.get(f"{TEXT}style-name")
        is_raised = self.styles.is_raised(style)
        return _Look(
            around.is_raised if is_raised is None else is_raised, self.styles.font(style) or around.font
        )

    def _equation(self, frame: Element) -> str | None:
        for held in frame.iterchildren(f"{DRAW}object"):
            name = held.get(f"{LINK}href", "").removeprefix("./")
            inside = next((one for one in held if is_mathml(one)), None)
            root = inside if inside is not None else self._object_at(name) if name else None
            if root is not None and is_mathml(root):
                return from_mathml(root)
        return None

    def _note(self, note: Element) -> str:
        citation, body = note.find(f"{TEXT}note-citation"), note.find(f"{TEXT}note-body")
        written = "".join(self._words(citation, [], _PLAIN)) if citation is not None else ""
        mark = note_mark(flow(written))
        words = " ".join(block.text for block in self.blocks(body)) if body is not None else ""
        if words.strip():
            is_endnote = note.get(f"{TEXT}note-class") == "endnote"
            (self.endnotes if is_endnote else self.footnotes).append(Block(flow(f"{mark} {words}")))
        return mark

    def _is_hidden(self, element: Element) -> bool:
        display = element.get(DISPLAY)
        if display == "none" or self.styles.is_hidden(element.get(f"{TEXT}style-name")):
            return True
        is_asked = element.tag == f"{TEXT}hidden-text" or display == "condition"
        return is_asked and element.get(f"{TEXT}is-hidden") == "true"


def _marked(blocks: Iterator[Block], marker: str, group: object) -> Iterator[Block]:
    """Blocks of the item without a group get ``group``, too; it stands for the list."""
    for block in blocks:
        if not block.text.strip():
            continue
        if isinstance(block, Heading):
            yield Heading(marker + block.text, level=block.level)
        else:
            yield Block(marker + block.text, group if block.group is None or marker else block.group)
        marker = ""


_MANIFEST = "META-INF/manifest.xml"
# The only entry of a file that is encrypted as a whole (OpenDocument 1.4, part 2, 3.4).
_WHOLLY_ENCRYPTED = b"encrypted-package"
_RUNNING = ("header", "header-first", "header-left", "footer", "footer-first", "footer-left")
