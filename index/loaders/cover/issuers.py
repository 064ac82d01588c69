"""Finds the organisation that issued a report, as its first page names it.

A wrong publisher is worse than none. The name of an organisation therefore counts only in a place where
issuers are named, for example the first sentence of a news release, an imprint or a letterhead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

from index.loaders.blocks import flow

_NOUNS = (
    "academy|administration|agency|association|authority|bank|bureau|cent(?:re|er)|chamber|commission(?:er)?"
    "|committee|corporation|council|court|department|directorate|federation|foundation|government|incorporated"
    "|inspectorate|institut(?:e|ion)|laborator(?:y|ies)|ministry|museum|observatory|office|organi[sz]ation"
    "|parliament|secretariat|senate|society|union|university"
)
"""Nouns that name organisations and little else; not ``group``, since a table may be headed ``Age group``."""

_FORMS = r"inc|corp|co|ltd|limited|llc|llp|plc|ag|se|sa|nv|bv|gmbh|spa|oyj|asa|ab"
_LEGAL = regex.compile(rf"(?:,?\s|\A)(?:{_FORMS}|[sS]\.[aA]\.|[nNbB]\.[vV]\.)\.?\Z", regex.IGNORECASE)
_NOUN = regex.compile(rf"(?:.*\s)?(?:{_NOUNS})", regex.IGNORECASE)
_LINK = r"(?:of|for|and|the|on|in|into|de|du|des|la|&)"
_WORD = r"(?:\p{N}{0,3}\p{Lu}[\p{L}\p{N}&+.'’-]*|\p{Ll}{1,2}\p{Lu}[\p{L}\p{N}&+.'’-]*)"
_NAME = rf"{_WORD}(?:,?\s(?:{_LINK}\s){{0,2}}{_WORD}|\s&\s{_WORD}){{0,9}}"
_WHOLE_NAME = regex.compile(_NAME)
_BEFORE_LINK = regex.compile(rf"\s{_LINK}\s")
_ROLE = regex.compile(
    r"(?:an? |the )?(?:annual|interim|final|joint|report|bulletin|by|to|from|for|in|on|at|about|towards?)\b",
    regex.IGNORECASE,
)
"""The first words of lines that are titles or parts of sentences instead of names."""

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
_LEAD_WITHIN = 160
"""The dash before the company's name is within this many characters from the start of a release."""

_MARKS = 2
"""How many of the signs in ``_release`` are needed to show that the company named first issued the text."""

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
    """Find the organisation that issued a report, as written; None if the page does not name it clearly.

    Args:
        lines: the lines of the first page, including its header and footer.
        paragraphs: the first paragraphs of the page.
        top: the lines above the title.
        author: the author in the file's properties, or None. The author counts only if it is an organisation
            and the page names it.
    """
    is_release = any(_RELEASE.search(line) for line in lines)
    return (
        _release(paragraphs, is_release=is_release)
        or _imprint(lines)
        or _author(author, lines)
        or _letterhead(top)
    )


def is_organisation(name: str) -> bool:
    """Return whether a name reads like an organisation's, such as ``Ministry of Health`` or ``eBay Inc.``."""
    if not 1 < len(name.split()) <= _MAX_WORDS + 2 or not _WHOLE_NAME.fullmatch(name) or _ROLE.match(name):
        return False
    return _LEGAL.search(name) is not None or _NOUN.fullmatch(_BEFORE_LINK.split(name)[0]) is not None


def _release(paragraphs: Iterable[str], *, is_release: bool) -> str | None:
    """Return the company that a news release names first; None if the text is not a company's release.

    Four signs suggest that the company issued the text:

    - the ticker of its shares follows the name;
    - the name is that of an organisation;
    - the text has words such as ``today announced``;
    - the page has words such as ``press release``.

    Two signs are needed, or three if no place and day precede the name. Directly after the name, either the
    ticker or words such as ``today announced`` must follow. If the name of a news agency precedes the
    company's, as in ``(Reuters) –``, the text does not count: it is the agency's own report.
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
    """Return the organisation that has a line of its own above the title; None if there are none or several.

    A name does not count if the line before it introduces the name, for example by ending with ``to`` or a
    colon.
    """
    before = ""
    found: list[str] = []
    for line in map(flow, top):
        is_name = is_organisation(line) and ("," not in line or _LEGAL.search(line))
        if is_name and len(line.split()) <= _MAX_WORDS and not _ADDRESSED.search(before):
            found.append(line)
        before = line
    return found[0] if len(set(found)) == 1 else None


def _author(author: str | None, lines: Iterable[str]) -> str | None:
    if author is None or not is_organisation(author):
        return None
    return author if author.casefold() in flow(" ".join(lines)).casefold() else None
