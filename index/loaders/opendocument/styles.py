"""Styles of OpenDocument, as far as they change what a reader sees: hidden, raised, in symbols."""

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
"""A style is made of another, and this of a third; more than so many were made to go round."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a style says of words, and of a sheet; None where it does not say."""

    parent: str
    is_hidden: bool | None
    is_raised: bool | None
    font: str | None
    is_sheet_hidden: bool


class Styles:
    """The styles of a document.

    Args:
        roots: the parts that have them: the styles of the document, then those of its content.
    """

    def __init__(self, *roots: Element) -> None:
        self._said: dict[str, _Said] = {}
        fonts = {
            face.get(f"{STYLE}name", ""): face.get(f"{SVG}font-family", "").strip("\"'")
            for root in roots
            for face in root.iter(f"{STYLE}font-face")
        }
        for root in roots:
            for style in root.iter(f"{STYLE}style"):
                self._said[style.get(f"{STYLE}name", "")] = _said(style, fonts)

    def parent(self, name: str) -> str | None:
        """The style that a style is made of."""
        said = self._said.get(name)
        return said.parent if said is not None else None

    def is_hidden(self, name: str | None) -> bool:
        """Whether words in a style are not shown."""
        return next((one.is_hidden for one in self._line(name) if one.is_hidden is not None), False)

    def is_raised(self, name: str | None) -> bool | None:
        """Whether words in a style are set above the line; None where it does not say."""
        return next((one.is_raised for one in self._line(name) if one.is_raised is not None), None)

    def font(self, name: str | None) -> str | None:
        """The font of words in a style; None where it does not say."""
        return next((one.font for one in self._line(name) if one.font), None)

    def is_sheet_hidden(self, name: str | None) -> bool:
        """Whether a sheet in a style is not shown."""
        return any(one.is_sheet_hidden for one in self._line(name))

    def _line(self, name: str | None) -> Iterator[_Said]:
        """What a style says, and those that it is made of."""
        for _ in range(_MOST_PARENTS):
            said = self._said.get(name or "")
            if said is None:
                return
            yield said
            name = said.parent


def _said(style: Element, fonts: dict[str, str]) -> _Said:
    words = style.find(f"{STYLE}text-properties")
    sheet = style.find(f"{STYLE}table-properties")
    display = words.get(DISPLAY) if words is not None else None
    position = words.get(f"{STYLE}text-position") if words is not None else None
    named = words.get(f"{STYLE}font-name") if words is not None else None
    family = words.get(f"{FORMAT}font-family", "").strip("\"'") if words is not None else ""
    return _Said(
        style.get(f"{STYLE}parent-style-name", ""),
        display == "none" if display is not None else None,
        _RAISED.match(position) is not None if position is not None else None,
        fonts.get(named, named) if named else family or None,
        sheet is not None and sheet.get(f"{TABLE}display") == "false",
    )
