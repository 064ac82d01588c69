"""Vetoes a figure that the quotes do not state, or a limit (*at least 40*) that they contradict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, pairwise, permutations

import regex

from index.documents import Span
from index.text import PERCENT, POINTS
from rag.figures.dates import dates, periods_of
from rag.figures.quantities import (
    LOOSENED,
    ORDINAL,
    Quantity,
    fairness,
    in_base,
    quantities,
    same_currency,
    same_kind,
    same_value,
)
from rag.verification.evidence import Cell, Evidence, Statement, language_in, row_of, with_units

SMALL = 20  # a count up to it is vetoed only if the quotes count the same things, because they may list them
SHOWN = 4

# The greatest distance between a stated figure and a calculated one, as a share of the larger figure:
# ``ROUGH`` for a calculated share or conversion, ``EXACT`` for all other calculations.
ROUGH, EXACT = Decimal("0.1"), Decimal("0.02")
_LOWER, _UPPER = {"at least", "over"}, {"at most", "under"}
_RATIOS = {PERCENT, POINTS, "time"}
_TIMES = {"second", "month", "year of age"}
# It reverses a limit: *may not exceed 10* means *at most 10*.
_DENIAL = regex.compile(r"\b(?:not|no|never|cannot|unless|không|tidak)\b|n[’']t\b|不|未|没", regex.IGNORECASE)
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_CLOCK = regex.compile(
    r"\b(?:\d{1,2}[:h]|(?:pukul|jam)\s\d{1,2}\.)\d{2}\b(?!\s?(?:%|\p{L}))"
    r"|\b\d{1,2}(?:[:.]\d{2})?\s?(?:[ap]\.?m\b|o['’]clock)"
)
_SHARE_WORDS = regex.compile(
    r"hal[fv]|double|twice|twofold|tripl|treble|third|quarter|fifth|半|翻|倍|nửa|đôi|separuh|setengah|mitad|dobl",
    regex.IGNORECASE,
)
_DOWN = regex.compile(
    r"\b(?:f[ae]ll|decreas|declin|drop|down|los[est]|less|lower|reduc|shr[aiu]nk|contract|cut|minus|negative|below"
    r"|deficit|outflow"
    r"|giảm|lỗ|turun|rugi|menurun|cay|baj|descen|pérdid|reduj)|减|降|亏|跌|负|[-−–]\p{N}",
    regex.IGNORECASE,
)
# Without one, a value in brackets may be positive: accounts put expenses in brackets, too.
_UP = regex.compile(
    r"\b(?:(?:income|earnings)(?! tax)|profit|gain|surplus|inflow|ris(?:e|en|ing)\b|rose|increas|gr[eo]w|up\b"
    r"|higher|climb|jump|tăng|lãi|naik|laba|untung)|增|升|盈",
    regex.IGNORECASE,
)
_PERIOD_FOLLOWS = regex.compile(r"[\s-](?:periods?\s)?(?:ended|ending|to)\b", regex.IGNORECASE)
_SCALED_TEXT = regex.compile(r"\bin (?:thousand|million|billion)s\b|\|", regex.IGNORECASE)


def figure_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """It cannot come from the quotes, or they contradict its limit: *at most 40*, *at least 40*."""
    stated = stated_figures(statement, evidence)
    cited = list(cited_figures(evidence))
    for index, quantity in enumerate(stated):
        same = [other for other in cited if is_stated_by(quantity, other, statement.text)]
        if same:
            denied = any(
                _DENIAL.search(text) for text in (statement.text, *(item.quote for item in evidence))
            )
            if not denied and all(_is_contrary(quantity, other) for other in same):
                own, cited_words = _with_comparator(quantity), _with_comparator(same[0])
                return f"it says {own}, but the cited sentence says {cited_words}"
        elif not _is_range_end(index, stated, cited) and (
            _is_replaced(quantity, statement, evidence)
            or not (
                _may_be_in_row(quantity, statement, evidence) or _may_be_derived(quantity, cited, evidence)
            )
        ):
            return _absence_reason(quantity, [other for other in cited if other.unit != ORDINAL])
    return None


def uncertain_figures(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    cited = list(cited_figures(evidence))
    stated = stated_figures(statement, evidence)
    for index, quantity in enumerate(stated):
        there = any(is_stated_by(quantity, other, statement.text, fair=1.0) for other in cited)
        if not there and not _is_range_end(index, stated, cited):
            return f"the cited sentence itself does not state {_with_comparator(quantity)}"
    return None


def cited_figures(evidence: Sequence[Evidence]) -> Iterator[Quantity]:
    """In the units of a row's headings; others again with units of their context, such as *in millions*."""
    for item in evidence:
        language = language_in(item)
        if row := row_of(item):
            yield from quantities(row.label, language)
            for cell in row.cells:
                yield from cell.figures
            continue
        for quantity in quantities(item.quote, language):
            yield quantity
            if item.context and quantity.unit is None:
                yield from with_units(quantity, item.context, language)


def _may_be_in_row(quantity: Quantity, statement: Statement, evidence: Sequence[Evidence]) -> bool:
    """The table leaves a cell's unit, scale or sign open."""
    has_scale = _SCALED_TEXT.search(statement.text) is not None
    is_gain = _UP.search(statement.text) is not None
    return any(
        _may_be_in_cell(quantity, cell, statement, has_scale=has_scale, is_gain=is_gain)
        for item in evidence
        if (row := row_of(item))
        for cell in row.cells
    )


def _may_be_in_cell(
    quantity: Quantity, cell: Cell, statement: Statement, *, has_scale: bool, is_gain: bool
) -> bool:
    figures = [*cell.figures, *cell.possible]
    if has_scale:
        figures += quantities(cell.value, statement.language)
    if cell.is_in_brackets and not is_gain:
        figures = [replace(each, low=abs(each.high), high=abs(each.low)) for each in figures]
    forms = [quantity]
    if cell.has_no_unit:
        forms.append(replace(quantity, currency=None, noun=None))
    return any(is_stated_by(form, each, statement.text) for form in forms for each in figures)


def stated_figures(statement: Statement, evidence: Sequence[Evidence]) -> list[Quantity]:
    """Without ordinals, one, times of day, and a length in the headings: *the three months ended*."""
    found = quantities(statement.text, statement.language)
    times = [match.span() for match in _CLOCK.finditer(statement.text)]
    lengths = {
        length
        for item in evidence
        if item.context
        for length in periods_of(item.context, language_in(item)).lengths
    }
    return [
        each
        for each in found
        if each.unit != ORDINAL
        and not each.low == each.high == 1
        and not any(start <= each.span.start < end for start, end in times)
        and not _is_length(each, statement, lengths)
    ]


def _is_length(quantity: Quantity, statement: Statement, lengths: Set[str]) -> bool:
    follows = _PERIOD_FOLLOWS.match(statement.text, quantity.span.end)
    return follows is not None and not lengths.isdisjoint(
        periods_of(quantity.written, statement.language).lengths
    )


def is_stated_by(quantity: Quantity, other: Quantity, text: str, fair: float = LOOSENED) -> bool:
    """From a fairness of ``fair``. Of a loss, a negative figure may be stated as a positive one."""
    if other.high < 0 <= quantity.low and _DOWN.search(text):
        other = replace(other, low=-other.high, high=-other.low)
    return same_kind(quantity, other) and (
        fairness(quantity, other) >= fair or (fair < 1 and same_value(quantity, other))
    )


def _is_contrary(quantity: Quantity, other: Quantity) -> bool:
    stated_limit, cited_limit = quantity.comparator, other.comparator
    if other.is_range:
        return (stated_limit in _LOWER and quantity.low == other.high) or (
            stated_limit in _UPPER and quantity.low == other.low
        )
    opposed = (stated_limit in _LOWER and cited_limit in _UPPER) or (
        stated_limit in _UPPER and cited_limit in _LOWER
    )
    return opposed and same_value(quantity, other)


def _is_replaced(quantity: Quantity, statement: Statement, evidence: Sequence[Evidence]) -> bool:
    own = _words_beside(statement.text, quantity.span)
    return all(own) and any(
        _words_beside(item.quote, other.span) == own and other.unit == quantity.unit
        for item in evidence
        for other in quantities(item.quote, language_in(item))
    )


def _words_beside(text: str, span: Span) -> tuple[str, str]:
    before, after = _WORD.findall(text[: span.start]), _WORD.findall(text[span.end :])
    return (before[-1].lower() if before else "", after[0].lower() if after else "")


def _is_range_end(index: int, stated: Sequence[Quantity], cited: Sequence[Quantity]) -> bool:
    """A range is one figure in the sentence and two in its quotes, or the other way round."""
    quantity = stated[index]
    if quantity.is_range:
        return any((one.low, other.high) == (quantity.low, quantity.high) for one, other in pairwise(cited))
    ends = [(one.low, other.high) for one, other in pairwise(stated) if quantity in {one, other}]
    return any((other.low, other.high) in ends for other in cited if other.is_range)


def _may_be_derived(quantity: Quantity, cited: Sequence[Quantity], evidence: Sequence[Evidence]) -> bool:
    value, unit = in_base(quantity.low, quantity.unit)
    moments = [moment for item in evidence for moment in dates(item.quote, language_in(item))]
    bare = unit is quantity.currency is None
    if quantity.vague or any(_is_consistent(quantity, other) for other in cited):
        return True
    dated = sum(bool(moment.year or moment.month or moment.day) for moment in moments) > 1
    timed = any(in_base(each.low, each.unit)[1] == unit for each in cited)
    values = {*(each.low for each in cited), *(each.high for each in cited), *(each.year for each in moments)}
    # Only a whole number counts things.
    counted = value > SMALL or value % 1 != 0 or any(_same_things(quantity, each) for each in cited)
    if (
        (bare and (quantity.low in values or not counted))
        or (unit in _TIMES and (dated or not timed))
        or (unit in _RATIOS and any(_SHARE_WORDS.search(item.quote) for item in evidence))
    ):
        return True
    return any(
        abs(abs(value) - abs(result)) <= tolerance * max(abs(value), abs(result))
        for result, tolerance in _calculated(quantity, cited)
    )


def _is_consistent(quantity: Quantity, other: Quantity) -> bool:
    """*more than half* is true of 71 percent."""
    if not same_kind(quantity, other):
        return False
    if other.is_range and quantity.low in {other.low, other.high}:
        return not _is_contrary(quantity, other)
    value, other_value = in_base(quantity.low, quantity.unit)[0], in_base(other.low, other.unit)[0]
    above = quantity.comparator in _LOWER and other.comparator not in _UPPER and other_value > value
    below = quantity.comparator in _UPPER and other.comparator not in _LOWER and other_value < value
    rounded = replace(quantity, comparator="about"), replace(other, comparator="exactly")
    return above or below or fairness(*rounded) > 0


def _calculated(quantity: Quantity, cited: Sequence[Quantity]) -> Iterator[tuple[Decimal, Decimal]]:
    unit = in_base(quantity.low, quantity.unit)[1]
    values = [
        (*in_base(each.low, each.unit), each)
        for each in cited
        if each.unit != ORDINAL and (None in {quantity.currency, each.currency}
                                     or same_currency(quantity.currency, each.currency))
    ]  # fmt: skip
    for (one, one_unit, one_figure), (other, other_unit, other_figure) in permutations(values, 2):
        same_unit = _without_rate(one_unit) == _without_rate(other_unit)
        is_alike = same_unit and one_figure.currency == other_figure.currency
        if unit in _RATIOS and is_alike and one and other:
            results = (100 * one / other, 100 * (other - one) / one, one / other)
            yield from ((result, ROUGH) for result in results)
        if one_unit in {unit, None} or {one_unit, unit} <= _RATIOS:
            tolerance = ROUGH if unit == POINTS else EXACT
            yield from ((result, tolerance) for result in (one - other, one + other))
        if other_unit == PERCENT and one_unit == unit and abs(other) < 100:
            share = other / 100
            yield from ((result, EXACT) for result in (one * share, one / (1 + share), one / (1 - share)))
    for one, one_unit, one_figure in values:
        if one_unit == unit == PERCENT:
            yield 100 - one, EXACT
        if one_figure.unit != quantity.unit and one_unit == unit:
            yield one, ROUGH
    for three in combinations([one for one, one_unit, _ in values if one_unit in {unit, None}], 3):
        yield sum(three, Decimal(0)), EXACT


def _without_rate(unit: str | None) -> str:
    """Texts often leave it out the second time (*a hectare*)."""
    return (unit or "").partition("/")[0]


def _same_things(quantity: Quantity, other: Quantity) -> bool:
    if quantity.noun is None or other.noun is None or other.unit is not None:
        return False
    words, other_words = quantity.noun.lower().split()[:2], other.noun.lower().split()[:2]
    return any(words[index].rstrip("s") == other_words[index].rstrip("s") for index in (-1, 0))


def _with_comparator(quantity: Quantity) -> str:
    hedge = "" if quantity.comparator == "exactly" else f"{quantity.comparator} "
    return f"{hedge}{quantity.written}"


def _absence_reason(missing: Quantity, cited: Sequence[Quantity]) -> str:
    same = [other for other in cited if same_kind(missing, other)]
    shown = list(dict.fromkeys(_with_comparator(other) for other in (same or cited)))[:SHOWN]
    start = f"{_with_comparator(missing)} is not in the cited sentence"
    return f"{start}, which has {', '.join(shown)}" if shown else f"{start}, which has no figures"
