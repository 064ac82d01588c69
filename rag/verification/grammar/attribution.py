"""Checks that a sentence attributes words to the speaker to whom the evidence attributes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import regex

from rag.verification.evidence import Evidence, Finding, Statement, alike, referents
from rag.verification.words.words import content, shares, stems, words_of

_SAID = (
    "said|says|stated|states|declared|announced|announces|claimed|claims|argued|warned|insisted|added"
    "|told|reported"
    "|reports|wrote|noted|replied|answered|responded|explained|testified|denied|confirmed|admitted"
)
_SPEAKERS: Mapping[str, tuple[regex.Pattern[str], ...]] = {
    "en": (
        regex.compile(r"\baccording to (?P<who>[^,;.]+)", regex.IGNORECASE),
        regex.compile(rf"(?:^|\bbut\s|\band\s|\bwhile\s)(?P<who>\p{{Lu}}[^,;]+?),\s[^,;\p{{Lu}}][^,;]{{2,80}},\s"
                      rf"(?:{_SAID})\b"),
        regex.compile(rf"(?:^|[,;][”\"]?\s|\bbut\s|\band\s"
                      rf"|\bwhile\s)(?P<who>[^,;]+?(?:,\s(?:\p{{Lu}}[\p{{L}}'-]+\s?)+,)?)(?<!\b(?:is|was"
                      rf"|are|were|be|been|being))\s(?:has |have )?(?:{_SAID})\b"),
        regex.compile(rf"[,”\"]\s(?!told\b)(?:{_SAID})\s(?P<who>(?:the\s)?[^,;.]+)"),
    ),
    "vi": (
        regex.compile(r"\btheo (?P<who>(?:lời )?\p{Lu}[^,;.]+)", regex.IGNORECASE),
        regex.compile(r"(?:^|[,;]\s)(?P<who>[^,;]+?)\s(?:nói|cho biết|tuyên bố|khẳng định|cho rằng"
                      r"|công bố)\b"),
    ),
    "id": (
        regex.compile(r"\bmenurut (?P<who>[^,;.]+)", regex.IGNORECASE),
        regex.compile(r"(?:^|[,;]\s)(?P<who>[^,;]+?)\s(?:mengatakan|menyatakan|mengumumkan|menegaskan"
                      r"|berkata|menyebut)\b"),
        regex.compile(r"\b(?:kata|ujar|ucap)\s(?P<who>[^,;.]+)"),
    ),
    "zh": (
        regex.compile(r"(?:据|根据)(?P<who>\p{Han}{2,12}?)(?:说|称|报道|表示|的)"),
        regex.compile(r"(?:^|[，。；])(?P<who>\p{Han}{2,8}?)(?:在[^，。]{1,6})?(?:宣布|表示|说|称|指出|认为)"),
    ),
}  # fmt: skip
_TRAILING = regex.compile(
    r"(?:\s(?:who|which|that|has|have|had|also|later|then|is|was|are|were|be|been|being))+$"
)
_LAST = regex.compile(
    r"^.*\b(?:by|when|that|because|after|as|than|is|was|are|were|if|where)\s", regex.IGNORECASE
)
_PRONOUN = regex.compile(
    r"(?:^|\s)(?:he|she|it|they|we|i|you|who|there|ông|bà|họ|ia|dia|mereka)$", regex.IGNORECASE
)
_BEGINS = regex.compile(r"\W*(?:he|she|it|they|we|i|you|that|there|this|these)\b", regex.IGNORECASE)
_SPEECH = regex.compile(
    r"\b(?:warn|tell|told|letter|statement|interview|speech|testi|insist|argu|claim|admit|recall|explain|write|wrote)\p{L}*",
    regex.IGNORECASE,
)
LONGEST = 9
"""The most words of a speaker. A longer match is another part of the sentence."""

_DOCUMENT = regex.compile(
    r"^(?:in\s)?(?:(?:the|this|its|a) )?(?:\p{L}+ )?(?:report|document|article|study|paper|text|source"
    r"|letter|it|they|he|she|who)$"
    r"|^(?:laporan|báo cáo|tài liệu|报告|文件)", regex.IGNORECASE,
)  # fmt: skip


def attribution(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that each speaker of the statement speaks in the evidence, or published the cited document."""
    cited = alike(statement, evidence)
    if not cited:
        return Finding("attribution", 1.0)
    for speaker in speakers(statement.text, statement.language):
        own = [word.stem for word in content(speaker, statement.language)]
        if not own or _DOCUMENT.match(speaker.strip()):
            continue
        heard = any(True for item in cited for _ in speakers(item.quote, statement.language))
        if not any(_speaks(own, speaker, item, statement.language, heard=heard) for item in cited):
            return Finding("attribution", 0.0, f"the cited sentence does not have it from {speaker.strip()}")
    return Finding("attribution", 1.0)


def speakers(text: str, language: str) -> Iterator[str]:
    """Yield the speakers that a sentence names, as written: *the mayor* in *the mayor said that …*."""
    for pattern in _SPEAKERS.get(language, ()):
        for match in pattern.finditer(text):
            who = _speaker(match["who"])
            if who is not None:
                yield who


def _speaker(words: str) -> str | None:
    """Return the words for a speaker alone; None if a pronoun stands for the speaker, or nobody is named."""
    if _BEGINS.match(words):
        return None
    words = _LAST.sub("", _TRAILING.sub("", words.strip())).strip(" ,").removeprefix("根").removeprefix("据")
    if not words or _PRONOUN.search(words) or len(words.split()) > LONGEST:
        return None
    return words


def _speaks(own: Sequence[str], speaker: str, item: Evidence, language: str, *, heard: bool) -> bool:
    """Return whether the evidence has all words for a speaker among the words for one of its own speakers.

    The context of the evidence, such as the publisher, counts as a speaker, too.

    Args:
        own: the stems of the words for the speaker.
        speaker: the words for the speaker, as written.
        item: the evidence.
        language: the ISO 639-1 code of the statement and the evidence.
        heard: whether any of the evidence names a speaker.
    """
    short = "".join(regex.findall(r"\b\p{Lu}", speaker.removeprefix("The ")))
    found = [f"{each} {referents(item)}" for each in speakers(item.quote, language)]
    for said_by in [*found, item.context]:
        held = stems(said_by, language)
        if held and all(shares(word, held) for word in own):
            return True
        named = {word.stem for word in words_of(speaker, language) if word.name}
        rest = held | stems(item.quote, language)
        if named and named <= held and all(shares(word, rest) for word in own):
            return True
        if len(short) > 1 and short in said_by.split():
            return True
    if not found and (not heard or _SPEECH.search(item.quote)):
        # No pattern finds the speaker of "In a letter to the Herald, the nurse warned", so every word counts.
        held = stems(item.quote, language)
        return all(shares(word, held) for word in own)
    return False
