"""Checks that a sentence with several quotes does not join what one quote says to what another says."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.verification.evidence import Evidence, Finding, Statement, alike, language_in, referents
from rag.verification.grammar.roles import Deed, deeds, same_verb
from rag.verification.words.words import content, shares, stems, verbs, words_of

WHOLE = 0.7
"""The least share of a clause's words that a quote must have to carry the clause alone."""

GAIN = 0.2
"""The share of a clause's words that all quotes together must have beyond the best quote. From this share on,
the clause counts as joined from several quotes."""

LEAST = 2
"""The number of words about a deed that one quote must have beyond every other quote. From this number on,
this quote decides who does the deed."""

_PRONOUN = regex.compile(
    r"(?:^|[,;]\s|\b(?:and|but|that|when|because|while)\s)(?:he|she|it|they|this|these)\b"
    r"|\b(?:ông ấy|bà ấy|họ|ia|dia|mereka)\b|他|她|它",
    regex.IGNORECASE,
)
_FIGURE = regex.compile(r"\p{N}+(?:[.,]\p{N}+)*")
_FULL_NAME = regex.compile(
    r"\b(?!(?:The|Mr|Mrs|Ms|Dr|Judge|Mayor|President|Minister|General)\b)(?P<first>\p{Lu}\p{Ll}+)\s(?P<last>\p{Lu}\p{Ll}+)"
)
_REASON = "it joins what one cited sentence says to what another one says"


def merging(statement: Statement, evidence: Sequence[Evidence]) -> Finding:
    """Check that each clause of the statement rests on one quote alone.

    Nobody may be given the deed of another.
    """
    cited = alike(statement, evidence)
    if len(cited) < 2:
        return Finding("merging", 1.0)
    held = [_held(cited, place, statement.language) for place in range(len(cited))]
    if any(
        _mashed(deed.verb.stem, deed.doers, statement, cited, held)
        or _is_credited_wrongly(deed, statement, cited, held)
        for deed in deeds(statement.text, statement.language)
    ):
        return Finding("merging", 0.0, _REASON)
    if _namesake(statement, cited, held):
        return Finding("merging", 0.0, "the cited sentence says it of somebody else of that name")
    score = min(_clauses(statement, held), default=1.0)
    if score < 1:
        return Finding("merging", score, _REASON, fatal=False)
    return Finding("merging", 1.0)


def _held(cited: Sequence[Evidence], place: int, language: str) -> frozenset[str]:
    """Return the stems of a quote and of the words that may name what it speaks of.

    If the quote has a pronoun, the quotes before it are included.
    """
    item = cited[place]
    around = [item.quote, referents(item)]
    if _PRONOUN.search(item.quote):
        around += [item.before, *(each.quote for each in cited[:place])]
    return stems(" ".join(around), language)


def _mashed(
    verb: str,
    doers: frozenset[str],
    statement: Statement,
    cited: Sequence[Evidence],
    held: Sequence[frozenset[str]],
) -> bool:
    """Return whether no quote with a verb names those who do it, while another quote names them."""
    if not doers:
        return False
    language = statement.language
    acts = [word for word in verbs(statement.text, language) if word.stem == verb]
    doing = [
        place
        for place, item in enumerate(cited)
        if any(same_verb(act, other) for act in acts for other in verbs(item.quote, language))
        or verb in held[place]
    ]
    if not doing or len(doing) == len(cited):
        return False
    known = [doer for doer in doers if any(shares(doer, words) for words in held)]
    return bool(known) and not any(any(shares(doer, held[place]) for doer in known) for place in doing)


def _namesake(statement: Statement, cited: Sequence[Evidence], held: Sequence[frozenset[str]]) -> bool:
    """Tell if the quote that says most of the statement has another first name before the same last name."""
    said = [word.stem for word in content(statement.text, statement.language)]
    shared = [sum(shares(word, words) for word in said) for words in held]
    best = cited[max(range(len(cited)), key=lambda place: shared[place])].quote
    theirs = {(match["first"], match["last"]) for match in _FULL_NAME.finditer(best, overlapped=True)}
    return any(
        (match["first"], match["last"]) not in theirs
        and match["first"] not in best
        and any(match[0] in item.quote for item in cited)
        and any(last == match["last"] and first != match["first"] for first, last in theirs)
        for match in _FULL_NAME.finditer(statement.text, overlapped=True)
    )


def _is_credited_wrongly(
    deed: Deed, statement: Statement, cited: Sequence[Evidence], held: Sequence[frozenset[str]]
) -> bool:
    """Return whether the statement credits a named person with a deed of somebody else.

    The deed is somebody else's if only one quote mentions it, and says it of another person or thing.
    """
    named = deed.doers & deed.names
    rest_of = statement.text[deed.verb.end :]
    said = stems(rest_of, statement.language) | set(_FIGURE.findall(rest_of))
    if not named or len(said) < LEAST:
        return False
    shared = [
        sum(shares(word, words) or word in _FIGURE.findall(item.quote) for word in said)
        for words, item in zip(held, cited, strict=True)
    ]
    best = max(range(len(held)), key=lambda place: shared[place])
    rest = max(count for place, count in enumerate(shared) if place != best)
    if shared[best] - rest < LEAST or any(shares(doer, held[best]) for doer in named):
        return False
    language = language_in(cited[best])
    others = [each for each in deeds(cited[best].quote, language) if same_verb(deed.verb, each.verb)]
    return any(each.doers & each.names or each.doers - named for each in others) and any(
        not named.isdisjoint(words) for words in held
    )


def _clauses(statement: Statement, held: Sequence[frozenset[str]]) -> list[float]:
    """Return a score for each clause of at least three words that carry meaning.

    The score is 1 if one quote alone carries the clause, else the share of its words that the best quote has.
    """
    union = frozenset().union(*held)
    words = [word for word in words_of(statement.text, statement.language) if word.content]
    scores = []
    for clause in sorted({word.clause for word in words}):
        own = [word.stem for word in words if word.clause == clause]
        if len(own) < 3:
            continue
        best = max(sum(shares(word, each) for word in own) / len(own) for each in held)
        whole = sum(shares(word, union) for word in own) / len(own)
        scores.append(1.0 if best >= WHOLE or whole - best < GAIN else best)
    return scores
