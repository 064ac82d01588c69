"""Writes a :class:`~ui.export.exported_answers.Sheet` as a Word document with real footnotes.

python-docx cannot write footnotes, so this module makes them (ISO/IEC 29500-1, 17.11). Word numbers footnotes
by their marks, so that a quote that two sentences cite becomes two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from ui.export import exported_answers as sheets
from ui.words import DOUBTS

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph
    from lxml.etree import _Element as Element

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

_LIST_STYLE = "List Bullet"
_FIRST_STYLE = "First Line"
_MARK_STYLE = "FootnoteReference"
_NOTE_STYLE = "FootnoteText"
_NOTE_STYLE_XML = (
    f'<w:style xmlns:w="{W}" w:type="paragraph" w:styleId="{_NOTE_STYLE}"><w:name w:val="footnote text"/>'
    '<w:basedOn w:val="Normal"/><w:uiPriority w:val="99"/><w:pPr><w:spacing w:after="0" w:line="240" '
    'w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="20"/><w:szCs w:val="20"/></w:rPr></w:style>'
)
_MARK_STYLE_XML = (
    f'<w:style xmlns:w="{W}" w:type="character" w:styleId="{_MARK_STYLE}">'
    '<w:name w:val="footnote reference"/><w:basedOn w:val="DefaultParagraphFont"/><w:uiPriority w:val="99"/>'
    '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>'
)
_FIRST_STYLE_XML = (
    f'<w:style xmlns:w="{W}" w:type="paragraph" w:styleId="FirstLine"><w:name w:val="{_FIRST_STYLE}"/>'
    '<w:basedOn w:val="Normal"/><w:uiPriority w:val="1"/></w:style>'
)
_SEPARATORS = (("separator", -1), ("continuationSeparator", 0))

# The elements that must come after the footnotes' properties in the settings (17.15.1.78).
_FOLLOWING = ("endnotePr", "compat", "docVars", "rsids", "mathPr", "themeFontLang", "clrSchemeMapping")


def write_docx(sheet: sheets.Sheet) -> bytes:
    import docx
    from docx.oxml import parse_xml

    notes = {note.number: note for note in sheet.notes}
    marks = [mark for part in sheet.parts for sentence in part.sentences for mark in sentence.footnotes]
    numbered = {mark: number for number, mark in reversed([*enumerate(marks, 1)])}
    numbers = iter(range(1, len(marks) + 1))
    word = docx.Document()
    for style in (_NOTE_STYLE_XML, _MARK_STYLE_XML, _FIRST_STYLE_XML):
        word.styles.element.append(parse_xml(style))
    word.add_paragraph(sheet.title, style="Title")
    for part in sheet.parts:
        if sheet.name is not None:
            word.add_heading(part.question, 1)
        _add_part(word, part, numbered, numbers, level=1 if sheet.name is None else 2)
    _add_footnotes(word, [replace(notes[mark], number=number) for number, mark in enumerate(marks, 1)])
    properties = word.core_properties
    # The property is limited to 255 characters.
    properties.title = sheet.title[:255]
    properties.author, properties.comments = "", ""
    made = datetime.fromisoformat(dict(sheet.parts[-1].colophon)["Made"])
    properties.created = properties.modified = made
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def _add_part(
    word: WordDocument, part: sheets.Part, numbered: Mapping[int, int], numbers: Iterator[int], level: int
) -> None:
    """``numbered`` has the first number in Word of each footnote; ``numbers`` are those of the next marks."""
    if part.abstention is not None:
        word.add_heading(sheets.NO_ANSWER, level)
        word.add_paragraph(part.abstention)
    if part.missing is not None:
        word.add_paragraph().add_run(part.missing).italic = True
    if part.first_line is not None:
        first = word.add_paragraph(style=_FIRST_STYLE)
        first.add_run(part.first_line.value).bold = True
        first.add_run(f" {part.first_line.details}".rstrip())
    for paragraph in part.paragraphs:
        _add_sentences(word.add_paragraph(), paragraph, numbers)
    if part.remarks:
        word.add_heading(sheets.REMARKS, level)
        for line in part.remarks:
            word.add_paragraph(line, style=_LIST_STYLE)
    if part.differences:
        word.add_heading(sheets.DIFFERENCES, level)
        for difference in part.differences:
            _add_difference(word, difference, numbered)
    word.add_heading(sheets.ABOUT, level)
    for name, value in part.colophon:
        word.add_paragraph(f"{name}: {value}", style=_LIST_STYLE)


def _add_sentences(paragraph: Paragraph, said: Iterable[sheets.Sentence], numbers: Iterator[int]) -> None:
    for place, sentence in enumerate(said):
        if place:
            paragraph.add_run(" ")
        run = paragraph.add_run(sentence.words)
        run.font.strike = True if sentence.verdict == "unsupported" else None
        for _ in sentence.footnotes:
            mark = paragraph.add_run()
            mark.style = "footnote reference"
            _child(mark.element, "footnoteReference", id=str(next(numbers)))
        if doubt := DOUBTS[sentence.verdict]:
            paragraph.add_run(" ")
            paragraph.add_run(doubt).italic = True


def _add_difference(word: WordDocument, difference: sheets.Difference, numbered: Mapping[int, int]) -> None:
    word.add_paragraph(difference.about)
    table = word.add_table(rows=1, cols=len(sheets.COLUMNS), style="Table Grid")
    for cell, column in zip(table.rows[0].cells, sheets.COLUMNS, strict=True):
        cell.text = column
    for *words, number in difference.rows:
        shown = [*words, str(numbered.get(number, ""))]
        for cell, value in zip(table.add_row().cells, shown, strict=True):
            cell.text = value


def _add_footnotes(word: WordDocument, notes: Iterable[sheets.Note]) -> None:
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from lxml import etree

    root = _element("footnotes")
    for kind, number in _SEPARATORS:
        note = _child(root, "footnote", type=kind, id=str(number))
        _child(_child(_child(note, "p"), "r"), kind)
    for each in notes:
        root.append(_footnote(each))
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    package = word.part.package
    part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, data, package)
    word.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    properties = _element("footnotePr")
    for _, number in _SEPARATORS:
        _child(properties, "footnote", id=str(number))
    word.settings.element.insert_element_before(properties, *(f"w:{name}" for name in _FOLLOWING))


def _footnote(note: sheets.Note) -> Element:
    lines = [f" {note.words}"]
    if note.headings is not None:
        lines.append(f"{sheets.HEADINGS}{note.headings}")
    lines.append(f"— {note.attribution}")
    element = _element("footnote", id=str(note.number))
    for place, line in enumerate(lines):
        paragraph = _child(element, "p")
        _child(_child(paragraph, "pPr"), "pStyle", val=_NOTE_STYLE)
        if place == 0:
            mark = _child(paragraph, "r")
            _child(_child(mark, "rPr"), "rStyle", val=_MARK_STYLE)
            _child(mark, "footnoteRef")
        words = _child(_child(paragraph, "r"), "t")
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        words.text = line
    return element


def _element(name: str, **attributes: str) -> Element:
    from docx.oxml import OxmlElement

    return OxmlElement(f"w:{name}", {f"{{{W}}}{key}": value for key, value in attributes.items()})


def _child(parent: Element, name: str, **attributes: str) -> Element:
    element = _element(name, **attributes)
    parent.append(element)
    return element
