"""Finds the day on which a report was published, as its first page states it.

The end of a period, as in ``for the quarter ended June 30, 2023``, does not count. Only English names of
months are recognised. A date such as ``5/6/2023`` is not read, since either number could be the month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import regex

from index.loaders.metadata import iso_date

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
DAY = (
    rf"(?:{_MONTH}\s+{_NTH}\s?,?\s+\d{{4}}|{_NTH}\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.\d{4})(?!\d)"
)
"""The regular expression of a day, to be compiled with IGNORECASE."""

_MONTH_AND_YEAR = rf"{_MONTH},?\s+\d{{4}}(?!\d)"
_PLACE = r"\p{Lu}[\p{L}.'’-]*(?:[ ,]+\p{Lu}[\p{L}.'’-]*){0,5}"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_LABEL = regex.compile(
    r"(?:date of (?:publication|issue|release)|(?:publication|release|issue) date"
    r"|(?:first )?published(?: on)?|released(?: on)?|issued(?: on)?|dated?)"
    rf"\s*:?\s*(?P<date>{DAY}|{_MONTH_AND_YEAR})(?=\W*\Z|\s*[|;(]|\s+by\b)",
    regex.IGNORECASE,
)
_ALONE = regex.compile(
    rf"\W*(?:(?P<place>(?-i:{_PLACE})(?P<comma>,)?)\s+(?:the\s+)?)??(?:{_WEEKDAY},?\s+)?"
    rf"(?P<date>{DAY}|{_MONTH_AND_YEAR})\W*",
    regex.IGNORECASE,
)
_DATELINE = regex.compile(
    rf"(?-i:{_PLACE})(?:\s*[,;–—-]+\s*|\s+\(?|\s*\()(?P<date>{DAY})\)?[^–—-]{{0,40}}?\s?(?:--?|[–—…]|\.\s?\.)\s",
    regex.IGNORECASE,
)
"""The start of a news release: a place, a day and a dash."""

_PERIOD = regex.compile(
    r"\b(?:end(?:ed|ing|s)|as (?:of|at)|at|until|through|to|from|and|since|by)\Z", regex.IGNORECASE
)
_ISSUE = regex.compile(
    r"\b(?:journal|bulletin|gazette|review)\s+(?P<year>(?:19|20)\d{2})\s?[-–—/;:(]\s?\d", regex.IGNORECASE
)
"""The year of a journal's issue, for example in ``The EFSA Journal 2009 – 223``."""

_SLASHES = regex.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NOT_READ = regex.compile(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\s|(?<=\p{L})\.", regex.IGNORECASE)
_SEPT = regex.compile(r"\bsept\b", regex.IGNORECASE)
_QUARTER_ENDS = ("-03-31", "-06-30", "-09-30", "-12-31")


def stated_date(lines: Sequence[str], paragraphs: Iterable[str], all_lines: Iterable[str] = ()) -> str | None:
    """Find the date of publication that a first page states.

    The kinds of dates, in order of preference:

    - a date with a label, such as ``Published:``;
    - the date at the start of a news release;
    - a date alone on a line;
    - the year of a journal's issue.

    Args:
        lines: the lines in the parts of the page where dates usually stand, in order.
        paragraphs: the first paragraphs of the text; a news release begins with a place and a day.
        all_lines: all lines of the page, including its header and footer.

    Returns:
        The date in ISO 8601, possibly ``YYYY-MM`` or ``YYYY``; None if the page states none.
    """
    everything = [*all_lines, *lines]
    labelled = (match["date"] for line in everything if (match := _LABEL.match(line.strip())))
    begun = (match["date"] for text in paragraphs if (match := _DATELINE.match(text)))
    for candidates in (labelled, begun, _alone(lines)):
        found = [iso for written in candidates if (iso := read_date(written)) is not None]
        if found:
            return max(found, key=len)
    return next((match["year"] for line in everything if (match := _ISSUE.search(line))), None)


def is_date(line: str) -> bool:
    """Return whether a line is only a date, perhaps after a place."""
    return _ALONE.fullmatch(line) is not None


def read_date(written: str) -> str | None:
    """Convert a written day or month to ISO 8601; None if it is ambiguous, in the future or not a date."""
    text = _SEPT.sub("Sep", _NOT_READ.sub("", written))
    slashes = _SLASHES.fullmatch(text)
    iso = _of_numbers(*map(int, slashes.groups())) if slashes else iso_date(text)
    return iso if iso is not None and iso <= datetime.now(UTC).date().isoformat() else None


def _of_numbers(first: int, second: int, year: int) -> str | None:
    """Return the ISO 8601 date for a day and a month, given in either order, and a year.

    Return None if the order is not clear: both numbers could be the month, and they differ. Return None also
    if neither number can be the month.
    """
    if min(first, second) > 12 or (max(first, second) <= 12 and first != second):
        return None
    return iso_date(f"{year}-{min(first, second):02}-{max(first, second):02}")


def _alone(lines: Sequence[str]) -> Iterator[str]:
    """Yield each date that is alone on a line, as written, unless the date is the end of a reported period.

    A date after words such as ``ended`` or ``as of`` is the end of a period. The last day of a quarter, which
    often heads a financial statement, counts as the end of a period, too, unless it follows a place and a
    comma.
    """
    before = ""
    for line in lines:
        match = _ALONE.fullmatch(line)
        if match is not None and not _PERIOD.search(before.strip()):
            ends_quarter = (read_date(match["date"]) or "").endswith(_QUARTER_ENDS)
            if match["comma"] or not (ends_quarter or _PERIOD.search(match["place"] or "")):
                yield match["date"]
        before = line
