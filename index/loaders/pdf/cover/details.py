"""Reads a PDF's title, publisher and date from the first page, which counts more than the properties."""

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
"""The number of pages whose running titles are read."""

_LEAD_PARAGRAPHS = 12
"""The number of paragraphs among which a news release's first sentence is searched."""

_LETTERHEAD_LINES = 3
_TOP = 0.6
_BOTTOM = 0.12
"""The shares of a page's height, at its top and at its foot, in which dates stand."""

_PAGE_NUMBER = regex.compile(r"\A\W*\d{1,4}\s+(?=\p{L}{2})|(?<=\p{L}{2})\s+\d{1,4}\W*\Z")


@dataclass(frozen=True, slots=True)
class FirstPages:
    """The first pages of a document.

    Attributes:
        lines: the lines of each page.
        kept: the lines of each page without running titles and page numbers.
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


def front_page(pages: FirstPages, said: Properties) -> tuple[Properties, Properties]:
    """The details that the first page states, and the credible details among the file's properties ``said``.

    The title in the properties is credible if its words are on the page above the text. It is also credible
    if the page shows no title and the words read like a title: programs also write file names as titles.
    """
    page = pages.lines[0] if pages.lines else ()
    lines = [_written(line) for line in page]
    cover = filing(lines, pages.text)
    if cover is not None:
        return cover.details, Properties(author=said.author, published=said.published)
    leads = [paragraph.text for paragraph in pages.paragraphs[:_LEAD_PARAGRAPHS] if not paragraph.is_row]
    title = title_of_pages(pages.kept[:2], _running(pages), pages.known)
    above = lines_above_text(page, pages.known)
    believed = said.title if said.title and _is_believed(said.title, above, title) else None
    if believed is None and title is None and pages.kept:
        title = caption_of_page(pages.kept[0], pages.known)
    stated = Properties(
        title=None if believed else title,
        publisher=issuer(lines, leads, _above_title(above, believed or title), said.author),
        published=stated_date(_at_edges(page, pages.heights[0] if pages.heights else 0.0), leads, lines),
    )
    return stated, Properties(title=believed, author=said.author, published=said.published)


def _is_believed(said: str, above: Sequence[str], title: str | None) -> bool:
    """Return whether the title in the properties is credible and says as much as the title on the page.

    Args:
        said: the title in the properties.
        above: the lines above the text of the first page.
        title: the title that the page shows, or None. A title that says more than ``said`` is preferred:
            ``said`` may be only its beginning, for example the name of a company.
    """
    if is_furniture(said):
        return False
    if title is None:
        return (has_words(said) and is_among(said, above)) or reads_like_title(said)
    if is_among(said, [title]):
        return is_among(title, [said])
    return has_words(said) and is_among(said, above)


def _above_title(above: Sequence[str], title: str | None) -> list[str]:
    """The lines above the title, where letterheads are; authors and their offices are below the title."""
    if title is None or not any(map(partial(_is_part, title), above)):
        return list(above[:_LETTERHEAD_LINES])
    return list(takewhile(lambda line: not _is_part(title, line), above))


def _is_part(title: str, line: str) -> bool:
    return has_words(line) and is_among(line, [title])


def _written(line: Line) -> str:
    """The text of a line; the cells of a row are separated by spaces."""
    return flow(" ".join(cell.words.text for cell in line.cells))


def _at_edges(page: Sequence[Line], height: float) -> list[str]:
    """The lines and cells at the top and foot of a page, where dates stand; all lines if the page has few."""
    return [
        flow(cell.words.text) if line.is_row else _written(line)
        for line in page
        if len(page) < 20 or line.top > (1 - _TOP) * height or line.bottom < _BOTTOM * height
        for cell in (line.cells if line.is_row else line.cells[:1])
        if cell.words.text.strip()
    ]


def _running(pages: FirstPages) -> list[str]:
    """The running titles in the upper half of the first pages, without page numbers."""
    return [
        _PAGE_NUMBER.sub("", _written(line))
        for lines, kept, height in list(zip(pages.lines, pages.kept, pages.heights, strict=True))[:_PAGES]
        for line in lines
        if line not in kept and line.bottom > height / 2 and not is_furniture(_written(line))
    ]
