"""Joins the lines of pages into paragraphs, headings, list items, rows and footnotes, and into one text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from statistics import median

import regex

from index.documents import PageLayout
from index.loaders.blocks import indent, stretches
from index.loaders.lines import (
    DASH,
    begins_item,
    begins_marked,
    begins_small,
    divided,
    ends_sentence,
    goes_on,
    is_one_word,
)
from index.loaders.pdf.text import WRAPPED_HYPHEN, Line, Placed, is_unspaced, unplaced
from index.text.geometry import BOX_BYTES
from index.text.tabular import is_quantity

MAX_SIZE_RATIO = 1.18  # of line heights within a paragraph: a heading is larger than its text
MAX_STEP_RATIO = 1.25  # times the page's typical line distance; a larger one separates paragraphs
MAX_STEP = 1.9  # line heights between the lines of a paragraph, unless most of the page's are further apart
MAX_WIDE_STEP = 2.6  # line heights; typewritten pages have twice their font's own distance, 2.1
MAX_WIDE_RATIO = 1.03  # times such a page's typical line distance: the lines of a list vary more
MAX_INDENT = 0.8  # line heights; a line with a larger indent begins a paragraph
SLACK = 0.5  # line heights that a program may leave before the margin when it wraps a line
FEW_CHARACTERS = 25  # of a line; shorter ones are mostly labels of a figure, or stand alone
RAGGED_SHARE = 0.35  # of the column's width may stay free if the next line begins in lower case
SAME_SIZE = 1.06  # the largest ratio of line heights within one paragraph
MIN_WIDTH = 12  # line heights: captions and cells of tables are narrower than columns
MIN_WIDTH_INSIDE = 8  # if the next column begins in lower case, as few cells of a table do
MAX_COLUMNS_AHEAD = 3  # one of the next columns may be only the words of a figure
_CAPTION = regex.compile(r"(?:figure|fig|table|chart|box|map|source|sources|note|notes)\b", regex.IGNORECASE)
_LETTER = regex.compile(r"\p{L}")
SMALLER = 0.96  # share of the text's line height; footnotes are smaller
MAX_LINES = 2_000  # more are a drawing, on which the search for footnotes would take too long
_MARK = regex.compile(
    r"[¹²³⁰⁴-⁹*∗†‡§¶#]{1,3}\s?\S|\(?\d{1,3}[.)]?\s+\S|\d{1,3}(?=\p{Lu}\p{L})|\[\d{1,3}\]\s*\S|[a-z]\)\s"
)
_VERTICAL_WIDTH = 0.2  # line heights per character; a narrower line is vertical
_MIN_VERTICAL_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``margin`` is the right edge of its column, in points; it ``continues`` the previous page's last."""

    words: Placed
    first: Line
    last: Line
    margin: float
    continues: bool = False

    @property
    def text(self) -> str:
        return self.words.text

    @property
    def height(self) -> float:
        return self.last.height

    @property
    def is_row(self) -> bool:
        return self.last.is_row


@dataclass(frozen=True, slots=True)
class Stitched:
    """The canonical text, and the offsets of its pages and of the paragraphs of each page."""

    words: Placed
    page_starts: tuple[int, ...]
    paragraph_starts: tuple[tuple[int, ...], ...]


def usual_height(pages: Iterable[Iterable[Line]]) -> float:
    """In points, the one that the most characters have; 0 without lines."""
    characters: Counter[float] = Counter()
    for page in pages:
        for line in page:
            characters[round(line.height, 1)] += sum(len(cell.words.text) for cell in line.cells)
    return characters.most_common(1)[0][0] if characters else 0.0


def separate_notes(page: Sequence[Line], usual: float) -> tuple[list[Line], list[Line]]:
    """Vertical lines count as notes. A note begins with its mark, and has only small lines below it."""
    if len(page) > MAX_LINES:
        return list(page), []
    small = [line.height < SMALLER * usual and not line.is_row for line in page]
    notes: set[int] = set()
    for number, line in enumerate(page):
        characters = sum(len(cell.words.text) for cell in line.cells)
        narrow = line.right - line.left < _VERTICAL_WIDTH * line.height * characters
        # The cells of a row may have several lines.
        if characters >= _MIN_VERTICAL_CHARACTERS and narrow and not line.is_row:
            notes.add(number)
    for number, line in enumerate(page):
        if number in notes or not small[number] or not _MARK.match(line.text):
            continue
        below = [
            other
            for other, beneath in enumerate(page)
            if beneath.top < line.bottom + 0.5 * line.height
            and beneath.left < line.right
            and line.left < beneath.right
        ]
        if all(small[other] for other in below):
            notes |= {number, *below}
    text = [line for number, line in enumerate(page) if number not in notes]
    return text, [line for number, line in enumerate(page) if number in notes]


def paragraphs(page: Sequence[Line], known: frozenset[str]) -> list[Paragraph]:
    prose = [line for line in page if not line.is_row]
    steps = _steps(line for line in pairwise(prose) if len(line[0].text) >= FEW_CHARACTERS) or _steps(
        pairwise(prose)
    )
    step = median(steps or [MAX_STEP / MAX_STEP_RATIO])
    blocks: list[Paragraph] = []
    for run in stretches(page, partial(_goes_on, step=step)):
        margin = _margin(run, page)
        words, first, is_prose = run[0].words, run[0], False
        for number, (line, following) in enumerate(pairwise(run)):
            is_small = len(line.text) >= FEW_CHARACTERS and goes_on(line.text, following.text)
            is_inside = is_prose and not ends_sentence(line.text, following.text)
            beside = _margin_beside(run, number) if is_inside else margin
            if is_small or _is_wrapped(line, following, min(margin, beside)):
                words, is_prose = joined(words, following.words, known), is_prose or is_small
            else:
                blocks.append(Paragraph(words, first, line, margin))
                words, first, is_prose = following.words, following, False
        blocks.append(Paragraph(words, first, run[-1], margin))
    found: list[Paragraph] = []
    for block in blocks:
        words = replace(block.words, text=block.words.text.replace(WRAPPED_HYPHEN, "-"))
        # A table's row keeps its indentation and empty cells.
        words = words.cut(0, len(words.text.rstrip())) if block.is_row else words.on_one_line()
        if words.text:
            found.append(replace(block, words=words))
    return found


def _goes_on(run: Sequence[Line], following: Line, step: float) -> bool:
    line = run[-1]
    if line.is_row or following.is_row or _begins_item(run, following) or line.bold[1] != following.bold[0]:
        return False
    small, large = sorted((line.height, following.height))
    below = line.bottom - following.bottom
    return (
        large <= MAX_SIZE_RATIO * small
        and 0 < below <= max(min(MAX_STEP_RATIO * step, MAX_STEP), MAX_WIDE_RATIO * step) * large
        and following.left < line.right
        and line.left < following.right
    )


def _begins_item(run: Sequence[Line], following: Line) -> bool:
    """A dash begins an item only if ``run`` ends a sentence or begins with the same dash."""
    if begins_marked(following.text):
        return True
    if not DASH.match(following.text):
        return False
    return run[0].text[0] == following.text[0] or ends_sentence(run[-1].text)


def _margin(run: Sequence[Line], page: Sequence[Line]) -> float:
    margin = max(line.right for line in run)
    if len(run) > 2:
        return margin
    aligned = sorted(line.right for line in page if abs(line.left - run[0].left) < 1.5 * run[0].height)
    return max(margin, aligned[int(0.9 * (len(aligned) - 1))])


def _steps(pairs: Iterable[tuple[Line, Line]]) -> list[float]:
    steps = ((line.bottom - following.bottom) / line.height for line, following in pairs)
    return [step for step in steps if 0 < step < MAX_WIDE_STEP]


def _margin_beside(run: Sequence[Line], number: int) -> float:
    """Beside a figure, the margin of the few lines before the break, or of those after it."""
    before, after = run[max(number - 2, 0) : number + 1], run[number + 1 : number + 4]
    return min(max(line.right for line in before), max(line.right for line in after))


def _is_wrapped(line: Line, following: Line, margin: float) -> bool:
    """More space may be left at its end if ``following`` begins in lower case."""
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
    first, rest = seam(line, following, known)
    return first + rest


def seam(line: Placed, following: Placed, known: frozenset[str]) -> tuple[Placed, Placed]:
    """A hyphen that divides a word goes, that of a compound stays; else a space, where one is needed."""
    text, start = line.text.rstrip(), following.text.lstrip()
    end = line.cut(0, len(text))
    rest = following.cut(len(following.text) - len(start), len(following.text))
    if is_one_word(text, start, known):
        whole = end.cut(0, len(text) - 1)
        return Placed(whole.text, whole.boxes, (*whole.mended, len(whole.text))), rest
    if divided(text):
        return Placed(f"{text[:-1]}-", end.boxes, end.mended), rest
    is_tight = text.endswith("—") or (is_unspaced(text[-1]) and is_unspaced(start[0]))
    return (end if is_tight and (end, rest) == (line, following) else end + unplaced(" ")), rest


def followed(
    pages: Iterable[tuple[list[Paragraph], list[Paragraph]]], usual: float, known: frozenset[str]
) -> list[list[Paragraph]]:
    """A paragraph that goes on comes last on its page, even after footnotes; its rest begins the next.

    A page is its text and its notes.
    """
    read: list[list[Paragraph]] = []
    last: list[list[Paragraph]] = []
    for text, notes in pages:
        # In a column, each paragraph is below or beside the previous one.
        columns = stretches(text, lambda column, paragraph: paragraph.first.bottom <= column[-1].last.top)
        columns = _over_columns(columns, usual, known)
        if last and columns:
            _over_page(last, columns[0], read, usual)
        read.append([paragraph for column in (*columns, notes) for paragraph in column])
        last = columns or last
    return read


def _over_columns(
    columns: list[list[Paragraph]], usual: float, known: frozenset[str]
) -> list[list[Paragraph]]:
    """Columns that are then empty go."""
    start = 0
    while start < len(columns):
        column = columns[start]
        for number in range(start + 1, min(start + 1 + MAX_COLUMNS_AHEAD, len(columns))):
            following = columns[number]
            end, rest = _last(column, usual), _first(following, usual)
            is_next = number == start + 1 and end is column[-1] and rest is following[0]
            if _is_wide(end, rest, is_next=is_next) and _continues_sentence(end, rest, is_next=is_next):
                words = joined(end.words, rest.words, known)
                whole = replace(end, words=words, last=rest.last, margin=rest.margin)
                columns[start] = [*_without(column, end), whole]
                columns[number] = _without(following, rest)
                break
            if any(_is_text(paragraph, usual) and _is_long(paragraph) for paragraph in following):
                start += 1
                break
        else:
            start += 1
        columns = [column for column in columns if column]
    return columns


def _over_page(
    last: Sequence[list[Paragraph]], following: list[Paragraph], read: list[list[Paragraph]], usual: float
) -> None:
    """Changes ``following`` and ``read`` in place; ``last`` has the columns of the last page with text."""
    rest = _first(following, usual)
    for column in reversed(last):
        end = _last(column, usual)
        is_next = column is last[-1] and end is column[-1] and rest is following[0]
        page = next(page for page in reversed(read) if page)
        is_held = end.continues and len(page) > 1  # a continued paragraph must stay first on its page
        if not is_held and _continues_sentence(end, rest, is_next=is_next):
            page[:] = [*_without(page, end), end]
            following[:] = [replace(rest, continues=True), *_without(following, rest)]
            return


def _last(column: Sequence[Paragraph], usual: float) -> Paragraph:
    return next((paragraph for paragraph in reversed(column) if _is_text(paragraph, usual)), column[-1])


def _first(column: Sequence[Paragraph], usual: float) -> Paragraph:
    return next((paragraph for paragraph in column if _is_text(paragraph, usual)), column[0])


def _without(column: Sequence[Paragraph], left_out: Paragraph) -> list[Paragraph]:
    return [paragraph for paragraph in column if paragraph is not left_out]


def _is_text(paragraph: Paragraph, usual: float) -> bool:
    """In the size of the document's text, and neither a row, a caption nor a lone number."""
    ratio = paragraph.height / usual
    return (
        not paragraph.is_row
        and 1 / SAME_SIZE < ratio < SAME_SIZE
        and not _CAPTION.match(paragraph.text)
        and _LETTER.search(paragraph.text) is not None
    )


def _is_wide(end: Paragraph, rest: Paragraph, *, is_next: bool) -> bool:
    """A single line directly after ``end`` may stand in a column of any width."""
    least = MIN_WIDTH_INSIDE if begins_small(rest.text) else MIN_WIDTH
    widths = [
        (paragraph.margin - paragraph.last.left) / paragraph.height
        for paragraph in (end, rest)
        if _is_long(paragraph) or not is_next or paragraph is end
    ]
    return min(widths) > least


def _is_long(paragraph: Paragraph) -> bool:
    return paragraph.first is not paragraph.last


def _continues_sentence(end: Paragraph, rest: Paragraph, *, is_next: bool) -> bool:
    """``is_next``: no other column or paragraph is between the two."""
    small, large = sorted((end.last.height, rest.first.height))
    if (
        (end.is_row or rest.is_row)
        or large > SAME_SIZE * small
        or end.last.bold[1] != rest.first.bold[0]
        or not (_LETTER.search(end.text) and _LETTER.search(rest.text))
        or ends_sentence(end.text, rest.text)
        or begins_item(rest.text)
    ):
        return False
    room = end.margin - end.last.right
    if divided(end.text) or begins_small(rest.text):
        return room < RAGGED_SHARE * max(end.margin - end.last.left, end.height)
    is_full = _is_long(end) and room < (0.2 + SLACK) * end.height + rest.first.first_word
    return is_next and is_full


def stitched(pages: Sequence[Sequence[Paragraph]], known: frozenset[str]) -> Stitched:
    pieces: list[Placed] = []
    starts: list[int] = []
    paragraph_starts: list[tuple[int, ...]] = []
    length = 0
    before: Paragraph | None = None
    edges: list[float] = []  # of the levels of the list
    for page in pages:
        offsets: list[int] = []
        for paragraph in page:
            if before is None:
                pieces.append(paragraph.words)
            elif paragraph.continues:
                end, rest = seam(pieces.pop(), paragraph.words, known)
                length += len(end.text) - len(before.text)
                pieces += [end, rest]
            else:
                edges = _edges(edges, paragraph)
                between = "\n" if _is_next_row(before, paragraph, is_first=not offsets) else "\n\n"
                between += indent(len(edges) - 1)
                length += len(between)
                pieces += [unplaced(between), paragraph.words]
            offsets.append(length)
            length += len(pieces[-1].text)
            before = paragraph
        starts.append(offsets[0] if offsets else length)
        paragraph_starts.append(tuple(offsets))
    mended: list[int] = []
    length = 0
    for piece in pieces:
        mended += [length + offset for offset in piece.mended]
        length += len(piece.text)
    # Takes linear time: a ``+`` for each piece would copy the text so far each time.
    text, boxes = "".join(piece.text for piece in pieces), b"".join(piece.boxes for piece in pieces)
    return Stitched(Placed(text, boxes, tuple(mended)), tuple(starts), tuple(paragraph_starts))


def _edges(edges: Sequence[float], paragraph: Paragraph) -> list[float]:
    """The left edges of the item and of those that it belongs to; those of another column do not count."""
    left, height = paragraph.first.left, paragraph.height
    if paragraph.is_row or not begins_item(paragraph.text):
        return []
    if edges and abs(left - edges[-1]) > MIN_WIDTH * height:
        return [left]
    return [*(edge for edge in edges if edge < left - MAX_INDENT * height), left]


def _is_next_row(before: Paragraph, row: Paragraph, *, is_first: bool) -> bool:
    """It may be the first row of the next page."""
    if not (before.is_row and row.is_row):
        return False
    cells = row.first.cells
    has_figures = any(is_quantity(cell.words.text.strip()) for cell in cells[1:])
    is_same_table = is_first and has_figures and len(cells) == len(before.last.cells)
    return is_same_table or not row.first.begins_table


def layouts(stitched: Stitched, sizes: Sequence[tuple[float, float]]) -> tuple[PageLayout, ...]:
    """``sizes`` are widths and heights in points."""
    ends = (*stitched.page_starts[1:], len(stitched.words.text))
    return tuple(
        PageLayout(width, height, stitched.words.boxes[start * BOX_BYTES : end * BOX_BYTES])
        for (width, height), start, end in zip(sizes, stitched.page_starts, ends, strict=True)
    )
