"""Word documents for tests, made by python-docx, with XML for the features that python-docx lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
from docx.document import Document as WordDocument
from docx.oxml import parse_xml

from index.documents import Document
from index.loaders.word import read_docx

PATH = Path("reports/dam.docx")
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
HIDDEN = "<w:vanish/>"
SUPERSCRIPT = "<w:vertAlign w:val='superscript'/>"
SYMBOL = "<w:rFonts w:ascii='Symbol' w:hAnsi='Symbol'/>"


def saved(word: WordDocument) -> bytes:
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def read(write: Callable[[WordDocument], object]) -> Document:
    """The document that the loader reads from a Word file that ``write`` fills."""
    word = docx.Document()
    write(word)
    return read_docx(saved(word), PATH)


def paragraph(xml: str) -> Callable[[WordDocument], object]:
    return lambda word: word.element.body.insert(0, parse_xml(f"<w:p {NAMESPACES}>{xml}</w:p>"))


def run(text: str) -> str:
    return formatted(text, "")


def formatted(text: str, properties: str) -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def written(*paragraphs: str) -> Callable[[WordDocument], object]:
    def write(word: WordDocument) -> None:
        for xml in paragraphs:
            word.element.body.insert(
                len(word.element.body) - 1, parse_xml(xml.replace("<w:p>", f"<w:p {NAMESPACES}>", 1))
            )

    return write


def styled(name: str, kind: str, properties: str, others: str = "") -> Callable[[WordDocument], object]:
    """Adds a style of runs (``character``) or of paragraphs, with properties of words and other elements."""
    xml = (
        f"<w:style {NAMESPACES} w:type='{kind}' w:styleId='{name}'><w:name w:val='{name}'/>{others}"
        f"<w:rPr>{properties}</w:rPr></w:style>"
    )
    return lambda word: word.styles.element.append(parse_xml(xml))


def numbered(
    number: int, kind: str = "", text: str = "", override: str = ""
) -> Callable[[WordDocument], object]:
    """Adds a list; without ``kind``, it uses the definition that an earlier list has added."""

    def write(word: WordDocument) -> None:
        numbering = word.part.numbering_part.element
        if kind:
            numbering.insert(
                0,
                parse_xml(
                    f"<w:abstractNum {NAMESPACES} w:abstractNumId='9100'><w:lvl w:ilvl='0'>"
                    f"<w:numFmt w:val='{kind}'/><w:lvlText w:val='{text}'/></w:lvl></w:abstractNum>"
                ),
            )
        numbering.append(
            parse_xml(
                f"<w:num {NAMESPACES} w:numId='{9100 + number}'><w:abstractNumId w:val='9100'/>"
                f"{override}</w:num>"
            )
        )

    return write


def item(number: int, text: str, end: str = "") -> str:
    """An item of a list, with words or runs; ``end`` has the properties of the paragraph's end mark."""
    place = f"<w:numPr><w:ilvl w:val='0'/><w:numId w:val='{9100 + number}'/></w:numPr>"
    return f"<w:p><w:pPr>{place}{end}</w:pPr>{text if text.startswith('<') else run(text)}</w:p>"


def changed(name: str, *replaced: bytes | re.Pattern[bytes]) -> bytes:
    """A document with the word MARK, in whose file ``name`` parts are replaced: old, new, old, new."""
    word = docx.Document()
    word.add_paragraph("MARK")
    made = BytesIO()
    with ZipFile(BytesIO(saved(word))) as source, ZipFile(made, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            for old, new in zip(replaced[::2], replaced[1::2], strict=True) if entry == name else ():
                assert isinstance(new, bytes)
                pattern = re.compile(re.escape(old)) if isinstance(old, bytes) else old
                content = pattern.sub(new.replace(b"\\", rb"\\"), content, count=1)
            target.writestr(entry, content)
    return made.getvalue()
