"""Takes what the first pages and the last page of a PDF show, from which its details are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import regex

from index.loaders.blocks import flow, stretches
from index.loaders.cover import LARGER, Cover, Shown, described, is_furniture
from index.loaders.filings import filing
from index.loaders.lines import begins_item
from index.loaders.metadata import NO_PROPERTIES, Properties
from index.loaders.pdf.paragraphs import joined
from index.loaders.pdf.text import Line, Placed, joined_by

_MAX_STEP = 1.9  # line heights between the lines of a title
_BAR = regex.compile(r"\A([\p{L}\p{N}. ]{1,16}) [|] ")  # ``Chapter 1 | Results``
_NUMBER = regex.compile(r"\d{1,2}(?:\.\d{1,2})*\.?|[IVX]{1,4}\.")
_WORD = regex.compile(r"\p{L}{2,}")
_PAGES = 3  # the first pages that are read
_SIGNED = regex.compile(r"\W*date[ds]?\b", regex.IGNORECASE)


def front_page(
    pages: Sequence[Sequence[Line]],
    kept: Sequence[Sequence[Line]],
    heights: Sequence[float],
    *,
    known: frozenset[str],
    text: str,
    properties: Properties,
    name: str,
) -> tuple[Properties, Properties]:
    """Return the details that the pages state, then those that are declared.

    ``kept`` are the pages without running titles; heights are in points.
    """
    first = list(zip(pages, kept, heights, strict=True))[:_PAGES]
    usual = median([line.height for page, _, _ in first for line in page for _ in line.text] or [1.0])
    groups = [
        group
        for number, (page, left, height) in enumerate(first)
        for group in _groups(page, number, height, known, kept=left, usual=usual)
        if group.text
    ]
    lines = [
        one
        for number, (page, left, height) in enumerate(first)
        for one in _lines(page, number, height, left, usual)
    ]
    for page, left, height in list(zip(pages, kept, heights, strict=True))[_PAGES:]:
        own = page if page is pages[-1] else [line for line in page if _SIGNED.match(line.text)]
        lines += _lines(own, -1, height, left, usual)
    form = next((found for page in pages[:2] if (found := filing([*map(_line_text, page)], text))), None)
    cover = Cover(groups, lines, text, properties, name=name)
    return described(cover, form.details if form else NO_PROPERTIES)


def _lines(
    page: Sequence[Line], number: int, height: float, kept: Sequence[Line], usual: float
) -> list[Shown]:
    """Each cell of a row is a line."""
    left = set(map(id, kept))
    return [
        Shown(
            text,
            number,
            1 - line.top / height if height else 0.0,
            line.height / usual,
            all(line.bold),
            id(line) not in left,
            len(line.cells) > 1,
        )
        for line in page
        for text in (
            [flow(cell.words.text) for cell in line.cells] if len(line.cells) > 1 else [_line_text(line)]
        )
        if text
    ]


def _line_text(line: Line) -> str:
    return flow(" ".join(cell.words.text for cell in line.cells))


def _groups(
    page: Sequence[Line],
    number: int,
    height: float,
    known: frozenset[str],
    *,
    kept: Sequence[Line],
    usual: float,
) -> list[Shown]:
    """Table rows of several cells are left out."""
    single = [line for line in page if not line.is_row or _is_single(line)]
    runs = stretches(single, lambda run, line: _is_same_group(run[-1], line))
    left = set(map(id, kept))
    return [
        Shown(
            _BAR.sub(r"\1 ", flow(_joined(run, known))),
            number,
            1 - run[0].top / height if height else 0.0,
            max(line.height for line in run) / usual,
            all(all(line.bold) for line in run),
            id(run[0]) not in left,
        )
        for run in runs
    ]


def _is_single(row: Line) -> bool:
    cells = [text for cell in row.cells if (text := cell.words.text.strip())]
    is_numbered = len(cells) == 2 and _NUMBER.fullmatch(cells[0]) is not None
    return len(cells) == 1 or (is_numbered and _WORD.search(cells[1]) is not None)


def _is_same_group(line: Line, following: Line) -> bool:
    small, large = sorted((line.height, following.height))
    return (
        large <= LARGER * small
        and all(line.bold) == all(following.bold)
        and 0 < line.bottom - following.bottom <= _MAX_STEP * large
        and following.left < line.right
        and line.left < following.right
        and not begins_item(following.text)
        and not is_furniture(flow(line.text))
        and not is_furniture(flow(following.text))
    )


def _joined(run: Sequence[Line], known: frozenset[str]) -> str:
    words = _words(run[0])
    for line in run[1:]:
        words = joined(words, _words(line), known)
    return words.text


def _words(line: Line) -> Placed:
    return joined_by(" ", [cell.words.strip() for cell in line.cells if cell.words.text.strip()])
