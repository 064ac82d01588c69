"""The markup of an answer shows text of documents literally, and has its actions, footnotes and checks."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from html import unescape

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from index.records import Filters
from index.text import readable_rows
from rag.answers import (
    Cause,
    CellAddress,
    Citation,
    Comparison,
    Computed,
    Copy,
    Disagreement,
    Dropped,
    Headline,
    Searched,
    StatedFigure,
    Verdict,
    Verification,
)
from rag.conversations.feedback import Judgement
from rag.headlines import POINTS
from tests.support.markup import ENGLISH, Page, above, abstention, answer, citation, passage, shown, texts
from ui.page.head import locale_in
from ui.page.markup import answer as render
from ui.page.markup.answer import (
    ShownSentence,
    actions_markup,
    failure_markup,
    filter_phrases,
    filters_markup,
    foot_list_markup,
    made_markup,
    question_markup,
    searched_markup,
)
from ui.page.markup.tables import source_target

answer_markup = partial(render.answer_markup, locale=ENGLISH)
streamed_markup = partial(render.streamed_markup, locale=ENGLISH)
waiting_markup = partial(render.waiting_markup, ENGLISH)

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> ![i](http://evil.example/x.png) "
    "[x](javascript:alert(1)) **bold** `code` $$x^2$$ \\(y\\) &amp; &#60; http://evil.example a@b.example\n\n"
    "# Heading\n\n- item\n\n> quote | cell\n---\n<!-- comment --> 😀 e\u0301 \u202e שלום"
)


TAGS = {"div", "p", "q", "a", "span", "details", "summary", "ol", "ul", "li", "button"}


@given(st.lists(texts.filter(bool), min_size=1, max_size=4))
def test_every_quoted_sentence_is_shown_whole_with_its_mark(quotes: list[str]) -> None:
    cited = [
        citation(number, quote, at=sum(map(len, quotes[: number - 1])))
        for number, quote in enumerate(quotes, 1)
    ]
    page = Page(answer_markup(answer(*cited)))
    assert "".join(page.text_of("fn-quote")) == "".join(shown(readable_rows(quote)) for quote in quotes)
    assert page.text_of("fn-mark") == [f"[{number}]" for number in range(1, len(quotes) + 1)]
    assert set(page.tags) <= TAGS


@pytest.mark.parametrize("stream", [False, True])
def test_each_item_of_a_list_begins_a_line(stream: bool) -> None:
    text = "The dam failed. He ordered:\n• raids,\n• arrests.\nThey began."
    quotes = ["The dam failed.", "He ordered:", "• raids,", "• arrests.", "They began."]
    cited = [citation(number, quote, at=text.index(quote)) for number, quote in enumerate(quotes, 1)]
    markup = streamed_markup(text, cited) if stream else answer_markup(answer(*cited, text=text))
    lines = re.findall('<p class="fn-sentences">.*?</p>', markup)
    assert [Page(line).text_of("fn-quote") for line in lines] == [
        ["The dam failed.", "He ordered:"],
        ["• raids,"],
        ["• arrests."],
        ["They began."],
    ]


@given(texts, texts)
def test_a_hostile_title_or_publisher_is_text(title: str, publisher: str) -> None:
    cited = replace(citation(1, "Words."), title=title or "T", publisher=publisher or None)
    page = Page(answer_markup(answer(cited)))
    assert "".join(page.text_of("fn-title")) == shown(title or "T")
    assert "".join(page.text_of("fn-foot-title")) == shown(title or "T")
    assert set(page.tags) <= TAGS


@pytest.mark.parametrize(
    "markup",
    [
        question_markup(HOSTILE),
        failure_markup(HOSTILE),
        streamed_markup(HOSTILE, []),
        answer_markup(answer(citation(1, HOSTILE))),
        answer_markup(abstention(passage(HOSTILE, HOSTILE))),
    ],
)
def test_no_part_of_a_message_lets_a_document_load_link_or_run_anything(markup: str) -> None:
    page = Page(markup)
    assert not {"script", "img", "code", "em", "strong", "h1", "hr", "table"} & set(page.tags)
    assert all(href.startswith(("#cite-", "v1/answers/0000")) for href, _ in page.links)
    assert "\n" not in markup, "a blank line would end the HTML block and begin Markdown"


def test_a_mark_leads_to_the_exact_words_and_says_where_they_are() -> None:
    page = Page(answer_markup(answer(citation(3, "Words.", document_id=5, page=2))))
    assert page.links[0] == ("#cite-5-2-100-106", "Footnote 3: open the quote in Report 5, page 2")
    assert source_target(passage("Words.")) == "#cite-7-1-10-16"


def test_an_answer_with_a_headline_begins_with_it() -> None:
    row = replace(
        citation(1, "Gates | 12 | 30", document_id=5),
        headings="| Opened | Shut",
        cell=CellAddress("Gates", "Shut", "30", "", 113, 115),
    )
    headline = Headline("<b>30", "in *millions*", "Gates & dams", "Shut")
    page = Page(answer_markup(replace(answer(row), headline=headline)))
    assert page.texts[:4] == [
        ("fn-headline-value", "<b>30"),
        ("fn-headline", " "),
        ("fn-headline-unit", "in *millions*"),
        ("fn-headline-row", "Gates & dams"),
    ]
    assert page.text_of("fn-headline-column") == ["Shut"]
    assert "b" not in page.tags
    assert page.text_of("mark") == ["30", "30"], "in the answer and in its footnote"
    assert page.links[0][0] == "#cite-5-2-100-115-113-115"
    assert not Page(answer_markup(answer(row))).text_of("fn-headline-value")


def test_two_figures_that_are_compared_stand_under_their_shared_name() -> None:
    other = Comparison("$ 10", "", "Gates & dams", "2022", Computed("+$2", POINTS, "+20.0%", "yes"))
    headline = Headline("$ 12", "", "Gates & dams", "2023", other)
    page = Page(answer_markup(replace(answer(citation(1, "Gates | $ 12 | $ 10")), headline=headline)))
    assert page.text_of("fn-headline-answer") == ["Yes"]
    assert page.text_of("fn-headline-row") == ["Gates & dams"]
    assert page.text_of("fn-headline-value") == ["$ 12", "$ 10"]
    assert page.text_of("fn-headline-own") == ["2023", "2022"]
    assert page.text_of("fn-headline-mark") == ["computed from the two figures, not cited"]
    assert page.text_of("fn-headline-amount") == ["+$2 percentage points (+20.0%)"]


def test_the_row_that_has_more_is_named_as_the_report_names_it() -> None:
    other = Comparison("10", "", "North", "Shut", Computed("2", "", None, "<b>South"))
    headline = Headline("12", "", "<b>South", "Shut", other)
    page = Page(answer_markup(replace(answer(citation(1, "South | 12")), headline=headline)))
    assert page.text_of("fn-headline-answer") == ["<b>South"]
    assert page.text_of("fn-headline-own") == ["<b>South", "North"]


def test_sentences_of_one_report_stand_together_above_their_source() -> None:
    first = citation(1, "One.", document_id=1, page=4)
    second = citation(2, "Two.", document_id=1, page=2, at=5)
    third = citation(3, "Three.", document_id=2, at=10)
    page = Page(above(answer_markup(answer(first, second, third, text="One. Two.\nThree."))))
    order = [
        text
        for owner, text in page.texts
        if owner in {"fn-quote", "fn-title", "fn-fact"} or (owner == "fn-mark" and text)
    ]
    assert order == [
        *["One.", "[1]", "Two.", "[2]", "Report 1", "The Office", "18 July 2025", "pages 2, 4"],
        *["Three.", "[3]", "Report 2", "The Office", "18 July 2025"],
    ]


def test_words_that_were_recognised_in_a_picture_are_said_to_be() -> None:
    first = citation(1, "One.", document_id=1, page=4)
    second = replace(citation(2, "Two.", document_id=1, page=2, at=5), recognised=True)
    page = Page(answer_markup(answer(first, second, text="One. Two.")))
    recognised = "text recognised from an image"
    assert page.text_of("fn-fact") == [
        *["The Office", "18 July 2025", "pages 2, 4", recognised],
        *["The Office", "18 July 2025", "page 4"],
        *["The Office", "18 July 2025", "page 2", recognised],
    ]


def test_a_sentence_that_is_not_the_source_s_own_is_not_shown_as_a_quotation() -> None:
    cited = replace(citation(1, "Arrests: 1,000 in 3 days"), answer_end=25)
    page = Page(answer_markup(answer(cited, text="A thousand were arrested.")))
    assert page.text_of("fn-claim") == ["A thousand were arrested."]
    assert page.text_of("fn-quote") == []


@pytest.mark.parametrize(
    ("verdict", "label"),
    [
        ("quoted", []),
        ("supported", []),
        ("paraphrased", ["in the model’s words (compare with the quote)"]),
        ("unsupported", ["not supported"]),
    ],
)
def test_a_doubtful_sentence_says_so(verdict: Verdict, label: list[str]) -> None:
    checked = Verification(verdict, quote_matches=True, figures_match=False, score=0.4)
    page = Page(answer_markup(answer(replace(citation(1, "Words."), verification=checked))))
    assert page.text_of("fn-doubt") == label


def copy(document_id: int, start: int = 7) -> Copy:
    return Copy(document_id, 1, f"Copy {document_id}", None, None, start, start + 4)


def test_a_report_s_own_footnote_mark_does_not_look_like_one_of_the_answer() -> None:
    page = unescape(above(answer_markup(answer(citation(1, "The gate rusted.[38]")))))
    assert "The gate rusted.⟨38⟩" in page
    assert "[38]" not in page


def test_other_reports_with_the_same_words_are_named_below_the_source_and_open_there() -> None:
    first = replace(citation(1, "One."), also_in=(copy(8), copy(9, 50)))
    second = replace(citation(2, "Two.", at=5), also_in=(copy(9, 90),))
    page = Page(above(answer_markup(answer(first, second, text="One. Two."))))
    assert "".join(text for owner, text in page.texts if owner in {"fn-copies", "fn-copy"}) == (
        "The same words are in Copy 8, Copy 9."
    )
    assert [href for href, _ in page.links[-2:]] == ["#cite-8-1-7-11", "#cite-9-1-50-54"]


def test_of_many_reports_with_the_same_words_three_are_named() -> None:
    cited = replace(citation(1, "One."), also_in=tuple(map(copy, range(2, 7))))
    page = Page(above(answer_markup(answer(cited))))
    assert page.text_of("fn-copy") == ["Copy 2", "Copy 3", "Copy 4"]
    assert page.text_of("fn-copies")[-1] == " and 2 other reports."


def row(number: int, quote: str, headings: str = "Arrests\nDay | Arrests", at: int = 0) -> Citation:
    return replace(citation(number, quote, at=at), headings=headings)


def test_rows_of_one_table_are_one_table_between_the_sentences_around_them() -> None:
    cited = [
        citation(1, "Before."),
        row(2, "Monday | 412", at=8),
        row(3, "Tuesday | 96", at=21),
        citation(4, "After.", at=34),
    ]
    page = Page(above(answer_markup(answer(*cited, text="Before. Monday | 412 Tuesday | 96 After."))))
    kept = {"div", "p", "q", "table", "caption", "thead", "tbody", "tr", "th"}
    group = page.tags[1 : page.tags.index("a", page.tags.index("q", page.tags.index("table"))) + 1]
    assert [tag for tag in group if tag in kept] == [
        *["div", "p", "q", "div", "table", "caption", "thead", "tr", "th", "th"],
        *["tbody", "tr", "th", "tr", "th", "p", "q"],
    ]
    order = [
        text for owner, text in page.texts if owner in {"fn-line", "th", "fn-figure", "fn-mark", "fn-quote"}
    ]
    assert order == [
        *["Before.", "[1]", "Arrests", "Day", "Arrests", "Monday", "412", "[2]", "Tuesday", "96", "[3]"],
        *["After.", "[4]"],
    ]


def test_rows_of_two_tables_are_two_tables() -> None:
    cited = [row(1, "Monday | 412"), row(2, "Oxen | 7", "Herds\nKind | Head", at=13)]
    page = Page(above(answer_markup(answer(*cited, text="Monday | 412 Oxen | 7"))))
    assert page.tags.count("table") == 2
    assert page.text_of("fn-line") == ["Arrests", "Herds"]


def test_a_sentence_that_rests_on_a_row_in_its_own_words_stays_a_sentence() -> None:
    cited = replace(row(1, "Monday | 412"), answer_end=27)
    page = Page(above(answer_markup(answer(cited, text="On Monday 412 were arrested"))))
    assert page.text_of("fn-claim") == ["On Monday 412 were arrested"]
    assert "table" not in page.tags


def test_a_note_stands_below_the_answer() -> None:
    noted = replace(answer(citation(1, "Words.")), note="The words cited are in Khmer.")
    assert Page(above(answer_markup(noted))).texts[-1] == ("fn-note", "The words cited are in Khmer.")


def test_a_note_of_what_was_not_found_stands_above_the_answer_also_while_it_arrives() -> None:
    cited = citation(1, "Words.")
    noted = replace(answer(cited), note="Not found in these reports: “2020”.")
    assert Page(above(answer_markup(noted))).texts[0] == ("fn-note", noted.note)
    arriving = streamed_markup("Words.", [cited], missing=noted.note)
    assert Page(arriving).texts[0] == ("fn-note", noted.note)


def test_an_abstention_gives_the_reason_and_the_nearest_passage_and_the_others_behind_a_click() -> None:
    read = [passage(f"Gate {number} | Shut", f"lacks “{number}”") for number in range(5)]
    markup = answer_markup(abstention(*read))
    nearest, _, others = markup.partition('<details class="fn-others">')
    page = Page(f"{nearest}</div>")
    assert page.text_of("fn-none") == ["Not answered"]
    assert page.text_of("fn-reason") == ["No sentence answers."]
    assert page.text_of("fn-nearest-name") == ["Closest passage"]
    assert page.text_of("fn-excerpt") == ["Gate 0 · Shut"]
    assert page.text_of("fn-shortfall") == ["This passage lacks “0”."]
    assert page.text_of("fn-fact")[:2] == ["March 2025", "page 4"]
    assert page.text_of("fn-searched") == [
        "Ask in the words of the reports, or add a report that answers this."
    ]
    assert others.startswith("<summary>Show 4 more passages that were read</summary><ol><li>")
    assert Page(markup).text_of("fn-excerpt") == [f"Gate {number} · Shut" for number in range(5)]
    assert [href for href, _ in Page(markup).links if href.startswith("#")] == ["#cite-7-1-10-23"] * 5
    assert "fn-others" not in answer_markup(abstention(read[0]))
    assert Page(answer_markup(abstention())).text_of("fn-nearest") == []


def test_alternatives_stand_in_a_line_each_below_an_answer_that_is_not_sure() -> None:
    row = replace(passage("North | 41 | 38"), headings="Region | Opened | Closed")
    made = replace(answer(citation(1, "It is 57.")), alternatives=(passage("It is <41>."), row))
    page = Page(answer_markup(made))
    assert page.text_of("fn-instead") == ["Or:", "Or:"]
    assert page.text_of("fn-copy")[0] == "It is <41>."
    assert page.text_of("fn-copy")[1] == "North: Opened = 41; Closed = 38"
    assert [href for href, _ in page.links if href.startswith("#cite-7-")] == [
        "#cite-7-1-10-21",
        "#cite-7-1-10-25",
    ]
    assert "fn-alternatives" not in answer_markup(replace(made, alternatives=()))


def test_a_streamed_answer_shows_cited_sentences_and_the_words_still_to_be_cited() -> None:
    page = Page(streamed_markup("One. Tw", [citation(1, "One.")]))
    assert page.text_of("fn-quote") == ["One."]
    assert page.text_of("fn-pending") == ["Tw"]


def body(markup: str) -> str:
    """The markup between the opening tag of an answer and its buttons."""
    return markup.partition(">")[2].partition('<div class="fn-actions">')[0].removesuffix("</div>")


def test_a_streamed_answer_ends_as_the_whole_answer() -> None:
    cited = [citation(1, "One."), citation(2, "Two.", document_id=2, at=5)]
    whole = body(answer_markup(answer(*cited, text="One.\nTwo.")))
    streamed = body(streamed_markup("One.\nTwo.", cited))
    assert streamed == whole
    assert "fn-strip" in whole
    assert "fn-footnotes" in whole


def test_a_row_is_a_table_as_soon_as_its_footnote_arrives() -> None:
    first, second = row(1, "Monday | 412"), row(2, "Tuesday | 96", at=13)
    text = "Monday | 412 Tuesday | 96"
    assert Page(streamed_markup(text[:12], [])).text_of("fn-pending") == ["Monday · 412"]
    assert Page(streamed_markup(text, [first])).text_of("fn-pending") == ["Tuesday · 96"]
    assert Page(above(streamed_markup(text, [first]))).text_of("fn-figure") == ["Arrests", "412"]
    assert body(streamed_markup(text, [first, second])) == body(
        answer_markup(answer(first, second, text=text))
    )


def test_a_corrected_question_is_named_above_its_answer_with_a_way_back() -> None:
    for made in (answer(citation(1, "One.")), abstention()):
        markup = answer_markup(replace(made, searched_for="Who <closed> it?"))
        assert "Searched for <q>Who &#60;closed&#62; it&#63;</q>&#46; <button" in markup
        assert '<button class="fn-act fn-act-exact">Search as typed</button></p>' in markup
        assert "fn-act-exact" not in answer_markup(made)


def test_a_correction_shows_before_the_answer_and_cannot_be_undone_yet() -> None:
    for markup in (
        waiting_markup("waiting.reading", 8, searched_for="Who closed it?"),
        streamed_markup("One.", [citation(1, "One.")], searched_for="Who closed it?"),
    ):
        assert "Searched for <q>Who closed it&#63;</q>&#46;</p>" in markup
        assert "fn-act-exact" not in markup


@pytest.mark.parametrize(
    ("cause", "language", "said"),
    [
        ("greeting", "en", "Hello! Ask a question about the reports in this library."),
        ("thanks", "vi", "Không có gì. Hãy đặt câu hỏi khác bất cứ lúc nào."),
        ("needs_model", "vi", "<Nothing> found."),
    ],
)
def test_a_greeting_is_answered_with_a_sentence_alone(cause: Cause, language: str, said: str) -> None:
    answer = replace(abstention(), cause=cause, text="<Nothing> found.")
    page = Page(render.answer_markup(answer, locale_in(language)))
    assert page.text_of("fn-reason") == [said]
    assert page.text_of("fn-act") == []


@pytest.mark.parametrize(
    ("language", "beginning"),
    [
        ("en", "The model that searches this library does not match this question with reports"),
        ("vi", "Mô hình tìm kiếm trong thư viện này không đối chiếu được câu hỏi này"),
    ],
)
def test_a_question_that_the_encoder_cannot_read_is_told_the_remedy_in_the_reader_s_language(
    language: str, beginning: str
) -> None:
    unread = replace(abstention(), cause="language")
    markup = render.answer_markup(unread, locale_in(language))
    assert markup.startswith('<div class="fn-abstention fn-unread'), "the script finds it"
    [reason] = Page(markup).text_of("fn-reason")
    assert reason.startswith(beginning)
    [advice] = Page(markup).text_of("fn-searched")
    assert "FOOTNOTED_MODEL=multilingual-e5-small footnoted sync" in advice


def test_a_report_without_a_publisher_is_attributed_to_its_author() -> None:
    cited = replace(citation(1, "Words."), title="T", publisher=None, author="The commission")
    markup = answer_markup(answer(cited))
    assert '<span class="fn-fact">The commission</span>' in markup
    named = replace(cited, publisher="The Office")
    assert "The commission" not in answer_markup(answer(named))


def test_the_script_finds_an_answer_and_its_conversation_by_the_first_tag() -> None:
    made = replace(answer(citation(1, "Words.")), conversation_id="a-b_1")
    opening, _, _ = answer_markup(made).partition(">")
    assert unescape(opening) == f'<div class="fn-answer fn-in-a-b_1" id="fn-answer-{"0" * 32}"'
    none = replace(abstention(), conversation_id="c")
    assert unescape(answer_markup(none)).startswith(
        f'<div class="fn-abstention fn-in-c" id="fn-answer-{"0" * 32}">'
    )


def test_what_arrives_is_told_from_what_was_stopped() -> None:
    assert streamed_markup("One.", []).startswith('<div class="fn-answer fn-arriving">')
    stopped = streamed_markup("One. Tw", [citation(1, "One.")], is_stopped=True)
    assert stopped.startswith('<div class="fn-answer fn-stopped">')
    page = Page(stopped)
    assert page.text_of("fn-note") == ["Stopped before the answer was complete. This part is not saved."]
    assert page.text_of("fn-act") == []


def test_an_answer_can_be_copied_linked_saved_asked_again_edited_and_judged() -> None:
    made = replace(answer(), answer_id="ab" * 16)
    page = Page(actions_markup(made, ENGLISH))
    assert page.text_of("fn-act") == [
        *["Copy", "Copy link", "Save", "Ask again", "Edit question"],
        *["Thumbs up", "Thumbs down", "The library has no answer"],
    ]
    assert page.links == [(f"v1/answers/{'ab' * 16}.{suffix}", None) for suffix in ("md", "html", "docx")]
    assert page.text_of("fn-file") == ["Markdown", "Web page", "Word"]


def test_an_abstention_is_judged_in_its_own_words() -> None:
    markup = actions_markup(abstention(), ENGLISH)
    assert Page(markup).text_of("fn-act")[5:] == ["Thumbs up", "Should be answered"]
    assert "fn-act-unanswerable" in markup
    assert "fn-act-right" not in markup


@pytest.mark.parametrize("given", ["right", "wrong", "unanswerable"])
def test_what_was_said_of_an_answer_is_marked(given: Judgement) -> None:
    markup = actions_markup(answer(), ENGLISH, given)
    assert markup.count("fn-given") == 1
    assert f'class="fn-act fn-act-judge fn-act-{given} fn-given"' in markup


understood_markup = partial(render.understood_markup, locale=ENGLISH)
checks_markup = partial(render.checks_markup, locale=ENGLISH)
disagreements_markup = partial(render.disagreements_markup, locale=ENGLISH)

TAGGED = "<script>alert(1)</script> & <b>bold</b>"
LACKS = "9.9 million is not in the cited sentence, which has 1.2 million"


def parts(markup: str) -> list[str]:
    """The text of markup, by element."""
    return [unescape(text) for text in regex.split(r"<[^<>]*>", markup) if text.strip()]


def stated(value: str, number: int, published: str | None, *, superseded: bool = False) -> StatedFigure:
    return StatedFigure(value, number, number, 1, f"Report {number}", "Gazette", published, superseded)


def test_an_answer_without_doubts_says_nothing_of_them() -> None:
    quoted = Verification("quoted", True, True, 1.0)
    for checked in (citation(1, "Words.").verification, quoted):
        assert checks_markup(answer(replace(citation(1, "Words."), verification=checked))) == ""


def test_quoted_sentences_are_counted_beside_those_that_a_model_wrote_in_vain() -> None:
    quoted = Verification("quoted", True, True, 1.0)
    made = replace(
        answer(replace(citation(1, "Gate 3 failed."), verification=quoted)),
        dropped=(Dropped("It cost 9.9 million.", LACKS),),
    )
    for language, counted in (
        ("en", "Sentences checked: 1 quoted word for word, 1 left out"),
        ("zh", "已核查的句子：1 句逐字引用、1 句已略去"),
    ):
        assert parts(render.checks_markup(made, locale_in(language)))[0] == counted


def test_doubts_are_counted_and_each_is_told_with_its_reason() -> None:
    doubtful = Verification("paraphrased", True, True, 0.6, "“rust” is not in the cited sentence")
    made = replace(
        answer(
            citation(1, "Gate 3 failed."),
            replace(citation(2, "It had rust.", at=15), verification=doubtful),
            text="Gate 3 failed. It had rust.",
        ),
        dropped=(Dropped("It cost 9.9 million.", LACKS),),
    )
    assert parts(checks_markup(made)) == [
        "Sentences checked: 1 supported, 1 in the model’s words (compare with the quote), 1 left out",
        *(
            "It had rust.",
            "in the model’s words (compare with the quote): “rust” is not in the cited sentence",
        ),
        *("It cost 9.9 million.", f"left out: {LACKS}"),
    ]


def test_what_an_abstaining_model_wrote_can_be_looked_at() -> None:
    made = replace(abstention(), dropped=(Dropped("It cost 9.9 million.", LACKS),))
    shown, _, _ = answer_markup(made).partition('<div class="fn-actions">')
    assert parts(shown)[-2:] == ["It cost 9.9 million.", f"left out: {LACKS}"]


def test_a_sentence_that_nothing_carries_is_struck_out() -> None:
    wrong = replace(
        citation(1, "It cost 9.9 million."), verification=Verification("unsupported", True, False, 0.4, LACKS)
    )
    for markup in (answer_markup(answer(wrong)), streamed_markup("It cost 9.9 million.", [wrong])):
        assert '<s><q class="fn-quote">It cost 9.9 million.</q></s>' in unescape(markup)
        assert parts(markup)[:3] == ["It cost 9.9 million.", "[1]", "not supported"]


def test_different_figures_stand_in_a_table_with_source_and_date() -> None:
    figures = (
        stated("15,900", 2, "2031-06-27"),
        stated("14,170", 1, "2031-05", superseded=True),
        stated("12,000", 3, None),
    )
    cited = (citation(1, "14,170"), citation(2, "15,900"))
    markup = disagreements_markup(
        replace(answer(*cited), disagreements=(Disagreement("people displaced", figures),))
    )
    assert parts(markup) == [
        "The sources give different figures: people displaced",
        *("Figure", "Source", "Date"),
        *("15,900", "[2]", "Report 2 · Gazette", "27 June 2031"),
        *("14,170", "[1]", "Report 1 · Gazette", "May 2031 (superseded)"),
        *("12,000", "Report 3 · Gazette", "undated"),
    ]


def test_words_of_documents_and_models_are_shown_as_words() -> None:
    figure = StatedFigure(TAGGED, 1, 1, 1, TAGGED, TAGGED, TAGGED, False)
    made = replace(
        answer(citation(1, "Words.")),
        standalone=TAGGED,
        dropped=(Dropped(TAGGED, TAGGED),),
        disagreements=(Disagreement(TAGGED, (figure,)),),
    )
    markup = answer_markup(made)
    assert "<script" not in markup
    assert "<b>" not in markup
    # The question; the figure, its table, source (twice) and date; the dropped sentence and its reason.
    assert unescape(markup).count(TAGGED) == 8


def test_a_follow_up_tells_what_it_was_taken_to_ask() -> None:
    assert understood_markup(None) == ""
    assert parts(understood_markup("Who ordered the raids?")) == ["Understood as ", "Who ordered the raids?"]


@pytest.mark.parametrize(
    ("searched", "phrases"),
    [
        (Searched(3, Filters()), []),
        (Searched(3, Filters(publishers=("A", "B"))), ["publisher A or B"]),
        (Searched(3, Filters(publishers=tuple("ABCDE"))), ["publisher A, B, C, or 2 others"]),
        (Searched(3, Filters(languages=("en", "id"))), ["language English or Indonesian"]),
        (Searched(3, Filters(collections=("letters",))), ["collection letters"]),
        (Searched(3, Filters(kinds=("eml", "no-such"))), ["kind e-mail or no-such"]),
        (Searched(3, Filters((1,))), ["1 chosen report"]),
        (Searched(1, Filters((1,)), ("A day",)), ["“A day”"]),
        (Searched(5, Filters((1, 2, 3, 4, 5)), ("A", "B", "C")), ["“A”, “B”, “C”, and 2 others"]),
        (
            Searched(3, Filters(published_after="2025-03-01", published_before="2026")),
            ["published after 1 March 2025", "published before 2026"],
        ),
    ],
)
def test_each_filter_is_a_phrase(searched: Searched, phrases: list[str]) -> None:
    assert list(filter_phrases(searched, ENGLISH)) == phrases


def test_what_is_said_is_in_the_reader_s_language() -> None:
    chinese = locale_in("zh")
    searched = Searched(1, Filters((4, 5), ("A", "B"), kinds=("eml",), published_after="2025-03"), ("潮汐",))
    assert Page(filters_markup(searched, chinese)).text_of("fn-searched") == [
        "搜索范围：《潮汐》和另外 1 个；发布机构为A或B；类型为电子邮件；2025年3月之后发布（1 份报告）。"
    ]


@given(texts, texts)
def test_a_hostile_name_or_title_is_text(name: str, title: str) -> None:
    searched = Searched(1, Filters((7,), (name,), (), (name,)), (title,))
    for markup in (filters_markup(searched, ENGLISH), searched_markup(searched, "Try this.", ENGLISH)):
        page = Page(markup)
        assert page.tags == ["p"]
        words = "".join(page.text_of("fn-searched"))
        assert f"“{shown(title)}”; publisher {shown(name)}; collection {shown(name)} (1 report)." in words


def test_an_answer_from_some_reports_says_from_which_before_its_first_word_and_while_it_arrives() -> None:
    filters = Filters(publishers=("The Office",), published_after="2025-03")
    searched = Searched(2, filters)
    words = "Searched only: publisher The Office; published after March 2025 (2 reports)."
    made = replace(answer(citation(1, "Words.")), searched=searched)
    for markup in (
        answer_markup(made),
        streamed_markup("Words.", [], searched=searched),
        waiting_markup("waiting.searching", 2, searched=searched),
    ):
        assert Page(markup).texts[0] == ("fn-searched", words)
    assert Page(answer_markup(replace(made, searched=Searched(7, Filters())))).text_of("fn-searched") == []


def test_an_abstention_says_what_was_searched_and_what_to_try() -> None:
    none = replace(abstention(passage("A."), passage("B.")), searched=Searched(7, Filters()))
    assert Page(answer_markup(none)).text_of("fn-searched") == [
        "Searched 7 reports. Ask in the words of the reports, or add a report that answers this."
    ]
    narrowed = replace(none, searched=Searched(1, Filters(collections=("letters",))), passages=())
    assert Page(answer_markup(narrowed)).text_of("fn-searched") == [
        "Searched only: collection letters (1 report). Remove a filter and ask again."
    ]


def resting(words: str, *cited: Citation) -> ShownSentence:
    return ShownSentence(words, cited, cited[0].verification.verdict)


def found(cited: Citation, verdict: Verdict, reason: str | None = None) -> Citation:
    checked = Verification(verdict, quote_matches=True, figures_match=True, score=0.5, reason=reason)
    return replace(cited, verification=checked)


def test_each_footnote_has_its_words_its_source_and_what_was_found_by_number() -> None:
    second = citation(2, "Two.", document_id=5, page=3)
    first = citation(1, "One.")
    page = Page(foot_list_markup([resting("Two.", second), resting("One.", first)], ENGLISH))
    assert [text for _, text in page.texts if text.strip()] == [
        *["2 footnotes"],
        *["[1]", "One.", "Report 1", "The Office", "18 July 2025", "Quoted word for word."],
        *["[2]", "Two.", "Report 5", "The Office", "18 July 2025", "page 3", "Quoted word for word."],
    ]
    assert page.links == [*[("#cite-1-2-100-104", None)] * 2, *[("#cite-5-2-100-104", None)] * 2]


@pytest.mark.parametrize(
    ("verdict", "reason", "words"),
    [
        ("quoted", None, "Quoted word for word."),
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
def test_a_footnote_says_how_its_quote_carries_the_sentence(
    verdict: Verdict, reason: str | None, words: str
) -> None:
    cited = found(citation(1, "The gate had rust."), verdict, reason)
    markup = foot_list_markup([resting("Rust was found.", cited)], ENGLISH)
    assert f'<li class="fn-foot fn-foot-1 fn-{verdict}">' in markup
    assert Page(markup).text_of("fn-foot-verdict") == [words]


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


def test_an_item_stands_under_the_sentence_above_its_list() -> None:
    items = [replace(citation(number, f"({number}) pay."), lead_in="They <must>:") for number in (1, 2)]
    sentences = [resting(item.quote, item) for item in items] + [resting("It met.", citation(3, "It met."))]
    page = Page(foot_list_markup(sentences, ENGLISH))
    assert page.text_of("fn-lead-in") == ["They <must>:"] * 2
    assert page.text_of("fn-foot-quote") == ["(1) pay.", "(2) pay.", "It met."]
    first, second = items[0], replace(items[1], answer_start=9, answer_end=17)
    body = answer_markup(answer(first, second, text="(1) pay. (2) pay.")).partition("fn-footnotes")[0]
    assert Page(body).text_of("fn-lead-in") == ["They <must>:"], "once above the items of one list"
    assert Page(body).text_of("fn-quote") == ["(1) pay.", "(2) pay."]


def test_a_replaced_version_is_said() -> None:
    cited = replace(citation(1, "One."), superseded_by=4)
    page = Page(foot_list_markup([resting("One.", cited)], ENGLISH))
    assert page.text_of("fn-badge") == ["superseded by version 4"]


@given(texts.filter(bool), texts.filter(bool), texts.filter(bool))
def test_hostile_words_of_a_report_or_a_model_are_text(quote: str, title: str, reason: str) -> None:
    cited = found(replace(citation(1, quote), title=title, publisher=title), "paraphrased", reason)
    page = Page(foot_list_markup([resting("A sentence.", cited)], ENGLISH))
    assert "".join(page.text_of("fn-foot-quote")) == shown(readable_rows(quote))
    assert "".join(page.text_of("fn-foot-title")) == shown(title)
    said = f"In the model’s words, not confirmed: {shown(reason)}. Compare them with the quote."
    assert "".join(page.text_of("fn-foot-verdict")) == said
    assert set(page.tags) == {"details", "summary", "ol", "li", "a", "div", "p", "q", "span"}


TIMINGS = {
    "rewrite": 100.0,
    "search": 50.0,
    "read": 50.0,
    "answer": 3000.0,
    "write": 2900.0,  # A part of "answer", as is "verify".
    "verify": 90.0,
    "prompt_tokens": 1200,
    "completion_tokens": 34,
    "cost": 0.5,
}


def words(markup: str) -> str:
    return "".join(text for _, text in Page(markup).texts)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Written by small 3.2 s 1,234 tokens"), ("vi", "small viết 3,2 giây 1.234 token")],
)
def test_a_written_answer_names_its_model_the_seconds_and_the_tokens(language: str, expected: str) -> None:
    written = replace(answer(citation(1, "Words.")), model="small", timings=TIMINGS)
    assert words(made_markup(written, locale_in(language))) == expected
    assert made_markup(written, ENGLISH) in answer_markup(written)


def test_a_quoted_answer_has_no_such_line_even_where_a_model_was_asked() -> None:
    assert made_markup(replace(answer(citation(1, "Words.")), timings=TIMINGS), ENGLISH) == ""


def test_the_name_of_a_model_is_text() -> None:
    hostile = '<img src=x onerror="alert(1)">*a*'
    written = replace(answer(citation(1, "Words.")), model=hostile, timings=TIMINGS)
    for markup in (
        made_markup(written, ENGLISH),
        waiting_markup("waiting.with", None, name=hostile),
        streamed_markup("Words.", [], name=hostile),
    ):
        assert not {"img", "em"} & set(Page(markup).tags)
        assert hostile in words(markup)


def test_while_a_model_writes_the_page_says_so_until_it_is_stopped() -> None:
    assert "Writing with small" in words(streamed_markup("Words.", [], name="small"))
    assert "Writing with" not in words(streamed_markup("Words.", [], name="small", is_stopped=True))
    assert "Writing with" not in words(streamed_markup("Words.", []))
