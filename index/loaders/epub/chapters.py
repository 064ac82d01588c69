"""Reads a chapter of a book as blocks, and finds the blocks that the table of contents refers to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from index.errors import LoadError
from index.loaders.archive import Parts
from index.loaders.blocks import Block
from index.loaders.html.elements import PageBlock, page_blocks
from index.loaders.html.source import page_source, parse_page

_OPENING, _CLOSING = "\ufdd0", "\ufdd1"
"""The marks around a number that stands for an element's id while the page is read.

They are noncharacters, which no text contains (Unicode, 23.7).
"""

_PLACE = re.compile(f"{_OPENING}([0-9]+){_CLOSING}")
_NONCHARACTERS = re.compile(f"[{_OPENING}{_CLOSING}]|&#(?:x0*fdd[01]|0*6497[67]);", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chapter:
    """The blocks of a chapter, and the positions of elements in it.

    Attributes:
        blocks: the chapter's blocks, in order.
        places: for each id that the caller asked for and the chapter has, the index in ``blocks`` at which
            the element with this id begins.
    """

    blocks: list[Block]
    places: dict[str, int]


def read_chapter(
    parts: Parts, name: str, wanted: AbstractSet[str], path: Path, styles: Sequence[str] = ()
) -> Chapter:
    """Read one chapter of a book. A chapter without words has no blocks.

    Args:
        parts: the book's parts.
        name: the name of the part (archive entry) that holds the chapter.
        wanted: the ids of the elements to find, for ``Chapter.places``.
        path: the book's file, for messages.
        styles: the contents of the book's style sheets.

    Raises:
        LoadError: if the part is missing, damaged, or not text.
    """
    data = parts.read(name)
    if not data.strip():
        return Chapter([], {})
    try:
        source = page_source(data, path)
    except LoadError as error:
        raise LoadError(
            path, f"is broken: its part {name} {error.cause}", "get another copy of the book"
        ) from error
    page = parse_page(_NONCHARACTERS.sub("", source), styles)
    if page is None:
        return Chapter([], {})
    ids: dict[str, int] = {}
    for element in page.iter():
        identity = element.get("id") or element.get("name")
        if identity and identity in wanted and identity not in ids:
            element.text = f"{_OPENING}{len(ids)}{_CLOSING}{element.text or ''}"
            ids[identity] = len(ids)
    return _without_marks(page_blocks(page), list(ids))


def _without_marks(marked: list[PageBlock], ids: list[str]) -> Chapter:
    """Make a chapter from blocks with marks for element ids: remove the marks, and record their places.

    Args:
        marked: the blocks. A mark is a number between ``_OPENING`` and ``_CLOSING``.
        ids: the element ids, by the number in their mark.
    """
    blocks: list[Block] = []
    places: dict[str, int] = {}
    for block in marked:
        for match in _PLACE.finditer(block.text):
            places.setdefault(ids[int(match[1])], len(blocks))
        text, marks = _PLACE.subn("", block.text)
        if text.strip():
            blocks.append(replace(block, text=text.strip()) if marks else block)
    return Chapter(blocks, places)
