"""A date as a text states it, and the words for dates in the supported languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from index.documents import Span
from rag.word_parsing import lines, word_set

Relation = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as a text states it. A part that the text leaves out is None.

    Attributes:
        span: its span in the text.
        year: the year.
        month: the month, from 1.
        day: the day of the month.
        weekday: the day of the week, from 0 for Monday.
        decade: whether ``year`` stands for the ten years that begin with it: *the 1990s*.
        relative: for a relative date, the number of units before the day of writing: 1 for *yesterday*, -1
            for *tomorrow*.
        relative_unit: the unit of ``relative``: ``day``, ``week``, ``month`` or ``year``. For *a year
            earlier*, it is ``preceding year``: years before the year that the sentence is about. For *a month
            earlier*, it is ``preceding month``.
        relation: ``before`` or ``after`` if the date is a limit, as in *until May* or *since May*.
        may_be_count: whether the year may be a count instead: *2000 people*.
        until: the last month of a part of a year (*the second quarter*), whose first month is ``month``.
        swapped: whether it is uncertain which number is the day and which the month: 3/4/2025.
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

    @property
    def iso(self) -> str:
        """Return the ISO date, without the unknown parts: ``2025-07`` for a month; empty if none is known."""
        return "-".join(f"{part:02}" for part in (self.year, self.month, self.day) if part)


BABEL = ("en", "id", "fr", "de", "es", "pt", "it", "nl")

AMBIGUOUS = word_set("""
    may march mar sun sat mon wed fri mei minggu mars do so di mi sab dom lun jan jun dec des sep sen
    rab kam jum min sel august set out mer gio mar. ago avr
""")
"""Words that count as a month or a weekday only beside a number, or with a capital after a preposition."""

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
"""The number of months in a part of a year, by its name."""
