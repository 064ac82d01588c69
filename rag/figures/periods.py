"""Finds periods: parts of years (*the second quarter*), whole months (*April to June*), *a year earlier*."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import regex

from index.documents import UNKNOWN_LANGUAGE, Span
from rag.figures.moment import MONTHS_OF, Moment

_YEAR = r"(?P<year>(?:1[5-9]|20)\d{2})"
_OF = (
    rf"(?:,?\s(?:(?:of|in|for)\s)?(?:(?:the|calendar)\s(?:year\s)?)?{_YEAR}|[/-]{_YEAR}"
    r"|\s?['’](?P<short>\d\d)(?!\d)|\s(?:of|in)\sthe\syear\b)?"
)
_FROM = rf"(?:(?<!\b(?:fiscal|financial)\s)\b{_YEAR}(?:['’]s)?[\s/-]?|(?<![\p{{L}}\p{{N}}]))"
_ENDS = r"(?!\s(?:fiscal|financial)\b)(?![\p{L}\p{N}])"
_ENGLISH = (
    regex.compile(
        rf"{_FROM}(?:(?P<place>first|second|third|fourth|final|last|[1-4](?:st|nd|rd|th))[\s‐‑–-]"
        rf"(?P<part>quarter|half)|(?P<place>first|last|final)[\s‐‑–-](?P<part>three|six|nine|[369])"
        rf"[\s‐‑–-]months?)\b{_OF}{_ENDS}",
        regex.IGNORECASE,
    ),
    regex.compile(
        rf"{_FROM}(?:(?P<part>Q)(?P<place>[1-4])|(?P<part>H)(?P<place>[12])|(?P<place>[1-4])(?P<part>Q)"
        rf"|(?P<place>[12])(?P<part>H))(?:{_YEAR}|(?<=[QH])(?P<short>\d\d)(?!\d)|{_OF}){_ENDS}",
        regex.IGNORECASE,
    ),
)
"""The parts of years as English texts write them: *Second-Quarter 2023*, *Q2 2023*, *2Q23*, *2023-Q2*."""
_NAMED: Mapping[str, tuple[regex.Pattern[str], ...]] = {
    "en": _ENGLISH,
    UNKNOWN_LANGUAGE: _ENGLISH,
    "vi": (
        regex.compile(
            rf"\b(?:(?P<part>quý)\s(?P<place>IV|I{{1,3}}|[1-4]|một|hai|ba|tư)"
            rf"|(?:(?P<part>nửa)|(?P<part>6|sáu|3|ba|9|chín)\stháng)\s(?P<place>đầu|cuối)(?=\snăm))\b(?:(?:\snăm\s|/|\s){_YEAR})?",
            regex.IGNORECASE,
        ),
    ),
    "id": (
        regex.compile(
            r"\b(?P<part>kuartal|triwulan|semester|paruh)\s(?P<place>ke-[1-4]|pertama|kedua|ketiga|keempat|IV"
            rf"|I{{1,3}}|[1-4])\b(?:\s(?:tahun\s)?{_YEAR})?",
            regex.IGNORECASE,
        ),
    ),
    "zh": (
        regex.compile(rf"(?:{_YEAR}\s?年)?第?(?P<place>[一二三四1-4])(?:个)?(?P<part>季度)"),
        regex.compile(rf"(?:{_YEAR}\s?年)?(?P<place>[上下])(?P<part>半年)"),
    ),
}
_PLACES: Mapping[str, int] = {
    **{str(number): number for number in range(1, 5)},
    **{name: place for names in (
        "first second third fourth", "1st 2nd 3rd 4th", "i ii iii iv", "một hai ba tư", "一 二 三 四",
        "pertama kedua ketiga keempat", "ke-1 ke-2 ke-3 ke-4", "đầu", "上 下",
    ) for place, name in enumerate(names.split(), 1)},
    "final": 0, "last": 0, "cuối": 0,
}  # fmt: skip
"""The number of a part within its year; 0 for the last part."""
_JOINS = regex.compile(
    r"\s?(?:to|and|until|till|through|-|–|—|đến|tới|và|hingga|sampai|dan|至|到)\s?"
    r"(?:the\s)?(?:end\sof\s|hết\s|cuối\s|akhir\s)?",
    regex.IGNORECASE,
)
_BOTH = regex.compile(r"\s?(?:and|và|dan)\b", regex.IGNORECASE)
_BETWEEN = regex.compile(r"\b(?:between|giữa|antara)\s(?:\p{L}+\s)?$", regex.IGNORECASE)


def named_periods(text: str, language: str) -> Iterator[Moment]:
    """Yield the quarters, halves and other parts of years in ``text``, each with its first and last month."""
    for pattern in _NAMED.get(language, ()):
        for match in pattern.finditer(text):
            months = MONTHS_OF[match["part"].lower()]
            place = _PLACES[match["place"].lower()] or 12 // months
            if place * months <= 12:
                first, last = (place - 1) * months + 1, place * months
                yield Moment(Span(match.start(), match.end()), _year_of(match), first, until=last)


def _year_of(match: regex.Match[str]) -> int | None:
    groups = match.groupdict()
    if groups.get("short"):
        return 2000 + int(groups["short"])
    return int(groups["year"]) if groups.get("year") else None


def joined_periods(found: Sequence[Moment], text: str) -> list[tuple[Moment, Moment, Moment]]:
    """Find pairs of dates that bound a period of whole months, such as *1 April to 30 June*.

    Args:
        found: the dates of a text, in order.
        text: the text.

    Returns:
        For each pair, its first date, its second date, and the period.
    """
    periods = []
    for first, last in pairwise(found):
        gap = text[first.span.end : last.span.start]
        if not _JOINS.fullmatch(gap) or not first.month or not last.month or first.until or last.until:
            continue
        if _BOTH.match(gap) and not _BETWEEN.search(text[: first.span.start]):
            continue
        whole = first.day in {None, 1} and last.day in {None, *_last_days(last)}
        if whole and first.month <= last.month and (last.year is None or first.year in {None, last.year}):
            span = Span(first.span.start, last.span.end)
            period = Moment(span, last.year or first.year, first.month, until=last.month)
            periods.append((first, last, period))
    return periods


def _last_days(moment: Moment) -> set[int]:
    years = [moment.year] if moment.year else [2023, 2024]
    return {calendar.monthrange(year, moment.month or 1)[1] for year in years}


def anchored(found: Sequence[Moment], otherwise: Sequence[Moment] = ()) -> list[Moment]:
    """Return the dates; the year of each *a year earlier* becomes the latest year in the text, minus one.

    Args:
        found: the dates of a text.
        otherwise: dates whose latest year is used if the text names no year.
    """
    year = _latest_year(found) or _latest_year(otherwise)
    return [
        replace(moment, year=year - 1) if year and moment.relative_unit == "preceding year" else moment
        for moment in found
    ]


def _latest_year(found: Sequence[Moment]) -> int:
    return max((moment.year for moment in found if moment.year and not moment.decade), default=0)
