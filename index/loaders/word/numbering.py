"""Numbers and bullets of lists, and levels of headings, in a Word document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import regex

from index.loaders.blocks import BULLET
from index.loaders.numerals import written_number
from index.loaders.word.names import W, integer, related, switch, value

if TYPE_CHECKING:
    from docx.opc.part import Part
    from lxml.etree import _Element as Element

_LEVEL = regex.compile(r"%([1-9])")
_HEADING_STYLE = regex.compile(r"heading ?([1-9])", regex.IGNORECASE)
_BODY_LEVEL = 9
"""The outline level of body text (ISO/IEC 29500-1, 17.3.1.20)."""

_MOST_BASES = 20
"""The longest chain of base styles; a longer chain is circular."""


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of a list.

    Attributes:
        kind: the format of the level's numbers.
        text: the pattern of the level's markers, for example ``%1.%2``.
        start: the level's first number.
        restart: this level's numbers restart after an item at one of the levels 1 to ``restart``. With 0,
            they never restart; with None, they restart after an item at any outer level.
        is_legal: whether the level's markers write the numbers of all levels as decimals.
    """

    kind: str
    text: str
    start: int
    restart: int | None
    is_legal: bool


@dataclass(frozen=True, slots=True)
class _List:
    """A list of a document.

    Attributes:
        definition: the id of the list's definition. All lists with one definition share their counts.
        levels: the list's levels, by depth from 0.
        begun_anew: the depths at which the list restarts the shared counts.
    """

    definition: str
    levels: dict[int, _Level]
    begun_anew: frozenset[int]


class Numbering:
    """Finds the markers (numbers or bullets) of list items, and the levels of headings.

    Items are counted, so callers must ask for markers in document order.
    """

    def __init__(self, part: Part) -> None:
        self._counts: dict[str, dict[int, int]] = {}
        self._counted: set[tuple[str, int]] = set()
        self._groups: dict[str, object] = {}
        styles = related(part, "styles")
        self._styles: dict[str, Element] = {
            style.get(f"{W}styleId") or "": style
            for style in (styles.iter(f"{W}style") if styles is not None else ())
        }
        root = related(part, "numbering")
        self._lists = self._read(root) if root is not None else {}

    def level(self, paragraph: Element) -> int:
        """Return the level of a heading, from 1; 0 for other paragraphs."""
        own = value(paragraph, "pPr/outlineLvl")
        if own is not None:
            level = integer(own, _BODY_LEVEL) + 1
        else:
            style = value(paragraph, "pPr/pStyle") or ""
            level = next((found for one in self._bases(style) if (found := _outline(one))), 0)
        return level if level <= _BODY_LEVEL else 0

    def marker(self, paragraph: Element) -> tuple[str, object | None]:
        """Count a list item; return its marker, and an object that identifies its list.

        Outside lists, the marker is empty and the object is None.
        """
        list_id, depth = self._list_and_depth(paragraph)
        item_list = self._lists.get(list_id)
        level = item_list.levels.get(depth) if item_list is not None else None
        if item_list is None or level is None:
            return "", None
        group = self._groups.setdefault(list_id, object())
        counts = self._counts.setdefault(item_list.definition, {})
        if depth in item_list.begun_anew and (list_id, depth) not in self._counted:
            counts.pop(depth, None)
        self._counted.add((list_id, depth))
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            restart = item_list.levels[deeper].restart if deeper in item_list.levels else None
            if restart is None or depth + 1 <= restart:
                del counts[deeper]
        if level.kind == "bullet":
            return BULLET, group
        written = _LEVEL.sub(lambda match: _counted(item_list, counts, level, int(match[1]) - 1), level.text)
        return (f"{written.strip()} " if written.strip() else ""), group

    def _list_and_depth(self, paragraph: Element) -> tuple[str, int]:
        """Return the id of a paragraph's list ("0" outside lists), and the paragraph's depth in it.

        The depth is from 0. The paragraph's style and its base styles give the values that it does not set.
        """
        list_id = value(paragraph, "pPr/numPr/numId")
        level = value(paragraph, "pPr/numPr/ilvl")
        for style in self._bases(value(paragraph, "pPr/pStyle") or ""):
            if list_id is not None and level is not None:
                break
            if style.find(f"{W}pPr/{W}numPr") is None:
                continue
            inherited = value(style, "pPr/numPr/numId")
            if list_id is None:
                list_id = inherited
                level = level or value(style, "pPr/numPr/ilvl") or self._level_of_style(list_id, style)
        return list_id or "0", integer(level, 0)

    def _level_of_style(self, list_id: str | None, style: Element) -> str | None:
        return self._linked.get((list_id or "", style.get(f"{W}styleId") or ""))

    def _bases(self, name: str) -> Iterator[Element]:
        """Yield a style, then the style on which it is based, and so on."""
        for _ in range(_MOST_BASES):
            style = self._styles.get(name)
            if style is None:
                return
            yield style
            name = value(style, "basedOn") or ""

    def _read(self, root: Element) -> dict[str, _List]:
        definitions = {one.get(f"{W}abstractNumId", ""): one for one in root.iter(f"{W}abstractNum")}
        numbered = {one.get(f"{W}numId", ""): one for one in root.iter(f"{W}num")}
        self._linked: dict[tuple[str, str], str] = {}
        lists: dict[str, _List] = {}
        for list_id, one in numbered.items():
            definition = value(one, "abstractNumId") or ""
            link = value(definitions.get(definition), "numStyleLink")
            if link is not None:  # the list has the levels of the style's list
                target = value(self._styles.get(link), "pPr/numPr/numId") or ""
                definition = value(numbered.get(target), "abstractNumId") or definition
            source = definitions.get(definition)
            written = source.findall(f"{W}lvl") if source is not None else []
            levels = {integer(level.get(f"{W}ilvl"), 0): _level(level) for level in written}
            for level in written:
                self._linked[list_id, value(level, "pStyle") or ""] = level.get(f"{W}ilvl") or "0"
            begun_anew: set[int] = set()
            for override in one.findall(f"{W}lvlOverride"):
                depth = integer(override.get(f"{W}ilvl"), 0)
                replaced = override.find(f"{W}lvl")
                if replaced is not None:
                    levels[depth] = _level(replaced)
                start = value(override, "startOverride")
                if start is not None and depth in levels:
                    levels[depth] = replace(levels[depth], start=integer(start, 1))
                    begun_anew.add(depth)
            lists[list_id] = _List(definition, levels, frozenset(begun_anew))
        return lists


def _level(element: Element) -> _Level:
    restart = value(element, "lvlRestart")
    return _Level(
        value(element, "numFmt") or "decimal",
        value(element, "lvlText") or "",
        integer(value(element, "start"), 1),
        None if restart is None else integer(restart, 0),
        switch(element, "isLgl") or False,
    )


def _counted(item_list: _List, counts: dict[int, int], item: _Level, depth: int) -> str:
    """Return a list's current number at ``depth``, for the marker of an item at the level ``item``.

    The number has the format of its own level or, if ``item.is_legal``, is a decimal. The result is empty if
    the level's format is ``none``.
    """
    level = item_list.levels.get(depth)
    kind = level.kind if level is not None else "decimal"
    if item.is_legal and kind not in {"bullet", "none"}:
        kind = "decimal"
    return written_number(counts.get(depth, level.start if level is not None else 1), kind)


def _outline(style: Element) -> int:
    """Return the heading level of a style, from 1; 0 if the style gives none."""
    written = value(style, "pPr/outlineLvl")
    if written is not None:
        return integer(written, _BODY_LEVEL) + 1
    called = _HEADING_STYLE.fullmatch(value(style, "name") or style.get(f"{W}styleId") or "")
    return int(called[1]) if called else 0
