"""What an Office file says of itself: the core properties of its package (ECMA-376, part 2, section 11)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from index.loaders.blocks import flow
from index.loaders.metadata import iso_date, readable_property

_PART = "docProps/core.xml"
_PROGRAMS = frozenset({"openpyxl", "python-pptx", "python-docx", "Apache POI", "Microsoft Office User"})
"""What programs put where an author's name belongs."""


@dataclass(frozen=True, slots=True)
class Properties:
    """A file's title, author and day; None where it does not say, or a program filled it in.

    Attributes:
        title: its title.
        author: who made it.
        published: the day on which it was last changed, else made, as an ISO 8601 date.
    """

    title: str | None = None
    author: str | None = None
    published: str | None = None


def core_properties(data: bytes) -> Properties:
    """The properties of an Office file; none where they are missing or cannot be read.

    They are read here rather than by the libraries for each format, which make up what is missing.

    Args:
        data: an archive that ``check_archive`` has let through.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        with ZipFile(BytesIO(data)) as archive:
            root = etree.fromstring(archive.read(_PART), parser)
    except (KeyError, BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, etree.XMLSyntaxError):
        return Properties()
    said: dict[str, str] = {}
    for element in root:
        if isinstance(element.tag, str) and flow(element.text or ""):
            said.setdefault(etree.QName(element).localname, flow(element.text or ""))
    author = readable_property(said.get("creator"))
    return Properties(
        title=readable_property(said.get("title")),
        author=None if author in _PROGRAMS else author,
        published=iso_date(said.get("modified")) or iso_date(said.get("created")),
    )
