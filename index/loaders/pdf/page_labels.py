"""The number of each page of a PDF, as printed in its head or foot, or as the file labels it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain as chained
from itertools import groupby, pairwise

import regex

from index.loaders.blocks import stretches
from index.loaders.numerals import roman_value, written_number
from index.loaders.pdf.running_heads import PAGE_WORD, PART, SAME_HEIGHT, Edge
from index.loaders.pdf.text import Line

_DECIMAL = "decimal"

_MIN_COUNTED = 3  # sheets on which numbers count up
_NEAR = 2  # sheets between two numbers that say so: left and right pages may differ
_MOSTLY = 0.7  # share of the numbers at a place, and of the file's labels, that count up, at least
_MOST_IN_LINE = 6  # numbers; a line with more is a row of a table
_AGREEING = 0.9  # share of the printed numbers that the file's labels repeat, or they are not believed
# With a chapter or an annex before it: 3-12, F-3. A decimal, a date or the end of ``3/10`` is none.
_ARABIC = regex.compile(
    r"(?<![\p{L}\p{N}]|\p{N}[.,:/])((?:\p{L}{1,3}|\d{1,3})[-–‐‑])?(\d{1,5})(?![\p{L}\p{N}]|[.,:]\p{N})"
)
# One letter is a word or a part's name, unless it stands alone.
_ROMAN = regex.compile(
    rf"(?:(?<=\A\W*(?:{PAGE_WORD}\s*)?)|(?<=[|•·]\s*))[ivxlc]+(?=\W*\Z|\s*[|•·])"
    r"|(?<=\A\W*)[ivxlc]{2,}(?=\s)|(?<=\s)[ivxlc]{2,}(?=\W*\Z)",
    regex.IGNORECASE,
)
_ALONE = regex.compile(
    r"[-–—\s]*(?:(?:\p{L}{1,3}|\d{1,3})[-–‐‑])?(?:\d{1,5}|[ivxlc]+)[-–—\s]*", regex.IGNORECASE
)
_LABEL = regex.compile(r"(?:\p{L}{1,3}[-–. ]?|\d{1,3}[-–.])?(?:\d{1,5}|[ivxlc]+)", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Number:
    """``kind`` is as in :func:`written_number`, ``before`` a chapter or an annex.

    ``place`` is in points, from the edge or, of a number alone, from the left; ``each`` counts the printed
    pages on a sheet.
    """

    page: int
    place: float
    value: int
    kind: str = _DECIMAL
    before: str = ""
    each: int = 1

    @property
    def series(self) -> tuple[str, str, int, int]:
        return self.kind, self.before, self.each, self.value - self.each * self.page

    def text(self, page: int) -> str:
        """Of another page of the series."""
        first = self.value + self.each * (page - self.page)
        return self.before + "–".join(written_number(first + more, self.kind) for more in range(self.each))

    def begins_after(self, other: _Number) -> bool:
        """Whether it can be the first of a new chapter, or of Arabic numerals after Roman ones."""
        is_new = bool(self.before and other.before) if self.kind == other.kind else self.kind == _DECIMAL
        return is_new and self.value <= self.page - other.page


def page_labels(
    pages: Sequence[Sequence[Line]], edges: Iterable[Edge], stated: Sequence[str]
) -> tuple[str | None, ...]:
    """One for each page; empty if none is known. ``stated`` are the labels of the file, if it has any.

    What is printed and counts up comes first. The file's labels fill in the rest if they agree with it.
    """
    printed = _printed(edges, pages)
    labels = [label if _LABEL.fullmatch(label) else None for label in stated]
    agrees = [label == printed[page] for page, label in enumerate(labels) if label and page in printed]
    counts_sheets = all(label in {None, str(sheet)} for sheet, label in enumerate(labels, 1))
    if counts_sheets or not _count_up(labels) or sum(agrees) < _AGREEING * len(agrees):
        labels = []
    found = [printed.get(page) or next(iter(labels[page : page + 1]), None) for page in range(len(pages))]
    return tuple(found) if any(found) else ()


def _count_up(labels: Iterable[str | None]) -> bool:
    """Those of a file made of parts of others may not."""
    series = [
        number.series for page, label in enumerate(labels) if label for number in _found(page, 0.0, label)
    ]
    return sum(one == after for one, after in pairwise(series)) >= _MOSTLY * (len(series) - 1)


def _printed(edges: Iterable[Edge], pages: Sequence[Sequence[Line]]) -> dict[int, str]:
    """A page between two that count up with the sheets gets its number even if none is printed on it."""
    sides: dict[bool | None, list[_Number]] = {True: [], False: [], None: list(_alone(pages))}
    for edge in edges:
        sides[edge.is_top] += _numbers(edge, pages[edge.page][edge.index].text)
    chains = [
        chain
        for numbers in sides.values()
        for same in stretches(
            sorted(numbers, key=lambda number: number.place),
            lambda same, number: number.place - same[0].place <= SAME_HEIGHT,
        )
        for chain in _counted(same)
    ]
    chains.sort(key=len, reverse=True)
    found: dict[int, str] = {}
    for number in chained.from_iterable(chains):
        found.setdefault(number.page, number.text(number.page))
    for one, after in chained.from_iterable(map(pairwise, chains)):
        if one.series == after.series:
            for page in range(one.page + 1, after.page):
                found.setdefault(page, one.text(page))
    return found


def _alone(pages: Sequence[Sequence[Line]]) -> Iterator[_Number]:
    """A filing made from a page of the web has its numbers anywhere down the sheet, but at one place across.

    Where a column of numbers is, none is a page's.
    """
    for page, lines in enumerate(pages):
        found = [
            replace(number, place=(line.left + line.right) / 2)
            for line in lines
            if not line.is_row and len(line.cells) == 1 and _ALONE.fullmatch(line.text)
            for number in _found(page, 0.0, line.text)
        ]
        for number in found:
            if sum(abs(other.place - number.place) <= SAME_HEIGHT for other in found) == 1:
                yield number


def _numbers(edge: Edge, text: str) -> Iterator[_Number]:
    found = list(_found(edge.page, edge.place, text))
    if len(found) > _MOST_IN_LINE:
        return
    yield from found[int(PART.match(edge.text) is not None) :]
    if len(found) > 1 and (first := found[0]).value + 1 == found[-1].value and first.kind == _DECIMAL:
        yield replace(first, each=2)  # two pages on a sheet, with a number at either side


def _found(page: int, place: float, text: str) -> Iterator[_Number]:
    for match in _ARABIC.finditer(text):
        yield _Number(page, place, int(match[2]), before=match[1] or "")
    for match in _ROMAN.finditer(text):
        value = roman_value(match[0].lower())
        kind = "upperRoman" if match[0].isupper() else "lowerRoman"
        if written_number(value, kind) == match[0]:
            yield _Number(page, place, value, kind)


def _counted(numbers: Sequence[_Number]) -> list[list[_Number]]:
    """The chains of a place; none if most of its numbers, as in a table, count no sheets."""
    chains = [
        chain
        for chain in _chains(numbers)
        if sum(after.page - one.page <= _NEAR for one, after in pairwise(chain)) >= _MIN_COUNTED - 1
    ]
    counted = {number.page for chain in chains for number in chain}
    return chains if len(counted) >= _MOSTLY * len({number.page for number in numbers}) else []


def _chains(numbers: Iterable[_Number]) -> list[list[_Number]]:
    """Numbers at one height, each of which is one more for each sheet, or the first of a chapter."""
    of_series: dict[tuple[str, str, int, int], list[_Number]] = {}
    longest: list[_Number] = []
    for _, on_page in groupby(sorted(numbers, key=lambda number: number.page), lambda number: number.page):
        grown = [longest]
        for number in on_page:
            if number.series not in of_series:
                goes_on = longest and number.begins_after(longest[-1])
                of_series[number.series] = longest if goes_on else []
            chain = of_series[number.series]
            if not chain or chain[-1].page < number.page:
                chain.append(number)
                grown.append(chain)
        longest = max(grown, key=len)
    return list({id(chain): chain for chain in of_series.values()}.values())
