"""The texts that every front end shows: words for verdicts, sources and dates, and excerpts of passages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import takewhile
from typing import Any

from index.records import Filters
from index.text import PATH_SEPARATOR
from rag.answers import Verdict
from rag.visible_text import legible, row_words

# The label of each verdict in parentheses, as it appears after a sentence in plain text.
DOUBTS: Mapping[Verdict, str] = {
    "quoted": "",
    "supported": "",
    "computed": "(computed)",
    "paraphrased": "(paraphrased)",
    "unsupported": "(not supported)",
}
RECOGNISED = "words recognised in a picture of the page"

UNDATED = "undated"

EXCERPT_CHARACTERS = 280

COMPUTED = "computed from the two figures, not cited"


def compared_names(first: Sequence[str], second: Sequence[str]) -> tuple[str, str, str]:
    """``Cloud`` for 2030 and 2031 gives ``Cloud``, ``2030`` and ``2031``: what both share, then the rest."""
    shared: list[str] = []
    own: tuple[list[str], list[str]] = ([], [])
    for one, other in zip(first, second, strict=True):
        paths = [one.split(PATH_SEPARATOR), other.split(PATH_SEPARATOR)]
        count = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*paths, strict=False)))
        shared.append(PATH_SEPARATOR.join(paths[0][:count]))
        for names, path in zip(own, paths, strict=True):
            names.append(PATH_SEPARATOR.join(path[count:]))
    together, of_first, of_second = (" · ".join(filter(None, names)) for names in (shared, *own))
    return together, of_first, of_second


def difference_words(difference: str, unit: str, percent: str | None) -> str:
    return " ".join(filter(None, [difference, unit, f"({percent})" if percent else ""]))


def doubt_after(verdict: Verdict | None) -> str:
    """Return a space and a verdict's label in parentheses, to append to a sentence; empty without a label."""
    doubt = DOUBTS[verdict] if verdict is not None else ""
    return f" {doubt}" if doubt else ""


def page_words(page: int | None, label: str | None, form: str = "{label} (sheet {sheet})") -> str | None:
    """``34 (sheet 36)`` or, where the printed number is unknown or the sheet's, ``36``."""
    if page is None:
        return None
    if label in {None, str(page)}:
        return str(page)
    return form.format(label=label, sheet=page)


def source_facts(
    publisher: str | None, author: str | None, published: str | None, page: str | None
) -> list[str]:
    """Without a publisher, the author is given: a commission's report often names only that.

    ``page`` is from :func:`page_words`.
    """
    paged = f"page {page}" if page else None
    return [fact for fact in (publisher or author, date_words(published), paged) if fact]


def date_or_undated(published: str | None) -> str:
    return date_words(published) or UNDATED


def date_words(published: str | None) -> str | None:
    """``18 July 2025``, ``July 2025`` or ``2025``; text that is not an ISO date is returned unchanged."""
    day = first_day(published)
    if published is None or day is None:
        return published
    shortened = {1: f"{day:%Y}", 2: f"{day:%B %Y}"}
    return shortened.get(len(published.split("-")), f"{day.day} {day:%B %Y}")


def first_day(published: str | None) -> date | None:
    """Return the first day of the year, month or day that an ISO date names; None for any other text."""
    try:
        return date(*(int(part) for part in [*(published or "").split("-"), "1", "1"][:3]))
    except (ValueError, OverflowError):
        return None


def date_precision(published: str | None) -> str | None:
    """Return the precision of an ISO date: ``year``, ``month`` or ``day``; None without a date."""
    return ("year", "month", "day")[published.count("-")] if published else None


ADVICE: Mapping[str | None, str] = {
    "advice.filters": "Remove a filter and ask again.",
    "advice.reword": "Ask in the words of the reports, or add a report that answers this.",
}


def advice_for(cause: str | None, *, filtered: bool) -> str | None:
    """Return the key of what to try after an abstention; None if its reason says so."""
    if cause in {"not_answered", "not_in_library"}:
        return "advice.filters" if filtered else "advice.reword"
    return "advice.language" if cause == "language" else None


def excerpt(text: str) -> str:
    """At most ``EXCERPT_CHARACTERS``, then an ellipsis: cut at a space among the last 40 characters."""
    words = " ".join(legible(text).split())
    if len(words) <= EXCERPT_CHARACTERS:
        return words
    cut = words[:EXCERPT_CHARACTERS]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[-40:] else cut} …"


def alternative_words(text: str, headings: str | None) -> str:
    return excerpt(row_words(text, headings) if headings else legible(text))


MAX_ID = 2**53 - 1  # the largest integer that every JSON reader holds exactly (RFC 8259, section 6)
CONVERSATION_ID = r"^[A-Za-z0-9_-]{1,64}$"

ISO_DATE = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"

# The filters that are fields of an HTTP request itself. All other filters are in its field ``filters``.
_DATES = ("published_before", "published_after")


def is_iso_date(value: str) -> bool:
    """Return whether ``value`` is an existing day, month or year: ``2031-07-18``, ``2031-07``, ``2031``."""
    if re.fullmatch(ISO_DATE, value) is None:
        return False
    try:
        date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return False
    return True


def request_fields(filters: Filters) -> dict[str, Any]:
    """Return ``filters`` as fields of ``POST /v1/search`` and ``POST /v1/chat``; empty if none is set."""
    return as_request(asdict(filters))


def as_request(given: Mapping[str, Any]) -> dict[str, Any]:
    filters = {name: value for name, value in given.items() if value}
    dates = {name: filters.pop(name) for name in _DATES if name in filters}
    return {**dates, "filters": filters} if filters else dates
