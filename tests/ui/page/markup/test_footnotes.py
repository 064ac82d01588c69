"""The list of footnotes has the number, quote, source and verdict of each, for readers and for the card."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from index.text import readable_rows
from rag.answers import Citation, Verdict, Verification
from tests.support.markup import ENGLISH, Page, citation, shown, texts
from ui.page.head import ASSETS, locale_in
from ui.page.markup.answer import ShownSentence, foot_list_markup


def resting(words: str, *cited: Citation) -> ShownSentence:
    return ShownSentence(words, cited, cited[0].verification.verdict)


def found(cited: Citation, verdict: Verdict, reason: str | None = None) -> Citation:
    checked = Verification(verdict, quote_matches=True, figures_match=True, score=0.5, reason=reason)
    return replace(cited, verification=checked)


def test_no_footnotes_make_no_list() -> None:
    assert foot_list_markup([], ENGLISH) == ""


def test_each_footnote_has_its_words_its_source_and_what_was_found_by_number() -> None:
    second = citation(2, "Two.", document_id=5, page=3)
    first = citation(1, "One.")
    page = Page(foot_list_markup([resting("Two.", second), resting("One.", first)], ENGLISH))
    assert [text for _, text in page.texts if text.strip()] == [
        *["2 footnotes"],
        *["[1]", "One.", "Report 1", "The Office", "18 July 2025", "Quoted word for word."],
        *["[2]", "Two.", "Report 5", "The Office", "18 July 2025", "page 3", "Quoted word for word."],
    ]
    assert page.links == [
        *[("#cite-1-2-100-104", None)] * 2,
        *[("#cite-5-2-100-104", None)] * 2,
    ]


def test_an_entry_is_found_by_its_number_and_coloured_by_its_verdict() -> None:
    markup = foot_list_markup([resting("It cost 9.", found(citation(12, "9"), "paraphrased"))], ENGLISH)
    assert '<li class="fn-foot fn-foot-12 fn-paraphrased">' in markup


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Quoted word for word."),
        ("id", "Dikutip kata demi kata."),
        ("km", "ដកស្រង់ត្រង់តាមពាក្យដើម។"),
        ("vi", "Trích nguyên văn."),
        ("zh", "逐字引用。"),
    ],
)
def test_a_quoted_sentence_is_said_to_be_quoted_and_nothing_more(language: str, words: str) -> None:
    cited = found(citation(1, "The gate had rust."), "quoted")
    markup = foot_list_markup([resting("The gate had rust.", cited)], locale_in(language))
    assert Page(markup).text_of("fn-foot-verdict") == [words]
    assert '<li class="fn-foot fn-foot-1 fn-quoted">' in markup


def test_no_style_colours_a_quoted_footnote() -> None:
    styles = [file.read_text(encoding="utf-8") for file in (ASSETS / "styles").glob("*.css")]
    assert any(".fn-supported .fn-foot-verdict" in style for style in styles)
    assert not any("fn-quoted" in style for style in styles)


@pytest.mark.parametrize(
    ("verdict", "reason", "words"),
    [
        ("supported", None, "Supported: the quote says what the sentence says."),
        ("paraphrased", None, "In the model’s words: compare them with the quote."),
        (
            "paraphrased",
            "“rust” is not in it",
            "In the model’s words, not confirmed: “rust” is not in it. Compare them with the quote.",
        ),
        ("unsupported", "9 is not in it", "The source does not support this: 9 is not in it."),
    ],
)
def test_a_sentence_in_other_words_is_said_to_be_carried_or_not_and_why(
    verdict: Verdict, reason: str | None, words: str
) -> None:
    cited = found(citation(1, "The gate had rust."), verdict, reason)
    page = Page(foot_list_markup([resting("Rust was found.", cited)], ENGLISH))
    assert page.text_of("fn-foot-verdict") == [words]


def test_a_footnote_of_two_sentences_is_listed_once_with_the_worse_verdict() -> None:
    good = citation(1, "One.")
    bad = found(citation(1, "One."), "unsupported", "2 is not in it")
    page = Page(foot_list_markup([resting("One.", good), resting("Two.", bad)], ENGLISH))
    assert page.text_of("summary") == ["1 footnote"]
    assert page.text_of("fn-foot-verdict") == ["The source does not support this: 2 is not in it."]


def test_a_row_stands_under_its_headings() -> None:
    cited = replace(citation(1, "Monday | 412"), headings="Arrests\nDay | Arrests")
    page = Page(foot_list_markup([resting("Monday | 412", cited)], ENGLISH))
    assert page.text_of("fn-line") == ["Arrests"]
    assert page.text_of("th") == ["Day", "Monday"]
    assert page.text_of("fn-figure") == ["Arrests", "412"]


def test_a_replaced_version_and_recognised_words_are_said() -> None:
    cited = replace(citation(1, "One."), superseded_by=4, recognised=True)
    page = Page(foot_list_markup([resting("One.", cited)], ENGLISH))
    assert page.text_of("fn-badge") == ["superseded by version 4"]
    assert page.text_of("fn-fact")[-1] == "text recognised from an image"


@given(texts.filter(bool), texts.filter(bool), texts.filter(bool))
def test_hostile_words_of_a_report_or_a_model_are_text(quote: str, title: str, reason: str) -> None:
    cited = found(replace(citation(1, quote), title=title, publisher=title), "paraphrased", reason)
    page = Page(foot_list_markup([resting("A sentence.", cited)], ENGLISH))
    assert "".join(page.text_of("fn-foot-quote")) == shown(readable_rows(quote))
    assert "".join(page.text_of("fn-foot-title")) == shown(title)
    said = f"In the model’s words, not confirmed: {shown(reason)}. Compare them with the quote."
    assert "".join(page.text_of("fn-foot-verdict")) == said
    assert set(page.tags) == {"details", "summary", "ol", "li", "a", "div", "p", "q", "span"}
