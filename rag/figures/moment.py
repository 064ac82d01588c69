"""A date as a text states it, and the words for dates in the supported languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from index.documents import Span
from rag.word_lists import listed

Relation = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as a text states it; parts that it leaves out are None.

    Attributes:
        span: its span in the text.
        year: the year.
        month: the month, from 1.
        day: the day of the month.
        weekday: the day of the week, from 0 for Monday.
        decade: whether the year stands for the ten years from it: the 1990s.
        relative: for a date relative to the day of writing, the number of units before that day: 1 for
            *yesterday*.
        relative_unit: the unit of ``relative``: ``day``, ``week``, ``month`` or ``year``; ``earlier`` for
            years before the year that the sentence is about.
        relation: whether the text says *before* or *after* the date.
        may_be_count: whether it may be a number of things instead: *2000 people*.
        until: the last month of a part of a year (*the second quarter*), whose first month is ``month``.
        swapped: whether day and month may be in the other order: 3/4/2025.
        through: the last year of a span of two years, such as the fiscal year 2011-12.
        ahead: whether the text says that the date is still to come.
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


BABEL = ("en", "id", "fr", "de", "es", "pt", "it", "nl")

AMBIGUOUS = listed("""
    may march mar sun sat mon wed fri mei minggu mars do so di mi sab dom lun jan jun dec des sep sen
    rab kam jum min sel august set out mer gio mar. ago avr
""")
"""Words that count as a month or a day only beside a number, or with a capital and a preposition."""

VI_MONTHS: Mapping[str, int] = {
    "giêng": 1, "một": 1, "hai": 2, "ba": 3, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9,
    "mười một": 11, "mười hai": 12, "mười": 10, "chạp": 12,
}  # fmt: skip

VI_DAYS: Mapping[str, int] = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5}

ZH_DAYS: Mapping[str, int] = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}

RELATIVE: Mapping[str, tuple[int, str]] = {
    "a year earlier": (1, "earlier"), "the year before": (1, "earlier"),
    "the previous year": (1, "earlier"), "a year before": (1, "earlier"), "one year earlier": (1, "earlier"),
    "one year before": (1, "earlier"), "the preceding year": (1, "earlier"), "the year prior": (1, "earlier"),
    "the previous financial year": (1, "earlier"), "the previous fiscal year": (1, "earlier"),
    "the prior financial year": (1, "earlier"), "12 months earlier": (1, "earlier"),
    "twelve months earlier": (1, "earlier"), "năm trước đó": (1, "earlier"),
    "một năm trước đó": (1, "earlier"),
    "satu tahun sebelumnya": (1, "earlier"), "上一年": (1, "earlier"), "上年同期": (1, "earlier"),
    "the year earlier": (1, "earlier"), "the prior year": (1, "earlier"), "năm trước": (1, "earlier"),
    "setahun sebelumnya": (1, "earlier"), "tahun sebelumnya": (1, "earlier"), "前一年": (1, "earlier"),
    "上年": (1, "earlier"), "a month earlier": (1, "earlier month"),
    "the previous month": (1, "earlier month"),
    "today": (0, "day"), "yesterday": (1, "day"), "tomorrow": (-1, "day"), "this week": (0, "week"),
    "last week": (1, "week"), "next week": (-1, "week"), "this month": (0, "month"),
    "last month": (1, "month"),
    "next month": (-1, "month"), "this year": (0, "year"), "last year": (1, "year"),
    "next year": (-1, "year"),
    "hôm nay": (0, "day"), "hôm qua": (1, "day"), "ngày mai": (-1, "day"), "tuần trước": (1, "week"),
    "tháng trước": (1, "month"), "tháng này": (0, "month"), "năm nay": (0, "year"),
    "năm ngoái": (1, "year"),
    "năm tới": (-1, "year"), "hari ini": (0, "day"), "kemarin": (1, "day"), "besok": (-1, "day"),
    "pekan lalu": (1, "week"), "minggu lalu": (1, "week"), "bulan lalu": (1, "month"),
    "bulan ini": (0, "month"), "tahun ini": (0, "year"), "tahun lalu": (1, "year"),
    "tahun depan": (-1, "year"), "今天": (0, "day"), "昨天": (1, "day"),
    "昨日": (1, "day"), "明天": (-1, "day"),
    "上周": (1, "week"), "上个月": (1, "month"), "上月": (1, "month"),
    "本月": (0, "month"), "今年": (0, "year"),
    "去年": (1, "year"), "明年": (-1, "year"),
}  # fmt: skip

MONTHS_OF: Mapping[str, int] = {
    "quarter": 3, "half": 6, "three": 3, "six": 6, "nine": 9, "3": 3, "6": 6, "9": 9, "kuartal": 3,
    "triwulan": 3, "semester": 6, "paruh": 6, "ba": 3, "sáu": 6, "chín": 9, "季度": 3, "半年": 6,
}  # fmt: skip
"""The number of months in a part of a year, by its name."""
