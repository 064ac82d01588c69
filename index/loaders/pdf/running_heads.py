"""Removes running titles and page numbers: the same words at one height at the edges of several pages."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

import regex

from index.loaders.blocks import stretches
from index.loaders.numerals import roman_value
from index.loaders.pdf.text import Line

EDGE = 0.2  # share of a page's height, at its top and its foot, in which a running title can stand
NUMBER_EDGE = 0.12  # the same for a lone page number
MAX_ROWS = 3  # of a header or footer
MIN_PAGES = 3  # that share a running title; 2 in a document of at most ``_FEW_PAGES``
MAX_SIZE = 1.3  # a line with letters is a heading if it is taller than this times the page's median
MAX_HEADING_LINES = 8  # in the headings of a table
_FEW_PAGES = 4
SAME_HEIGHT = 4.0  # points between the heights of the lines of one running title
_CLOSE = 1.6  # line heights from a table's heading to the next heading or row below it
_APART = 1.0  # line heights from a page number to the text, at least
_MAX_NUMBER = 20_000
_NUMBER = regex.compile(r"\d+|(?<=\A\W*)[ivxlc]+(?=\W*\Z)")
_LETTER = regex.compile(r"\p{L}")
PAGE_WORD = r"(?:p\.|pg\.?|page|s\.|seite|pagina|página|pág\.|strona|str\.|sida|side|sivu)"
_PAGE_NUMBER = regex.compile(
    rf"{PAGE_WORD}?\s*[-–—\[(]?\s*"
    r"(?:\d{1,3}|[ivxl]{1,6})\s*[-–—\])]?(?:\s*(?:of|/|von|de|sur|di|z|van|av|\|)\s*\d{1,4})?",
    regex.IGNORECASE,
)
PART = regex.compile(
    r"\W*(?:chapter|annex|appendix|section|part|table|figure|chart|box|exhibit|schedule|article|lesson|step|slide"
    r"|kapitel|anhang|anlage|abschnitt|tabelle|abbildung|artikel|chapitre|annexe|tableau|partie|cap[ií]tulo"
    r"|anexo|secci[oó]n|cuadro|parte|capitolo|allegato|sezione|tabella|hoofdstuk|bijlage|rozdzia[lł])\s+\d"
)


@dataclass(frozen=True, slots=True)
class Edge:
    """``place`` is the distance from the edge, in points; a lone Roman numeral counts as a number."""

    page: int
    index: int
    is_top: bool
    place: float
    text: str
    numbers: tuple[int, ...]
    is_outermost: bool


def edges_of(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[Edge]:
    """``heights`` are in points."""
    return [
        edge
        for page, (lines, height) in enumerate(zip(pages, heights, strict=True))
        for edge in _edges(page, lines, height)
    ]


def without_running(pages: Sequence[Sequence[Line]], edges: Sequence[Edge]) -> list[list[Line]]:
    """A page that would be empty keeps lines with letters; if all, all stay."""
    running = _repeated(edges, len(pages)) | _page_numbers(edges, pages)
    kept = [
        [line for index, line in enumerate(lines) if (page, index) not in running]
        for page, lines in enumerate(pages)
    ]
    if not any(kept):
        return [list(lines) for lines in pages]
    return [
        left or [line for line in lines if _LETTER.search(line.text)]
        for left, lines in zip(kept, pages, strict=True)
    ]


def _edges(page: int, lines: Sequence[Line], height: float) -> Iterator[Edge]:
    """Except headings of the text and of tables."""
    if not lines:
        return
    large = MAX_SIZE * median(line.height for line in lines)
    from_top = sorted(range(len(lines)), key=lambda index: -lines[index].top)
    for is_top, order in ((True, from_top), (False, from_top[::-1])):
        rows, before = 0, math.inf
        for position, index in enumerate(order):
            line = lines[index]
            place = height - line.top if is_top else line.bottom
            if abs(place - before) > 0.5 * line.height:
                rows, before = rows + 1, place
            if place + line.height > EDGE * height or rows > MAX_ROWS:
                break
            text = line.text.strip().casefold()
            if line.height > large and _LETTER.search(text):
                continue
            if is_top and _heads_table(line, [lines[other] for other in order[position + 1 :]]):
                continue
            numbers = tuple(
                min(int(number), _MAX_NUMBER) if number.isdecimal() else roman_value(number)
                for number in _NUMBER.findall(text)
            )
            is_outermost = rows == 1 and place + line.height <= NUMBER_EDGE * height
            yield Edge(page, index, is_top, place, text, numbers, is_outermost)


def _heads_table(line: Line, below: Iterable[Line]) -> bool:
    """More lines of headings may come before the row."""
    for other in islice(below, MAX_HEADING_LINES):
        if line.bottom - other.top > _CLOSE * line.height:
            return False
        if other.is_row:
            return True
        line = other
    return False


def _repeated(edges: Iterable[Edge], pages: int) -> set[tuple[int, int]]:
    """As (page, line). One number may grow with the page, from *Chapter 1 | 12* to *Chapter 1 | 13*."""
    if pages < MIN_PAGES:
        return set()
    needed = MIN_PAGES if pages > _FEW_PAGES else 2
    alike: dict[tuple[bool, str, int], list[Edge]] = defaultdict(list)
    for edge in sorted(edges, key=lambda edge: edge.place):
        wording = " ".join(_NUMBER.sub("#", edge.text).split())
        alike[edge.is_top, wording, len(edge.numbers)].append(edge)
    return {
        (edge.page, edge.index)
        for group in alike.values()
        for same in stretches(group, lambda same, edge: edge.place - same[0].place <= SAME_HEIGHT)
        for key in _keys(same)
        for part in key
        if len({edge.page for edge in part}) >= needed
        for edge in part
    }


def _keys(edges: Sequence[Edge]) -> Iterator[list[list[Edge]]]:
    """First by equal numbers, then by the difference between one number and the page's index."""
    by_numbers: dict[tuple[int, ...], list[Edge]] = defaultdict(list)
    for edge in edges:
        by_numbers[edge.numbers].append(edge)
    yield list(by_numbers.values())
    names_part = PART.match(edges[0].text) is not None  # a part's number is not a page number
    for position in range(int(names_part), len(edges[0].numbers)):
        ahead: dict[int, list[Edge]] = defaultdict(list)
        for edge in edges:
            ahead[edge.numbers[position] - edge.page].append(edge)
        yield list(ahead.values())


def _page_numbers(edges: Iterable[Edge], pages: Sequence[Sequence[Line]]) -> set[tuple[int, int]]:
    """As (page, line). From ``MIN_PAGES`` pages on, digits must be the page's number, from 1."""
    return {
        (edge.page, edge.index)
        for edge in edges
        if edge.is_outermost
        and _PAGE_NUMBER.fullmatch(edge.text)
        and (len(pages) < MIN_PAGES or not edge.text.isdecimal() or edge.numbers == (edge.page + 1,))
        and _stands_apart(edge.index, pages[edge.page])
    }


def _stands_apart(index: int, lines: Sequence[Line]) -> bool:
    line = lines[index]
    return all(
        other.bottom - line.top > _APART * line.height or line.bottom - other.top > _APART * line.height
        for position, other in enumerate(lines)
        if position != index
    )
