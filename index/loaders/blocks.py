"""Canonical text from formats that have markup: one line a block, blank lines between blocks.

The sentence splitter takes every line break as the end of a block, so a block must hold none but those
that its author meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.text.tabular import CELL_SEPARATOR

_SOFT_HYPHEN = "\N{SOFT HYPHEN}"

_LONE_BAR = re.compile(r"(?<!\S)\|(?!\S)")
"""What would be taken for the edge of a cell."""

BULLET = "• "
"""What an item of an unordered list begins with."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item, table row or line of code.

    Attributes:
        text: its words, without markup and without line breaks.
        group: whatever stands for the list, table or code block that it belongs to; neighbours with the
            same object have no blank line between them. None stands alone.
    """

    text: str
    group: object | None = None


def flow(text: str) -> str:
    """``text`` as one line: every run of white space, no-break spaces among it, becomes one space.

    Soft hyphens, which say where a word may be parted, are not seen and go.
    """
    return " ".join(text.replace(_SOFT_HYPHEN, "").split())


def row(cells: Iterable[str]) -> str:
    """A table's row as one line, empty cells at its end left out; empty when every cell is.

    A bar that stands alone inside a cell becomes a broken one, since it would read as the edge of a cell.
    """
    flat = [_LONE_BAR.sub("¦", flow(cell)) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return CELL_SEPARATOR.join(flat).strip()


def join(blocks: Iterable[Block]) -> str:
    """The canonical text of ``blocks``, those without words left out."""
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
