"""Read the visible text of an exported Word document."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.loaders import DEFAULTS, check_archive, docx_damage_reported
from rag.visible_text import visible
from ui.errors import NotExportedError
from ui.export.docx import FIRST_STYLE, LIST_STYLE, MANIFEST_SPACE, MANIFEST_TYPE, W
from ui.export.exported_answers import COLUMNS, DIFFERENCES, LISTS, NO_ANSWER, SECTIONS, FirstLine
from ui.export.manifest import Manifest, read_manifest
from ui.export.reader import Exported, Gathered, Piece, Row, footnote_of, whole_answers
from ui.words import DOUBTS

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

_W = f"{{{W}}}"
_OFF = frozenset({"0", "false", "off"})
_SPACES = {f"{_W}tab": " ", f"{_W}br": " ", f"{_W}cr": " ", f"{_W}noBreakHyphen": "-", f"{_W}sym": "\ufffd"}
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TEXTS = (f"{_W}t", f"{_MATH}t", f"{_DRAWN}t")
_DELETED = frozenset({f"{_W}del", f"{_W}moveFrom"})


def read_docx_export(data: bytes) -> Exported:
    """Return the visible text of a Word document that :func:`ui.export.docx.write_docx` wrote.

    Footnotes have the numbers that Word shows, in the order of their marks.

    Raises:
        NotExportedError: if the file is not a Word document, or has no valid manifest.
    """
    path = Path("answer.docx")
    try:
        check_archive(data, path, "word/document.xml", "a Word document", DEFAULTS.limits)
        with docx_damage_reported(path):
            found = _read(data)
    except LoadError as error:
        raise NotExportedError(f"it {error.cause}") from error
    manifest, body, footnotes = found
    several = manifest.conversation is not None
    notes = tuple(footnote_of(number, lines, manifest) for number, lines in enumerate(footnotes, 1))
    name = visible(body.title.question) if several else None
    parts, outside = (body.parts, body.title.pieces) if several else ([body.title], [])
    return Exported(name, whole_answers(parts, outside), notes, manifest)


def _read(data: bytes) -> tuple[Manifest, _BodyReader, list[list[str]]]:
    """Return a Word file's manifest and body, and the lines of each footnote in the order of the marks."""
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE

    word = docx.Document(BytesIO(data))
    written = _manifest(word)
    if written is None:
        raise NotExportedError("it has no manifest of its footnotes")
    manifest = read_manifest(written)
    part = next(_parts(word, RELATIONSHIP_TYPE.FOOTNOTES), None)
    texts = _footnotes(part) if part is not None else {}
    body = _BodyReader(word, several=manifest.conversation is not None)
    body.read()
    body.answer.pieces += _margins(word)
    return manifest, body, [texts.get(mark, []) for mark in body.marks]


class _BodyReader:
    """Reads the paragraphs of a document, section by section.

    Attributes:
        title: the text below the document's title: the only answer or, in a conversation, the text before the
            first question.
        parts: the answers of a conversation.
        answer: the text that is being read: the last of ``parts`` or, if there are none yet, ``title``.
        marks: the ids of the footnotes, in the order of their marks.
    """

    def __init__(self, word: WordDocument, *, several: bool) -> None:
        """Prepare to read a document.

        Args:
            word: the document.
            several: whether the document is a conversation, in which each heading of level 1 is a question.
        """
        self._root: Element = word.element.body
        self._styles = {style.style_id: style.name for style in word.styles}
        self._several = several
        self._about: Element | None = None
        self._section = ""
        self.title = self.answer = Gathered()
        self.parts: list[Gathered] = []
        self.marks: list[str] = []

    def read(self) -> None:
        """Read every paragraph and table."""
        for block in self._root.iterchildren():
            if block.tag == f"{_W}tbl" and self._section == DIFFERENCES:
                self._take_table(block)
                continue
            for paragraph in block.iter(f"{_W}p"):
                self._take_line(paragraph)
        self._end_caption()

    def _take_line(self, paragraph: Element) -> None:
        words, style = _words(paragraph), self._style(paragraph)
        # Word shows a footnote mark or a text box wherever it stands, so a paragraph with one is text of the
        # answer.
        is_plain = next(paragraph.iterdescendants(f"{_W}footnoteReference", f"{_W}p"), None) is None
        if style == "Title" and not self.title.question and is_plain:
            self.title.question = words
        elif style.startswith("Heading"):
            self._take_heading(paragraph, words if is_plain else "", style)
        elif style == FIRST_STYLE and not self._section and is_plain and self._takes_first_line:
            self.answer.first_line = _first_line(paragraph)
        elif self._section == NO_ANSWER and is_plain:
            self.answer.abstention.append(words)
        elif self._section == DIFFERENCES and is_plain:
            self._end_caption()
            self._about = paragraph
        elif self._section not in LISTS or style != LIST_STYLE or not is_plain:
            self._add_paragraph(paragraph)

    @property
    def _takes_first_line(self) -> bool:
        return self.answer.first_line is None and not self.answer.has_text

    def _take_heading(self, paragraph: Element, words: str, style: str) -> None:
        """Begin an answer or a section if the heading starts one; else add the heading to the answer's text.

        Args:
            paragraph: the paragraph of the heading.
            words: the words of the heading; empty if the paragraph has a footnote mark or a text box, because
                the paragraph is then text of the answer.
            style: the name of the paragraph's style, such as ``Heading 1``.
        """
        self._end_caption()
        self._section = ""
        if self._several and style == "Heading 1" and words:
            self.answer = Gathered(words)
            self.parts.append(self.answer)
        elif words in SECTIONS and (self.parts or not self._several):
            self._section = words
        else:
            self._add_paragraph(paragraph)

    def _take_table(self, table: Element) -> None:
        about = visible(_words(self._about)) if self._about is not None else ""
        self._about = None
        for line in table.iterchildren(f"{_W}tr"):
            cells = [visible(_words(cell)) for cell in line.iterchildren(f"{_W}tc")]
            if tuple(cells) == COLUMNS:
                continue
            number = cells[-1] if len(cells) == len(COLUMNS) else ""
            if number.isascii() and number.isdecimal() and visible(_words(line)) == visible("".join(cells)):
                self.answer.rows.append(Row(about, cells[0], cells[1], cells[2], int(number[:6])))
            else:
                for paragraph in line.iter(f"{_W}p"):
                    self._add_paragraph(paragraph)

    def _end_caption(self) -> None:
        """Add the last caption under *Different figures* to the answer's text if no table followed it."""
        if self._about is not None:
            self._add_paragraph(self._about)
        self._about = None

    def _add_paragraph(self, paragraph: Element) -> None:
        for run in paragraph.iter(f"{_W}r", f"{_MATH}r"):
            if _is_deleted(run):
                continue
            struck = _is_struck(run)
            words = _words(run)
            is_label = words in DOUBTS.values() and run.find(f"{_W}rPr/{_W}i") is not None
            self.answer.pieces.append(Piece("aside" if is_label else "text", words, struck=struck))
            for mark in run.iter(f"{_W}footnoteReference"):
                self.marks.append(mark.get(f"{_W}id") or "")
                self.answer.pieces.append(Piece("mark", number=len(self.marks)))
        self.answer.pieces.append(Piece("break"))

    def _style(self, paragraph: Element) -> str:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return str(self._styles.get(style.get(f"{_W}val") or "") or "") if style is not None else ""


def _first_line(paragraph: Element) -> FirstLine:
    runs = paragraph.iter(f"{_W}r", f"{_MATH}r")
    value = "".join(map(_words, takewhile(lambda run: run.find(f"{_W}rPr/{_W}b") is not None, runs)))
    return FirstLine(visible(value), visible(_words(paragraph).removeprefix(value)))


def _manifest(word: WordDocument) -> str | None:
    """Return the JSON of the manifest; None if the document has none."""
    from docx.oxml import parse_xml

    for part in _parts(word, MANIFEST_TYPE):
        root = parse_xml(part.blob)
        if root.tag == f"{{{MANIFEST_SPACE}}}answer":
            return root.text or ""
    return None


def _parts(word: WordDocument, kind: str) -> Iterator[Part]:
    for relation in word.part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            yield relation.target_part


def _footnotes(part: Part) -> dict[str, list[str]]:
    """Return the lines of each footnote, by its id."""
    from docx.oxml import parse_xml

    notes: dict[str, list[str]] = {}
    for note in parse_xml(part.blob).iter(f"{_W}footnote"):
        lines = [_words(paragraph) for paragraph in note.iter(f"{_W}p")]
        notes[note.get(f"{_W}id") or ""] = [line for line in lines if line.strip()]
    return notes


def _margins(word: WordDocument) -> Iterator[Piece]:
    """Yield the text of headers, footers, endnotes and comments, which an exported answer does not have."""
    from docx.opc.constants import RELATIONSHIP_TYPE as KINDS
    from docx.oxml import parse_xml

    for kind in (KINDS.HEADER, KINDS.FOOTER, KINDS.ENDNOTES, KINDS.COMMENTS):
        for part in _parts(word, kind):
            for paragraph in parse_xml(part.blob).iter(f"{_W}p"):
                yield Piece("text", _words(paragraph))
                yield Piece("break")


def _words(element: Element) -> str:
    """Return the text of an element, without deleted text."""
    parts = (part for part in element.iter(*_TEXTS, *_SPACES) if not _is_deleted(part))
    return "".join(_SPACES.get(str(part.tag)) or part.text or "" for part in parts)


def _is_deleted(element: Element) -> bool:
    return next(element.iterancestors(*_DELETED), None) is not None


def _is_struck(run: Element) -> bool:
    struck = run.find(f"{_W}rPr/{_W}strike")
    return struck is not None and struck.get(f"{_W}val") not in _OFF
