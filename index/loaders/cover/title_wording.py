"""Distinguishes titles from dates, contacts, captions and codes by their wording."""

from __future__ import annotations

from collections.abc import Iterable

import regex

from index.loaders.cover.datelines import is_date
from index.loaders.metadata import MAX_TITLE_CHARACTERS

_LETTERS = 0.75
"""At least this share of a title's characters are letters; white space is not counted."""

_LEAST_WORDS = 3
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
    """Return whether a line is not part of a title, for example a date, a contact or ``Press release``."""
    return (
        not _WORD.search(text)
        or _FURNITURE.fullmatch(text) is not None
        or _CONTACT.search(text) is not None
        or is_date(text)
    )


def is_caption(text: str) -> bool:
    """Return whether a text begins like the caption of a table or figure."""
    return _CAPTION.match(text) is not None


def can_be_title(text: str) -> bool:
    """Return whether a line may be a title.

    A title is short, does not begin in lower case or end like a sentence, and is not a caption, a list item
    or a date.
    """
    return (
        0 < len(text) <= MAX_TITLE_CHARACTERS
        and text[-1] not in ".:;,。：；，"
        and not text.split(maxsplit=1)[0].islower()
        and not is_furniture(text)
        and not is_caption(text)
        and _BULLET.match(text) is None
    )


def has_words(text: str) -> bool:
    """Return whether a text has several words, as most titles do."""
    return len(_WORD.findall(text)) > 1


def reads_like_title(text: str) -> bool:
    """Return whether a text has at least three words, and consists mostly of letters."""
    written = [character for character in text if not character.isspace()]
    letters = sum(map(str.isalpha, written))
    return len(_WORD.findall(text)) >= _LEAST_WORDS and letters >= _LETTERS * len(written)


def is_among(title: str, texts: Iterable[str]) -> bool:
    """Return whether all words and numbers of ``title`` are in ``texts``, together or scattered.

    Return False for a title without letters and digits.
    """
    whole = " ".join(texts).casefold()
    letters = "".join(filter(str.isalnum, title.casefold()))
    if not letters:
        return False
    is_whole = letters in "".join(filter(str.isalnum, whole))
    return is_whole or set(_TOKEN.findall(title.casefold())) <= set(_TOKEN.findall(whole))
