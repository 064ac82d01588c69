"""Reads OpenDocument tables as one block per row, with repeated cells and rows expanded."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from index.loaders.blocks import Block, is_layout_table, row_block
from index.loaders.opendocument.names import TABLE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MAX_REPEATED = 100_000
"""The most cells that may be added to a document where its file repeats a cell or row. Some programs repeat
a cell through all columns of a sheet."""

_TABLE = f"{TABLE}table"
_ROW = f"{TABLE}table-row"
_CELL = f"{TABLE}table-cell"
_COVERED = f"{TABLE}covered-table-cell"
_COLUMN = f"{TABLE}table-column"
_HIDDEN = {"collapse", "filter"}
_MOST_COLUMNS = 16_384
_GROUPS = frozenset(f"{TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group"))


class Repeats:
    """Limits the number of cells that a document gains because its file repeats a cell or row."""

    def __init__(self) -> None:
        self._left = MAX_REPEATED

    def allowed(self, times: int, cells: int) -> int:
        """Return how often to write a group of ``cells`` cells that the file repeats ``times`` times.

        The result is ``times``, or 1 if the added cells would exceed ``MAX_REPEATED``, the document's limit.
        """
        more = (times - 1) * cells
        if more > self._left:
            return 1
        self._left -= more
        return times


def _repeated(written: str | None) -> int:
    return int(written) if written and re.fullmatch(r"[1-9][0-9]{0,6}", written) else 1


def table_blocks(
    table: Element, blocks: Callable[[Element], Iterator[Block]], repeats: Repeats
) -> Iterator[Block]:
    """Yield one block per row. A table that only lays out the page yields the blocks in its cells instead.

    Args:
        table: the table's element.
        blocks: a function that returns the blocks below an element.
        repeats: the limit on the cells that repetition may add to the document.
    """
    hidden = _hidden_columns(table)
    rows = [
        (line.get(f"{TABLE}number-rows-repeated"), _cells(line, blocks, repeats, hidden))
        for line in _lines(table)
    ]
    if is_layout_table([cells for _, cells in rows]):
        for _, cells in rows:
            for cell in cells:
                yield from cell
        return
    group = object()
    for repeated, cells in rows:
        line = row_block(cells, group)
        yield from [line] * (repeats.allowed(_repeated(repeated), len(cells)) if line.text else 0)


def _lines(container: Element) -> Iterator[Element]:
    """Yield the visible rows of a table, without the rows of tables inside its cells."""
    for child in container:
        if not isinstance(child.tag, str) or child.get(f"{TABLE}visibility") in _HIDDEN:
            continue
        if child.tag == _ROW:
            yield child
        elif child.tag in _GROUPS:
            yield from _lines(child)


def _hidden_columns(table: Element) -> Sequence[int]:
    """Return the indexes of a table's hidden columns, in ascending order."""
    hidden: set[int] = set()
    place = 0
    for column in table.iter(_COLUMN):
        if next(column.iterancestors(_TABLE), None) is not table:
            continue  # a column of a table inside a cell
        wide = _repeated(column.get(f"{TABLE}number-columns-repeated"))
        if column.get(f"{TABLE}visibility") in _HIDDEN:
            hidden |= set(range(place, min(place + wide, _MOST_COLUMNS)))
        place += wide
    return sorted(hidden)


def _cells(
    line: Element,
    blocks: Callable[[Element], Iterator[Block]],
    repeats: Repeats,
    hidden: Sequence[int],
) -> list[list[Block]]:
    """Return the blocks in each cell of a row, without hidden columns and without empty cells at the end.

    A cell that a merged cell covers is empty.
    """
    cells: list[list[Block]] = []
    empty = 0
    place = 0
    for element in line:
        if element.tag not in {_CELL, _COVERED}:
            continue
        found = list(blocks(element)) if element.tag == _CELL else []
        times = _repeated(element.get(f"{TABLE}number-columns-repeated"))
        hidden_count = bisect_left(hidden, place + times) - bisect_left(hidden, place)
        place += times
        times -= hidden_count
        if not any(block.text.strip() for block in found):
            empty += times
        elif times:
            cells += [[]] * (repeats.allowed(empty, 1) if empty else 0)
            cells += [found] * repeats.allowed(times, 1)
            empty = 0
    return cells
