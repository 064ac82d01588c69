"""The markup of an answer shows text of documents literally, and has its actions."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import readable_rows
from rag.answers import (
    Cause,
    CellAddress,
    Citation,
    Comparison,
    Computed,
    Copy,
    Headline,
    Verdict,
    Verification,
)
from rag.conversations.feedback import Judgement
from rag.headlines import POINTS
from tests.support.markup import ENGLISH, Page, above, abstention, answer, citation, passage, shown, texts
from ui.page.head import locale_in
from ui.page.markup import answer as render
from ui.page.markup.answer import actions_markup, failure_markup, question_markup
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


def test_a_doubtful_row_says_so_beside_its_mark() -> None:
    checked = Verification("paraphrased", quote_matches=True, figures_match=False, score=0.4)
    page = Page(answer_markup(answer(replace(row(1, "Monday | 412"), verification=checked))))
    assert [text for owner, text in page.texts if owner in {"fn-mark", "fn-doubt"}] == [
        "[1]",
        "in the model’s words (compare with the quote)",
    ]


def test_a_note_stands_below_the_answer() -> None:
    noted = replace(answer(citation(1, "Words.")), note="The words cited are in Khmer.")
    assert Page(above(answer_markup(noted))).texts[-1] == ("fn-note", "The words cited are in Khmer.")


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


def test_an_abstention_over_an_empty_library_lists_nothing() -> None:
    assert Page(answer_markup(abstention())).text_of("fn-nearest") == []


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
        ("zh", "搜索此资料库的模型无法把该问题与其他语言的报告对应起来。"),
        ("vi", "Mô hình tìm kiếm trong thư viện này không đối chiếu được câu hỏi này"),
        ("id", "Model yang menelusuri pustaka ini tidak dapat mencocokkan pertanyaan ini"),
        ("km", "ម៉ូដែលដែលស្វែងរកក្នុងបណ្ណាល័យនេះមិនអាចផ្គូផ្គងសំណួរនេះជាមួយរបាយការណ៍ជាភាសាផ្សេងបានទេ។"),
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


def test_waiting_says_what_is_being_done() -> None:
    doing = [("waiting.searching", 1240), ("waiting.reading", 1), ("waiting.writing", 8)]
    assert [Page(waiting_markup(*each)).text_of("fn-waiting") for each in doing] == [
        ["Searching 1,240 passages…"],
        ["Reading 1 sentence…"],
        ["Writing the answer from 8 passages…"],
    ]


def test_a_failure_is_a_sentence() -> None:
    assert Page(failure_markup("the question is empty; ask something")).text_of("fn-failure") == [
        "The question is empty; ask something."
    ]


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


def test_the_script_knows_each_button_by_its_class() -> None:
    markup = actions_markup(answer(), ENGLISH)
    for name in ("copy", "link", "again", "edit"):
        assert markup.count(f'<button class="fn-act fn-act-{name}">') == 1
