"""Decides of each figure of a sentence whether it is cited, computed from cited ones, or neither."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

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
from rag.verification.computation import COST, DOWN, UP, Computation, Operand, compute, counted, operands_in
from rag.verification.evidence import Cell, Evidence, Statement, language_in, row_of, with_units

SMALL = 20  # a count up to it is vetoed only if the quotes count the same things, because they may list them
SHOWN = 4

ROUGH = Decimal("0.1")  # how far a conversion, such as miles for kilometres, may be off, as a share
_LOWER, _UPPER = {"at least", "over"}, {"at most", "under"}
_RATIOS = {PERCENT, POINTS, "time"}
_TIMES = {"second", "month", "year of age"}
# It reverses a limit: *may not exceed 10* means *at most 10*.
_DENIAL = regex.compile(r"\b(?:not|no|never|cannot|unless|không|tidak)\b|n[’']t\b|不|未|没", regex.IGNORECASE)
_YEAR = regex.compile(r"(?:19|20)\p{N}{2}")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_CLOCK = regex.compile(
    r"\b(?:\d{1,2}[:h]|(?:pukul|jam)\s\d{1,2}\.)\d{2}\b(?!\s?(?:%|\p{L}))"
    r"|\b\d{1,2}(?:[:.]\d{2})?\s?(?:[ap]\.?m\b|o['’]clock)"
)
_SHARE_WORDS = regex.compile(
    r"hal[fv]|double|twice|twofold|tripl|treble|third|quarter|fifth|半|翻|倍|nửa|đôi|separuh|setengah|mitad|dobl",
    regex.IGNORECASE,
)
_OF_NUMERAL = "0123456789.,-−– "
_PERIOD_FOLLOWS = regex.compile(r"[\s-](?:periods?\s)?(?:ended|ending|to)\b", regex.IGNORECASE)
_SCALED_TEXT = regex.compile(r"\bin (?:thousand|million|billion)s\b|\|", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What comparing and calculating says of the figures of a sentence.

    ``fault`` is a figure that is neither cited nor computed, or a contradicted limit (*at least 40*).
    ``unproven`` is one that may follow in a way that is not calculated here, such as a count of things, and
    ``loosened`` one that leaves out a hedge or is rounded. ``is_sure`` is that of all ``formulas``.
    """

    fault: str | None = None
    unproven: str | None = None
    loosened: str | None = None
    formulas: tuple[str, ...] = ()
    is_sure: bool = True

    @property
    def doubt(self) -> str | None:
        return self.unproven or self.loosened


def check_figures(statement: Statement, evidence: Sequence[Evidence]) -> Arithmetic:
    return _checked(statement, tuple(evidence))


def figure_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    return check_figures(statement, evidence).fault


def uncertain_figures(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    found = check_figures(statement, evidence)
    return found.doubt or (None if found.is_sure else "the cited sentence may mean other figures")


@lru_cache(maxsize=512)
def _checked(statement: Statement, evidence: tuple[Evidence, ...]) -> Arithmetic:
    cited = list(cited_figures(evidence))
    stated = _with_ends(stated_figures(statement, evidence), cited)
    operands = operands_in(evidence)
    found = Arithmetic()
    for index, quantity in enumerate(stated):
        same = [other for other in cited if is_stated_by(quantity, other, statement.text)]
        absent = f"the cited sentence itself does not state {_with_comparator(quantity)}"
        if same:
            if fault := _contrary(quantity, same, statement, evidence):
                return Arithmetic(fault)
            if not any(is_stated_by(quantity, other, statement.text, fair=1.0) for other in same):
                found = replace(found, loosened=found.loosened or absent)
            continue
        if _is_range_end(index, stated, cited) or _is_span_of_years(quantity, evidence):
            continue
        fault = _absence_reason(quantity, [other for other in cited if other.unit != ORDINAL])
        computation = _computation(quantity, statement, evidence, operands)
        is_sure = computation is not None and computation.is_sure
        if not is_sure and _is_replaced(quantity, statement, evidence):
            return Arithmetic(fault)
        if not is_sure and _may_be_in_row(quantity, statement, evidence):
            found = replace(found, unproven=found.unproven or absent)
        elif computation is not None:
            formulas = tuple(dict.fromkeys([*found.formulas, computation.formula]))
            found = replace(found, formulas=formulas, is_sure=found.is_sure and is_sure)
        elif _may_be_meant(quantity, cited, evidence):
            found = replace(found, unproven=found.unproven or absent)
        else:
            return Arithmetic(fault)
    return found


def _with_ends(stated: Sequence[Quantity], cited: Sequence[Quantity]) -> list[Quantity]:
    """*By $2 to $9* is read as a range, unless no quote has such a one."""
    ranges = [other for other in cited if other.is_range]
    found: list[Quantity] = []
    for each in stated:
        ends = [replace(each, high=each.low), replace(each, low=each.high)]
        pairs = {(one.low, other.low) for one, other in pairwise(cited)}
        is_one = not each.is_range or ranges or (each.low, each.high) in pairs
        found += [each] if is_one else ends
    return found


def _contrary(
    quantity: Quantity, same: Sequence[Quantity], statement: Statement, evidence: Sequence[Evidence]
) -> str | None:
    denied = any(_DENIAL.search(text) for text in (statement.text, *(item.quote for item in evidence)))
    if denied or not all(_is_contrary(quantity, other) for other in same):
        return None
    return f"it says {_with_comparator(quantity)}, but the cited sentence says {_with_comparator(same[0])}"


def _computation(
    quantity: Quantity, statement: Statement, evidence: Sequence[Evidence], operands: Sequence[Operand]
) -> Computation | None:
    if listed := counted(quantity, statement, evidence):
        return Computation(listed, is_sure=True)
    return compute(quantity, statement, operands)


def cited_figures(evidence: Sequence[Evidence]) -> Iterator[Quantity]:
    """In the units of a row's headings; others again with units of their context, such as *in millions*."""
    for item in evidence:
        language = language_in(item)
        if row := row_of(item):
            yield from quantities(row.label, language)
            for cell in row.cells:
                yield from cell.figures
                if cell.is_in_brackets and COST.search(row.label):
                    yield from (replace(each, low=-each.high, high=-each.low) for each in cell.figures)
            continue
        for quantity in quantities(item.quote, language):
            yield quantity
            if item.context and quantity.unit is None:
                yield from with_units(quantity, item.context, language)


def _may_be_in_row(quantity: Quantity, statement: Statement, evidence: Sequence[Evidence]) -> bool:
    """The table leaves a cell's unit, scale or sign open."""
    has_scale = _SCALED_TEXT.search(statement.text) is not None
    is_gain = UP.search(statement.text) is not None
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
    # A heading may have a unit that is not known alone, such as tonnes per hectare.
    unit = quantity.written.lstrip(_OF_NUMERAL).casefold()
    if unit and unit in cell.column.casefold():
        forms.append(replace(quantity, unit=None, noun=None))
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
        and not _is_year(each, evidence)
    ]


def _is_length(quantity: Quantity, statement: Statement, lengths: Set[str]) -> bool:
    follows = _PERIOD_FOLLOWS.match(statement.text, quantity.span.end)
    return follows is not None and not lengths.isdisjoint(
        periods_of(quantity.written, statement.language).lengths
    )


def _is_year(quantity: Quantity, evidence: Sequence[Evidence]) -> bool:
    """*Its 2023 guidance*: a year, unless the quotes count so many of the same things."""
    if _YEAR.fullmatch(quantity.written) is None or quantity.unit or quantity.currency:
        return False
    counted = (each for item in evidence for each in quantities(item.quote, language_in(item)))
    return not any(_same_things(quantity, each) for each in counted)


def is_stated_by(quantity: Quantity, other: Quantity, text: str, fair: float = LOOSENED) -> bool:
    """From a fairness of ``fair``. Of a loss, a negative figure may be stated as a positive one."""
    if other.high < 0 <= quantity.low and (DOWN.search(text) or COST.search(text)):
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


def _is_span_of_years(quantity: Quantity, evidence: Sequence[Evidence]) -> bool:
    """*In the two years*, *a year later* of 2022 and 2023."""
    value, unit = in_base(quantity.low, quantity.unit)
    years = {
        moment.year
        for item in evidence
        for moment in dates(f"{item.quote}\n{item.context}", language_in(item))
        if moment.year and not moment.decade
    }
    length = max(years) - min(years) if years else 0
    return unit == "month" and length > 0 and value / 12 in {length, length + 1}


def _may_be_meant(quantity: Quantity, cited: Sequence[Quantity], evidence: Sequence[Evidence]) -> bool:
    value, unit = in_base(quantity.low, quantity.unit)
    if quantity.vague or any(_is_consistent(quantity, other) for other in cited):
        return True
    bare = unit is quantity.currency is None
    moments = [moment for item in evidence for moment in dates(item.quote, language_in(item))]
    dated = sum(bool(moment.year or moment.month or moment.day) for moment in moments) > 1
    timed = any(in_base(each.low, each.unit)[1] == unit for each in cited)
    values = {*(each.low for each in cited), *(each.high for each in cited), *(each.year for each in moments)}
    # Only a whole number counts things.
    is_large = value > SMALL or value % 1 != 0 or any(_same_things(quantity, each) for each in cited)
    converted = any(
        each.unit != quantity.unit and unit is not None and in_base(each.low, each.unit)[1] == unit
        and abs(in_base(each.low, each.unit)[0] - value) <= ROUGH * value
        for each in cited
    )  # fmt: skip
    # A quote may name the currency once for several amounts.
    of_currency = any(
        each.currency is each.unit is None and each.low == quantity.low != 0 for each in cited
    ) and any(each.currency and same_currency(quantity.currency, each.currency) for each in cited)
    return (
        converted
        or of_currency
        or (bare and (quantity.low in values or not is_large))
        or (unit in _TIMES and (dated or not timed))
        or (unit in _RATIOS and any(_SHARE_WORDS.search(item.quote) for item in evidence))
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
