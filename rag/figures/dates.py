"""Recognises dates and periods in the forms of several languages: ``18/7/2025``, ``2025年7月18日``."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Literal

import regex

from index.documents import UNKNOWN_LANGUAGE, Span
from rag.questions import lines, word_set

Relation = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as a text states it. A part that the text leaves out is None.

    ``weekday`` is 0 for Monday; ``decade``: *the 1990s*. ``relative`` counts units before the day of writing
    (1 for *yesterday*, -1 for *tomorrow*), in ``preceding year`` or ``preceding month`` before the date that
    the sentence is about. ``relation``: *until May*; ``may_be_count``: *2000 people*; ``swapped``: 3/4/2025.
    ``until`` is the last month of a part of a year, ``through`` the last of two years; ``ahead``: still to
    come.
    """

    span: Span
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    decade: bool = False
    relative: int | None = None
    relative_unit: str | None = None
    relation: Relation | None = None
    may_be_count: bool = False
    swapped: bool = False
    until: int | None = None
    through: int | None = None
    ahead: bool = False

    @property
    def iso(self) -> str:
        """Without the unknown parts: ``2025-07`` for a month; empty if none is known."""
        return "-".join(f"{part:02}" for part in (self.year, self.month, self.day) if part)


BABEL = ("en", "id", "fr", "de", "es", "pt", "it", "nl")

# They count only beside a number, or with a capital after a preposition.
AMBIGUOUS = word_set("""
    may march mar sun sat mon wed fri mei minggu mars do so di mi sab dom lun jan jun dec des sep sen
    rab kam jum min sel august set out mer gio mar. ago avr
""")
VI_MONTHS: Mapping[str, int] = {
    "giêng": 1, "một": 1, "hai": 2, "ba": 3, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9,
    "mười một": 11, "mười hai": 12, "mười": 10, "chạp": 12,
}  # fmt: skip

VI_DAYS: Mapping[str, int] = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5}

ZH_DAYS: Mapping[str, int] = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}

RELATIVE: Mapping[str, tuple[int, str]] = {
    **dict.fromkeys(lines("""
        a year earlier, the year before, the previous year, a year before, one year earlier, one year before,
        the preceding year, the year prior, the previous financial year, the previous fiscal year,
        the prior financial year, 12 months earlier, twelve months earlier, the year earlier, the prior year,
        năm trước đó, một năm trước đó, năm trước, satu tahun sebelumnya, setahun sebelumnya,
        tahun sebelumnya, 上一年, 上年同期, 前一年, 上年
    """), (1, "preceding year")),
    **dict.fromkeys(("a month earlier", "the previous month"), (1, "preceding month")),
    **{f"{word} {unit}": (back, unit) for unit in ("week", "month", "year")
       for word, back in (("this", 0), ("last", 1), ("next", -1))},
    **{word: (back, unit) for unit, back, words in (
        ("day", 0, "today, hôm nay, hari ini, 今天"), ("day", 1, "yesterday, hôm qua, kemarin, 昨天, 昨日"),
        ("day", -1, "tomorrow, ngày mai, besok, 明天"),
        ("week", 1, "tuần trước, pekan lalu, minggu lalu, 上周"),
        ("month", 0, "tháng này, bulan ini, 本月"), ("month", 1, "tháng trước, bulan lalu, 上个月, 上月"),
        ("year", 0, "năm nay, tahun ini, 今年"), ("year", 1, "năm ngoái, tahun lalu, 去年"),
        ("year", -1, "năm tới, tahun depan, 明年"),
    ) for word in lines(words)},
}  # fmt: skip

MONTHS_OF: Mapping[str, int] = {
    "quarter": 3, "half": 6, "q": 3, "h": 6, "three": 3, "six": 6, "nine": 9, "3": 3, "6": 6, "9": 9,
    "kuartal": 3, "triwulan": 3, "semester": 6, "paruh": 6, "quý": 3, "nửa": 6, "ba": 3, "sáu": 6, "chín": 9,
    "季度": 3, "半年": 6,
}  # fmt: skip


_YEAR = r"(?P<year>(?:1[5-9]|20)\d{2})"
_OF = (
    rf"(?:,?\s(?:(?:of|in|for)\s)?(?:(?:the|calendar)\s(?:year\s)?)?{_YEAR}|[/-]{_YEAR}"
    r"|\s?['’](?P<short>\d\d)(?!\d)|\s(?:of|in)\sthe\syear\b)?"
)
_FROM = rf"(?:(?<!\b(?:fiscal|financial)\s)\b{_YEAR}(?:['’]s)?[\s/-]?|(?<![\p{{L}}\p{{N}}]))"
_ENDS = r"(?!\s(?:fiscal|financial)\b)(?![\p{L}\p{N}])"
# *Second-Quarter 2023*, *Q2 2023*, *2Q23*, *2023-Q2*.
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
_JOINS = regex.compile(
    r"\s?(?:to|and|until|till|through|-|–|—|đến|tới|và|hingga|sampai|dan|至|到)\s?"
    r"(?:the\s)?(?:end\sof\s|hết\s|cuối\s|akhir\s)?",
    regex.IGNORECASE,
)
_BOTH = regex.compile(r"\s?(?:and|và|dan)\b", regex.IGNORECASE)
_BETWEEN = regex.compile(r"\b(?:between|giữa|antara)\s(?:\p{L}+\s)?$", regex.IGNORECASE)


def named_periods(text: str, language: str) -> Iterator[Moment]:
    for pattern in _NAMED.get(language, ()):
        for match in pattern.finditer(text):
            months = MONTHS_OF[match["part"].lower()]
            place = _PLACES[match["place"].lower()] or 12 // months
            if place * months <= 12:
                first, last = (place - 1) * months + 1, place * months
                yield Moment(Span(match.start(), match.end()), _year_of(match), first, until=last)


_FIRST_SHORT = 69  # from here on, two digits are a year of the last century, as in POSIX


def _year_of(match: regex.Match[str]) -> int | None:
    groups = match.groupdict()
    if groups.get("short"):
        short = int(groups["short"])
        return short + (1900 if short >= _FIRST_SHORT else 2000)
    return int(groups["year"]) if groups.get("year") else None


def joined_periods(found: Sequence[Moment], text: str) -> list[tuple[Moment, Moment, Moment]]:
    """A period of whole months (*1 April to 30 June*), with the dates that bound it."""
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
    """*a year earlier* gets the latest year in the text (or else of ``otherwise``), minus one."""
    year = _latest_year(found) or _latest_year(otherwise)
    return [
        replace(moment, year=year - 1) if year and moment.relative_unit == "preceding year" else moment
        for moment in found
    ]


def _latest_year(found: Sequence[Moment]) -> int:
    return max((moment.year for moment in found if moment.year and not moment.decade), default=0)


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
_AHEAD = regex.compile(
    r"\b(?:will|shall|would|is to|are to|to be|to start|to begin|to open|due|expected|scheduled"
    r"|plan(?:s|ned)?|aims?|next|upcoming|sẽ|dự kiến|tới|akan|rencananya|mendatang)\b[^.;]*$"
    r"|(?:将|预计|计划|明年|下)[^。；]*$",
    regex.IGNORECASE,
)
# After a word such as *sáng*, or in brackets: *Sáng 21/9*, *Kamis (12/3)*.
_SHORT = regex.compile(
    rf"(?<=\b(?:sáng|trưa|chiều|tối|đêm|hôm|ngày|tanggal)\s|\(){_DAY}/{_MONTH}(?![\d/%])",
    regex.IGNORECASE,
)
_BARE_YEAR = regex.compile(
    r"(?<![\p{N}.,$€£¥#-])(?P<year>(?:1[5-9]|20)\d{2})(?P<decade>s|年代)?(?![\p{N}%])(?![.,]\p{N})"
    r"(?!\s?(?:%|km|kg|mét|tấn|ton|tonnes|metres|USD|đồng|rupiah|dollars|percent|million|người|orang|名|人"
    r"|个|家|米|元))"
)
_FISCAL_YEAR = regex.compile(r"\bFY\s?['’]?(?P<short>\d\d)(?![\p{N}%]|[.,]\p{N})")
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
    """3/4/2025 is day/month, but ``swapped`` if ``language`` is English or unknown."""
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
    """Complete a date from ``published``, which is ISO 8601, possibly without day or month.

    A weekday or a month becomes the most recent one up to that day; if it is ``ahead``, the next one.
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
        _year_of(match),
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
    # *Dec-22*, as spreadsheets write months; but *opt-out-18* has no month (*out* is October in Portuguese).
    short = r"(?P<short>\d\d)(?![\p{N}-]|[.,]\d|\s?%)"
    return regex.compile(
        rf"{day}-{name}-(?:{_YEAR}\b|{short})|(?:{day}\s)?\b{name}\s?['’]{short}"
        rf"|(?<![\p{{L}}\p{{N}}]-)\b(?-i:(?=\p{{Lu}})){name}[-–](?:{_YEAR}\b|{short})"
        rf"|{day}\s(?:of\s|de\s)?{name}(?:\s?,?\s(?:de\s)?{_YEAR}\b)?"
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
    """An ambiguous word such as *May*, or one of three letters, must also follow a word such as *in*."""
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
    for match in _FISCAL_YEAR.finditer(text):
        yield Moment(Span(*match.span()), _year_of(match))
    for match in _BARE_YEAR.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        decade = match["decade"] is not None
        sure = decade or _YEAR_BEFORE.search(before) or not regex.match(r"\s\p{Ll}{3,}", text[match.end() :])
        yield Moment(Span(*match.span()), int(match["year"]), decade=decade, may_be_count=not sure)


_COUNTS = {
    "three": 3, "six": 6, "nine": 9, "twelve": 12, "thirteen": 13, "fourteen": 14, "twenty-six": 26,
    "thirty-nine": 39, "fifty-two": 52, "fifty-three": 53,
}  # fmt: skip
_MONTHS_OF_WEEKS = {
    **dict.fromkeys((12, 13, 14, 16, 17), 3), **dict.fromkeys((24, 26, 27, 28), 6),
    **dict.fromkeys((36, 39, 40), 9), **dict.fromkeys((52, 53), 12),
}  # fmt: skip

# *half of it* and *a quarter of a million* are no periods.
_NO_PART = r"(?!\sof\s(?!(?:the\s)?(?:fiscal|financial|current|year|\d{4})))"
_LENGTH = regex.compile(
    rf"\b(?P<count>\d{{1,2}}|{'|'.join(_COUNTS)})[\s-](?P<unit>month|week)s?\b"
    r"(?!\s(?:earlier|before|ago|later))"
    rf"|\b(?P<quarter>quarters?{_NO_PART}|[1-4]Q|Q[1-4])(?!\p{{L}})"
    rf"|\b(?P<half>half{_NO_PART}|[12]H|H[12])(?!\p{{L}})"
    r"|\b(?P<year>years?\sended|full[\s-]years?|annual|(?<!\bof\s(?:the\s)?)fiscal\syear(?!\sto\b))\b",
    regex.IGNORECASE,
)
_PATH = regex.compile(r"\s*[›\n]\s*")


@dataclass(frozen=True, slots=True)
class Periods:
    """Years, the months in which they end, and lengths such as ``3 months``; 13 weeks are a quarter."""

    years: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    lengths: frozenset[str] = frozenset()

    def excludes(self, column: Periods, row: Periods, caption: Periods) -> bool:
        """Return whether a question with these periods cannot mean a cell with those of its names.

        Both must have years, months or lengths, and none in common. The column's years count before the
        row's, and these before the caption's. A row that names all years of the question excludes no cell.
        """
        return any(
            bool(asked - (rows if columns else frozenset()))
            and bool(named := columns or rows or captions)
            and not asked & named
            for asked, columns, rows, captions in zip(
                self._kinds, column._kinds, row._kinds, caption._kinds, strict=True
            )
        )

    def shared(self, other: Periods) -> frozenset[tuple[str, object]]:
        """Pairs such as ``("year", 2023)``."""
        names = ("year", "month", "length")
        return frozenset(
            (name, each)
            for name, own, others in zip(names, self._kinds, other._kinds, strict=True)
            for each in own & others
        )

    @property
    def _kinds(self) -> tuple[frozenset[object], ...]:
        return self.years, self.months, self.lengths


@lru_cache(maxsize=1024)
def periods_of(words: str, language: str) -> Periods:
    text = _PATH.sub(" ", words)
    found = [moment for moment in dates(text, language) if not moment.may_be_count]
    for first, last, whole in joined_periods(found, text):
        found = [moment for moment in found if moment not in {first, last}] + [whole]
    found = anchored(found)
    return Periods(
        frozenset(moment.year for moment in found if moment.year and not moment.decade),
        frozenset(month for moment in found if (month := moment.until or moment.month)),
        frozenset([*_lengths_of(found), *_named_lengths(text)]),
    )


def without_periods(words: str, language: str) -> str:
    found = [moment for moment in dates(words, language) if not moment.may_be_count]
    for moment in sorted(found, key=lambda moment: -moment.span.start):
        words = f"{words[: moment.span.start]} {words[moment.span.end :]}"
    return _LENGTH.sub(" ", words)


def _lengths_of(found: Sequence[Moment]) -> Iterator[str]:
    for moment in found:
        if moment.until and moment.month:
            yield f"{moment.until - moment.month + 1} months"


def _named_lengths(text: str) -> Iterator[str]:
    for match in _LENGTH.finditer(text):
        if count := match["count"]:
            number, unit = _COUNTS.get(count.lower()) or int(count), match["unit"].lower()
            months = number if unit == "month" else _MONTHS_OF_WEEKS.get(number)
            yield f"{months} months" if months else f"{number} weeks"
        else:
            yield "3 months" if match["quarter"] else "6 months" if match["half"] else "12 months"
