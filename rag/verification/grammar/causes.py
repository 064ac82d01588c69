"""Checks that a sentence gives the cause that the evidence gives, and none that the evidence rules out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import regex

from rag.verification.amounts import spans_of
from rag.verification.evidence import Evidence, Finding, Statement, alike
from rag.verification.words.words import content, shares, stems

_CUES: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r"\b(?:because(?: of)?|due to(?! \p{L}+ (?:in|on|at)\b)|owing to|thanks to|caused by|as a result of"
        r"|on account of"
        r"|put (?:it |this )?down to|attributed to|blamed (?:it )?on|resulted from|stemmed from)\b",
        regex.I,
    ),
    "vi": regex.compile(r"\b(?:bởi vì|vì|do|bởi|nhờ)\b", regex.I),
    "id": regex.compile(r"\b(?:karena|akibat|disebabkan(?: oleh)?|lantaran|gara-gara|berkat)\b", regex.I),
    "zh": regex.compile(r"因为|由于|因(?!此|而|素)|缘于|归因于"),
}
_OTHERWISE: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r"\b(?:(?:lead|leads|led) to|caus(?:e|es|ed|ing)(?! by)|prompt\p{L}*|trigger\p{L}*|forc(?:ed|ing)"
        r"|result(?:ed|ing|s)? in|after|following|blam(?:e|es|ed|ing)(?! on)|since|amid|driv\p{L}+|fuel+ed"
        r"|over|citing|as)\b",
        regex.I,
    ),
    "vi": regex.compile(r"\b(?:gây|khiến|dẫn đến|làm|sau|nên)\b", regex.I),
    "id": regex.compile(r"\b(?:menyebabkan|mengakibatkan|memicu|setelah|membuat|sehingga)\b", regex.I),
    "zh": regex.compile(r"导致|造成|引发|使|令|后"),
}  # fmt: skip
"""Other ways to give a cause. If the evidence uses one of them, it may give more causes than :func:`_given`
finds."""
_DENIED = regex.compile(
    r"\b(?:rather than(?: to| by)?|instead of|not (?:because of|because|due to|by|to)|and not"
    r"|rul(?:ed|ing) out|bukan(?:nya)?(?: karena| akibat)?|(?:chứ )?không phải(?: là)?(?: do| vì)?"
    r"|chứ không do)\b"
    r"|而非|而不是|并非|排除", regex.I,
)  # fmt: skip
_ENDS = regex.compile(
    r"[,，;；.。](?!\p{N})|\s(?:while|whereas|but|although|and (?=\p{L}+ (?:said|found|had|was|were|has)\b)"
    r"|nhưng|tetapi|namun|sedangkan|sementara)\b|而(?!非|不是)|被|，", regex.I,
)  # fmt: skip
MOST = 0.5


def causes(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the evidence gives the cause that the statement gives, and does not rule it out."""
    language = statement.language
    cited = alike(statement, evidence)
    if language not in _CUES or not cited:
        return Finding("causes", 1.0)
    given = [words for item in cited for words in _given(item.quote, language)]
    denied = frozenset().union(*(words for item in cited for words in _denied(item.quote, language)))
    held = frozenset().union(*(stems(item.quote, language) for item in cited))
    unsure = any(_OTHERWISE[language].search(item.quote) for item in cited)
    every = frozenset().union(*given)
    for own in _given(statement.text, language):
        ruled_out = _part(own, denied - every) >= MOST
        elsewhere = given and not unsure and _part(own, held - every) >= MOST
        if (ruled_out or elsewhere) and _part(own, every) < 1 - MOST:
            return Finding("causes", 0.0, "the cited sentence gives another cause")
    return Finding("causes", 1.0)


def _given(text: str, language: str) -> Iterator[frozenset[str]]:
    """Yield the stems of each cause that a text gives."""
    for match in _CUES[language].finditer(text):
        if _DENIED.search(text, max(0, match.start() - 12), match.end()) is None:
            yield from _words(text, language, match.end())


def _denied(text: str, language: str) -> Iterator[frozenset[str]]:
    for match in _DENIED.finditer(text):
        yield from _words(text, language, match.end())


def _words(text: str, language: str, start: int) -> Iterator[frozenset[str]]:
    """Yield the stems of the words from ``start`` to the end of the clause, if there are any.

    A cause that the text denies ends the clause, too.
    """
    end = min(
        (found.start() for pattern in (_ENDS, _DENIED) if (found := pattern.search(text, start))),
        default=len(text),
    )
    taken = spans_of(text, language)
    words = frozenset(
        word.stem
        for word in content(text, language)
        if start <= word.start and word.end <= end
        and not any(span.start <= word.start < span.end for span in taken)
    )  # fmt: skip
    if words:
        yield words


def _part(own: Collection[str], its: Collection[str]) -> float:
    return sum(shares(word, its) for word in own) / len(own)
