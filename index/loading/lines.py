"""Placed characters of a page → its lines → its paragraphs, list items and table rows.

Coordinates are a PDF page's: points, from the lower left corner, upwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import regex

from index.loading.blocks import CELL_SEPARATOR, flow

MAX_WORD_GAP = 1.5
"""In line heights: a wider gap separates cells. Justified text stretches spaces to about one."""

MIN_WORD_GAP = 0.12
"""In line heights: a narrower gap between two pieces of a line is inside a word."""

MAX_SIZE_RATIO = 1.18
"""Lines whose heights differ by more are not of one paragraph: a heading and its text."""

MAX_STEP_RATIO = 1.25
"""A step to the next line this much larger than the page's typical one separates paragraphs."""

MAX_STEP = 1.9
"""In line heights: no paragraph has its lines further apart; double spacing is 1.7."""

MAX_INDENT = 0.8
"""In line heights: a first line indented by more begins a paragraph."""

WRAPPED_HYPHEN = "\u00ad"
"""Ends a line whose last word was divided."""

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MARKER = regex.compile(r"(?:[•●○◦▪■□‣∙·➢✓*–—-]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)])(?=\s|\Z)")
_SENTENCE_END = regex.compile(r"[.!?:;…。！？：；។။]\W*\Z")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Khmer}\p{Lao}\p{Myanmar}]")
_DIVIDED = regex.compile(r"([\p{L}\p{M}]+)[-‐\u00ad]\Z")
_CONTINUES = regex.compile(r"[\p{Ll}\p{Lo}][\p{L}\p{M}]*")
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:[-‐][\p{L}\p{M}]+)*")


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character with its box; line breaks and spaces that only separate have none that counts."""

    character: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, or a table's row.

    Attributes:
        text: its words; the cells of a row are joined by " | ".
        left, bottom, right, top: its box.
        first_word: the width of its first word.
        is_row: whether it has cells.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    first_word: float
    is_row: bool = False

    @property
    def height(self) -> float:
        """From its lowest to its highest point, by the font's own bounds."""
        return self.top - self.bottom


def lines(glyphs: Iterable[Glyph]) -> list[Line]:
    """The lines of a page in the order in which its program wrote them, those of one row joined."""
    joined: list[Line] = []
    for line in _written_lines(glyphs):
        if joined and _same_row(joined[-1], line):
            joined[-1] = _row(joined[-1], line)
        else:
            joined.append(line)
    return joined


def _written_lines(glyphs: Iterable[Glyph]) -> Iterator[Line]:
    current: list[Glyph] = []
    for glyph in glyphs:
        if glyph.character in "\r\n":
            yield from _line(current)
            current = []
            continue
        current.append(glyph)
        if glyph.character == WRAPPED_HYPHEN:
            yield from _line(current)
            current = []
    yield from _line(current)


def _line(glyphs: list[Glyph]) -> Iterator[Line]:
    inked = [glyph for glyph in glyphs if not glyph.character.isspace()]
    if not inked:
        return
    tops = median(glyph.top for glyph in inked)
    bottoms = median(glyph.bottom for glyph in inked)
    height = max(tops - bottoms, 0.1)
    parts: list[str] = []
    has_cells = spaced = False
    before: Glyph | None = None
    first_word: float | None = None
    for glyph in glyphs:
        if glyph.character.isspace():
            spaced = True
            continue
        gap = glyph.left - before.right if before else 0.0
        if before and first_word is None and (spaced or _UNSPACED.match(before.character)):
            first_word = before.right - inked[0].left
        if before and gap > MAX_WORD_GAP * height and not _MARKER.fullmatch("".join(parts)):
            parts.append(CELL_SEPARATOR)
            has_cells = True
        elif spaced and before:
            parts.append(" ")
        raised = glyph.top - glyph.bottom < 0.8 * height and glyph.top > tops - 0.15 * height
        parts.append(glyph.character.translate(_SUPERSCRIPTS) if raised else glyph.character)
        before, spaced = glyph, False
    left, right = min(glyph.left for glyph in inked), max(glyph.right for glyph in inked)
    text = "".join(parts) + (" " if spaced else "")
    first_word = right - left if first_word is None else first_word
    yield Line(text, left, bottoms, right, tops, first_word, has_cells)


def _same_row(line: Line, following: Line) -> bool:
    """Whether ``following`` goes on to the right of ``line``, at its height."""
    overlap = min(line.top, following.top) - max(line.bottom, following.bottom)
    smaller = max(min(line.height, following.height), 0.1)
    return overlap > 0.6 * smaller and following.left > line.right - 0.3 * smaller


def _row(line: Line, following: Line) -> Line:
    height = max(line.height, following.height)
    gap = following.left - line.right
    is_cell = gap > MAX_WORD_GAP * height and not _MARKER.fullmatch(line.text.strip())
    spaced = gap > MIN_WORD_GAP * height or line.text.endswith(" ")
    between = CELL_SEPARATOR if is_cell else " " if spaced else ""
    taller = line if line.height >= following.height else following
    return Line(
        line.text.rstrip() + between + following.text,
        line.left,
        taller.bottom,
        following.right,
        taller.top,
        line.first_word,
        is_cell or line.is_row or following.is_row,
    )


def words_of(pages: Iterable[Sequence[Line]]) -> frozenset[str]:
    """Every word and hyphenated compound in the lines of a document, in lower case."""
    return frozenset(
        word.casefold() for page in pages for line in page for word in _WORD.findall(line.text[:-1] + " ")
    )


def paragraphs(page: Sequence[Line], known: frozenset[str]) -> list[tuple[str, bool]]:
    """The paragraphs, list items and table rows of a page, each as one line.

    Args:
        page: its lines.
        known: the document's words, which tell a compound's hyphen from one that divides a word.

    Returns:
        Each with whether it is a table's row.
    """
    blocks: list[tuple[str, bool]] = []
    step = _typical_step(page)
    for run in _runs(page, step):
        margin = _margin(run, page)
        text = run[0].text
        for line, following in pairwise(run):
            if _is_wrapped(line, following, margin):
                text = joined(text, following.text, known)
            else:
                blocks.append((flow(text), False))
                text = following.text
        blocks.append((flow(text), run[0].is_row))
    return [(text.replace(WRAPPED_HYPHEN, "-"), is_row) for text, is_row in blocks if text]


def _typical_step(page: Sequence[Line]) -> float:
    """The page's usual distance from a line to the next, in line heights."""
    steps = [
        (line.bottom - following.bottom) / line.height
        for line, following in pairwise(page)
        if line.height > 0 and 0 < line.bottom - following.bottom < MAX_STEP * line.height
    ]
    return median(steps) if steps else MAX_STEP


def _runs(page: Sequence[Line], step: float) -> Iterator[list[Line]]:
    """Lines that follow each other in one column, of one size, with nothing between them."""
    run: list[Line] = []
    for line in page:
        if run and not _follows(run[-1], line, step):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _follows(line: Line, following: Line, step: float) -> bool:
    if line.is_row or following.is_row or _MARKER.match(following.text):
        return False
    small, large = sorted((max(line.height, 0.1), max(following.height, 0.1)))
    below = line.bottom - following.bottom
    return (
        large <= MAX_SIZE_RATIO * small
        and 0 < below <= min(MAX_STEP_RATIO * step, MAX_STEP) * large
        and following.left < line.right
        and line.left < following.right
    )


def _margin(run: Sequence[Line], page: Sequence[Line]) -> float:
    """Where the column of ``run`` ends on the right."""
    margin = max(line.right for line in run)
    if len(run) > 2:
        return margin
    aligned = sorted(line.right for line in page if abs(line.left - run[0].left) < 1.5 * run[0].height)
    return max(margin, aligned[int(0.9 * (len(aligned) - 1))])


def _is_wrapped(line: Line, following: Line, margin: float) -> bool:
    """Whether ``line`` was broken for want of room: the next word would not have fitted."""
    if line.text.endswith(WRAPPED_HYPHEN):
        return True
    indented = following.left - line.left > MAX_INDENT * line.height
    if indented and _SENTENCE_END.search(line.text):
        return False
    return line.right + 0.2 * line.height + following.first_word > margin


def joined(text: str, following: str, known: frozenset[str]) -> str:
    """Two lines of one paragraph as one; a word divided between them is made whole."""
    start, end = following.lstrip(), text.rstrip()
    divided, continued = _DIVIDED.search(end), _CONTINUES.match(start)
    if divided:
        if not continued:
            return end[:-1] + "-" + start
        whole, compound = divided[1] + continued[0], f"{divided[1]}-{continued[0]}"
        keeps = whole.casefold() not in known and compound.casefold() in known
        return end[:-1] + ("-" if keeps else "") + start
    if text != end or following != start:
        return f"{end} {start}"
    tight = end.endswith("—") or (_UNSPACED.match(end[-1]) and _UNSPACED.match(start[0]))
    return end + start if tight else f"{end} {start}"
