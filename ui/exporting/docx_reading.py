"""A Word document that an answer was exported to → what a reader sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from index.loading.archives import check_archive
from index.loading.docx import damage_named
from index.loading.errors import LoadError
from index.loading.options import DEFAULTS
from rag.wording import visible
from ui.exporting.docx import LIST_STYLE, MANIFEST_SPACE, MANIFEST_TYPE, W
from ui.exporting.manifest import NotExportedError, read_manifest
from ui.exporting.reading import Exported, Piece, Row, claims_of, footnote_of
from ui.exporting.sheet import COLUMNS, DIFFERENCES, LISTS, NO_ANSWER, SECTIONS
from ui.naming import DOUBTS

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
    """What a reader sees of a Word document that :func:`ui.exporting.docx.write_docx` wrote.

    Footnotes are numbered as Word numbers them, in the order of their marks.

    Raises:
        NotExportedError: if it is none.
    """
    path = Path("answer.docx")
    try:
        check_archive(data, path, "word/document.xml", "a Word document", DEFAULTS.limits)
        with damage_named(path):
            found = _read(data)
    except LoadError as error:
        raise NotExportedError(f"it {error.cause}") from error
    if found.manifest is None:
        raise NotExportedError("it has no part that says where its footnotes come from")
    manifest = read_manifest(found.manifest)
    notes = tuple(footnote_of(number, lines, manifest) for number, lines in enumerate(found.notes, 1))
    return Exported(found.question, found.abstention, claims_of(found.pieces), notes, found.rows, manifest)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a document has: its parts as they are read, before anything is made of them."""

    manifest: str | None
    question: str
    abstention: str
    pieces: tuple[Piece, ...]
    notes: tuple[list[str], ...]
    rows: tuple[Row, ...]


def _read(data: bytes) -> _Found:
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE

    word = docx.Document(BytesIO(data))
    part = next(_parts(word, RELATIONSHIP_TYPE.FOOTNOTES), None)
    texts = _footnotes(part) if part is not None else {}
    body = _Body(word)
    pieces = (*body.pieces(), *_margins(word))
    notes = tuple(texts.get(mark, []) for mark in body.marks)
    abstention = visible(" ".join(body.abstention))
    return _Found(_manifest(word), body.question, abstention, pieces, notes, tuple(body.rows))


class _Body:
    """The paragraphs of a document, section by section.

    Attributes:
        question: the words of its title.
        abstention: the paragraphs that say why there is no answer.
        marks: the ids of the footnotes that are referred to, in their order.
        rows: what it says under *Different figures*.
    """

    def __init__(self, word: WordDocument) -> None:
        self._root: Element = word.element.body
        self._styles = {style.style_id: style.name for style in word.styles}
        self._about: Element | None = None
        self._section = ""
        self.question = ""
        self.abstention: list[str] = []
        self.marks: list[str] = []
        self.rows: list[Row] = []

    def pieces(self) -> Iterator[Piece]:
        """The text outside of the sections that stand apart."""
        for block in self._root.iterchildren():
            if block.tag == f"{_W}tbl" and self._section == DIFFERENCES:
                yield from self._of_table(block)
                continue
            for paragraph in block.iter(f"{_W}p"):
                yield from self._of_line(paragraph)
        yield from self._left()

    def _of_line(self, paragraph: Element) -> Iterator[Piece]:
        words, style = _words(paragraph), self._style(paragraph)
        # Word counts a mark wherever it stands, and a box with words may be shown anywhere.
        alone = next(paragraph.iterdescendants(f"{_W}footnoteReference", f"{_W}p"), None) is None
        if style == "Title" and not self.question and alone:
            self.question = words
        elif style.startswith("Heading") and words in SECTIONS and alone:
            yield from self._left()
            self._section = words
        elif style.startswith("Heading"):
            yield from self._left()
            self._section = ""
            yield from self._of_paragraph(paragraph)
        elif self._section == NO_ANSWER and alone:
            self.abstention.append(words)
        elif self._section == DIFFERENCES and alone:
            yield from self._left()
            self._about = paragraph
        elif self._section not in LISTS or style != LIST_STYLE or not alone:
            yield from self._of_paragraph(paragraph)

    def _of_table(self, table: Element) -> Iterator[Piece]:
        """The rows of a table of different figures, below what they are of."""
        about = visible(_words(self._about)) if self._about is not None else ""
        self._about = None
        for line in table.iterchildren(f"{_W}tr"):
            cells = [visible(_words(cell)) for cell in line.iterchildren(f"{_W}tc")]
            if tuple(cells) == COLUMNS:
                continue
            number = cells[-1] if len(cells) == len(COLUMNS) else ""
            if number.isascii() and number.isdecimal() and visible(_words(line)) == visible("".join(cells)):
                self.rows.append(Row(about, cells[0], cells[1], cells[2], int(number[:6])))
            else:
                for paragraph in line.iter(f"{_W}p"):
                    yield from self._of_paragraph(paragraph)

    def _left(self) -> Iterator[Piece]:
        """A line under *Different figures* that no table follows."""
        if self._about is not None:
            yield from self._of_paragraph(self._about)
        self._about = None

    def _of_paragraph(self, paragraph: Element) -> Iterator[Piece]:
        for run in paragraph.iter(f"{_W}r", f"{_MATH}r"):
            if _is_deleted(run):
                continue
            struck = _is_struck(run)
            words = _words(run)
            aside = words in DOUBTS.values() and run.find(f"{_W}rPr/{_W}i") is not None
            yield Piece("aside" if aside else "text", words, struck=struck)
            for mark in run.iter(f"{_W}footnoteReference"):
                self.marks.append(mark.get(f"{_W}id") or "")
                yield Piece("mark", number=len(self.marks))
        yield Piece("break")

    def _style(self, paragraph: Element) -> str:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return str(self._styles.get(style.get(f"{_W}val") or "") or "") if style is not None else ""


def _manifest(word: WordDocument) -> str | None:
    """The text of the part for programs; None where there is none."""
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
    """The lines of each footnote, by its id."""
    from docx.oxml import parse_xml

    notes: dict[str, list[str]] = {}
    for note in parse_xml(part.blob).iter(f"{_W}footnote"):
        lines = [_words(paragraph) for paragraph in note.iter(f"{_W}p")]
        notes[note.get(f"{_W}id") or ""] = [line for line in lines if line.strip()]
    return notes


def _margins(word: WordDocument) -> Iterator[Piece]:
    """The words of headers, footers, endnotes and comments, of which an answer has none."""
    from docx.opc.constants import RELATIONSHIP_TYPE as KINDS
    from docx.oxml import parse_xml

    for kind in (KINDS.HEADER, KINDS.FOOTER, KINDS.ENDNOTES, KINDS.COMMENTS):
        for part in _parts(word, kind):
            for paragraph in parse_xml(part.blob).iter(f"{_W}p"):
                yield Piece("text", _words(paragraph))
                yield Piece("break")


def _words(element: Element) -> str:
    """The words of an element that are not deleted."""
    parts = (part for part in element.iter(*_TEXTS, *_SPACES) if not _is_deleted(part))
    return "".join(_SPACES.get(str(part.tag)) or part.text or "" for part in parts)


def _is_deleted(element: Element) -> bool:
    return next(element.iterancestors(*_DELETED), None) is not None


def _is_struck(run: Element) -> bool:
    struck = run.find(f"{_W}rPr/{_W}strike")
    return struck is not None and struck.get(f"{_W}val") not in _OFF
