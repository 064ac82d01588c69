"""Reads an EPUB book as a Document: chapters in reading order, the table of contents as the outline."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from index.documents import Document, Section
from index.errors import LoadError
from index.loaders.archive import Parts, check_archive
from index.loaders.blocks import Block, block_starts, flow, join
from index.loaders.epub.chapters import Chapter, read_chapter
from index.loaders.epub.package import CONTAINER, Book, Entry, encrypted_paths, open_book
from index.loaders.metadata import (
    Properties,
    assemble,
    iso_date,
    language_code,
    readable_property,
    title_of_line,
)
from index.loaders.options import DEFAULTS, Options


def read_epub(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Read an EPUB book (EPUB 2 or 3) as a document. Scripts do not run, and the loader fetches nothing.

    Raises:
        LoadError: if the file is encrypted (DRM), broken, of another format, too large when unpacked, or has
            no words.
    """
    check_archive(data, path, CONTAINER, "an EPUB book", options.limits)
    parts = Parts(data, path)
    book = open_book(parts, path)
    if encrypted_paths(parts) & {*book.spine, book.package}:
        cause = "is encrypted: its rights are managed (DRM)"
        raise LoadError(path, cause, "get a copy without DRM from its publisher")
    wanted: dict[str, set[str]] = {}
    for entry in book.contents:
        wanted.setdefault(entry.path, set()).add(entry.fragment)
    styles = [parts.read(name).decode("utf-8", "replace") for name in book.styles]
    chapters = {one: read_chapter(parts, one, wanted.get(one, set()), path, styles) for one in book.spine}
    blocks = list(chain.from_iterable(chapter.blocks for chapter in chapters.values()))
    text = join(blocks)
    return assemble(
        path,
        "epub",
        text,
        _properties(book),
        heading=title_of_line(text),
        sections=_sections(book.contents, chapters, blocks, text),
        remedy="get a copy with text, not pictures of pages",
    )


def _properties(book: Book) -> Properties:
    return Properties(
        title=readable_property(book.first_value("title")),
        author=readable_property(", ".join(book.all_values("creator"))),
        publisher=readable_property(book.first_value("publisher")),
        published=iso_date(book.day()),
        language=language_code(book.first_value("language")),
    )


def _sections(
    contents: tuple[Entry, ...], chapters: dict[str, Chapter], blocks: list[Block], text: str
) -> tuple[Section, ...]:
    """Return a section for each entry of the table of contents that leads to text, in text order."""
    starts = [*block_starts(blocks, text), len(text)]
    firsts: dict[str, int] = {}
    count = 0
    for name, chapter in chapters.items():
        firsts[name] = count
        count += len(chapter.blocks)
    found = [
        Section(starts[firsts[entry.path] + chapters[entry.path].places.get(entry.fragment, 0)], *titled)
        for entry in contents
        if entry.path in chapters and (titled := (entry.level, flow(entry.title)))[1]
    ]
    return tuple(sorted((one for one in found if one.start < len(text)), key=lambda one: one.start))
