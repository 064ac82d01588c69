"""How much of what a sentence says is in the words that it cites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.text import may_be_in
from rag.verification.amounts import spans_of
from rag.verification.evidence import Evidence, Finding, Statement, alike, joined, language_in, with_referents
from rag.verification.names import initials, is_spelt_out
from rag.verification.words.directions import follows_from_figures
from rag.verification.words.leftovers import unexcused
from rag.verification.words.negation import cues as denied
from rag.verification.words.opposites import says_by_opposite
from rag.verification.words.phrases import meets, said_otherwise
from rag.verification.words.words import Word, content, shares, stem, stems

if TYPE_CHECKING:
    from index.embedding import Encoder

SUPPORTED_FROM = 0.8
"""The coverage from which a sentence is supported: see ``benchmarks/gate.py``."""

PARTIAL_FROM = 0.5
"""The coverage from which it is supported in part."""

NEAR_FROM = 0.55
NEAR_TO = 0.9
"""The cosines of a sentence and its quote between which it lends words that are not shared some credit."""

CREDIT = 0.6
"""Of a word that is not shared, how much the closest quote can make up for."""

ACROSS_FROM = 0.8
"""The cosine from which a quote in another language carries a sentence."""

SHOWN = 5


def coverage(statement: Statement, evidence: Sequence[Evidence], encoder: Encoder | None = None) -> Finding:
    """The share of the sentence's words that the evidence has, and what an encoder makes of the rest."""
    same = alike(statement, evidence)
    if not same:
        return _across(statement, evidence, encoder)
    words = _words(statement)
    missing = uncovered(statement, words, same, statement.language)
    lexical = 1 - len(missing) / len(words) if words else 1.0
    score = lexical
    if missing and encoder is not None:
        score += (1 - lexical) * CREDIT * _nearness(_cosine(statement, evidence, encoder))
    score = round(score, 4)
    left = unexcused(missing, same, statement.text, statement.language)
    if not left and (score >= SUPPORTED_FROM or not missing):
        return Finding("coverage", score)
    if left and score >= PARTIAL_FROM:
        return Finding("coverage", score, _not_carried(left), fatal=False)
    return Finding(
        "coverage", score, _not_carried([word.text for word in missing]), fatal=score < PARTIAL_FROM
    )


def uncovered(
    statement: Statement, words: Sequence[Word], evidence: Sequence[Evidence], language: str
) -> list[Word]:
    """The words of a sentence that no evidence has, in any form."""
    held: set[str] = set()
    folded: set[str] = set()
    for item in evidence:
        text = with_referents(item)
        held |= stems(text, language)
        folded |= {word.text.casefold() for word in content(text, language)}
        held |= {stem(short, language) for short in initials(text)}
    missing = [word for word in words if not shares(word.stem, held)]
    missing = [
        word
        for word in missing
        if not follows_from_figures(word, statement.text, language)
        and not says_by_opposite(word, statement.text, held, language)
    ]
    if missing:
        its = " ".join(with_referents(item) for item in evidence)
        otherwise = said_otherwise(statement.text, its, language)
        missing = [word for word in missing if not any(meets(word, span) for span in otherwise)]
        if denied(its, language):
            own = " ".join(denied(statement.text, language)).split()
            missing = [word for word in missing if word.text not in own]
    return [word for word in missing if not is_spelt_out(word.text, statement.text, folded)]


def _words(statement: Statement) -> list[Word]:
    """The words that say something; figures and dates have parts of their own."""
    taken = spans_of(statement.text, statement.language)
    return [
        word
        for word in content(statement.text, statement.language)
        if not any(span.start <= word.start < span.end for span in taken)
    ]


def _cosine(statement: Statement, evidence: Sequence[Evidence], encoder: Encoder) -> float:
    texts = [statement.text, *(item.quote for item in evidence)]
    if len(evidence) > 1:
        texts.append(joined(evidence))
    vectors = encoder.encode(texts)
    return float((vectors[1:] @ vectors[0]).max())


def _nearness(cosine: float) -> float:
    return min(max((cosine - NEAR_FROM) / (NEAR_TO - NEAR_FROM), 0.0), 1.0)


def _across(statement: Statement, evidence: Sequence[Evidence], encoder: Encoder | None) -> Finding:
    """Where the evidence is in another language: only an encoder that reads both can tell."""
    languages = [statement.language, *(language_in(item) for item in evidence)]
    known = encoder is not None and encoder.languages is not None
    if encoder is None or not known or not all(may_be_in(each, encoder.languages) for each in languages):
        reason = "the cited sentence is in another language, which nothing here compares"
        return Finding("coverage", PARTIAL_FROM, reason, fatal=False)
    cosine = _cosine(statement, evidence, encoder)
    score = round(min(max(cosine, 0.0) / ACROSS_FROM, 1.0), 4)
    if score >= 1:
        return Finding("coverage", 1.0)
    return Finding(
        "coverage",
        score,
        "the cited sentence, in another language, says something else",
        fatal=score < PARTIAL_FROM,
    )


def _not_carried(missing: Sequence[str]) -> str:
    shown = list(dict.fromkeys(missing))
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return f"the cited sentence does not have {', '.join(f'“{word}”' for word in shown[:SHOWN])}{more}"
