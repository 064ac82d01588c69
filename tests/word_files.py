"""Word documents for tests: made by python-docx, with what it cannot write put in as XML."""

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
from index.loading.docx import read_docx

PATH = Path("reports/dam.docx")
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def saved(word: WordDocument) -> bytes:
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def read(write: Callable[[WordDocument], object]) -> Document:
    """What a document becomes that ``write`` filled."""
    word = docx.Document()
    write(word)
    return read_docx(saved(word), PATH)


def paragraph(xml: str) -> Callable[[WordDocument], object]:
    """Writes one paragraph with this content."""
    return lambda word: word.element.body.insert(0, parse_xml(f"<w:p {NAMESPACES}>{xml}</w:p>"))


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def changed(name: str, *replaced: bytes | re.Pattern[bytes]) -> bytes:
    """A document of the word MARK, with parts of one of its files replaced: old, new, old, new."""
    word = docx.Document()
    word.add_paragraph("MARK")
    made = BytesIO()
    with ZipFile(BytesIO(saved(word))) as source, ZipFile(made, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            for old, new in zip(replaced[::2], replaced[1::2], strict=True) if entry == name else ():
                assert isinstance(new, bytes)
                pattern = re.compile(re.escape(old)) if isinstance(old, bytes) else old
                content = pattern.sub(lambda _, new=new: new, content, count=1)
            target.writestr(entry, content)
    return made.getvalue()
