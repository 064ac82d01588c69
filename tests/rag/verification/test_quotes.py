"""A quoted sentence is compared with the stored text, and with nothing else."""

from __future__ import annotations

from index.documents import Document, Span
from rag.answers import Verification
from rag.verification import verify_quote

REPORT = Document("Police arrested 1,043 people on Monday. They were freed.", "Raid", "text")
FIRST = Span(0, 39)


def test_a_quoted_sentence_is_only_compared_with_the_text() -> None:
    quote = FIRST.of(REPORT.text)
    assert verify_quote(quote, REPORT, FIRST) == Verification("quoted", True, True, 1.0)
    for words, span in (
        (quote[:-1], FIRST),
        (f"{quote} ", FIRST),
        (quote, Span(1, 40)),
        (quote, Span(0, 38)),
    ):
        assert verify_quote(words, REPORT, span) == Verification(
            "unsupported", False, True, 0.0, "a quote differs from the words of its document"
        )
