"""Word document → Document: paragraphs, lists, tables and footnotes, with the running titles once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from index.documents import Document, Origin
from index.errors import LoadError
from index.loaders.archive.unpack import check_archive
from index.loaders.blocks import Block, flow, join
from index.loaders.metadata import readable_property, title_of_line, title_of_name
from index.loaders.options import DEFAULTS, Options
from index.loaders.outline import sections_of
from index.loaders.word.wordprocessing import Content
from index.text.languages import detect

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.opc.coreprops import CoreProperties

_PROGRAMS = frozenset({"python-docx"})
"""What programs put where an author's name belongs."""

_BROKEN_PARTS = (BadZipFile, zlib.error, NotImplementedError, EOFError, OSError)
"""What reading a part of an archive fails with, whose directory was sound."""

_PROSE_CHARACTERS = 80
"""From here on a block is taken for prose: tables of contents are in no language in particular."""


def read_docx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """The document of a Word file (.docx). Macros are not run, and nothing that it refers to is fetched.

    Its text is what a reader of the pages sees: deleted revisions, hidden words and codes of fields are left
    out, insertions are in. Notes follow the body, each with its mark as Word counts them; headers and footers
    come last, each wording once.

    Raises:
        LoadError: if the file is encrypted, broken, of another format, too large when unpacked, or empty of
            words.
    """
    check_archive(data, path, "word/document.xml", "a Word document", options.limits)
    with damage_named(path):
        return _read(data, path)


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """What python-docx raises where a part is not what another says that it is, becomes a LoadError.

    It takes parts to pieces only when they are asked for, so that this is around all the reading.
    """
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    try:
        yield
    except RecursionError as error:
        raise LoadError(path, "is broken: its parts are nested too deeply", "save it again") from error
    except (*_BROKEN_PARTS, OpcError, LxmlError, LookupError, ValueError, AttributeError, TypeError) as error:
        cause = flow(str(error.args[0] if error.args else "")) or type(error).__name__
        raise LoadError(
            path, f"is broken: {cause}", "open it in a word processor and save it again"
        ) from error


def _read(data: bytes, path: Path) -> Document:
    import docx

    word = docx.Document(BytesIO(data))
    content = Content(word.part, word.element.body)
    blocks = list(content.blocks(word.element.body))
    said = _properties(word)
    named, first = readable_property(said.title) if said else None, _title(word, blocks)
    blocks += content.notes()
    blocks += _running_titles(word, content)
    text = join(blocks)
    if not text:
        raise LoadError(path, "holds no words to read", "save it again with its text")
    author = readable_property(said.author) if said else None
    author = None if author in _PROGRAMS else author
    published = (_day(said.modified) or _day(said.created)) if said else None
    origins: dict[str, Origin] = {
        name: "document properties" for name, value in (("author", author), ("published", published)) if value
    }
    origins["title"] = "document properties" if named else "page" if first else "file name"
    prose = "\n".join(block.text for block in blocks if len(block.text) >= _PROSE_CHARACTERS)
    return Document(
        text=text,
        title=named or first or title_of_name(path),
        kind="docx",
        language=detect(prose or text),
        published=published,
        author=author,
        origins=origins,
        sections=sections_of(blocks, text),
    )


def _properties(word: WordDocument) -> CoreProperties | None:
    """What the file says of itself; None where it says nothing, for which python-docx would make it up."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    kinds = {relation.reltype for relation in word.part.package.rels.values()} if word.part.package else set()
    return word.core_properties if RELATIONSHIP_TYPE.CORE_PROPERTIES in kinds else None


def _title(word: WordDocument, blocks: Iterable[Block]) -> str | None:
    """The first paragraph in the style for titles, else the first line if it is short."""
    styled = next((flow(p.text) for p in word.paragraphs if p.style and p.style.style_id == "Title"), None)
    first = next((block.text for block in blocks if block.text.strip()), "")
    return styled or title_of_line(first)


def _running_titles(word: WordDocument, content: Content) -> Iterator[Block]:
    """The headers and footers of all sections, each wording once whatever figures it has."""
    seen: set[str] = set()
    for section in word.sections:
        for part in (
            *(section.header, section.first_page_header, section.even_page_header),
            *(section.footer, section.first_page_footer, section.even_page_footer),
        ):
            # A part that is linked to the section before would be made by asking for its content.
            if part.is_linked_to_previous:
                continue
            # python-docx has no public name for the element.
            for block in content.blocks(part._element):
                wording = "".join(character for character in block.text if character.isalpha())
                if wording and wording not in seen:
                    seen.add(wording)
                    yield block


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None
