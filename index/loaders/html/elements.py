"""Reads a tree of HTML elements as the blocks of text that a reader of the page sees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.loaders.blocks import BULLET, Block, Heading, flow
from index.loaders.html.tables import CELLS, Table, open_table
from index.loaders.numerals import LETTER_FORMATS, written_number
from index.loaders.superscripts import superscript
from index.loaders.text import unwrap

if TYPE_CHECKING:
    from lxml.html import HtmlElement

UNREAD = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "iframe",
        "object",
        "embed",
        "canvas",
        "audio",
        "video",
    }
    | {"svg", "map", "datalist", "select", "option", "button", "input", "textarea", "ix:header"}
    | {"rt", "rtc", "rp"}
)
"""Elements whose content is not text: scripts, styles, media, controls, hidden XBRL facts, and the
pronunciation above characters."""

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog"}
    | {"div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html"}
    | {"legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td"}
    | {"tfoot", "th", "thead", "tr", "ul"}
    | _HEADINGS
)
_ASIDES = frozenset({"aside", "footer"})
_LISTS = frozenset({"ul", "ol", "menu", "dl"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_LIST_STYLE = re.compile(r"\blist-style(?:-type)?\s*:\s*([a-z-]+)", re.IGNORECASE)
_KINDS = {
    **LETTER_FORMATS,
    "lower-alpha": "lowerLetter",
    "upper-alpha": "upperLetter",
    "lower-latin": "lowerLetter",
    "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
    "decimal-leading-zero": "decimalZero",
}
"""Maps the names of number formats in HTML and CSS to those in Word."""

_BRACKET = re.compile(r"[\[(].?\Z")


@dataclass(frozen=True, slots=True)
class PageBlock(Block):
    """A block of a page, with features that distinguish text from navigation.

    Attributes:
        heading: the level of a heading, from 1; 0 if the block is not a heading.
        linked: the share of the block's characters that are in links, 0 to 1.
        is_row: whether the block is a row of a data table.
        is_aside: whether the block stands in an ``aside`` or ``footer`` element.
    """

    heading: int = 0
    linked: float = 0.0
    is_row: bool = False
    is_aside: bool = False


def is_hidden(element: HtmlElement) -> bool:
    """Return whether a page hides ``element``, by its tag (in ``UNREAD``) or by its attributes."""
    if not isinstance(element.tag, str) or element.tag in UNREAD or element.get("hidden") is not None:
        return True
    return bool(_HIDDEN.search(element.get("style") or ""))


def page_blocks(root: HtmlElement) -> list[PageBlock]:
    """Return the blocks below ``root`` in reading order. Each row of a data table is a block."""
    from lxml import etree

    reader = _Reader()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            if is_hidden(element):
                walk.skip_subtree()
            else:
                reader.start(element)
        else:
            if not is_hidden(element):
                reader.end(element)
            if element is not root:
                reader.add_text(element.tail)
    reader.flush()
    return reader.blocks


def outlined(blocks: Iterable[PageBlock]) -> list[Block]:
    """Return ``blocks``, but replace each block that has a heading level by a ``Heading``."""
    return [Heading(block.text, block.group, block.heading) if block.heading else block for block in blocks]


@dataclass(slots=True)
class _Reader:
    """The state of a walk through the tree: the finished blocks, and what is known about the current block.

    Attributes:
        blocks: the finished blocks.
        words_so_far: the pieces of the current block's text.
        linked: the number of characters of the current block that are in links.
        links: the number of open ``a`` elements.
        asides: the number of open ``aside`` and ``footer`` elements.
        heading: the level of the open heading, or 0.
        preformatted: the number of open ``pre`` elements.
        is_code: whether the open ``pre`` element holds code.
        raised: the number of open ``sup`` elements.
        group: the ``Block.group`` of the current block if a line break has split the block; else None.
        table: the open data table, whose rows become blocks when it ends; None outside data tables.
        lists: the open lists, outermost first.
        marker: the bullet or number for the next block.
    """

    blocks: list[PageBlock] = field(default_factory=list)
    words_so_far: list[str] = field(default_factory=list)
    linked: int = 0
    links: int = 0
    asides: int = 0
    heading: int = 0
    preformatted: int = 0
    is_code: bool = False
    raised: int = 0
    group: object | None = None
    table: Table | None = None
    lists: list[_List] = field(default_factory=list)
    marker: str = ""

    def add_text(self, text: str | None) -> None:
        if not text:
            return
        if self.raised and not _BRACKET.search("".join([*self.words_so_far[-1:], text[:1]])):
            text = superscript(text)
        self.words_so_far.append(text)
        if self.links:
            self.linked += len(text)

    def start(self, element: HtmlElement) -> None:
        tag = str(element.tag)
        if self.table is not None:
            self._update_table(element, starts=True)
        elif tag == "table":
            self.flush()
            self.table = open_table(element)
        elif tag in _BLOCKS:
            self._start_block(element)
        self._start_inline(tag)
        self.add_text(element.text)

    def _start_inline(self, tag: str) -> None:
        if tag == "br":
            self._break()
        elif tag == "a":
            self.links += 1
        elif tag == "sup":
            self.raised += 1
        elif tag == "q":
            self.add_text("“")
        elif tag in _ASIDES:
            self.asides += 1

    def end(self, element: HtmlElement) -> None:
        tag = str(element.tag)
        if tag == "a":
            self.links -= 1
        elif tag == "sup":
            self.raised -= 1
        elif tag == "q":
            self.add_text("”")
        if self.table is not None:
            self._update_table(element, starts=False)
        elif tag in _BLOCKS:
            self._end_block(tag)
        if tag in _ASIDES:
            self.asides -= 1

    def _update_table(self, element: HtmlElement, *, starts: bool) -> None:
        """Update the open data table at the start or end of an element.

        At the end of the table itself, add the table's rows to ``blocks``.
        """
        table, tag = self.table, str(element.tag)
        if table is None or tag not in _BLOCKS:
            return
        if tag not in CELLS | {"tr", "caption", "table"}:
            self.words_so_far.append(" ")
            return
        text, linked = self.take_block_text()
        ends_cell = tag in CELLS and not starts
        if flow(text) or ends_cell:
            table.end_cell(text, linked, element if ends_cell else None)
        if tag not in CELLS:
            table.end_row(is_real=tag == "tr" and not starts)
        if tag == "table" and not starts:
            self.table = None
            group = object()
            self.blocks += [
                PageBlock(line, group, linked=share, is_row=True, is_aside=self.asides > 0)
                for line, share in table.lines()
            ]

    def _start_block(self, element: HtmlElement) -> None:
        self.flush()
        tag = str(element.tag)
        if tag in _LISTS:
            outer = self.lists[-1].group if self.lists else object()
            self.lists.append(_List(outer, element))
        elif tag == "li":
            self.marker += self.lists[-1].marker(element) if self.lists else BULLET
        elif tag == "pre":
            self.preformatted += 1
            self.is_code = element.find("code") is not None
        elif tag in _HEADINGS:
            self.heading = int(tag[1])

    def _end_block(self, tag: str) -> None:
        self.flush()
        if tag in _LISTS and self.lists:
            self.lists.pop()
        elif tag == "li":
            self.marker = ""
        elif tag == "pre":
            self.preformatted -= 1
        elif tag in _HEADINGS:
            self.heading = 0

    def _break(self) -> None:
        """Handle a line break: one starts a new line of the block, two in succession end the block."""
        if self.table is not None:
            self.words_so_far.append(" ")
            return
        had_words = any(piece.strip() for piece in self.words_so_far)
        group = self.group or object()
        self.flush(group)
        self.group = group if had_words else None

    def take_block_text(self) -> tuple[str, float]:
        """Remove the current block's text; return it, and the share of its characters in links."""
        text = "".join(self.words_so_far)
        linked = self.linked / len(text) if text else 0.0
        self.words_so_far, self.linked = [], 0
        return text, min(linked, 1.0)

    def flush(self, group: object | None = None) -> None:
        """End the current block, and add it to ``blocks`` if it has words."""
        text, linked = self.take_block_text()
        group = group or self.group
        self.group = None
        if self.preformatted:
            self._preformatted(text)
        elif flow(text):
            in_list = self.lists[-1].group if self.lists else None
            words = self.marker + flow(text)
            is_aside = self.asides > 0
            self.blocks.append(PageBlock(words, in_list or group, self.heading, linked, is_aside=is_aside))
            self.marker = ""

    def _preformatted(self, text: str) -> None:
        """Add preformatted lines. Code stays as it is; in other text, hard-wrapped lines are joined."""
        group: object = self.lists[-1].group if self.is_code and self.lists else object()
        for line in (text if self.is_code else unwrap(text)).splitlines():
            if line.strip():
                words = self.marker + line.rstrip()
                self.blocks.append(PageBlock(words, group, is_aside=self.asides > 0))
                self.marker = ""
            elif not self.is_code:
                group = object()


class _List:
    """An open list, which counts its items."""

    def __init__(self, group: object, element: HtmlElement) -> None:
        self.group = group
        style = element.get("style") or ""
        list_style = _LIST_STYLE.search(style)
        self._kind = _KINDS.get(list_style[1].lower() if list_style else element.get("type") or "", "decimal")
        self._is_bare = list_style is not None and list_style[1].lower() == "none"
        is_reversed = element.get("reversed") is not None
        first = len(element.findall("li")) if is_reversed else 1
        self._step = -1 if is_reversed else 1
        self._number = _integer(element.get("start"), first) if element.tag == "ol" else None

    def marker(self, item: HtmlElement) -> str:
        if self._number is None:
            return "" if self._is_bare else BULLET
        number = _integer(item.get("value"), self._number)
        self._number = number + self._step
        return "" if self._is_bare else f"{written_number(number, self._kind)}. "


def _integer(written: str | None, otherwise: int) -> int:
    return int(written) if written and re.fullmatch(r"-?[0-9]{1,6}", written) else otherwise
