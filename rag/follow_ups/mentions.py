"""Finds the people, places, groups and things that an English text mentions, as phrases of the text.

No part-of-speech tagger is involved: capitals, prepositions and word lists decide where a phrase ends.
Uncertain cases give a shorter phrase, or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import regex

from rag.questions import DAYS, MONTHS


class Sort(StrEnum):
    """The sort of thing that a phrase stands for, as far as it decides which pronouns may refer to it."""

    PERSON = "person"
    PLACE = "place"
    GROUP = "group"
    THING = "thing"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase of a text.

    Attributes:
        text: the phrase as written, with its article and dependent phrases.
        head: its last word before a preposition, in lower case.
        sort: the sort of thing that it stands for.
        named: whether it contains a name.
        preposition: the preposition before it, or ""; for a name alone, any word before it.
        start: the offset at which it begins.
        end: the offset at which it ends.
    """

    text: str
    head: str
    sort: Sort
    named: bool
    preposition: str
    start: int
    end: int


DATE = regex.compile(
    r"(?:(?:early|mid|late)[- ])?(?:\b\d{1,2}(?:st|nd|rd|th)?\s)?"
    rf"\b(?:{MONTHS})(?:\s\d{{1,2}}\b(?!:))?(?:,?\s\d{{4}})?\b"
    rf"|\b(?:{DAYS})\b|\b\d{{1,2}}:\d{{2}}\b|\b(?:1[5-9]|20)\d{{2}}\b"
    r"|\b(?:last|this|next)\s(?:year|month|week|spring|summer|autumn|winter)\b|\b(?:yesterday|today)\b"
)
"""A date, a year, a weekday or a time of day."""

AUXILIARY = frozenset({
    "is", "are", "was", "were", "has", "have", "had", "do", "does", "did", "will", "would", "can", "could",
    "may", "might", "must", "shall", "should",
})  # fmt: skip
_SUPPORT = AUXILIARY - {"is", "are", "was", "were"}
"""The auxiliaries that stand before the subject while the main verb stands behind it: *did the dam fail*."""

ARTICLES = frozenset({"the", "a", "an"})
PREPOSITIONS = frozenset({
    "of", "for", "at", "in", "into", "on", "to", "with", "from", "by", "about", "against", "among", "between",
    "since", "until", "before", "after", "during", "over", "under", "near", "behind", "through", "within",
    "than", "without", "across", "per", "off", "as", "outside", "inside", "towards", "via",
})  # fmt: skip
_BINDING = frozenset({"of", "for", "at", "in", "into", "on", "to", "from", "among", "between", "against"})
"""Prepositions that join a phrase to the phrase before it."""

_PLACED = frozenset({"in", "at", "from", "near", "to", "across"})

_STOPS = AUXILIARY | PREPOSITIONS | ARTICLES | {
    "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "and", "or", "but", "so",
    "if", "because", "although", "while", "that", "not", "be", "been", "being", "there", "here", "it",
    "he", "she", "they", "them", "him", "her", "his", "its", "their", "this", "these", "those", "i",
    "you", "we", "me", "us", "my", "your", "our", "many", "much", "more", "most", "still", "also",
    "else", "ever", "only", "just", "really", "twice", "again", "now", "then", "up", "out", "away",
    "down", "too", "any", "some", "all", "each", "every", "both", "according", "become", "became", "go",
    "goes", "went", "come", "comes", "came", "say", "says", "said", "tell", "told", "mean", "means",
    "happen", "happened", "fail", "fails", "break", "broke", "cost", "costs", "hold", "holds", "find",
    "found", "know", "knows", "known", "make", "makes", "made", "take", "takes", "taken", "took",
    "give", "gives", "given", "gave", "get", "gets", "got", "see", "seen", "saw", "pay", "pays", "paid",
    "spend", "spent", "lead", "led", "lost", "lose", "shut", "kept", "keep", "began", "begin", "build",
    "built", "sit", "sits", "stand", "stood", "torn", "sent", "put", "want", "need", "needs", "expect",
    "cover", "work", "use", "ask", "asks", "heads", "head", "happens", "looks", "speaks",
    "operates", "own", "owns", "wrong", "open", "reopen", "start", "end", "popular", "similar", "same",
    "important", "difference", "differences", "responsible", "able", "due",
}  # fmt: skip
"""Words in lower case that end a phrase; many are verbs of questions."""

_TITLE = (
    r"(?:Mr|Mrs|Ms|Dr|Prof|Professor|Sir|Judge|Justice|King|Queen|Prince|Princess|General|Colonel|Captain|"
    r"Senator|Governor|Mayor|(?:Prime\s|Deputy\s)*Minister|(?:Vice\s)?President|Chancellor|Secretary)\.?"
)
_CAPITAL = r"\p{Lu}[\p{L}\p{M}\p{N}’'&-]*"
_NAME = regex.compile(
    rf"{_CAPITAL}(?:\s(?:&\s)?{_CAPITAL})*"
    rf"(?:\s(?:of|on|for)\s(?:the\s)?{_CAPITAL}(?:\s{_CAPITAL})*(?:\sand\s{_CAPITAL})?)*"
)
_TITLED = regex.compile(rf"\b{_TITLE}\s\p{{Lu}}")
_OF_GROUPS = regex.compile(
    r"\b(?:Ministry|Commission|Committee|Council|Bank|Office|Authority|Inspectorate|International|Agency|Nations|"
    r"Union|Parliament|Cabinet|Court|Police|Army|Company|Corporation|Inc|Ltd|Group|Party|University|Institute|"
    r"Association|Federation|Society|Service|Department|Government|Courier|Times|Rail|Shelter|Fund|Bureau)\b"
    r"|\s&\s|^\p{Lu}{2,}s?$"
)
_OF_PLACES = regex.compile(
    r"\b(?:Dam|River|Valley|Bridge|Delta|Weir|Port|Lake|Mount|Island|Islands|Bay|Province|District|City|Street|"
    r"Republic|States|Station|Airport|North|South|East|West|Upper|Lower|Saint|San|New)\b"
)
_ROLES = regex.compile(
    r"(?:prosecutor|minister|president|engineer|director|chair|chairman|chairwoman|chief|secretary|mayor|judge|"
    r"governor|officer|diver|pilot|man|woman|teacher|doctor|author|witness|spokesman|spokeswoman|boss|owner)$"
)
_KEPT = 512
"""The number of texts whose phrases are cached: each question reads the same few earlier texts several times.
"""

_NEAR = 40
"""The number of characters before a name that are read to tell its sort."""

_SPEAKS = regex.compile(r"\b(?:said|says|according to|told|by)\s$")
_MANY = regex.compile(r"(?:[^su]s|people|children|women|men|police)$")
_ONE_IN_S = regex.compile(r"(?:news|crisis|analysis|basis|series|virus|census|bus|gas|campus|process)$")
_KINDS_OF_PLACE = frozenset({
    "valley", "river", "district", "province", "region", "delta", "coast", "border", "city", "town",
    "village", "intake", "dam", "bridge", "area", "basin",
})  # fmt: skip
_Word = tuple[str, int, int]
"""A word with its start and end."""

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}’',.:&-]*(?<=[\p{L}\p{M}\p{N}])|&")


@lru_cache(maxsize=_KEPT)
def mentions(text: str) -> tuple[Mention, ...]:
    """Return the phrases of ``text`` that a later question may refer to, in order."""
    return tuple(_phrases(text))


@lru_cache(maxsize=_KEPT)
def names(text: str) -> tuple[Mention, ...]:
    """Return the names in ``text`` without dependent phrases, in order."""
    found = []
    dates = [match.span() for match in DATE.finditer(text)]
    for match in _NAME.finditer(text):
        name, start = _without_opening(text, match.group(), match.start())
        if not name or any(first < start + len(name) and start < last for first, last in dates):
            continue
        leading = text[max(0, start - _NEAR) : start]
        before = leading.rstrip().rpartition(" ")[2].casefold()
        sort = _sort_of_name(name, leading, before)
        found.append(Mention(name, name.split()[-1].casefold(), sort, True, before, start, start + len(name)))
    return tuple(found)


def is_content(word: str) -> bool:
    """Return whether a word says something about a subject, rather than only forming a sentence."""
    return word.casefold() not in _STOPS


def is_plural(word: str) -> bool:
    """Return whether a noun is plural, as far as its ending shows."""
    return bool(_MANY.search(word)) and not _ONE_IN_S.search(word)


def _without_opening(text: str, name: str, start: int) -> tuple[str, int]:
    """Return a name and its start without a first word that has a capital only as the start of a sentence."""
    leading = text[max(0, start - _NEAR) : start].rstrip()
    opens = not leading or leading[-1] in ".?!:|"
    first, _, rest = name.partition(" ")
    small = first.casefold()
    if opens and (small in _STOPS or (not rest and len(text.split()) > 1)):
        skipped = len(first) + 1 if rest else 0
        return (rest, start + skipped) if rest[:1].isupper() else ("", start)
    if small in {"the", "i", "what", "which", "who", "whom", "when", "where", "why", "how"}:
        return rest, start + len(first) + 1
    return name, start


def _sort_of_name(name: str, leading: str, before: str) -> Sort:
    if _TITLED.match(name):
        return Sort.PERSON
    if _OF_GROUPS.search(name):
        return Sort.GROUP
    if _OF_PLACES.search(name) or (before in _PLACED and not _SPEAKS.search(leading)):
        return Sort.PLACE
    if before in {"group", "the"}:
        return Sort.GROUP
    if 2 <= len(name.split()) <= 4 or _SPEAKS.search(leading):
        return Sort.PERSON
    return Sort.THING


def _phrases(text: str) -> Iterator[Mention]:
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    named = {place: name for name in names(text) for place in range(name.start, name.end)}
    dated = {place for match in DATE.finditer(text) for place in range(*match.span())}
    at = 0
    while at < len(words):
        # After an auxiliary and the subject comes a verb, which ends the phrase: "When did the Maravel Dam
        # fail?"
        support = at > 0 and words[at - 1][0].casefold() in _SUPPORT
        end = _phrase_end(text, words, at, named, dated, after_support=support)
        if end == at:
            at += 1
            continue
        last = end
        # A dependent phrase belongs to the phrase before it: "the levee at Pellan".
        while last < len(words) and words[last][0] in _BINDING and _adjacent(text, words, last):
            further = _phrase_end(text, words, last + 1, named, dated, after_support=support)
            tells_where = words[last][0] in {"at", "from", "to"} and words[further - 1][1] not in named
            if further == last + 1 or tells_where:
                break
            last = further
        yield _mention(text, words[at - 1][0].casefold() if at else "", words[at:last], end - at, named)
        at = last


def _phrase_end(
    text: str,
    words: list[_Word],
    at: int,
    named: dict[int, Mention],
    dated: set[int],
    *,
    after_support: bool,
) -> int:
    """Return the index after the phrase that begins at word ``at``; ``at`` if no phrase begins there."""
    end = at
    if end < len(words) and words[end][0].casefold() in ARTICLES:
        end += 1
    first = end
    after_name = False
    while end < len(words):
        _, start, _ = words[end]
        if start in dated or (end > at and not _adjacent(text, words, end)):
            break
        if start in named:
            after_name = True
        elif _ends(words, first, end, after_name and after_support):
            break
        end += 1
    return end if end > first else at


def _ends(words: list[_Word], first: int, end: int, verb_is_near: bool) -> bool:
    """Return whether a word outside names ends the phrase that began at word ``first``."""
    word = words[end][0]
    if end and end == first and words[end - 1][0].casefold() in ARTICLES:
        # After an article, a word that is a verb elsewhere is a noun: "the cost".
        return word in AUXILIARY | PREPOSITIONS | {"same", "one", "most", "more", "least", "only", "rest"}
    if word.casefold() in _STOPS:
        return True
    if end == 0 or words[end - 1][0].casefold() in {"who", "whom"}:
        # The first word of a sentence is not part of a phrase, and the word after "who" is a verb.
        return True
    if verb_is_near and word not in _KINDS_OF_PLACE and not word[0].isdigit():
        return True
    # A participle before its noun belongs to the phrase ("displaced people"); one after its noun ends the
    # phrase ("people displaced").
    if word.endswith(("ed", "ly")):
        following = words[end + 1][0] if end + 1 < len(words) else ""
        return end > first or not is_plural(following)
    return False


def _adjacent(text: str, words: list[_Word], at: int) -> bool:
    """Return whether only white space separates a word from the word before it."""
    return text[words[at - 1][2] : words[at][1]].isspace()


def _mention(text: str, before: str, words: list[_Word], length: int, named: dict[int, Mention]) -> Mention:
    """Make a mention of ``words``, whose first ``length`` words are the phrase without dependent phrases."""
    start, stop = words[0][1], words[-1][2]
    head, head_start, _ = words[length - 1]
    name = named.get(head_start)
    if name is not None:
        sort = name.sort
    elif _ROLES.search(head):
        sort = Sort.PERSON
    elif is_plural(head.casefold()):
        sort = Sort.MANY
    elif head in _KINDS_OF_PLACE:
        sort = Sort.PLACE
    else:
        sort = Sort.THING
    has_name = any(begin in named for _, begin, _ in words)
    preposition = before if before in PREPOSITIONS else ""
    return Mention(text[start:stop], head.casefold(), sort, has_name, preposition, start, stop)
