"""Checks whether a sentence says only what the quotes say that it cites, never the rest of the report."""

from __future__ import annotations

from index.documents import Document, Span
from rag.answers import Verification
from rag.verification.evidence import Claim, Evidence, evidence_at
from rag.verification.gate import Gate
from rag.verification.judge import LANGUAGE_MODEL, NO_JUDGE, Judge, Judgement, Thresholds, open_judge
from rag.verification.near_verbatim import is_verbatim

__all__ = [
    "LANGUAGE_MODEL",
    "NO_JUDGE",
    "Claim",
    "Evidence",
    "Gate",
    "Judge",
    "Judgement",
    "Thresholds",
    "evidence_at",
    "is_verbatim",
    "open_judge",
    "verify_quote",
]


def verify_quote(quote: str, document: Document, span: Span) -> Verification:
    """``quoted`` if the stored document has these words there, else ``unsupported``."""
    matches = span.of(document.text) == quote
    if not matches:
        return Gate().check(quote, [Evidence(quote, quote_matches=False)])
    return Verification("quoted", quote_matches=True, figures_match=True, score=1.0)
