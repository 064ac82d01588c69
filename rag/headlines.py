"""The first line of an answer: the value of a cell, or two values with their computed difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import permutations
from typing import Literal

import regex

from index.text import PATH_SEPARATOR, TableCell, table_cells
from rag.answers import DOUBTFUL, CellAddress, Citation, Comparison, Computed, Headline
from rag.figures.dates import periods_of
from rag.finding.cells import (
    MINUS,
    CellNumber,
    CellPair,
    Row,
    asks_percentage,
    cell_number,
    mark_of,
    offset_of_name,
    written,
)
from rag.questions import Question

_SIGN = regex.compile(r"(?:US|C|A)?\p{Sc}|%|[A-Z]{3}\b")
_CURRENCY = regex.compile(r"\p{Sc}")
_SCALE = regex.compile(
    r"(?:(?P<counted>dollars|shares)\s)?in\s(?P<scale>thousand|million|billion|trillion)s?"
    r"(?:\sof\s(?P<counted>[\p{L} ]+))?"
)


def headline_of_cell(cell: CellAddress | TableCell) -> Headline:
    unit = after_number(bare_unit(cell), has_sign=_CURRENCY.search(cell.value) is not None)
    return Headline(cell.value, unit, cell.row, cell.column)


def bare_unit(cell: CellAddress | TableCell) -> str:
    """Leave out a sign (``$``, ``%``) that the value shows."""
    sign = _SIGN.match(cell.unit)
    unit = cell.unit[sign.end() :].strip() if sign and sign[0] in cell.value else cell.unit
    return f"{unit[:1].lower()}{unit[1:]}" if unit[1:2].islower() else unit


def after_number(unit: str, *, has_sign: bool) -> str:
    """*million dollars* for *dollars in millions*; ``has_sign`` makes *dollars* superfluous."""
    scale = _SCALE.fullmatch(unit)
    if scale is None:
        return unit
    counted = (
        "" if scale["counted"] is None or (has_sign and scale["counted"] == "dollars") else scale["counted"]
    )
    return f"{scale['scale']} {counted}".strip()


Way = Literal["more", "less"]

POINTS = "percentage points"

_VERBS = r"^\W*(?:did|has|have|had)\b.*(?<!\b(?:an?|the|any|this|that|of|in|to|or|and)\s)\b(?:{})\b"
_NOUNS = r"^\W*(?:was|is) there an? (?:{})\b"
_ENDS = r"(?=\W*$|\s(?:in|from|between|during|for|over|compared|since|versus|as)\b)"
_RISES = r"(?:increased?|gr[eo]w|grown|rise|rose|risen|go up|gone up)"
_FALLS = r"(?:decreased?|declined?|fall|fell|fallen|drop(?:ped)?|go down|gone down)"
_CHANGED: dict[Way, regex.Pattern[str]] = {
    "more": regex.compile(f"(?:{_VERBS}|{_NOUNS}){_ENDS}".replace("{}", _RISES), regex.IGNORECASE),
    "less": regex.compile(f"(?:{_VERBS}|{_NOUNS}){_ENDS}".replace("{}", _FALLS), regex.IGNORECASE),
}
_COMPARED: dict[Way, regex.Pattern[str]] = {
    "more": regex.compile(r"\b(?:more|higher|larger|greater|bigger)\b", regex.IGNORECASE),
    "less": regex.compile(r"\b(?:less|fewer|lower|smaller)\b", regex.IGNORECASE),
}
_YES_OR_NO = regex.compile(r"^\W*(?:did|do|does|is|are|was|were|has|have|had)\b", regex.IGNORECASE)
_THAN = regex.compile(r"\bthan\b", regex.IGNORECASE)
_OR = regex.compile(r"\bor\b", regex.IGNORECASE)
# If a question has one, two figures alone do not answer it with yes or no.
_SAYS_MORE = regex.compile(
    r"\b(?:not?|never|faster|slower|twice|doubled?|triple[ds]?|half as|times|much|significant\p{L}*"
    r"|sharp\p{L}*|slight\p{L}*|substantial\p{L}*|material\p{L}*|stead(?:il)?y|every|each|always|still|again|best|worst|only"
    r"|also|because|after|loss(?:es)?)\b|n[’']t\b",
    regex.IGNORECASE,
)


def headline_of_pair(question: str, pair: CellPair) -> Headline | None:
    first, second = (cell_number(cell.value, pair.mark) for cell in (pair.first, pair.second))
    one, other = headline_of_cell(pair.first), headline_of_cell(pair.second)
    units = {bare_unit(pair.first), bare_unit(pair.second)}
    if first is None or second is None or first.percent is not second.percent:
        return None
    currencies = {number.currency for number in (first, second) if number.currency}
    if len({unit.removeprefix("%").strip() for unit in units}) != 1 or len(currencies) > 1:
        return None
    computed = _computed(pair, first, second)
    if computed.percent is None and not first.percent and asks_percentage(question):
        return None
    answer = _answer(question, pair, first.value, second.value)
    return replace(
        one,
        comparison=Comparison(
            other.value, other.unit, other.row, other.column, replace(computed, answer=answer)
        ),
    )


def _answer(question: str, pair: CellPair, first: Decimal, second: Decimal) -> str | None:
    if (
        first < 0
        or second < 0
        or _SAYS_MORE.search(question)
        or "loss" in f"{pair.first.row} {pair.second.row}".lower()
    ):
        return None
    ways = [way for way, pattern in _COMPARED.items() if pattern.search(question)]
    if pair.is_over_time:
        return _of_change(question, pair, first, second, ways)
    start = offset_of_name(question, pair.first, pair.second, pair.language)
    end = offset_of_name(question, pair.second, pair.first, pair.language)
    if len(ways) != 1 or start is None or end is None:
        return None
    larger = ways[0] == "more"
    if _lies_between(_OR, question, start, end):
        winner = pair.first if (first > second) is larger else pair.second
        return winner.row.rpartition(PATH_SEPARATOR)[2] if first != second else None
    if _YES_OR_NO.match(question) and _lies_between(_THAN, question, start, end):
        return _yes(first > second if larger else first < second)
    return None


def _of_change(
    question: str, pair: CellPair, later: Decimal, earlier: Decimal, ways: list[Way]
) -> str | None:
    if _OR.search(question) or not _YES_OR_NO.match(question):
        return None
    offset, before = (_offset_of_year(question, pair, cell) for cell in (pair.first, pair.second))
    is_backwards = offset is not None and before is not None and offset < before
    changes: list[Way] = [way for way, pattern in _CHANGED.items() if pattern.search(question)]
    if len(changes) == 1 and not ways:
        if is_backwards and regex.search(r"\bfrom\b", question):
            return None
        return _yes(later > earlier if changes[0] == "more" else later < earlier)
    if changes or len(ways) != 1 or offset is None or not _THAN.search(question):
        return None
    if before is None:
        subject, other = later, earlier
    elif _lies_between(_THAN, question, min(offset, before), max(offset, before)):
        subject, other = (later, earlier) if is_backwards else (earlier, later)
    else:
        return None
    return _yes(subject > other if ways[0] == "more" else subject < other)


def _offset_of_year(question: str, pair: CellPair, cell: TableCell) -> int | None:
    names = cell.row if pair.first.column == pair.second.column else cell.column
    offset = question.find(str(max(periods_of(names, pair.language).years, default="?")))
    return offset if offset >= 0 else None


def _lies_between(word: regex.Pattern[str], question: str, start: int, end: int) -> bool:
    found = [match.start() for match in word.finditer(question)]
    return len(found) == 1 and start < found[0] < end


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _computed(pair: CellPair, first: CellNumber, second: CellNumber) -> Computed:
    difference = first.value - second.value
    number = written(
        difference, max(first.decimals, second.decimals), pair.mark, grouped=first.grouped or second.grouped
    )
    sign = _sign(difference) if _is_signed(pair, first, second) else ""
    currency = first.currency or second.currency
    return Computed(
        difference=f"{sign}{currency}{' ' if currency.isalpha() else ''}{number}",
        unit=POINTS if first.percent else after_number(bare_unit(pair.first), has_sign=bool(currency)),
        percent=_percent(pair, first, second),
        answer=None,
    )


def _is_signed(pair: CellPair, first: CellNumber, second: CellNumber) -> bool:
    """The difference of two negative figures has no sign: a larger loss may be called a rise or a fall."""
    return pair.is_over_time and not (first.value < 0 and second.value < 0)


def _percent(pair: CellPair, later: CellNumber, earlier: CellNumber) -> str | None:
    """Of the earlier figure; None if the figures do not compare two times."""
    if not pair.is_over_time or earlier.value == 0 or later.value * earlier.value < 0:
        return None
    change = (later.value - earlier.value) / earlier.value * 100
    rounded = change.quantize(Decimal("0.1"), ROUND_HALF_UP)
    sign = _sign(rounded) if _is_signed(pair, later, earlier) else ""
    return f"{sign}{written(rounded, 1, pair.mark, grouped=True)}%"


def _sign(number: Decimal) -> str:
    return "+" if number > 0 else MINUS if number < 0 else ""


_ASKS_OTHERWISE = regex.compile(
    r"\W*(?:(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"
    r"|(?:who|whose|where|when|why|(?:\p{L}+\s)?wh(?:ich|om)|what (?:caused|(?:is|was) the reason))\b)",
    regex.IGNORECASE,
)


def headline_of(
    question: Question, citations: Sequence[Citation], pair: CellPair | None = None
) -> Headline | None:
    """None if unclear, doubtful, or asked *why*. A change that a cell states is not computed."""
    if not citations or citations[0].verification.verdict in DOUBTFUL:
        return None
    cell = citations[0].cell
    is_value = cell is not None and not _ASKS_OTHERWISE.match(question.text)
    if pair is not None and not (is_value and pair.is_over_time):
        return headline_of_pair(question.text, pair)
    return headline_of_cell(cell) if is_value and cell is not None else None


def possible_headlines(question: str, rows: Sequence[Row]) -> Iterator[Headline]:
    """A follow-up's standalone form may decide a comparison: one headline for each possible answer."""
    if not rows:
        return
    cells = [cell for row in rows for cell in table_cells(row.text, row.header, row.span)]
    yield from map(headline_of_cell, table_cells(rows[0].text, rows[0].header, rows[0].span))
    for first, second in permutations(cells, 2):
        if first.row != second.row and first.column != second.column:
            continue
        for is_over_time in (True,) if first.row == second.row else (True, False):
            pair = CellPair(first, second, is_over_time, mark_of(rows[0]), rows[0].language)
            made = headline_of_pair(question, pair)
            if made is None or made.comparison is None:
                continue
            computed = made.comparison.computed
            names = [each.row.rpartition(PATH_SEPARATOR)[2] for each in (first, second)]
            answers: list[str | None] = (
                [computed.answer] if computed.answer is not None else [None, "yes", "no", *names]
            )
            for answer in answers:
                yield replace(
                    made, comparison=replace(made.comparison, computed=replace(computed, answer=answer))
                )
