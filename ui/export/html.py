"""Writes exported answers as a self-contained HTML page, and reads the visible text of such a page.

The page fetches nothing and runs no script. Text from documents and users is escaped; a ``data-`` attribute
contains the manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from rag.conversations import Footnote
from rag.visible_text import visible
from ui.errors import NotExportedError
from ui.export.exported_answers import (
    ABOUT,
    COLUMNS,
    DIFFERENCES,
    FOOTNOTES,
    HEADINGS,
    NO_ANSWER,
    REMARKS,
    Difference,
    FirstLine,
    Note,
    Part,
    Sentence,
    Sheet,
)
from ui.export.manifest import Manifest, read_manifest
from ui.export.reader import Exported, Gathered, Piece, Row, footnote_of, whole_answers
from ui.words import DOUBTS

if TYPE_CHECKING:
    from lxml.html import HtmlElement


POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The content security policy of the page: the page may use only its own style."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.0625rem/1.6 Georgia, 'Times New Roman', serif; max-width: 42rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; }
h2 { font-size: 1.125rem; margin-top: 2rem; }
s { opacity: .75; }
sup { line-height: 0; }
sup a { text-decoration: none; padding: 0 .1em; }
.first-line strong { font-size: 1.375rem; }
.doubt { font-style: italic; }
.quote { quotes: none; }
.headings, .attribution { display: block; }
.notes li { margin-bottom: .75rem; }
.notes, .about, .remarks, table { font-size: .9375rem; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; }
th { box-sizing: border-box; }
th:first-child { width: 20%; }
th:nth-child(3) { width: 27%; }
th:last-child { width: 5.25rem; }
caption { text-align: start; padding: .25rem 0; }
th, td { border-bottom: 1px solid; padding: .25rem .5rem .25rem 0; text-align: start; vertical-align: top; }
dt { font-weight: bold; }
dd { margin: 0 0 .25rem; }
:target { outline: 2px solid; outline-offset: 2px; }
@media print { body { margin: 0; max-width: none; } li, tr { break-inside: avoid; }
  a { color: inherit; } }
""".strip()

_STYLE_OF_SEVERAL = """
article { border-top: 1px solid; margin-top: 2.5rem; }
article h2 { font-size: 1.3125rem; line-height: 1.3; }
h3 { font-size: 1.0625rem; margin: 1.5rem 0 .5rem; }
article .about { font-size: .8125rem; }
article .about h3 { font-size: .875rem; }
article dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); column-gap: 1rem; margin: 0; }
@media print { h2, h3 { break-after: avoid; } }
""".strip()
"""The additional style of a conversation."""

BACK = "↩"
"""The link from a footnote back to its mark."""


def write_html(sheet: Sheet) -> bytes:
    """Return an HTML page in UTF-8 with the answers in ``sheet``."""
    seen: dict[int, int] = {}
    if sheet.name is None:
        [part] = sheet.parts
        return _page(sheet, [*_answer(part, seen, 1), *_notes(sheet.notes, seen), _about(part, 2)], _STYLE)
    parts = [_heading(sheet.name, 1)]
    for part in sheet.parts:
        body = "\n".join([*_answer(part, seen, 2), _about(part, 3)])
        parts.append(f'<article class="exchange">\n{body}\n</article>')
    return _page(sheet, [*parts, *_notes(sheet.notes, seen)], f"{_STYLE}\n{_STYLE_OF_SEVERAL}")


def _page(sheet: Sheet, parts: Sequence[str], style: str) -> bytes:
    manifest, body = escape(sheet.manifest.to_json()), "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(sheet.title)}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n"
        f'<main data-footnoted="{manifest}">\n{body}\n</main>\n</body>\n</html>\n'
    ).encode()


def _answer(part: Part, seen: dict[int, int], level: int) -> Iterator[str]:
    """Yield the question as a heading of ``level``, then the sections of the answer."""
    yield _heading(part.question, level)
    if part.abstention is not None:
        reason = f'<p dir="auto">{escape(part.abstention)}</p>'
        yield _section("no-answer", NO_ANSWER, reason, level + 1)
    if part.first_line is not None:
        value, details = escape(part.first_line.value), escape(part.first_line.details)
        yield f'<p class="first-line" dir="auto"><strong>{value}</strong> {details}</p>'
    if part.paragraphs:
        paragraphs = [" ".join(_sentence(each, seen) for each in paragraph) for paragraph in part.paragraphs]
        body = "\n".join(f'<p dir="auto">{paragraph}</p>' for paragraph in paragraphs)
        yield f'<section class="answer">\n{body}\n</section>'
    if part.remarks:
        lines = "".join(f'<li dir="auto">{escape(line)}</li>\n' for line in part.remarks)
        yield _section("remarks", REMARKS, f"<ul>\n{lines}</ul>", level + 1)
    if part.differences:
        tables = "\n".join(map(_difference, part.differences))
        yield _section("differences", DIFFERENCES, tables, level + 1)


def _notes(notes: Sequence[Note], seen: dict[int, int]) -> Iterator[str]:
    if notes:
        lines = "".join(_note(note, seen.get(note.number, 0)) for note in notes)
        yield _section("notes", FOOTNOTES, f"<ol>\n{lines}</ol>", 2)


def _about(part: Part, level: int) -> str:
    facts = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>\n" for name, value in part.colophon)
    return _section("about", ABOUT, f"<dl>\n{facts}</dl>", level)


def _heading(words: str, level: int) -> str:
    return f'<h{level} dir="auto">{escape(words)}</h{level}>'


def _section(name: str, heading: str, content: str, level: int) -> str:
    return f'<section class="{name}">\n<h{level}>{heading}</h{level}>\n{content}\n</section>'


def _sentence(sentence: Sentence, seen: dict[int, int]) -> str:
    words = escape(sentence.text)
    if sentence.verdict == "unsupported":
        words = f"<s>{words}</s>"
    doubt = DOUBTS[sentence.verdict]
    after = f' <span class="doubt">{doubt}</span>' if doubt else ""
    marks = "".join(_mark(each, seen) for each in sentence.footnotes)
    return f'<span class="sentence">{words}{marks}{after}</span>'


def _mark(number: int, seen: dict[int, int]) -> str:
    """Return a footnote mark with its own id, so that the footnote can link back to each of its marks."""
    seen[number] = seen.get(number, 0) + 1
    place = f"mark-{number}-{seen[number]}"
    return f'<sup><a href="#note-{number}" id="{place}" aria-label="Footnote {number}">{number}</a></sup>'


def _note(note: Note, times: int) -> str:
    headings = (
        f'<span class="headings" dir="auto">{HEADINGS}{escape(note.headings)}</span>'
        if note.headings is not None
        else ""
    )
    back = "".join(
        f' <a class="back" href="#mark-{note.number}-{time}" aria-label="Back to the sentence">{BACK}</a>'
        for time in range(1, times + 1)
    )
    return (
        f'<li id="note-{note.number}" value="{note.number}">'
        f'<q class="quote" dir="auto">“{escape(note.quote)}”</q>{headings} '
        f'<span class="attribution" dir="auto">— {escape(note.attribution)}</span>{back}</li>\n'
    )


def _difference(difference: Difference) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    rows = "".join(map(_row, difference.rows))
    return (
        f'<table>\n<caption dir="auto">{escape(difference.about)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
    )


def _row(row: tuple[str, str, str, int]) -> str:
    *words, number = row
    cells = "".join(f'<td dir="auto">{escape(str(cell))}</td>' for cell in words)
    return f'<tr>{cells}<td><a href="#note-{number}">{number}</a></td></tr>\n'


_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "figure"}
    | {"footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav"}
    | {"ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)
"""Elements that start and end a line."""

_APART = {
    "no-answer": (NO_ANSWER, "p"),
    "remarks": (REMARKS, "ul/li"),
    "differences": (DIFFERENCES, "table"),
    "notes": (FOOTNOTES, "ol/li"),
    "about": (ABOUT, "dl/*[self::dt or self::dd]"),
}
"""The sections without sentences of the answer, by class: each with its heading and the path of its items."""

_UNSEEN = frozenset({"head", "style", "script", "template", "title"})
_TARGET = re.compile(r"#note-([0-9]{1,6})")
_NOTE = re.compile(r"note-([0-9]{1,6})")
_NUMBER = re.compile(r"[0-9]{1,6}")


def read_html(data: bytes) -> Exported:
    """Return the visible text of a page that :func:`write_html` wrote.

    Raises:
        NotExportedError: if the file is not an HTML page in UTF-8, or does not have one valid manifest.
    """
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    try:
        text = data.decode("utf-8-sig")
        page = document_fromstring(text.encode(), parser=HTMLParser(encoding="utf-8", no_network=True))
    except (UnicodeDecodeError, etree.LxmlError, ValueError) as error:
        raise NotExportedError("it is not an HTML page in UTF-8") from error
    roots = page.xpath("//main[@data-footnoted]")
    if not isinstance(roots, list) or len(roots) != 1:
        raise NotExportedError("it has no manifest of its footnotes")
    reader = _PageReader(read_manifest(roots[0].get("data-footnoted") or ""))
    several = reader.manifest.conversation is not None
    title = reader.take_answer(roots[0], 1, ("notes",) if several else tuple(_APART))
    parts = [reader.take_exchange(each) for each in roots[0].iterchildren("article")] if several else [title]
    outside = title.pieces if several else []
    outside += _pieces(page, reader.read_elements, struck=False)
    for element in page.iter("title"):
        if visible(_text(element)) != visible(title.question):
            outside += [Piece("break"), Piece("text", _text(element))]
    return Exported(
        visible(title.question) if several else None,
        whole_answers(parts, outside),
        tuple(reader.notes),
        reader.manifest,
    )


@dataclass(slots=True)
class _PageReader:
    """Reads an exported HTML page.

    Attributes:
        manifest: the manifest of the page.
        notes: the footnotes that have been read.
        read_elements: the elements that need no further reading. The text of all others is read as sentences
            of the answer, so that no text on the page is missed.
    """

    manifest: Manifest
    notes: list[Footnote] = field(default_factory=list)
    read_elements: set[HtmlElement] = field(default_factory=set)

    def take_answer(self, root: HtmlElement, level: int, apart: Sequence[str]) -> Gathered:
        """Read the question, the first line and the sections of an answer, but not its sentences.

        Args:
            root: the element that contains the answer.
            level: the level of the heading with the question.
            apart: the classes of the sections to read.
        """
        part = Gathered()
        for heading in root.xpath(f"(./h{level})[1]"):
            self.read_elements.add(heading)
            part.question = _text(heading)
        for line in root.xpath(f"./h{level}[1]/following-sibling::*[1][self::p and @class='first-line']"):
            part.first_line = _first_line(line)
            if part.first_line is not None:
                self.read_elements.add(line)
        for section in root.iter("section"):
            if section.get("class") in apart and next(section.iterancestors("article", "main")) is root:
                self.take_section(section, part, f"h{level + 1}")
        return part

    def take_exchange(self, article: HtmlElement) -> Gathered:
        """Read one question of a conversation, with the whole answer."""
        part = self.take_answer(article, 2, tuple(_APART))
        part.pieces += _pieces(article, self.read_elements, struck=False)
        self.read_elements.add(article)
        return part

    def take_section(self, section: HtmlElement, answer: Gathered, heading: str) -> None:
        """Read a section that has no sentences of the answer.

        Unexpected content stays unread, so that it later counts as sentences.
        """
        name = section.get("class") or ""
        title, path = _APART[name]
        self.read_elements.update(
            each for each in section.iterchildren(heading) if _text(each).strip() == title
        )
        for part in section.xpath(path):
            if name == "differences":
                self._take_table(part, answer)
                continue
            found = _NOTE.fullmatch(part.get("id") or "")
            if name == "notes" and found is None:
                continue
            self.read_elements.add(part)
            if found is not None and name == "notes":
                self.notes.append(footnote_of(int(found.group(1)), _lines(part), self.manifest))
            elif name == "no-answer":
                answer.abstention.append(_text(part))

    def _take_table(self, table: HtmlElement, answer: Gathered) -> None:
        captions = list(table.iterchildren("caption"))[:1]
        self.read_elements.update(captions)
        about = visible(_text(captions[0])) if captions else ""
        for line in table.iter("tr"):
            cells = [_text(cell).strip() for cell in line.iterchildren("td", "th")]
            if visible("".join(cells)) != visible(_text(line)) or len(cells) != len(COLUMNS):
                continue
            if tuple(cells) == COLUMNS:
                self.read_elements.add(line)
            elif _NUMBER.fullmatch(cells[-1]):
                self.read_elements.add(line)
                value, source, date = map(visible, cells[:-1])
                answer.rows.append(Row(about, value, source, date, int(cells[-1])))


def _first_line(line: HtmlElement) -> FirstLine | None:
    """Read the first line of an answer: a value in bold, then plain text. Return None for any other line."""
    if len(line) != 1 or line[0].tag != "strong" or len(line[0]) or (line.text or "").strip():
        return None
    return FirstLine(visible(_text(line[0])), visible(line[0].tail or ""))


def _pieces(element: HtmlElement, read: set[HtmlElement], *, struck: bool) -> Iterator[Piece]:
    """Yield the text of an element in reading order; skip elements that have already been read (``read``)."""
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
    """Return the lines of a footnote: its child elements, and the text between them."""
    lines = [note.text or ""]
    for child in note:
        if child.get("class") != "back" or _text(child) != BACK:
            lines.append(_text(child))
        lines.append(child.tail or "")
    return [line for line in lines if line.strip()]


def _text(element: HtmlElement) -> str:
    return str(element.text_content())
