"""Checks whether the words that a sentence of an answer cites say what the sentence says.

The checks compare the sentence with its quotes alone, never with the rest of the report. Each check is a
function in a module of its own. It returns a score and, if it finds a fault, the reason in words.
:class:`Gate` combines the results of all checks into one verdict.
"""

from __future__ import annotations

from index.documents import Document, Span
from rag.answers import Verification
from rag.verification.entailment import Entailment, open_entailment
from rag.verification.evidence import Evidence
from rag.verification.gate import Gate

__all__ = ["Entailment", "Evidence", "Gate", "open_entailment", "verify", "verify_quote"]

_WORDS_ALONE = Gate()


def verify(sentence: str, quote: str, document: Document, span: Span) -> Verification:
    """Check one sentence against the words that it cites, without an encoder.

    Args:
        sentence: a sentence of the answer.
        quote: the words that the sentence cites.
        document: the cited document, as stored.
        span: the span at which the quote should stand in the document.
    """
    matches = span.of(document.text) == quote
    if matches and sentence == quote:
        return Verification("supported", quote_matches=True, figures_match=True, score=1.0)
    evidence = Evidence(quote, document.title, document.language, document.published, matches)
    return _WORDS_ALONE.check(sentence, [evidence])


def verify_quote(quote: str, document: Document, span: Span) -> Verification:
    """Check that a document has a sentence of the answer word for word.

    The meaning of the sentence is not checked.

    Args:
        quote: the sentence.
        document: the cited document, as stored.
        span: the span at which the sentence should stand in the document.

    Returns:
        ``quoted`` if the words stand there, else ``unsupported``.
    """
    if span.of(document.text) != quote:
        return _WORDS_ALONE.check(quote, [Evidence(quote, quote_matches=False)])
    return Verification("quoted", quote_matches=True, figures_match=True, score=1.0)
