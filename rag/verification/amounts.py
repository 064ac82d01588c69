"""Checks that a sentence gives every figure as its quotes do: the value, the unit and the precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import regex

from index.documents import Span
from rag.figures.dates import dates
from rag.figures.quantities import ORDINAL, Quantity, quantities
from rag.figures.rounding import fairness, same_kind, same_value
from rag.figures.units import currency_at, unit_at
from rag.verification.evidence import Evidence, Finding, Statement, language_in

_SCALE = regex.compile(
    r"\b(?:in |')?(?P<scale>thousand|million|billion|nghìn|triệu|tỷ|ribu|juta|miliar)s?\b|'000"
)
_SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "nghìn": 3, "triệu": 6, "tỷ": 9, "ribu": 3, "juta": 6,
    "miliar": 9, None: 3,
}  # fmt: skip
_A_SINGLE = regex.compile(r"\b(?:an?|single|one|một|satu|se\p{L}+|seorang|sebuah)\b|一", regex.IGNORECASE)
_OF = regex.compile(
    r"\s(?:out )?(?:of|dari|trong(?: số)?)\s(?:the |its |all |their |a total of )?", regex.IGNORECASE
)
_NUMBERED = regex.compile(
    r"(?<!\b(?:trong|tổng|con) )\b(?P<of>số|no\.|nomor|number|route|highway|flight|section|chapter|article"
    r"|phase|reactor|gate|pasal|điều|quốc lộ)\s(?P<number>\p{N}+)(?![.,]?\p{N}|\s?%)",
    regex.IGNORECASE,
)
_ALL = regex.compile(r"\b(?:all|every|each|both|tất cả|cả|semua|seluruh)\b|全|都", regex.IGNORECASE)
SHOWN = 4


def figures(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the evidence has every figure of the statement, with the same value, unit and currency.

    A number that names a thing, as in *storm No. 6*, must also be the number of that thing in the evidence.
    """
    stated = quantities(statement.text, statement.language)
    cited = list(cited_figures(evidence))
    missing = [
        quantity
        for quantity in stated
        if not _is_there(quantity, cited, evidence)
        and not _is_part(quantity, stated, statement.text, evidence)
    ]
    missing += [first for first, last in pairwise(stated) if _is_all(first, last, statement.text, evidence)]
    if not missing:
        other = _renumbered(statement.text, evidence)
        return Finding("figures", 0.0, other) if other else Finding("figures", 1.0)
    score = 1 - len(missing) / len(stated)
    if all(quantity.unit == ORDINAL and quantity.low == 1 for quantity in missing):
        return Finding(
            "figures", score, f"that it is the {missing[0].written} is not in the cited sentence", fatal=False
        )
    return Finding("figures", score, _absence(missing[0], [item for _, item in cited]))


def _renumbered(text: str, evidence: Sequence[Evidence]) -> str | None:
    """Return the reason if a thing has another number in the evidence (*No. 9* for *No. 6*), else None."""
    its = [
        (match["of"].lower(), match["number"])
        for item in evidence
        for match in _NUMBERED.finditer(item.quote)
    ]
    for match in _NUMBERED.finditer(text):
        known = {number for label, number in its if label == match["of"].lower()}
        if known and match["number"] not in known:
            return f"{match[0]} is not in the cited sentence, which has {match['of']} {min(known)}"
    return None


def comparisons(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the statement gives each figure as exactly as the evidence does.

    Words such as *at most* and *nearly* must agree with the evidence, and a rounded figure needs a word such
    as *about*.
    """
    cited = [item for _, item in cited_figures(evidence)]
    worst, reason = 1.0, None
    for quantity in quantities(statement.text, statement.language):
        its = [other for other in cited if same_kind(quantity, other) and fits(quantity, other)]
        if not its:
            continue
        best = max(its, key=lambda other, own=quantity: fairness(own, other))  # type: ignore[misc]
        score = fairness(quantity, best)
        if score < worst:
            worst = score
            reason = f"it says {_said(quantity)}, and the cited sentence {_said(best)}"
    return Finding("comparisons", worst, reason, fatal=worst in {0, 1})


def cited_figures(evidence: Sequence[Evidence]) -> Iterator[tuple[Evidence, Quantity]]:
    """Yield the figures of the quotes, each with its evidence.

    A figure without a unit is yielded again with every scale, unit and currency that the context of its quote
    states, such as *in millions*.
    """
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
    if any(same_kind(quantity, other) and fits(quantity, other) for _, other in cited):
        return True
    if quantity.low == quantity.high == 1 and quantity.unit is None and quantity.written.isalpha():
        return any(_A_SINGLE.search(item.quote) for item in evidence)
    return _is_year(quantity, evidence)


def _is_part(quantity: Quantity, stated: Sequence[Quantity], text: str, evidence: Sequence[Evidence]) -> bool:
    """Tell if a share of a whole follows from the evidence: *half of the 90* follows from *45 of the 90*."""
    whole = next((each for each in stated if _OF.fullmatch(text[quantity.span.end : each.span.start])), None)
    if not quantity.percent or whole is None:
        return False
    for item in evidence:
        found = quantities(item.quote, language_in(item))
        for part, all_of in pairwise(found):
            joined = _OF.fullmatch(item.quote[part.span.end : all_of.span.start])
            exact = abs(part.low * 100 - quantity.low * all_of.low) <= all_of.low / 100
            if joined and exact and part.unit == whole.unit and all_of.low == whole.low == whole.high:
                return quantity.comparator == part.comparator == "exactly"
    return False


def _is_all(first: Quantity, last: Quantity, text: str, evidence: Sequence[Evidence]) -> bool:
    """Return whether a sentence says that a group is complete, and the evidence does not.

    For example, the sentence says *8 of the 8*. The evidence has the figure 8 only once, and no word such as
    *all*.
    """
    if first.low != last.low or not _OF.fullmatch(text[first.span.end : last.span.start]):
        return False
    if any(_ALL.search(item.quote) for item in evidence):
        return False
    return all(
        sum(each.low == first.low for each in quantities(item.quote, language_in(item))) < 2
        for item in evidence
    )


def _is_year(quantity: Quantity, evidence: Sequence[Evidence]) -> bool:
    """Return whether a number that looks like a count is a year of the evidence, as in *the 2024 report*."""
    if not (quantity.unit is quantity.currency is None and 1500 <= quantity.low <= 2099):
        return False
    found = (
        moment for item in evidence for moment in dates(f"{item.quote} {item.context}", language_in(item))
    )
    return any(moment.year == quantity.low for moment in found)


def fits(quantity: Quantity, other: Quantity) -> bool:
    """Tell if a figure has the value of another figure of the same kind, or may fairly stand for it."""
    return same_value(quantity, other) or fairness(quantity, other) > 0


def _said(quantity: Quantity) -> str:
    hedge = "" if quantity.comparator == "exactly" else f"{quantity.comparator} "
    return f"{hedge}{quantity.written}"


def _absence(missing: Quantity, cited: Sequence[Quantity]) -> str:
    """Return the reason for a missing figure: it names the figure, and those that the evidence has instead.

    If the evidence has figures of the same kind, only they are named.
    """
    alike = [other for other in cited if same_kind(missing, other)]
    shown = list(dict.fromkeys(_said(other) for other in (alike or cited)))[:SHOWN]
    start = f"{_said(missing)} is not in the cited sentence"
    return f"{start}, which has {', '.join(shown)}" if shown else f"{start}, which has no figures"


def spans_of(text: str, language: str) -> list[Span]:
    """Return the spans of the figures and dates in a text."""
    return [each.span for each in quantities(text, language)] + [each.span for each in dates(text, language)]
