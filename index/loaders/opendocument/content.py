"""Reads OpenDocument content (ISO/IEC 26300-1) as the blocks of text that a reader sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.loaders.blocks import Block, Heading, flow
from index.loaders.equations import from_mathml, is_mathml
from index.loaders.opendocument.lists import Lists
from index.loaders.opendocument.names import DISPLAY, DRAW, LINK, OFFICE, SVG, TABLE, TEXT
from index.loaders.opendocument.styles import Styles
from index.loaders.opendocument.tables import Repeats, table_blocks
from index.loaders.superscripts import note_mark, superscript
from index.loaders.symbols import in_font

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_UNREAD = frozenset(
    {f"{TEXT}tracked-changes", f"{OFFICE}forms", f"{OFFICE}annotation", f"{OFFICE}annotation-end"}
    | {f"{TEXT}table-of-content-source", f"{TEXT}illustration-index-source", f"{TEXT}table-index-source"}
    | {f"{TEXT}object-index-source", f"{TEXT}user-index-source", f"{TEXT}alphabetical-index-source"}
    | {f"{TEXT}bibliography-source", f"{TEXT}sequence-decls", f"{TEXT}variable-decls"}
    | {f"{TEXT}user-field-decls", f"{TEXT}ruby-text", f"{TEXT}script", f"{DRAW}image", f"{OFFICE}scripts"}
    | {f"{SVG}title", f"{SVG}desc"}
)
"""Elements that are not read: deleted text, comments, templates of indexes, and elements for programs."""

_WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Look:
    """The format of a text: whether it is raised above the line, and its font."""

    is_raised: bool = False
    font: str | None = None

    def shown(self, text: str | None) -> str:
        """Return ``text`` as a reader sees it in this format. Each run of white space becomes one space."""
        words = in_font(_WHITE.sub(" ", text or ""), self.font)
        return superscript(words) if self.is_raised else words


_PLAIN = _Look()


class Content:
    """Reads the blocks of a document and collects its notes.

    The object counts list items, so callers must read elements in document order.

    Args:
        roots: the root elements of ``styles.xml``, if the file has it, and of ``content.xml``, in this order.
        object_at: a function that takes the name of an embedded object and returns the object's root element;
            None if there is no such object.

    Attributes:
        footnotes: the footnotes read so far, each with its mark.
        endnotes: the endnotes read so far, each with its mark.
        styles: the document's styles.
    """

    def __init__(self, *roots: Element, object_at: Callable[[str], Element | None] = lambda _: None) -> None:
        self._object_at = object_at
        self.footnotes: list[Block] = []
        self.endnotes: list[Block] = []
        self._lists = Lists(*roots)
        self._repeats = Repeats()
        self.styles = Styles(*roots)

    def has_style(self, element: Element, name: str) -> bool:
        """Return whether a paragraph has the style ``name``, or an automatic style based on that style."""
        style = element.get(f"{TEXT}style-name", "")
        return name in {style, self.styles.parent(style)}

    def blocks(self, container: Element) -> Iterator[Block]:
        """Yield the headings, paragraphs, list items and table rows below an element, in reading order."""
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
        """Return the rows of a table or a sheet as blocks."""
        return table_blocks(table, self.blocks, self._repeats)

    def _paragraph(self, paragraph: Element) -> Iterator[Block]:
        if any(
            hiding.get(f"{TEXT}is-hidden") == "true" for hiding in paragraph.iter(f"{TEXT}hidden-paragraph")
        ):
            return
        boxes: list[Element] = []
        words = "".join(self._words(paragraph, boxes, self._look(paragraph)))
        if paragraph.tag == f"{TEXT}h":
            written = paragraph.get(f"{TEXT}outline-level", "1")
            level = int(written) if re.fullmatch(r"[1-9][0-9]?", written) else 1
            numbered = self._lists.heading_marker(paragraph, level) if flow(words) else ""
            yield Heading(numbered + flow(words) if flow(words) else "", level=level)
        else:
            lines = [flow(line) for line in words.split("\n")]
            lines = [line for line in lines if line]
            group = object() if len(lines) > 1 else None
            yield from (Block(line, group) for line in lines)
        for box in boxes:  # a frame is anchored in the paragraph, but is not part of its text
            yield from self.blocks(box)

    def _words(self, element: Element, boxes: list[Element], look: _Look) -> Iterator[str]:
        """Yield a paragraph's text, equations included. Frames without an equation are added to ``boxes``."""
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
        """Return how an element's text is formatted.

        Where the element's style sets nothing, the text has the format of the surrounding text (``around``).
        """
        style = element.get(f"{TEXT}style-name")
        is_raised = self.styles.is_raised(style)
        return _Look(
            around.is_raised if is_raised is None else is_raised, self.styles.font(style) or around.font
        )

    def _equation(self, frame: Element) -> str | None:
        """Return the equation in a frame as text; None if the frame has no equation."""
        for held in frame.iterchildren(f"{DRAW}object"):
            name = held.get(f"{LINK}href", "").removeprefix("./")
            inside = next((one for one in held if is_mathml(one)), None)
            root = inside if inside is not None else self._object_at(name) if name else None
            if root is not None and is_mathml(root):
                return from_mathml(root)
        return None

    def _note(self, note: Element) -> str:
        """Return the mark of a note, and add the note's text to the footnotes or endnotes."""
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
    """Put the number or bullet of a list item, ``marker``, before the first block of the item.

    That block, and all blocks of the item without a group, get ``group``, which stands for the list.
    """
    for block in blocks:
        if not block.text.strip():
            continue
        if isinstance(block, Heading):
            yield Heading(marker + block.text, level=block.level)
        else:
            yield Block(marker + block.text, group if block.group is None or marker else block.group)
        marker = ""
