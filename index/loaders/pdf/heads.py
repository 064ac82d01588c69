"""Finds printed heads: short paragraphs, larger or bolder than the text that is below them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from index.loaders.lines import begins_item, begins_small
from index.loaders.pdf.paragraphs import Paragraph

MAX_CHARACTERS = 200
LARGER = 1.12  # times the height of the text's lines; the boxes of two fonts of one size differ by less
SMALLEST = 0.8  # share of the text's line height that the text below a head may have
NEAR = 5.0  # line heights between a head and what it heads, at most
FEWEST = 2  # heads in one style
MOST_ALIKE = 2  # heads of one style above each other; more are a table of contents or a figure's words
_FEWEST_CHARACTERS = 60  # of a paragraph of text that ends no sentence
_END = regex.compile(r"[.,;…。、；][\W¹²³⁰⁴-⁹]*\Z")
_WORD = regex.compile(r"\p{L}{3,}|[\p{Lo}]{2,}")
_BULLET = regex.compile(r"[^\p{L}\p{N}(\[“\"'‘«¿¡§]")


class Style(NamedTuple):
    """``height`` is in points."""

    height: int
    bold: bool
    upper: bool


class Head(NamedTuple):
    """The indices of its page and of its paragraph on the page."""

    page: int
    place: int
    style: Style


def printed_heads(pages: Sequence[Sequence[Paragraph]], usual: float) -> list[Head]:
    """In order. ``usual`` is the height of the text's lines."""
    prose = [paragraph for page in pages for paragraph in page if not paragraph.is_row]
    characters: Counter[Style] = Counter()
    sentences: Counter[Style] = Counter()
    for paragraph in prose:
        style = _style(paragraph)
        characters[style] += len(paragraph.text)
        sentences[style] += _is_sentence(paragraph)
    text = max(characters, key=characters.__getitem__, default=None)
    if text is None:
        return []
    found = [head for number, page in enumerate(pages) for head in _on_page(number, page, text, usual)]
    heads = Counter(head.style for head in found)
    return [head for head in found if heads[head.style] >= max(FEWEST, sentences[head.style])]


def _style(paragraph: Paragraph) -> Style:
    bold = paragraph.first.bold[0] and paragraph.last.bold[1]
    return Style(round(paragraph.first.height), bold, paragraph.text.isupper())


def _is_sentence(paragraph: Paragraph) -> bool:
    return len(paragraph.text) > MAX_CHARACTERS or _END.search(paragraph.text) is not None


def _on_page(number: int, page: Sequence[Paragraph], text: Style, usual: float) -> Iterator[Head]:
    """From the last to the first: a head stands above text or above a smaller head."""
    found: list[Head] = []
    alike = 0
    for index in range(len(page) - 2, -1, -1):
        paragraph, below = page[index], page[index + 1]
        style = _style(paragraph)
        if not _may_be_head(paragraph, style, text, usual) or not _is_above(paragraph, below):
            continue
        is_over_head = bool(found) and found[-1].place == index + 1
        if is_over_head and found[-1].style == style:
            alike += 1
        elif found[-1].style < style if is_over_head else _is_text(below, usual) and _style(below) != style:
            alike = 1
        else:
            continue
        if alike <= MOST_ALIKE:
            found.append(Head(number, index, style))
    yield from reversed(found)


def _may_be_head(paragraph: Paragraph, style: Style, text: Style, usual: float) -> bool:
    words = paragraph.text
    return (
        not paragraph.is_row
        and not paragraph.continues
        and paragraph.height >= SMALLEST * usual
        and (paragraph.height > LARGER * usual or style > text._replace(height=style.height))
        and len(words) <= MAX_CHARACTERS
        and _WORD.search(words) is not None
        and not begins_small(words)
        and not _END.search(words)
        and not _BULLET.match(words)
    )


def _is_above(paragraph: Paragraph, below: Paragraph) -> bool:
    gap = paragraph.last.bottom - below.first.top
    height = max(paragraph.height, below.height)
    left, right = paragraph.first.left, max(paragraph.last.right, paragraph.first.right)
    return (
        -0.5 * height < gap < NEAR * height
        and left < max(below.first.right, below.last.right)
        and below.first.left < right
    )


def _is_text(paragraph: Paragraph, usual: float) -> bool:
    words = paragraph.text
    return (
        not paragraph.is_row
        and paragraph.height >= SMALLEST * usual
        and (len(words) >= _FEWEST_CHARACTERS or _END.search(words) is not None or begins_item(words))
    )
