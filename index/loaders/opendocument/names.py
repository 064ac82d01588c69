"""Namespaces of OpenDocument (ISO/IEC 26300-1, 1.4), as lxml writes them before a name."""

from __future__ import annotations

_OPENDOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"

OFFICE = f"{{{_OPENDOCUMENT}:office:1.0}}"
TEXT = f"{{{_OPENDOCUMENT}:text:1.0}}"
TABLE = f"{{{_OPENDOCUMENT}:table:1.0}}"
STYLE = f"{{{_OPENDOCUMENT}:style:1.0}}"
DRAW = f"{{{_OPENDOCUMENT}:drawing:1.0}}"
META = f"{{{_OPENDOCUMENT}:meta:1.0}}"
SVG = f"{{{_OPENDOCUMENT}:svg-compatible:1.0}}"
FORMAT = f"{{{_OPENDOCUMENT}:xsl-fo-compatible:1.0}}"
MANIFEST = f"{{{_OPENDOCUMENT}:manifest:1.0}}"
LINK = "{http://www.w3.org/1999/xlink}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"

DISPLAY = f"{TEXT}display"
"""The attribute that hides a section or, in a style, all text with this style."""
