"""Tells what a question asks for, in four languages: the thing that it counts, a time, or a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from rag.verification.words.lexicon import AUXILIARIES
from rag.verification.words.words import Word, meanings, verbs, words_of
from rag.word_lists import listed

_COUNT: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(
        r"\b(?:how many|(?:what|which) (?:is|was|are|were) the number of"
        r"|what (?:is|was) the (?=population|turnout|budget|capacity|magnitude)(?!\s))\s?(?:of\s)?(?:the\s)?",
        regex.I,
    ),
    "vi": regex.compile(r"\b(?:bao nhiêu|mấy)\s(?!phần trăm\b|tiền\b)", regex.I),
    "id": regex.compile(
        r"\bberapa(?:kah)?\s(?:banyak(?:nya)?\s|jumlah\s)?(?!persen\b|lama\b|besar\b)", regex.I
    ),
    "zh": regex.compile(r"多少[名个人家位座所起例户辆艘]?(?!钱|元|美元|岁|年|天|时间)"),
}
_WHEN: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(r"^\W*when\b|\b(?:on|in|by|since|until) (?:what|which) (?:date|day|month|year)\b"
                        r"|^\W*(?:what|which) (?:date|day|month|year)\b", regex.I),
    "vi": regex.compile(r"\b(?:khi nào|bao giờ|lúc nào|ngày nào|tháng nào|năm nào|hôm nào)\b", regex.I),
    "id": regex.compile(r"\b(?:kapan|tanggal berapa|tahun berapa|bulan apa|hari apa)\b", regex.I),
    "zh": regex.compile(r"什么时候|何时|何日|哪一?年|哪一?天|哪一?日|哪个月|几月|几号|什么日期|什么时间"),
}  # fmt: skip
_WHO: Mapping[str, regex.Pattern[str]] = {
    "en": regex.compile(r"^\W*(?:who|whom)\b|\bby whom\b", regex.I),
    "vi": regex.compile(r"(?:^|\s)ai\b", regex.I),
    "id": regex.compile(r"\bsiapa(?:kah)?\b", regex.I),
}
_ANYBODY = listed("people person persons individuals men residents inhabitants")
_GENERIC: Mapping[str, frozenset[str]] = {
    "vi": listed("người đã bị được có là"), "id": listed("orang warga yang sudah telah total jumlah"),
}  # fmt: skip
_PREPOSITIONS = listed("""
about across after against along among around as at before between by during for from in into near of on out
over per since than through to under until up with within without
""")
_ASKS_WITH = listed("did do does has have had will would can could is was are were")
HEADS = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer must have.

    Attributes:
        heads: the stems of the words for the counted thing, one of which an answer must have. Empty if the
            question counts nothing, or if any word may answer.
        beside: the stems of the words before the counted noun, such as *scam* in *scam compounds*. An answer
            may name the same thing by another noun with one of these words. Empty if the synonyms of the noun
            are known.
        when: whether the question asks for a time.
        who: whether the question asks for a person or an organisation.
    """

    heads: frozenset[str]
    beside: frozenset[str]
    when: bool
    who: bool


@lru_cache(maxsize=1024)
def asked(question: str, language: str) -> Asked:
    """Return what a question asks for, in English, Vietnamese, Indonesian or Chinese; else nothing."""
    count = _COUNT[language].search(question) if language in _COUNT else None
    heads, beside = _heads(question, language, count.end()) if count else (frozenset(), frozenset())
    return Asked(
        heads,
        beside,
        language in _WHEN and _WHEN[language].search(question) is not None,
        language in _WHO and _WHO[language].search(question) is not None,
    )


def _heads(question: str, language: str, start: int) -> tuple[frozenset[str], frozenset[str]]:
    if language == "zh":
        run = regex.match(r"\p{Han}*", question, pos=start)
        after = (run[0] if run else "")[:6]
        return frozenset(after[place : place + 2] for place in range(len(after) - 1)), frozenset()
    words = [word for word in words_of(question, language) if word.start >= start]
    if language == "en":
        return _english(words, {verb.start for verb in verbs(question, language)})
    own = [word for word in words if word.content and word.text.lower() not in _GENERIC[language]]
    near = own[:HEADS] if own and own[0] in words[:3] else []
    forms = (word.text.lower() if language == "id" else word.stem for word in near if not word.name)
    return frozenset(forms), frozenset()


def _english(words: Sequence[Word], acts: set[int]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stem of the counted noun, and the stems of the words before it.

    A noun such as *people* says too little. The stem of what the question says of them is then returned
    instead: *arrest* for *How many people were arrested?*
    """
    noun: list[Word] = []
    for word in words:
        lower = word.text.lower()
        if lower in AUXILIARIES or lower in _PREPOSITIONS or (word.start in acts and noun):
            break
        noun.append(word)
    if not noun:
        return frozenset(), frozenset()
    if noun[-1].text.lower() not in _ANYBODY:
        known = bool(meanings(noun[-1].stem))
        beside = frozenset() if known else frozenset(word.stem for word in noun[:-1] if word.content)
        return frozenset([noun[-1].stem]), beside
    rest = words[len(noun) :]
    with_subject = bool(rest) and rest[0].text.lower() in _ASKS_WITH
    said: list[Word] = []
    for word in rest:
        if word.text.lower() in _PREPOSITIONS and said:
            break
        if word.content and not word.name:
            said.append(word)
    if with_subject and said:
        return frozenset([said[-1].stem]), frozenset()
    return frozenset(word.stem for word in said[:1]), frozenset()
