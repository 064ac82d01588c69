"""Joins the lines of a page into paragraphs, headings, list items and rows, each on one line of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import regex

from index.loaders.pdf.positioned import Placed, unplaced
from index.loaders.pdf.runs import WRAPPED_HYPHEN, Line, is_unspaced

MAX_SIZE_RATIO = 1.18
"""The largest ratio of line heights within a paragraph: a heading is larger than its text."""

MAX_STEP_RATIO = 1.25
"""A line distance that exceeds the page's typical distance by this ratio separates paragraphs."""

MAX_STEP = 1.9
"""The largest line distance in a paragraph, in line heights; double spacing is 1.7."""

MAX_INDENT = 0.8
"""A line with a larger indent, in line heights, begins a paragraph."""

SLACK = 0.5
"""The space, in line heights, that a program may leave before the margin when it wraps a line."""

RAGGED_SHARE = 0.35
"""The space that a program may leave before the margin if the next line begins in lower case, as a share of
the column's width."""

_ITEM = regex.compile(
    r"[¹²³⁰⁴-⁹]{1,3}(?=\s?\S)|(?:[•●○◦▪■□‣∙·➢✓*]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\d{1,2}(?:\.\d{1,2}){2,}|\d{1,2}\.\d{1,2}[.:])(?=\s|\Z)"
)
_DASH = regex.compile(r"[–—-]\s")
_SENTENCE_END = regex.compile(r"[.!?:;…。！？：；။។][\W¹²³⁰⁴-⁹]*\Z")
_INITIALS = regex.compile(r"\b(?:\p{L}\.){2,}\s*\Z")
_ENDING = 12
_DIVIDED = regex.compile(r"([\p{L}\p{M}]+)[-‐\u00ad]\Z")
_COMPOUND = regex.compile(r"\p{L}[-‐]\p{L}{1,3}[-‐\u00ad]\Z")
"""A compound whose last word is too short to be divided, for example ``Analyst-in-``."""

_HYPHENS = ("-", "‐", WRAPPED_HYPHEN)
_CONTINUES = regex.compile(r"\A[\p{Ll}\p{Lo}][\p{L}\p{M}]*")
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:[-‐][\p{L}\p{M}]+)*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, heading, list item or table row of a page.

    Attributes:
        words: the paragraph's text on one line, never empty.
        first: the paragraph's first line.
        last: the paragraph's last line.
        margin: the right edge of the paragraph's column, in points.
        continues: whether the paragraph continues the last paragraph of the previous page.
    """

    words: Placed
    first: Line
    last: Line
    margin: float
    continues: bool = False

    @property
    def text(self) -> str:
        """The paragraph's text, without the places of its characters on the page."""
        return self.words.text

    @property
    def height(self) -> float:
        """The height of the paragraph's font, in points."""
        return self.last.height

    @property
    def is_row(self) -> bool:
        """Return whether the paragraph is a table's row."""
        return self.last.is_row


def words_of(pages: Iterable[Sequence[Line]]) -> frozenset[str]:
    """Return the words of all pages in lower case, and the parts of hyphenated words.

    Words that are divided at the end of a line are left out.
    """
    words: set[str] = set()
    for page in pages:
        is_divided = False
        for line in page:
            text = line.text.strip()
            text = _CONTINUES.sub("", text, count=1) if is_divided else text
            divided = _divided(text)
            is_divided = divided is not None
            found = _WORD.findall(text.removesuffix(divided[0]) if divided else text)
            words |= {word.casefold() for word in found}
            words |= {part for word in found if "-" in word for part in word.casefold().split("-")}
    return frozenset(words)


def paragraphs(page: Sequence[Line], known: frozenset[str]) -> list[Paragraph]:
    """Join the lines of a page into paragraphs, in the order of the lines.

    Args:
        page: the page's lines.
        known: the document's words, which show whether a hyphen at the end of a line divides a word.
    """
    blocks: list[Paragraph] = []
    for run in _runs(page, _typical_step(page)):
        margin = _margin(run, page)
        words, first = run[0].words, run[0]
        for line, following in pairwise(run):
            if _is_wrapped(line, following, margin):
                words = joined(words, following.words, known)
            else:
                blocks.append(Paragraph(words, first, line, margin))
                words, first = following.words, following
        blocks.append(Paragraph(words, first, run[-1], margin))
    written = [replace(block, words=_on_one_line(block)) for block in blocks]
    return [block for block in written if block.text]


def _on_one_line(block: Paragraph) -> Placed:
    """Return the text of a paragraph on one line; a table's row keeps its indentation and empty cells."""
    words = block.words.replaced(WRAPPED_HYPHEN, "-")
    return words.cut(0, len(words.text.rstrip())) if block.is_row else words.on_one_line()


def _typical_step(page: Sequence[Line]) -> float:
    """Return the page's median line distance, in line heights."""
    prose = [line for line in page if not line.is_row]
    steps = [(line.bottom - following.bottom) / line.height for line, following in pairwise(prose)]
    return median([step for step in steps if 0 < step < MAX_STEP] or [MAX_STEP])


def _runs(page: Sequence[Line], step: float) -> Iterator[list[Line]]:
    """Yield runs of successive lines of one size in one column; a table's row is a run of its own."""
    run: list[Line] = []
    for line in page:
        if run and not _follows(run, line, step):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _follows(run: Sequence[Line], following: Line, step: float) -> bool:
    line = run[-1]
    if line.is_row or following.is_row or _begins_item(run, following) or line.bold[1] != following.bold[0]:
        return False
    small, large = sorted((line.height, following.height))
    below = line.bottom - following.bottom
    return (
        large <= MAX_SIZE_RATIO * small
        and 0 < below <= min(MAX_STEP_RATIO * step, MAX_STEP) * large
        and following.left < line.right
        and line.left < following.right
    )


def _begins_item(run: Sequence[Line], following: Line) -> bool:
    """Return whether ``following``, the line after ``run``, begins a list item.

    A dash can also be part of a sentence, so it begins an item only if ``run`` ends a sentence or begins with
    the same dash.
    """
    if _ITEM.match(following.text):
        return True
    if not _DASH.match(following.text):
        return False
    return run[0].text[0] == following.text[0] or ends_sentence(run[-1].text)


def _margin(run: Sequence[Line], page: Sequence[Line]) -> float:
    """Return the right edge, in points, of the column that contains the lines ``run``."""
    margin = max(line.right for line in run)
    if len(run) > 2:
        return margin
    aligned = sorted(line.right for line in page if abs(line.left - run[0].left) < 1.5 * run[0].height)
    return max(margin, aligned[int(0.9 * (len(aligned) - 1))])


def _is_wrapped(line: Line, following: Line, margin: float) -> bool:
    """Return whether the paragraph of ``line`` continues in ``following``.

    It does if ``line`` is full: the first word of ``following`` would not fit before the right margin. More
    space may be left if ``following`` begins in lower case.
    """
    if line.text.endswith(WRAPPED_HYPHEN):
        return True
    ends = ends_sentence(line.text, following.text)
    if ends and following.left - line.left > MAX_INDENT * line.height:
        return False
    if line.right + (0.2 + SLACK) * line.height + following.first_word > margin:
        return True
    ragged = margin - line.right < RAGGED_SHARE * (margin - line.left)
    return ragged and not ends and following.text.lstrip()[0].islower()


def joined(line: Placed, following: Placed, known: frozenset[str]) -> Placed:
    """Join two lines of one paragraph, and a word that is divided between them."""
    first, rest = seam(line, following, known)
    return first + rest


def seam(line: Placed, following: Placed, known: frozenset[str]) -> tuple[Placed, Placed]:
    """Change two lines of one paragraph so that they can be concatenated.

    A hyphen at the end of the first line is removed if it divides a word, and stays if it belongs to a
    compound. A first line without a hyphen gets a space at its end. It gets none after an em dash, or in a
    script without spaces.

    Args:
        line: the first line.
        following: the second line.
        known: the document's words, which show whether the hyphen divides a word.

    Returns:
        The changed first line, and the changed second line.
    """
    text, start = line.text.rstrip(), following.text.lstrip()
    end = line.cut(0, len(text))
    rest = following.cut(len(following.text) - len(start), len(following.text))
    divided, continued = _divided(text), _CONTINUES.match(start)
    if divided and not (
        continued
        and not _is_compound(divided[1].casefold(), continued[0].casefold(), known)
        and not _COMPOUND.search(text)
    ):
        return Placed(f"{text[:-1]}-", end.boxes, end.mended), rest
    if divided:
        whole = end.cut(0, len(text) - 1)
        return Placed(whole.text, whole.boxes, (*whole.mended, len(whole.text))), rest
    is_tight = text.endswith("—") or (is_unspaced(text[-1]) and is_unspaced(start[0]))
    return (end if is_tight and (end, rest) == (line, following) else end + unplaced(" ")), rest


def is_divided(text: str) -> bool:
    """Return whether ``text`` ends with a part of a word and a hyphen."""
    return _divided(text) is not None


def ends_sentence(text: str, following: str = "") -> bool:
    """Return whether a sentence ends at the end of ``text``.

    Initials, as in "the U.K.", do not end a sentence if ``following``, the next text, begins in lower case.
    """
    end = text[-_ENDING:]
    if following.lstrip()[:1].islower() and _INITIALS.search(end):
        return False
    return _SENTENCE_END.search(end) is not None


def begins_item(text: str) -> bool:
    """Return whether ``text`` begins like a list item."""
    return _ITEM.match(text) is not None or _DASH.match(text) is not None


def _divided(text: str) -> regex.Match[str] | None:
    """Match the part of a word before a hyphen at the end of ``text``; None if there is none.

    Group 1 is the part, for example *exam* in *for exam-*.
    """
    return _DIVIDED.search(text[text.rfind(" ") + 1 :]) if text.endswith(_HYPHENS) else None


def _is_compound(first: str, second: str, known: frozenset[str]) -> bool:
    """Return whether the hyphen between two parts of a word belongs to the word, as in *long-term*.

    The hyphen belongs to the word if ``first`` is a single letter. Otherwise the document's words,
    ``known``, decide.
    """
    if len(first) == 1:
        return True
    if f"{first}{second}" in known:
        return False
    return f"{first}-{second}" in known or (min(len(first), len(second)) > 2 and {first, second} <= known)
