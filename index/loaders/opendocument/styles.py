"""Reads OpenDocument styles that change the text a reader sees: they hide it, raise it or set its font."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.loaders.opendocument.names import DISPLAY, FORMAT, STYLE, SVG, TABLE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_RAISED = re.compile(r"super\b|0*[1-9][0-9.]*%")
_MOST_PARENTS = 20
"""The longest chain of parent styles; a longer chain is circular."""


@dataclass(frozen=True, slots=True)
class _StyleProperties:
    """The properties of a style; None for a property that the parent style decides."""

    parent: str
    is_hidden: bool | None
    is_raised: bool | None
    font: str | None
    is_sheet_hidden: bool


class Styles:
    """The styles of a document.

    Args:
        roots: the root elements of ``styles.xml``, if the file has it, and of ``content.xml``, in this order.
    """

    def __init__(self, *roots: Element) -> None:
        self._properties: dict[str, _StyleProperties] = {}
        fonts = {
            face.get(f"{STYLE}name", ""): face.get(f"{SVG}font-family", "").strip("\"'")
            for root in roots
            for face in root.iter(f"{STYLE}font-face")
        }
        for root in roots:
            for style in root.iter(f"{STYLE}style"):
                self._properties[style.get(f"{STYLE}name", "")] = _properties_of(style, fonts)

    def parent(self, name: str) -> str | None:
        """Return the name of a style's parent; empty if it has no parent, None if the style is unknown."""
        properties = self._properties.get(name)
        return properties.parent if properties is not None else None

    def is_hidden(self, name: str | None) -> bool:
        """Return whether text in a style is hidden."""
        return next((one.is_hidden for one in self._with_parents(name) if one.is_hidden is not None), False)

    def is_raised(self, name: str | None) -> bool | None:
        """Return whether text in a style is raised above the line; None if the style does not say."""
        return next((one.is_raised for one in self._with_parents(name) if one.is_raised is not None), None)

    def font(self, name: str | None) -> str | None:
        """Return the font of text in a style; None if the style does not say."""
        return next((one.font for one in self._with_parents(name) if one.font), None)

    def is_sheet_hidden(self, name: str | None) -> bool:
        """Return whether a sheet with this style is hidden."""
        return any(one.is_sheet_hidden for one in self._with_parents(name))

    def _with_parents(self, name: str | None) -> Iterator[_StyleProperties]:
        """Yield the properties of a style, then of its parent style, of that style's parent, and so on."""
        for _ in range(_MOST_PARENTS):
            properties = self._properties.get(name or "")
            if properties is None:
                return
            yield properties
            name = properties.parent


def _properties_of(style: Element, fonts: dict[str, str]) -> _StyleProperties:
    words = style.find(f"{STYLE}text-properties")
    sheet = style.find(f"{STYLE}table-properties")
    display = words.get(DISPLAY) if words is not None else None
    position = words.get(f"{STYLE}text-position") if words is not None else None
    named = words.get(f"{STYLE}font-name") if words is not None else None
    family = words.get(f"{FORMAT}font-family", "").strip("\"'") if words is not None else ""
    return _StyleProperties(
        style.get(f"{STYLE}parent-style-name", ""),
        display == "none" if display is not None else None,
        _RAISED.match(position) is not None if position is not None else None,
        fonts.get(named, named) if named else family or None,
        sheet is not None and sheet.get(f"{TABLE}display") == "false",
    )
