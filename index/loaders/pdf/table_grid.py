"""The grid of a table: the atoms of its rows (figures with signs, stretches of words), columns and cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, NamedTuple

import regex

from index.loaders.blocks import stretches
from index.loaders.pdf.text import Cell, Line, Placed, joined_by, unplaced
from index.text.tabular import is_date, is_period, is_quantity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_GAP = 0.45  # line heights between two figures; a space inside a number is narrower
SIGN_GAP = 14.0  # line heights between a currency sign and its figure
SUFFIX_GAP = 2.5  # line heights between a figure and its percent sign or closing bracket
HEADING_GAP = 0.35  # line heights between the headings of two columns, at least
WIDER = 1.5  # the gap between two headings, divided by the median gap between their words
_SIGN = regex.compile(r"[~<>≈]?\(?(?:US|C|A|HK|NZ|R|S)?[$€£¥₹]|[~<>≈]|EUR|USD|GBP")
_NUMBER = regex.compile(
    r"[-+–−~<>≈(]{0,3}(?:(?:US|C|A|R)?[$€£¥])?[-–−(]?(?:\d[\d.,'’/:]*|\.\d+)[½¼¾]?\)?(?:%|x|bps|bp|pp|pts|M|m|bn|k)?"
    r"\)?%?\)?[¹²³⁰⁴-⁹*†‡]*(?:\([a-z0-9]{1,2}\))*[,;]?"
)
_NOTHING = regex.compile(
    r"[($€£]*[—–−-]{1,3}\)?%?|n\.?/?[am]\.?|nm|nmf|\*{1,3}|…|\.{1,3}|[:/]|×|✓|●|○", regex.IGNORECASE
)
_DASH = regex.compile(r"[-–—−]")
_SUFFIX = regex.compile(r"\)?%\)?[¹²³⁰⁴-⁹*]*|\)+|pts?\.?|bps|pp")
_LEADERS = regex.compile(r"[.…·_]{2,}|\.")
_WORD = regex.compile(r"\S+")
EXACT = 0.25  # line heights between two right edges that are aligned
MIN_OVERLAP = 0.3  # share of the narrower atom's width by which two atoms of one column overlap
# Atoms, or figures, of a table. It may be a single row, whose table goes on on the next page.
FEWEST, FEWEST_FIGURES = 4, 2


class Token(NamedTuple):
    """The edges are in points."""

    words: Placed
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest part of a cell: words, or a figure or a sign for a missing one."""

    tokens: tuple[Token, ...]
    is_figure: bool = False

    @property
    def left(self) -> float:
        return self.tokens[0].left

    @property
    def right(self) -> float:
        return self.tokens[-1].right


class Column(NamedTuple):
    """The edges are in points; most cells are figures if ``has_figures``."""

    left: float
    right: float
    has_figures: bool

    def distance(self, words: Token | Atom | Cell) -> float:
        """From the middle of ``words``, in points; negative inside the column."""
        middle = (words.left + words.right) / 2
        return max(self.left - middle, middle - self.right)


def text_of(atom: Atom) -> str:
    return " ".join(token.words.text for token in atom.tokens)


def has_quantity(row: Sequence[Atom]) -> bool:
    return any(is_quantity(text_of(atom)) for atom in row[1:])


def atoms(line: Line) -> list[Atom]:
    found: list[Atom] = []
    for cell in line.cells:
        tokens: list[Token] = []
        for match in _WORD.finditer(cell.words.text):
            words = cell.words.cut(match.start(), match.end())
            tokens.append(Token(words, *(words.sides() or (cell.left, cell.right))))
        if tokens:
            found += _atoms_of(tokens, line.height)
    row: list[Atom] = []
    for atom in found:
        if row and atom.is_figure and not row[-1].is_figure:
            # A currency sign may stand close to the end of a long label.
            before = row.pop().tokens
            end = len(before)
            while end > 1 and _SIGN.fullmatch(before[end - 1].words.text):
                end -= 1
            row += [Atom(part) for part in (before[:end], before[end:]) if part]
        if row and _is_one_figure(row[-1], atom, line.height):
            row[-1] = Atom((*row[-1].tokens, *atom.tokens), is_figure=True)
        else:
            row.append(atom)
    return sorted(row, key=lambda atom: atom.left)  # some files have the cells of a row in another order


def _atoms_of(tokens: Sequence[Token], height: float) -> list[Atom]:
    """Each figure with its signs is an atom if there is nothing else; otherwise all words are one."""
    if not all(_is_numeric(token) for token in tokens):
        end = len(tokens)
        while end > 1 and _LEADERS.fullmatch(tokens[end - 1].words.text):
            end -= 1
        # Two or more words of dots lead to the next cell; a single one stays.
        return [Atom(tuple(tokens[:end] if len(tokens) - end > 1 else tokens))]
    if not any(_is_figure(token) for token in tokens):
        return [Atom(tuple(tokens))]
    parts = stretches(tokens, lambda part, token: _goes_on(part, token, height))
    return [Atom(tuple(part), any(map(_is_figure, part))) for part in parts]


def _goes_on(part: Sequence[Token], token: Token, height: float) -> bool:
    gap = token.left - part[-1].right
    text, before = token.words.text, part[-1].words.text
    if _SIGN.fullmatch(before):
        return True
    if not any(map(_is_figure, part)) or gap < -height:
        return False
    if _SUFFIX.fullmatch(text):
        return gap < SUFFIX_GAP * height
    is_range = len(part) > 1 and _DASH.fullmatch(before) is not None
    return gap < MIN_GAP * height and (is_range or not _SIGN.match(text))


def _is_one_figure(before: Atom, atom: Atom, height: float) -> bool:
    """A lone currency sign and its figure, or a figure and a lone suffix such as ``%``."""
    gap = atom.left - before.right
    if atom.is_figure and all(_SIGN.fullmatch(token.words.text) for token in before.tokens):
        return gap < SIGN_GAP * height
    is_suffix = all(_SUFFIX.fullmatch(token.words.text) for token in atom.tokens)
    return before.is_figure and is_suffix and gap < SUFFIX_GAP * height


@lru_cache(maxsize=1 << 14)
def is_numeric(text: str) -> bool:
    """Figures with their signs, or signs for missing ones."""
    forms = (_NUMBER, _NOTHING, _SIGN, _SUFFIX)
    return all(any(form.fullmatch(word) for form in forms) for word in text.split())


def _is_numeric(token: Token) -> bool:
    return is_numeric(token.words.text)


def _is_figure(token: Token) -> bool:
    return _is_number(token.words.text)


@lru_cache(maxsize=1 << 14)
def _is_number(word: str) -> bool:
    """Or a sign for a missing one."""
    return any(form.fullmatch(word) for form in (_NUMBER, _NOTHING))


def find_columns(rows: Sequence[Sequence[Atom]]) -> list[Column]:
    """Empty if there are too few atoms; a row with a single atom does not count."""
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
    is_figure = np.array([atom.is_figure for atom, _ in flat])
    figures = _clusters(share, above & is_figure[:, None] & is_figure, row)
    column_of = {member: number for number, each in enumerate(figures) if len(each) > 1 for member in each}
    spanning = [
        # Figures that stand close to each other in one row may be far apart in others.
        int((np.bincount(row[above[place]]) > 1).sum()) > (len(flat) if len(atom.tokens) == 1 else 1)
        if atom.is_figure
        else bool((np.bincount(row[above[place]]) > 1).any())
        or len({column_of.get(int(other), -1) for other in np.flatnonzero(above[place])} - {-1}) > 1
        for place, (atom, _) in enumerate(flat)
    ]
    clusters = _clusters(share, above & ~(np.array(spanning)[:, None] | np.array(spanning)), row)
    clusters = [members for members in clusters if len(members) > 1 or not spanning[members[0]]]
    body = next((number for number, atoms in enumerate(rows) if has_quantity(atoms)), 0)
    is_heading = [number < body or is_period(text_of(atom)) for atom, number in flat]
    found = []
    for members in _with_headings(clusters, is_heading, left, right, row):
        count = sum(flat[member][0].is_figure for member in members)
        edges = float(left[members].min()), float(right[members].max())
        found.append((len(members), Column(*edges, has_figures=2 * count > len(members))))
    columns: list[Column] = []
    for _, column in sorted(found, key=lambda counted: -counted[0]):
        # Leave out those that overlap a column with more atoms.
        least = MIN_OVERLAP * max(column.right - column.left, 0.1)
        if all(min(column.right, one.right) - max(column.left, one.left) <= least for one in columns):
            columns.append(column)
    return sorted(columns)


def _clusters(
    share: NDArray[np.float64], linked: NDArray[np.bool_], row: NDArray[np.int64]
) -> list[list[int]]:
    """``share`` (of the narrower width) and ``linked`` have the shape (n, n); the most overlap goes first."""
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


def _with_headings(
    clusters: Sequence[list[int]],
    is_heading: Sequence[bool],
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    row: NDArray[np.int64],
) -> list[list[int]]:
    """A heading may stand beside the figures of its column; clusters have the numbers of atoms."""
    alone = [members for members in clusters if all(is_heading[member] for member in members)]
    others = [list(members) for members in clusters if members not in alone]
    for members in alone:
        middle = float((left[members] + right[members]).mean()) / 2
        distances = [max(left[other].min() - middle, middle - right[other].max()) for other in others]
        nearest = others[distances.index(min(distances))] if others else None
        if nearest is not None and not set(row[members]) & set(row[nearest]):
            nearest += members
        else:
            others.append(members)
    return others


def cells_of(row: Sequence[Atom], height: float, columns: Sequence[Column]) -> list[Cell]:
    """The cells end with the last atom; before it, a column without an atom gets an empty cell."""
    held: dict[int, list[Atom]] = {}
    last = -1
    for atom, covered in placed(row, height, columns):
        last = max(covered[0], last)
        held.setdefault(last, []).append(atom)
    return filled({number: joined_atoms(parts) for number, parts in held.items()}, columns)


def filled(cells: Mapping[int, Cell], columns: Sequence[Column]) -> list[Cell]:
    return [
        cells.get(number) or Cell(unplaced(""), columns[number].left, columns[number].right, 0.0)
        for number in range(max(cells, default=-1) + 1)
    ]


def placed(
    row: Sequence[Atom], height: float, columns: Sequence[Column], *, are_headings: bool = False
) -> list[tuple[Atom, tuple[int, ...]]]:
    """Atoms over several columns are split where :func:`split_at` can, unless they are dates."""
    found = []
    waiting = list(row)
    while waiting:
        atom = waiting.pop(0)
        covered = _covered(atom, columns, is_heading=are_headings)
        parts = None
        if len(covered) > 1 and not is_date(text_of(atom)):
            parts = split_at(atom, [columns[number] for number in covered], height)
        if parts:
            waiting[:0] = parts
        else:
            found.append((atom, covered))
    return found


def _covered(atom: Atom, columns: Sequence[Column], *, is_heading: bool) -> tuple[int, ...]:
    shared = [min(atom.right, column.right) - max(atom.left, column.left) for column in columns]
    covered = tuple(
        number
        for number, column in enumerate(columns)
        if shared[number] >= MIN_OVERLAP * max(min(atom.right - atom.left, column.right - column.left), 0.1)
    )
    if len(covered) < 2:
        # The nearest column has the largest overlap or, if none overlaps, the smallest gap (below 0 here).
        return covered or (max(range(len(columns)), key=lambda number: shared[number]),)
    is_one = atom.is_figure and not is_heading and sum(map(_is_figure, atom.tokens)) < 2
    return (max(covered, key=lambda number: shared[number]),) if is_one else covered


def split_at(atom: Atom, columns: Sequence[Column], height: float) -> list[Atom] | None:
    """At a gap between two headings, or before a figure after a label; None if it heads all columns.

    Words that end where their columns end are parted by a smaller gap.
    """
    gaps = [after.left - before.right for before, after in pairwise(atom.tokens)]
    close = HEADING_GAP * height
    least = max(close, WIDER * median_low(gaps)) if gaps else 0.0
    parts: list[list[Token]] = [[]]
    column = 0
    for token in atom.tokens:
        own = min(range(len(columns)), key=lambda number: columns[number].distance(token))
        if parts[-1] and own > column:
            gap = token.left - parts[-1][-1].right
            ends = (parts[-1][-1].right - columns[column].right, token.right - columns[own].right)
            is_apart = gap >= least or (gap >= close and max(map(abs, ends)) < EXACT * height)
            ends_label = not columns[0].has_figures and columns[own].has_figures and _is_figure(token)
            are_figures = _is_figure(token) and all(map(_is_figure, parts[-1]))
            if is_apart or are_figures or (ends_label and token.left >= columns[own].left - height):
                parts.append([])
        if not parts[-1]:
            column = own
        parts[-1].append(token)
    if len(parts) < 2:
        return None
    return [Atom(tuple(part), all(map(_is_numeric, part)) and any(map(_is_figure, part))) for part in parts]


def joined_atoms(parts: Sequence[Atom]) -> Cell:
    tokens = [token for part in parts for token in part.tokens]
    words = joined_by(" ", (token.words for token in tokens))
    return Cell(words, tokens[0].left, tokens[-1].right, tokens[0].right - tokens[0].left)
