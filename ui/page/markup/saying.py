"""The interface's strings as markup, with markup in their places; dates as the reader's language has them."""

from __future__ import annotations

import re

from babel.dates import format_date, format_skeleton

from ui.page.locales import ENGLISH, Locale
from ui.page.markup.escaping import escape
from ui.words import date_words, first_day

_PART = re.compile("\ue000(\\w+)\ue001")
"""A place for markup, in characters that no string has: for private use."""


def said(locale: Locale, key: str, count: int | None = None, **parts: str) -> str:
    """A string as markup: its own words are escaped; ``parts``, which are markup, are put in as they are."""
    values: dict[str, str | int] = {name: f"\ue000{name}\ue001" for name in parts}
    if count is not None:
        values["count"] = count
    pieces = _PART.split(locale.text(key, **values))
    return "".join(parts[piece] if place % 2 else escape(piece) for place, piece in enumerate(pieces))


def dated(locale: Locale, published: str | None) -> str:
    """The date of a source in words of the reader's language, or that it has none; plain words."""
    return date_in(locale, published) or locale.text("facts.undated")


def date_in(locale: Locale, published: str | None) -> str | None:
    """An ISO date, possibly shortened, in words of the reader's language; what is none, as it was written."""
    day = first_day(published)
    if day is None or published is None or locale.language == ENGLISH:
        return date_words(published)
    skeleton = {1: "y", 2: "yMMMM"}.get(len(published.split("-")))
    if skeleton is None:
        return str(format_date(day, "long", locale=locale.language))
    return str(format_skeleton(skeleton, day, locale=locale.language))
