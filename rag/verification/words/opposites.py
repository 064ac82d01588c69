"""Checks that a sentence does not have the opposite of a word of its evidence in the place of that word."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

import regex

from rag.finding.contradiction import pairs
from rag.verification.evidence import Evidence, Finding, Statement, language_in
from rag.verification.words.phrases import meets, said_otherwise
from rag.verification.words.words import Word, content, meanings, shares, stem, stems, verbs
from rag.word_lists import lines

_MORE: Mapping[str, tuple[str, ...]] = {
    "en": tuple(
        lines("""
increase decrease, rise fall, grow shrink, gain lose, clear convict, clear accuse, acquit convict,
approve reject, uphold overturn, open close, accelerate slow, warm cool, upstream downstream, win lose,
guilty innocent, reopen close, resume suspend, resume halt, legal illegal, support oppose, allow ban,
allow forbid, permit prohibit, before after,
import export, buy sell, borrow lend, profit loss, surplus deficit, improve worsen, arrive depart,
arrest release, hire dismiss, confirm deny, admit deny, accept refuse, early late, north south, east
west, northern southern, eastern western, urban rural, majority minority, maximum minimum, high low,
higher lower, more less, more fewer, larger smaller, best worst, first last, start end, begin finish,
male female, men women, boys girls, public private, success failure, succeed fail, safe dangerous,
strengthen weaken, expand cut, add remove, rescue kill, survive die, healthy ill, strict lax, agree
disagree, agree refuse, free jail, jail release, promote inhibit, improve worsen, hire fire, enter
leave, join leave, appoint dismiss, build demolish, borrow repay, extend shorten, tighten loosen,
advance retreat, widen narrow, empty full, rich poor, dry wet, hot cold, effective ineffective, accurate
inaccurate, useful useless, activate inhibit, activate suppress, induce inhibit, induce prevent,
upregulate downregulate, enhance impair, enhance reduce, promote suppress, promote prevent, enhance
inhibit, positive negative, beneficial harmful, protect harm, cause prevent, high small, longer shorter,
raise lower, elevate reduce, elevate decrease, increase inhibit, increase impair, improve impair,
improve reduce, associate unassociated, sensitive resistant
""")
    ),
    "vi": tuple(
        lines("""
tăng giảm, phê_duyệt bác_bỏ, mở đóng, thắng thua, bắt thả, nhập xuất, mua bán, ủng_hộ phản_đối, cho_phép
cấm, cao thấp, nhiều ít, đồng_ý từ_chối, lãi lỗ, thượng hạ, trước sau, bắc nam, thông_qua bác_bỏ, sớm
muộn, nóng lạnh, tốt xấu, vô_tội có_tội
""")
    ),
    "id": tuple(
        lines("""
naik turun, menaikkan menurunkan, dinaikkan diturunkan, kenaikan penurunan, meningkatkan mengurangi,
menambah mengurangi, memulai mengakhiri, menerima menolak, memenangkan kehilangan, meningkat menurun,
menyetujui menolak, dibuka ditutup, membuka menutup, menang kalah, ditangkap dibebaskan, impor ekspor,
membeli menjual, mendukung menentang, mengizinkan melarang, tinggi rendah, untung rugi, hulu hilir,
sebelum sesudah, utara selatan, timur barat, bertambah berkurang, diterima ditolak, aman berbahaya
""")
    ),
    "zh": tuple(
        lines("""
上升 下降, 增加 减少, 增长 下降, 批准 否决, 批准 拒绝, 开放 关闭, 上游 下游, 逮捕 释放, 进口 出口, 购买 出售,
 支持 反对, 允许 禁止, 盈利 亏损, 高于 低于, 提高 降低,
胜利 失败, 扩大 缩小, 有罪 无罪, 同意 拒绝, 北部 南部, 东部 西部, 之前 之后, 加快 放缓, 上涨 下跌
""")
    ),
}
"""Pairs of words that mean the opposite of each other, in addition to the pairs from WordNet. ``_`` stands
for a space."""

_DENIED = regex.compile(
    r"(?:\b(?:not|never|no longer|tidak|belum|bukan)|n[’']t)\s(?:\p{L}+\s){0,2}$", regex.IGNORECASE
)
"""A denial before a word, which makes the word say its opposite: *did not succeed* means *failed*."""

BESIDE = 0.3
"""The least share of the words around an opposite in the evidence that the sentence must have. With fewer,
the two may speak of different things."""


def opposition(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that no word of the statement replaces its opposite in the evidence.

    For example, the evidence says *exports rose*, and the statement *exports fell*.
    """
    for item in evidence:
        if language_in(item) != statement.language or statement.language not in _MORE:
            continue
        found = _opposed(statement, item)
        if found is not None and not _said_by_another(found[0], item, evidence, statement.language):
            own, its = found
            return Finding("opposites", 0.0, f"it says “{own}” where the cited sentence says “{its}”")
    return Finding("opposites", 1.0)


def denied_before(word: Word, text: str) -> bool:
    """Return whether *not* or a similar word stands before a word, with at most two words between them."""
    return _DENIED.search(text[: word.start]) is not None


def says_by_opposite(word: Word, text: str, held: Collection[str], language: str) -> bool:
    """Return whether a sentence denies a word, and another text has the opposite of that word.

    For example, *not open* says what *closed* says.

    Args:
        word: the word of the sentence.
        text: the sentence.
        held: the stems of the other text.
        language: the ISO 639-1 code of both texts.
    """
    against = opposites(language).get(word.stem, frozenset()) if language in {"en", "id"} else frozenset()
    return not against.isdisjoint(held) and denied_before(word, text)


def _said_by_another(word: str, item: Evidence, evidence: Sequence[Evidence], language: str) -> bool:
    own = stem(word, language)
    others = (other for other in evidence if other is not item)
    return any(_has(own, stems(other.quote, language)) for other in others)


def _opposed(statement: Statement, item: Evidence) -> tuple[str, str] | None:
    language = statement.language
    if language in {"vi", "zh"}:
        return _opposed_phrases(statement.text, item.quote, language)
    own = _own_words(statement.text, language)
    its = _own_words(item.quote, language)
    said, held = {word.stem for word in own}, {word.stem for word in its}
    otherwise = said_otherwise(item.quote, statement.text, language)
    for word in own:
        known = word.name or _has(word.stem, held)
        # The evidence has the word or a synonym; the check of roles tells whether its place is right.
        if known and (word.stem in held or not _in_better_clause(word, own, its, language)):
            continue
        against = opposites(language).get(word.stem, frozenset())
        other = next((each for each in its if each.stem in against and each.stem not in said), None)
        if other is not None and (
            any(meets(other, span) for span in otherwise)
            or denied_before(word, statement.text) != denied_before(other, item.quote)
        ):
            continue
        if other is not None and not _two_sided(other.stem, said) and _beside(word, other, its, said):
            return word.text, other.text
    return None


def _own_words(text: str, language: str) -> list[Word]:
    """Return the words of a text that carry meaning, and all its verbs, even those that are stop words."""
    listed = {word.start: word for word in [*content(text, language), *verbs(text, language)]}
    return [listed[start] for start in sorted(listed)]


def _has(own: str, held: Collection[str]) -> bool:
    return own in held or not meanings(own).isdisjoint(held)


def _in_better_clause(word: Word, own: Sequence[Word], its: Sequence[Word], language: str) -> bool:
    """Tell if the clause with a word's opposite is more like the sentence than the clause with its synonym.

    The two clauses are parts of the evidence.
    """
    said = {each.stem for each in own}
    against = opposites(language).get(word.stem, frozenset())

    def likeness(clause: int) -> float:
        words = {each.stem for each in its if each.clause == clause}
        return len(words & said) / max(len(words), 1)

    same = [likeness(each.clause) for each in its if each.stem in meanings(word.stem)]
    other = [likeness(each.clause) for each in its if each.stem in against]
    return bool(other) and max(other) > max(same, default=0.0)


def _beside(word: Word, other: Word, its: Sequence[Word], said: Collection[str]) -> bool:
    """Tell if the opposite stands among words of the sentence, and is not a form of the word itself."""
    if word.stem[:4] == other.stem[:4]:
        return False
    clause = [each.stem for each in its if each.clause == other.clause and each is not other]
    return not clause or sum(shares(each, said) for each in clause) >= BESIDE * len(clause)


def _two_sided(other: str, said: Collection[str]) -> bool:
    """Return whether the sentence has another word that means the same as the evidence's word ``other``."""
    return not (meanings(other) - {other}).isdisjoint(said)


def _opposed_phrases(own: str, its: str, language: str) -> tuple[str, str] | None:
    said, held = own.lower(), its.lower()
    for line in _MORE[language]:
        first, second = (phrase.replace("_", " ") for phrase in line.split())
        for one, other in ((first, second), (second, first)):
            if one not in said or other not in held or other in said:
                continue
            if one not in held or _in_likest_clause(other, one, own, its, language):
                return one, other
    return None


def _in_likest_clause(other: str, one: str, own: str, its: str, language: str) -> bool:
    """Return whether the clause of the evidence that is most like a sentence has the opposite of a word.

    Args:
        other: the opposite, which the evidence has.
        one: the word of the sentence, which this clause must not have.
        own: the sentence.
        its: the text of the evidence.
        language: the ISO 639-1 code of both texts.
    """
    said = stems(own, language)
    clauses: dict[int, list[Word]] = {}
    for word in content(its, language):
        clauses.setdefault(word.clause, []).append(word)
    scored = [(sum(word.stem in said for word in words) / len(words), words) for words in clauses.values()]
    best, words = max(scored, key=lambda pair: pair[0])
    text = its[words[0].start : words[-1].end].lower()
    return best > 0 and other in text and one not in text


@cache
def opposites(language: str) -> Mapping[str, frozenset[str]]:
    """Return the opposites of each word of a language, by stem. Synonyms of a word share its opposites."""
    found: dict[str, set[str]] = {}
    listed = [tuple(line.split()) for line in _MORE[language]]
    for first, second in listed:
        one, other = stem(first, language), stem(second, language)
        if one == other:
            continue
        for left in meanings(one) | {one}:
            for right in meanings(other) | {other}:
                if left != right and right not in meanings(left):
                    found.setdefault(left, set()).add(right)
                    found.setdefault(right, set()).add(left)
    if language == "en":
        for first, second in pairs():
            one, other = stem(first, "en"), stem(second, "en")
            if one != other:
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
    return {own: frozenset(others) for own, others in found.items()}
