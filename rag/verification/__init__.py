"""Whether a sentence of an answer is what the words it cites say.

The quote is read again from the stored text, and the sentence is compared with the quotes alone, never with
the rest of the report. Each part of the comparison is a function in a module of its own, with its own score
and its own reason in words; :class:`Gate` puts them together.
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
        quote: the words it is footnoted to.
        document: the cited document, as stored.
        span: where the quote is said to stand in it.
    """
    matches = span.of(document.text) == quote
    if matches and sentence == quote:
        return Verification("supported", quote_matches=True, figures_match=True, score=1.0)
    evidence = Evidence(quote, document.title, document.language, document.published, matches)
    return _WORDS_ALONE.check(sentence, [evidence])


def verify_quote(quote: str, document: Document, span: Span) -> Verification:
    """Check that a sentence of the answer is quoted word for word; what it says is not checked.

    Args:
        quote: the sentence.
        document: the cited document, as stored.
        span: where the sentence is said to stand in it.

    Returns:
        ``quoted`` if the words stand there, else ``unsupported``.
    """
    if span.of(document.text) != quote:
        return _WORDS_ALONE.check(quote, [Evidence(quote, quote_matches=False)])
    return Verification("quoted", quote_matches=True, figures_match=True, score=1.0)
