"""Counts the items of OpenDocument lists, since a document does not store their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.loaders.blocks import BULLET
from index.loaders.numerals import LETTER_FORMATS, written_number
from index.loaders.opendocument.names import STYLE, TEXT

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_NUMBER = re.compile(r"[0-9]{1,4}")
_LIST = f"{TEXT}list"
_ITEMS = {f"{TEXT}list-item", f"{TEXT}list-header"}


class Lists:
    """Finds the numbers and bullets of list items, and the numbers of headings.

    Each item is counted when it is read, so callers must read lists and headings in document order.
    """

    def __init__(self, *roots: Element) -> None:
        self._styles: dict[str, dict[int, Element]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._group: object = object()
        for root in roots:
            for style in root.iter(f"{TEXT}list-style", f"{TEXT}outline-style"):
                levels = {_integer(level.get(f"{TEXT}level"), 1): level for level in style}
                is_outline = style.tag == f"{TEXT}outline-style"
                self._styles["" if is_outline else style.get(f"{STYLE}name", "")] = levels

    def items(self, element: Element) -> Iterator[tuple[Element, str, object]]:
        """Yield each item of a list, its number or bullet, and an object that identifies the outermost list.

        If an item contains a list, callers must read that list before they take the next item.
        """
        outer = list(element.iterancestors(_LIST))
        named = (one.get(f"{TEXT}style-name") for one in (element, *outer))
        style = next((name for name in named if name), "none")
        depth = len(outer) + 1
        counts = self._counts.setdefault(style, {})
        if not outer:
            self._group = object()
        is_continued = element.get(f"{TEXT}continue-numbering") == "true" or element.get(
            f"{TEXT}continue-list"
        )
        if not is_continued:
            _restart(counts, depth)
        for item in element:
            if item.tag == f"{TEXT}list-item" and any(child.tag != _LIST for child in item):
                begin = item.get(f"{TEXT}start-value")
                if begin is not None:
                    counts[depth] = _integer(begin, 1) - 1
                yield item, self._marker(style, depth), self._group
            elif item.tag in _ITEMS:
                yield item, "", self._group

    def heading_marker(self, heading: Element, level: int) -> str:
        """Count a heading and return its number; return "" for a heading in a list or without a number."""
        parent = heading.getparent()
        if parent is not None and str(parent.tag) in _ITEMS:
            return ""
        if heading.get(f"{TEXT}is-list-header") == "true" or level not in self._styles.get("", {}):
            return ""
        return self._marker("", level)

    def _marker(self, style: str, depth: int) -> str:
        """Count an item or heading; return its number or bullet, or "" if its level shows neither."""
        counts = self._counts.setdefault(style, {})
        counts[depth] = counts.get(depth, self._start(style, depth) - 1) + 1
        _restart(counts, depth + 1)
        level = self._styles.get(style, {}).get(depth)
        if level is None or level.tag in {
            f"{TEXT}list-level-style-bullet",
            f"{TEXT}list-level-style-image",
        }:
            return BULLET
        if not level.get(f"{STYLE}num-format"):
            return ""
        shown = min(_integer(level.get(f"{TEXT}display-levels"), 1), depth)
        numbers = ".".join(self._counted(style, one) for one in range(depth - shown + 1, depth + 1))
        written = f"{level.get(f'{STYLE}num-prefix', '')}{numbers}{level.get(f'{STYLE}num-suffix', '')}"
        return f"{written.strip()} "

    def _counted(self, style: str, depth: int) -> str:
        level = self._styles[style].get(depth)
        kind = LETTER_FORMATS.get(level.get(f"{STYLE}num-format", "") if level is not None else "", "decimal")
        return written_number(self._counts[style].get(depth, self._start(style, depth)), kind)

    def _start(self, style: str, depth: int) -> int:
        level = self._styles.get(style, {}).get(depth)
        return _integer(level.get(f"{TEXT}start-value"), 1) if level is not None else 1


def _restart(counts: dict[int, int], depth: int) -> None:
    """Restart the counts of items at the level ``depth`` and at deeper levels."""
    for deeper in [one for one in counts if one >= depth]:
        del counts[deeper]


def _integer(written: str | None, otherwise: int) -> int:
    return int(written) if written and _NUMBER.fullmatch(written) else otherwise
