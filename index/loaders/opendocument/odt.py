"""Reads OpenDocument texts and spreadsheets as a Document, with each header and footer once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from index.documents import Document
from index.errors import LoadError
from index.loaders.archive import Parts, check_archive
from index.loaders.blocks import Block, Heading, flow, join, prose, running_titles, sections_of
from index.loaders.metadata import (
    Properties,
    assemble,
    iso_date,
    language_code,
    readable_property,
    title_of_line,
)
from index.loaders.opendocument.content import Content
from index.loaders.opendocument.names import DUBLIN_CORE, MANIFEST, META, OFFICE, STYLE, TABLE, TEXT
from index.loaders.options import DEFAULTS, Options

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MANIFEST = "META-INF/manifest.xml"
_WHOLLY_ENCRYPTED = b"encrypted-package"
"""The only entry of a file that is encrypted as a whole (OpenDocument 1.4, part 2, 3.4)."""

_RUNNING = ("header", "header-first", "header-left", "footer", "footer-first", "footer-left")


def read_odt(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Read an OpenDocument text (.odt) as a document. Macros do not run, and the loader fetches nothing.

    Deleted text and comments are left out. Notes follow the body, each with its mark. Headers and footers
    come last, without repetitions. The author is the person who created the document, else the person who
    last saved it. The date is the day on which the document was last saved, else the day of its creation.

    Raises:
        LoadError: if the file is encrypted, broken, of another format, too large when unpacked, or has no
            words.
    """
    return _read(data, path, options, "odt")


def read_ods(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Read an OpenDocument spreadsheet (.ods) as a document: the name and the rows of each visible sheet.

    Raises:
        LoadError: as for ``read_odt``.
    """
    return _read(data, path, options, "ods")


def _read(data: bytes, path: Path, options: Options, kind: str) -> Document:
    parts = _open(
        data, path, options, "an OpenDocument text" if kind == "odt" else "an OpenDocument spreadsheet"
    )
    root = parts.xml("content.xml")
    styles = parts.xml("styles.xml") if "styles.xml" in parts else None
    content = Content(
        *(part for part in (styles, root) if part is not None),
        object_at=lambda name: parts.xml(f"{name}/content.xml") if f"{name}/content.xml" in parts else None,
    )
    sheets = root.find(f"{OFFICE}body/{OFFICE}spreadsheet")
    blocks = list(content.blocks(root) if sheets is None else _sheets(sheets, content))
    on_page = _title(root, blocks, content) if sheets is None else None
    blocks_of_pages = _headers_and_footers(styles, content) if styles is not None and sheets is None else ()
    running = list(running_titles(blocks_of_pages))  # read them before the notes: headers may have notes
    blocks += [*content.footnotes, *content.endnotes, *running]
    text = join(blocks)
    return assemble(
        path,
        kind,
        text,
        _properties(parts),
        heading=on_page,
        sample=prose(blocks),
        sections=sections_of(blocks, text),
    )


def _properties(parts: Parts) -> Properties:
    meta = parts.xml("meta.xml") if "meta.xml" in parts else None

    def value_of(name: str) -> str | None:
        found = meta.find(f".//{name}") if meta is not None else None
        return flow("".join(found.itertext())) if found is not None else None

    first_author, last_author = value_of(f"{META}initial-creator"), value_of(f"{DUBLIN_CORE}creator")
    return Properties(
        title=readable_property(value_of(f"{DUBLIN_CORE}title")),
        author=readable_property(first_author) or readable_property(last_author),
        published=iso_date(value_of(f"{DUBLIN_CORE}date")) or iso_date(value_of(f"{META}creation-date")),
        language=language_code(value_of(f"{DUBLIN_CORE}language")),
    )


def _open(data: bytes, path: Path, options: Options, kind: str) -> Parts:
    if data.startswith(b"PK") and _WHOLLY_ENCRYPTED in data:
        raise LoadError(path, "is encrypted", "save it without a password")
    check_archive(data, path, "content.xml", kind, options.limits)
    parts = Parts(data, path)
    if _MANIFEST in parts and parts.xml(_MANIFEST).find(f".//{MANIFEST}encryption-data") is not None:
        raise LoadError(path, "is encrypted", "save it without a password")
    return parts


def _title(body: Element, blocks: list[Block], content: Content) -> str | None:
    """Return the first paragraph in the style ``Title``, else the first line if it looks like a title.

    Return None if there is neither.
    """
    styled = next((p for p in body.iter(f"{TEXT}p", f"{TEXT}h") if content.has_style(p, "Title")), None)
    own = (
        styled.itertext(with_tail=False)
        if styled is not None and styled.find(f".//{TEXT}note") is None
        else ()
    )
    first = next((block.text for block in blocks if block.text.strip()), "")
    return flow("".join(own)) or title_of_line(first)


def _sheets(sheets: Element, content: Content) -> Iterator[Block]:
    """Yield the name and the rows of each visible sheet."""
    for sheet in sheets.iterchildren(f"{TABLE}table"):
        if content.styles.is_sheet_hidden(sheet.get(f"{TABLE}style-name")):
            continue
        rows = [block for block in content.rows(sheet) if block.text.strip()]
        if rows:
            yield Heading(flow(sheet.get(f"{TABLE}name", "")))
            yield from rows


def _headers_and_footers(styles: Element, content: Content) -> Iterator[Block]:
    for page in styles.iter(f"{STYLE}master-page"):
        for name in _RUNNING:
            for part in page.iterchildren(f"{STYLE}{name}"):
                if part.get(f"{STYLE}display") != "false":
                    yield from content.blocks(part)
