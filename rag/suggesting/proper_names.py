"""Recognises dates, and names of people and organisations, in English sentences of reports."""

from __future__ import annotations

import regex

from index.text import DAYS, MONTHS

DATE = regex.compile(
    r"(?:(?:early|mid|late)[- ])?(?:\b\d{1,2}(?:st|nd|rd|th)?\s)?"
    rf"\b(?:{MONTHS})(?:\s\d{{1,2}}\b(?!:))?(?:,?\s\d{{4}})?\b"
    rf"|\b(?:{DAYS})\b|\b\d{{1,2}}:\d{{2}}\b|\b(?:1[5-9]|20)\d{{2}}\b"
    r"|\b(?:last|this|next)\s(?:year|month|week|spring|summer|autumn|winter)\b|\b(?:yesterday|today)\b"
)
"""A date, a year, a weekday or a time of day."""

PREPOSITIONS = frozenset({
    "of", "for", "at", "in", "into", "on", "to", "with", "from", "by", "about", "against", "among", "between",
    "since", "until", "before", "after", "during", "over", "under", "near", "behind", "through", "within",
    "than", "without", "across", "per", "off", "as", "outside", "inside", "towards", "via",
})  # fmt: skip

_CAPITAL = r"\p{Lu}[\p{L}\p{M}’'&-]*"
_NAME = regex.compile(
    rf"{_CAPITAL}(?:\s(?:&\s)?{_CAPITAL})*"
    rf"(?:\s(?:of|on|for)\s(?:the\s)?{_CAPITAL}(?:\s{_CAPITAL})*(?:\sand\s{_CAPITAL})?)*"
)
_TITLED = regex.compile(
    r"(?:Mr|Mrs|Ms|Dr|Prof|Professor|Sir|Judge|Justice|King|Queen|Prince|Princess|General|Colonel|Captain|"
    r"Senator|Governor|Mayor|(?:Prime\s|Deputy\s)*Minister|(?:Vice\s)?President|Chancellor|Secretary)\.?\s\p{Lu}"
)
_GROUP = regex.compile(
    r"\b(?:Ministry|Commission|Committee|Council|Bank|Office|Authority|Inspectorate|International|Agency|Nations|"
    r"Union|Parliament|Cabinet|Court|Police|Army|Company|Corporation|Inc|Ltd|Group|Party|University|Institute|"
    r"Association|Federation|Society|Service|Department|Government|Courier|Times|Rail|Shelter|Fund|Bureau)\b"
    r"|\s&\s|^\p{Lu}{2,}s?$"
)
_PLACE = regex.compile(
    r"\b(?:Dam|River|Valley|Bridge|Delta|Weir|Port|Lake|Mount|Island|Islands|Bay|Province|District|City|Street|"
    r"Republic|States|Station|Airport|North|South|East|West|Upper|Lower|Saint|San|New)\b"
)
_MOST_WORDS = 4
"""The most words of a person's name."""


def is_person_or_group(phrase: str) -> bool:
    """Return whether a phrase is exactly the name of a person or an organisation, judging by its words.

    A single capitalised word may also be a place or a product, so it counts as neither.
    """
    if _NAME.fullmatch(phrase) is None or DATE.search(phrase) is not None:
        return False
    if _TITLED.match(phrase) is not None or _GROUP.search(phrase) is not None:
        return True
    return _PLACE.search(phrase) is None and 2 <= len(phrase.split()) <= _MOST_WORDS
