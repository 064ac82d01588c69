"""Tells kinds of files by their bytes, and checks and reads ZIP archives, the containers of Office files."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from index.errors import LoadError
from index.loaders.blocks import flow
from index.loaders.metadata import Properties, iso_date, readable_property
from index.loaders.options import MEGABYTE, LoadingLimits

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# The first bytes of an old Office file, or of a new one with a password ([MS-OFFCRYPTO], 2.3).
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (OLD_OFFICE, "an old Microsoft Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
)
_ZIPPED = (
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"mimetypeapplication/epub", "an EPUB book"),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file"),
)
_PDF_HEADER_WITHIN = 1024  # bytes within which readers accept a PDF's header (ISO 32000-1, annex H.3.4.1)


def seems_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:_PDF_HEADER_WITHIN]


def seems_html(data: bytes) -> bool:
    """A byte order mark and white space may come before the page."""
    start = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def binary_kind(data: bytes) -> str | None:
    """For example ``a PNG picture``; None if it is unknown."""
    if data.startswith(b"%PDF-"):
        return "a PDF"
    if data.startswith(b"PK\x03\x04"):
        entries = data[:4096] + data[-65536:]
        return next((kind for mark, kind in _ZIPPED if mark in entries), "a ZIP archive")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WebP picture"
    if data[4:8] == b"ftyp":
        return "a video"
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), None)


MAX_ENTRIES = 65_535  # the largest number of entries in an archive without the ZIP64 extension
_DAMAGE = (
    *(BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, SyntaxError, AssertionError),
    *(LookupError, ValueError, TypeError, AttributeError, OverflowError),
)
_ENCRYPTED = 0x1  # the flag of an entry that needs a password (APPNOTE.TXT, 4.4.4)
_REMEDY = "open it in the program that made it and save it again"
# Names that programs write in place of the author's name.
_PROGRAMS = frozenset({"openpyxl", "python-pptx", "python-docx", "Apache POI", "Microsoft Office User"})


def check_archive(data: bytes, path: Path, needed: str, kind: str, limits: LoadingLimits) -> None:
    """Raises LoadError without the entry ``needed``, or if the file is encrypted or unpacks too large."""
    if data.startswith(OLD_OFFICE):
        cause = "is encrypted or in an old Office format"
        raise LoadError(path, cause, f"save it without a password as {kind} ({path.suffix})")
    found = binary_kind(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if found is None or not data.startswith(b"PK"):
            seems = f": it seems to be {found}" if found else ""
            cause = f"is named {path.suffix} but is not {kind}{seems}"
            raise LoadError(path, cause, f"save it again as {kind}") from error
        raise LoadError(path, f"is broken: {error}", "save it again, or repair it") from error
    if len(entries) > MAX_ENTRIES:
        cause = f"has {len(entries):,} parts, more than the limit of {MAX_ENTRIES:,}"
        raise LoadError(path, f"{cause}, as malicious archives do", "save it again")
    if any(entry.header_offset < 0 for entry in entries):
        raise LoadError(path, "is broken: its beginning is missing", "save it again, or repair it")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise LoadError(path, "is encrypted", "save it without a password")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_megabytes * MEGABYTE:
        size = f"{unpacked / MEGABYTE:,.0f} MB"
        cause = f"unpacks to {size}, more than the limit of {limits.unpacked_megabytes:,} MB"
        raise LoadError(path, cause, "split it into parts")
    if unpacked > max(len(data) * limits.expansion, MEGABYTE):
        growth = f"{unpacked / len(data):,.0f} times its size"
        cause = f"unpacks to {growth}, more than the limit of {limits.expansion:,} times"
        raise LoadError(path, f"{cause}, as malicious archives do", "save it again")
    if needed not in {entry.filename for entry in entries}:
        other = found if found not in {None, "a ZIP archive", kind} else None
        seems = f": it seems to be {other}" if other else f": it has no {needed}"
        raise LoadError(path, f"is named {path.suffix} but is not {kind}{seems}", f"save it again as {kind}")


@contextmanager
def damage_reported(path: Path, program: str, *own: type[Exception]) -> Iterator[None]:
    """Damage may raise any error at any point: the libraries check little before they need a part."""
    from lxml.etree import LxmlError

    damage: tuple[type[Exception], ...] = (*_DAMAGE, LxmlError, *own)
    try:
        yield
    except RecursionError as error:
        raise LoadError(path, "is broken: its parts are nested too deeply", "save it again") from error
    except damage as error:
        first = error.__cause__ or error
        cause = flow(str(first.args[0] if first.args else "")) or type(first).__name__
        raise LoadError(path, f"is broken: {cause}", f"open it in a {program} and save it again") from error


def parse_xml(data: bytes) -> Element:
    """It expands no entities and fetches nothing. Raises lxml.etree.XMLSyntaxError."""
    from lxml import etree

    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


class Parts:
    """Looks up only entries of the archive. Raises LoadError if a part is missing or damaged."""

    def __init__(self, data: bytes, path: Path) -> None:
        self._path = path
        try:
            self._archive = ZipFile(BytesIO(data))
        except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise LoadError(path, f"is broken: {error}", _REMEDY) from error
        self._names = frozenset(self._archive.namelist())

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except KeyError as error:
            raise LoadError(self._path, f"is broken: its part {name} is missing", _REMEDY) from error
        except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            cause = f"is broken: its part {name} cannot be unpacked: {flow(str(error))}"
            raise LoadError(self._path, cause, _REMEDY) from error

    def xml(self, name: str) -> Element:
        from lxml.etree import XMLSyntaxError

        try:
            return parse_xml(self.read(name))
        except (XMLSyntaxError, ValueError) as error:
            cause = f"is broken: its part {name} is not XML: {flow(str(error))}"
            raise LoadError(self._path, cause, _REMEDY) from error


def core_properties(data: bytes, path: Path) -> Properties:
    """ECMA-376, part 2, section 11. The libraries for Office files invent values for missing properties."""
    properties: dict[str, str] = {}
    try:
        for element in Parts(data, path).xml("docProps/core.xml"):
            words = flow(element.text or "")
            if isinstance(element.tag, str) and words:
                properties.setdefault(element.tag.rpartition("}")[2], words)
    except LoadError:
        return Properties()
    author = readable_property(properties.get("creator"))
    return Properties(
        title=readable_property(properties.get("title")),
        author=None if author in _PROGRAMS else author,
        written=iso_date(properties.get("modified")) or iso_date(properties.get("created")),
    )
