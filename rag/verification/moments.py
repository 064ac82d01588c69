"""Checks that the cited words have every date of a sentence, and give it to the same event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from rag.figures.dates import dates, resolved
from rag.figures.moment import Moment
from rag.figures.periods import anchored, joined_periods
from rag.figures.quantities import Quantity, quantities
from rag.figures.rounding import same_kind
from rag.verification.amounts import fits, spans_of
from rag.verification.evidence import Evidence, Finding, Statement, alike, language_in
from rag.verification.words.segments import Segment, misplaced, segments
from rag.verification.words.things import claimed_with
from rag.verification.words.words import shares, stems

FEWEST = 3
MOST = 0.7
CLEARLY = 0.3
"""The limits for deciding that a date must come from one certain quote.

The words of the sentence that go with the date must be at least ``FEWEST``. One quote must have at least the
share ``MOST`` of these words, and exceed the share of every other quote by ``CLEARLY``."""

_FIELDS = ("year", "month", "day", "weekday")


def moments(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that each date of the statement follows from a date of the evidence, for the same event."""
    stated = [moment for moment in dates(statement.text, statement.language)
              if not _counted(moment, statement)]  # fmt: skip
    its = [moment for item in evidence for moment in dates(f"{item.quote} {item.context}", language_in(item))]
    stated = anchored(stated, its)
    whole = [
        part
        for first, last, period in joined_periods(stated, statement.text)
        if _follows_from_any(period, evidence)
        for part in (first, last)
    ]
    missing = [moment for moment in stated if moment not in whole and not _follows_from_any(moment, evidence)]
    if missing:
        first = missing[0].span.of(statement.text)
        has = [text for item in evidence for text in _written(item)]
        shown = f", which has {', '.join(dict.fromkeys(has))}" if has else ", which has no date"
        return Finding(
            "dates", 1 - len(missing) / len(stated), f"{first} is not in the cited sentence{shown}"
        )
    for moment in stated:
        if _is_misplaced(moment, statement, evidence) or _is_anothers(moment, statement, evidence):
            written = moment.span.of(statement.text)
            return Finding("dates", 0.0, f"{written} is the date of something else in the cited sentence")
    return Finding("dates", 1.0)


def _counted(moment: Moment, statement: Statement) -> bool:
    """Return whether a year in the statement is already read as a number of things, such as *2000 people*."""
    spans = [quantity.span for quantity in quantities(statement.text, statement.language)]
    return moment.may_be_count and any(span.start <= moment.span.start < span.end for span in spans)


def _written(item: Evidence) -> list[str]:
    return [moment.span.of(item.quote) for moment in dates(item.quote, language_in(item))]


def _follows_from_any(moment: Moment, evidence: Sequence[Evidence]) -> bool:
    return any(follows(moment, other) for item in evidence for other in _known(item))


def _known(item: Evidence) -> Iterator[Moment]:
    """Yield the dates that a quote states or implies.

    The publication date, the only year in the quote and its context, and dates in headings complete the dates
    of the quote.
    """
    language = language_in(item)
    own = anchored(dates(item.quote, language), dates(item.context, language))
    yield from (period for _, _, period in joined_periods(own, item.quote))
    years = {moment.year for moment in (*own, *dates(item.context, language)) if moment.year is not None}
    for moment in own:
        yield moment
        yield resolved(moment, item.published)
        if moment.year is None and moment.month is not None and len(years) == 1:
            yield replace(moment, year=next(iter(years)))
    for moment in dates(item.context, language):
        yield replace(moment, relation=None)
    for quantity in quantities(item.quote, language):
        if quantity.unit is quantity.currency is None and 1500 <= quantity.low == quantity.high <= 2099:
            yield Moment(quantity.span, year=int(quantity.low))


def follows(stated: Moment, cited: Moment) -> bool:
    """Tell if a stated date is the same as a cited date, or only leaves out a part of it, such as the day."""
    if stated.relation and cited.relation and stated.relation != cited.relation:
        return False
    if stated.relative is not None:
        alike = (stated.relative, stated.relative_unit) == (cited.relative, cited.relative_unit)
        anchored_year = stated.relative_unit == "earlier" and stated.year is not None
        return alike or (anchored_year and cited.year == stated.year)
    if stated.until != cited.until and (stated.until is not None or stated.month is not None):
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


def _fields_follow(stated: Moment, cited: Moment) -> bool:
    named = _fields(stated)
    for name in named:
        its = getattr(cited, name)
        if its is None and name == "weekday":
            its = _weekday(cited)
        if its != getattr(stated, name):
            return False
    return bool(named)


def _weekday(moment: Moment) -> int | None:
    try:
        return date(moment.year or 0, moment.month or 0, moment.day or 0).weekday()
    except ValueError:
        return None


def _is_anothers(moment: Moment, statement: Statement, evidence: Sequence[Evidence]) -> bool:
    """Return whether one quote alone says what the statement says of a date, and has another date for it."""
    parts = segments(statement.text, statement.language, spans_of(statement.text, statement.language))
    part = next((part for part in parts if moment.span in part.anchors), Segment((), frozenset()))
    cited = alike(statement, evidence)
    item = _only_one(part, statement, cited) if len(cited) > 1 else None
    if item is None or any(follows(moment, other) for other in _known(item)):
        return False
    return any(_fields(other) == _fields(moment) for other in dates(item.quote, statement.language))


def _only_one(part: Segment, statement: Statement, cited: Sequence[Evidence]) -> Evidence | None:
    """Return the one quote that has the figures of a part of the statement; None if there is not exactly one.

    If the part has no figures, its words decide instead.
    """
    figures = [each for each in quantities(statement.text, statement.language) if each.span in part.anchors]
    if figures:
        having = [item for item in cited if all(_has_figure(item, figure) for figure in figures)]
        return having[0] if len(having) == 1 else None
    if len(part.own) < FEWEST:
        return None
    held = [stems(item.quote, statement.language) for item in cited]
    shared = [sum(shares(word, words) for word in part.own) / len(part.own) for words in held]
    second, best = sorted(shared)[-2:]
    return cited[shared.index(best)] if best >= MOST and best - second >= CLEARLY else None


def _has_figure(item: Evidence, figure: Quantity) -> bool:
    its = quantities(item.quote, language_in(item))
    return any(same_kind(figure, other) and fits(figure, other) for other in its)


def _fields(moment: Moment) -> list[str]:
    return [name for name in _FIELDS if getattr(moment, name) is not None]


def _is_misplaced(moment: Moment, statement: Statement, evidence: Sequence[Evidence]) -> bool:
    """Return whether the evidence gives a date only to other events than the statement does."""
    own = segments(statement.text, statement.language, spans_of(statement.text, statement.language))
    mine = next((part for part in own if moment.span in part.anchors), Segment((), frozenset()))
    checked = False
    if mine.bare:
        return False
    for item in evidence:
        language = language_in(item)
        if language != statement.language:
            return False
        parts = segments(item.quote, language, spans_of(item.quote, language))
        for other in dates(item.quote, language):
            if not (follows(moment, other) or follows(moment, resolved(other, item.published))):
                continue
            place = next(number for number, part in enumerate(parts) if other.span in part.anchors)
            claimed = claimed_with(mine, moment.span, statement, item)
            if not misplaced(mine.words, place, parts, claimed):
                return False
            checked = True
    return checked
