"""Reads a Word document as a Document: paragraphs, lists, tables, notes, and each header and footer once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from index.documents import Document
from index.loaders.archive import check_archive, core_properties, damage_reported
from index.loaders.blocks import Block, flow, join, prose, running_titles, sections_of
from index.loaders.metadata import assemble, title_of_line
from index.loaders.options import DEFAULTS, Options
from index.loaders.word.content import Content

if TYPE_CHECKING:
    from docx.document import Document as WordDocument


def read_docx(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Read a Word file (.docx) as a document. Macros do not run, and the loader fetches nothing.

    Text that a tracked change deletes, hidden text and field codes are left out; text that a tracked change
    inserts is kept. Notes follow the body, each with the mark that Word would show. Headers and footers come
    last, without repetitions.

    Raises:
        LoadError: if the file is encrypted, broken, of another format, too large when unpacked, or has no
            words.
    """
    check_archive(data, path, "word/document.xml", "a Word document", options.limits)
    with docx_damage_reported(path):
        return _read(data, path)


def docx_damage_reported(path: Path) -> AbstractContextManager[None]:
    """Return a context manager that turns python-docx's errors about a damaged file into a LoadError."""
    from docx.opc.exceptions import OpcError

    return damage_reported(path, "word processor", OpcError)


def _read(data: bytes, path: Path) -> Document:
    import docx

    word = docx.Document(BytesIO(data))
    content = Content(word.part, word.element.body)
    blocks = list(content.blocks(word.element.body))
    heading = _title(word, blocks)
    blocks += content.notes()
    blocks += running_titles(_headers_and_footers(word, content))
    text = join(blocks)
    return assemble(
        path,
        "docx",
        text,
        core_properties(data, path),
        heading=heading,
        sample=prose(blocks),
        sections=sections_of(blocks, text),
    )


def _title(word: WordDocument, blocks: Iterable[Block]) -> str | None:
    """Return the first paragraph in the style ``Title``, else the first line if it looks like a title.

    Return None if there is neither.
    """
    styled = next((flow(p.text) for p in word.paragraphs if p.style and p.style.style_id == "Title"), None)
    first = next((block.text for block in blocks if block.text.strip()), "")
    return styled or title_of_line(first)


def _headers_and_footers(word: WordDocument, content: Content) -> Iterator[Block]:
    for section in word.sections:
        for part in (
            *(section.header, section.first_page_header, section.even_page_header),
            *(section.footer, section.first_page_footer, section.even_page_footer),
        ):
            # If a part is linked to that of the previous section, python-docx would create a new part here.
            if not part.is_linked_to_previous:
                yield from content.blocks(part._element)  # python-docx has no public name for the element.
