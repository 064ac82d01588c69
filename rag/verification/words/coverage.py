"""Measures how much of what a sentence says is in the words that it cites."""

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
"""The least coverage of a supported sentence. ``benchmarks/gate.py`` prints the effect of other values."""

PARTIAL_FROM = 0.5
"""The least coverage of a partly supported sentence."""

NEAR_FROM = 0.55
NEAR_TO = 0.9
"""Words that the evidence lacks count in part if an encoder finds a quote close in meaning to the sentence.
They count for nothing at a cosine of ``NEAR_FROM`` or less, and for the share ``CREDIT`` at ``NEAR_TO`` or
more."""

CREDIT = 0.6
"""The largest share of the missing words that counts as covered because a quote is close in meaning."""

ACROSS_FROM = 0.8
"""The least cosine at which a quote in another language fully supports a sentence."""

SHOWN = 5


def coverage(statement: Statement, evidence: Sequence[Evidence], encoder: Encoder | None = None) -> Finding:
    """Check that the evidence has the words of the statement.

    The score is the share of the words that the evidence has. If an encoder finds a quote close in meaning,
    the missing words count in part. If all evidence is in another language, only the encoder compares the
    meanings.
    """
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
    """Return the words of a statement that the evidence lacks.

    The evidence has a word if it has another form of the word, a synonym, or a denied opposite (*not open*
    for *closed*), or if the word follows from the statement's figures.

    Args:
        statement: the statement.
        words: its words that carry meaning.
        evidence: the evidence in the language of the statement.
        language: the ISO 639-1 code of that language.
    """
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
    """Return the words of a statement that carry meaning. Figures and dates have checks of their own."""
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
    """Check a statement whose evidence is in another language.

    Only an encoder that reads both languages can compare the two.
    """
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
