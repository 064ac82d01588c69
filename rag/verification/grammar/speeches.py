"""Checks that the words of a speaker stand in the part of the evidence in which this speaker speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from rag.verification.evidence import Evidence, Finding, Statement, alike
from rag.verification.grammar.attribution import speakers
from rag.verification.words.words import content, shares, stems

_BOUNDARY: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r";|,?\s(?=(?:while|whereas|but|although|though|to which|yet)\s)"
        r"|(?<=^(?:while|although|though|whereas)\s[^,]{10,200}),\s|\.\s(?=\p{Lu})", regex.I,
    ),
    "vi": regex.compile(r";|,?\s(?=(?:nhưng|còn|trong khi(?: đó)?|song)\s)|\.\s(?=\p{Lu})", regex.I),
    "id": regex.compile(r";|,?\s(?=(?:sedangkan|sementara|namun|tetapi|tapi)\s)|\.\s(?=\p{Lu})", regex.I),
    "zh": regex.compile(r"[;；。]|[,，](?=而|但|不过)"),
}  # fmt: skip
WHOLE = 0.5
"""The least share of a speaker's words that the part of another speaker must have."""

CLEARLY = 0.3
"""The least amount by which the share of another speaker's part must exceed the share of the speaker's own
part."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a text: the stems of the words for those who speak in it, and the stems of all its words."""

    by: frozenset[str]
    words: frozenset[str]


def speeches(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the statement does not give a speaker the words of another speaker of the same quote."""
    language = statement.language
    if language not in _BOUNDARY:
        return Finding("speeches", 1.0)
    for own in _parts(statement.text, language):
        said = own.words - own.by
        if not own.by or not said:
            continue
        for item in alike(statement, evidence):
            if _is_anothers(own.by, said, list(_parts(item.quote, language))):
                return Finding("speeches", 0.0, "somebody else says it in the cited sentence")
    return Finding("speeches", 1.0)


def _is_anothers(by: frozenset[str], said: frozenset[str], parts: Sequence[_Part]) -> bool:
    mine = [part for part in parts if _share(by, part.words) > 1 - WHOLE]
    others = [part for part in parts if part.by and _share(by, part.words) < WHOLE]
    if not mine or not others:
        return False
    best = max(_share(said, part.words) for part in others)
    return best >= WHOLE and best > CLEARLY + max(_share(said, part.words) for part in mine)


def _parts(text: str, language: str) -> Iterator[_Part]:
    start = 0
    for end in [*(match.start() for match in _BOUNDARY[language].finditer(text)), len(text)]:
        piece = text[start:end]
        by = frozenset(
            word.stem for who in speakers(piece.strip(" ,;，；"), language) for word in content(who, language)
        )
        yield _Part(by, stems(piece, language))
        start = end


def _share(own: frozenset[str], its: frozenset[str]) -> float:
    return sum(shares(word, its) for word in own) / len(own)
