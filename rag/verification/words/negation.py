"""Checks that a sentence denies exactly what its evidence denies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import regex

from rag.verification.evidence import Evidence, Finding, Statement, alike
from rag.verification.words.opposites import opposites
from rag.verification.words.words import Word, shares, stem, stems, verbs, words_of
from rag.word_lists import listed

_CUES: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r"\b(?:not(?! only| more than| fewer than| less than| over\b| above\b)|never|neither|nor|none"
        r"|nobody|nothing|nowhere"
        r"|without|cannot|unable to|no longer|no(?! (?:more|fewer|less) than| later than| one\b|[.,])"
        r"|no one|lack(?:s|ed|ing)?"
        r"|fail(?:s|ed|ing)? to|refus(?:e|es|ed|ing)(?: to)?|den(?:y|ies|ied|ying)(?: that)?|declin(?:e"
        r"|es|ed|ing) to"
        r"|barred from|banned from|(?:ha(?:s|ve|d)|is|are|was|were) yet to)\b|n[’']t\b",
        regex.IGNORECASE,
    ),
    "vi": regex.compile(
        r"\b(?:không(?! quá| dưới| ít hơn| hơn\b| chỉ)|chưa(?! đến| đầy| tới)|chẳng|từ chối|phủ nhận"
        r"|chối)\b", regex.IGNORECASE
    ),
    "id": regex.compile(
        r"\b(?:tidak(?! lebih dari| kurang dari| hanya)|bukan|belum|tanpa|menolak untuk|membantah|tak"
        r"|gagal)\b", regex.IGNORECASE
    ),
    "zh": regex.compile(
        r"不(?!超过|少于|低于|到|足|多于|仅|同|断|高于|过\p{N})|没有|没|未(?!来)|无(?!论)|否认|拒绝|并非|从未"
    ),
}  # fmt: skip
_SKIPPED = listed("be been being yet also even really actually fully that had has have")
_HAN_SKIPPED = regex.compile(r"^[会能再被得有在]+")
_REFUSED = regex.compile(r"\b(?:is|are|was|were|been|being)\s(?:refused|denied)$", regex.IGNORECASE)
_CHARGES = frozenset(
    stem(word, "en") for word in ("charges", "allegation", "accusation", "wrongdoing", "claim")
)
_OF_THINGS = regex.compile(r"no|nor|none|neither|nothing|nobody|no one", regex.IGNORECASE)
MOST = 0.6
"""The least share of the denied words of the evidence with which a sentence counts as affirming them."""

_SCOPE = 7
_HAN_SCOPE = 10


@dataclass(frozen=True, slots=True)
class _Denied:
    """A denial in a text. In *did not open the gate*, the cue *not* denies *open* and *gate*.

    Attributes:
        cue: the words that deny.
        head: the stem of the first denied word; None without one.
        scope: the stems of all words that the cue may deny.
        places: the offsets in the text at which the words of ``scope`` begin.
        turned: the stems of words that say the same without a denial, such as *closed* for *not open*.
    """

    cue: str
    head: str | None
    scope: frozenset[str]
    places: frozenset[int]
    turned: frozenset[str] = frozenset()


def negation(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the statement denies what its evidence denies, and nothing else."""
    language = statement.language
    cited = alike(statement, evidence)
    if not cited or language not in _CUES:
        return Finding("negation", 1.0)
    own = _denials(statement.text, language)
    affirmed = stems(statement.text, language)
    its = [(_denials(item.quote, language), stems(item.quote, language)) for item in cited]
    plain = frozenset().union(*(_affirmed(item.quote, language) for item in cited))
    doubtful: Finding | None = None
    for denial in own:
        if any(_is_said(denial, denials, held) for denials, held in its):
            continue
        if any(_holds(denial.head, held) for _, held in its):
            return Finding("negation", 0.0, f"it denies what the cited sentence does not (“{denial.cue}”)")
        if not any(denials for denials, _ in its):
            doubtful = Finding(
                "negation", 0.5, f"the cited sentence does not say “{denial.cue}”", fatal=False
            )
    for denials, _ in its:
        for denial in denials:
            lost = _holds(denial.head, affirmed) and not _holds(denial.head, scope_of(own))
            whole = not own and _mostly(denial, affirmed - plain)
            if (lost and denial.head not in plain) or whole:
                return Finding("negation", 0.0, f"the cited sentence denies it (“{denial.cue}”)")
    return doubtful or Finding("negation", 1.0)


def _is_said(own: _Denied, its: Sequence[_Denied], held: Collection[str]) -> bool:
    """Tell if the evidence denies the same thing as the statement, or has the opposite of the denied word."""
    if _holds(own.head, scope_of(its)) or any(_of_charges(own, other) for other in its):
        return True
    return not own.turned.isdisjoint(held) and own.head not in held


def _of_charges(own: _Denied, its: _Denied) -> bool:
    """Return whether in the statement and in the evidence somebody denies something.

    The evidence may name no more than *the charges* as what is denied.
    """
    both = own.cue.lower().startswith("den") and its.cue.lower().startswith("den")
    return both and bool(its.scope) and its.scope <= _CHARGES


def _mostly(denial: _Denied, affirmed: Collection[str]) -> bool:
    """Return whether a text affirms most of what a denial denies.

    For example, *a higher risk of fire* affirms what *no higher risk of fire* denies.
    """
    has = sum(_akin(word, affirmed) or word in affirmed for word in denial.scope)
    return len(denial.scope) >= 3 and has >= MOST * len(denial.scope)


def scope_of(denials: Sequence[_Denied]) -> frozenset[str]:
    """Return the stems of all words that any of the denials may deny."""
    return frozenset().union(*(denial.scope for denial in denials))


def _affirmed(text: str, language: str) -> frozenset[str]:
    """Return the stems of the content words of a text that lie outside its denials."""
    words = words_of(text, language)
    denied = [denial.places for denial in _denials(text, language)]
    inside = frozenset().union(*denied)
    return frozenset(word.stem for word in words if word.content and word.start not in inside)


def _holds(head: str | None, held: Collection[str]) -> bool:
    return head is not None and (head in held or _akin(head, held))


def _akin(head: str, held: Collection[str]) -> bool:
    return len(head) > 2 and head.isalpha() and shares(head, held)


def cues(text: str, language: str) -> list[str]:
    """Return the words of a text that deny something."""
    pattern = _CUES.get(language)
    return [match[0] for match in pattern.finditer(text)] if pattern else []


def _denials(text: str, language: str) -> list[_Denied]:
    words = words_of(text, language)
    return [_denied(match, text, words, language) for match in _CUES[language].finditer(text)]


def _denied(match: regex.Match[str], text: str, words: Sequence[Word], language: str) -> _Denied:
    if language == "zh":
        return _denied_han(match, text)
    after = [word for word in words if word.start >= match.end() or (word.start < match.end() < word.end)]
    clause = after[0].clause if after else -1
    inside = [
        word for word in after if word.clause == clause and word.content and word.text.lower() not in _SKIPPED
    ]
    inside = [word for word in inside if not (match.start() <= word.start < match.end())][:_SCOPE]
    if _REFUSED.search(text[: match.end()]):
        # In "access was refused", the denied word stands before the cue.
        inside += [w for w in words if w.clause == clause and w.content and w.end <= match.start()]
    if not inside and after:
        inside = [word for word in after if word.content][:1]
    if language == "en" and match[0].lower().startswith("den"):
        acts = {verb.start for verb in verbs(text, language)}
        inside.sort(key=lambda word: (word.start not in acts, word.start))
    head = inside[0].stem if inside else None
    if language == "en" and _OF_THINGS.fullmatch(match[0]):
        # "Found no evidence" denies that evidence was found.
        before = [word for word in words if word.end <= match.start()][-1:]
        inside += [word for word in before if word.start in {verb.start for verb in verbs(text, language)}]
    scope = frozenset(word.stem for word in inside)
    acting = [verb.stem for verb in verbs(text, language) if verb.start > match.start()]
    denied = [head or "", *(acting if _OF_THINGS.fullmatch(match[0]) else [])]
    known = opposites(language) if language in {"en", "id"} else {}
    turned = frozenset().union(*(known.get(word, frozenset()) for word in denied))
    return _Denied(match[0], head, scope, frozenset(word.start for word in inside), turned)


def _denied_han(match: regex.Match[str], text: str) -> _Denied:
    run = regex.match(r"\p{Han}*", text, pos=match.end())
    after = _HAN_SKIPPED.sub("", run[0] if run else "")[:_HAN_SCOPE]
    pairs = [after[place : place + 2] for place in range(max(len(after) - 1, 0))]
    places = frozenset(range(match.end(), match.end() + _HAN_SCOPE + 2))
    # The verb is the first or the second word: 没有重新开学.
    head = pairs[2:3] if pairs[:1] in (["重新"], ["立即"], ["按时"], ["继续"]) else pairs[:1]
    return _Denied(match[0], head[0] if head else None, frozenset(pairs), places)
