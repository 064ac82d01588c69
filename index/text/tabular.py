"""Finds tables in a canonical text: only its consecutive lines with ``CELL_SEPARATOR`` decide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Protocol, TypeVar

import regex

from index.documents import Span
from index.text.units import SCALE, currency_at, currency_in, scale_in, unit_in

CELL_SEPARATOR = " | "

# With so many rows without figures at its start, a table is one of words; its first row is its headings.
WORD_TABLE_ROWS = 5
MAX_CAPTION_CHARACTERS = 200  # a longer line above a table is a paragraph
MAX_LABELS = 3  # lines without several cells between two rows of a table
_MAX_CAPTION_LINES = 3

LINE = regex.compile(r"[^\n\r\f\v\x1c-\x1e\x85\u2028\u2029]+")
_BREAKS = regex.compile(r"\r\n|[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]")
CELL_EDGE = regex.compile(r"(?:(?<=^|\s)\|(?=\s|$))")
# A digit, possibly after a sign or bracket; ``CO2e`` and ``25-year period`` are not quantities.
_QUANTITY = regex.compile(r"(?!\p{N}+-\p{L}{3})\P{L}{0,4}\p{N}")
_BARRED_CAPTION = regex.compile(
    r"\s*(?:table|figure|fig|chart|box|map|exhibit|annex)\b[\s.]*\p{L}{0,3}\p{N}[\p{L}\p{N}.:]*\s\|\s[^|]*\p{L}{3}[^|]*",
    regex.IGNORECASE,
)
_UNITS = regex.compile(
    r"[(\[].*[)\]]|.*\b(?:million|billion|thousand|percent|per cent)s?\b.*|.*[%$€£¥]", regex.IGNORECASE
)
# Such as ``Balance Sheets (in millions)``.
_TITLE_WITH_UNITS = regex.compile(
    r"[^(]*\p{L}{3}[^(]*\([^()]*\b(?:thousand|million|billion|000)s?\b[^()]*\).*", regex.IGNORECASE
)
_HEADED_UNIT = (
    r"(?:(?:US|C|A|AU|HK|NZ|R|S)?[$€£¥₹]|%)?\s?(?:[’'‘]?000s?|(?:million|thousand|billion)s?|mn?|bn|k)?"
)
_STATUS = r"(?:actual|adjusted|audited|budget|estimated?|forecast|provisional|restated|unaudited)"
_UNIT_CELL = regex.compile(rf"[(\[]?{_HEADED_UNIT}[)\]]?", regex.IGNORECASE)
# A time rather than a quantity, such as ``2019`` or ``Years ended September 30,``.
# A day and a year show the month, in any language.
_PERIOD_WORDS = (
    r"(?:\d{1,2}\.?\s(?:de\s)?\p{L}{3,10}\.?\s(?:de\s)?(?:19|20)\d{2}|(?:19|20)\d{2}年(?:\d{1,2}月(?:\d{1,2}日)?)?"
    r"|fy|cy|fiscal|vs|versus|compared|with|one|two|three|six|nine|twelve|thirteen|first|second|third|fourth|years?|months?|quarters?|weeks?|ended|ending|as|at|of|to|the|and|notes?|no"
    r"|h[12]|[qt][1-4]|[12]h|[1-4][qt](?!\p{L})|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*"
    rf"|{_STATUS}(?=.*(?:19|20)\d{{2}})|(?<=(?:19|20)\d{{2}}.*){_STATUS}"
    r"|(?:19|20)\d{2}(?:[/–-]\d{2,4}|[a-jpr]\b)?|\d{1,2}(?:st|nd|rd|th)?|\s?[年月]份?|[¹²³⁰⁴-⁹]+)"
)
_PERIOD = regex.compile(
    rf"(?!\d+[.,]\d+\s?[a-z])(?=.*(?:[a-z年月]|(?:19|20)\d{{2}}))(?>{_PERIOD_WORDS}[\s.,:;/()–-]*+)++"
    rf"(?:(?<=(?:19|20)\d{{2}}.*){_HEADED_UNIT}\)?)?",
    regex.IGNORECASE,
)
_YEAR = regex.compile(r"(?:19|20)\d{2}")
_WORDS = regex.compile(r"\p{L}{3}")
# A mark of a missing value, such as ``n/a``, has no words.
_TWO_LETTERS = regex.compile(r"(?!\W*n\W*[adms]\W*\Z).*\p{L}.*\p{L}", regex.IGNORECASE)
_DIGITS = regex.compile(r"\p{N}+")
_STOP = regex.compile(r"[.!?。！？។၊।]\s*\Z")


@dataclass(frozen=True, slots=True)
class Table:
    """``header`` is caption, units and headings, or an empty span; ``lines`` include its lines."""

    header: Span
    lines: tuple[Span, ...]

    @property
    def span(self) -> Span:
        return Span(self.lines[0].start, self.lines[-1].end)


def cells(row: str) -> list[str]:
    """``["", "2019", ""]`` for `` | 2019 | ``."""
    return [cell.strip() for cell in CELL_EDGE.split(row)]


def readable_rows(text: str) -> str:
    """A semicolon parts rows, since many front ends put the lines of a text on one line."""
    if "|" not in text:
        return text
    lines = text.splitlines()
    shown = [" · ".join(filter(None, cells(line))) for line in lines]
    for place, adjacent in enumerate(pairwise(lines)):
        if all(map(is_row, adjacent)):
            shown[place] += ";"
    return "\n".join(shown)


def label_cells(row: Sequence[str]) -> list[str]:
    """``["Gate 3"]`` for ``["", "Gate 3", "12"]``; both names for ``["2031", "Varda", "12"]``.

    A quantity ends the search, unless it is first. Without words before it, the first cell is the label.
    """
    for place, cell in enumerate(row):
        if place and is_quantity(cell):
            break
        if _TWO_LETTERS.match(cell):
            return [name for name in row[: place + 1] if name]
    return list(row[:1])


def is_row(line: str) -> bool:
    """A caption with a bar is none."""
    return "|" in line and CELL_EDGE.search(line) is not None and not is_barred_caption(line)


def is_barred_caption(line: str) -> bool:
    """Such as ``Table 3. | Reported cases``."""
    return _BARRED_CAPTION.fullmatch(line) is not None


def words_outside_columns(headings: str) -> str:
    """The words that are not above a column of values."""
    lines = headings.splitlines()
    return "\n".join(cells(line)[0] if is_row(line) else line for line in lines)


def tables(text: str) -> list[Table]:
    """At least two rows, with names of groups between, and up to three short lines of caption above."""
    if "|" not in text:
        return []
    found: list[Table] = []
    for block, before_block in _blocks(text):
        rows = [is_row(line.of(text)) for line in block]
        end = 0
        for first, last in _runs(text, block, rows):
            caption = _caption(text, block[end:first]) if first else _caption_above(text, before_block)
            found.append(_table(text, caption, block[first:last]))
            end = last
    return found


def _blocks(text: str) -> Iterator[tuple[list[Span], list[Span]]]:
    """With the last ``_MAX_CAPTION_LINES`` lines before it."""
    block: list[Span] = []
    above: list[Span] = []
    for match in LINE.finditer(text):
        line = Span(match.start(), match.end())
        if not match[0].strip():
            continue
        if block and len(_BREAKS.findall(text, block[-1].end, line.start)) > 1:
            yield block, above
            above, block = [*above, *block][-_MAX_CAPTION_LINES:], []
        block.append(line)
    if block:
        yield block, above


def _runs(text: str, block: Sequence[Span], rows: Sequence[bool]) -> Iterator[tuple[int, int]]:
    places = [place for place, row in enumerate(rows) if row]
    if len(places) < 2:
        return
    first = places[0]
    for place, following in pairwise([*places, len(block) + MAX_LABELS + 1]):
        between = block[place + 1 : following]
        if following - place <= MAX_LABELS + 1 and all(_is_label(text, line) for line in between):
            continue
        if sum(rows[first : place + 1]) > 1:
            yield first, place + 1
        first = following


def _is_label(text: str, line: Span) -> bool:
    """A name is short, and not a sentence."""
    return len(line) <= MAX_CAPTION_CHARACTERS and not _STOP.search(text, line.start, line.end)


def _caption(text: str, lines: Sequence[Span]) -> list[Span]:
    caption: list[Span] = []
    for line in reversed(lines[-_MAX_CAPTION_LINES:]):
        if not _is_label(text, line) or is_row(line.of(text)):
            break
        caption.insert(0, line)
    return caption


def _caption_above(text: str, lines: Sequence[Span]) -> list[Span]:
    """From the last line that names the table, or from a title with units above it, if there is one."""
    above = [line.of(text).strip() for line in reversed(lines)]
    titled = next((number for number, line in enumerate(above, 1) if _TITLE_WITH_UNITS.fullmatch(line)), 0)
    names = (
        number
        for number, line in enumerate(above, 1)
        if _WORDS.search(line) and not (_UNITS.fullmatch(line) or is_period(line))
    )
    return _caption(text, lines[len(lines) - max(next(names, len(above)), titled) :])


def _table(text: str, caption: list[Span], lines: Sequence[Span]) -> Table:
    headings = 0
    parted = False
    rows = [cells(line.of(text)) for line in lines[: WORD_TABLE_ROWS + 1]]
    for row, following in zip(rows[:WORD_TABLE_ROWS], [*rows[1:], [""]], strict=False):
        others = any(row[1:])
        # Below the column headings, a line with one cell names a group of rows, or the units.
        names_group = row[0] and not others and parted and not _UNITS.fullmatch(row[0])
        if _has_quantity(row) or names_group or _counts_on(row[0], following[0]):
            break
        headings += 1
        parted = parted or others
    # If a table has words only, its first row is its headings.
    if headings == len(lines) or headings == WORD_TABLE_ROWS:
        headings = 1
    every = [*caption, *lines]
    header = every[: len(caption) + headings]
    start = every[0].start
    return Table(Span(start, header[-1].end) if header else Span(start, start), tuple(every))


def _counts_on(label: str, following: str) -> bool:
    """From ``v1.0`` to ``V1.1``, as no heading does; a year may stand below another."""
    one, other = label.casefold(), following.casefold()
    return one != other and _DIGITS.sub("0", one) == _DIGITS.sub("0", other) and not is_period(label)


def _has_quantity(row: Sequence[str]) -> bool:
    """Beside periods, the label's number may be a page's; without a label, ``12 weeks`` are words."""
    label, *others = row
    if not label and all(_WORDS.search(cell) or is_period(cell) for cell in others if cell):
        return False
    if any(map(is_quantity, others)):
        return True
    return is_quantity(label) and not (any(others) and all(is_period(cell) for cell in others if cell))


def is_group(line: str) -> bool:
    """Only its first cell has words."""
    first, *others = cells(line)
    return bool(first) and not any(others)


def is_period(cell: str) -> bool:
    """Such as ``2019``, ``Q1 2020`` or ``Years ended September 30,``."""
    return _PERIOD.fullmatch(cell) is not None


def is_date(cell: str) -> bool:
    """One date or period that ends with its year: ``June 30, 2023``."""
    return is_period(cell) and len(_YEAR.findall(cell)) == 1 and _YEAR.fullmatch(cell[-4:]) is not None


def is_quantity(cell: str) -> bool:
    """A period such as ``2019`` is none."""
    return _QUANTITY.match(cell) is not None and not (_PERIOD.fullmatch(cell) or _UNIT_CELL.fullmatch(cell))


MAX_GROUP_CHARACTERS = 20_000  # from a row up to the name of its group
_MAX_LABELS_CHARACTERS = 1_000  # of a row and the labels of the next two

_TOTAL = regex.compile(r"(?:sub-?)?totals?\b(?:\s+of\b)?", regex.IGNORECASE)
_WORD = regex.compile(r"[\p{L}\p{N}]+")


class Sliceable(Protocol):
    def __getitem__(self, span: slice, /) -> str: ...


def section_at(text: Sliceable, header: Span, start: int) -> str:
    """The innermost two groups, one a line, within ``MAX_GROUP_CHARACTERS`` above the row."""
    return sections_at(text, header, [start])[0]


def sections_at(text: Sliceable, header: Span, starts: Sequence[int]) -> list[str]:
    """``starts`` are in order, at least one, and all in the same table."""
    first = max(header.end, starts[0] - MAX_GROUP_CHARACTERS)
    window = text[first : starts[-1] + _MAX_LABELS_CHARACTERS]
    wanted = [start - first for start in starts]
    found: list[str] = []
    groups = _OpenGroups()
    lines = [
        line
        for line in LINE.finditer(window)
        if line[0].strip() and (line.start() or first == header.end or line.end() > wanted[0])
    ]
    for place, line in enumerate(lines):
        if len(found) == len(wanted):
            break
        names = groups.read(line[0], [below[0] for below in lines[place + 1 : place + 3]])
        while len(found) < len(wanted) and wanted[len(found)] < line.end():
            found.append("\n".join(names[-2:]))
    return found + [""] * (len(wanted) - len(found))


@dataclass(slots=True)
class _Group:
    """``is_nested``: directly below another name; ``indents``: its rows are, None before the first row."""

    name: str
    indent: int
    is_nested: bool
    indents: bool | None = None

    def ends_at(self, indent: int) -> bool:
        return indent < self.indent or (self.indents is True and indent == self.indent)


class _OpenGroups:
    """From the outermost to the innermost."""

    def __init__(self) -> None:
        self._groups: list[_Group] = []

    def read(self, line: str, below: Sequence[str]) -> list[str]:
        """Return the names of the groups that the line belongs to; ``below`` are the next two lines."""
        label = cells(line)[0]
        if not label:
            return [group.name for group in self._groups]
        indent = len(line) - len(line.lstrip())
        is_first = bool(self._groups) and self._groups[-1].indents is None
        if is_first and indent >= self._groups[-1].indent:
            self._read_first_row(
                self._groups[-1], indents=indent > self._groups[-1].indent, is_name=is_group(line)
            )
        groups = self._groups
        held = len(groups)
        while groups and groups[-1].ends_at(indent):
            groups.pop()
        names = [group.name for group in groups]
        if is_group(line):
            groups.append(_Group(label, indent, is_first and len(groups) == held))
        else:
            if groups:
                self._end_at_total(label, indent, has_ended=len(groups) < held)
            if _has_parts(label, indent, below):
                groups.append(_Group(label, indent, is_nested=False, indents=True))
        return names

    def _read_first_row(self, group: _Group, *, indents: bool, is_name: bool) -> None:
        """Groups may end if the first line below the innermost name is not indented.

        If it is a name, and the rows of the next outer group are indented, the innermost name was only a
        label. Otherwise outer groups end, except those indented less than the innermost name, and the one
        whose name is directly above it.
        """
        group.indents = indents
        last = len(self._groups) - 1
        if is_name and not indents and last and self._groups[last - 1].indents:
            self._groups.pop()
        elif not indents:
            self._groups = [
                other
                for place, other in enumerate(self._groups)
                if place == last or other.indent < group.indent or (group.is_nested and place == last - 1)
            ]

    def _end_at_total(self, label: str, indent: int, *, has_ended: bool) -> None:
        """A total that names an open group ends it, with all groups inside it.

        Other rows end only the innermost group, if its rows are indented like its name: totals, unless their
        indentation has ended one (``has_ended``), and rows that are indented more than the name.
        """
        groups = self._groups
        total = _TOTAL.match(label)
        if total:
            summed = _words(label[total.end() :])
            place = next((place for place, group in enumerate(groups) if _words(group.name) == summed), None)
            if place is not None:
                del groups[place:]
            elif groups[-1].indents is False and not has_ended:
                groups.pop()
        elif groups[-1].indents is False and indent > groups[-1].indent:
            groups.pop()


def _has_parts(label: str, indent: int, below: Sequence[str]) -> bool:
    """Two rows are indented below a row with values. A single one is often their sum.

    What follows a total is no part of it, and what follows the balance of a day changed it later.
    """
    return (
        len(below) == 2
        and _TWO_LETTERS.match(label) is not None
        and not (_TOTAL.match(label) or _times(label))
        and all(
            len(line) - len(line.lstrip()) > indent and (part := cells(line)[0]) and not _TOTAL.match(part)
            for line in below
        )
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


PATH_SEPARATOR = " › "  # from the outermost to the innermost
_SCALE = (
    r"(?<!\p{N}\s)\(?(?:\b|(?=[$€£¥'’]))"
    r"(?P<of>(?:amounts?|dollars|shares|figures|all|in|and|USD|EUR|euros?|US|[$€£¥\s,])+\s)?"
    rf"(?:{SCALE.pattern}|\b(?:percent(?:ages?)?|per cent)\b)"
)
_EXCEPTION = (
    r"(?P<exception>[,;]?\s*(?:except|unless|other than)\b\s*(?:for\s|as\s)?(?P<words>[^|()\n]{1,80}))"
)
_UNIT = regex.compile(rf"{_SCALE}(?:{_EXCEPTION})?", regex.IGNORECASE)
_UNIT_ALONE = regex.compile(rf"(?!\([^()]*\Z){_SCALE}(?:[^|()\n]{{0,80}}\)|{_EXCEPTION})?", regex.IGNORECASE)
_NOTE = regex.compile(r"\([^()]*\)")  # it says something about the whole table, such as ``(unaudited)``
_OWN_UNIT = regex.compile(r"(?:US|C|A)?[$€£¥₹]|%|\b(?:pts?|bps|pp|EUR|USD|GBP)\b")
_EXCEPTED = regex.compile(_EXCEPTION, regex.IGNORECASE)
_NAMES_PERCENTAGES = regex.compile(r"%|\bper ?cent(?:ages?)?\b(?![ -]points?\b)", regex.IGNORECASE)
_YEAR_CELL = regex.compile(r"(?:19|20)\p{N}{2}")
_CENTS = regex.compile(r"\p{N}[.,]\p{N}{2}(?!\p{N})")
_PER = regex.compile(r"\bper((?:\s+\w+){1,3})", regex.IGNORECASE)
_EPS = regex.compile(r"\bEPS\b")
_CLAUSE = regex.compile(r"[^,;:]*?(?=[,;:]|\s[–—-]\s|\Z)")
_WHOLE = regex.compile(r"100(?:[.,]0+)?\s?%")
_PHRASE = regex.compile(r"\s*(?:,|;|\band\b|\bor\b)\s*", regex.IGNORECASE)
_GENERAL = frozenset(
    ("amount", "amounts", "data", "figures", "otherwise", "noted", "stated", "where", "indicated")
)


@dataclass(frozen=True, slots=True)
class TableCell:
    """``row`` has the groups and label, ``column`` the headings, joined by ``PATH_SEPARATOR``.

    ``unit`` is shown beside the value: a sign and a scale, such as ``$ in millions``, or ``km²``. For
    computing, ``currency`` is a code such as ``EUR``, or ``dollar`` without a country, and the headings
    multiply the value by ``scale``. ``period`` are the words of headings, label or caption that say when.
    What is unknown is "".
    """

    row: str
    column: str
    value: str
    unit: str
    span: Span
    currency: str = ""
    scale: int = 1
    period: str = ""


def table_cells(text: str, header: Span, row: Span) -> list[TableCell]:
    """Only those with a value, from left to right, without the label."""
    caption, columns = _parts_of(header.of(text))
    words = cells(row.of(text))
    label = label_cells(words)
    last = words.index(label[-1])
    above = section_at(text, header, row.start).splitlines()
    names = [name.rstrip(" :") for name in (*above, *label) if name]
    path = PATH_SEPARATOR.join(names)
    percentages = _percentages(text, header, row)
    found = []
    for number, (span, value) in enumerate(zip(_spans(text, row), words, strict=True)):
        if number <= last or not value:
            continue
        column = _path(columns, number)
        is_percentage = number in percentages or _NAMES_PERCENTAGES.search(_EXCEPTED.sub("", column))
        unit, currency, scale = _measured(value, column, names, caption, is_percentage=bool(is_percentage))
        period = _period_of(column, path, "\n".join(caption))
        found.append(TableCell(path, column, value, unit, span, currency, scale, period))
    return found


def _measured(
    value: str, column: str, names: Sequence[str], caption: Sequence[str], *, is_percentage: bool
) -> tuple[str, str, int]:
    """Unit, currency and scale, each by the value itself, or else by the nearest place that states one.

    The table's currency and its scale do not reach a value whose column or row is counted otherwise.
    """
    sign = _OWN_UNIT.search(value)
    has_digits = any(map(str.isdigit, value))
    if sign is None and is_percentage and has_digits:
        return "%", "", 1
    if sign is None and not has_digits and _TWO_LETTERS.match(value):
        return "", "", 1
    currency = currency_at(sign[0], 0) if sign else None
    if sign and currency is None:
        return sign[0], "", 1
    own = [*reversed(column.split(PATH_SEPARATOR)), *reversed(names)]
    places = [*own, *caption]
    counted, unit = _nearest_said(places, unit_in)
    scaled, stated = _nearest_said(places, _UNIT.search)
    is_number = _IS_NUMBER.search("\n".join([column, *names[-1:]])) is not None
    paid, money = _nearest_said(places, currency_in)
    scale = _scale(stated, value, [column, *names]) if stated and scale_in(value) == 1 else ""
    if is_number and paid >= len(own):
        money = None
        scale = "" if scaled == paid and not scale.casefold().startswith("shares") else scale
    if scale and money and scaled == paid:
        counted_in = rf"{regex.escape(scale)}(?:\.?\s?(?:of|de|d['’])?\s?{regex.escape(money[1])})"
        scale = match[0] if (match := regex.search(counted_in, places[paid])) else scale
    if sign is None and unit and counted < paid:
        unit = " ".join(filter(None, (unit, "" if scaled in {counted, paid} else scale)))
        return unit, "", scale_in(unit)
    shown = sign[0] if sign else money[1] if money and has_digits else ""
    unit = " ".join(filter(None, ("" if not sign and shown.casefold() in scale.casefold() else shown, scale)))
    is_money = (
        has_digits and not _NAMES_PERCENTAGES.search(scale) and not scale.casefold().startswith("shares")
    )
    code = (currency or money or ("",))[0] if is_money else ""
    return unit, code, scale_in(scale)


_Said = TypeVar("_Said")
_IS_NUMBER = regex.compile(
    r"\bnumber of\b|\baverage\b.*\bshares\b(?!.*\bper\b)|\bshares outstanding\b", regex.IGNORECASE
)


def _nearest_said(places: Sequence[str], find: Callable[[str], _Said | None]) -> tuple[int, _Said | None]:
    found = ((place, said) for place, words in enumerate(places) if (said := find(words)))
    return next(found, (len(places), None))


_MONTH = r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\p{L}*"
_TIME = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}.,$€£])(?>{_PERIOD_WORDS}(?!\p{{L}}|[.,]?\p{{N}}*%)[\s,./–-]*+)++", regex.IGNORECASE
)
_LOOSE_WORD = r"(?:and|of|to|the|vs|versus|with|compared|as|at|notes?|no)\b"
_LOOSE = regex.compile(rf"\A(?:{_LOOSE_WORD}[\s.,]*)+|(?:[\s,./–-]|\b{_LOOSE_WORD})+\Z", regex.IGNORECASE)
# The years, the months, and the lengths or parts of years, that a period may have.
_LENGTH = (
    r"\b(?:\p{L}+|\d{1,2})\s(?:months?|weeks?|quarters?)\b(?:\send(?:ed|ing)\b)?"
    r"|\byears?\send(?:ed|ing)\b|\bfiscal\b(?:\syears?\b)?|\b(?:[qht][1-4]|[1-4][qht])(?!\p{L})"
)
_TIME_KINDS = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        r"(?<!\p{N})(?:19|20)\d{2}(?!\p{N})|\bfy\s?\d{2}\b",
        rf"{_MONTH}\.?(?:\s\d{{1,2}}\b,?)?",
        _LENGTH,
    )
)
_MARK = regex.compile(r"(?<=(?:19|20)\d{2})[a-jpr]\b")
_DAY_AT_END = regex.compile(r"\p{L}\s\d{1,2}\Z")
_DUE = regex.compile(r"\b(?:due|maturing|expiring)\b|\bnotes?\Z", regex.IGNORECASE)
_AT = regex.compile(r"(?:as\s)?(?:at|of)\b|.*\bend(?:ed|ing)\b", regex.IGNORECASE)


@lru_cache(maxsize=4096)
def _period_of(column: str, names: str, caption: str) -> str:
    """*Three months ended June 30, 2031* for a column *2031* below, or above, *Three months ended June 30,*.

    In a label, a period is all of it, its end, or at or ended it: *2047 notes* are due.
    """
    of_label = "\n".join(
        time
        for name in names.split(PATH_SEPARATOR)
        for time in _times(name)
        if not _DUE.search(name) and (is_period(name) or _AT.match(time) or name.endswith(time))
    )
    period = ""
    for words in (column.replace(PATH_SEPARATOR, " "), of_label, *caption.splitlines()):
        said = " ".join(map(_tidy, _times(words)))
        known = [kind for kind in _TIME_KINDS if kind.search(period)]
        years, others = (set(_TIME_KINDS[0].findall(each)) for each in (said, period))
        is_of_others = years and others and years.isdisjoint(others)
        if is_of_others or all(kind in known for kind in _TIME_KINDS if kind.search(said)):
            continue
        for kind in known:
            said = _tidy(kind.sub("", said))
        is_year = period and _TIME_KINDS[0].search(said)
        first, second = (period, said) if is_year else (said, period)
        period = f"{first}{', ' if _DAY_AT_END.search(first) else ' '}{second}" if second else first
    return period


def _times(words: str) -> list[str]:
    found = (match[0] for match in _TIME.finditer(words))
    return [time for time in found if any(kind.search(time) for kind in _TIME_KINDS)]


def _tidy(time: str) -> str:
    """Without a note's mark at a year, as in ``2024a``."""
    return _LOOSE.sub("", _MARK.sub("", time)).strip()


def named_row(headings: str, row: str, path: str = "") -> str:
    """``Mill: 2031 = $ 80; 2030 = $ 70 (in millions)``: one line, each value with the headings of its column.

    ``path`` replaces the label: it has the groups, too. What no column names is as in :func:`readable_rows`.
    """
    text = f"{headings}\n{row}"
    found = table_cells(text, Span(0, len(headings)), Span(len(headings) + 1, len(text)))
    if not any(cell.column for cell in found):
        return readable_rows(row)
    units = [_unit_beside(cell) for cell in found]
    shared = set(units) if len(found) > 1 else set()
    values = [
        f"{cell.column} = {cell.value}".removeprefix(" = ")
        + (f" ({unit})" if unit and len(shared) != 1 else "")
        for cell, unit in zip(found, units, strict=True)
    ]
    label = path or found[0].row
    if not _TWO_LETTERS.match(label):
        above = [cells(line)[0] for line in headings.splitlines() if is_row(line)]
        label = f"{above[-1]} {label}".strip()
    of_all = f" ({units[0]})" if len(shared) == 1 and units[0] else ""
    return f"{label}: {'; '.join(values)}{of_all}".removeprefix(": ")


def _unit_beside(cell: TableCell) -> str:
    """Without what the value or the column shows."""
    shown = f"{cell.value} {cell.column}".casefold()
    unit = cell.unit.removeprefix(sign[0]).strip() if (sign := _OWN_UNIT.search(cell.value)) else cell.unit
    return "" if unit.casefold() in shown else unit


def _parts_of(headings: str) -> tuple[list[str], list[list[str]]]:
    """The caption's lines, the last first and with the units, then the rows of headings."""
    caption: list[str] = []
    columns: list[list[str]] = []
    begun = ""
    for line in headings.splitlines():
        if is_row(line):
            words = cells(line)
            caption.append(words[0])
            stated = [cell for cell in words[1:] if cell]
            if begun and len(stated) == 1 and _UNIT_ALONE.fullmatch(f"{begun} {stated[0]}"):
                # The units began on the line above and end on this one.
                columns.pop()
                stated = [f"{begun} {stated[0]}"]
            begun = stated[0] if len(stated) == 1 and stated[0].count("(") > stated[0].count(")") else ""
            if len(stated) == 1 and is_of_whole_table(stated[0]):
                caption.append(stated[0])
            else:
                columns.append(words)
        else:
            caption.append(line)
    return [line.strip() for line in reversed(caption) if line.strip()], columns


def is_of_whole_table(heading: str) -> bool:
    """Alone in its row it says something of all values: their units, or ``(unaudited)``."""
    return (_UNIT_ALONE.fullmatch(heading) or _NOTE.fullmatch(heading)) is not None


def _path(columns: Sequence[Sequence[str]], number: int) -> str:
    """Over an empty cell, the nearest heading to the left counts; in the last row, only if the path is empty.

    Otherwise :func:`_only_heading_below` finds it. A heading that is repeated covers no further columns. A
    period over the labels, such as ``Six months ended``, precedes a year over the column.
    """
    names: list[str] = []
    for place, row in enumerate(columns):
        name = row[number] if number < len(row) else ""
        is_last = place == len(columns) - 1
        if not name and number and is_last and names:
            name = _only_heading_below(columns[place - 1], row, number)
        elif not name and number:
            name = _nearest(row, number)
        if name and (not names or names[-1] != name):
            if _YEAR_CELL.fullmatch(name) and is_period(row[0]) and not _YEAR_CELL.search(row[0]):
                names.append(row[0])
            names.append(name)
    return PATH_SEPARATOR.join(names)


def _nearest(row: Sequence[str], number: int) -> str:
    """A heading that stands over several columns by name covers no others."""
    place = next((place for place in range(min(number, len(row) - 1), 0, -1) if row[place]), 0)
    return row[place] if place == 1 or (place and row[place] != row[place - 1]) else ""


def _only_heading_below(wide: Sequence[str], row: Sequence[str], number: int) -> str:
    """A heading above may span columns in which the last row has only one heading: it is for them all."""
    start = max((place for place in range(1, min(number + 1, len(wide))) if wide[place]), default=number + 1)
    end = next((place for place in range(number + 1, len(wide)) if wide[place]), len(row))
    under = [cell for cell in row[start:end] if cell]
    return under[0] if len(under) == 1 else ""


def _spans(text: str, row: Span) -> list[Span]:
    """An empty cell has an empty span."""
    line = row.of(text)
    edges = [0, *chain.from_iterable(match.span() for match in CELL_EDGE.finditer(line)), len(line)]
    spans = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        words = line[start:end]
        begin = row.start + start + len(words) - len(words.lstrip())
        spans.append(Span(begin, max(begin, row.start + start + len(words.rstrip()))))
    return spans


def _percentages(text: str, header: Span, row: Span) -> frozenset[int]:
    """Many tables show percent signs only in the first row below the headings, so that row decides.

    If all its values have one, they are that row's alone, unless all are 100 %: the others are then shares of
    it. The labels are column 0.
    """
    for line in text[header.end : row.start].splitlines():
        if is_row(line) and any(values := cells(line)[1:]):
            signed = {number for number, value in enumerate(values, 1) if "%" in value}
            shares = all(_WHOLE.fullmatch(value) for value in values if value)
            others = shares or any(value and "%" not in value for value in values)
            return frozenset(signed if others else ())
    return frozenset()


def _scale(stated: regex.Match[str], value: str, names: Sequence[str]) -> str:
    """One part of ``Dollars and shares in millions``, for dollars or for shares.

    "" for an amount that the scale excludes (``except per share amounts``), or all of it if that may be so.
    """
    subjects = [clause[0] for name in names if (clause := _CLAUSE.match(name))]
    spelled_out = [_EPS.sub("earnings per share", name) for name in names]
    is_per = {
        word for name in spelled_out for match in _PER.finditer(name) for word in match[1].casefold().split()
    }
    whole = stated[0].strip("() ,")
    scale = whole
    if stated["exception"]:
        scale = stated[0][: stated.start("exception") - stated.start()].strip("() ,")
    for phrase in _PHRASE.split(stated["words"] or ""):
        words = {word for word in regex.findall(r"\w+", phrase.casefold()) if word not in _GENERAL}
        if "per" in words:
            if words & is_per and (_CENTS.search(value) or not any(map(str.isdigit, value))):
                return ""
        elif any(_names_one(words, subject) for subject in subjects):
            return whole
    counts_shares = any(_names_one({"share"}, subject) for subject in subjects)
    return regex.sub(
        r"\b(dollars)\s+and\s+(shares)\b", r"\2" if counts_shares else r"\1", scale, flags=regex.IGNORECASE
    )


def _names_one(words: Collection[str], subject: str) -> bool:
    held = {word.removesuffix("s") for word in regex.findall(r"\w+", subject.casefold())}
    return any(word.removesuffix("s") in held for word in words)
