"""Checks that each figure of a sentence counts the same things, at the same time, as in the cited words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from index.documents import Span
from rag.figures.dates import dates
from rag.figures.moment import Moment
from rag.figures.periods import anchored
from rag.figures.quantities import ORDINAL, Quantity, quantities
from rag.figures.rounding import same_kind, same_value
from rag.verification.amounts import cited_figures, fits
from rag.verification.evidence import Evidence, Finding, Statement, language_in
from rag.verification.words.segments import Segment, misplaced, segments
from rag.verification.words.words import shares, stem, stems, verbs, words_of
from rag.word_lists import listed

_PEOPLE = listed("""
people person persons individuals individual residents inhabitants citizens souls 人 人民 名 người orang jiwa
warga
""")
_PART_OF = regex.compile(
    r"(?:\p{N}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen))\s(?:(?:out )?of|dari"
    r"|trong(?: số)?)\s"
    r"(?:the |its |all |their |tổng số |\p{Lu}[\p{L}-]+[’']s? )?$",
    regex.IGNORECASE,
)

_OF_ALL = regex.compile(
    r"(?:^|[,;:] |%\s?|\b(?:percent|per cent|persen|phần trăm|half|thirds?|quarters?|most|many|some|none"
    r"|few|all|majority|share|number|proportion)\s)(?:out )?(?:of|dari|trong(?: số)?) (?:the |its |all "
    r"|their |tổng số )?$",
    regex.IGNORECASE,
)
"""The beginning of a phrase in which a sentence may name the whole, such as *of the 61* in *Of the 61, 14
died*."""


def things(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that each figure of the statement counts the same things as in the evidence.

    Its date must be the same, too.
    """
    own = quantities(statement.text, statement.language)
    moments = dates(statement.text, statement.language)
    parts = segments(
        statement.text, statement.language, [*(each.span for each in own), *(m.span for m in moments)]
    )
    crossed = next((fault for part in parts for fault in _crossed(part, statement, evidence)), None)
    if crossed is not None:
        return Finding("things", 0.0, crossed)
    doubtful: Finding | None = None
    for quantity in own:
        part = next((part for part in parts if quantity.span in part.anchors), Segment((), frozenset()))
        finding = _of_its_thing(quantity, part, statement, evidence)
        if finding is not None and finding.fatal:
            return finding
        doubtful = doubtful or finding
    return doubtful or Finding("things", 1.0)


def _of_its_thing(
    quantity: Quantity, part: Segment, statement: Statement, evidence: Sequence[Evidence]
) -> Finding | None:
    """Return the fault of a figure that counts other things; None if one place in the evidence fits."""
    doubtful: Finding | None = None
    places = [
        (item, other)
        for item, other in cited_figures(evidence)
        if same_kind(quantity, other) and fits(quantity, other)
    ]
    for item, other in places:
        fault = _fault(quantity, other, part, statement, item)
        if fault is None:
            return None
        doubtful = fault if doubtful is None or not fault.fatal else doubtful
    return doubtful


def _fault(
    quantity: Quantity, other: Quantity, part: Segment, statement: Statement, item: Evidence
) -> Finding | None:
    language = language_in(item)
    if language != statement.language or quantity.unit == ORDINAL:
        return None
    all_of = quantities(item.quote, language)
    if quantity.noun and other.noun and not _same_thing(quantity.noun, other.noun, language):
        owner = next((its for its in all_of if its.noun and its.span != other.span
                      and _same_thing(quantity.noun, its.noun, language)), None)  # fmt: skip
        if owner is not None:
            reason = f"{quantity.written} is not said of {quantity.noun} in the cited sentence"
            reason += f", but of {other.noun}"
            return Finding("things", 0.0, reason)
        held = stems(item.quote, language)
        if quantity.currency is None and not any(
            _held(word, held, language) for word in quantity.noun.split()
        ):
            return Finding(
                "things",
                0.5,
                f"the cited sentence has {other.written} {other.noun}, not {quantity.noun}",
                fatal=False,
            )
    if (
        _is_whole(item.quote, other.span)
        and not _is_whole(statement.text, quantity.span)
        and not _OF_ALL.search(statement.text[: quantity.span.start])
        and _same_deed(statement, item)
    ):
        return Finding(
            "things", 0.0, f"{quantity.written} is the number of all of them in the cited sentence"
        )
    spans = [each.span for each in all_of] + [moment.span for moment in dates(item.quote, language)]
    parts = segments(item.quote, language, spans)
    place = next((number for number, part in enumerate(parts) if other.span in part.anchors), None)
    claimed = claimed_with(part, quantity.span, statement, item)
    bare = part.bare or (place is not None and parts[place].bare)
    if place is not None and not bare and misplaced(part.words, place, parts, claimed):
        return Finding("things", 0.0, f"{quantity.written} is said of something else in the cited sentence")
    return None


def _crossed(part: Segment, statement: Statement, evidence: Sequence[Evidence]) -> Iterator[str]:
    """Yield the reason for each date that goes with another figure in the evidence.

    For example, the statement says *12 in May*. The evidence has 12 for April and 9 for May.
    """
    own = [each for each in quantities(statement.text, statement.language) if each.span in part.anchors]
    its = [day for item in evidence for day in dates(item.quote, language_in(item))]
    found = anchored(dates(statement.text, statement.language), its)
    days = [each for each in found if each.span in part.anchors]
    if len(own) != 1 or not days:
        return
    for day in days:
        checked = [_with_other_date(own[0], day, item) for item in evidence]
        known = [each for each in checked if each is not None]
        if known and all(known):
            written = day.span.of(statement.text)
            yield f"{own[0].written} is not the figure for {written} in the cited sentence"


def _with_other_date(quantity: Quantity, day: Moment, item: Evidence) -> bool | None:
    """Return whether the evidence has a figure only with another date, and the date only with another figure.

    Return None if the evidence does not tell, for example because it lacks the date.
    """
    language = language_in(item)
    its, days = quantities(item.quote, language), anchored(dates(item.quote, language))
    parts = segments(item.quote, language, [*(each.span for each in its), *(each.span for each in days)])
    same = {each.span for each in its if same_kind(quantity, each) and fits(quantity, each)}
    then = {each.span for each in days if _same_day(day, each)}
    alike = {each.span for each in its if same_kind(quantity, each)}
    with_figure = [part for part in parts if not same.isdisjoint(part.anchors)]
    with_date = [part for part in parts if not then.isdisjoint(part.anchors)]
    if with_figure and not with_date:
        return False if len(days) == len(with_figure) == 1 and _differ(day, days[0]) else None
    if not with_figure or not with_date:
        return None
    if any(part in with_date for part in with_figure):
        return False
    dated = all(any(each.span in part.anchors for each in days) for part in with_figure)
    return dated and all(any(span in alike for span in part.anchors) for part in with_date)


def _differ(one: Moment, other: Moment) -> bool:
    """Return whether two dates cannot be the same day, because their months or their years differ."""
    return any(
        own is not None and its is not None and own != its
        for own, its in ((one.month, other.month), (one.year, other.year))
    )


def _same_day(one: Moment, other: Moment) -> bool:
    if one.relative is not None or other.relative is not None:
        alike = (one.relative, one.relative_unit) == (other.relative, other.relative_unit)
        both = one.year is not None and other.year is not None
        return alike or (
            both and one.year == other.year and "earlier" in {one.relative_unit, other.relative_unit}
        )
    return all(
        own is None or its is None or own == its
        for own, its in ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    ) and (one.month is None) == (other.month is None)


def claimed_with(part: Segment, but: Span, statement: Statement, item: Evidence) -> set[Span]:
    """Return the spans in the evidence of the figures and dates of a part of the statement, except ``but``.

    Args:
        part: the part of the statement.
        but: the span of the figure or date in the statement that is left out.
        statement: the statement.
        item: the evidence.
    """
    spans = {span for span in part.anchors if span != but}
    language = language_in(item)
    own = [each for each in quantities(statement.text, statement.language) if each.span in spans]
    found = {
        other.span
        for other in quantities(item.quote, language)
        for each in own
        if same_kind(each, other) and same_value(each, other)
    }
    days = [moment for moment in dates(statement.text, statement.language) if moment.span in spans]
    return found | {
        other.span
        for other in dates(item.quote, language)
        for moment in days
        if (moment.month, moment.year or other.year) == (other.month, other.year)
    }


def _is_whole(text: str, span: Span) -> bool:
    """Return whether a figure is the whole that another figure is a part of, such as 61 in *14 of the 61*."""
    return _PART_OF.search(text[max(0, span.start - 30) : span.start]) is not None


def _same_deed(statement: Statement, item: Evidence) -> bool:
    """Return whether a sentence and its evidence have a verb in common."""
    own = {word.stem for word in verbs(statement.text, statement.language)}
    return any(shares(word.stem, own) for word in verbs(item.quote, statement.language))


def _held(word: str, held: frozenset[str], language: str) -> bool:
    if language in {"zh", "ja"}:
        return any(each.stem in held for each in words_of(word, language)) or word in _PEOPLE
    return word.lower() in _PEOPLE or shares(stem(word, language), held)


def _same_thing(one: str, other: str, language: str) -> bool:
    if language in {"zh", "ja"}:
        own = {word.stem for word in words_of(one, language)}
        return not own.isdisjoint(word.stem for word in words_of(other, language)) or one[:1] in _PEOPLE
    if not _PEOPLE.isdisjoint(one.lower().split()):
        return True
    its = {stem(word, language) for word in other.split()}
    return any(shares(stem(word, language), its) for word in one.split())
