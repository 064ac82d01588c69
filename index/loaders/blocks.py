"""Blocks of text, and the outline and the canonical text that loaders make from blocks.

A blank line separates paragraphs, headings, lists and tables. The sentence splitter ends a sentence at every
line break, so loaders keep one inside a paragraph only if the author wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from index.documents import Section
from index.text.tabular import CELL_SEPARATOR

BULLET = "• "
INDENT = "  "  # before an item, and the label of a row of a table, once for each level of indentation
_DEEPEST = 8  # Word has nine levels; in lists that are nested without end, indentations would fill gigabytes
MAX_CELL_CHARACTERS = 1500  # a table with a longer cell only lays out a page, and is read as text
PROSE_CHARACTERS = 80  # a shorter block may belong to a table of contents, and shows no language
_LONE_BAR = re.compile(r"(?<!\S)\|(?!\S)")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Block:
    """It has no markup and line breaks; no blank line separates neighbours of the same ``group``."""

    text: str
    group: object | None = None


@dataclass(frozen=True, slots=True)
class Heading(Block):
    """``level`` is from 1."""

    level: int = 1


def indent(level: int) -> str:
    """Of an item; ``level`` is from 0."""
    return INDENT * min(level, _DEEPEST)


def flow(text: str) -> str:
    """Soft hyphens go, since they only mark where a word may be divided."""
    return " ".join(text.replace("\N{SOFT HYPHEN}", "").split())


def without_bars(cell: str) -> str:
    """A lone bar looks like a cell's edge."""
    return _LONE_BAR.sub("¦", cell)


def row(cells: Iterable[str]) -> str:
    """Empty cells at the end are left out."""
    flat = [without_bars(flow(cell)) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return CELL_SEPARATOR.join(flat).strip()


def is_layout_table(rows: Sequence[Sequence[Sequence[Block]]]) -> bool:
    """It has one column, or a very long cell."""
    return max(map(len, rows), default=0) <= 1 or any(
        sum(len(block.text) for block in cell) > MAX_CELL_CHARACTERS for cells in rows for cell in cells
    )


def running_titles(blocks: Iterable[Block]) -> Iterator[Block]:
    """Page numbers may differ between repetitions."""
    seen: set[str] = set()
    for block in blocks:
        wording = "".join(filter(str.isalpha, block.text))
        if wording and wording not in seen:
            seen.add(wording)
            yield Block(block.text, block.group)


def prose(blocks: Iterable[Block]) -> str:
    """The long blocks, which show the document's language."""
    return "\n".join(block.text for block in blocks if len(block.text) >= PROSE_CHARACTERS)


def join(blocks: Iterable[Block]) -> str:
    """Blocks without words are left out."""
    parts: list[str] = []
    group: object | None = None
    for block in blocks:
        if not block.text.strip():
            continue
        if parts:
            parts.append("\n" if block.group is not None and block.group is group else "\n\n")
        parts.append(block.text)
        group = block.group
    return "".join(parts)


def block_starts(blocks: Iterable[Block], text: str) -> list[int]:
    """``text`` is the result of ``join``. A block without words has the offset of the next one."""
    starts: list[int] = []
    end = 0
    for block in blocks:
        start = end
        while start < len(text) and text[start] == "\n":
            start += 1
        starts.append(start)
        if block.text.strip():
            end = start + len(block.text)
    return starts


def sections_of(blocks: Sequence[Block], text: str) -> tuple[Section, ...]:
    return tuple(
        Section(start, block.level, block.text)
        for block, start in zip(blocks, block_starts(blocks, text), strict=True)
        if isinstance(block, Heading) and block.text.strip()
    )


def is_sparse(rows: int, columns: int, cells: int) -> bool:
    """Whether it would be huge and mostly empty in columns: more than 20 places for each cell with words."""
    return rows * columns > 10_000 + 20 * cells


def stretches(items: Iterable[Item], goes_on: Callable[[list[Item], Item], bool]) -> list[list[Item]]:
    """Each goes on while ``goes_on(stretch, next_item)``."""
    found: list[list[Item]] = []
    for item in items:
        if found and goes_on(found[-1], item):
            found[-1].append(item)
        else:
            found.append([item])
    return found
