"""Checks that a sentence keeps what its evidence calls planned, possible, alleged or conditional."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import regex

from rag.verification.evidence import Evidence, Finding, Statement, alike, joined
from rag.verification.words.words import Word, cues_in, shares, stems, words_of


@dataclass(frozen=True, slots=True)
class _Mode:
    """A way to speak of something that is not certain, such as a plan or an allegation.

    Attributes:
        name: the name of the mode, which the reason states.
        cues: a regular expression for the words that express the mode, by language.
        fatal: whether a sentence that leaves these words out is ``unsupported`` rather than ``partial``.
        before: whether the words introduce a condition, which restricts the rest of the sentence.
    """

    name: str
    cues: Mapping[str, str]
    fatal: bool
    before: bool = False


_MODES = (
    _Mode("alleged", {
        "en": r"accus(?:e|es|ed|ing)|alleg\p{L}+|suspected of|on suspicion of|charged\b.{0,60}?\bwith"
              r"|indicted|on trial|believ(?:e|es|ed)|investigat\p{L}+ (?:for|over)|purported\p{L}*|reportedly"
              r"|denied|denies|claim(?:s|ed)"
              r"|rumou?r\p{L}*",
        "vi": "cáo buộc|bị tố|nghi ngờ|tình nghi|bị buộc tội|bị cho là|được cho là|phủ nhận",
        "id": r"dituduh|menuduh|diduga|dituding|menuding|membantah|didakwa|dicurigai|disangka",
        "zh": "指控|涉嫌|被控|疑似|怀疑|据称|否认|指责",
    }, fatal=True),
    _Mode("possible", {
        "en": r"(?<!\b(?:in|since|until|till|by|of|from|to|before|after|last|this|next|early|late|mid)[ -])"
              r"may(?! \d)|might|could|possibl[ey]|perhaps|probabl[ey]|potential(?:ly)?|suggests?|suggested",
        "vi": "có thể|có lẽ|có khả năng", "id": "mungkin|bisa jadi|berpotensi|kemungkinan",
        "zh": "可能|也许|或许",
    }, fatal=True),
    _Mode("planned", {
        "en": r"plan(?:s|ned|ning)? (?:to|for)|intends? to|will|would|hopes? to|aims? to"
              r"|propos\p{L}+(?! that)|expected to|is to|are to"
              r"|consider\p{L}*|wants? to|due to (?=\p{L}+\b)|scheduled|vow\p{L}*|promis\p{L}+|agreed to"
              r"|recommend\p{L}*|call(?:s|ed) for"
              r"|urg(?:e|es|ed)|ask(?:s|ed)",
        "vi": "sẽ|dự kiến|kế hoạch|đề xuất|dự định|kêu gọi", "id": "akan|berencana|diusulkan|rencana"
                                                                   "|bertujuan|mengusulkan",
        "zh": "将(?!军|近)|计划|打算|拟|预计|准备|建议|呼吁",
    }, fatal=True),
    _Mode("conditional", {
        "en": "if|unless|provided that|in case|should (?=\\p{L}+ fall)", "vi": "nếu|trừ khi",
        "id": "jika|bila|apabila|kecuali",
        "zh": "如果|若|除非|假如",
    }, fatal=False, before=True),
)  # fmt: skip
HALF = 0.5
MOST = 0.6
"""The least share of the words that a cue governs with which a sentence counts as saying them."""

_SAME = {
    "planned": "refus\\p{L}*",
    "alleged": "alleged|suspected|suspicion|claim\\p{L}*|den(?:y|ied|ies)|said|says|tuduhan|tersangka|not\\b"
    "|innocent|cleared",
}
_GOES_ON = regex.compile(r"\W*(?:and|or)\s+(?:(?:of|for|with)\s+\p{L}+|\p{L}+ing\b)", regex.IGNORECASE)
_LET = regex.compile(r"\b(?:allowed|permitted|capable|able)\b", regex.IGNORECASE)


def modality(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the statement keeps the evidence's *may*, *plans to*, *is accused of* and *if*."""
    language = statement.language
    cited = alike(statement, evidence)
    for mode in _MODES:
        if language not in mode.cues or _has(mode, statement.text, language):
            continue
        for item in cited:
            cue = _lost(mode, statement, item)
            if cue and not _stated_plainly(mode, statement, cited, item):
                reason = f"the cited sentence says only that it is {mode.name} (“{cue}”)"
                return Finding("modality", 0.0 if mode.fatal else 0.5, reason, fatal=mode.fatal)
    return Finding("modality", 1.0)


def _has(mode: _Mode, text: str, language: str) -> bool:
    cues = mode.cues[language]
    also = _SAME.get(mode.name)
    if also and language != "zh":
        cues = f"{cues}|{also}"
    if mode.name == "possible" and _LET.search(text):
        return True
    return cues_in(language, cues).search(text) is not None


def _scopes(after: Sequence[Word], quote: str) -> list[list[Word]]:
    """Return the words that a cue governs, in groups.

    The first group is the rest of the cue's clause. Each part that continues the construction makes another
    group, such as *of fraud* in *accused of theft and of fraud*.
    """
    scopes: list[list[Word]] = []
    for word in after:
        if (
            scopes
            and (word.clause == scopes[-1][-1].clause)
            and not _GOES_ON.match(quote, scopes[-1][-1].end)
        ):
            scopes[-1].append(word)
        elif not scopes or _GOES_ON.match(quote, scopes[-1][-1].end):
            scopes.append([word])
        else:
            break
    return scopes


def _lost(mode: _Mode, statement: Statement, item: Evidence) -> str | None:
    """Return the cue that the statement drops, or None.

    The statement drops a cue if it has the words that the cue governs in the evidence. The caller has found
    no cue of this mode in the statement.
    """
    language = statement.language
    match = cues_in(language, mode.cues[language]).search(item.quote)
    if match is None:
        return None
    words = [word for word in words_of(item.quote, language) if word.content]
    held = stems(statement.text, language)
    after = [word for word in words if word.start >= match.end()]
    scopes = _scopes(after, item.quote)
    if not scopes:
        return None
    if mode.before:
        # A condition restricts the rest of its sentence.
        scope = scopes[0]
        rest = [word for word in words if word not in scope and word.clause != scope[0].clause]
        lacks = not any(shares(word.stem, held) for word in scope)
        return match[0] if lacks and rest and _kept(rest, held) >= HALF else None
    said = any(shares(scope[0].stem, held) or _kept(scope, held) >= MOST for scope in scopes)
    return match[0] if said else None


def _kept(words: Sequence[Word], held: Collection[str]) -> float:
    return sum(shares(word.stem, held) for word in words) / len(words)


def _stated_plainly(mode: _Mode, statement: Statement, cited: Sequence[Evidence], hedged: Evidence) -> bool:
    """Tell if other quotes say, without a hedge, all that the statement shares with the hedged quote."""
    language = statement.language
    others = [item for item in cited if item is not hedged and not _has(mode, item.quote, language)]
    held = stems(joined(others), language)
    hedges = stems(hedged.quote, language)
    own = [word for word in words_of(statement.text, language) if word.content and shares(word.stem, hedges)]
    return bool(others) and all(shares(word.stem, held) for word in own)
