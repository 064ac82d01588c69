"""Finds a PDF's title, publisher and date on the first page, which counts more than the file's properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

import regex

from index.loaders.blocks import flow
from index.loaders.cover.datelines import stated_date
from index.loaders.cover.filings import filing
from index.loaders.cover.issuers import issuer
from index.loaders.cover.title_wording import has_words, is_among, is_furniture, reads_like_title
from index.loaders.metadata import Properties
from index.loaders.pdf.cover.title_lines import caption_of_page, lines_above_text, title_of_pages
from index.loaders.pdf.paragraphs import Paragraph
from index.loaders.pdf.runs import Line

_PAGES = 6
"""The number of first pages whose running titles are read."""

_LEAD_PARAGRAPHS = 12
"""The number of first paragraphs in which the first sentence of a news release is looked for."""

_LETTERHEAD_LINES = 3
_TOP = 0.6
_BOTTOM = 0.12
"""The shares of a page's height, at its top and at its foot, in which dates usually stand."""

_PAGE_NUMBER = regex.compile(r"\A\W*\d{1,4}\s+(?=\p{L}{2})|(?<=\p{L}{2})\s+\d{1,4}\W*\Z")


@dataclass(frozen=True, slots=True)
class FirstPages:
    """The first pages of a document.

    Attributes:
        lines: the lines of each page.
        kept: ``lines`` without running titles and page numbers.
        heights: the height of each page, in points.
        paragraphs: the paragraphs of the first page.
        known: the document's words, which show whether a hyphen at the end of a line divides a word.
        text: the document's text.
    """

    lines: Sequence[Sequence[Line]]
    kept: Sequence[Sequence[Line]]
    heights: Sequence[float]
    paragraphs: Sequence[Paragraph]
    known: frozenset[str]
    text: str


def front_page(pages: FirstPages, properties: Properties) -> tuple[Properties, Properties]:
    """Choose between the details (title, publisher, date) on the first page and in the file's properties.

    Many programs write the file's name into the properties as the title. The title in the properties is
    therefore credible in two cases only:

    - its words stand above the text of the page, and it is not just a part of the title that the page shows;
    - the page shows no title, and the title in the properties reads like a title.

    The title of an SEC form always comes from its cover.

    Args:
        pages: the first pages.
        properties: the file's properties.

    Returns:
        First, the details that the page states, without a title if the title in the properties is credible.
        Second, the author and the date in the properties, and their title if it is credible.
    """
    page = pages.lines[0] if pages.lines else ()
    lines = [_line_text(line) for line in page]
    cover = filing(lines, pages.text)
    if cover is not None:
        return cover.details, Properties(author=properties.author, published=properties.published)
    leads = [paragraph.text for paragraph in pages.paragraphs[:_LEAD_PARAGRAPHS] if not paragraph.is_row]
    title = title_of_pages(pages.kept[:2], _running_titles(pages), pages.known)
    above = lines_above_text(page, pages.known)
    credible = properties.title if properties.title and _is_credible(properties.title, above, title) else None
    if credible is None and title is None and pages.kept:
        title = caption_of_page(pages.kept[0], pages.known)
    stated = Properties(
        title=None if credible else title,
        publisher=issuer(lines, leads, _above_title(above, credible or title), properties.author),
        published=stated_date(_at_edges(page, pages.heights[0] if pages.heights else 0.0), leads, lines),
    )
    return stated, Properties(title=credible, author=properties.author, published=properties.published)


def _is_credible(named: str, above: Sequence[str], title: str | None) -> bool:
    """Return whether the title in the properties is credible, and says as much as the title on the page.

    Args:
        named: the title in the properties.
        above: the lines above the text of the first page.
        title: the title that the page shows; None if it shows none. A ``named`` that is only a part of this
            title, such as the name of a company, is not credible.
    """
    if is_furniture(named):
        return False
    if title is None:
        return (has_words(named) and is_among(named, above)) or reads_like_title(named)
    if is_among(named, [title]):
        return is_among(title, [named])
    return has_words(named) and is_among(named, above)


def _above_title(above: Sequence[str], title: str | None) -> list[str]:
    """Return those lines of ``above`` (the lines above the text) that precede the title, as letterheads do.

    Authors and their offices follow the title. If no line contains the title, return the first
    ``_LETTERHEAD_LINES`` lines.
    """
    if title is None or not any(map(partial(_is_part, title), above)):
        return list(above[:_LETTERHEAD_LINES])
    return list(takewhile(lambda line: not _is_part(title, line), above))


def _is_part(title: str, line: str) -> bool:
    return has_words(line) and is_among(line, [title])


def _line_text(line: Line) -> str:
    """Return the text of a line, with spaces between the cells of a row."""
    return flow(" ".join(cell.words.text for cell in line.cells))


def _at_edges(page: Sequence[Line], height: float) -> list[str]:
    """Return the lines at the top and foot of a page, where dates stand; all lines if the page has few.

    Each cell of a row is a line of its own.
    """
    return [
        flow(cell.words.text) if line.is_row else _line_text(line)
        for line in page
        if len(page) < 20 or line.top > (1 - _TOP) * height or line.bottom < _BOTTOM * height
        for cell in (line.cells if line.is_row else line.cells[:1])
        if cell.words.text.strip()
    ]


def _running_titles(pages: FirstPages) -> list[str]:
    """Return the running titles in the upper half of the first pages, without page numbers."""
    return [
        _PAGE_NUMBER.sub("", _line_text(line))
        for lines, kept, height in list(zip(pages.lines, pages.kept, pages.heights, strict=True))[:_PAGES]
        for line in lines
        if line not in kept and line.bottom > height / 2 and not is_furniture(_line_text(line))
    ]
