"""Reads a tree of HTML elements as the blocks of text that a reader of the page sees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

import regex

from index.loaders.blocks import BULLET, MAX_CELL_CHARACTERS, Block, Heading, flow, indent
from index.loaders.equations import note_mark, superscript
from index.loaders.merged_cells import MOST_REPEATED, Cell, table_lines
from index.loaders.numerals import LETTER_FORMATS, written_number
from index.loaders.text import unwrap
from index.text.tabular import is_period

if TYPE_CHECKING:
    from lxml.html import HtmlElement


CELLS = frozenset({"td", "th"})

_MOST_COLUMNS = 1000  # browsers let a cell cover no more
_MOST_DOWN = 50  # further cells end with their own row
_CURRENCY = re.compile(r"[(\[]?[$€£¥₩₹₫฿]\s*[(\[]?")
_FIGURE_END = re.compile(r"[\d–—-][)\]]?\Z")
_AFTER_FIGURE = re.compile(r"[)\]]?\s*%?\s*[)\]]?")


@dataclass(slots=True)
class Table:
    """A cell over several rows is repeated in each of them, since each row is cited by itself.

    ``_down`` has the cells of the rows above, ``_reaching`` those of this row, each with the rows left, this
    one included.
    """

    _rows: list[list[Cell]] = field(default_factory=list)
    _cells: list[Cell] = field(default_factory=list)
    _down: list[tuple[Cell, int]] = field(default_factory=list)
    _reaching: list[tuple[Cell, int]] = field(default_factory=list)
    _characters: int = 0
    _repeated: int = 0

    def end_cell(self, text: str, linked: float, element: HtmlElement | None = None) -> None:
        """It takes the next columns that no cell from above covers."""
        start = self._cells[-1].end if self._cells else 0
        for above, _ in self._down:
            if above.start <= start < above.end:
                start = above.end
        width, height = (_span(element, name) for name in ("colspan", "rowspan"))
        cell = Cell(flow(text), start, start + min(width, _MOST_COLUMNS), linked, _is_heading(element))
        self._cells.append(cell)
        self._characters += len(cell.text)
        if height > 1:
            self._reaching.append((cell, height))

    def end_row(self, *, is_real: bool) -> None:
        """A row without cells counts only if the page has a ``tr`` element for it (``is_real``)."""
        if not (self._cells or is_real):
            return
        if any(cell.text for cell in self._cells):
            cells = list(self._cells)
            for cell, _ in self._down:
                if self._repeated + len(cell.text) <= MOST_REPEATED * self._characters:
                    self._repeated += len(cell.text)
                    cells.append(cell)
            self._rows.append(sorted(cells, key=lambda cell: cell.start))
        below = [(cell, height - 1) for cell, height in [*self._down, *self._reaching] if height > 1]
        self._down = sorted(below[:_MOST_DOWN], key=lambda reach: reach[0].start)
        self._cells, self._reaching = [], []

    def parts(self) -> list[list[tuple[str, float]]]:
        """Lines, with the mean share of link text in their cells."""
        links = [sum(cell.linked for cell in cells) / len(cells) for cells in self._rows]
        parts = table_lines([joined_figures(cells) for cells in self._rows])
        return [[(line, links[number]) for number, line in part] for part in parts]


def open_table(element: HtmlElement) -> Table | None:
    """None if its role, a table or long cell in it, or rows of one cell say that it lays out the page."""
    if element.get("role") in {"presentation", "none"} or element.find(".//table") is not None:
        return None
    widths = [sum(1 for cell in line if cell.tag in CELLS) for line in element.iter("tr")]
    if max(widths, default=0) <= 1 and element.get("role") != "table":
        return None
    if any(len(cell.text_content()) > MAX_CELL_CHARACTERS for cell in element.iter("td", "th")):
        return None
    return Table()


def joined_figures(cells: Iterable[Cell]) -> list[Cell]:
    """Currency signs, closing brackets and percent signs join their figures, unless they stand alone."""
    joined: list[Cell] = []
    for cell in cells:
        if joined and cell.text and _is_one_figure(joined[-1].text, cell.text):
            joined[-1] = replace(joined[-1], text=joined[-1].text + cell.text, end=cell.end)
        elif cell.text:
            joined.append(cell)
    return joined


def _is_one_figure(before: str, text: str) -> bool:
    if _AFTER_FIGURE.fullmatch(text):
        return _FIGURE_END.search(before) is not None and not is_period(before)
    return _CURRENCY.fullmatch(before) is not None


def _is_heading(element: HtmlElement | None) -> bool:
    if element is None:
        return False
    parent = element.getparent()
    around = parent.getparent() if parent is not None else None
    return element.tag == "th" or (around is not None and around.tag == "thead")


def _span(element: HtmlElement | None, name: str) -> int:
    written = (element.get(name) or "").strip() if element is not None else ""
    return max(int(written), 1) if re.fullmatch(r"[0-9]{1,5}", written) else 1


# Scripts, styles, media, controls, hidden XBRL facts, and the pronunciation above characters.
UNREAD = frozenset(
    {"script", "style", "template", "noscript", "head", "iframe", "object", "embed", "canvas", "audio"}
    | {"video", "svg", "map", "datalist", "select", "option", "button", "input", "textarea", "ix:header"}
    | {"rt", "rtc", "rp"}
)
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
# From HTML and CSS to Word.
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
_BRACKET = re.compile(r"[\[(].?\Z")


@dataclass(frozen=True, slots=True)
class PageBlock(Block):
    """``heading`` is its level, or 0; ``linked`` is the share of its characters in links."""

    heading: int = 0
    linked: float = 0.0
    is_row: bool = False
    is_aside: bool = False


def is_hidden(element: HtmlElement) -> bool:
    if not isinstance(element.tag, str) or element.tag in UNREAD or element.get("hidden") is not None:
        return True
    return bool(_HIDDEN.search(element.get("style") or ""))


def page_blocks(root: HtmlElement) -> list[PageBlock]:
    """Each row of a data table is a block."""
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
    return [
        Heading(block.text.lstrip(), block.group, block.heading) if block.heading else block
        for block in blocks
    ]


@dataclass(slots=True)
class _Reader:
    """``links``, ``asides``, ``preformatted`` and ``raised`` count open elements.

    ``group`` is set if a line break has split the block; ``marker`` is the bullet or number of the next one.
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
        self.add_text(element.text)

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
            for part in table.parts():
                group = object()
                self.blocks += [
                    PageBlock(line, group, linked=share, is_row=True, is_aside=self.asides > 0)
                    for line, share in part
                ]

    def _start_block(self, element: HtmlElement) -> None:
        self.flush()
        tag = str(element.tag)
        if tag in _LISTS:
            outer = self.lists[-1].group if self.lists else object()
            self.lists.append(_List(outer, element))
        elif tag == "li":
            marker = self.lists[-1].marker(element) if self.lists else BULLET
            self.marker += indent(len(self.lists) - 1) + marker if marker and not self.marker else marker
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
        """One line break starts a new line of the block, two end it."""
        if self.table is not None:
            self.words_so_far.append(" ")
            return
        had_words = any(piece.strip() for piece in self.words_so_far)
        group = self.group or object()
        self.flush(group)
        self.group = group if had_words else None

    def take_block_text(self) -> tuple[str, float]:
        text = "".join(self.words_so_far)
        linked = self.linked / len(text) if text else 0.0
        self.words_so_far, self.linked = [], 0
        return text, min(linked, 1.0)

    def flush(self, group: object | None = None) -> None:
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
        """Code stays as it is; hard-wrapped lines of other text are joined."""
        group: object = self.lists[-1].group if self.is_code and self.lists else object()
        for line in (text if self.is_code else unwrap(text)).splitlines():
            if line.strip():
                words = self.marker + line.rstrip()
                self.blocks.append(PageBlock(words, group, is_aside=self.asides > 0))
                self.marker = ""
            elif not self.is_code:
                group = object()


class _List:
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


_MARK = regex.compile(r"(?:\p{Nd}{1,4}|[*∗†‡§¶#]{1,4}|\p{Ll}|[ivx]{1,6}|[A-Z])")
_NAMED = regex.compile(
    r"(?:foot|end)-?notes?[-_]?(?:ref|call|anchor|link|mark|num)|note-?ref|fn-?ref|(?:foot|end)notereference",
    regex.IGNORECASE,
)

_NO_REFERENCE = regex.compile(r"back|return", regex.IGNORECASE)
_RAISED_STYLE = regex.compile(
    r"vertical-align\s*:\s*(?:super|0*\.?[1-9][0-9.]*\s*(?:em|ex|%|pt))"
    r"|position\s*:\s*relative\s*;(?:[^;]*;)?\s*top\s*:\s*-0*[.1-9]",
    regex.IGNORECASE,
)
_CLASS = regex.compile(r"\.([\w-]+)(?:\s+a)?(?::link|:visited)?\s*$")
_SCHEME = regex.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ABBREVIATION = regex.compile(
    r"\b(?:fig|figs|eq|eqs|no|nos|p|pp|sec|art|tab|ch|chap|vol|para|nr|abb|ref|refs|app|s)\.\Z",
    regex.IGNORECASE,
)
_BETWEEN = regex.compile(r"[\s,;]*")
_KEPT_CHARACTERS = 20
_MOST_INSIDE = 4  # very deep nesting then costs little time
_WORD = "word"  # ``since_last`` at the start of a paragraph; "" means that a reference directly precedes
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd"}
    | {"label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt"}
    | {"u", "var", "wbr"}
)


@dataclass(slots=True)
class _PrecedingText:
    """The last characters of the paragraph, and those since its last reference."""

    words: str = ""
    since_last: str = _WORD

    def cross(self, element: HtmlElement) -> None:
        """At the start or end of a block element, a new paragraph begins."""
        if element.tag not in _INLINE:
            self.words, self.since_last = "", _WORD

    def add(self, text: str | None) -> None:
        self.words = (self.words + (text or ""))[-_KEPT_CHARACTERS:]
        self.since_last = (self.since_last + (text or ""))[-_KEPT_CHARACTERS:]


def raise_references(page: HtmlElement, styles: Iterable[str] = ()) -> None:
    """Otherwise ``2,500`` with a reference to note ``2`` would read as ``2,5002``.

    A link or ``span`` of a number, or of a mark such as ``*``, is a reference if its role or class says so,
    or if it is a link to a place in a page and directly follows a word, a figure or a reference.
    """
    from lxml import etree

    classes = _raised_classes(styles)
    found: list[HtmlElement] = []
    preceding, inside = _PrecedingText(), 0
    for event, element in etree.iterwalk(page, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        preceding.cross(element)
        if event == "start":
            if element.tag == "sup" or inside:
                inside += 1
            elif _is_raised(element, classes) or _is_reference(element, preceding):
                found.append(element)
                inside = 1
            preceding.add(element.text)
        else:
            inside = max(inside - 1, 0)
            if not inside and (element.tag == "sup" or element in found[-1:]):
                preceding.since_last = ""
            preceding.add(element.tail)
    for element in found:
        _raise(element)


def _raised_classes(styles: Iterable[str]) -> frozenset[str]:
    classes: set[str] = set()
    for style in styles:
        for rule in style.split("}"):
            selectors, _, declarations = rule.rpartition("{")
            if _RAISED_STYLE.search(declarations):
                named = map(_CLASS.search, selectors.rpartition("{")[2].split(","))
                classes |= {one[1] for one in named if one}
    return frozenset(classes)


def _is_raised(element: HtmlElement, classes: frozenset[str]) -> bool:
    if element.tag not in _INLINE:
        return False
    named = set((element.get("class") or "").split())
    return bool(named & classes) or _RAISED_STYLE.search(element.get("style") or "") is not None


def _is_reference(element: HtmlElement, preceding: _PrecedingText) -> bool:
    if element.tag not in {"a", "span"} or (element.text is None and len(element) == 0):
        return False
    inside = list(islice(element.iter(), 1, _MOST_INSIDE + 2))
    if len(inside) > _MOST_INSIDE or any(one.tag == "sup" for one in inside):
        return False
    if not _MARK.fullmatch(flow("".join(element.itertext())).strip("[]()")):
        return False
    kinds = f"{element.get('role') or ''} {element.get('epub:type') or ''}".split()
    named = element.get("class") or ""
    if {"doc-noteref", "noteref"} & set(kinds) or (_NAMED.search(named) and not _NO_REFERENCE.search(named)):
        return True
    return element.tag == "a" and _is_placed_like_reference(element, preceding)


def _is_placed_like_reference(link: HtmlElement, preceding: _PrecedingText) -> bool:
    target = link.get("href") or ""
    if "#" in target and _BETWEEN.fullmatch(preceding.since_last):
        return True
    words = preceding.words
    if not target or not words or words[-1].isspace() or _ABBREVIATION.search(words):
        return False
    if (link.tail or "")[:1].isalnum():
        return False
    return "#" in target or (words[-1].isdecimal() and not _SCHEME.match(target))


def _raise(element: HtmlElement) -> None:
    """The letters of a link, such as ``iv``, get brackets."""
    from lxml.html import Element

    written = flow("".join(element.itertext()))
    is_link = element.tag == "a" or next(element.iter("a"), None) is not None
    raised = Element("sup")
    if is_link and _MARK.fullmatch(written) and written.isalpha():
        for child in list(element):
            element.remove(child)
        raised.text = note_mark(written)
    else:
        raised.text = element.text
        raised.extend(list(element))
    element.text = None
    element.append(raised)
