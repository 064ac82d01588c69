"""Recognition of dates in a text: years, months, days and weekdays, in the forms of several languages.

``18 July 2025``, ``2025-07-18``, ``18/7/2025``, ``ngày 18 tháng 7 năm 2025``, ``2025年7月18日`` and ``18 Juli
2025`` all mean the same date. :func:`resolved` makes a relative date absolute, given the date of publication.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import chain

import regex

from index.documents import Span
from rag.figures.moment import AMBIGUOUS, BABEL, RELATIVE, VI_DAYS, VI_MONTHS, ZH_DAYS, Moment, Relation
from rag.figures.periods import named_periods

_YEAR = r"(?P<year>(?:1[5-9]|20)\d{2})"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"

_NUMERIC = (
    regex.compile(r"(?<!\d)(?P<year>(?:1[5-9]|20)\d\d)[-/.](?P<month>0[1-9]"
                  r"|1[0-2])(?:[-/.](?P<day>[0-3]\d))?(?!\d|[.,]\d)"),
    regex.compile(rf"(?<![\d.,]){_DAY}(?P<mark>[-/.]){_MONTH}(?P=mark){_YEAR}(?!\d)"),
    regex.compile(rf"(?<![\d.,])(?P<month>0?[1-9]|1[0-2])(?P<mark>[-/])(?P<day>1[3-9]|2\d"
                  rf"|3[01])(?P=mark){_YEAR}(?!\d)"),
    regex.compile(rf"{_YEAR}\s?年(?:\s?{_MONTH}\s?月(?:份)?(?:\s?{_DAY}\s?[日号])?)?"),
    regex.compile(rf"(?<!\d){_MONTH}\s?月(?:份|\s?{_DAY}\s?[日号])?"),
    regex.compile(rf"\b(?:ngày|hôm|mùng)\s{_DAY}\s?(?:tháng\s|/|-){_MONTH}(?:(?:\snăm\s|,?\s|/|-){_YEAR})?\b",
                  regex.IGNORECASE),
    regex.compile(rf"\b{_DAY}\stháng\s{_MONTH}(?:(?:\snăm\s|,?\s|/){_YEAR})?\b", regex.IGNORECASE),
    regex.compile(rf"\btháng\s{_MONTH}(?!\d)(?:(?:\snăm\s|,?\s|/|-){_YEAR})?\b", regex.IGNORECASE),
    regex.compile(rf"\btháng\s(?P<vi_month>{'|'.join(VI_MONTHS)})\b(?:(?:\snăm\s|,?\s){_YEAR})?",
                  regex.IGNORECASE),
)  # fmt: skip
_TWO_YEARS = regex.compile(
    r"(?<![\d.,/-])(?P<year>(?:1[5-9]|20)\d\d)\s?[-/–—]\s?(?P<through>(?:(?:1[5-9]|20)\d\d)|\d\d)(?![\d/-]|[.,]\d|\s?%)"
)
"""A span of two years, such as the fiscal year *2011-12*, *2022/23* or *2022–2023*."""
_AHEAD = regex.compile(
    r"\b(?:will|shall|would|is to|are to|to be|to start|to begin|to open|due|expected|scheduled"
    r"|plan(?:s|ned)?|aims?|next|upcoming|sẽ|dự kiến|tới|akan|rencananya|mendatang)\b[^.;]*$"
    r"|(?:将|预计|计划|明年|下)[^。；]*$",
    regex.IGNORECASE,
)
_SHORT = regex.compile(
    rf"(?<=\b(?:sáng|trưa|chiều|tối|đêm|hôm|ngày|tanggal)\s|\(){_DAY}/{_MONTH}(?![\d/%])",
    regex.IGNORECASE,
)
"""A short date after a word such as *sáng*, or in brackets: *Sáng 21/9*, *Kamis (12/3)*."""
_BARE_YEAR = regex.compile(
    r"(?<![\p{N}.,$€£¥#-])(?P<year>(?:1[5-9]|20)\d{2})(?P<decade>s|年代)?(?![\p{N}%])(?![.,]\p{N})"
    r"(?!\s?(?:%|km|kg|mét|tấn|ton|tonnes|metres|USD|đồng|rupiah|dollars|percent|million|người|orang|名|人"
    r"|个|家|米|元))"
)
_YEAR_BEFORE = regex.compile(
    r"(?:\b(?:in|since|by|of|from|until|till|before|after|during|for|year|between|and|to|through|late"
    r"|early|mid|fiscal"
    r"|năm|từ|trước|sau|đến|vào|tahun|sejak|pada|hingga|sampai|dan|en|de|im|seit|em|jahr|año|ano)\s|[(/–-])$",
    regex.IGNORECASE,
)
_MONTH_FOLLOWS = regex.compile(
    r"\b(?:in|of|since|until|by|during|between|last|this|next|from|to|and|early|late|mid|pada|bulan|sejak)[\s-]$"
)
_VI_WEEKDAY = regex.compile(
    rf"\b(?:(?:vào|hôm|ngày|sáng|chiều|tối|từ|đến)\s)(?:thứ (?P<day>{'|'.join(VI_DAYS)})"
    rf"|(?P<sunday>chủ nhật))\b"
    rf"|\bThứ (?P<named>{'|'.join(map(str.capitalize, VI_DAYS))})\b",
    regex.IGNORECASE,
)
_ZH_WEEKDAY = regex.compile(rf"(?:星期|周|礼拜)(?P<day>[{''.join(ZH_DAYS)}])")
_RELATIVE_WORD = regex.compile(
    rf"(?<![\p{{L}}--[\p{{Han}}]])(?:{'|'.join(RELATIVE)})(?![\p{{L}}--[\p{{Han}}]])",
    regex.IGNORECASE | regex.V1,
)
_OF_SOMETHING = regex.compile(r"\s(?!and\b|but\b|when\b|because\b|of\b|on\b|in\b|at\b|as\b|for\b)\p{L}")
_BEFORE = regex.compile(
    r"(?:\b(?:before|until|till|by|prior to|no later than|trước|đến|cho đến|sebelum|sampai"
    r"|hingga)\s(?:the\s)?(?:end of\s)?"
    r"(?:ngày\s|năm\s|tahun\s)?|截至|直到)$", regex.IGNORECASE,
)  # fmt: skip
_AFTER = regex.compile(
    r"\b(?:after|since|from|following|starting|sau|từ|kể từ|sejak|setelah|sesudah)\s(?:the\s)?(?:ngày\s"
    r"|năm\s|tahun\s)?$",
    regex.IGNORECASE,
)
_BEFORE_FOLLOWS = regex.compile(r"(?:之前|以前|年底前|前)")
_AFTER_FOLLOWS = regex.compile(r"(?:之后|以后|以来|起)")


@lru_cache(maxsize=4096)
def dates(text: str, language: str) -> tuple[Moment, ...]:
    """Return the dates in ``text``, in order.

    A date such as 3/4/2025 is read as day/month. If ``language`` is English or unknown, the date may also be
    month/day, and its attribute ``swapped`` is true.
    """
    found: list[Moment] = []
    for moment in chain(
        named_periods(text, language),
        _two_years(text),
        _numeric(text, language),
        _named_months(text),
        _weekdays(text),
        _relative(text),
        _years(text),
    ):
        if not any(moment.span.overlaps(other.span) for other in found):
            ahead = _AHEAD.search(text[: moment.span.start]) is not None
            found.append(replace(moment, relation=_relation(text, moment.span), ahead=ahead))
    return tuple(sorted(found, key=lambda moment: moment.span.start))


def resolved(moment: Moment, published: str | None) -> Moment:
    """Complete a partial or relative date from the date on which its text was published.

    A weekday becomes the most recent such day, at the latest the day of publication. A month without a year
    becomes the most recent such month, at the latest that of publication. If the text says that the date is
    still to come (``ahead``), the next such day or month is taken instead.

    Args:
        moment: a date of the text.
        published: the date of publication in ISO 8601, possibly without day or month. With a year alone, only
            the year of ``moment`` can be completed. With None, ``moment`` is returned unchanged.
    """
    parts = [int(part) for part in (published or "").split("-") if part.isdigit()]
    if not parts or moment.year is not None:
        return moment
    back = moment.relative or 0
    if moment.month is not None:
        month = parts[1] if len(parts) > 1 else moment.month
        turn = moment.month < month if moment.ahead else -(moment.month > month)
        return replace(moment, year=parts[0] + turn)
    if moment.relative_unit == "year":
        return replace(moment, year=parts[0] - back)
    if moment.relative_unit == "month" and len(parts) > 1:
        year, month = divmod(parts[0] * 12 + parts[1] - 1 - back, 12)
        return replace(moment, year=year, month=month + 1)
    if len(parts) != 3 or (moment.weekday is None and moment.relative_unit != "day"):
        return moment
    whole = date(*parts)
    if moment.weekday is not None:
        back = (whole.weekday() - moment.weekday) % 7
        back -= 7 if moment.ahead and back else 0
    day = whole - timedelta(days=back)
    return replace(moment, year=day.year, month=day.month, day=day.day, weekday=day.weekday())


def _relation(text: str, span: Span) -> Relation | None:
    before, after = text[max(0, span.start - 20) : span.start], text[span.end : span.end + 3]
    if _BEFORE.search(before) or _BEFORE_FOLLOWS.match(after):
        return "before"
    return "after" if _AFTER.search(before) or _AFTER_FOLLOWS.match(after) else None


def _two_years(text: str) -> Iterator[Moment]:
    for match in _TWO_YEARS.finditer(text):
        year, last = int(match["year"]), match["through"]
        if int(last) in {year + 1, (year + 1) % 100}:
            yield Moment(Span(*match.span()), year, through=year + 1)


def _moment(match: regex.Match[str]) -> Moment:
    groups = match.groupdict()
    month = groups.get("month")
    vietnamese = groups.get("vi_month")
    return Moment(
        Span(match.start(), match.end()),
        int(groups["year"]) if groups.get("year") else None,
        int(month) if month else VI_MONTHS[vietnamese.lower()] if vietnamese else None,
        int(groups["day"]) if groups.get("day") else None,
    )


def _numeric(text: str, language: str) -> Iterator[Moment]:
    for match in chain.from_iterable(pattern.finditer(text) for pattern in _NUMERIC):
        moment = _moment(match)
        may_be_swapped = match.groupdict().get("mark") == "/" and language in {"en", "und"}
        yield replace(moment, swapped=may_be_swapped and (moment.day or 0) <= 12)
    if language in {"vi", "id"}:
        yield from map(_moment, _SHORT.finditer(text))


@cache
def _names() -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return the names of months and of weekdays in lower case, from babel's locales."""
    from babel import Locale

    months: dict[str, int] = {"sept": 9, "agt": 8}
    days = {"jum'at": 4, "jumat": 4}
    for locale in map(Locale, BABEL):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months["format"][width].items():
                months.setdefault(name.lower().rstrip("."), number)
        for number, name in locale.days["format"]["wide"].items():
            days.setdefault(name.lower(), number)
    return months, days


@cache
def _named_pattern() -> regex.Pattern[str]:
    months, _ = _names()
    names = "|".join(sorted(map(regex.escape, months), key=len, reverse=True))
    name = rf"(?P<name>{names})\b\.?"
    day = r"(?<![\p{N}.,])(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.|º)?"
    return regex.compile(
        rf"{day}\s(?:of\s|de\s)?{name}(?:\s?,?\s(?:de\s)?{_YEAR}\b)?"
        rf"|\b{name}\s(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\b(?!\s?%|[.,]?\d)(?:\s?,?\s{_YEAR}\b)?"
        rf"|\b{name},?\s(?:de\s)?{_YEAR}\b|\b(?P<alone>{names})\b",
        regex.IGNORECASE,
    )


def _named_months(text: str) -> Iterator[Moment]:
    months, _ = _names()
    for match in _named_pattern().finditer(text):
        if not match["alone"] or _is_month(text, match):
            yield replace(_moment(match), month=months[(match["name"] or match["alone"]).lower()])


def _is_month(text: str, match: regex.Match[str]) -> bool:
    """Return whether a word without a day or a year beside it is the name of a month.

    The word must begin with a capital letter. An ambiguous word such as *May*, or a word of three letters,
    must also follow a word such as *in*.
    """
    word = match["alone"]
    if not word[:1].isupper() or len(word) < 3:
        return False
    before = text[max(0, match.start() - 12) : match.start()].lower()
    return (word.lower() not in AMBIGUOUS and len(word) > 3) or _MONTH_FOLLOWS.search(before) is not None


def _weekdays(text: str) -> Iterator[Moment]:
    _, days = _names()
    for match in regex.finditer(r"\b\p{Lu}[\p{L}']+\b", text):
        word = match[0].lower()
        if word in days and not (
            word in AMBIGUOUS and not regex.search(r"\b(?:hari|pada)\s$", text[: match.start()])
        ):
            yield Moment(Span(*match.span()), weekday=days[word])
    for match in _ZH_WEEKDAY.finditer(text):
        yield Moment(Span(*match.span()), weekday=ZH_DAYS[match["day"]])
    for match in _VI_WEEKDAY.finditer(text):
        name = (match["day"] or match["named"] or "").lower()
        yield Moment(Span(*match.span()), weekday=VI_DAYS[name] if name else 6)


def _relative(text: str) -> Iterator[Moment]:
    for match in _RELATIVE_WORD.finditer(text):
        back, unit = RELATIVE[match[0].lower()]
        if match[0].lower().endswith("before") and _OF_SOMETHING.match(text, match.end()):
            continue
        yield Moment(Span(*match.span()), relative=back, relative_unit=unit)


def _years(text: str) -> Iterator[Moment]:
    for match in _BARE_YEAR.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        decade = match["decade"] is not None
        sure = decade or _YEAR_BEFORE.search(before) or not regex.match(r"\s\p{Ll}{3,}", text[match.end() :])
        yield Moment(Span(*match.span()), int(match["year"]), decade=decade, may_be_count=not sure)
