"""Reads an EPUB book (EPUB 2 or 3): its chapters, metadata and table of contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from pathlib import Path
from typing import TYPE_CHECKING

from index.documents import Document, Section
from index.errors import LoadError
from index.loaders.archive import Parts, check_archive
from index.loaders.assembly import assemble
from index.loaders.blocks import Block, block_starts, flow, join
from index.loaders.html.elements import page_blocks
from index.loaders.html.page import page_source, parse_page
from index.loaders.metadata import Properties, iso_date, language_code, readable_property, title_of_line
from index.loaders.options import DEFAULTS, Options

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def read_epub(data: bytes, path: Path, options: Options = DEFAULTS) -> Document:
    """Scripts do not run, and the loader fetches nothing."""
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
    properties = Properties(
        title=readable_property(book.first_value("title")),
        author=readable_property(", ".join(book.all_values("creator"))),
        publisher=readable_property(book.first_value("publisher")),
        published=iso_date(book.day()),
        language=language_code(book.first_value("language")),
    )
    return assemble(
        path,
        "epub",
        text,
        properties,
        heading=title_of_line(text),
        sections=_sections(book.contents, chapters, blocks, text),
        remedy="get a copy with text, not pictures of pages",
    )


def _sections(
    contents: tuple[Entry, ...], chapters: dict[str, Chapter], blocks: list[Block], text: str
) -> tuple[Section, ...]:
    starts = [*block_starts(blocks, text), len(text)]
    lengths = (len(chapter.blocks) for chapter in chapters.values())
    firsts = dict(zip(chapters, accumulate(lengths, initial=0), strict=False))
    found = [
        Section(starts[firsts[entry.path] + chapters[entry.path].places.get(entry.fragment, 0)], *titled)
        for entry in contents
        if entry.path in chapters and (titled := (entry.level, flow(entry.title)))[1]
    ]
    return tuple(sorted((one for one in found if one.start < len(text)), key=lambda one: one.start))


# The marks around a number that stands for an element's id while the page is read. They are noncharacters,
# which no text contains (Unicode, 23.7).
_OPENING, _CLOSING = "\ufdd0", "\ufdd1"
_PLACE = re.compile(f"{_OPENING}([0-9]+){_CLOSING}")
_NONCHARACTERS = re.compile(f"[{_OPENING}{_CLOSING}]|&#(?:x0*fdd[01]|0*6497[67]);", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chapter:
    """``places`` has the index of the block at which each wanted element begins, by id."""

    blocks: list[Block]
    places: dict[str, int]


def read_chapter(
    parts: Parts, name: str, wanted: AbstractSet[str], path: Path, styles: Sequence[str] = ()
) -> Chapter:
    """A chapter without words has no blocks; ``wanted`` are the ids of elements to find."""
    data = parts.read(name)
    if not data.strip():
        return Chapter([], {})
    try:
        source = page_source(data, path)
    except LoadError as error:
        cause = f"is broken: its part {name} {error.cause}"
        raise LoadError(path, cause, "get another copy of the book") from error
    page = parse_page(_NONCHARACTERS.sub("", source), styles)
    if page is None:
        return Chapter([], {})
    ids: dict[str, int] = {}
    for element in page.iter():
        identity = element.get("id") or element.get("name")
        if identity and identity in wanted and identity not in ids:
            element.text = f"{_OPENING}{len(ids)}{_CLOSING}{element.text or ''}"
            ids[identity] = len(ids)
    identities = list(ids)  # a mark's number is the index here
    blocks: list[Block] = []
    places: dict[str, int] = {}
    for block in page_blocks(page):
        for match in _PLACE.finditer(block.text):
            places.setdefault(identities[int(match[1])], len(blocks))
        text, marks = _PLACE.subn("", block.text)
        if text.strip():
            blocks.append(replace(block, text=text.strip()) if marks else block)
    return Chapter(blocks, places)


CONTAINER = "META-INF/container.xml"  # every book has it (EPUB 3.3, 4.2.6.3.1)
_ENCRYPTION = "META-INF/encryption.xml"
# They hide no text (EPUB 3.3, 4.4).
_FONT_OBFUSCATION = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
_CHAPTERS = {"application/xhtml+xml", "text/html"}
_NCX = "application/x-dtbncx+xml"
_TYPE = "{http://www.idpf.org/2007/ops}type"
_OPF = "{http://www.idpf.org/2007/opf}"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Entry:
    """``level`` is from 1; ``fragment`` is the id of an element, empty for the start of the chapter."""

    level: int
    title: str
    path: str
    fragment: str


@dataclass(frozen=True, slots=True)
class Book:
    """Paths are entries of the archive; ``spine`` has the chapters in reading order, each once."""

    package: str
    spine: tuple[str, ...]
    styles: tuple[str, ...]
    contents: tuple[Entry, ...]
    metadata: Element | None

    def all_values(self, name: str) -> list[str]:
        """``name`` is a Dublin Core element, such as ``creator``."""
        found = self.metadata.iter(f"{_DUBLIN_CORE}{name}") if self.metadata is not None else ()
        return [words for element in found if (words := flow("".join(element.itertext())))]

    def first_value(self, name: str) -> str | None:
        return next(iter(self.all_values(name)), None)

    def day(self) -> str | None:
        """A date with an event, which EPUB 2 allows, counts only if that is ``publication``."""
        dates = list(self.metadata.iter(f"{_DUBLIN_CORE}date")) if self.metadata is not None else []
        events = {date.get(f"{_OPF}event", ""): date for date in reversed(dates)}
        found = events.get("publication", events.get(""))
        return flow("".join(found.itertext())) if found is not None else None


def open_book(parts: Parts, path: Path) -> Book:
    """Raises LoadError if the container names no package, or the package lists no chapters."""
    remedy = "get another copy of the book"
    named = (_resolved("", one.get("full-path", ""))[0] for one in parts.xml(CONTAINER).iter("{*}rootfile"))
    package = next((one for one in named if one in parts), None)
    if package is None:
        raise LoadError(path, "is broken: its container names no package", remedy)
    root = parts.xml(package)
    items = {item.get("id", ""): item for item in root.iterfind("{*}manifest/{*}item")}
    read = [
        items[ref.get("idref", "")]
        for ref in root.iterfind("{*}spine/{*}itemref")
        if ref.get("idref") in items
    ]
    spine = dict.fromkeys(
        _resolved(package, item.get("href", ""))[0] for item in read if item.get("media-type") in _CHAPTERS
    )
    if not spine:
        raise LoadError(path, "is broken: its package lists no chapters", remedy)
    styles = [one for one in items.values() if one.get("media-type") == "text/css"]
    return Book(
        package,
        tuple(spine),
        tuple(name for one in styles if (name := _resolved(package, one.get("href", ""))[0]) in parts),
        _contents(parts, package, list(items.values())),
        root.find("{*}metadata"),
    )


def encrypted_paths(parts: Parts) -> set[str]:
    if _ENCRYPTION not in parts:
        return set()
    found: set[str] = set()
    for data in parts.xml(_ENCRYPTION).iter("{*}EncryptedData"):
        method = data.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _FONT_OBFUSCATION:
            found |= {_resolved("", one.get("URI", ""))[0] for one in data.iter("{*}CipherReference")}
    return found


def _contents(parts: Parts, package: str, items: list[Element]) -> tuple[Entry, ...]:
    """A broken table of contents is ignored, since the text can be read without it."""
    navigation = (one for one in items if "nav" in one.get("properties", "").split())
    older = (one for one in items if one.get("media-type") == _NCX)
    for read, listed in ((_nav_entries, navigation), (_ncx_entries, older)):
        for item in listed:
            name = _resolved(package, item.get("href", ""))[0]
            try:
                found = tuple(read(parts.xml(name), name))
            except LoadError:
                continue
            if found:
                return found
    return ()


def _nav_entries(root: Element, name: str) -> Iterator[Entry]:
    for nav in root.iter("{*}nav"):
        for item in nav.iter("{*}li") if "toc" in nav.get(_TYPE, "").split() else ():
            label = next(item.iterchildren("{*}a", "{*}span"), None)
            link = next(item.iter("{*}a"), None)
            if label is not None and link is not None:
                level = sum(1 for _ in item.iterancestors("{*}ol"))
                yield _entry(level, label, name, link.get("href"))


def _ncx_entries(root: Element, name: str) -> Iterator[Entry]:
    for point in root.iterfind("{*}navMap//{*}navPoint"):
        label, content = point.find("{*}navLabel"), point.find("{*}content")
        if label is not None and content is not None:
            level = 1 + sum(1 for _ in point.iterancestors("{*}navPoint"))
            yield _entry(level, label, name, content.get("src"))


def _entry(level: int, label: Element, name: str, reference: str | None) -> Entry:
    return Entry(level, flow("".join(label.itertext())), *_resolved(name, reference or ""))


def _resolved(base: str, reference: str) -> tuple[str, str]:
    """Both are empty if the reference has a scheme. Callers look the path up only in the archive."""
    written, _, fragment = reference.partition("#")
    if _SCHEME.match(written):
        return "", ""
    relative = _unescaped(written)
    if not relative:
        return base, _unescaped(fragment)
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), relative)), _unescaped(fragment)


def _unescaped(written: str) -> str:
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), written.encode()).decode(
        "utf-8", "replace"
    )
