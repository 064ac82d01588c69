"""Finds the title among the lines of a PDF's first pages, by their size, place and wording."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import regex

from index.loaders.cover.issuers import is_organisation
from index.loaders.cover.title_wording import can_be_title, has_words, is_caption
from index.loaders.metadata import MAX_TITLE_CHARACTERS, title_of_line
from index.loaders.pdf.cover.line_groups import LineGroup, line_groups
from index.loaders.pdf.runs import Line

MUCH_LARGER = 1.3
"""If the first page has few words, a heading on the second page that is larger by this ratio is the title."""

_FEW_WORDS = 8
_ALIKE = 0.9
"""A heading with at least this share of the largest heading's height counts as equally large."""

_STANDING_WITHIN = 8
"""The number of first groups of a page among which a line no larger than the text can be a title."""

_CAPTION_WITHIN = 2
_WORD = regex.compile(r"\p{L}{2,}")


def title_of_pages(
    pages: Sequence[Sequence[Line]], running: Sequence[str], known: frozenset[str]
) -> str | None:
    """Find the title that the first pages show; None if they have only prose and tables.

    The title is the largest heading above the first paragraph, else the running title with the most words,
    else the first line of the page that looks like a heading.

    Args:
        pages: the lines of the first pages, without running titles.
        running: the running titles in the upper half of the pages.
        known: the document's words, which show whether a hyphen at the end of a line divides a word.
    """
    number = next((number for number, page in enumerate(pages) if page), None)
    if number is None:
        return None
    groups = line_groups(pages[number], known)
    found = _top_heading(groups)
    if sum(len(_WORD.findall(line.text)) for line in pages[number]) <= _FEW_WORDS:
        following = pages[number + 1] if number + 1 < len(pages) else ()
        other = _top_heading(line_groups(following, known))
        if other and (found is None or other.height > MUCH_LARGER * found.height):
            found = other
    if found is not None:
        return found.title
    titles = [title for title in running if has_words(title) and can_be_title(title)]
    return max(titles, key=lambda title: len(title.split()), default=None) or _heading_in_text(groups)


def caption_of_page(page: Sequence[Line], known: frozenset[str]) -> str | None:
    """Return the caption of a table or figure at the start of a page; None if the page begins otherwise."""
    captions = [
        group.text
        for group in line_groups(page, known)[:_CAPTION_WITHIN]
        if is_caption(group.text) and len(group.text) <= MAX_TITLE_CHARACTERS and not group.is_smaller
    ]
    return captions[0] if captions else None


def lines_above_text(page: Sequence[Line], known: frozenset[str]) -> list[str]:
    """Return the lines of a page above its first paragraph of prose, without table rows of several cells."""
    return [line for group in _above_prose(line_groups(page, known)) for line in group.lines]


def _above_prose(groups: Sequence[LineGroup]) -> list[LineGroup]:
    return list(takewhile(lambda group: not group.is_prose, groups))


def _top_heading(groups: Sequence[LineGroup]) -> LineGroup | None:
    """Return the largest heading above the first paragraph of prose; None if there is none.

    The name of an organisation counts only if there is no other heading. A single word counts only if no
    heading of several words is about as large.
    """
    above = [group for group in _above_prose(groups) if _is_heading(group)]
    chosen = [group for group in above if not is_organisation(group.text)] or above
    if not chosen:
        return None
    largest = max(group.height for group in chosen)
    large = [group for group in chosen if group.height >= _ALIKE * largest]
    return next((group for group in large if has_words(group.text)), large[0])


def _heading_in_text(groups: Sequence[LineGroup]) -> str | None:
    """Return the first heading on a page, as a title; None if there is none.

    Among the first groups of lines on the page, a single line in the size of the text also counts as a
    heading if it can be a title.
    """
    for number, group in enumerate(groups):
        if _is_heading(group) or (number < _STANDING_WITHIN and _stands_alone(group)):
            return group.title
    return None


def _is_heading(group: LineGroup) -> bool:
    return (group.is_larger or (group.is_bold and not group.is_in_table)) and can_be_title(group.title)


def _stands_alone(group: LineGroup) -> bool:
    """Return whether a group has only one line, not in a table or in small type, that looks like a title."""
    is_line = len(group.lines) == 1 and not group.is_in_table and not group.is_smaller
    return is_line and can_be_title(group.text) and title_of_line(group.text) is not None
