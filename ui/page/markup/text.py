"""Plain text as markup: escaped text, strings of the interface, and dates in the reader's language.

Every character that Markdown, HTML or a formula renderer could interpret becomes a numeric character
reference. Each of the three shows the reference as the character itself.
"""

from __future__ import annotations

import re
from unicodedata import category

from babel.dates import format_date, format_skeleton

from index.text import readable_rows
from ui.page.locales import ENGLISH, Locale
from ui.words import date_words, first_day

_WHITESPACE = frozenset("\t\n\r")


def escape(text: str) -> str:
    """Return ``text`` escaped for Markdown and HTML, in content and in attributes.

    Control characters, which HTML does not allow, become U+FFFD.
    """
    return "".join(map(_escape_character, text))


def quoted_markup(text: str) -> str:
    """Return words of a document as markup, with middle dots in place of the bars between cells."""
    return escape(readable_rows(text))


def _escape_character(character: str) -> str:
    if category(character) == "Cc" and character not in _WHITESPACE:
        return "\N{REPLACEMENT CHARACTER}"
    if character.isalnum() or character == " " or not character.isascii():
        return character
    return f"&#{ord(character)};"


_PART = re.compile("\ue000(\\w+)\ue001")
"""A placeholder for markup: private-use characters, which no string of the interface contains."""


def string_markup(locale: Locale, key: str, count: int | None = None, **parts: str) -> str:
    """Return a string of the interface as markup: its words escaped, ``parts`` inserted as they are."""
    values: dict[str, str | int] = {name: f"\ue000{name}\ue001" for name in parts}
    if count is not None:
        values["count"] = count
    pieces = _PART.split(locale.text(key, **values))
    return "".join(parts[piece] if place % 2 else escape(piece) for place, piece in enumerate(pieces))


def source_date(locale: Locale, published: str | None) -> str:
    """Return the date of a source in the reader's language, or the word for "undated", as plain text."""
    return localized_date(locale, published) or locale.text("facts.undated")


def localized_date(locale: Locale, published: str | None) -> str | None:
    """Return an ISO date in words of the reader's language, as plain text; return other values unchanged."""
    day = first_day(published)
    if day is None or published is None or locale.language == ENGLISH:
        return date_words(published)
    skeleton = {1: "y", 2: "yMMMM"}.get(len(published.split("-")))
    if skeleton is None:
        return str(format_date(day, "long", locale=locale.language))
    return str(format_skeleton(skeleton, day, locale=locale.language))
