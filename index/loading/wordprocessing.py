"""WordprocessingML (ISO/IEC 29500-1, 17) → blocks of text, as a reader of the document sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import regex

from index.loading.blocks import BULLET, Block, flow, row
from index.loading.outline import Heading
from index.loading.tables import MAX_CELL_CHARACTERS

if TYPE_CHECKING:
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_UNREAD = frozenset(
    {f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}pPr", f"{_W}rPr", f"{_W}sdtPr", f"{_W}sdtEndPr"}
    | {f"{_W}tblPr", f"{_W}tblGrid", f"{_W}trPr", f"{_W}tcPr", f"{_W}sectPr", _FALLBACK}
)
"""Deleted and moved words, field codes, properties, and what is there for programs that know less."""

_SPACES = {f"{_W}tab": "\t", f"{_W}ptab": "\t", f"{_W}noBreakHyphen": "-", f"{_W}cr": "\n"}
_NOTE_REFERENCES = {f"{_W}footnoteReference", f"{_W}endnoteReference"}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEVEL = regex.compile(r"%([1-9])")


_HEADING_STYLE = regex.compile(r"heading ?([1-9])", regex.IGNORECASE)
_BODY_LEVEL = 9
"""The outline level of what is no heading (ISO/IEC 29500-1, 17.3.1.20)."""


class Numbering:
    """What paragraphs do not carry themselves: the numbers and bullets of lists, the levels of headings.

    It counts: paragraphs must be asked for in their order.
    """

    def __init__(self, part: Part) -> None:
        self._levels: dict[str, dict[str, tuple[str, str, int]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._of_styles: dict[str, tuple[str, str]] = {}
        root = _related(part, "numbering")
        if root is not None:
            self._read(root)
        styles = _related(part, "styles")
        self._outline: dict[str, int] = {}
        for style in styles.iter(f"{_W}style") if styles is not None else ():
            name = style.get(f"{_W}styleId") or ""
            number = style.find(f"{_W}pPr/{_W}numPr")
            if number is not None:
                self._of_styles[name] = _number_of(number)
            written = style.find(f"{_W}pPr/{_W}outlineLvl")
            called = _HEADING_STYLE.fullmatch(_value(style, "name") or name)
            if written is not None:
                self._outline[name] = _integer(written.get(f"{_W}val"), _BODY_LEVEL) + 1
            elif called:
                self._outline[name] = int(called[1])

    def level(self, paragraph: Element) -> int:
        """The level of a heading, from 1; 0 for what is none."""
        own = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        level = (
            _integer(own.get(f"{_W}val"), _BODY_LEVEL) + 1
            if own is not None
            else self._outline.get(style.get(f"{_W}val") or "" if style is not None else "", 0)
        )
        return level if level <= _BODY_LEVEL else 0

    def marker(self, paragraph: Element) -> tuple[str, object | None]:
        """What stands before a paragraph (nothing outside lists), and an object that stands for its list."""
        number = paragraph.find(f"{_W}pPr/{_W}numPr")
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        named = style.get(f"{_W}val") if style is not None else None
        list_id, level = (
            _number_of(number) if number is not None else self._of_styles.get(named or "", ("0", "0"))
        )
        found = self._levels.get(list_id, {}).get(level)
        if found is None:
            return "", None
        kind, text, start = found
        counts = self._counts.setdefault(list_id, {})
        depth = int(level)
        counts[depth] = counts.get(depth, start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        if kind == "bullet":
            return BULLET, counts
        if kind == "none":
            return "", counts
        written = _LEVEL.sub(lambda match: self._counted(list_id, int(match[1]) - 1), text)
        return (f"{written} " if written.strip() else ""), counts

    def _counted(self, list_id: str, depth: int) -> str:
        kind, _, start = self._levels[list_id].get(str(depth), ("decimal", "", 1))
        return written_number(self._counts[list_id].get(depth, start), kind)

    def _read(self, root: Element) -> None:
        abstract = {
            element.get(f"{_W}abstractNumId", ""): {
                level.get(f"{_W}ilvl", ""): (
                    _value(level, "numFmt") or "decimal",
                    _value(level, "lvlText") or "",
                    _integer(_value(level, "start"), 1),
                )
                for level in element.iter(f"{_W}lvl")
            }
            for element in root.iter(f"{_W}abstractNum")
        }
        for element in root.iter(f"{_W}num"):
            self._levels[element.get(f"{_W}numId", "")] = abstract.get(
                _value(element, "abstractNumId") or "", {}
            )


def body_blocks(container: Element, numbering: Numbering) -> Iterator[Block]:
    """The paragraphs and rows of tables below an element, in reading order."""
    for child in container:
        if child.tag == f"{_W}p":
            yield from _paragraph(child, numbering)
        elif child.tag == f"{_W}tbl":
            yield from _table(child, numbering)
        elif isinstance(child.tag, str) and child.tag not in _UNREAD:
            yield from body_blocks(child, numbering)


def note_blocks(part: Part, numbering: Numbering) -> Iterator[Block]:
    """Footnotes, then endnotes, each with the mark that stands where it is referred to."""
    for kind, prefix in (("footnote", ""), ("endnote", "e")):
        root = _related(part, f"{kind}s")
        for note in root.iter(f"{_W}{kind}") if root is not None else ():
            if note.get(f"{_W}type") in {"separator", "continuationSeparator", "continuationNotice"}:
                continue
            text = " ".join(block.text for block in body_blocks(note, numbering))
            if text.strip():
                yield Block(f"{_mark(prefix, note.get(f'{_W}id'))} {flow(text)}")


def _paragraph(paragraph: Element, numbering: Numbering) -> Iterator[Block]:
    marker, group = numbering.marker(paragraph)
    level = numbering.level(paragraph)
    boxes: list[Element] = []
    lines = [flow(line) for line in "".join(_words(paragraph, boxes)).split("\n")]
    lines = [line for line in lines if line]
    if level and lines:
        yield Heading(marker + " ".join(lines), group, level)
        lines = []
    group = group or (object() if len(lines) > 1 else None)
    for number, line in enumerate(lines):
        yield Block((marker if number == 0 else "") + line, group)
    for box in boxes:  # a text box is anchored in a paragraph, and no part of its sentences
        yield from body_blocks(box, numbering)


def _words(element: Element, boxes: list[Element]) -> Iterator[str]:
    """The words of a paragraph; the text boxes in it are set aside."""
    for child in element:
        if child.tag in _UNREAD or not isinstance(child.tag, str):
            continue
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag == f"{_W}txbxContent":
            boxes.append(child)
        elif child.tag == f"{_W}br":
            yield " " if child.get(f"{_W}type") in {"page", "column"} else "\n"
        elif child.tag in _NOTE_REFERENCES:
            yield _mark("e" if child.tag.endswith("endnoteReference") else "", child.get(f"{_W}id"))
        elif child.tag in _SPACES:
            yield _SPACES[child.tag]
        else:
            yield from _words(child, boxes)


def _table(table: Element, numbering: Numbering) -> Iterator[Block]:
    """A block a row; where a cell is a whole text, the table lays out the page and is read as text."""
    rows = [
        [_cell(cell, numbering) for cell in line.iter(f"{_W}tc") if _nearest(cell, "tr") is line]
        for line in table.iter(f"{_W}tr")
        if _nearest(line, "tbl") is table and line.find(f"{_W}trPr/{_W}del") is None
    ]
    width = max(map(len, rows), default=0)
    if width <= 1 or any(
        sum(len(block.text) for block in cell) > MAX_CELL_CHARACTERS for line in rows for cell in line
    ):
        for line in rows:
            for cell in line:
                yield from cell
        return
    group = object()
    for line in rows:
        yield Block(row(" ".join(block.text for block in cell) for cell in line), group)


def _cell(cell: Element, numbering: Numbering) -> list[Block]:
    """What a cell holds; one that is merged with the cell above it holds nothing of its own."""
    merged = cell.find(f"{_W}tcPr/{_W}vMerge")
    if merged is not None and merged.get(f"{_W}val") != "restart":
        return []
    return list(body_blocks(cell, numbering))


def _nearest(element: Element, name: str) -> Element | None:
    return next(element.iterancestors(f"{_W}{name}"), None)


def _related(part: Part, kind: str) -> Element | None:
    """The root of a part that the document refers to, or None where it has none that can be read."""
    from docx.oxml import parse_xml
    from lxml.etree import XMLSyntaxError

    for relation in part.rels.values():
        if relation.reltype == _RELATIONS + kind and not relation.is_external:
            try:
                return parse_xml(relation.target_part.blob)
            except XMLSyntaxError:
                return None
    return None


def _number_of(element: Element) -> tuple[str, str]:
    return _value(element, "numId") or "0", _value(element, "ilvl") or "0"


def _value(element: Element, name: str) -> str | None:
    found = element.find(f"{_W}{name}")
    return found.get(f"{_W}val") if found is not None else None


def _integer(written: str | None, otherwise: int) -> int:
    return int(written) if written and regex.fullmatch(r"[0-9]{1,6}", written) else otherwise


def _mark(prefix: str, number: str | None) -> str:
    return prefix + (number or "").translate(_SUPERSCRIPTS)


def written_number(number: int, kind: str) -> str:
    """The number of a list item in a format of Word's: ``decimal``, ``lowerLetter``, ``upperRoman``."""
    if kind in {"lowerLetter", "upperLetter"} and number > 0:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters.upper() if kind == "upperLetter" else letters
    if kind in {"lowerRoman", "upperRoman"} and 0 < number < 4000:
        roman = _roman(number)
        return roman.upper() if kind == "upperRoman" else roman
    return str(number)


def _roman(number: int) -> str:
    written = ""
    for value, letters in (
        *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
        *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
    ):
        while number >= value:
            written += letters
            number -= value
    return written
