"""Reads the cover of a form that a company files with the US Securities and Exchange Commission."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import regex

from index.loaders.blocks import flow
from index.loaders.cover.datelines import DAY, read_date
from index.loaders.metadata import MAX_TITLE_CHARACTERS, Properties

_FORM = regex.compile(
    r"form\s+(?P<form>\d{1,2}-\p{L}{1,2}(?:/A)?|S-\d{1,2}(?:/A)?)(?:\s*\([^()]*\))?", regex.IGNORECASE
)
_HYPHENS = regex.compile(r"[‐‑–]")
_REGISTRANT = regex.compile(r"\(?\s*exact name of (?:the )?registrant", regex.IGNORECASE)
_PERIOD = regex.compile(
    rf"for the (?P<period>(?:fiscal )?(?:quarter|year)(?:ly period)?) ended:? (?P<end>{DAY})",
    regex.IGNORECASE,
)
_REPORTED = regex.compile(
    rf"date of report\b(?:\s*\([^()]*\))?\s*:?\s*(?P<date>{DAY})|(?P<before>{DAY})\s+date of report\b",
    regex.IGNORECASE,
)
_PERIODS = {
    "10-K": "fiscal year",
    "11-K": "fiscal year",
    "20-F": "fiscal year",
    "40-F": "fiscal year",
    "10-Q": "quarterly period",
}
"""Maps the name of a form to the kind of period on which it reports; other forms report on a ``period``."""

_MAX_NAME = 90
"""The most characters of a company's name; a longer line above ``Exact name of registrant`` is not a name."""

_SHOUTED = 0.7
"""A name with a larger share of capitals among its letters counts as written in capitals."""


@dataclass(frozen=True, slots=True)
class Filing:
    """The cover of a form for the US Securities and Exchange Commission (SEC).

    Attributes:
        form: the form's name, such as ``10-Q``.
        registrant: the company that files the form.
        period: the period on which the form reports, such as ``quarterly period ended June 30, 2023``; None
            if the cover states no period, or if it states the date of the report.
        reported: the date of the report as written, such as ``August 9, 2023``; None if the cover states
            none.
    """

    form: str
    registrant: str
    period: str | None = None
    reported: str | None = None

    @property
    def title(self) -> str:
        """The company and the form, then the period or the date of the report.

        The period or date is left out if the title would be too long.
        """
        when = f" for the {self.period}" if self.period else f" of {self.reported}" if self.reported else ""
        short = f"{self.registrant}: Form {self.form}"
        return f"{short}{when}" if len(short + when) <= MAX_TITLE_CHARACTERS else short

    @property
    def published(self) -> str | None:
        """The date of the report in ISO 8601; None if the cover states none that can be read."""
        return read_date(self.reported) if self.reported else None

    @property
    def details(self) -> Properties:
        """The title, publisher and date that the cover gives the document."""
        return Properties(title=self.title, publisher=self.registrant, published=self.published)


def filing(lines: Sequence[str], text: str) -> Filing | None:
    """Read the cover of an SEC form from the first page; None if that page is not a cover.

    Args:
        lines: the lines of the page.
        text: the document's text. If the cover writes the company's name in capitals, the text gives the
            usual spelling of the name.
    """
    forms = (_FORM.fullmatch(_HYPHENS.sub("-", line.strip())) for line in lines)
    form = next((match["form"] for match in forms if match), None)
    place = next((number for number, line in enumerate(lines) if _REGISTRANT.match(line.strip())), 0)
    if form is None or not place or not 0 < len(flow(lines[place - 1])) <= _MAX_NAME:
        return None
    page = flow(" ".join(lines))
    period, reported = _PERIOD.search(page), _REPORTED.search(page)
    return Filing(
        form.upper(),
        as_written(flow(lines[place - 1]), text),
        f"{period['period'].lower()} ended {period['end']}" if period and not reported else None,
        reported["date"] or reported["before"] if reported else None,
    )


def declared_filing(facts: Mapping[str, str], text: str) -> Filing | None:
    """Read the cover of an SEC form from its XBRL facts; None if the form's or the company's name is missing.

    Args:
        facts: the facts, by their names in the taxonomy ``dei``, such as ``EntityRegistrantName``.
        text: the document's text. If the facts write the company's name in capitals, the text gives the usual
            spelling of the name.
    """
    form, registrant = (flow(facts.get(name, "")) for name in ("DocumentType", "EntityRegistrantName"))
    if not form or not registrant:
        return None
    form = _HYPHENS.sub("-", form.upper())
    day = read_date(flow(facts.get("DocumentPeriodEndDate", "")))
    end = _written(date.fromisoformat(day)) if day and len(day) == len("2021-12-31") else None
    kind = form.removesuffix("/A")
    is_current = kind == "8-K"  # the day of an event, not the end of a period
    period = f"{_PERIODS.get(kind, 'period')} ended {end}" if end and not is_current else None
    return Filing(form, as_written(registrant, text), period, end if is_current else None)


def _written(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def as_written(name: str, text: str) -> str:
    """Return the usual spelling of a name in capitals: its most frequent mixed-case spelling in ``text``.

    If ``text`` has no such spelling, or if ``name`` is not in capitals, return ``name`` unchanged.
    """
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
