"""Checks that a sentence keeps who did what to whom.

It compares the names and nouns on either side of the verbs that the sentence and its evidence share.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import regex

from rag.figures.number_words import ENGLISH
from rag.verification.amounts import spans_of
from rag.verification.evidence import Evidence, Finding, Statement, language_in
from rag.verification.words.lexicon import SPEECH
from rag.verification.words.words import Word, meanings, shares, stem, stems, verbs, words_of
from rag.word_lists import listed

_PASSIVE = regex.compile(
    r"\b(?:is|are|was|were|be|been|being|got)\s(?:\p{L}+ly\s|not\s|also\s)?$", regex.IGNORECASE
)
_AMOUNT = regex.compile(
    r"\s(?:about |around |nearly |over |more than |less than |at least |at most |almost |some |up to "
    r"|roughly )?"
    rf"(?:[\p{{N}}\p{{Sc}}]|(?:an? (?:third|quarter|fifth|tenth|factor|further)"
    rf"|{'|'.join(ENGLISH.values)}|half|two-thirds)\b)",
    regex.IGNORECASE,
)
_TURNED = ("travel", "ride", "carry", "live", "belong", "win", "work", "flee", "contract", "catch", "survive")
"""Verbs with synonyms that exchange subject and object: ferries *carry* people, and people *travel* by
ferry."""

_ENDS = listed("and but while whereas although because if và nhưng dan tetapi sedangkan")
_PRONOUNS = listed("he she it they who which that we ia dia mereka")
_LOOSE = listed("""
about after against along among around as at away back before between during for from here in inside into near
on out over since there through under until up when where while with within without yesterday
""")
_BY = {"en": "by", "id": "oleh"}


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb, with the words for those who act and for those on whom they act.

    Attributes:
        verb: the verb.
        doers: the stems of the words for those who act. They stand before the verb, or after *by*.
        done_to: the stems of the words for those on whom they act. They stand after the verb, or before a
            passive verb.
        beside: the stems of the words after the verb, without those after *by*.
        names: the stems of both sides that are proper names.
        passive: whether the verb is passive.
        sure: whether the two sides are certain. The verb must have a subject in its own clause and, unless it
            is passive, an object: in *miners trapped at Greyfell*, the miners do nothing.
    """

    verb: Word
    doers: frozenset[str]
    done_to: frozenset[str]
    beside: frozenset[str]
    names: frozenset[str]
    passive: bool = False
    sure: bool = True


def roles(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that the same people and things act, and are acted on, as in the evidence."""
    for deed in deeds(statement.text, statement.language):
        faults: list[str | None] = []
        for item in evidence:
            if language_in(item) != statement.language:
                continue
            every = deeds(item.quote, statement.language)
            its = [other for other in every if same_verb(deed.verb, other.verb)]
            held = stems(item.quote, statement.language)
            rest = (
                []
                if _infinitive(deed.verb, statement.text)
                else [other for other in every if other not in its]
            )
            faults.extend(_fault(deed, other, held, rest) for other in its)
        if faults and all(fault is not None for fault in faults):
            return Finding("roles", 0.0, faults[0])
    return Finding("roles", 1.0)


def _infinitive(verb: Word, text: str) -> bool:
    """Return whether a verb follows *to*.

    Those who do it may then stand on either side of the verb before it: *asked them to leave*, *they asked to
    leave*.
    """
    return regex.search(r"\bto\s$", text[: verb.start]) is not None


def same_verb(one: Word, other: Word) -> bool:
    """Return whether two verbs are forms of one verb, or synonyms.

    Synonyms that exchange subject and object, such as *carry* and *travel*, do not count.
    """
    if one.stem == other.stem:
        return True
    return other.stem in meanings(one.stem) and not {one.stem, other.stem} & {
        stem(word, "en") for word in _TURNED
    }


def _fault(own: Deed, its: Deed, held: frozenset[str], rest: Sequence[Deed]) -> str | None:
    """Return the reason if the statement exchanges or replaces a side of a verb, else None.

    Args:
        own: the verb with its sides in the statement.
        its: the same verb with its sides in the evidence.
        held: the stems of the evidence.
        rest: the other verbs of the evidence.
    """
    other_way = f"the cited sentence says it the other way round (“{own.verb.text}”)"
    of_else = f"the cited sentence says “{own.verb.text}” of something else"
    if its.verb.stem in {stem(word, "en") for word in SPEECH}:
        return None
    crossed = _only(own.doers, its.done_to, its.doers)
    back = _only(own.done_to, its.doers, its.done_to)
    plain = not (own.passive or its.passive)
    if crossed and back:
        return other_way
    if not (own.sure and its.sure):
        alone = plain and own.verb.stem == its.verb.stem
        return of_else if alone and _elsewhere_names(own, its, held) else None
    moved = not own.done_to & its.done_to and _is_swapped(crossed, own.doers, held)
    turned = moved or _named(own, its, back)
    if turned or (its.done_to and not own.done_to & its.done_to and _is_swapped(back, own.done_to, held)):
        return other_way
    if _others(own, its, rest):
        return f"the cited sentence says “{own.verb.text}” of somebody or something else"
    moved = plain and _elsewhere(own.done_to, its.done_to, its.doers, held)
    return of_else if moved or _elsewhere_names(own, its, held) else None


def _only(own: Collection[str], there: Collection[str], not_there: Collection[str]) -> frozenset[str]:
    return frozenset(word for word in own if word in there and word not in not_there)


def _others(own: Deed, its: Deed, rest: Sequence[Deed]) -> bool:
    """Return whether those whom the statement names with a verb do only other things in the evidence.

    For a passive verb, those on whom somebody acts are compared instead.
    """
    elsewhere = frozenset().union(*(deed.doers for deed in rest)) - its.doers
    beside = its.doers | its.done_to | its.beside
    if own.passive:
        moved, instead = own.done_to - beside, its.done_to - own.doers - own.done_to - own.beside
    else:
        moved, instead = own.doers - beside, its.doers - own.doers - own.done_to - own.beside
    return bool(moved) and bool(instead) and moved <= elsewhere


def _named(own: Deed, its: Deed, back: frozenset[str]) -> bool:
    """Return whether a name is acted on in the statement, and only acts in the evidence."""
    names = own.names & own.done_to
    return bool(names & back) and not names & its.done_to


def _is_swapped(crossed: frozenset[str], own: frozenset[str], held: frozenset[str]) -> bool:
    """Return whether one side of a verb (its doers, or those acted on) is the opposite side in the evidence.

    Every word of the side that occurs in the evidence must stand on the opposite side there, and these words
    must be at least half of the side.

    Args:
        crossed: the words of the side that stand on the opposite side in the evidence.
        own: all words of the side in the statement.
        held: the stems of the evidence.
    """
    known = {word for word in own if word in held}
    return bool(crossed) and known <= crossed and 2 * len(crossed) >= len(own)


def _elsewhere(own: frozenset[str], its: frozenset[str], doers: frozenset[str], held: frozenset[str]) -> bool:
    """Return whether the evidence has the words for those acted on, but not beside this verb.

    Args:
        own: the words for those acted on in the statement.
        its: the words for those acted on in the evidence.
        doers: the words for those who act in the evidence.
        held: the stems of the evidence.
    """
    known = {word for word in own if word in held}
    if not known or not its or not doers.isdisjoint(known):
        return False
    return not any(shares(word, its) for word in own)


def _elsewhere_names(own: Deed, its: Deed, held: frozenset[str]) -> bool:
    """Return whether the evidence has a name of the statement, but another name beside this verb."""
    named = own.names & own.beside
    moved = {word for word in named & held if word not in its.beside | its.doers | its.done_to}
    return bool(moved) and bool((its.names & its.beside) - named)


def deeds(text: str, language: str) -> list[Deed]:
    """Return the verbs of a sentence, each with its two sides.

    For a passive verb, the sides are exchanged.
    """
    figures = spans_of(text, language)
    words = [word for word in words_of(text, language)
             if not any(span.start <= word.start < span.end for span in figures)]  # fmt: skip
    acts = verbs(text, language)
    starts = [verb.start for verb in acts]
    found = []
    for number, verb in enumerate(acts):
        begin = acts[number - 1].end if number else 0
        end = starts[number + 1] if number + 1 < len(acts) else len(text)
        right = [word for word in words if verb.end <= word.start < end and _with_verb(word, verb, words)]
        left, sure = _subject(words, verb, begin, number > 0)
        if not sure and not left:
            left = [word for word in words if word.end <= acts[0].start]
        deed = _deed(text, language, verb, left, right)
        found.append(replace(deed, sure=sure and not _may_be_of_noun(deed, text, language)))
    return found


def _subject(words: Sequence[Word], verb: Word, begin: int, later: bool) -> tuple[list[Word], bool]:
    """Return the words before a verb that may name who does it, and whether that is certain.

    A pronoun gives no words. If the verb's own clause has no words, a name in one of the two clauses before
    may be the subject: *Rosa Quint, his aide, was*.

    Args:
        words: the words of the sentence.
        verb: the verb.
        begin: the offset at which the verb before it ends; 0 for the first verb.
        later: whether a verb stands before it.
    """
    before = [word for word in words if begin <= word.start and word.end <= verb.start]
    if not later:
        return before, True
    chunk = [word for word in before if word.clause == verb.clause]
    if any(word.text.lower() in _PRONOUNS for word in chunk):
        return [], True
    if any(word.content for word in chunk):
        return chunk, True
    parts = [word for word in before if word.clause >= verb.clause - 2]
    ends = [place for place, word in enumerate(parts) if word.text.lower() in _ENDS]
    named = parts[ends[-1] + 1 :] if ends else []
    return (named, True) if any(word.name for word in named) else ([], False)


def _may_be_of_noun(deed: Deed, text: str, language: str) -> bool:
    """Return whether a verb has no object and may therefore describe the noun before it.

    For example, *trapped* describes *miners* in *miners trapped at Greyfell*.
    """
    if language != "en" or deed.passive:
        return False
    after = regex.match(r"\s*(?:(?P<word>\p{L}+)|[,.;:)]|$)", text[deed.verb.end :])
    return after is not None and (not after["word"] or after["word"].lower() in _LOOSE)


def _with_verb(word: Word, verb: Word, words: Sequence[Word]) -> bool:
    """Return whether a word after a verb is still in the verb's clause.

    A comma alone does not always end the clause.
    """
    between = [each for each in words if verb.end <= each.start <= word.start]
    if any(each.text.lower() in _ENDS for each in between):
        return False
    if word.clause == verb.clause:
        return True
    # A comma before a name or a figure does not end the clause: "fined his deputy, Oskar Lind, 40,000".
    after = [each for each in between if each.clause != verb.clause]
    return bool(after) and (after[0].name or after[0].text[0].isdigit()) and word.clause - verb.clause <= 2


def _deed(text: str, language: str, verb: Word, left: Sequence[Word], right: Sequence[Word]) -> Deed:
    names = frozenset(word.stem for word in [*left, *right] if word.name)
    doers, done_to = _stems(left), _stems(right)
    if language == "zh":
        passive = "被" in text[left[0].start : verb.start] if left else False
        if passive:
            mark = text.index("被", left[0].start)
            return Deed(
                verb,
                _stems([w for w in left if w.start > mark]),
                _stems([w for w in left if w.end <= mark]),
                done_to,
                names,
                passive=True,
            )
    elif language == "vi":
        voice = next((word for word in reversed(left) if word.text.lower() in {"bị", "được"}), None)
        if voice is not None:
            after = _stems([word for word in left if word.start > voice.start])
            return Deed(
                verb,
                after,
                _stems([word for word in left if word.end <= voice.start]),
                done_to,
                names,
                passive=True,
            )
    elif _is_passive(text, language, verb, right):
        by = next((word for word in right if word.text.lower() == _BY.get(language)), None)
        if by is not None and _AMOUNT.match(text, by.end):
            by = None
        agents = _stems(_until_place([word for word in right if by is not None and word.start > by.start]))
        rest = _stems([word for word in right if by is None or word.start < by.start])
        return Deed(verb, agents, doers | (rest if not doers else frozenset()), rest, names, passive=True)
    return Deed(verb, doers, done_to, done_to, names)


def _until_place(words: Sequence[Word]) -> Sequence[Word]:
    """Return the words up to a place or a time: *the army* of *the army at Greyfell*."""
    ends = [place for place, word in enumerate(words) if place and word.text.lower() in _LOOSE]
    return words[: ends[0]] if ends else words


def _is_passive(text: str, language: str, verb: Word, right: Sequence[Word]) -> bool:
    if language == "id":
        return verb.text.lower().startswith("di")
    if _PASSIVE.search(text[: verb.start]):
        return True
    # In "a theory proposed in 1971 by", a date or a place may stand between the verb and "by".
    following = [word.text.lower() for word in right]
    by = next((word for word in right if word.text.lower() == "by"), None)
    if by is None or _AMOUNT.match(text, by.end):
        return False
    return following[0] in {"by", "in", "on", "at"} and verb.text.lower().endswith(("ed", "en"))


def _stems(words: Sequence[Word]) -> frozenset[str]:
    return frozenset(word.stem for word in words if word.content)
