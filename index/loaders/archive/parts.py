"""The parts of an archive that holds a document: their bytes, and their XML without what it refers to."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from index.errors import LoadError
from index.loaders.blocks import flow

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_REMEDY = "open it in the program that made it and save it again"


class Parts:
    """The parts of an archive by their names in it; no name leads out of it.

    Raises:
        LoadError: if the archive cannot be opened.
    """

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
        """The bytes of a part.

        Raises:
            LoadError: if it is missing, damaged, or packed in a way that cannot be unpacked.
        """
        try:
            return self._archive.read(name)
        except KeyError as error:
            raise LoadError(self._path, f"is broken: its part {name} is missing", _REMEDY) from error
        except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            cause = f"is broken: its part {name} cannot be unpacked: {flow(str(error))}"
            raise LoadError(self._path, cause, _REMEDY) from error

    def xml(self, name: str) -> Element:
        """The root of a part. Entities are not expanded, and nothing is fetched.

        Raises:
            LoadError: if it is missing, damaged, or no XML.
        """
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(self.read(name), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            cause = f"is broken: its part {name} is no XML: {flow(str(error))}"
            raise LoadError(self._path, cause, _REMEDY) from error
