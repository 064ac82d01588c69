"""Finds the title, publisher and date on the first pages of a PDF, and checks those in its properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

import regex

from index.loaders.blocks import flow, stretches
from index.loaders.cover import (
    can_be_title,
    filing,
    has_words,
    is_among,
    is_caption,
    is_furniture,
    is_organisation,
    issuer,
    reads_like_title,
    stated_date,
)
from index.loaders.lines import begins_item
from index.loaders.metadata import MAX_TITLE_CHARACTERS, Properties, title_of_line
from index.loaders.pdf.paragraphs import Paragraph, joined
from index.loaders.pdf.text import Line, Placed, joined_by

LARGER = 1.08  # times the size of the text; the sizes within a group of lines differ less
_MAX_STEP = 1.9  # line heights between the lines of a title
_NEAR_ROW = 0.8  # line heights from a table's row within which a line belongs to the table
_FOOT = 0.06  # share of a page's height, at its foot, in which no title stands
_PROSE_CHARACTERS = 120
_MAX_LINES = 5  # a long group of more lines is a paragraph in larger letters
_BAR = regex.compile(r"\A([\p{L}\p{N}. ]{1,16}) [|] ")  # ``Chapter 1 | Results``
_NUMBER = regex.compile(r"\d{1,2}(?:\.\d{1,2})*\.?|[IVX]{1,4}\.")
_WORD = regex.compile(r"\p{L}{2,}")
MUCH_LARGER = 1.3  # a heading on page 2 that is so much larger is the title, if page 1 has few words
_FEW_WORDS = 8
_ALIKE = 0.9  # share of the largest heading's height from which a heading counts as equally large
_STANDING_WITHIN = 8  # a page's first groups, among which a line no larger than the text can be a title
_CAPTION_WITHIN = 2
_PAGES = 6  # the first pages whose running titles are read
_LEAD_PARAGRAPHS = 12  # the first paragraphs, in which a news release has its first sentence
_LETTERHEAD_LINES = 3
_TOP = 0.6
_BOTTOM = 0.12  # shares of a page's height, at its top and its foot, in which dates usually stand
_PAGE_NUMBER = regex.compile(r"\A\W*\d{1,4}\s+(?=\p{L}{2})|(?<=\p{L}{2})\s+\d{1,4}\W*\Z")


def front_page(
    pages: Sequence[Sequence[Line]],
    kept: Sequence[Sequence[Line]],
    heights: Sequence[float],
    *,
    paragraphs: Sequence[Paragraph],
    known: frozenset[str],
    text: str,
    properties: Properties,
) -> tuple[Properties, Properties]:
    """Return the details that the page states, then those of the properties that are credible.

    ``kept`` are the pages without running titles, ``paragraphs`` the first page's; heights are in points.

    Many programs write the file's name as the title. A title is credible if its words stand above the text
    and are not just a part of the page's title, or if the page has none and it reads like one. The title of
    an SEC form always comes from its cover.
    """
    page = pages[0] if pages else ()
    lines = [_line_text(line) for line in page]
    cover = filing(lines, text)
    if cover is not None:
        return cover.details, Properties(author=properties.author, published=properties.published)
    leads = [paragraph.text for paragraph in paragraphs[:_LEAD_PARAGRAPHS] if not paragraph.is_row]
    running = [
        _PAGE_NUMBER.sub("", _line_text(line))
        for every, left, height in list(zip(pages, kept, heights, strict=True))[:_PAGES]
        for line in every
        if line not in left and line.bottom > height / 2 and not is_furniture(_line_text(line))
    ]
    title = _title_of_pages(kept[:2], running, known)
    above = [line for group in _above_prose(_line_groups(page, known)) for line in group.lines]
    credible = properties.title if properties.title and _is_credible(properties.title, above, title) else None
    if credible is None and title is None and kept:
        first = [group for group in _line_groups(kept[0], known)[:_CAPTION_WITHIN] if not group.is_smaller]
        captions = (group.text for group in first if is_caption(group.text))
        title = next((caption for caption in captions if len(caption) <= MAX_TITLE_CHARACTERS), None)
    stated = Properties(
        title=None if credible else title,
        publisher=issuer(lines, leads, _above_title(above, credible or title), properties.author),
        published=stated_date(_at_edges(page, heights[0] if heights else 0.0), leads, lines),
    )
    return stated, Properties(title=credible, author=properties.author, published=properties.published)


def _line_text(line: Line) -> str:
    return flow(" ".join(cell.words.text for cell in line.cells))


def _is_credible(named: str, above: Sequence[str], title: str | None) -> bool:
    """A part of the page's title, such as the name of a company, is not credible."""
    if is_furniture(named):
        return False
    if title is not None and is_among(named, [title]):
        return is_among(title, [named])
    return (has_words(named) and is_among(named, above)) or (title is None and reads_like_title(named))


def _above_title(above: Sequence[str], title: str | None) -> list[str]:
    """Letterheads precede a title; authors and their offices follow it."""
    is_part = [title is not None and has_words(line) and is_among(line, [title]) for line in above]
    return list(above[: is_part.index(True) if True in is_part else _LETTERHEAD_LINES])


def _at_edges(page: Sequence[Line], height: float) -> list[str]:
    """Where dates stand; each cell of a row counts as a line."""
    return [
        flow(cell.words.text) if line.is_row else _line_text(line)
        for line in page
        if len(page) < 20 or line.top > (1 - _TOP) * height or line.bottom < _BOTTOM * height
        for cell in (line.cells if line.is_row else line.cells[:1])
        if cell.words.text.strip()
    ]


def _title_of_pages(
    pages: Sequence[Sequence[Line]], running: Sequence[str], known: frozenset[str]
) -> str | None:
    """The largest heading above the prose, else the longest running title, else the first heading."""
    number = next((number for number, page in enumerate(pages) if page), None)
    if number is None:
        return None
    groups = _line_groups(pages[number], known)
    found = _top_heading(groups)
    if sum(len(_WORD.findall(line.text)) for line in pages[number]) <= _FEW_WORDS:
        following = pages[number + 1] if number + 1 < len(pages) else ()
        other = _top_heading(_line_groups(following, known))
        if other and (found is None or other.height > MUCH_LARGER * found.height):
            found = other
    if found is not None:
        return found.title
    titles = [title for title in running if has_words(title) and can_be_title(title)]
    longest = max(titles, key=lambda title: len(title.split()), default=None)
    # Near the start of the page, a line in the size of the text may be a heading, too.
    headings = (
        group.title
        for number, group in enumerate(groups)
        if _is_heading(group) or (number < _STANDING_WITHIN and _stands_alone(group))
    )
    return longest or next(headings, None)


def _top_heading(groups: Sequence[_LineGroup]) -> _LineGroup | None:
    """An organisation counts only alone, a single word only if no longer heading is about as large."""
    above = [group for group in _above_prose(groups) if _is_heading(group)]
    chosen = [group for group in above if not is_organisation(group.text)] or above
    if not chosen:
        return None
    largest = max(group.height for group in chosen)
    large = [group for group in chosen if group.height >= _ALIKE * largest]
    return next((group for group in large if has_words(group.text)), large[0])


def _above_prose(groups: Sequence[_LineGroup]) -> list[_LineGroup]:
    return list(takewhile(lambda group: not group.is_prose, groups))


def _is_heading(group: _LineGroup) -> bool:
    return (group.is_larger or (group.is_bold and not group.is_in_table)) and can_be_title(group.title)


def _stands_alone(group: _LineGroup) -> bool:
    is_line = len(group.lines) == 1 and not group.is_in_table and not group.is_smaller
    return is_line and can_be_title(group.text) and title_of_line(group.text) is not None


@dataclass(frozen=True, slots=True)
class _LineGroup:
    """``ratio`` is to the height of the page's text. ``is_in_table``: a row stands beside it or close by."""

    text: str
    lines: tuple[str, ...]
    ratio: float
    height: float
    is_bold: bool
    is_in_table: bool

    @property
    def is_larger(self) -> bool:
        return self.ratio >= LARGER

    @property
    def is_smaller(self) -> bool:
        return self.ratio * LARGER < 1

    @property
    def is_prose(self) -> bool:
        """A paragraph of the page's text, not a heading."""
        is_long = len(self.text) > _PROSE_CHARACTERS
        return is_long and (len(self.lines) > _MAX_LINES or not (self.is_bold or self.is_larger))

    @property
    def title(self) -> str:
        """A long heading is cut after the last line that fits in a title."""
        if len(self.text) <= MAX_TITLE_CHARACTERS or self.is_prose or not self.is_larger:
            return self.text
        end = 0
        for line in self.lines:
            if end + len(line) > MAX_TITLE_CHARACTERS:
                break
            end += len(line) + 1
        return self.text[:end].rsplit(" ", 1)[0] if end else self.text


def _line_groups(page: Sequence[Line], known: frozenset[str]) -> list[_LineGroup]:
    """The page's foot and table rows of several cells are left out."""
    rows = [line for line in page if line.is_row]
    written = [line for line in page if not line.is_row] or rows
    usual = median([line.height for line in written for _ in line.text] or [1.0])
    foot = _FOOT * max((line.top for line in page), default=0.0)
    single = [line for line in page if line.top >= foot and (not line.is_row or _is_single(line))]
    runs = stretches(single, lambda run, line: _is_same_group(run[-1], line))
    groups = [_group(run, rows, usual, known) for run in runs]
    return [group for group in groups if group.text]


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


def _group(run: Sequence[Line], rows: Sequence[Line], usual: float, known: frozenset[str]) -> _LineGroup:
    words = _words(run[0])
    for line in run[1:]:
        words = joined(words, _words(line), known)
    height, near = max(line.height for line in run), _NEAR_ROW * run[0].height
    top, bottom = run[0].top + near, run[-1].bottom - near
    return _LineGroup(
        text=_BAR.sub(r"\1 ", flow(words.text)),
        lines=tuple(flow(_words(line).text) for line in run),
        ratio=height / usual,
        height=height,
        is_bold=all(run[0].bold),
        is_in_table=any(row not in run and row.bottom < top and row.top > bottom for row in rows),
    )


def _words(line: Line) -> Placed:
    return joined_by(" ", [cell.words.strip() for cell in line.cells if cell.words.text.strip()])
