"""Finds the periods in a question or a heading: the years, length and final month of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from rag.figures.dates import dates
from rag.figures.moment import Moment
from rag.figures.periods import anchored, joined_periods

_COUNTS = {
    "three": 3, "six": 6, "nine": 9, "twelve": 12, "thirteen": 13, "fourteen": 14, "twenty-six": 26,
    "thirty-nine": 39, "fifty-two": 52, "fifty-three": 53,
}  # fmt: skip
_MONTHS_OF_WEEKS = {
    **dict.fromkeys((12, 13, 14, 16, 17), 3), **dict.fromkeys((24, 26, 27, 28), 6),
    **dict.fromkeys((36, 39, 40), 9), **dict.fromkeys((52, 53), 12),
}  # fmt: skip
"""The length in months of a fiscal period, by its weeks. Some companies' quarters have 12 and 16 weeks."""

_NO_PART = r"(?!\sof\s(?!(?:the\s)?(?:fiscal|financial|current|year|\d{4})))"
"""Follows *quarter* and *half* of a year; *half of it* and *a quarter of a million* are no periods."""

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
    """The periods that a text names.

    Attributes:
        years: the years.
        months: the months, from 1 to 12, in which the dates and periods end.
        lengths: the lengths of the periods, such as ``3 months``; 13 weeks count as a quarter.
    """

    years: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    lengths: frozenset[str] = frozenset()

    def excludes(self, column: Periods, row: Periods, caption: Periods) -> bool:
        """Return whether a question with these periods cannot mean a certain cell.

        Years, months and lengths are compared separately. The years of the cell are those that its column
        names. If the column names none, they are those of the row; if the row names none either, those of
        the caption. The cell is excluded if both it and the question have years, but none in common. A row
        that names all years of the question is an exception: its cells are not excluded. Months and lengths
        exclude a cell in the same way.

        Args:
            column: the periods that the headings of the cell's column name.
            row: the periods that the label of its row names.
            caption: the periods that the caption of its table names.
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
        """Return the years, months and lengths that both texts name, as pairs such as ``("year", 2023)``."""
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
    """Return the periods that a question, a label or the headings of a column name."""
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
    """Return a question without the dates, years and lengths of periods that it names."""
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
