"""Checks that a sentence keeps the order of events that the evidence states with *before* or *after*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from rag.verification.amounts import spans_of
from rag.verification.evidence import Evidence, Finding, Statement, alike
from rag.verification.words.words import shares, words_of
from rag.word_lists import listed

_CUES: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r"\b(?:(?P<after>after|following)|(?P<before>before|prior to|ahead of)|(?P<then>later))\b", regex.I
    ),
    "vi": regex.compile(r"\b(?:(?P<after>sau(?: khi)?)|(?P<before>trước(?: khi)?))\b(?! đó)", regex.I),
    "id": regex.compile(
        r"\b(?:(?P<after>setelah|sesudah|usai)|(?P<before>sebelum)|(?P<then>kemudian))\b", regex.I
    ),
    "zh": regex.compile(
        r"(?P<then>之后|以后|后(?!果|备|勤|来|续|者))|(?P<ahead>之前|以前|前(?!往|所|来|线|景|总|任|[长员官]))"
    ),
}
_ENDS = regex.compile(
    r"[;；。.!?](?!\p{N})|,?\s\b(?:while|whereas|but|although)\b|,\s(?:and|but|nhưng|còn|dan|tetapi)\b",
    regex.I,
)
_COMMA = regex.compile(r"[,，](?!\p{N})")
_TIME = listed("""
second minute hour day week month year decade time just shortly soon only immediately giây phút
giờ ngày tuần tháng năm hai ba detik menit jam hari minggu pekan bulan tahun
""")
_HAN_TIME = regex.compile(r"[\p{N}一二两三四五六七八九十百几数多半个小时天日周月年不久]+")
EACH = 0.5
"""The least share of an event's words that an event of the evidence must have to count as the same event."""


@dataclass(frozen=True, slots=True)
class Order:
    """Two events in their order: the stems of the words for the first one, and of those for the later one."""

    first: frozenset[str]
    then: frozenset[str]

    def apart(self) -> Order:
        """Return the order without the words that the two events have in common."""
        return Order(self.first - self.then, self.then - self.first)


def sequence(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that no two events of the statement are in the opposite order in the evidence."""
    language = statement.language
    its = [order for item in alike(statement, evidence) for order in orders(item.quote, language)]
    for own in orders(statement.text, language):
        if any(straight(own, order) for order in its):
            continue
        if any(_crossed(own, order) for order in its) or _moved(own, its):
            reason = "the cited sentence has what came first and what came then the other way round"
            return Finding("sequence", 0.0, reason)
    return Finding("sequence", 1.0)


def orders(text: str, language: str) -> Iterator[Order]:
    """Yield each pair of events that a text puts in order, by a word such as *before*, *after* or *later*."""
    pattern = _CUES.get(language)
    for match in pattern.finditer(text) if pattern else ():
        start = max((each.end() for each in _ENDS.finditer(text, 0, match.start())), default=0)
        end = next((each.start() for each in _ENDS.finditer(text, match.end())), len(text))
        if language == "zh":
            start = max((each.end() for each in _COMMA.finditer(text, start, match.start())), default=start)
        sides = _sides(text, language, match, start, end)
        if all(sides):
            first, then = sides if match.lastgroup in {"before", "then"} else reversed(sides)
            yield Order(first, then).apart()


def _sides(
    text: str, language: str, match: regex.Match[str], start: int, end: int
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stems of the words before a cue such as *after*, and those of the words behind it.

    If the cue begins the sentence, as in *After A, B*, the stems of *B* come first.
    """
    left, right = _stems(text, language, start, match.start()), _stems(text, language, match.end(), end)
    if match.lastgroup in {"then", "ahead"}:
        return left or _stems(text, language, 0, start), right
    comma = _COMMA.search(text, match.end(), end)
    if left or comma is None:
        return left, right
    return _stems(text, language, comma.end(), end), _stems(text, language, match.end(), comma.start())


def _stems(text: str, language: str, start: int, end: int) -> frozenset[str]:
    taken = spans_of(text, language)
    if language == "zh":
        timed = _HAN_TIME.finditer(text, start, end)
        places = {place for match in timed for place in range(match.start(), match.end())}
    else:
        places = set()
    return frozenset(
        word.stem
        for word in words_of(text, language)
        if word.content and start <= word.start and word.end <= end and word.start not in places
        and word.text.lower().removesuffix("s") not in _TIME
        and not any(span.start <= word.start < span.end for span in taken)
    )  # fmt: skip


def straight(own: Order, its: Order) -> bool:
    """Return whether two orders have the same events in the same order."""
    return _part(own.first, its.first) >= EACH and _part(own.then, its.then) >= EACH


def _crossed(own: Order, its: Order) -> bool:
    first, then = _part(own.first, its.then), _part(own.then, its.first)
    turned = first > _part(own.first, its.first) and then > _part(own.then, its.then)
    return turned and min(first, then) >= EACH


def _moved(own: Order, its: Sequence[Order]) -> bool:
    """Return whether the first event of the statement is only a later event in the evidence."""
    late = max((_part(own.first, order.then) for order in its), default=0.0)
    early = max((_part(own.first, order.first) for order in its), default=0.0)
    known = any(_part(own.then, order.then) >= EACH for order in its)
    return late > EACH and early < 1 - EACH and known


def _part(own: frozenset[str], its: frozenset[str]) -> float:
    return sum(shares(word, its) for word in own) / len(own) if own else 0.0
