"""The input of the verification: the sentence to check, and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from index.documents import UNKNOWN_LANGUAGE
from index.text import TableCell, detect


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that a sentence cites, with what a reader needs to understand them.

    Attributes:
        quote: the cited words.
        context: the headings of a table's row, the document's title, and its publisher. A sentence may take
            names from the context, and units and years from the headings, but no figures.
        language: the ISO 639-1 code of the quote's language, or ``und``.
        published: the document's date in ISO 8601, possibly without day or month; None if unknown.
        quote_matches: whether the quote equals the stored text, which is read again to check this.
        before: the sentence before the quote in the document, which tells whom *He* or *the ministry* means;
            empty if there is none.
        cells: for a row of a table, its cells, read with the whole table; empty to read them from the
            headings in ``context``.
    """

    quote: str
    context: str = ""
    language: str = "und"
    published: str | None = None
    quote_matches: bool = True
    before: str = ""
    cells: tuple[TableCell, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence to verify.

    Attributes:
        text: the sentence.
        language: the ISO 639-1 code of its language; the language of its evidence if its own is uncertain.
    """

    text: str
    language: str


_VIETNAMESE = regex.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", regex.IGNORECASE)
_HAN = regex.compile(r"\p{Han}")
_LETTER = regex.compile(r"\p{L}")
_INDONESIAN = regex.compile(
    r"\b(?:yang|dan|di|pada|dengan|untuk|tidak|adalah|dari|orang|akan|telah|oleh|dalam|menurut|setiap|bagi"
    r"|lebih|atas)\b",
    regex.IGNORECASE,
)
_ENGLISH = regex.compile(
    r"\b(?:the|of|was|were|is|are|has|had|by|for|that|with|in|and|from)\b", regex.IGNORECASE
)
SURE_FROM = 80
"""The fewest letters of a sentence for which the language identifier is trusted more than the language of the
evidence."""

_PRONOUN = regex.compile(
    r"^\W*(?:he|she|it|they|his|her|its|their|this|these|that|those|ông|bà|họ|anh|chị|nó|ia|dia|mereka|beliau"
    r"|他|她|它|他们|她们)\b",
    regex.IGNORECASE,
)
"""A pronoun at the beginning of a sentence. The sentence before says what the pronoun means."""

_GENERAL = regex.compile(
    r"^\W*(?:both|the (?:ministry|minister|company|group|agency|court|man|woman|official|president|mayor|two"
    r"|former|latter)|该)\b",
    regex.IGNORECASE,
)


@lru_cache(maxsize=4096)
def language_of(text: str, otherwise: str = UNKNOWN_LANGUAGE) -> str:
    """Return the ISO 639-1 code of a sentence's language.

    The script and the letters decide first, then function words and a language identifier.

    Args:
        text: the sentence.
        otherwise: the language to return if the sentence does not show its own clearly: that of its evidence.
    """
    letters = len(_LETTER.findall(text))
    han = len(_HAN.findall(text))
    if han * 3 > letters:
        return otherwise if otherwise == "ja" else "zh"
    if len(_VIETNAMESE.findall(text)) * 12 > letters:
        return "vi"
    if len(_INDONESIAN.findall(text)) >= 2:
        return "id"
    return _of_spaced(text, letters, otherwise)


def _of_spaced(text: str, letters: int, otherwise: str) -> str:
    """Return the language of a sentence in Latin letters, or in another script with spaces between words."""
    if otherwise != "en" and _ENGLISH.search(text) and not _INDONESIAN.search(text):
        return "en"
    found = detect(text)
    if found in {"id", "ms", "jv", "tl"} and (otherwise == "id" or not _ENGLISH.search(text)):
        return "id"
    likely = otherwise if otherwise not in {UNKNOWN_LANGUAGE, "zh", "ja", "vi"} else "en"
    return likely if found == UNKNOWN_LANGUAGE or letters < SURE_FROM else found


def language_in(item: Evidence) -> str:
    """Return the language stated for an item of evidence, or else the language detected in its quote."""
    return item.language if item.language != UNKNOWN_LANGUAGE else language_of(item.quote)


def referents(item: Evidence) -> str:
    """Return the words outside a quote that may name what the quote refers to.

    They are the quote's context and, if the quote begins with a pronoun or a phrase such as *the ministry*,
    the sentence before the quote.
    """
    is_open = _PRONOUN.match(item.quote) or _GENERAL.match(item.quote)
    return f"{item.context} {item.before if is_open else ''}".strip()


def premise(evidence: Sequence[Evidence]) -> str:
    """Return the text that a judge reads: headings and preceding sentences as context, then the quotes."""
    context = [text for item in evidence for text in (*item.context.splitlines(), item.before) if text]
    lines = [f"(Context: {text})" for text in dict.fromkeys(context)]
    return "\n".join([*lines, *dict.fromkeys(item.quote for item in evidence)])
