"""A sentence is supported by its quote, or it is not: figures, words, and the quote itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, Span
from rag.answers import Verification
from rag.verification import verify, verify_quote

REPORT = Document("Police arrested 1,043 people on Monday. They were freed.", "Raid", "text")
FIRST = Span(0, 39)


def test_a_verbatim_quotation_is_supported() -> None:
    quote = FIRST.of(REPORT.text)
    assert verify(quote, quote, REPORT, FIRST) == Verification("supported", True, True, 1.0)


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
            "unsupported", False, True, 0.0, "a quote is not what the document says"
        )


def test_a_changed_figure_is_unsupported() -> None:
    quote = FIRST.of(REPORT.text)
    checked = verify("Police arrested 1,044 people on Monday.", quote, REPORT, FIRST)
    assert (checked.verdict, checked.quote_matches, checked.figures_match) == ("unsupported", True, False)


def test_a_figure_may_be_written_in_another_form() -> None:
    quote = FIRST.of(REPORT.text)
    assert verify("Police arrested 1043 people.", quote, REPORT, FIRST).figures_match


def test_words_that_the_quote_lacks_make_it_partial_then_unsupported() -> None:
    quote = FIRST.of(REPORT.text)
    partly = verify("Police arrested people in a storm on Monday.", quote, REPORT, FIRST)
    assert (partly.verdict, partly.reason) == ("partial", "the cited sentence does not have “storm”")
    assert verify("The minister resigned yesterday evening.", quote, REPORT, FIRST).verdict == "unsupported"


def test_a_quote_that_is_not_in_the_text_is_unsupported() -> None:
    checked = verify("They were freed.", "They were freed.", REPORT, Span(0, 16))
    assert (checked.verdict, checked.quote_matches) == ("unsupported", False)


@given(st.text())
def test_any_text_supports_itself(text: str) -> None:
    document = Document(text, "t", "text")
    assert verify(text, text, document, Span(0, len(text))).verdict == "supported"
