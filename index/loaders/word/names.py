"""The XML names of WordprocessingML (ISO/IEC 29500-1, clause 17), and functions that read its elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import regex

from index.loaders.archive import parse_xml

if TYPE_CHECKING:
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_OFF = {"0", "false", "off", "none"}


def related(part: Part, kind: str) -> Element | None:
    """Return the root element of another part (a file in the document), to which ``part`` refers.

    ``kind`` is the type of the other part. Return None if there is no such part, or if it is not XML.
    """
    from lxml.etree import XMLSyntaxError

    for relation in part.rels.values():
        if relation.reltype == _RELATIONS + kind and not relation.is_external:
            try:
                return parse_xml(relation.target_part.blob)
            except XMLSyntaxError:
                return None
    return None


def value(element: Element | None, path: str) -> str | None:
    """Return the value of the element at ``path``, such as ``pPr/pStyle``, below ``element``.

    Return None if there is no such element, or if it has no value.
    """
    found = element.find("/".join(W + name for name in path.split("/"))) if element is not None else None
    return found.get(f"{W}val") if found is not None else None


def switch(element: Element | None, name: str) -> bool | None:
    """Return whether the on/off property ``name`` of ``element`` is on; None if it is not set."""
    found = element.find(W + name) if element is not None else None
    return None if found is None else found.get(f"{W}val", "1") not in _OFF


def integer(written: str | None, otherwise: int) -> int:
    """Parse a number of up to six digits; return ``otherwise`` if ``written`` is anything else."""
    return int(written) if written and regex.fullmatch(r"[0-9]{1,6}", written) else otherwise
