"""Reads WordprocessingML (ISO/IEC 29500-1, clause 17) as the blocks of text that a reader sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import regex

from index.loaders.blocks import Block, Heading, flow, is_layout_table, row_block
from index.loaders.equations import from_word, is_equation
from index.loaders.superscripts import superscript
from index.loaders.symbols import in_font, sign
from index.loaders.word.fields import Fields
from index.loaders.word.formats import Format, Formats
from index.loaders.word.names import FALLBACK, W, switch, value
from index.loaders.word.notes import Notes
from index.loaders.word.numbering import Numbering

if TYPE_CHECKING:
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

_UNREAD = frozenset(
    {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}pPr", f"{W}rPr", f"{W}sdtPr", f"{W}sdtEndPr"}
    | {f"{W}tblPr", f"{W}tblGrid", f"{W}trPr", f"{W}tcPr", f"{W}sectPr", f"{W}rt", f"{W}rubyPr", FALLBACK}
)
"""Elements that are not read: deleted text, the old copy of moved text, field codes, properties,
pronunciation above characters, and fallbacks for older programs."""

_SPACES = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}noBreakHyphen": "-", f"{W}cr": "\n"}
_NOTE_REFERENCES = {f"{W}footnoteReference", f"{W}endnoteReference"}
_ON = {"1", "true", "on"}
_CODE = regex.compile("[0-9A-Fa-f]{1,4}")


@dataclass(slots=True)
class _ParagraphState:
    """The state of the paragraph that is being read.

    Attributes:
        style: the paragraph's style.
        format: the format of the current run.
        boxes: the text boxes that are anchored in the paragraph.
    """

    style: str | None
    format: Format = field(default_factory=Format)
    boxes: list[Element] = field(default_factory=list)


class Content:
    """Reads the blocks of a document.

    The object counts list items and notes, so callers must read elements in document order.

    Args:
        part: the document's main part.
        body: the document's body.
    """

    def __init__(self, part: Part, body: Element) -> None:
        self._numbering = Numbering(part)
        self._formats = Formats(part)
        self._notes = Notes(part, body)
        self._fields = Fields()

    def blocks(self, container: Element) -> Iterator[Block]:
        """Yield the paragraphs and table rows below an element, in reading order."""
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
        """Yield the footnotes, then the endnotes. Each begins with the mark of its reference in the text.

        Callers must read the body first. Notes without a reference are left out, as in Word.
        """
        for note in list(self._notes.referred()):
            text = flow(" ".join(block.text for block in self.blocks(note.element)))
            own = next(
                (mark for mark in (superscript(note.custom), note.custom) if text.startswith(mark)), ""
            )
            text = text.removeprefix(own).lstrip()
            if text:
                yield Block(f"{note.mark} {text}".strip())

    def _paragraph(self, joined: list[Element]) -> Iterator[Block]:
        """Yield the lines of a paragraph, then the blocks of its text boxes.

        Args:
            joined: the paragraph's elements. There are several if tracked changes have deleted the paragraph
                marks between them.
        """
        paragraph = joined[-1]
        state = _ParagraphState(value(paragraph, "pPr/pStyle"))
        words = "".join("".join(self._words(one, state)) for one in joined)
        self._fields.end_paragraph()
        lines = [text for text in map(flow, words.split("\n")) if text]
        marker, group = "", None
        if lines or not self._is_unseen(paragraph):
            marker, group = self._numbering.marker(paragraph)
        level = self._numbering.level(paragraph)
        if level and lines:
            yield Heading(marker + " ".join(lines), group, level)
            lines = []
        group = group or (object() if len(lines) > 1 else None)
        for number, text in enumerate(lines):
            yield Block((marker if number == 0 else "") + text, group)
        for box in state.boxes:  # a text box is anchored in the paragraph, but is not part of its text
            yield from self.blocks(box)
        if paragraph.find(f"{W}pPr/{W}sectPr") is not None:
            self._notes.end_section()

    def _is_unseen(self, paragraph: Element) -> bool:
        """Return whether a paragraph's mark (¶) is hidden.

        Lists do not count an empty paragraph whose mark is hidden.
        """
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return False
        return bool(self._formats.of_run(properties, value(paragraph, "pPr/pStyle")).is_hidden)

    def _words(self, element: Element, state: _ParagraphState) -> Iterator[str]:
        """Yield the text of a paragraph, and add the paragraph's text boxes to ``state.boxes``."""
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
            elif tag in {f"{W}lastRenderedPageBreak", f"{W}br"} and _ends_page(child):
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
        """Yield the text of a visible element other than a run."""
        tag = str(element.tag)
        if tag == f"{W}t":
            text = in_font(element.text or "", state.format.font)
            yield superscript(text) if state.format.position == "superscript" else text
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
        """Yield the text of an element in an equation, or after a note's reference in the reference's run."""
        if element.tag == f"{W}r":
            yield from self._run(element, state)
        elif element.tag not in _UNREAD and isinstance(element.tag, str):
            yield from self._characters(element, state)

    def _run(self, run: Element, state: _ParagraphState) -> Iterator[str]:
        outer, state.format = state.format, self._formats.of_run(run, state.style)
        yield from self._words(run, state)
        state.format = outer

    def _custom_mark(self, rest: Iterable[Element], state: _ParagraphState) -> str:
        """Return the author's own mark for a note: the text after the reference, in the same run."""
        state.format = Format(font=state.format.font)
        return flow("".join(word for one in rest for word in self._words_of(one, state)))

    def _table(self, table: Element) -> Iterator[Block]:
        """Yield one block per row.

        A table that only lays out the page yields the blocks in its cells instead.
        """
        rows = [
            [self._cell(cell) for cell in row.iter(f"{W}tc") if _nearest(cell, "tr") is row]
            for row in table.iter(f"{W}tr")
            if _nearest(row, "tbl") is table and not _is_unread_row(row)
        ]
        if is_layout_table(rows):
            for cells in rows:
                for cell in cells:
                    yield from cell
            return
        group = object()
        for cells in rows:
            yield row_block(cells, group)

    def _cell(self, cell: Element) -> list[Block]:
        """Return the blocks of a cell; none for a cell that is merged with the cell above."""
        merged = cell.find(f"{W}tcPr/{W}vMerge")
        if merged is not None and merged.get(f"{W}val") != "restart":
            return []
        return list(self.blocks(cell))


def _is_joined_to_next(paragraph: Element) -> bool:
    """Return whether a tracked change deletes or moves the mark at a paragraph's end.

    Such a change joins the paragraph to the next one.
    """
    properties = paragraph.find(f"{W}pPr/{W}rPr")
    return properties is not None and any(
        properties.find(W + name) is not None for name in ("del", "moveFrom")
    )


def _is_unread_row(row: Element) -> bool:
    """Return whether a row of a table is deleted or hidden."""
    properties = row.find(f"{W}trPr")
    return properties is not None and (
        properties.find(f"{W}del") is not None or switch(properties, "hidden") is True
    )


def _ends_page(element: Element) -> bool:
    return element.tag == f"{W}lastRenderedPageBreak" or element.get(f"{W}type") == "page"


def _nearest(element: Element, name: str) -> Element | None:
    return next(element.iterancestors(f"{W}{name}"), None)
