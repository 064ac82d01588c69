"""Vetoes a sentence with a date that its quotes contradict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from rag.figures.dates import Moment, anchored, dates, joined_periods, resolved
from rag.figures.quantities import ORDINAL, quantities
from rag.verification.evidence import Evidence, Statement, language_in, row_of

_FIELDS = ("year", "month", "day", "weekday")


def date_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """The quotes lack the date, but have another of its kind, and it cannot be calculated."""
    missing = _missing(statement, evidence)
    known = [moment for item in evidence for moment in _known(item)]
    for moment in missing:
        kind = next(name for name in ("day", "month", "weekday", "year") if getattr(moment, name) is not None)
        near = moment.year is not None and any(
            other.relation and abs((other.year or 0) - moment.year) == 1 for other in (*known, moment)
        )
        has = [
            other.span.of(item.quote)
            for item in evidence
            for other in dates(item.quote, language_in(item))
            if getattr(other, kind) is not None
        ]
        may_be = (
            near or moment.decade or _may_be_calculated(evidence, kind) or _has_day_alone(moment, evidence)
        )
        if has and not may_be:
            first = moment.span.of(statement.text)
            return f"{first} is not in the cited sentence, which has {', '.join(dict.fromkeys(has))}"
    return None


def uncertain_dates(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    missing = _missing(statement, evidence)
    return (
        f"the cited sentence itself does not state {missing[0].span.of(statement.text)}" if missing else None
    )


def _missing(statement: Statement, evidence: Sequence[Evidence]) -> list[Moment]:
    found = [moment for moment in dates(statement.text, statement.language) if not moment.may_be_count]
    quoted = [
        moment for item in evidence for moment in dates(f"{item.quote} {item.context}", language_in(item))
    ]
    stated = [moment for moment in anchored(found, quoted) if any(_fields(moment))]
    known = [moment for item in evidence for moment in _known(item)]
    whole = [
        part
        for first, last, period in joined_periods(stated, statement.text)
        if any(follows(period, other) for other in known)
        for part in (first, last)
    ]
    return [
        moment
        for moment in stated
        if moment not in whole and not any(follows(moment, other) for other in known)
    ]


def _may_be_calculated(evidence: Sequence[Evidence], kind: str) -> bool:
    units = {
        "day": ("day", "week"),
        "month": ("day", "week", "month"),
        "weekday": ("day",),
        "year": ("year", "decade"),
    }
    return any(
        quantity.unit in units[kind]
        for item in evidence
        for quantity in quantities(item.quote, language_in(item))
    )


def _has_day_alone(moment: Moment, evidence: Sequence[Evidence]) -> bool:
    """The quotes have it so in *from the 5th to 8 March*."""
    months = {other.month for item in evidence for other in dates(item.quote, language_in(item))}
    bare = {
        quantity.low
        for item in evidence
        for quantity in quantities(item.quote, language_in(item))
        if quantity.unit in {None, ORDINAL}
    }
    return moment.day in bare and moment.month in months


def _known(item: Evidence) -> Iterator[Moment]:
    """A relative or partial date is yielded twice: as stated, and completed from the publication date."""
    language = language_in(item)
    own = anchored(dates(item.quote, language), dates(item.context, language))
    yield from (period for _, _, period in joined_periods(own, item.quote))
    years = {moment.year for moment in (*own, *dates(item.context, language)) if moment.year is not None}
    for moment in own:
        yield moment
        yield resolved(moment, item.published)
        if moment.year is None and moment.month is not None and len(years) == 1:
            yield replace(moment, year=next(iter(years)))
        if moment.through is not None:
            yield replace(moment, year=moment.through, through=None)
            yield replace(moment, through=None)
    row = row_of(item)
    for text in (item.context, *(cell.column for cell in row.cells)) if row else (item.context,):
        for moment in dates(text, language):
            yield replace(moment, relation=None)
    for quantity in quantities(item.quote, language):
        if quantity.unit is quantity.currency is None and 1500 <= quantity.low == quantity.high <= 2099:
            yield Moment(quantity.span, year=int(quantity.low))


def follows(stated: Moment, cited: Moment) -> bool:
    if stated.relation and cited.relation and stated.relation != cited.relation:
        return False
    if stated.until != cited.until and (stated.until is not None or stated.month is not None):
        return False
    if stated.through is not None and stated.through != cited.through:
        return False
    if stated.decade:
        return cited.year is not None and stated.year is not None and cited.year // 10 == stated.year // 10
    if cited.decade:
        return False
    swapped = replace(cited, month=cited.day, day=cited.month)
    other = replace(stated, month=stated.day, day=stated.month)
    return (
        _fields_follow(stated, cited)
        or (cited.swapped and _fields_follow(stated, swapped))
        or (stated.swapped and _fields_follow(other, cited))
    )


def _fields(moment: Moment) -> list[str]:
    return [name for name in _FIELDS if getattr(moment, name) is not None]


def _fields_follow(stated: Moment, cited: Moment) -> bool:
    named = _fields(stated)
    for name in named:
        cited_value = getattr(cited, name)
        if cited_value is None and name == "weekday":
            cited_value = _weekday(cited)
        if cited_value != getattr(stated, name):
            return False
    return bool(named)


def _weekday(moment: Moment) -> int | None:
    try:
        return date(moment.year or 0, moment.month or 0, moment.day or 0).weekday()
    except ValueError:
        return None
