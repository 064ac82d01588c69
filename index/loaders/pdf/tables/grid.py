"""Finds the columns of a table, and puts the atoms of its rows (figures or stretches of words) into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.loaders.pdf.positioned import unplaced
from index.loaders.pdf.runs import Cell
from index.loaders.pdf.tables.atoms import Atom, Column, joined_atoms, split_at, text_of
from index.text.tabular import is_date, is_period, is_quantity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_OVERLAP = 0.3
"""Two atoms stand in one column if they overlap by at least this share of the narrower atom's width."""

FEWEST, FEWEST_FIGURES = 4, 2
"""A table has at least ``FEWEST`` atoms or ``FEWEST_FIGURES`` figures. It may be a single row: only the first
row of a table may fit on a page."""


def find_columns(rows: Sequence[Sequence[Atom]]) -> list[Column]:
    """Find the columns of a table, from left to right; empty if the rows have too few atoms.

    Args:
        rows: the atoms (figures or stretches of words) of each row. A row with a single atom does not count.
    """
    import numpy as np

    flat = [(atom, number) for number, row in enumerate(rows) if len(row) > 1 for atom in row]
    if len(flat) < FEWEST and sum(atom.is_figure for atom, _ in flat) < FEWEST_FIGURES:
        return []
    left = np.array([atom.left for atom, _ in flat])
    right = np.array([atom.right for atom, _ in flat])
    row = np.array([number for _, number in flat])
    shared = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    share = shared / np.maximum(np.minimum((right - left)[:, None], right - left), 0.1)
    above = (share >= MIN_OVERLAP) & (row[:, None] != row)
    spanning = [
        not atom.is_figure and bool((np.bincount(row[above[place]]) > 1).any())
        for place, (atom, _) in enumerate(flat)
    ]
    clusters = _clusters(share, above & ~(np.array(spanning)[:, None] | np.array(spanning)), row)
    clusters = [members for members in clusters if len(members) > 1 or not spanning[members[0]]]
    body = next((number for number, atoms in enumerate(rows) if has_quantity(atoms)), 0)
    is_heading = [number < body or is_period(text_of(atom)) for atom, number in flat]
    clusters = _with_headings(clusters, is_heading, left, right, row)
    columns = []
    for members in clusters:
        figures = sum(flat[member][0].is_figure for member in members)
        edges = float(left[members].min()), float(right[members].max())
        columns.append((len(members), Column(*edges, has_figures=2 * figures > len(members))))
    return _apart(columns)


def has_quantity(row: Sequence[Atom]) -> bool:
    """Return whether a row has a quantity after its first atom (figure or stretch of words)."""
    return any(is_quantity(text_of(atom)) for atom in row[1:])


def _with_headings(
    clusters: Sequence[list[int]],
    is_heading: Sequence[bool],
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    row: NDArray[np.int64],
) -> list[list[int]]:
    """Join each cluster that has only headings to the nearest other cluster, unless the two share a row.

    A cluster is a group of atoms that stand above each other. A heading may stand to the left or right of the
    figures of its column.

    Args:
        clusters: the numbers of the atoms in each cluster.
        is_heading: whether each atom names a period, or stands above the first row with a quantity.
        left: the left edge of each atom.
        right: the right edge of each atom.
        row: the number of each atom's row.
    """
    alone = [members for members in clusters if all(is_heading[member] for member in members)]
    others = [list(members) for members in clusters if members not in alone]
    for members in alone:
        middle = float((left[members] + right[members]).mean()) / 2
        near = sorted(others, key=lambda other: _distance(middle, left[other], right[other]))
        free = near[:1] if near and not set(row[members]) & set(row[near[0]]) else []
        if free:
            free[0] += members
        else:
            others.append(members)
    return others


def _distance(middle: float, left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    return max(float(left.min()) - middle, middle - float(right.max()))


def _clusters(
    share: NDArray[np.float64], linked: NDArray[np.bool_], row: NDArray[np.int64]
) -> list[list[int]]:
    """Group atoms that stand above each other, beginning with those that overlap most.

    An atom is a figure or a stretch of words. A group has at most one atom of each row.

    Args:
        share: how much any two atoms overlap, as a share of the narrower one's width; shape (n, n).
        linked: whether any two atoms may be in one group; shape (n, n).
        row: the number of each atom's row; shape (n,).
    """
    import numpy as np

    root = list(range(len(row)))
    rows = [{number} for number in row.tolist()]
    members = [[place] for place in root]
    ones, others = np.nonzero(np.triu(linked))
    order = np.argsort(-share[ones, others], kind="stable")
    for pair in zip(ones[order].tolist(), others[order].tolist(), strict=True):
        small, large = sorted((root[place] for place in pair), key=lambda place: len(members[place]))
        if small == large or rows[small] & rows[large]:
            continue
        for place in members[small]:
            root[place] = large
        members[large] += members[small]
        rows[large] |= rows[small]
        members[small] = []
    return [group for group in members if group]


def _apart(columns: Sequence[tuple[int, Column]]) -> list[Column]:
    """Sort columns from left to right, leaving out those that overlap a column with more atoms.

    Args:
        columns: the columns, each with the number of its atoms (figures or stretches of words).
    """
    kept: list[Column] = []
    for _, column in sorted(columns, key=lambda counted: -counted[0]):
        width = max(column.right - column.left, 0.1)
        over = [min(column.right, other.right) - max(column.left, other.left) for other in kept]
        if all(shared <= MIN_OVERLAP * width for shared in over):
            kept.append(column)
    return sorted(kept)


def cells_of(row: Sequence[Atom], height: float, columns: Sequence[Column]) -> list[Cell]:
    """Return the cells of a row up to its last atom; a column without an atom gets an empty cell.

    Args:
        row: the row's atoms, from left to right.
        height: the height of the row's line, in points.
        columns: the columns of the table.
    """
    held: dict[int, list[Atom]] = {}
    last = -1
    for atom, covered in placed(row, height, columns):
        last = max(covered[0], last)
        held.setdefault(last, []).append(atom)
    return [
        joined_atoms(held[number])
        if number in held
        else Cell(unplaced(""), columns[number].left, columns[number].right, 0.0)
        for number in range(last + 1)
    ]


def placed(
    row: Sequence[Atom], height: float, columns: Sequence[Column]
) -> list[tuple[Atom, tuple[int, ...]]]:
    """Return each atom (a figure or a stretch of words) with the indices of the columns that it covers.

    An atom over several columns, unless it is a date, is first split among them where :func:`split_at` can.

    Args:
        row: the row's atoms, from left to right.
        height: the height of the row's line, in points.
        columns: the columns of the table.
    """
    found = []
    waiting = list(row)
    while waiting:
        atom = waiting.pop(0)
        covered = _covered(atom, columns)
        parts = None
        if len(covered) > 1 and not is_date(text_of(atom)):
            parts = split_at(atom, [columns[number] for number in covered], height)
        if parts:
            waiting[:0] = parts
        else:
            found.append((atom, covered))
    return found


def _covered(atom: Atom, columns: Sequence[Column]) -> tuple[int, ...]:
    shared = [min(atom.right, column.right) - max(atom.left, column.left) for column in columns]
    covered = tuple(
        number
        for number, column in enumerate(columns)
        if shared[number] >= MIN_OVERLAP * max(min(atom.right - atom.left, column.right - column.left), 0.1)
    )
    if len(covered) < 2:
        # The nearest column has the largest overlap or, if none overlaps, the smallest gap (below 0 here).
        return covered or (max(range(len(columns)), key=lambda number: shared[number]),)
    return (max(covered, key=lambda number: shared[number]),) if atom.is_figure else covered
