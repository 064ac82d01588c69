"""Compares a sentence with its evidence word by word, with :mod:`difflib`.

It finds sentences that leave words out across a *but*, or that put a word of the evidence in the place of
another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import regex

from rag.verification.evidence import Evidence, Finding, Statement, alike, joined, language_in
from rag.verification.words.words import shares, stem, verbs, words_of

_CONTRAST = frozenset(
    stem(word, language)
    for language, words in {
        "en": "but while whereas although though yet", "vi": "nhưng còn",
        "id": "tetapi tapi namun sedangkan sementara", "zh": "但 而 却",
    }.items()
    for word in words.split()
)  # fmt: skip
_THAN = frozenset(stem(word, "en") for word in ("than", "compared", "versus", "unlike")) | {
    "dibandingkan",
    "daripada",
    stem("dibandingkan", "id"),
    stem("daripada", "id"),
    "so",
    "比",
}
_COMPARED = _THAN | {stem(word, "en") for word in ("earlier", "against", "from", "before")}
_AND = frozenset(["and", "và", "dan", "并", "且"])
_VOICE = regex.compile(
    r"\b(?:by|bị|bởi|được|oleh)\b|被|\b(?:was|were|been|is|are|be)\s\p{L}+(?:ed|en)\b", regex.IGNORECASE
)
_DONE = {
    "en": r"\b(?:has|have|had)\s(?:already\s|now\s|since\s)?(?:been\s)?\p{L}+(?:ed|en|t)\b",
    "vi": r"\bđã\b", "id": r"\b(?:telah|sudah)\b", "zh": "已",
}  # fmt: skip
_PLANNED = {
    "en": r"\b(?:plan(?:s|ned|ning)?|will|would|intends?|expect(?:s|ed)|aims?|propos\p{L}+|due to|hopes?)\b",
    "vi": r"\b(?:sẽ|dự kiến|kế hoạch|dự định)\b", "id": r"\b(?:akan|berencana|rencana)\b",
    "zh": "计划|将在|拟|打算|预计|准备",
}  # fmt: skip
LONGEST = 3
"""The most words that carry meaning in a stretch that replaces another stretch."""


@dataclass(frozen=True, slots=True)
class _Token:
    stem: str
    content: bool
    verb: bool


def splices(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the statement neither skips from one clause to another nor exchanges words of its quote.

    The quote that is most like the statement is compared. The statement must also not say that something has
    been done that the evidence only plans.
    """
    cited = alike(statement, evidence)
    reasons = []
    own = _tokens(statement.text, statement.language)
    every = frozenset(each.stem for item in cited for each in _tokens(item.quote, statement.language))
    for item in cited:
        reason = next(_faults(own, item, statement, every), None)
        reasons.append((_likeness(own, item), reason))
    reason = max(reasons, key=lambda pair: pair[0])[1] if reasons else None
    reason = reason or _done(statement, cited)
    return Finding("splices", 0.5, reason, fatal=False) if reason else Finding("splices", 1.0)


def _likeness(own: Sequence[_Token], item: Evidence) -> float:
    held = {token.stem for token in _tokens(item.quote, language_in(item)) if token.content}
    said = [token.stem for token in own if token.content]
    return sum(shares(word, held) for word in said) / max(len(said), 1)


def _tokens(text: str, language: str) -> list[_Token]:
    if language in {"zh", "ja"}:
        return [
            _Token(each, regex.match(r"\p{Han}", each) is not None and each not in "的了在将把", verb=False)
            for each in regex.findall(r"\p{N}+(?:[.,]\p{N}+)*|\p{Han}|\p{L}+", text)
        ]
    acts = {verb.start for verb in verbs(text, language)}
    return [
        _Token(
            word.stem,
            word.content or word.text[0].isdigit(),
            word.start in acts
            or word.text.lower() in {"had", "has", "was", "were", "is", "are", "will", "would"},
        )
        for word in words_of(text, language)
    ]


def _faults(
    own: Sequence[_Token], item: Evidence, statement: Statement, held: Collection[str]
) -> Iterator[str]:
    its = _tokens(item.quote, statement.language)
    matcher = SequenceMatcher(None, [each.stem for each in own], [each.stem for each in its], autojunk=False)
    codes = matcher.get_opcodes()
    said, there = {each.stem for each in own}, {each.stem for each in its}
    turned = bool(_VOICE.search(statement.text)) != bool(_VOICE.search(item.quote))
    for place, (kind, start, end, begin, stop) in enumerate(codes):
        inner = 0 < place < len(codes) - 1
        left = any(each.content for each in own[:start])
        if kind in {"delete", "equal"}:
            continue
        away = its[begin:stop]
        resumed = own[end] if end < len(own) else None
        if (
            inner
            and left
            and kind == "insert"
            and resumed is not None
            and (_across(away, resumed) or _compares(away, said))
        ):
            yield "it joins what two parts of the cited sentence say"
        if kind == "replace" and not turned:
            yield from _other_figure(own, its, codes[place], held, said)
            if any(each.stem.isdigit() for each in own[start:end]):
                continue
            new = [each.stem for each in own[start:end] if each.content and each.stem.isalpha()]
            old = [each.stem for each in away if each.content and each.stem.isalpha()]
            moved = [word for word in new if word in there and word not in old]
            lost = [word for word in old if word not in said and not shares(word, said)]
            single = statement.language == "zh" and min(len(new), len(old)) < 2
            if single or not _in_place(own, codes, place):
                continue
            if 0 < len(new) <= LONGEST and len(old) <= LONGEST and moved and lost and len(moved) == len(new):
                yield f"it has “{moved[0]}” where the cited sentence has “{lost[0]}”"
    if not turned:
        yield from _exchanged(codes, own, its)


def _in_place(own: Sequence[_Token], codes: Sequence[tuple[str, int, int, int, int]], place: int) -> bool:
    """Return whether a change stands between unchanged words of the evidence.

    At the start or the end of the sentence, unchanged words on one side are enough.
    """
    around = [codes[near] for near in (place - 1, place + 1) if 0 <= near < len(codes)]
    return all(
        kind == "equal" and (len(codes) == 2 or any(each.content for each in own[start:end]))
        for kind, start, end, _, _ in around
    )


def _across(away: Sequence[_Token], resumed: _Token) -> bool:
    """Return whether the words left out end one clause and begin another one that has its own subject."""
    for place, token in enumerate(away):
        before = any(each.content for each in away[:place])
        after = any(each.content for each in away[place + 1 :])
        if token.stem in _CONTRAST and before and (after or not resumed.verb):
            return True
        if (
            token.stem in _AND
            and before
            and any(each.verb for each in away[place + 1 :])
            and not resumed.verb
        ):
            return True
    return False


def _compares(away: Sequence[_Token], said: Collection[str]) -> bool:
    """Tell if the words left out begin a comparison. What follows them is then the other thing compared."""
    return any(token.stem in _THAN for token in away) and _COMPARED.isdisjoint(said)


def _other_figure(
    own: Sequence[_Token],
    its: Sequence[_Token],
    code: tuple[str, int, int, int, int],
    held: Collection[str],
    said: Collection[str],
) -> Iterator[str]:
    """Yield the reason if the statement has a figure of the evidence in the place of another figure."""
    _, start, end, begin, stop = code
    new, old = own[end - 1].stem, its[stop - 1].stem
    if not (new.isdigit() and old.isdigit()) or (start and own[start - 1].stem.isdigit()):
        return
    if len(own[start:end]) == len(its[begin:stop]) == 1 and new in held and old not in said:
        yield f"it has {new} where the cited sentence has {old}"


def _exchanged(
    codes: Sequence[tuple[str, int, int, int, int]], own: Sequence[_Token], its: Sequence[_Token]
) -> Iterator[str]:
    """Yield the reason for each two stretches of words that have changed places."""
    changed = [code for code in codes if code[0] == "replace"]
    for one in changed:
        for other in changed:
            if one[1] >= other[1]:
                continue
            first, last = _content(own, one[1:3]), _content(own, other[1:3])
            if first and last and first <= _content(its, other[3:5]) and last <= _content(its, one[3:5]):
                between = [each for each in own[one[2] : other[1]] if each.content]
                if len(between) > 1:
                    yield "it has two parts of the cited sentence the other way round"


def _content(tokens: Sequence[_Token], bounds: Sequence[int]) -> frozenset[str]:
    return frozenset(
        each.stem for each in tokens[bounds[0] : bounds[1]] if each.content and each.stem.isalpha()
    )


def _done(statement: Statement, cited: Sequence[Evidence]) -> str | None:
    """Return the reason if the statement says that something is done that the evidence plans, else None."""
    language = statement.language
    if language not in _DONE or not cited:
        return None
    its = joined(cited)
    if regex.search(_PLANNED[language], statement.text) or not regex.search(_PLANNED[language], its):
        return None
    found = regex.search(_DONE[language], statement.text)
    if found is None or regex.search(_DONE[language], its):
        return None
    return f"the cited sentence does not say “{found[0]}”, but what is planned"
