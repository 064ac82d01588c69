"""Finds how deeply the labels of a table's rows are indented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from index.loaders.pdf.runs import Line

MIN_INDENT = 0.25
"""The smallest difference, in line heights, between the left edges of two levels."""

MAX_LEVELS = 8
"""If labels have more left edges than this, they are centred rather than indented."""


def with_levels(rows: Sequence[Line]) -> list[Line]:
    """Set the level of each row that has a label.

    The level is the number of different left edges of labels that lie to the left of the row's own label. If
    only some labels at one edge are bold, and one of the bold labels names a group of rows, the labels at
    this edge that are not bold are one level deeper than the bold ones.
    """
    labelled = [row for row in rows if row.cells[0].words.text.strip()]
    edges = _edges(labelled)
    if len(edges) > MAX_LEVELS:
        return list(rows)
    places = {id(row): sum(row.left >= edge for edge in edges) for row in labelled}
    weighted = {
        place
        for place in set(places.values())
        if len({row.bold[0] for row in labelled if places[id(row)] == place}) > 1
        and any(_is_name(row) and row.bold[0] for row in labelled if places[id(row)] == place)
    }
    keys = {id(row): (places[id(row)], places[id(row)] in weighted and not row.bold[0]) for row in labelled}
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
    return [replace(row, level=ranks[keys[id(row)]]) if id(row) in keys else row for row in rows]


def _edges(rows: Sequence[Line]) -> list[float]:
    """Return the left edges of labels, from the left; edges close to each other count as the leftmost."""
    lefts = sorted(row.left for row in rows)
    height = max((row.height for row in rows), default=0.0)
    return lefts[:1] + [right for left, right in pairwise(lefts) if right - left > MIN_INDENT * height]


def _is_name(row: Line) -> bool:
    return not any(cell.words.text.strip() for cell in row.cells[1:])
