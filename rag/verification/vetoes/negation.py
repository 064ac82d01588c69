"""Vetoes a sentence that denies what its quotes say, or says what they deny."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from index.search import composed, field_of, terms_in
from rag.finding.spelling import english_frequency
from rag.questions import PARTICIPLES, PAST, word_set
from rag.verification.evidence import Evidence, Statement, language_in

_DENIALS: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r"\b(?:not(?! only\b| (?:more|fewer|less) than\b)|never|cannot|no longer|yet to|neither|nor|none"
        r"|nobody|nothing|no(?! (?:more|fewer|less|later) than\b|[.,]))\b|n[’']t\b",
        regex.IGNORECASE,
    ),
    "vi": regex.compile(
        r"\b(?:không(?! quá| dưới| ít hơn| chỉ)|chưa(?! đến| đầy| tới)|chẳng)\b", regex.IGNORECASE
    ),
    "id": regex.compile(r"\b(?:tidak(?! lebih| kurang| hanya)|bukan|belum|tak)\b", regex.IGNORECASE),
    "es": regex.compile(
        r"\b(?:no(?! más de| menos de| sólo| solo)|nunca|jamás|ningun[oa]?|ningún)\b", regex.IGNORECASE
    ),
}  # fmt: skip
# Only clauses with the same ones are compared.
_POSSIBLE_DENIALS: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r"\b(?:without|unless|until|except|only|alone|sole(?:ly)?|exclusively|unable|little|few(?:er)?|less|still|yet|before|too|instead|than|other"
        r"|den(?:y|ied|ies|ying|ial)|end(?:ed|s|ing)?|rul\p{L}* out|free"
        r"|(?:fail|refus|declin|reject|lack|absen|miss|avoid|prevent|stop|ceas|halt|disput|contest|exclud|clear|acquit"
        r"|ban|prohibit|exempt|remain)\p{L}*|\p{L}+less)\b",
        regex.IGNORECASE,
    ),
    "vi": regex.compile(r"\b(?:từ chối|phủ nhận|thiếu|trước|vẫn|bác bỏ|vô)\b", regex.IGNORECASE),
    "id": regex.compile(
        r"\b(?:tanpa|menolak|membantah|gagal|sebelum|tetap|masih|kecuali)\b", regex.IGNORECASE
    ),
    "es": regex.compile(
        r"\b(?:sin|niega|negó|rechaz\p{L}*|falta|salvo|excepto|todavía|aún|antes)\b", regex.IGNORECASE
    ),
}  # fmt: skip
_PREFIXED = regex.compile(r"\b(?:un|in|im|dis|non-?|il|ir)(?P<rest>\p{L}{3,})\b", regex.IGNORECASE)
# Words that only look like denials: *increase*, *import*, *display*.
_NO_PREFIX = regex.compile(
    r"(?:come|creas|clud|form|vest|port|prove|pact|cuss|play|ease|crease|side|to|land|deed|stead|tend|put|quir"
    r"|stance|sure|mate|der|less|til|ion|it|ite|age|press|mediate|plement|mission|tent|tern|dustr|stitut|dia)\p{L}*",
    regex.IGNORECASE,
)
_SKIPPED_WORDS = word_set(
    "be been being is are was were yet also even really actually fully had has have did do does any to"
)
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[’'-][\p{L}\p{M}\p{N}]+)*")
_CLAUSE = regex.compile(
    r"[,;:.](?!\p{N})|[()—–]|\b(?:and|but|while|although|whereas|because|dan|tetapi|và|nhưng|y|pero)\b"
)

NEAR = 0.5  # the share of a clause's words in another clause about the same thing
_FIGURE = regex.compile(r"(?<![\p{N}.,])\p{N}{2,}(?![.,]?\p{N})")

NEARLY_ALL = 0.7  # the share, if the other clause lacks the word that is denied


@dataclass(frozen=True, slots=True)
class _Clause:
    """Stems; ``figures`` of two digits or more follow ``cue``, the first denial; ``limits`` may deny."""

    words: frozenset[str]
    denied: frozenset[str]
    figures: frozenset[str]
    cue: str | None
    limits: frozenset[str]


def negation_fault(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """Certain if one side denies, and no clause that shares ``NEAR`` has a word like *unable* or *only*."""
    language = statement.language
    if language not in _DENIALS or any(language_in(item) != language for item in evidence):
        return None
    own = _clauses(statement.text, language)
    quoted = [_clauses(item.quote, language) for item in evidence]
    for clause in own:
        # Of several cited sentences, the one that shares the most words says what is denied.
        shared = [len(clause.words & frozenset().union(*(each.words for each in part))) for part in quoted]
        nearest = [
            each for part, count in zip(quoted, shared, strict=True) if count == max(shared) for each in part
        ]
        if fault := _fault_in_clause(clause, nearest):
            return fault
    return None


def uncertain_negation(statement: Statement, evidence: Sequence[Evidence]) -> str | None:
    """In the nearest clause of the quotes; ignored if either has a word such as *unable*."""
    language = statement.language
    quoted = [
        clause
        for item in evidence
        if language_in(item) == language and language in _DENIALS
        for clause in _clauses(item.quote, language)
    ]
    for clause in _clauses(statement.text, language) if quoted else []:
        nearest = max(quoted, key=lambda other, own=clause: len(own.words & other.words))  # type: ignore[misc]
        shared = len(clause.words & nearest.words)
        may_deny = clause.limits != nearest.limits
        if clause.cue and not nearest.cue and not may_deny:
            return f"it says “{clause.cue}”, which the cited sentence may say in other words"
        if nearest.cue and not clause.cue and not may_deny and shared:
            return f"the cited sentence says “{nearest.cue}”, which it may say in other words"
    return None


def _fault_in_clause(clause: _Clause, quoted: Sequence[_Clause]) -> str | None:
    if len(clause.words) < 3:
        return None
    near = [other for other in quoted if len(clause.words & other.words) >= NEAR * len(clause.words)]
    if not near or any(other.limits != clause.limits for other in near):
        return None
    if (
        clause.cue
        and not any(other.cue for other in near)
        and any(clause.denied & other.words or _has_figure(clause, other) for other in near)
    ):
        return f"it denies (“{clause.cue}”) what the cited sentence does not deny"
    if not clause.cue and all(other.cue for other in near):
        denying = [other for other in near if other.denied & clause.words]
        if denying:
            return f"the cited sentence denies it (“{denying[0].cue}”)"
    return None


def _has_figure(clause: _Clause, other: _Clause) -> bool:
    """*Not up 24 percent* denies *went up 24 percent*."""
    shared = clause.words & other.words
    return bool(clause.figures & shared) and len(shared) >= NEARLY_ALL * len(clause.words)


def _clauses(text: str, language: str) -> list[_Clause]:
    return [_clause(part, language) for part in _CLAUSE.split(composed(text)) if part.strip()]


def _clause(text: str, language: str) -> _Clause:
    cues = list(_DENIALS[language].finditer(text))
    other = _DENIALS[language].sub(" ", text)
    limits = {match[0].lower() for match in _POSSIBLE_DENIALS[language].finditer(other)}
    if language == "en":
        limits |= _prefixed(other)
    denied = {_first_stem(text[match.end() :], language) for match in cues} - {""}
    words = {_stem(word.lower(), language) for word in _WORD.findall(_DENIALS[language].sub(" ", text))
             if word.lower() not in _SKIPPED_WORDS}  # fmt: skip
    after = frozenset(_FIGURE.findall(text[cues[0].end() :])) if cues else frozenset()
    cue = cues[0][0] if cues else None
    return _Clause(frozenset(words - {""}), frozenset(denied), after, cue, frozenset(limits))


def _prefixed(text: str) -> set[str]:
    return {
        match[0].lower()
        for match in _PREFIXED.finditer(text)
        if english_frequency(match["rest"].lower()) > 0 and not _NO_PREFIX.fullmatch(match["rest"])
    }


def _first_stem(text: str, language: str) -> str:
    words = (word.lower() for word in _WORD.findall(text))
    return next((_stem(word, language) for word in words if word not in _SKIPPED_WORDS), "")


def _stem(word: str, language: str) -> str:
    """Return that of the infinitive for an English verb, and nothing for *the*."""
    if language == "en":
        word = PAST.get(word) or PARTICIPLES.get(word) or word
    found = terms_in(field_of(language), word)
    return found[0] if found else ""
