"""Reads a Word file (.docx): WordprocessingML, ISO/IEC 29500-1, clause 17."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import regex

from index.documents import Document
from index.loaders.archive import check_archive, core_properties, damage_reported, parse_xml
from index.loaders.assembly import assemble
from index.loaders.blocks import (
    BULLET,
    Block,
    Heading,
    flow,
    indent,
    is_layout_table,
    join,
    prose,
    running_titles,
    sections_of,
)
from index.loaders.equations import from_word, in_font, is_equation, note_mark, sign, superscript
from index.loaders.merged_cells import Cell, table_lines
from index.loaders.metadata import title_of_line
from index.loaders.numerals import written_number
from index.loaders.options import DEFAULTS, Options
from index.text.tabular import MAX_CAPTION_CHARACTERS

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.opc.part import Part
    from lxml.etree import _Element as Element


def read_docx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Deleted and hidden text is left out; notes follow the body, headers and footers come last."""
    import docx
    from docx.opc.exceptions import OpcError

    check_archive(data, path, "word/document.xml", "a Word document", options.limits)
    with damage_reported(path, "word processor", OpcError):
        word = docx.Document(BytesIO(data))
        content = Content(word.part, word.element.body)
        blocks = list(content.blocks(word.element.body))
        heading = _title(word, blocks)
        blocks += content.notes()
        blocks += running_titles(_headers_and_footers(word, content))
        text = join(blocks)
        properties, sections = core_properties(data, path), sections_of(blocks, text)
        return assemble(
            path, "docx", text, properties, heading=heading, sample=prose(blocks), sections=sections
        )


def _title(word: WordDocument, blocks: Iterable[Block]) -> str | None:
    styled = next((flow(p.text) for p in word.paragraphs if p.style and p.style.style_id == "Title"), None)
    first = next((block.text for block in blocks if block.text.strip()), "")
    return styled or title_of_line(first)


def _headers_and_footers(word: WordDocument, content: Content) -> Iterator[Block]:
    for section in word.sections:
        for part in (
            *(section.header, section.first_page_header, section.even_page_header),
            *(section.footer, section.first_page_footer, section.even_page_footer),
        ):
            # If a part is linked to that of the previous section, python-docx would create a new part here.
            if not part.is_linked_to_previous:
                yield from content.blocks(part._element)  # python-docx has no public name for the element.


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_ON, _OFF = {"1", "true", "on"}, {"0", "false", "off", "none"}


def related(part: Part, kind: str) -> Element | None:
    """By the type of its relationship; None if there is no such part, or if it is not XML."""
    from lxml.etree import XMLSyntaxError

    for relation in part.rels.values():
        if relation.reltype == _RELATIONS + kind and not relation.is_external:
            try:
                return parse_xml(relation.target_part.blob)
            except XMLSyntaxError:
                return None
    return None


def value(element: Element | None, path: str) -> str | None:
    """At a path such as ``pPr/pStyle``."""
    found = element.find("/".join(W + name for name in path.split("/"))) if element is not None else None
    return found.get(f"{W}val") if found is not None else None


def switch(element: Element | None, name: str) -> bool | None:
    """None if the on/off property is not set."""
    found = element.find(W + name) if element is not None else None
    return None if found is None else found.get(f"{W}val", "1") not in _OFF


def integer(written: str | None, otherwise: int) -> int:
    return int(written) if written and regex.fullmatch(r"[0-9]{1,6}", written) else otherwise


_CHECKED, _UNCHECKED = "☒", "☐"


class Fields:
    """At the current point of the text; fields may be nested."""

    def __init__(self) -> None:
        self._in_code: list[bool] = []

    @property
    def is_code(self) -> bool:
        return any(self._in_code)

    def read_mark(self, mark: Element) -> str:
        """Return the text of a form control, else ""."""
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            shown = "" if self.is_code else _control(mark)
            self._in_code.append(True)
            return shown
        if kind == "separate" and self._in_code:
            self._in_code[-1] = False
        elif kind == "end" and self._in_code:
            self._in_code.pop()
        return ""

    def end_paragraph(self) -> None:
        """A damaged code without an end must not hide the rest of the document."""
        self._in_code = [False] * len(self._in_code)


def _control(mark: Element) -> str:
    """A check box and a drop-down list have no result, only settings."""
    box, choice = mark.find(f"{W}ffData/{W}checkBox"), mark.find(f"{W}ffData/{W}ddList")
    if box is not None:
        checked = switch(box, "checked")
        return _CHECKED if (switch(box, "default") if checked is None else checked) else _UNCHECKED
    if choice is None:
        return ""
    entries = [entry.get(f"{W}val", "") for entry in choice.iter(f"{W}listEntry")]
    chosen = integer(value(choice, "result") or value(choice, "default"), 0)
    return entries[chosen] if chosen < len(entries) else ""


_MOST_BASES = 20  # a longer chain is circular


@dataclass(frozen=True, slots=True)
class Format:
    """None for what is not set; ``position`` is ``superscript``, ``subscript`` or ``baseline``."""

    is_hidden: bool | None = None
    position: str | None = None
    font: str | None = None


class Formats:
    """``styles`` are the elements of ``root``, the part with the styles, by id."""

    def __init__(self, root: Element | None, styles: Mapping[str, Element]) -> None:
        self._styles = styles
        of_paragraphs = [name for name, style in styles.items() if style.get(f"{W}type") == "paragraph"]
        usual = (name for name in of_paragraphs if styles[name].get(f"{W}default") in _ON)
        self._usual = next(usual, "")
        defaults = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr") if root is not None else None
        self._defaults = _format_of(defaults)
        self._of_styles: dict[str, Format] = {}

    def of_run(self, run: Element, paragraph_style: str | None) -> Format:
        """Each property comes from the run, else from its styles or the defaults."""
        properties = run.find(f"{W}rPr")
        own = _format_of(properties)
        of_run = self._of_style(value(properties, "rStyle") or "")
        of_paragraph = self._of_style(paragraph_style or self._usual)
        # Text is visible if both the run's style and the paragraph's style hide it (ISO/IEC 29500-1, 17.7.3).
        hidden = own.is_hidden
        if hidden is None:
            hidden = bool(self._defaults.is_hidden) or bool(of_run.is_hidden) != bool(of_paragraph.is_hidden)
        return replace(_first_stated([own, of_run, of_paragraph, self._defaults]), is_hidden=hidden)

    def _of_style(self, name: str) -> Format:
        if name not in self._of_styles:
            bases = based_on(self._styles, name)
            self._of_styles[name] = _first_stated([_format_of(style.find(f"{W}rPr")) for style in bases])
        return self._of_styles[name]


def based_on(styles: Mapping[str, Element], name: str) -> Iterator[Element]:
    """The style, then those that it is based on."""
    for _ in range(_MOST_BASES):
        style = styles.get(name)
        if style is None:
            return
        yield style
        name = value(style, "basedOn") or ""


def _first_stated(formats: Sequence[Format]) -> Format:
    return Format(
        next((one.is_hidden for one in formats if one.is_hidden is not None), None),
        next((one.position for one in formats if one.position), None),
        next((one.font for one in formats if one.font), None),
    )


def _format_of(properties: Element | None) -> Format:
    if properties is None:
        return Format()
    fonts = properties.find(f"{W}rFonts")
    return Format(
        switch(properties, "vanish"),
        value(properties, "vertAlign"),
        fonts.get(f"{W}ascii") if fonts is not None else None,
    )


_USUAL_FORMATS = {"footnote": "decimal", "endnote": "lowerRoman"}
_SEPARATORS = {"separator", "continuationSeparator", "continuationNotice"}


@dataclass(frozen=True, slots=True)
class Note:
    """``custom`` is the author's own mark, empty for a numbered note."""

    element: Element
    mark: str
    custom: str


@dataclass(frozen=True, slots=True)
class _Numbers:
    """``restart`` is ``eachSect``, ``eachPage`` or ``continuous`` (nowhere)."""

    kind: str
    start: int
    restart: str


class Notes:
    """They are counted, so callers must ask for marks in the order of the text."""

    def __init__(self, part: Part, body: Element) -> None:
        settings = related(part, "settings")
        every = body.iter(f"{W}sectPr")
        sections = [one for one in every if next(one.iterancestors(f"{W}sectPrChange"), None) is None]
        self._series = {kind: _Series(part, kind, settings, sections) for kind in _USUAL_FORMATS}

    def mark(self, reference: Element, custom: str | None) -> str:
        kind = "endnote" if reference.tag == f"{W}endnoteReference" else "footnote"
        return self._series[kind].mark(reference.get(f"{W}id") or "", custom)

    def end_section(self) -> None:
        for series in self._series.values():
            series.end_section()

    def end_page(self) -> None:
        for series in self._series.values():
            series.end_page()

    def referred(self) -> Iterator[Note]:
        """The footnotes, then the endnotes, both in text order."""
        for series in self._series.values():
            yield from series.referred.values()


class _Series:
    def __init__(self, part: Part, kind: str, settings: Element | None, sections: list[Element]) -> None:
        root = related(part, f"{kind}s")
        self._notes = {
            note.get(f"{W}id", ""): note
            for note in (root.iter(f"{W}{kind}") if root is not None else ())
            if note.get(f"{W}type") not in _SEPARATORS
        }
        self._sections = [_numbers(kind, section, settings) for section in sections]
        self._usual = _numbers(kind, settings)
        self._section = 0
        self._count: int | None = None
        self.referred: dict[str, Note] = {}

    @property
    def _numbers(self) -> _Numbers:
        return self._sections[self._section] if self._section < len(self._sections) else self._usual

    def mark(self, number: str, custom: str | None) -> str:
        if custom is None:
            self._count = self._numbers.start if self._count is None else self._count + 1
            mark = note_mark(written_number(self._count, self._numbers.kind))
        else:
            mark = note_mark(custom)
        if number in self._notes:
            self.referred.setdefault(number, Note(self._notes[number], mark, custom or ""))
        return mark

    def end_section(self) -> None:
        self._section += 1
        if self._numbers.restart in {"eachSect", "eachPage"}:
            self._count = None

    def end_page(self) -> None:
        if self._numbers.restart == "eachPage":
            self._count = None


def _numbers(kind: str, *properties: Element | None) -> _Numbers:
    """Each setting comes from the first of ``properties`` that has it."""

    def first_value(name: str) -> str | None:
        found = (value(one, f"{kind}Pr/{name}") for one in properties)
        return next((one for one in found if one is not None), None)

    shape = first_value("numFmt") or _USUAL_FORMATS[kind]
    return _Numbers(shape, integer(first_value("numStart"), 1), first_value("numRestart") or "continuous")


_LEVEL = regex.compile(r"%([1-9])")
_HEADING_STYLE = regex.compile(r"heading ?([1-9])", regex.IGNORECASE)
_BODY_LEVEL = 9  # of body text (ISO/IEC 29500-1, 17.3.1.20)


@dataclass(frozen=True, slots=True)
class _Level:
    """``text`` is a pattern such as ``%1.%2``; ``is_legal`` ones write all numbers as decimals.

    Numbers restart after an item at levels 1 to ``restart``: never for 0, after any outer level for None.
    """

    kind: str
    text: str
    start: int
    restart: int | None
    is_legal: bool


@dataclass(frozen=True, slots=True)
class _List:
    """Lists with one ``definition`` share their counts; a list restarts those at ``begun_anew``."""

    definition: str
    levels: dict[int, _Level]
    begun_anew: frozenset[int]


class Numbering:
    """Items are counted, so callers must ask for markers in document order."""

    def __init__(self, part: Part, styles: Mapping[str, Element]) -> None:
        self._counts: dict[str, dict[int, int]] = {}
        self._counted: set[tuple[str, int]] = set()
        self._groups: dict[str, object] = {}
        self._styles = styles
        self._linked: dict[tuple[str, str], str] = {}
        root = related(part, "numbering")
        self._lists = self._read(root) if root is not None else {}

    def level(self, paragraph: Element) -> int:
        """From 1; 0 for paragraphs that are no heading."""
        own = value(paragraph, "pPr/outlineLvl")
        if own is not None:
            level = integer(own, _BODY_LEVEL) + 1
        else:
            style = value(paragraph, "pPr/pStyle") or ""
            level = next((found for one in based_on(self._styles, style) if (found := _outline(one))), 0)
        return level if level <= _BODY_LEVEL else 0

    def marker(self, paragraph: Element) -> tuple[str, object | None]:
        """Count the item; the object identifies its list."""
        list_id, depth = self._list_and_depth(paragraph)
        item_list = self._lists.get(list_id)
        level = item_list.levels.get(depth) if item_list is not None else None
        if item_list is None or level is None:
            return "", None
        group = self._groups.setdefault(list_id, object())
        counts = self._counts.setdefault(item_list.definition, {})
        if depth in item_list.begun_anew and (list_id, depth) not in self._counted:
            counts.pop(depth, None)
        self._counted.add((list_id, depth))
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            restart = item_list.levels[deeper].restart if deeper in item_list.levels else None
            if restart is None or depth + 1 <= restart:
                del counts[deeper]
        if level.kind == "bullet":
            return indent(depth) + BULLET, group
        written = _LEVEL.sub(lambda match: _counted(item_list, counts, level, int(match[1]) - 1), level.text)
        return (f"{indent(depth)}{written.strip()} " if written.strip() else ""), group

    def _list_and_depth(self, paragraph: Element) -> tuple[str, int]:
        """The id is "0" outside lists; the depth is from 0."""
        list_id = value(paragraph, "pPr/numPr/numId")
        level = value(paragraph, "pPr/numPr/ilvl")
        for style in based_on(self._styles, value(paragraph, "pPr/pStyle") or ""):
            if list_id is not None and level is not None:
                break
            if style.find(f"{W}pPr/{W}numPr") is None:
                continue
            inherited = value(style, "pPr/numPr/numId")
            if list_id is None:
                list_id = inherited
                linked = self._linked.get((list_id or "", style.get(f"{W}styleId") or ""))
                level = level or value(style, "pPr/numPr/ilvl") or linked
        return list_id or "0", integer(level, 0)

    def _read(self, root: Element) -> dict[str, _List]:
        definitions = {one.get(f"{W}abstractNumId", ""): one for one in root.iter(f"{W}abstractNum")}
        numbered = {one.get(f"{W}numId", ""): one for one in root.iter(f"{W}num")}
        lists: dict[str, _List] = {}
        for list_id, one in numbered.items():
            definition = value(one, "abstractNumId") or ""
            link = value(definitions.get(definition), "numStyleLink")
            if link is not None:  # the list has the levels of the style's list
                target = value(self._styles.get(link), "pPr/numPr/numId") or ""
                definition = value(numbered.get(target), "abstractNumId") or definition
            source = definitions.get(definition)
            written = source.findall(f"{W}lvl") if source is not None else []
            levels = {integer(level.get(f"{W}ilvl"), 0): _level(level) for level in written}
            for level in written:
                self._linked[list_id, value(level, "pStyle") or ""] = level.get(f"{W}ilvl") or "0"
            begun_anew: set[int] = set()
            for override in one.findall(f"{W}lvlOverride"):
                depth = integer(override.get(f"{W}ilvl"), 0)
                replaced = override.find(f"{W}lvl")
                if replaced is not None:
                    levels[depth] = _level(replaced)
                start = value(override, "startOverride")
                if start is not None and depth in levels:
                    levels[depth] = replace(levels[depth], start=integer(start, 1))
                    begun_anew.add(depth)
            lists[list_id] = _List(definition, levels, frozenset(begun_anew))
        return lists


def _level(element: Element) -> _Level:
    restart = value(element, "lvlRestart")
    return _Level(
        value(element, "numFmt") or "decimal",
        value(element, "lvlText") or "",
        integer(value(element, "start"), 1),
        None if restart is None else integer(restart, 0),
        switch(element, "isLgl") or False,
    )


def _counted(item_list: _List, counts: dict[int, int], item: _Level, depth: int) -> str:
    level = item_list.levels.get(depth)
    kind = level.kind if level is not None else "decimal"
    if item.is_legal and kind not in {"bullet", "none"}:
        kind = "decimal"
    return written_number(counts.get(depth, level.start if level is not None else 1), kind)


def _outline(style: Element) -> int:
    """From 1; 0 if the style gives none."""
    written = value(style, "pPr/outlineLvl")
    if written is not None:
        return integer(written, _BODY_LEVEL) + 1
    called = _HEADING_STYLE.fullmatch(value(style, "name") or style.get(f"{W}styleId") or "")
    return int(called[1]) if called else 0


# Deleted text, the old copy of moved text, field codes, pronunciation, fallbacks for older programs.
_UNREAD = frozenset(
    {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}pPr", f"{W}rPr", f"{W}sdtPr", f"{W}sdtEndPr"}
    | {f"{W}tblPr", f"{W}tblGrid", f"{W}trPr", f"{W}tcPr", f"{W}sectPr", f"{W}rt", f"{W}rubyPr", FALLBACK}
)
_SPACES = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}noBreakHyphen": "-", f"{W}cr": "\n"}
_NOTE_REFERENCES = {f"{W}footnoteReference", f"{W}endnoteReference"}
_CODE = regex.compile("[0-9A-Fa-f]{1,4}")


@dataclass(slots=True)
class _ParagraphState:
    style: str | None
    format: Format = field(default_factory=Format)
    boxes: list[Element] = field(default_factory=list)


class Content:
    """Counts list items and notes, so callers must read elements in document order."""

    def __init__(self, part: Part, body: Element) -> None:
        root = related(part, "styles")
        elements = root.iter(f"{W}style") if root is not None else ()
        styles = {style.get(f"{W}styleId", ""): style for style in elements}
        self._numbering = Numbering(part, styles)
        self._formats = Formats(root, styles)
        self._notes = Notes(part, body)
        self._fields = Fields()

    def blocks(self, container: Element) -> Iterator[Block]:
        joined: list[Element] = []
        for child in container:
            ends = child.tag != f"{W}p" and next(child.iter(f"{W}p"), None) is not None
            if joined and (ends or not _is_joined_to_next(joined[-1])):
                yield from self._paragraph(joined)
                joined = []
            if child.tag == f"{W}p":
                joined.append(child)
            elif child.tag == f"{W}tbl":
                yield from self._table(child)
            elif isinstance(child.tag, str) and child.tag not in _UNREAD:
                yield from self.blocks(child)
        if joined:
            yield from self._paragraph(joined)

    def notes(self) -> Iterator[Block]:
        """After the body. Notes without a reference are left out, as in Word."""
        for note in list(self._notes.referred()):
            text = flow(" ".join(block.text for block in self.blocks(note.element)))
            marks = (superscript(note.custom), note.custom)
            own = next((mark for mark in marks if text.startswith(mark)), "")
            text = text.removeprefix(own).lstrip()
            if text:
                yield Block(f"{note.mark} {text}".strip())

    def _paragraph(self, joined: list[Element]) -> Iterator[Block]:
        """It has several elements if tracked changes have deleted the marks between them."""
        paragraph = joined[-1]
        state = _ParagraphState(value(paragraph, "pPr/pStyle"))
        words = "".join("".join(self._words(one, state)) for one in joined)
        self._fields.end_paragraph()
        lines = [text for text in map(flow, words.split("\n")) if text]
        marker, group = "", None
        mark = paragraph.find(f"{W}pPr")
        # Lists do not count an empty paragraph whose mark (¶) is hidden.
        if lines or mark is None or not self._formats.of_run(mark, state.style).is_hidden:
            marker, group = self._numbering.marker(paragraph)
        level = self._numbering.level(paragraph)
        if level and lines:
            yield Heading(marker.lstrip() + " ".join(lines), group, level)
            lines = []
        group = group or (object() if len(lines) > 1 else None)
        for number, text in enumerate(lines):
            yield Block((marker if number == 0 else "") + text, group)
        for box in state.boxes:  # a text box is anchored in the paragraph, but is not part of its text
            yield from self.blocks(box)
        if paragraph.find(f"{W}pPr/{W}sectPr") is not None:
            self._notes.end_section()

    def _words(self, element: Element, state: _ParagraphState) -> Iterator[str]:
        """Text boxes go to ``state.boxes``."""
        children = iter(element)
        for child in children:
            tag = child.tag
            if tag in _UNREAD or not isinstance(tag, str):
                continue
            if tag == f"{W}r":
                yield from self._run(child, state)
            elif tag == f"{W}fldChar":
                yield self._fields.read_mark(child)
            elif tag == f"{W}txbxContent":
                state.boxes.append(child)
            elif tag == f"{W}lastRenderedPageBreak" or (tag == f"{W}br" and child.get(f"{W}type") == "page"):
                self._notes.end_page()
                yield " " if tag == f"{W}br" else ""
            elif self._fields.is_code or state.format.is_hidden:
                continue
            elif tag in _NOTE_REFERENCES:
                is_custom = child.get(f"{W}customMarkFollows") in _ON
                yield self._notes.mark(child, self._custom_mark(children, state) if is_custom else None)
            elif is_equation(child):
                yield from_word(child, lambda one: "".join(self._words_of(one, state)))
            else:
                yield from self._characters(child, state)

    def _characters(self, element: Element, state: _ParagraphState) -> Iterator[str]:
        tag = str(element.tag)
        if tag == f"{W}t":
            is_raised = state.format.position == "superscript"
            yield in_font(element.text or "", state.format.font, is_raised=is_raised)
        elif tag == f"{W}sym":
            code = element.get(f"{W}char") or ""
            yield sign(int(code, 16) if _CODE.fullmatch(code) else 0, element.get(f"{W}font"))
        elif tag == f"{W}br":
            yield " " if element.get(f"{W}type") == "column" else "\n"
        elif tag in _SPACES:
            yield _SPACES[tag]
        else:
            yield from self._words(element, state)

    def _words_of(self, element: Element, state: _ParagraphState) -> Iterator[str]:
        if element.tag == f"{W}r":
            yield from self._run(element, state)
        elif element.tag not in _UNREAD and isinstance(element.tag, str):
            yield from self._characters(element, state)

    def _run(self, run: Element, state: _ParagraphState) -> Iterator[str]:
        outer, state.format = state.format, self._formats.of_run(run, state.style)
        yield from self._words(run, state)
        state.format = outer

    def _custom_mark(self, rest: Iterable[Element], state: _ParagraphState) -> str:
        state.format = Format(font=state.format.font)
        return flow("".join(word for one in rest for word in self._words_of(one, state)))

    def _table(self, table: Element) -> Iterator[Block]:
        """One block a row, or the blocks in the cells if the table only lays out the page."""
        elements = [
            [cell for cell in row.iter(f"{W}tc") if _nearest(cell, "tr") is row]
            for row in table.iter(f"{W}tr")
            if _nearest(row, "tbl") is table and not _is_unread_row(row)
        ]
        rows = [[self._cell(cell) for cell in cells] for cells in elements]
        if is_layout_table(rows):
            yield from chain.from_iterable(chain.from_iterable(rows))
            return
        for part in table_lines(list(_placed(elements, rows))):
            group = object()
            yield from (Block(line, group) for _, line in part)

    def _cell(self, cell: Element) -> list[Block]:
        return [] if _is_covered(cell) else list(self.blocks(cell))


def _placed(
    elements: Sequence[Sequence[Element]], rows: Sequence[Sequence[list[Block]]]
) -> Iterator[list[Cell]]:
    """A cell over several rows stands in each of them, unless it is long; empty cells are left out."""
    above: dict[int, Cell] = {}
    for cells, contents in zip(elements, rows, strict=True):
        start = _omitted(cells)
        placed: dict[int, Cell] = {}
        for cell, blocks in zip(cells, contents, strict=True):
            end = start + max(integer(value(cell, "tcPr/gridSpan"), 1), 1)
            words = flow(" ".join(block.text for block in blocks))
            if not _is_covered(cell):
                placed[start] = Cell(words, start, end, is_bold=_is_bold(cell))
            elif start in above and len(above[start].text) <= MAX_CAPTION_CHARACTERS:
                placed[start] = above[start]
            start = end
        above = placed
        if any(any(block.text for block in blocks) for blocks in contents):
            yield [cell for cell in placed.values() if cell.text]


def _omitted(cells: Sequence[Element]) -> int:
    """The columns that a row leaves out before its first cell."""
    row = _nearest(cells[0], "tr") if cells else None
    return integer(value(row, "trPr/gridBefore"), 0)


def _is_covered(cell: Element) -> bool:
    merged = cell.find(f"{W}tcPr/{W}vMerge")
    return merged is not None and merged.get(f"{W}val") != "restart"


def _is_bold(cell: Element) -> bool:
    runs = [run for run in cell.iter(f"{W}r") if run.find(f"{W}t") is not None]
    return bool(runs) and all(switch(run.find(f"{W}rPr"), "b") for run in runs)


def _is_joined_to_next(paragraph: Element) -> bool:
    properties = paragraph.find(f"{W}pPr/{W}rPr")
    return properties is not None and any(
        properties.find(W + name) is not None for name in ("del", "moveFrom")
    )


def _is_unread_row(row: Element) -> bool:
    properties = row.find(f"{W}trPr")
    return properties is not None and (
        properties.find(f"{W}del") is not None or switch(properties, "hidden") is True
    )


def _nearest(element: Element, name: str) -> Element | None:
    return next(element.iterancestors(f"{W}{name}"), None)
