"""ISO dates as a person reads them."""

from __future__ import annotations

import re
from datetime import date

_PRECISIONS = ("year", "month", "day")


def date_words(published: str | None) -> str | None:
    """An ISO date, possibly shortened, as English words: ``18 July 2025``, ``July 2025``, ``2025``.

    What is not an ISO date is returned as it was written.
    """
    day = date_of(published)
    if published is None or day is None:
        return published
    shortened = {1: f"{day:%Y}", 2: f"{day:%B %Y}"}
    return shortened.get(len(published.split("-")), f"{day.day} {day:%B %Y}")


def date_of(published: str | None) -> date | None:
    """The first day of an ISO date, possibly shortened; None where it is none."""
    try:
        return date(*(int(part) for part in [*(published or "").split("-"), "1", "1"][:3]))
    except (ValueError, OverflowError):
        return None


def precision_of(published: str | None) -> str | None:
    """Whether an ISO date is a ``year``, a ``month`` or a ``day``; None where there is no date."""
    return _PRECISIONS[published.count("-")] if published else None


ISO_DATE = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


def is_iso_date(value: str) -> bool:
    """Whether it is a day, a month or a year of the calendar, as 2031-07-18, 2031-07 or 2031."""
    if re.fullmatch(ISO_DATE, value) is None:
        return False
    try:
        date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return False
    return True
