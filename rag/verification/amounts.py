"""Whether every figure of a sentence is in the words that it cites, as exactly, and of the same thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import regex

from index.documents import Span
from rag.verification.dates import Moment, dates
from rag.verification.evidence import Evidence, Finding, Statement, language_in
from rag.verification.measures import currency_at, unit_at
from rag.verification.quantities import ORDINAL, Quantity, quantities
from rag.verification.rounding import same_kind, same_value, stands
from rag.verification.segments import Segment, misplaced, segments
from rag.verification.words import content, shares, stem, verbs, words_of

_SCALE = regex.compile(
    r"\b(?:in |')?(?P<scale>thousand|million|billion|nghìn|triệu|tỷ|ribu|juta|miliar)s?\b|'000"
)
_SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "nghìn": 3, "triệu": 6, "tỷ": 9, "ribu": 3, "juta": 6,
    "miliar": 9, None: 3,
}  # fmt: skip
_PEOPLE = frozenset(
    [
        "people",
        "person",
        "persons",
        "individuals",
        "individual",
        "residents",
        "inhabitants",
        "citizens",
        "souls",
        "人",
        "人民",
        "名",
        "người",
        "orang",
        "jiwa",
        "warga",
    ]
)
_A_SINGLE = regex.compile(r"\b(?:an?|single|one|một|satu|se\p{L}+|seorang|sebuah)\b|一", regex.IGNORECASE)
_PART_OF = regex.compile(
    r"(?:\p{N}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen))\s(?:(?:out )?of|dari"
    r"|trong(?: số)?)\s"
    r"(?:the |its |all |their |tổng số |\p{Lu}[\p{L}-]+[’']s? )?$",
    regex.IGNORECASE,
)
SHOWN = 4


def figures(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Whether every figure is in the evidence: its value, its unit, its currency."""
    stated = quantities(statement.text, statement.language)
    cited = list(_cited(evidence))
    missing = [quantity for quantity in stated if not _is_there(quantity, cited, evidence)]
    if not missing:
        return Finding("figures", 1.0)
    score = 1 - len(missing) / len(stated)
    if all(quantity.unit == ORDINAL and quantity.low == 1 for quantity in missing):
        return Finding(
            "figures", score, f"that it is the {missing[0].written} is not in the cited sentence", fatal=False
        )
    return Finding("figures", score, _absence(missing[0], [item for _, item in cited]))


def comparisons(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Whether figures are said to be as exact as the evidence has them: *at most*, *nearly*, rounded."""
    cited = [item for _, item in _cited(evidence)]
    worst, reason = 1.0, None
    for quantity in quantities(statement.text, statement.language):
        its = [other for other in cited if same_kind(quantity, other) and _near(quantity, other)]
        if not its:
            continue
        best = max(its, key=lambda other, own=quantity: stands(own, other))  # type: ignore[misc]
        score = stands(quantity, best)
        if score < worst:
            worst = score
            reason = f"it says {_said(quantity)}, and the cited sentence {_said(best)}"
    return Finding("comparisons", worst, reason, fatal=worst in {0, 1})


def things(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Whether each figure and date is of the thing that the evidence has it of."""
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
    """What is wrong with a figure's thing; None where one of its places in the evidence fits."""
    doubtful: Finding | None = None
    places = [
        (item, other)
        for item, other in _cited(evidence)
        if same_kind(quantity, other) and (same_value(quantity, other) or stands(quantity, other) > 0)
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
        held = {word.stem for word in content(item.quote, language)}
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
        and _same_deed(statement, item)
    ):
        return Finding(
            "things", 0.0, f"{quantity.written} is the number of all of them in the cited sentence"
        )
    spans = [each.span for each in all_of] + [moment.span for moment in dates(item.quote, language)]
    parts = segments(item.quote, language, spans)
    place = next((number for number, part in enumerate(parts) if other.span in part.anchors), None)
    claimed = claimed_with(part, quantity.span, statement, item)
    if place is not None and misplaced(part.words, place, parts, claimed):
        return Finding("things", 0.0, f"{quantity.written} is said of something else in the cited sentence")
    return None


def _crossed(part: Segment, statement: Statement, evidence: Sequence[Evidence]) -> Iterator[str]:
    """Figures that stand with another figure's date: 12 in May, not in April."""
    own = [each for each in quantities(statement.text, statement.language) if each.span in part.anchors]
    days = [each for each in dates(statement.text, statement.language) if each.span in part.anchors]
    if len(own) != 1 or not days:
        return
    for day in days:
        checked = [_with_other_date(own[0], day, item) for item in evidence]
        known = [each for each in checked if each is not None]
        if known and all(known):
            written = day.span.of(statement.text)
            yield f"{own[0].written} is not the figure for {written} in the cited sentence"


def _with_other_date(quantity: Quantity, day: Moment, item: Evidence) -> bool | None:
    """Whether evidence has a figure in a part with another date, and the date with another figure.

    None where it has not both.
    """
    language = language_in(item)
    its, days = quantities(item.quote, language), dates(item.quote, language)
    parts = segments(item.quote, language, [*(each.span for each in its), *(each.span for each in days)])
    same = {
        each.span
        for each in its
        if same_kind(quantity, each) and (same_value(quantity, each) or stands(quantity, each) > 0)
    }
    then = {each.span for each in days if _same_day(day, each)}
    alike = {each.span for each in its if same_kind(quantity, each)}
    with_figure = [part for part in parts if not same.isdisjoint(part.anchors)]
    with_date = [part for part in parts if not then.isdisjoint(part.anchors)]
    if not with_figure or not with_date:
        return None
    if any(part in with_date for part in with_figure):
        return False
    dated = all(any(each.span in part.anchors for each in days) for part in with_figure)
    return dated and all(any(span in alike for span in part.anchors) for part in with_date)


def _same_day(one: Moment, other: Moment) -> bool:
    if one.relative is not None or other.relative is not None:
        return (one.relative, one.relative_unit) == (other.relative, other.relative_unit)
    return all(
        own is None or its is None or own == its
        for own, its in ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    ) and (one.month is None) == (other.month is None)


def claimed_with(part: Segment, but: Span, statement: Statement, item: Evidence) -> set[Span]:
    """Where the evidence has the other figures and dates that the sentence has in the same part."""
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
    """Whether a figure is the whole that another one is a part of: 14 of the 61."""
    return _PART_OF.search(text[max(0, span.start - 30) : span.start]) is not None


def _same_deed(statement: Statement, item: Evidence) -> bool:
    """Whether a sentence and its evidence have a verb in common."""
    own = {word.stem for word in verbs(statement.text, statement.language)}
    return any(shares(word.stem, own) for word in verbs(item.quote, statement.language))


def _held(word: str, held: set[str], language: str) -> bool:
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


def _cited(evidence: Sequence[Evidence]) -> Iterator[tuple[Evidence, Quantity]]:
    """The figures of the quotes; those without a unit also in that of their headings."""
    for item in evidence:
        language = language_in(item)
        for quantity in quantities(item.quote, language):
            yield item, quantity
            if item.context and quantity.unit is None and quantity.currency is None:
                for headed in _headed(quantity, item.context):
                    yield item, headed


def _headed(quantity: Quantity, context: str) -> Iterator[Quantity]:
    scale = _SCALE.search(context.lower())
    factor = Decimal(1).scaleb(_SCALES[scale["scale"]]) if scale else Decimal(1)
    scaled = replace(
        quantity, low=quantity.low * factor, high=quantity.high * factor, step=quantity.step * factor
    )
    if scale:
        yield scaled
    for match in regex.finditer(r"(?<![\p{L}\p{N}])(?=[\p{L}\p{Sc}%])", context):
        unit, currency = unit_at(context, match.start()), currency_at(context, match.start())
        if unit and len(context[match.start() : unit[1]]) > 1 - (unit[0] == "percent"):
            yield replace(scaled, unit=unit[0])
        if currency:
            yield replace(scaled, currency=currency[0])


def _is_there(
    quantity: Quantity, cited: list[tuple[Evidence, Quantity]], evidence: Sequence[Evidence]
) -> bool:
    if any(same_kind(quantity, other) and (same_value(quantity, other) or stands(quantity, other) > 0)
           for _, other in cited):  # fmt: skip
        return True
    if quantity.low == quantity.high == 1 and quantity.unit is None and quantity.written.isalpha():
        return any(_A_SINGLE.search(item.quote) for item in evidence)
    return _is_year(quantity, evidence)


def _is_year(quantity: Quantity, evidence: Sequence[Evidence]) -> bool:
    """Whether what looks like a number of things is a year of the evidence: *the 2024 report*."""
    if not (quantity.unit is quantity.currency is None and 1500 <= quantity.low <= 2099):
        return False
    found = (
        moment for item in evidence for moment in dates(f"{item.quote} {item.context}", language_in(item))
    )
    return any(moment.year == quantity.low for moment in found)


def _near(quantity: Quantity, other: Quantity) -> bool:
    return same_value(quantity, other) or stands(quantity, other) > 0


def _said(quantity: Quantity) -> str:
    hedge = "" if quantity.comparator == "exactly" else f"{quantity.comparator} "
    return f"{hedge}{quantity.written}"


def _absence(missing: Quantity, cited: Sequence[Quantity]) -> str:
    """What is missing, and what the evidence has in its place: the figures of the same kind first."""
    alike = [other for other in cited if same_kind(missing, other)]
    shown = list(dict.fromkeys(_said(other) for other in (alike or cited)))[:SHOWN]
    start = f"{_said(missing)} is not in the cited sentence"
    return f"{start}, which has {', '.join(shown)}" if shown else f"{start}, which has no figures"


def spans_of(text: str, language: str) -> list[Span]:
    """Where figures and dates stand in a text."""
    return [each.span for each in quantities(text, language)] + [each.span for each in dates(text, language)]
