"""The grid of a table: the atoms of its rows, its columns, and the cells that the atoms fill.

An atom is a figure with its signs, or a stretch of words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

import regex

from index.loaders.pdf.text import Cell, Line, Placed, joined_by, unplaced
from index.text.geometry import UNITS
from index.text.tabular import is_date, is_period, is_quantity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_GAP = 0.45  # line heights between two figures; a space inside a number is narrower
SIGN_GAP = 14.0  # line heights between a currency sign and its figure
SUFFIX_GAP = 2.5  # line heights between a figure and its percent sign or closing bracket
HEADING_GAP = 0.35  # line heights between the headings of two columns, at least
WIDER = 1.5  # the gap between two headings, divided by the median gap between their words
_BOXES = Struct("<4H")
_SIGN = regex.compile(r"[~<>≈]?\(?(?:US|C|A|HK|NZ|R|S)?[$€£¥₹]|[~<>≈]|EUR|USD|GBP")
_NUMBER = regex.compile(
    r"[-+–−~<>≈(]{0,3}(?:(?:US|C|A|R)?[$€£¥])?[-–−(]?(?:\d[\d.,'’/:]*|\.\d+)[½¼¾]?\)?(?:%|x|bps|bp|pp|pts|M|m|bn|k)?"
    r"\)?%?\)?[¹²³⁰⁴-⁹*†‡]*(?:\([a-z0-9]{1,2}\))*[,;]?"
)
_NOTHING = regex.compile(
    r"[($€£]*[—–−-]{1,3}\)?%?|n\.?/?[am]\.?|nm|nmf|\*{1,3}|…|\.{2,3}|:|×|✓|●|○", regex.IGNORECASE
)
_DASH = regex.compile(r"[-–—−]")
_SUFFIX = regex.compile(r"\)?%\)?[¹²³⁰⁴-⁹*]*|\)+|pts?\.?|bps|pp")
_LEADERS = regex.compile(r"[.…·_]{2,}|\.")
_WORD = regex.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a row, with its edges in points.

    One that begins a cell is the first of a line or follows a wide gap.
    """

    words: Placed
    left: float
    right: float
    begins_cell: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest part of a row that belongs to one cell: words, or a figure or a sign for a missing one."""

    tokens: tuple[Token, ...]
    is_figure: bool = False

    @property
    def left(self) -> float:
        return self.tokens[0].left

    @property
    def right(self) -> float:
        return self.tokens[-1].right


class Column(NamedTuple):
    """The edges of a column, in points, and whether most of its cells are figures."""

    left: float
    right: float
    has_figures: bool

    def distance(self, words: Token | Atom) -> float:
        """From the middle of ``words`` to the column, in points; negative inside it."""
        middle = (words.left + words.right) / 2
        return max(self.left - middle, middle - self.right)


def atoms(line: Line) -> list[Atom]:
    """Split a line into its atoms, from left to right."""
    found: list[Atom] = []
    stretch: list[Token] = []
    for token in _tokens(line):
        if token.begins_cell and stretch:
            found += _atoms_of(stretch, line.height)
            stretch = []
        stretch.append(token)
    found += _atoms_of(stretch, line.height)
    return _with_signs(found, line.height)


def _tokens(line: Line) -> Iterator[Token]:
    for cell in line.cells:
        begins = True
        for match in _WORD.finditer(cell.words.text):
            words = cell.words.cut(match.start(), match.end())
            placed = [box for box in _BOXES.iter_unpack(words.boxes) if any(box)]
            left = min((box[0] for box in placed), default=cell.left * UNITS) / UNITS
            right = max((box[2] for box in placed), default=cell.right * UNITS) / UNITS
            yield Token(words, left, right, begins)
            begins = False


def _atoms_of(stretch: Sequence[Token], height: float) -> list[Atom]:
    """Join the words between two wide gaps into atoms.

    If all words are figures and signs, each figure with its signs is an atom; else all words are one atom.
    """
    if not stretch:
        return []
    if not all(_is_numeric(token) for token in stretch):
        return [Atom(tuple(_without_leaders(stretch)))]
    if not any(_is_figure(token) for token in stretch):
        return [Atom(tuple(stretch))]
    parts: list[list[Token]] = []
    for token in stretch:
        if parts and _continues(parts[-1], token, height):
            parts[-1].append(token)
        else:
            parts.append([token])
    return [Atom(tuple(part), any(map(_is_figure, part))) for part in parts]


def _continues(part: Sequence[Token], token: Token, height: float) -> bool:
    gap = token.left - part[-1].right
    text, before = token.words.text, part[-1].words.text
    if _SIGN.fullmatch(before):
        return True
    if not any(map(_is_figure, part)):
        return False
    if _SUFFIX.fullmatch(text):
        return gap < SUFFIX_GAP * height
    is_range = len(part) > 1 and _DASH.fullmatch(before) is not None
    return gap < MIN_GAP * height and (is_range or not _SIGN.match(text))


def _is_numeric(token: Token) -> bool:
    text = token.words.text
    return any(form.fullmatch(text) for form in (_NUMBER, _NOTHING, _SIGN, _SUFFIX))


def _is_figure(token: Token) -> bool:
    text = token.words.text
    return any(form.fullmatch(text) for form in (_NUMBER, _NOTHING))


def _without_leaders(stretch: Sequence[Token]) -> Sequence[Token]:
    """Remove the dots that lead to the next cell: two or more words of dots; a single one stays."""
    end = len(stretch)
    while end > 1 and _LEADERS.fullmatch(stretch[end - 1].words.text):
        end -= 1
    return stretch[:end] if len(stretch) - end > 1 else stretch


def _with_signs(found: Sequence[Atom], height: float) -> list[Atom]:
    """Join a lone currency sign to the figure after it, and a lone suffix (``%``) to the one before."""
    row: list[Atom] = []
    for atom in found:
        if row and atom.is_figure and not row[-1].is_figure:
            # A sign may stand close to the end of a long label.
            row[-1:] = _without_sign(row[-1])
        if row and _is_one_figure(row[-1], atom, height):
            row[-1] = Atom((*row[-1].tokens, *atom.tokens), is_figure=True)
        else:
            row.append(atom)
    return row


def _is_one_figure(before: Atom, atom: Atom, height: float) -> bool:
    gap = atom.left - before.right
    if atom.is_figure and _is_only(before, _SIGN):
        return gap < SIGN_GAP * height
    return before.is_figure and _is_only(atom, _SUFFIX) and gap < SUFFIX_GAP * height


def _without_sign(atom: Atom) -> list[Atom]:
    end = len(atom.tokens)
    while end > 1 and _SIGN.fullmatch(atom.tokens[end - 1].words.text):
        end -= 1
    return [Atom(part) for part in (atom.tokens[:end], atom.tokens[end:]) if part]


def _is_only(atom: Atom, form: regex.Pattern[str]) -> bool:
    return all(form.fullmatch(token.words.text) for token in atom.tokens)


def split_at(atom: Atom, columns: Sequence[Column], height: float) -> list[Atom] | None:
    """Split an atom that overlaps all of ``columns``, at least two, into at most one part for each.

    It is split at a gap between the headings of two columns, and before a figure that follows a label. If it
    has neither, it heads all columns, and the result is None. ``height`` is that of its line, in points.
    """
    gaps = [after.left - before.right for before, after in pairwise(atom.tokens)]
    least = max(HEADING_GAP * height, WIDER * median_low(gaps)) if gaps else 0.0
    parts: list[list[Token]] = [[]]
    column = 0
    for token in atom.tokens:
        own = min(range(len(columns)), key=lambda number: columns[number].distance(token))
        if parts[-1] and own > column:
            is_apart = token.left - parts[-1][-1].right >= least
            ends_label = not columns[0].has_figures and columns[own].has_figures and _is_figure(token)
            if is_apart or (ends_label and token.left >= columns[own].left - height):
                parts.append([])
        if not parts[-1]:
            column = own
        parts[-1].append(token)
    if len(parts) < 2:
        return None
    return [Atom(tuple(part), all(map(_is_numeric, part)) and any(map(_is_figure, part))) for part in parts]


def text_of(atom: Atom) -> str:
    return " ".join(token.words.text for token in atom.tokens)


def joined_atoms(parts: Sequence[Atom]) -> Cell:
    tokens = [token for part in parts for token in part.tokens]
    words = joined_by(" ", (token.words for token in tokens))
    return Cell(words, tokens[0].left, tokens[-1].right, tokens[0].right - tokens[0].left)


MIN_OVERLAP = 0.3  # share of the narrower atom's width by which two atoms of one column overlap
# Atoms, or figures, of a table. It may be a single row, whose table goes on on the next page.
FEWEST, FEWEST_FIGURES = 4, 2


def find_columns(rows: Sequence[Sequence[Atom]]) -> list[Column]:
    """Find the columns of a table from the atoms of its rows; empty if these are too few.

    A row with a single atom does not count.
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
    return any(is_quantity(text_of(atom)) for atom in row[1:])


def _with_headings(
    clusters: Sequence[list[int]],
    is_heading: Sequence[bool],
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    row: NDArray[np.int64],
) -> list[list[int]]:
    """Join each cluster that has only headings to the nearest other cluster, unless the two share a row.

    A cluster is a group of atoms that stand above each other, given by their numbers; the other arguments
    have an entry for each atom. A heading may stand to the left or right of the figures of its column.
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
    """Group atoms that stand above each other, at most one of each row, those that overlap most first.

    ``share`` tells how much any two atoms overlap, as a share of the narrower one's width, and ``linked``
    whether they may be in one group; both have the shape (n, n). ``row`` has the number of each atom's row.
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
    """Sort columns, given with the number of their atoms; leave out those that overlap a larger one."""
    kept: list[Column] = []
    for _, column in sorted(columns, key=lambda counted: -counted[0]):
        width = max(column.right - column.left, 0.1)
        over = [min(column.right, other.right) - max(column.left, other.left) for other in kept]
        if all(shared <= MIN_OVERLAP * width for shared in over):
            kept.append(column)
    return sorted(kept)


def cells_of(row: Sequence[Atom], height: float, columns: Sequence[Column]) -> list[Cell]:
    """Return the cells of a row up to its last atom; a column without an atom gets an empty cell."""
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
    """Return each atom with the indices of the columns that it covers.

    An atom over several columns, unless it is a date, is first split among them where :func:`split_at` can.
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
