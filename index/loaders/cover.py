"""Reads what a first page states: the publication day, the SEC form, the issuer, and lines for a title.

The end of a period is no such day. Only English months are read, and no ``5/6/2023``: either could be the
month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

import regex

from index.loaders.blocks import flow
from index.loaders.metadata import MAX_TITLE_CHARACTERS, Properties, iso_date

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
# To be compiled with IGNORECASE.
DAY = (
    rf"(?:{_MONTH}\s+{_NTH}\s?,?\s+\d{{4}}|{_NTH}\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.\d{4})(?!\d)"
)
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
# The start of a news release: a place, a day and a dash.
_DATELINE = regex.compile(
    rf"(?-i:{_PLACE})(?:\s*[,;–—-]+\s*|\s+\(?|\s*\()(?P<date>{DAY})\)?[^–—-]{{0,40}}?\s?(?:--?|[–—…]|\.\s?\.)\s",
    regex.IGNORECASE,
)
_PERIOD = regex.compile(
    r"\b(?:end(?:ed|ing|s)|as (?:of|at)|at|until|through|to|from|and|since|by)\Z", regex.IGNORECASE
)
# The year of a journal's issue, for example in ``The EFSA Journal 2009 – 223``.
_ISSUE = regex.compile(
    r"\b(?:journal|bulletin|gazette|review)\s+(?P<year>(?:19|20)\d{2})\s?[-–—/;:(]\s?\d", regex.IGNORECASE
)
_SLASHES = regex.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NOT_READ = regex.compile(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\s|(?<=\p{L})\.", regex.IGNORECASE)
_SEPT = regex.compile(r"\bsept\b", regex.IGNORECASE)
_QUARTER_ENDS = ("-03-31", "-06-30", "-09-30", "-12-31")


def stated_date(lines: Sequence[str], paragraphs: Iterable[str], all_lines: Iterable[str] = ()) -> str | None:
    """In order: a labelled date, a news release's, one alone on a line, the year of a journal's issue.

    ``lines`` are where dates usually stand, ``all_lines`` include header and footer.
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
    """A place may precede it."""
    return _ALONE.fullmatch(line) is not None


def read_date(written: str) -> str | None:
    """ISO 8601; None if it is ambiguous or in the future."""
    text = _SEPT.sub("Sep", _NOT_READ.sub("", written))
    slashes = _SLASHES.fullmatch(text)
    if slashes:
        *either, year = map(int, slashes.groups())
        month, day = sorted(either)
        if day <= 12 and day != month:  # each number may be the month
            return None
        text = f"{year}-{month:02}-{day:02}"
    iso = iso_date(text)
    return iso if iso is not None and iso <= datetime.now(UTC).date().isoformat() else None


def _alone(lines: Sequence[str]) -> Iterator[str]:
    """The end of a period is none: after ``ended``, or the last day of a quarter without a place before."""
    for before, line in pairwise(["", *lines]):
        match = _ALONE.fullmatch(line)
        if match is not None and not _PERIOD.search(before.strip()):
            ends_quarter = (read_date(match["date"]) or "").endswith(_QUARTER_ENDS)
            if match["comma"] or not (ends_quarter or _PERIOD.search(match["place"] or "")):
                yield match["date"]


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
    forms = (_FORM.fullmatch(_HYPHENS.sub("-", line.strip())) for line in lines)
    form = next((match["form"] for match in forms if match), None)
    place = next((number for number, line in enumerate(lines) if _REGISTRANT.match(line.strip())), 0)
    if form is None or not place or not 0 < len(flow(lines[place - 1])) <= _MAX_NAME:
        return None
    page = flow(" ".join(lines))
    period, reported = _REPORTED_PERIOD.search(page), _REPORTED.search(page)
    return Filing(
        form.upper(),
        as_written(flow(lines[place - 1]), text),
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


# Not ``group``, since a table may be headed ``Age group``.
_NOUNS = (
    "academy|administration|agency|association|authority|bank|bureau|cent(?:re|er)|chamber|commission(?:er)?"
    "|committee|corporation|council|court|department|directorate|federation|foundation|government|incorporated"
    "|inspectorate|institut(?:e|ion)|laborator(?:y|ies)|ministry|museum|observatory|office|organi[sz]ation"
    "|parliament|secretariat|senate|society|union|university"
)
_FORMS = r"inc|corp|co|ltd|limited|llc|llp|plc|ag|se|sa|nv|bv|gmbh|spa|oyj|asa|ab"
_LEGAL = regex.compile(rf"(?:,?\s|\A)(?:{_FORMS}|[sS]\.[aA]\.|[nNbB]\.[vV]\.)\.?\Z", regex.IGNORECASE)
_NOUN = regex.compile(rf"(?:.*\s)?(?:{_NOUNS})", regex.IGNORECASE)
_LINK = r"(?:of|for|and|the|on|in|into|de|du|des|la|&)"
_NAME_WORD = r"(?:\p{N}{0,3}\p{Lu}[\p{L}\p{N}&+.'’-]*|\p{Ll}{1,2}\p{Lu}[\p{L}\p{N}&+.'’-]*)"
_NAME = rf"{_NAME_WORD}(?:,?\s(?:{_LINK}\s){{0,2}}{_NAME_WORD}|\s&\s{_NAME_WORD}){{0,9}}"
_WHOLE_NAME = regex.compile(_NAME)
_BEFORE_LINK = regex.compile(rf"\s{_LINK}\s")
# The first words of lines that are titles or parts of sentences instead of names.
_ROLE = regex.compile(
    r"(?:an? |the )?(?:annual|interim|final|joint|report|bulletin|by|to|from|for|in|on|at|about|towards?)\b",
    regex.IGNORECASE,
)
_ALIAS = r"(?:,?\s\([^():]{1,80}\))"
_TICKER = r"(?:,?\s?[(\[](?:[A-Za-z][A-Za-z., &]{1,40}:\s?[A-Z0-9.]{1,8}[;,]?\s?)+[)\]])"
_LEAD = regex.compile(
    rf"(?:(?:--|[–—…-]|\.\s?\.)\s|\A(?P<no_dateline>))(?P<name>{_NAME}){_ALIAS}*(?P<ticker>{_TICKER})?{_ALIAS}*"
    r"(?P<today>,?\s(?:today\s)(?:announced|reported|released|published|said)\b)?"
)
_TODAY = regex.compile(r"\btoday,? (?:announced|reported|released|published)\b")
_SLUG = regex.compile(r"\(\s*(?P<agency>[^()]{2,30})\)\s*(?:--|[–—-])\s")
_WIRE = regex.compile(r"wire", regex.IGNORECASE)
_RELEASE = regex.compile(
    r"\b(?:(?:press|news|media) release|for immediate release|investor relations|(?:media|press|investor)s?"
    r"(?: inquiries| enquiries)? contacts?|newswire|business wire)\b",
    regex.IGNORECASE,
)
_LEAD_WITHIN = 160  # characters from the start of a release to the dash before the company's name
_MARKS = 2  # the signs in ``_release`` that show that the company named first issued the text
_PUBLISHED_BY = regex.compile(
    rf"\W*(?i:published by|publisher|issued by)(?:\s*:|\s)\s*(?:the )?(?P<name>{_NAME})[.,]?"
)
_COPYRIGHT = regex.compile(
    rf"\W*(?i:copyright\s*)?(?:©|\([cC]\))\s*(?i:copyright\s*)?(?:(?:19|20)\d{{2}}(?:\s?[-–]\s?\d{{2,4}})?,?\s*)?(?i:by\s)?(?:the\s)?"
    rf"(?P<name>{_NAME})[.,]?(?:\s(?:19|20)\d{{2}})?\.?(?:\s(?i:all rights reserved).*)?"
)
_ADDRESSED = regex.compile(r"(?:\b(?:for|to|by|of|with|and|the|from|on|in)|:)\Z", regex.IGNORECASE)
_MAX_WORDS = 8


def issuer(
    lines: Sequence[str], paragraphs: Iterable[str], top: Sequence[str], author: str | None
) -> str | None:
    """The ``author`` counts only as an organisation that the page names; ``top`` is above the title."""
    stated = _release(paragraphs, is_release=any(map(_RELEASE.search, lines))) or _imprint(lines)
    if stated is None and author is not None and is_organisation(author):
        stated = author if author.casefold() in flow(" ".join(lines)).casefold() else None
    return stated or _letterhead(top)


def is_organisation(name: str) -> bool:
    """Such as ``Ministry of Health`` or ``eBay Inc.``."""
    if not 1 < len(name.split()) <= _MAX_WORDS + 2 or not _WHOLE_NAME.fullmatch(name) or _ROLE.match(name):
        return False
    return _LEGAL.search(name) is not None or _NOUN.fullmatch(_BEFORE_LINK.split(name)[0]) is not None


def _release(paragraphs: Iterable[str], *, is_release: bool) -> str | None:
    """None if the text is not a company's release, or a news agency's name precedes the company's.

    Two signs are needed, or three if no place and day precede the name: a ticker, an organisation's name,
    words such as ``today announced``, words such as ``press release``. The first or third must directly
    follow.
    """
    for text in paragraphs:
        for match in _LEAD.finditer(text, endpos=_LEAD_WITHIN + 200):
            slug = _SLUG.search(text, endpos=match.start("name"))
            if match.start() > _LEAD_WITHIN or (slug and not _WIRE.search(slug["agency"])):
                break
            name = match["name"].rstrip(",")
            today = match["today"] or _TODAY.search(text)
            marks = [bool(match["ticker"]), is_organisation(name), bool(today), is_release]
            needed = _MARKS if match["no_dateline"] is None else _MARKS + 1
            if (match["ticker"] or match["today"]) and sum(marks) >= needed:
                return name
    return None


def _imprint(lines: Iterable[str]) -> str | None:
    for line in lines:
        match = _PUBLISHED_BY.fullmatch(flow(line)) or _COPYRIGHT.fullmatch(flow(line))
        if match is not None and is_organisation(match["name"]):
            return str(match["name"])
    return None


def _letterhead(top: Sequence[str]) -> str | None:
    """None if there are several, or if the line before introduces it, for example by ending with ``to``."""
    found = {
        line
        for before, line in pairwise(["", *map(flow, top)])
        if is_organisation(line)
        and ("," not in line or _LEGAL.search(line))
        and len(line.split()) <= _MAX_WORDS
        and not _ADDRESSED.search(before)
    }
    return found.pop() if len(found) == 1 else None


_LETTERS = 0.75  # at least this share of a title's characters are letters; white space is not counted
_WORD = regex.compile(r"\p{L}{2,}")
_TOKEN = regex.compile(r"[\p{L}\p{N}]+")
_BULLET = regex.compile(r"[•●○◦▪■□‣∙·➢✓*☐☒–—-]\s")
_CAPTION = regex.compile(
    r"(?:table|figure|fig\.|chart|box|graph|exhibit|map|tabelle|abbildung|tableau|cuadro|tabla|figura)"
    r"\s+\p{L}{0,3}\d",
    regex.IGNORECASE,
)
_FURNITURE = regex.compile(
    r"(?:press|news|media) (?:release|statement|notice)|news|for immediate release|for more information\b.*"
    r"|(?:exhibit|ex\.?)\s*\d+(?:\.\d+)*|(?:strictly )?(?:confidential|draft|embargo(?:ed)?)\b.*"
    r"|(?:sources?|notes?|nb|url|fax|tel|phone|telephone|e-?mail|cat\. no)\b\.?\s*[:.].*"
    r"|(?:issn|isbn|doi|contacts?|©|copyright|page \d+)\b.*|.*\bcontacts?:.*|n[o°º]\.? ?\d[\d/. –-]*",
    regex.IGNORECASE,
)
_CONTACT = regex.compile(r"\S@\S|https?:|www\.|\+?\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,4}")


def is_furniture(text: str) -> bool:
    """Such as a date, a contact or ``Press release``."""
    return (
        not _WORD.search(text)
        or _FURNITURE.fullmatch(text) is not None
        or _CONTACT.search(text) is not None
        or is_date(text)
    )


def is_caption(text: str) -> bool:
    return _CAPTION.match(text) is not None


def can_be_title(text: str) -> bool:
    """A title is short, begins in upper case, ends unlike a sentence, and is no caption, item or date."""
    return (
        0 < len(text) <= MAX_TITLE_CHARACTERS
        and text[-1] not in ".:;,。：；，"
        and not text.split(maxsplit=1)[0].islower()
        and not is_furniture(text)
        and not is_caption(text)
        and _BULLET.match(text) is None
    )


def has_words(text: str) -> bool:
    return len(_WORD.findall(text)) > 1


def reads_like_title(text: str) -> bool:
    """At least three words, and mostly letters."""
    written = [character for character in text if not character.isspace()]
    letters = sum(map(str.isalpha, written))
    return len(_WORD.findall(text)) >= 3 and letters >= _LETTERS * len(written)


def is_among(title: str, texts: Iterable[str]) -> bool:
    """All its words and numbers, together or scattered."""
    whole = " ".join(texts).casefold()
    letters = "".join(filter(str.isalnum, title.casefold()))
    if not letters:
        return False
    is_whole = letters in "".join(filter(str.isalnum, whole))
    return is_whole or set(_TOKEN.findall(title.casefold())) <= set(_TOKEN.findall(whole))
