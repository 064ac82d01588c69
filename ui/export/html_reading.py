"""A page of HTML that answers were exported to → what a reader sees of it, whatever its markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.conversations import Footnote
from rag.wording import visible
from ui.errors import NotExportedError
from ui.export.html import BACK
from ui.export.manifest import Manifest, read_manifest
from ui.export.reading import Exported, Gathered, Piece, Row, footnote_of, whole_answers
from ui.export.sheet import ABOUT, COLUMNS, DIFFERENCES, FOOTNOTES, NO_ANSWER, REMARKS
from ui.words import DOUBTS

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "figure"}
    | {"footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav"}
    | {"ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)
"""Elements that end a line."""

_APART = {
    "no-answer": (NO_ANSWER, "p"),
    "remarks": (REMARKS, "ul/li"),
    "differences": (DIFFERENCES, "table"),
    "notes": (FOOTNOTES, "ol/li"),
    "about": (ABOUT, "dl/*[self::dt or self::dd]"),
}
"""The sections in which no sentence of the answer stands, by their class: the heading, and what is in it."""

_UNSEEN = frozenset({"head", "style", "script", "template", "title"})
_TARGET = re.compile(r"#note-([0-9]{1,6})")
_NOTE = re.compile(r"note-([0-9]{1,6})")
_NUMBER = re.compile(r"[0-9]{1,6}")


def read_html(data: bytes) -> Exported:
    """What a reader sees of a page that :func:`ui.export.html.write_html` wrote.

    Raises:
        NotExportedError: if it is none.
    """
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    try:
        text = data.decode("utf-8-sig")
        page = document_fromstring(text.encode(), parser=HTMLParser(encoding="utf-8", no_network=True))
    except (UnicodeDecodeError, etree.LxmlError, ValueError) as error:
        raise NotExportedError("it is no page of HTML in UTF-8") from error
    roots = page.xpath("//main[@data-footnoted]")
    if not isinstance(roots, list) or len(roots) != 1:
        raise NotExportedError("it does not say where its footnotes come from, as an exported page does")
    read = _Read(read_manifest(roots[0].get("data-footnoted") or ""))
    several = read.manifest.whole is not None
    title = read.take_answer(roots[0], 1, ("notes",) if several else tuple(_APART))
    parts = [read.take_exchange(each) for each in roots[0].iterchildren("article")] if several else [title]
    outside = title.pieces if several else []
    outside += _pieces(page, read.elements, struck=False)
    for element in page.iter("title"):
        if visible(_text(element)) != visible(title.question):
            outside += [Piece("break"), Piece("text", _text(element))]
    return Exported(
        visible(title.question) if several else None,
        whole_answers(parts, outside),
        tuple(read.notes),
        read.manifest,
    )


@dataclass(slots=True)
class _Read:
    """The footnotes that were read, and the elements in which was found what is no sentence of an answer."""

    manifest: Manifest
    notes: list[Footnote] = field(default_factory=list)
    elements: set[HtmlElement] = field(default_factory=set)

    def take_answer(self, root: HtmlElement, level: int, apart: Sequence[str]) -> Gathered:
        """Read what an element has beside sentences: its heading of a level, and sections of some kinds."""
        part = Gathered()
        for heading in root.xpath(f"(./h{level})[1]"):
            self.elements.add(heading)
            part.question = _text(heading)
        for section in root.iter("section"):
            if section.get("class") in apart and next(section.iterancestors("article", "main")) is root:
                self.take_section(section, part, f"h{level + 1}")
        return part

    def take_exchange(self, article: HtmlElement) -> Gathered:
        """Read an answer of a conversation."""
        part = self.take_answer(article, 2, tuple(_APART))
        part.pieces += _pieces(article, self.elements, struck=False)
        self.elements.add(article)
        return part

    def take_section(self, section: HtmlElement, answer: Gathered, heading: str) -> None:
        """Read a section that stands apart; what is in it that does not belong there is left."""
        name = section.get("class") or ""
        title, path = _APART[name]
        self.elements.update(each for each in section.iterchildren(heading) if _text(each).strip() == title)
        for part in section.xpath(path):
            if name == "differences":
                self._take_table(part, answer)
                continue
            found = _NOTE.fullmatch(part.get("id") or "")
            if name == "notes" and found is None:
                continue
            self.elements.add(part)
            if found is not None and name == "notes":
                self.notes.append(footnote_of(int(found.group(1)), _lines(part), self.manifest))
            elif name == "no-answer":
                answer.abstention.append(_text(part))

    def _take_table(self, table: HtmlElement, answer: Gathered) -> None:
        captions = list(table.iterchildren("caption"))[:1]
        self.elements.update(captions)
        about = visible(_text(captions[0])) if captions else ""
        for line in table.iter("tr"):
            cells = [_text(cell).strip() for cell in line.iterchildren("td", "th")]
            if visible("".join(cells)) != visible(_text(line)) or len(cells) != len(COLUMNS):
                continue
            if tuple(cells) == COLUMNS:
                self.elements.add(line)
            elif _NUMBER.fullmatch(cells[-1]):
                self.elements.add(line)
                value, source, date = map(visible, cells[:-1])
                answer.rows.append(Row(about, value, source, date, int(cells[-1])))


def _pieces(element: HtmlElement, read: set[HtmlElement], *, struck: bool) -> Iterator[Piece]:
    """The text of an element outside of what was read otherwise, in the order of reading."""
    name = element.tag
    if not isinstance(name, str) or name in _UNSEEN or element in read:
        return
    mark = _TARGET.fullmatch(element.get("href") or "") if name == "a" else None
    words = _text(element)
    if mark is not None and words == str(int(mark.group(1))):
        yield Piece("mark", number=int(mark.group(1)))
        return
    if name == "span" and words in DOUBTS.values():
        yield Piece("aside", words, struck=struck)
        return
    ends = name in _BLOCKS or (name == "span" and element.get("class") == "sentence")
    if ends:
        yield Piece("break")
    struck = struck or name in {"s", "del", "strike"}
    yield Piece("text", element.text or "", struck=struck)
    for child in element:
        yield from _pieces(child, read, struck=struck)
        yield Piece("text", child.tail or "", struck=struck)
    if ends:
        yield Piece("break")


def _lines(note: HtmlElement) -> list[str]:
    """The lines of a footnote: each of its parts, and what stands between them."""
    lines = [note.text or ""]
    for child in note:
        if child.get("class") != "back" or _text(child) != BACK:
            lines.append(_text(child))
        lines.append(child.tail or "")
    return [line for line in lines if line.strip()]


def _text(element: HtmlElement) -> str:
    return str(element.text_content())
