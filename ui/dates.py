"""ISO dates as a person reads them."""

from __future__ import annotations

from datetime import date


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
