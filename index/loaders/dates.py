"""Reads dates in the languages of ``months.json``, which ``benchmarks/train_covers.py`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import regex

from index.loaders.metadata import iso_date

_WORD = regex.compile(r"\p{L}{2,}")
_YEAR = r"(?P<year>(?:19|20)\d{2})"
_A_YEAR = regex.compile(_YEAR)


@dataclass(frozen=True, slots=True)
class Written:
    iso: str
    before: str
    after: str


@cache
def _months() -> dict[str, int]:
    source = files("index.loaders").joinpath("months.json")
    found: dict[str, int] = json.loads(source.read_text(encoding="utf-8"))
    return found


@cache
def _pattern() -> regex.Pattern[str]:
    months = "|".join(sorted(map(regex.escape, _months()), key=len, reverse=True))
    month, link = rf"(?P<month>{months})\.?", r"(?:\s|,|\bof\b|\bdel?\b|\baño\b|\bthe\b)*"
    day = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?"
    return regex.compile(
        rf"(?<![\d.,/-]){day}{link}{month}{link}{_YEAR}(?!\d)|(?<!\p{{L}}){month}\s+{day},?\s+{_YEAR}(?!\d)"
        rf"|(?<!\d){_YEAR}\s?(?P<mark>[-/.年])\s?(?P<number>\d{{1,2}})(?:\s?(?:(?P=mark)|月)\s?(?P<day>\d{{1,2}})日?)?(?![\d/-])"
        rf"|(?<![\d/.]){day}\.(?P<number>\d{{1,2}})\.{_YEAR}(?!\d)"
        rf"|(?<![\d/]){day}(?P<cut>[/-])(?P<number>\d{{1,2}})(?P=cut){_YEAR}(?!\d)"
        rf"|(?<!\p{{L}}){month}{link}{_YEAR}(?!\d)|(?<![\p{{L}}\d.,/_-]){_YEAR}(?![\d,/%]|[-–]\d|\.\d)",
        regex.IGNORECASE,
    )


def written_dates(text: str) -> Iterator[Written]:
    """ISO 8601; without one that is ambiguous, is in the future or is none."""
    if not _A_YEAR.search(text):  # much faster than the whole pattern
        return
    today = datetime.now(UTC).date().isoformat()
    for match in _pattern().finditer(text):
        parts = match.groupdict()
        month = _months().get((parts["month"] or "").casefold()) or int(parts["number"] or 0)
        day = int(parts["day"] or 0)
        if parts["cut"] and month <= 12 and day <= 12 and day != month:
            continue
        if parts["cut"] and month > 12:
            month, day = day, month
        iso = iso_date("-".join([parts["year"], *(f"{number:02}" for number in (month, day) if number)]))
        if iso is not None and iso <= today:
            yield Written(iso, text[: match.start()], text[match.end() :])


def is_date(line: str) -> bool:
    """A place may precede it."""
    return len(line) < 60 and any(
        word_count(one.before + one.after) < 3 for one in written_dates(line) if len(one.iso) > 4
    )


def read_date(written: str) -> str | None:
    return next((one.iso for one in written_dates(written)), None)


def word_count(text: str) -> float:
    """Where no blanks part words, two signs count as one."""
    return len(_WORD.findall(text)) + sum(character > "\u2e80" for character in text) / 2
