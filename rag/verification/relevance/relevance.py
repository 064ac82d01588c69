"""Checks that a sentence, even a true one, concerns the question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.finding.features import acronyms
from rag.questions import Question, fits_kind
from rag.verification.evidence import Evidence, Finding, Statement, referents
from rag.verification.relevance.answering import lacks
from rag.verification.words.words import content, shares, stems
from rag.word_lists import listed

if TYPE_CHECKING:
    from index.embedding import Encoder

CLOSE = 0.3
"""The least cosine at which a sentence concerns the question, if the two share a word."""

VERY_CLOSE = 0.55
"""The least cosine at which a sentence concerns the question, if the two share no word."""

SOME = 0.34
"""The least share of the question's words with which a sentence concerns the question at any cosine."""

HALF = 0.5
"""The score of a sentence that concerns the question and does not answer it."""

SHORTEST_ROOT = 5
"""The fewest letters of a name that are compared. A shorter name is compared as a whole."""

_ASKING = listed("""
ai amount apa bagaimana bao berapa big date describe explain far gì how kapan khi kind list long mana
many mengapa much mấy name nhiêu number nào often old percentage sao siapa tell type what when where
which who whom whose why year đâu
""")


def relevance(
    statement: Statement, question: Question, evidence: Sequence[Evidence], encoder: Encoder | None
) -> Finding:
    """Check that the statement concerns the question and can answer it.

    It concerns the question if it has words of the question, or if the encoder finds the two close in
    meaning. It can answer if it has what the question asks for, and speaks of one of the names in the
    question.
    """
    shared = _shared(statement, question, evidence)
    score = max(shared, _close(statement, question, encoder, CLOSE if shared else VERY_CLOSE))
    if score < 1:
        return Finding("relevance", score, "it has nothing to do with the question", fatal=False)
    if not fits_kind(statement.text, question.kind):
        reason = f"it holds no answer of the kind that is asked for: {question.kind}"
        return Finding("relevance", HALF, reason, fatal=False)
    lacking = lacks(statement, question, evidence, encoder)
    if lacking is not None:
        return Finding("relevance", HALF, lacking, fatal=False)
    names = [name for name in question.names if name[0].isupper()]
    around = " ".join(_around(statement, evidence)).casefold()
    if names and not any(_root(name) in around for name in names):
        return Finding("relevance", HALF, f"it does not speak of {', '.join(names)}", fatal=False)
    return Finding("relevance", 1.0)


def _root(name: str) -> str:
    """Return the beginning that a name shares with its adjective: *cambod* for *Cambodia* and *Cambodian*."""
    return name.casefold()[: max(SHORTEST_ROOT, len(name) - 2)]


def _around(statement: Statement, evidence: Sequence[Evidence]) -> list[str]:
    """Return the texts that may have a name of the question.

    They are the statement, its quotes, the contexts and referents of the quotes, and the initials of the
    names in all of these.
    """
    texts = [statement.text]
    texts += [text for item in evidence for text in (item.quote, item.context, referents(item))]
    return [*texts, *(initials for text in texts for initials in acronyms(text))]


def _shared(statement: Statement, question: Question, evidence: Sequence[Evidence]) -> float:
    language = statement.language
    asked = [word.stem for word in content(question.text, language) if word.text.lower() not in _ASKING]
    if not asked:
        return 1.0
    around = " ".join(
        [statement.text, *(item.quote for item in evidence), *(referents(item) for item in evidence)]
    )
    held = stems(around, language)
    return min(sum(shares(word, held) for word in asked) / len(asked) / SOME, 1.0)


def _close(statement: Statement, question: Question, encoder: Encoder | None, close: float) -> float:
    if encoder is None:
        return 0.0
    cosine = float(encoder.encode([statement.text])[0] @ encoder.encode_query(question.text))
    return min(max(cosine, 0.0) / close, 1.0)
