"""When a document was published, where it does not say so: by its file's name, then by its file's time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import regex

from index.documents import Document

_NAMED = regex.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})(?:(?P<mark>[-_. ]?)(?P<month>0[1-9]|1[0-2])"
    r"(?:(?P=mark)(?P<day>0[1-9]|[12]\d|3[01]))?)?(?!\d)"
)
"""``2031-07-18``, ``20310718``, ``2031_07`` or ``2031``. Where the day comes first, it could be the month."""


def dated(document: Document, path: Path, *, by_time: bool = True) -> Document:
    """``document`` with a date, if it has none.

    Args:
        document: as it was read.
        path: its file.
        by_time: whether the time at which the file was last changed will do, where its name has no date.
    """
    if document.published is not None:
        return document
    named = date_of_name(path.stem)
    if named is not None:
        return replace(document, published=named, origins={**document.origins, "published": "file name"})
    if not by_time:
        return document
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    return replace(document, published=changed, origins={**document.origins, "published": "file time"})


def date_of_name(name: str) -> str | None:
    """The date in a file's name, in ISO 8601: of several the most exact, and of those the first.

    A date that is still to come is none: the year is a plan's.
    """
    found = [iso for match in _NAMED.finditer(name) if (iso := _past(match)) is not None]
    return max(found, key=len, default=None)


def _past(match: regex.Match[str]) -> str | None:
    parts = [part for part in match.group("year", "month", "day") if part]
    try:
        first = date(*[int(part) for part in parts], *[1] * (3 - len(parts)))
    except ValueError:
        return None
    return "-".join(parts) if first <= datetime.now(UTC).date() else None
