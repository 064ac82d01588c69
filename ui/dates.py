"""ISO dates as a person reads them."""

from __future__ import annotations

from datetime import date

_PRECISIONS = ("year", "month", "day")


def date_words(published: str | None) -> str | None:
    """An ISO date, possibly shortened, as English words: ``18 July 2025``, ``July 2025``, ``2025``.

    What is not an ISO date is returned as it was written.
    """
    if published is None:
        return None
    parts = published.split("-")
    try:
        day = date(*(int(part) for part in [*parts, "1", "1"][:3]))
    except (ValueError, OverflowError):
        return published
    return {1: f"{day:%Y}", 2: f"{day:%B %Y}"}.get(len(parts), f"{day.day} {day:%B %Y}")


def precision_of(published: str | None) -> str | None:
    """Whether an ISO date is a ``year``, a ``month`` or a ``day``; None where there is no date."""
    return _PRECISIONS[published.count("-")] if published else None
