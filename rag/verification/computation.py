"""Finds how a figure follows from cited ones: a difference, sum, share, change, ratio, average or count.

Few combinations are tried, because among many some equal any figure by chance: two cited figures, or all of
one row or of one column, of one unit, in periods that the sentence may mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, permutations, product
from typing import Literal

import regex

from index.documents import Span
from index.search import terms
from index.text import PERCENT, POINTS
from rag.figures.dates import Periods, dates, periods_of, without_periods
from rag.figures.quantities import (
    ORDINAL,
    Quantity,
    comparable,
    fairness,
    in_base,
    quantities,
    same_currency,
    with_comparator,
)
from rag.verification.evidence import Evidence, Row, Statement, language_in, row_of, with_units

Operation = Literal["difference", "rest", "sum", "share", "change", "times", "mean"]

# Stems, by language: a sentence that calculates mostly says so with one of them.
_WORDS: Mapping[Operation, Mapping[str, str]] = {
    "difference": {
        "en": r"more|less|fewer|higher|lower|larger|smaller|longer|shorter|above|below|exceed|gap|differ"
              r"|than|ris[ei]|rose|increas|grew|grow|gain|up|climb|jump|f[ae]ll|declin|decreas|drop|down|reduc"
              r"|cut|narrow|widen|ahead|behind|short|remain|left|net|improve|worse|add|between|versus",
        "vi": r"hơn|kém|chênh|tăng|giảm|còn",
        "id": r"lebih|kurang|selisih|naik|turun|meningkat|menurun|sisa",
        "es": r"más|menos|diferencia|aument|sub|baj|cay|disminu|reduj|super",
        "fr": r"plus|moins|écart|différence|augment|hauss|baiss|recul|dimin|dépass",
        "de": r"mehr|weniger|höher|niedriger|differenz|unterschied|stieg|gestiegen|sank|fiel|gesunken",
        "zh": r"多|少|差|增|减|升|降|高|低|超",
    },
    "rest": {
        "en": r"rest|remain|other|left|without|not|lack", "vi": r"còn|khác|không",
        "id": r"sisa|lain|tidak",
        "es": r"rest|otr|sin", "fr": r"rest|autre|sans", "de": r"rest|übrig|ander|ohne",
        "zh": r"其余|其他|剩|余",
    },
    "sum": {
        "en": r"total|together|combined|sum|in all|altogether|overall|both|aggregate|plus|jointly",
        "vi": r"tổng|cộng|cả", "id": r"total|jumlah|bersama|gabungan|seluruh",
        "es": r"total|suma|conjunt|ambos|juntos", "fr": r"total|somme|ensemble|cumul",
        "de": r"insgesamt|zusammen|summe|gesamt", "zh": r"共|合|总",
    },
    "share": {
        "en": r"share|proportion|of|out of|account|ma[dk]e up|percentage|half|third|quarter|majority|most"
              r"|represent|constitut|compris|margin|ratio|rate|equal",
        "vi": r"tỷ lệ|tỉ lệ|phần|chiếm|nửa", "id": r"pangsa|proporsi|dari|mencakup|setengah|persentase",
        "es": r"parte|proporción|de|represent|mitad", "fr": r"part|proportion|de|représent|moitié",
        "de": r"anteil|der|des|von|hälfte|macht", "zh": r"占|比|份|半",
    },
    "change": {
        "en": r"ris[ei]|rose|increas|gr[eo]w|gain|up|climb|jump|surg|soar|f[ae]ll|declin|decreas|drop|down"
              r"|reduc|cut|shr[aiu]nk|lost|los[es]|contract|chang|improve|higher|lower|more|less|fewer|slip|slid",
        "vi": r"tăng|giảm|hơn", "id": r"naik|turun|meningkat|menurun|tumbuh|lebih",
        "es": r"aument|creci|sub|baj|cay|disminu|reduj|más|menos",
        "fr": r"augment|hauss|cro[iî]|baiss|recul|dimin|plus|moins",
        "de": r"stieg|gestiegen|wuchs|sank|fiel|gesunken|zunahme|abnahme|zugenommen|mehr|weniger",
        "zh": r"增|减|升|降|涨|跌|长",
    },
    "times": {
        "en": r"times|fold|double|twice|tripl|treble|quadrupl|half|ratio", "vi": r"lần|gấp|đôi",
        "id": r"kali|lipat|ganda", "es": r"veces|doble|dupli|tripl|mitad", "fr": r"fois|double|triple|moitié",
        "de": r"mal|fach|doppel|verdoppel|halb", "zh": r"倍|翻",
    },
    "mean": {
        "en": r"average|mean|averag", "vi": r"trung bình|bình quân", "id": r"rata-rata|rerata",
        "es": r"media|promedio", "fr": r"moyenn", "de": r"durchschnitt|mittel", "zh": r"平均|均",
    },
}  # fmt: skip
_UNSPACED = frozenset({"zh", "ja"})
DOWN = regex.compile(
    r"\b(?:f[ae]ll|decreas|declin|drop|down|los[est]|less|fewer|lower|below|reduc|shr[aiu]nk|contract|cut|minus"
    r"|negative|deficit|outflow|behind|short(?:er|fall)"
    r"|giảm|lỗ|kém|turun|rugi|menurun|kurang|cay|baj|descen|pérdid|reduj|menos|baiss|recul|moins|sank|fiel|weniger)"
    r"|减|降|亏|跌|负|少|低|[-−–]\p{N}",
    regex.IGNORECASE,
)
# Without one, a value in brackets may be positive: accounts put expenses in brackets, too.
UP = regex.compile(
    r"\b(?:(?:income|earnings)(?! tax)|profit|gain|surplus|inflow|ris(?:e|en|es|ing)\b|rose|increas|gr[eo]w"
    r"|up\b|higher|more\b|above|exceed|ahead|climb|jump|surg|soar|tăng|lãi|hơn|naik|laba|untung|lebih|aument|creci|más"
    r"|augment|hauss|plus\b|stieg|mehr)|增|升|盈|多|高",
    regex.IGNORECASE,
)
_RISES = regex.compile(
    r"\b(?:ris(?:e|en|es|ing)\b|rose|increas|gr[eo]w|up\b|higher|larger|more\b|above|exceed|ahead|climb|jump|surg"
    r"|soar|gain|improve|tăng|hơn|naik|lebih|meningkat|aument|creci|más|augment|hauss|stieg|mehr)|增|升|多|高",
    regex.IGNORECASE,
)
_FALLS = regex.compile(
    r"\b(?:f[ae]ll|decreas|declin|drop|down\b|less\b|fewer|lower|smaller|below|reduc|shr[aiu]nk|contract|cut|behind"
    r"|narrow|giảm|kém|turun|menurun|kurang|baj|descen|menos|baiss|recul|moins|sank|fiel|weniger)|减|降|跌|少|低",
    regex.IGNORECASE,
)
# Accounts put a cost in brackets, which is no loss.
COST = regex.compile(
    r"\b(?:costs?|expens|spen[dt]|paid|pay(?:ment|s)?\b|charge|tax|provision|depreciation|amorti[sz]ation"
    r"|impairment|repa(?:y|id)|purchase|dividend|outlay|used|write-?(?:off|down)|chi phí|biaya|beban|gasto"
    r"|coste|dépens|charges|aufwand|kosten)|费|成本|支出",
    regex.IGNORECASE,
)
# *Fell by about 60 percent* gives a change, and no share.
_CHANGED_BY = regex.compile(
    r"\b(?:ris[ei]|rose|increas|gr[eo]w|gain|up\b|climb|jump|surg|soar|f[ae]ll|decreas|declin|drop|down\b|reduc|cut"
    r"|shr[aiu]nk|tăng|giảm|naik|turun|aument|baj|cay|augment|baiss|stieg|sank|fiel)\p{L}*"
    r"(?:\s(?!to\b|ke\b|auf\b)\p{L}+){0,2}\s?\p{Sc}?$|[增减升降涨跌长了]$",
    regex.IGNORECASE,
)
_FISCAL = regex.compile(r"\b(?:fiscal|financial year|FY)", regex.IGNORECASE)
_PART = regex.compile(r"\bquarters?\b|\bQ[1-4]\b|\bhal(?:f|ves)\b", regex.IGNORECASE)
_LOOSE_HALF = regex.compile(r"(?<!\b(?:first|second|last|final) )\bhalf\b", regex.IGNORECASE)
_NUMERAL = regex.compile(r"\p{N}+(?:[.,\s]\p{N}+)*")
_CLAUSE = regex.compile(
    r"[,;:()—–](?!\p{N})|\b(?:and|but|while|whereas|although|dan|và|nhưng|tetapi|y|pero)\b"
)

# How many combinations may be tried for a figure of one, two or more significant digits.
_MOST_TRIED = {1: 40, 2: 120}
_TRIED_OTHERWISE = 600
_MOST_OPERANDS = 48
_ABOUT = Decimal("0.06")  # how far *about* may be from the result, as a share
# Of percentages, *13 points* are percentage points.
_POINT_NOUNS = [[noun] for noun in ("point", "points", "điểm", "poin", "puntos", "punkte")]


NO_PERIODS = Periods()


@dataclass(frozen=True, slots=True)
class Computation:
    """``is_sure``: the sentence says the operation, and the figures are in the order that it says."""

    formula: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Operand:
    """A cited figure; ``label`` and ``column`` are those of a cell, else "". ``place`` is its evidence's."""

    figure: Quantity
    place: int
    label: str = ""
    column: str = ""
    periods: Periods = NO_PERIODS
    row_periods: Periods = NO_PERIODS

    @property
    def value(self) -> Decimal:
        return in_base(self.figure.low, self.figure.unit)[0]

    @property
    def is_cell(self) -> bool:
        return bool(self.label or self.column)


def periods_asked(statement: Statement) -> Periods:
    """Leave out those that a company may count in its own way."""
    text = _LOOSE_HALF.sub(" ", statement.text)
    found = periods_of(text, statement.language)
    if _FISCAL.search(text):
        return replace(found, years=frozenset(), months=frozenset())
    return replace(found, months=frozenset()) if _PART.search(text) else found


def operands_in(evidence: Sequence[Evidence]) -> list[Operand]:
    """Neither ordinals, ranges nor vague numbers; a cost in brackets is positive."""
    found: list[Operand] = []
    for place, item in enumerate(evidence):
        row = row_of(item)
        found += _of_prose(place, item) if row is None else _of_row(place, row)
    single = [each for each in found if each.figure.low == each.figure.high and each.figure.unit != ORDINAL]
    return list(dict.fromkeys(single))[:_MOST_OPERANDS]


def _of_row(place: int, row: Row) -> Iterator[Operand]:
    for cell in row.cells:
        for figure in cell.figures:
            is_cost = cell.is_in_brackets and COST.search(row.label)
            value = replace(figure, low=-figure.high, high=-figure.low) if is_cost else figure
            yield Operand(value, place, row.label, cell.column, cell.periods, row.periods)


def _of_prose(place: int, item: Evidence) -> Iterator[Operand]:
    language = language_in(item)
    figures = [each for each in quantities(item.quote, language) if each.unit != ORDINAL]
    years = _years_beside(figures, item.quote, language)
    for figure in figures:
        periods = Periods(frozenset(years.get(figure.span, ())))
        yield Operand(figure, place, periods=periods)
        if item.context and figure.unit is None:
            for each in with_units(figure, item.context, language):
                yield Operand(each, place, periods=periods)


def _years_beside(figures: Sequence[Quantity], text: str, language: str) -> dict[Span, tuple[int]]:
    """If each figure has a year of its own, all of them after the figures, or all before them."""
    moments = [each for each in dates(text, language) if each.year and not each.may_be_count]
    marks = sorted(
        [(each.span, None) for each in figures] + [(each.span, each.year) for each in moments],
        key=lambda mark: mark[0].start,
    )
    first, second = marks[::2], marks[1::2]
    for spans, years in ((first, second), (second, first)):
        if len(first) == len(second) and all(year is None for _, year in spans):
            return {
                span: (year,) for (span, _), (_, year) in zip(spans, years, strict=True) if year is not None
            }
    return {}


def compute(quantity: Quantity, statement: Statement, operands: Sequence[Operand]) -> Computation | None:
    """The first sure computation, else the first one; None if the figure does not follow."""
    if quantity.low != quantity.high or quantity.unit == ORDINAL:
        return None
    if quantity.unit is None and (quantity.noun or "").lower().split()[:1] in _POINT_NOUNS:
        quantity = replace(quantity, unit=POINTS)
    usable = _usable(operands, statement)
    words = _operations_in(statement)
    unsure: Computation | None = None
    tried = 0
    digits = len(quantity.low.normalize().as_tuple().digits)
    for operation, used, result in _results(quantity, usable, operands):
        tried += 1
        if tried > _MOST_TRIED.get(digits, _TRIED_OTHERWISE):
            break
        if not _equals(quantity, result) or _is_negligible(operation, used, quantity):
            continue
        direction = _direction(operation, used, quantity, statement)
        if direction is False:
            continue
        formula = _formula(operation, used, result, quantity)
        if operation in words and direction:
            return Computation(formula, is_sure=True)
        if operation != "rest":
            unsure = unsure or Computation(formula, is_sure=False)
    return unsure


def _operations_in(statement: Statement) -> frozenset[Operation]:
    text, language = statement.text.lower(), statement.language
    start = "" if language in _UNSPACED else r"(?<!\p{L})"
    return frozenset(
        name
        for name, words in _WORDS.items()
        if regex.search(f"{start}(?:{words.get(language, words['en'])})", text)
    )


def _usable(operands: Sequence[Operand], statement: Statement) -> list[Operand]:
    """Cells of rows and columns that the sentence names, if it names any."""
    said = set(terms(statement.text, statement.language))

    def named(names: Iterable[str]) -> set[str]:
        return {name for name in names if said.intersection(terms(name, statement.language))}

    rows = named(each.label for each in operands)
    titles = {each.column: without_periods(each.column, statement.language) for each in operands}
    columns = named(titles.values())
    # A column that is a period alone may be compared with one that the sentence names.
    return [
        each
        for each in operands
        if (not each.label or not rows or each.label in rows)
        and (not columns or titles[each.column] in columns or not terms(titles[each.column], "en"))
    ]


_Result = tuple[Operation, tuple[Operand, ...], Decimal]


def _results(quantity: Quantity, operands: Sequence[Operand], others: Sequence[Operand]) -> Iterator[_Result]:
    """Each with the figures that it is calculated from, in the order of the formula."""
    unit = in_base(quantity.low, quantity.unit)[1]
    alike = [each for each in operands if _is_alike(quantity, each)]
    if unit in {PERCENT, "time"}:
        yield from _ratios(unit, operands)
    if unit == PERCENT:
        yield from _shares_of_all(operands, others)
        yield from _means(alike)
        yield from _sums([each for each in alike if each.value < 100])
        yield from (("rest", (each,), 100 - each.value) for each in alike if 0 < each.value < 100)
        return
    if unit == POINTS:
        alike = [each for each in operands if each.figure.unit in {PERCENT, POINTS}]
    for one, other in permutations(alike, 2):
        if _may_combine(one, other) and one.value > other.value:
            yield "difference", (one, other), one.value - other.value
    if unit != POINTS:
        yield from _sums(alike)
        yield from _parts(alike, [each for each in operands if each.figure.unit == PERCENT])
    yield from _means(alike)


def _sums(alike: Sequence[Operand]) -> Iterator[_Result]:
    for one, other in combinations(alike, 2):
        if _may_combine(one, other) and one.column == other.column:
            yield "sum", (one, other), one.value + other.value
    yield from (("sum", group, _total(group)) for group in _groups(alike) if len(group) > 2)


def _parts(alike: Sequence[Operand], shares: Sequence[Operand]) -> Iterator[_Result]:
    """12 per cent of 500."""
    for part, whole in product(shares, alike):
        if 0 < abs(part.value) <= 100 and _same_time(part, whole):
            yield "share", (part, whole), part.value * whole.value / 100


def _means(alike: Sequence[Operand]) -> Iterator[_Result]:
    for group in [*_groups(alike), *combinations(alike, 2)]:
        if len(group) > 1 and all(_may_combine(group[0], other) for other in group[1:]):
            yield "mean", group, _total(group) / len(group)


def _shares_of_all(operands: Sequence[Operand], others: Sequence[Operand]) -> Iterator[_Result]:
    """A sentence about one row may give its share of all rows; of prose, the two parts are the whole."""
    for one, other in permutations([each for each in operands if not each.is_cell], 2):
        if one.figure.unit != PERCENT and _may_combine(one, other) and one.value + other.value > 0:
            yield "share", (one, one, other), 100 * one.value / (one.value + other.value)
    for group in _groups(
        [each for each in (*operands, *others) if each.is_cell and each.figure.unit is None]
    ):
        total = _total(group)
        for each in group if len(group) > 2 and total else ():
            if each in operands and len({other.label for other in group}) > 1:
                yield "share", (each, *group), 100 * each.value / total


def _total(group: Sequence[Operand]) -> Decimal:
    return sum((each.value for each in group), Decimal(0))


def _ratios(unit: str | None, operands: Sequence[Operand]) -> Iterator[_Result]:
    for one, other in permutations(operands, 2):
        if not _may_combine(one, other) or other.value == 0:
            continue
        ratio = one.value / other.value
        if unit == PERCENT:
            yield "change", (one, other), abs(100 * (one.value - other.value) / other.value)
            if ratio > 0 and one.figure.unit != PERCENT:
                yield "share", (one, other), 100 * ratio
        elif ratio > 0:
            yield "times", (one, other), ratio


def _groups(operands: Sequence[Operand]) -> Iterator[tuple[Operand, ...]]:
    """All of one row, of one column, or of the prose; each cell or sentence once."""
    columns: defaultdict[tuple[str, object], dict[object, Operand]] = defaultdict(dict)
    for each in operands:
        if each.is_cell:
            columns["column", each.column].setdefault((each.place, each.label), each)
            columns["row", each.place].setdefault(each.column, each)
        else:
            columns["prose", ""].setdefault((each.place, each.figure.span), each)
    yield from (tuple(group.values()) for group in columns.values())


def _is_alike(quantity: Quantity, operand: Operand) -> bool:
    other = operand.figure
    if in_base(quantity.low, quantity.unit)[1] != in_base(other.low, other.unit)[1]:
        return False
    # Many tables have a currency sign only in the first row.
    return same_currency(quantity.currency, other.currency) or (operand.is_cell and other.currency is None)


def _may_combine(one: Operand, other: Operand) -> bool:
    """Cells of one row, or of one period; never one figure with itself in another unit."""
    if not _have_one_unit(one.figure, other.figure):
        return False
    if not one.is_cell or not other.is_cell:
        return (one.place, one.figure.span) != (
            other.place,
            other.figure.span,
        ) or one.is_cell != other.is_cell
    if one.periods.lengths and other.periods.lengths and not one.periods.lengths & other.periods.lengths:
        return False
    if one.place == other.place:
        return one.column != other.column or (not one.column and one.figure.span != other.figure.span)
    return one.column == other.column or _same_time(one, other)


def _have_one_unit(one: Quantity, other: Quantity) -> bool:
    """Texts often leave out a rate the second time (*a hectare*)."""
    units = [(in_base(each.low, each.unit)[1] or "").partition("/")[0] for each in (one, other)]
    return units[0] == units[1] and same_currency(one.currency, other.currency)


def _same_time(one: Operand, other: Operand) -> bool:
    pairs = zip(
        (one.periods.years, one.periods.lengths, one.periods.months),
        (other.periods.years, other.periods.lengths, other.periods.months),
        strict=True,
    )
    return all(not own or not others or own & others for own, others in pairs)


def _equals(quantity: Quantity, result: Decimal) -> bool:
    """Within the rounding of the printed digits; hedged figures as fairly as cited ones."""
    value, _ = in_base(quantity.low, quantity.unit)
    step, _ = in_base(quantity.step, quantity.unit)
    if abs(abs(value) - abs(result)) * 2 <= step and quantity.comparator in {"exactly", "about"}:
        return bool(value)
    is_third = quantity.unit == PERCENT and value % 1 != 0 and quantity.step >= 1
    if quantity.comparator == "about" and abs(abs(value) - abs(result)) <= _ABOUT * abs(value):
        return True
    if quantity.comparator == "exactly" and not is_third:
        return False
    exact = replace(
        quantity, low=abs(result), high=abs(result), step=Decimal(0), comparator="exactly", unit=None
    )
    return fairness(replace(quantity, low=abs(value), high=abs(value), unit=None), exact) > 0


def _is_negligible(operation: Operation, used: Sequence[Operand], quantity: Quantity) -> bool:
    """What is too small to change the printed digits is not added, or taken away."""
    step = in_base(quantity.step, quantity.unit)[0]
    return operation in {"sum", "difference"} and any(abs(each.value) < step for each in used)


def _direction(
    operation: Operation, used: Sequence[Operand], quantity: Quantity, statement: Statement
) -> bool | None:
    """Whether the figures changed, or compare, as the sentence says; None if that is not known."""
    before = statement.text[: with_comparator(statement.text, quantity.span).start]
    if not _may_mean(operation, used, statement) or (
        operation == "share" and quantity.unit == PERCENT and _CHANGED_BY.search(before)
    ):
        return False
    if operation in {"sum", "mean", "share"} or len(used) < 2:
        return True
    first, second = used
    if operation == "times":
        return (_year(first) or 0) > (_year(second) or 9999) or _in_order(first, second, statement)
    rises, falls = _said(quantity, statement)
    if rises == falls:
        return None if rises else _named_gap(first, second)
    return _agrees(operation, first, second, statement, rises=rises)


def _may_mean(operation: Operation, used: Sequence[Operand], statement: Statement) -> bool:
    """A change from the year before may leave out that year."""
    asked = periods_asked(statement)
    excluded = [each for each in used if asked.excludes(each.periods, each.row_periods, NO_PERIODS)]
    if not excluded:
        return True
    years = {year for each in used if (year := _year(each))}
    is_change = operation in {"change", "difference", "times"} and len({each.place for each in used}) == 1
    return is_change and len(excluded) == 1 and len(asked.years) < 2 and max(years) - min(years) == 1


def _agrees(
    operation: Operation, first: Operand, second: Operand, statement: Statement, *, rises: bool
) -> bool | None:
    rising = first.value > second.value
    one, other = _year(first), _year(second)
    is_dated = one is not None and other is not None and one != other
    is_later = (one or 0) > (other or 0)
    # A change is a share of the earlier figure.
    if operation == "change" and (not is_later if is_dated else rising != rises):
        return False
    if is_dated:
        return (rising == is_later) == rises
    order = _in_order(first, second, statement)
    if order is not None and (first.label == second.label or not (first.is_cell and second.is_cell)):
        order = _from_to(first, second, statement)
    return None if order is None else order == (rising == rises)


def _named_gap(first: Operand, second: Operand) -> bool | None:
    return True if first.is_cell or second.is_cell or first.place == second.place else None


def _said(quantity: Quantity, statement: Statement) -> tuple[bool, bool]:
    """Whether the clause of a figure says that something rises or is more, and that it falls or is less."""
    text, start = statement.text, quantity.span.start
    edges = [
        match
        for match in _CLAUSE.finditer(text)
        if not quantity.span.start <= match.start() < quantity.span.end
    ]
    begin = max((match.end() for match in edges if match.end() <= start), default=0)
    end = min((match.start() for match in edges if match.start() >= quantity.span.end), default=len(text))
    for part in (text[begin:end], text):
        rises, falls = _RISES.search(part) is not None, _FALLS.search(part) is not None
        if rises or falls:
            return rises, falls
    return False, False


def _year(operand: Operand) -> int | None:
    years = operand.periods.years or operand.row_periods.years
    return next(iter(years)) if len(years) == 1 else None


def _place_in(operand: Operand, other: Operand, statement: Statement) -> int | None:
    """Where the sentence has the figure, or the words of its row that the other one lacks."""
    for each in quantities(statement.text, statement.language):
        if comparable(each, operand.figure) and in_base(each.low, each.unit)[0] == operand.value:
            return each.span.start
    language = statement.language
    own = set(terms(f"{operand.label} {operand.column}", language)) - set(
        terms(f"{other.label} {other.column}", language)
    )
    for match in regex.finditer(r"[\p{L}\p{M}\p{N}]+", statement.text):
        if own & set(terms(match[0], language)):
            return match.start()
    return None


def _in_order(first: Operand, second: Operand, statement: Statement) -> bool | None:
    one, other = _place_in(first, second, statement), _place_in(second, first, statement)
    return None if one is None or other is None or one == other else one < other


_FROM = regex.compile(
    r"(?:\b(?:from|than|compared (?:with|to)|against|versus|after|dari|từ|hơn|de|depuis|von|als)|从|由|比)"
    r"[^.;,]{0,12}$",
    regex.IGNORECASE,
)


def _from_to(first: Operand, second: Operand, statement: Statement) -> bool | None:
    """Whether the sentence begins with the second figure: *to 9 from 7*, *9 is more than 7*."""
    for operand, is_first in ((first, True), (second, False)):
        place = _place_in(operand, second if is_first else first, statement)
        if place is not None and _FROM.search(statement.text[:place]):
            return not is_first
    return None


def _formula(operation: Operation, used: Sequence[Operand], result: Decimal, quantity: Quantity) -> str:
    figures = [each.figure for each in used]
    # Without a common scale, all are written out; of a share of something, only the second one has a scale.
    is_part = operation == "share" and quantity.unit != PERCENT
    scales = {_scale(figure) for figure in (figures[1:] if is_part else figures)}
    scale = next(iter(scales)) if len(scales) == 1 else Decimal(1)
    shown = [
        _number(figure.low / (1 if is_part and not place else scale), figure)
        for place, figure in enumerate(figures)
    ]
    decimals = max(_decimals(text) for text in shown)
    if operation in {"change", "share", "times"} and not is_part:
        value = _rounded(result, max(1, _digits_after(quantity)))
    else:
        base = in_base(Decimal(1), figures[-1].unit)[0]
        value = _rounded(result / base / scale, decimals + (operation == "mean"))
    if operation == "change" and used[0].value < used[1].value:
        value = f"−{value}"
    sign = "%" if quantity.unit == PERCENT else ""
    return f"{_left(operation, shown, is_part=is_part)} = {value}{sign}"


def _left(operation: Operation, shown: Sequence[str], *, is_part: bool) -> str:
    first, last = shown[0], shown[-1]
    less = f"({last})" if last.startswith("−") else last
    total = " + ".join(shown)
    forms: Mapping[Operation, str] = {
        "difference": f"{first} − {less}",
        "rest": f"100 − {first}",
        "sum": total,
        "mean": f"({total}) ÷ {len(shown)}",
        "change": f"({first} − {less}) ÷ {less}",
        "times": f"{first} ÷ {less}",
        "share": f"{first}% × {last}" if is_part else f"{first} ÷ {last}",
    }
    if operation == "share" and len(shown) > 2:
        return f"{first} ÷ ({' + '.join(shown[1:])})"
    return forms[operation]


def _scale(figure: Quantity) -> Decimal:
    """1,000,000 for *$4.2 million*: the value of the figure by that of its numeral."""
    match = _NUMERAL.search(figure.written)
    if match is None or not figure.low:
        return Decimal(1)
    for text in (match[0].replace(",", ""), match[0].replace(".", "").replace(",", ".")):
        try:
            numeral = Decimal("".join(text.split()))
        except ArithmeticError:
            continue
        scale = abs(figure.low) / numeral if numeral else Decimal(0)
        if scale in {Decimal(10) ** power for power in (0, 3, 6, 9, 12)}:
            return scale
    return Decimal(1)


def _number(value: Decimal, figure: Quantity) -> str:
    """With the decimals that are written, and commas."""
    match = _NUMERAL.search(figure.written)
    written = match[0] if match else ""
    plain = _rounded(value, max(-int(value.normalize().as_tuple().exponent), 0))
    tail = regex.search(r"[.,](\p{N}+)$", written)
    if tail and "." in plain and len(tail[1]) > _decimals(plain):
        return _rounded(value, len(tail[1]))
    if tail and "." not in plain and len(tail[1]) < 3:
        return _rounded(value, len(tail[1]))
    return plain


def _rounded(value: Decimal, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-", "−")


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _digits_after(quantity: Quantity) -> int:
    exponent = quantity.step.normalize().as_tuple().exponent
    return max(-int(exponent), 0)


def counted(quantity: Quantity, statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """The items of a list that a whole number counts, as a formula; None if no list has so many of them."""
    if quantity.low != quantity.high or quantity.low % 1 or quantity.currency or quantity.unit:
        return None
    number, language = int(quantity.low), statement.language
    noun = set(terms(quantity.noun or "", language))
    rows = [(item, row.label) for item in evidence if (row := row_of(item))]
    if number == len(rows) > 1 and noun & set(terms(rows[0][0].context, language)):
        return f"{', '.join(label for _, label in rows)}: {number}"
    quotes = [item.quote for item in evidence if noun & set(terms(item.quote, language))]
    lists = [_list_in(statement.text, names_only=True), *(map(_list_in, quotes))]
    return next((f"{', '.join(items)}: {number}" for items in lists if len(items) == number > 1), None)


_LIST = regex.compile(
    r"(?:(?P<item>[^,;:.()、，]{1,60})[,、，]\s?)*(?P<item>[^,;:.()、，]{1,60}?)(?:,?\s(?:and|or|dan|và|y|et|und)\s|和)"
    r"(?P<item>[^,;:.()、，]{1,60})"
)
_NAME = regex.compile(r"\p{Lu}\S*(?:\s(?:(?:of|the|and|de|du)\s)?\p{Lu}\S*)*")


def _list_in(text: str, *, names_only: bool = False) -> list[str]:
    """The first list with a conjunction before its last item; its names alone, if all items have names."""
    match = _LIST.search(text)
    if match is None:
        return []
    items = [item.strip() for item in match.captures("item")]
    names = [_NAME.findall(item) for item in items]
    # The first item also has the words before the list, and the last one those after it.
    if all(names):
        return [names[0][-1], *(found[0] for found in names[1:])]
    words = [item.split() for item in items]
    return [words[0][-1], *items[1:-1], words[-1][0]] if len(items) > 2 and not names_only else []
