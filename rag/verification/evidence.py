"""What a sentence is held against, and what each part of the verification finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from index.documents import UNKNOWN_LANGUAGE
from index.text import detect


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that a sentence cites, and what they are to be understood with.

    Attributes:
        quote: the cited words.
        context: headings of a table's row, the document's title, its publisher. It has names, and the units
            and years of headings; its figures are no source of figures.
        language: ISO 639-1, or ``und``.
        published: the document's ISO date, possibly shortened, or None.
        quote_matches: whether the quote was read again from the stored text and is the same.
        before: the sentence before it in the document, which tells whom *He* or *the ministry* means.
    """

    quote: str
    context: str = ""
    language: str = "und"
    published: str | None = None
    quote_matches: bool = True
    before: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence to verify.

    Attributes:
        text: the sentence.
        language: ISO 639-1: as identified, or else as its evidence has it.
    """

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one part of the verification says.

    Attributes:
        part: its name.
        score: 0 to 1; 1 where nothing is wrong.
        reason: what is wrong, in words, or None.
        verdict: whether a fault makes the sentence ``unsupported``, or ``partial`` at most.
    """

    part: str
    score: float
    reason: str | None = None
    fatal: bool = True

    @property
    def failed(self) -> bool:
        """Whether there is a fault."""
        return self.reason is not None


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
"""Letters from which the identifier is believed more than the evidence's language."""

_PRONOUN = regex.compile(
    r"^\W*(?:he|she|it|they|his|her|its|their|this|these|that|those|both|the (?:ministry|minister|company"
    r"|group"
    r"|agency|court|man|woman|official|president|mayor|two|former|latter)|ông|bà|họ|anh|chị|nó|ia|dia|mereka"
    r"|beliau|他|她|它|他们|她们|该)\b",
    regex.IGNORECASE,
)


@lru_cache(maxsize=4096)
def language_of(text: str, otherwise: str = UNKNOWN_LANGUAGE) -> str:
    """The language of a sentence: by its script, its letters, or else as its evidence has it."""
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
    """The language of a sentence in Latin letters, or in others that put spaces between words."""
    if otherwise != "en" and _ENGLISH.search(text) and not _INDONESIAN.search(text):
        return "en"
    found = detect(text)
    if found in {"id", "ms", "jv", "tl"} and (otherwise == "id" or not _ENGLISH.search(text)):
        return "id"
    likely = otherwise if otherwise not in {UNKNOWN_LANGUAGE, "zh", "ja", "vi"} else "en"
    return likely if found == UNKNOWN_LANGUAGE or letters < SURE_FROM else found


def language_in(item: Evidence) -> str:
    """The language of an evidence's words, where it is not told."""
    return item.language if item.language != UNKNOWN_LANGUAGE else language_of(item.quote)


def referents(item: Evidence) -> str:
    """Words that may name what the quote speaks of: its context, and whom its first pronoun stands for."""
    return f"{item.context} {item.before if _PRONOUN.match(item.quote) else ''}".strip()


def alike(statement: Statement, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence in the language of a statement."""
    return [item for item in evidence if language_in(item) == statement.language]


def with_referents(item: Evidence) -> str:
    """A quote with the words that may name what it speaks of."""
    return f"{item.quote} {referents(item)}"


def joined(evidence: Sequence[Evidence]) -> str:
    """All quotes together."""
    return " ".join(item.quote for item in evidence)
