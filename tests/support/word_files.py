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
SUPERSCRIPT = "<w:vertAlign w:val='superscript'/>"


def saved(word: WordDocument) -> bytes:
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def read(write: Callable[[WordDocument], object]) -> Document:
    """The document that the loader reads from a Word file that ``write`` fills."""
    word = docx.Document()
    write(word)
    return read_docx(saved(word), PATH)


Writer = str | Callable[[WordDocument], object]


def text(*writers: Writer) -> str:
    """The text of a file that functions fill, and XML that is added at its end."""

    def write(word: WordDocument) -> None:
        for writer in writers:
            if callable(writer):
                writer(word)
                continue
            for element in list(parse_xml(f"<w:body {NAMESPACES}>{writer}</w:body>")):
                word.element.body.insert(len(word.element.body) - 1, element)

    return read(write).text


def p(content: str, properties: str = "") -> str:
    """A paragraph of words or runs."""
    runs = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def run(text: str) -> str:
    return formatted(text, "")


def formatted(text: str, properties: str) -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


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
