"""Reads the form, company and period of a filing from its cover or what an inline XBRL page declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import regex

from index.loaders.blocks import flow
from index.loaders.dates import read_date
from index.loaders.metadata import MAX_TITLE_CHARACTERS, Properties

# To be compiled with IGNORECASE.
DAY = (
    r"(?:\p{L}{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?\s?,?\s+\d{4}|\d{1,2}(?:st|nd|rd|th)?\s+\p{L}{3,9}\.?,?\s+\d{4}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.\d{4})(?!\d)"
)
_FORM = regex.compile(
    r"form\s+(?P<form>\d{1,2}-\p{L}{1,2}(?:/A)?|S-\d{1,2}(?:/A)?)(?:\s*\([^()]*\))?", regex.IGNORECASE
)
_HYPHENS = regex.compile(r"[‐‑–]")
_REGISTRANT = regex.compile(r"\(?\s*exact name of (?:the )?registrant", regex.IGNORECASE)
_REPORTED_PERIOD = regex.compile(
    rf"for the (?P<period>(?:fiscal )?(?:quarter|year)(?:ly period)?) ended:? (?P<end>{DAY})",
    regex.IGNORECASE,
)
_REPORTED = regex.compile(
    rf"date of report\b(?:\s*\([^()]*\))?\s*:?\s*(?P<date>{DAY})|(?P<before>{DAY})\s+date of report\b",
    regex.IGNORECASE,
)
# The kind of period on which a form reports; other forms report on a ``period``.
_PERIODS = {
    "10-K": "fiscal year",
    "11-K": "fiscal year",
    "20-F": "fiscal year",
    "40-F": "fiscal year",
    "10-Q": "quarterly period",
}
_MAX_NAME = 90  # characters; a longer line above ``Exact name of registrant`` is not a company's name
_SHOUTED = 0.7  # a name with a larger share of capitals among its letters counts as written in capitals


@dataclass(frozen=True, slots=True)
class Filing:
    """``period`` is such as ``quarterly period ended June 30, 2023``, ``reported`` a day."""

    form: str
    registrant: str
    period: str | None = None
    reported: str | None = None

    @property
    def details(self) -> Properties:
        when = f" for the {self.period}" if self.period else f" of {self.reported}" if self.reported else ""
        title = f"{self.registrant}: Form {self.form}"
        if len(title + when) <= MAX_TITLE_CHARACTERS:
            title += when
        published = read_date(self.reported) if self.reported else None
        return Properties(title=title, publisher=self.registrant, published=published)


def filing(lines: Sequence[str], text: str) -> Filing | None:
    """None if the page is no cover. The text gives the usual spelling of a name in capitals."""
    forms = (_FORM.fullmatch(_HYPHENS.sub("-", line.strip(" _"))) for line in lines)
    form = next((match["form"] for match in forms if match), None)
    place = next((number for number, line in enumerate(lines) if _REGISTRANT.match(line.strip())), 0)
    if form is None or not place or not 0 < len(flow(lines[place - 1])) <= _MAX_NAME:
        return None
    page = flow(" ".join(lines))
    name = flow(lines[place - 1].strip("_ "))
    period, reported = _REPORTED_PERIOD.search(page), _REPORTED.search(page)
    return Filing(
        form.upper(),
        as_written(name, text),
        f"{period['period'].lower()} ended {period['end']}" if period and not reported else None,
        reported["date"] or reported["before"] if reported else None,
    )


def declared_filing(facts: Mapping[str, str], text: str) -> Filing | None:
    """The facts are by their names in the XBRL taxonomy ``dei``, such as ``EntityRegistrantName``."""
    form, registrant = (flow(facts.get(name, "")) for name in ("DocumentType", "EntityRegistrantName"))
    if not form or not registrant:
        return None
    form = _HYPHENS.sub("-", form.upper())
    end = None
    written = read_date(flow(facts.get("DocumentPeriodEndDate", "")))
    if written and len(written) == len("2021-12-31"):
        day = date.fromisoformat(written)
        end = f"{day:%B} {day.day}, {day.year}"
    kind = form.removesuffix("/A")
    is_current = kind == "8-K"  # the day of an event, not the end of a period
    period = f"{_PERIODS.get(kind, 'period')} ended {end}" if end and not is_current else None
    return Filing(form, as_written(registrant, text), period, end if is_current else None)


def as_written(name: str, text: str) -> str:
    """The most frequent mixed-case spelling of a name in capitals."""
    if not _is_shouted(name):
        return name
    words = [regex.escape(word).replace("'", "['’]").replace("’", "['’]") for word in name.split()]
    pattern = r"\b" + r"\s+".join(words)
    spellings = Counter(flow(match[0]) for match in regex.finditer(pattern, text, regex.IGNORECASE))
    usual = [(count, spelling) for spelling, count in spellings.items() if not _is_shouted(spelling)]
    return max(usual)[1] if usual else name


def _is_shouted(name: str) -> bool:
    letters = [character for character in name if character.isalpha()]
    return sum(map(str.isupper, letters)) > _SHOUTED * len(letters)
