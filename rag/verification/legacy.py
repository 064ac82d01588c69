"""Whether a sentence of an answer is what the words it cites say.

The quote is read again from the stored text, and the sentence is compared with the quote alone, never
with the rest of the report.
"""

from __future__ import annotations

import unicodedata

import regex

from index.documents import Document, Span
from rag.answers import Verdict, Verification

_FIGURE = regex.compile(r"\p{N}+(?:[.,\u00a0\u202f'’]\p{N}+)*")
_SEPARATOR = regex.compile(r"[,\u00a0\u202f'’](?=\p{N}{3}(?!\p{N}))")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")

PARTIAL_FROM = 0.5
"""The share of a sentence's words that its quote must have to count as partial rather than unsupported."""

SUPPORTED_FROM = 0.9
"""The share that it must have to count as supported: a quotation has all of them."""


def verify(sentence: str, quote: str, document: Document, span: Span) -> Verification:
    """Check one sentence against the words that it cites.

    Args:
        sentence: a sentence of the answer.
        quote: the words it is footnoted to.
        document: the cited document, as stored.
        span: where the quote is said to stand in it.
    """
    quote_matches = span.of(document.text) == quote
    figures_match = figures(sentence) <= figures(quote)
    score = _covered(sentence, quote)
    return Verification(_verdict(score, quote_matches, figures_match), quote_matches, figures_match, score)


def figures(text: str) -> frozenset[str]:
    """The numbers in ``text``, in any script's digits, without separators of thousands."""
    return frozenset(
        unicodedata.normalize("NFKC", _SEPARATOR.sub("", match)) for match in _FIGURE.findall(text)
    )


def _verdict(score: float, quote_matches: bool, figures_match: bool) -> Verdict:
    if not quote_matches or not figures_match or score < PARTIAL_FROM:
        return "unsupported"
    return "supported" if score >= SUPPORTED_FROM else "partial"


def _covered(sentence: str, quote: str) -> float:
    words = _WORD.findall(sentence.casefold())
    if not words:
        return 1.0 if sentence.strip() in quote else 0.0
    held = set(_WORD.findall(quote.casefold()))
    return round(sum(word in held for word in words) / len(words), 4)
