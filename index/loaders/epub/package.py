"""The package of an EPUB book (EPUB 3.3): reading order, table of contents, metadata and encryption."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.loaders.archive import Parts
from index.loaders.blocks import flow

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CONTAINER = "META-INF/container.xml"
"""The entry that names the package; every book has it (EPUB 3.3, 4.2.6.3.1)."""

_ENCRYPTION = "META-INF/encryption.xml"
_FONT_OBFUSCATION = {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
"""The algorithms that obfuscate fonts; they hide no text (EPUB 3.3, 4.4)."""

_CHAPTERS = {"application/xhtml+xml", "text/html"}
_NCX = "application/x-dtbncx+xml"
_TYPE = "{http://www.idpf.org/2007/ops}type"
_OPF = "{http://www.idpf.org/2007/opf}"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a book's table of contents.

    Attributes:
        level: the entry's depth, from 1.
        title: the entry's words.
        path: the path of the chapter to which the entry leads.
        fragment: the id of an element in the chapter; empty for the start of the chapter.
    """

    level: int
    title: str
    path: str
    fragment: str


@dataclass(frozen=True, slots=True)
class Book:
    """A book's package. All paths are names of entries in the archive.

    Attributes:
        package: the path of the package.
        spine: the paths of the chapters in reading order, each once.
        styles: the paths of the book's style sheets.
        contents: the table of contents.
        metadata: the ``metadata`` element of the package; None if it has none.
    """

    package: str
    spine: tuple[str, ...]
    styles: tuple[str, ...]
    contents: tuple[Entry, ...]
    metadata: Element | None

    def all_values(self, name: str) -> list[str]:
        """Return the values of a Dublin Core element, such as ``creator``, in order, without empty ones."""
        found = self.metadata.iter(f"{_DUBLIN_CORE}{name}") if self.metadata is not None else ()
        return [words for element in found if (words := flow("".join(element.itertext())))]

    def first_value(self, name: str) -> str | None:
        """Return the first value of a Dublin Core element, such as ``title``; None if there is none."""
        return next(iter(self.all_values(name)), None)

    def day(self) -> str | None:
        """Return the date of publication as the book writes it; None if there is none.

        EPUB 2 may label a date with an event. A date with an event other than ``publication`` does not count.
        """
        dates = list(self.metadata.iter(f"{_DUBLIN_CORE}date")) if self.metadata is not None else []
        events = {date.get(f"{_OPF}event", ""): date for date in reversed(dates)}
        found = events.get("publication", events.get(""))
        return flow("".join(found.itertext())) if found is not None else None


def open_book(parts: Parts, path: Path) -> Book:
    """Read the package of a book. The book's container, ``META-INF/container.xml``, names the package.

    Raises:
        LoadError: if the container names no package, or the package lists no chapters.
    """
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
    """Return the paths of the entries that are encrypted, except obfuscated fonts."""
    if _ENCRYPTION not in parts:
        return set()
    found: set[str] = set()
    for data in parts.xml(_ENCRYPTION).iter("{*}EncryptedData"):
        method = data.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _FONT_OBFUSCATION:
            found |= {_resolved("", one.get("URI", ""))[0] for one in data.iter("{*}CipherReference")}
    return found


def _contents(parts: Parts, package: str, items: list[Element]) -> tuple[Entry, ...]:
    """Read the table of contents from EPUB 3's navigation document or, without one, from EPUB 2's NCX.

    A broken table of contents is ignored, since the text can be read without it.
    """
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
    """Return the path and the fragment to which a reference in the archive's entry ``base`` leads.

    Both are empty if the reference has a scheme, such as ``https:``.
    Callers look up the path only among the archive's entries, so no reference leads out of the archive.
    """
    written, _, fragment = reference.partition("#")
    if _SCHEME.match(written):
        return "", ""
    relative = _unescaped(written)
    if not relative:
        return base, _unescaped(fragment)
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), relative)), _unescaped(fragment)


def _unescaped(written: str) -> str:
    """Decode the percent-encoding in ``written`` (RFC 3986, 2.1)."""
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), written.encode()).decode(
        "utf-8", "replace"
    )
