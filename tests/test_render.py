"""An answer as markup: what a document says is shown as it is, whatever it says."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.answers import Answer, AnswerSentence, Citation, Passage, Verdict, Verification
from ui.render import (
    answer_markup,
    date_words,
    escape,
    excerpt,
    failure_markup,
    question_markup,
    source_target,
    streamed_markup,
    waiting_markup,
)

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> ![i](http://evil.example/x.png) "
    "[x](javascript:alert(1)) **bold** `code` $$x^2$$ \\(y\\) &amp; &#60; http://evil.example a@b.example\n\n"
    "# Heading\n\n- item\n\n> quote | cell\n---\n<!-- comment --> 😀 e\u0301 \u202e שלום"
)

texts = st.text(
    st.one_of(
        st.sampled_from("<>&\"'`*_#[]()!$\\|~-+=:;/@.{}\n\r\t "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=80,
)


class Page(HTMLParser):
    """What a browser would make of markup: its tags, its links, and the text by class."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[tuple[str, str | None]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        # Gradio's view reads Markdown first, so that what Markdown makes of the markup is what counts.
        self.feed(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markup))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self._open.append(given.get("class") or tag)
        if tag == "a":
            self.links.append((given.get("href") or "", given.get("title")))

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((self._open[-1], data))

    def text_of(self, name: str) -> list[str]:
        """The texts of the elements of a class, one for each piece."""
        return [text for owner, text in self.texts if owner == name]


def shown(text: str) -> str:
    """What HTML can show of ``text``: control characters cannot be written in it."""
    return "".join("\ufffd" if category(c) == "Cc" and c not in "\t\n\r" else c for c in text)


def citation(number: int, quote: str, document_id: int = 1, page: int | None = None, at: int = 0) -> Citation:
    return Citation(
        id=number,
        answer_start=at,
        answer_end=at + len(quote),
        document_id=document_id,
        version=2,
        title=f"Report {document_id}",
        publisher="The Office",
        published="2025-07-18",
        path=f"{document_id}.md",
        page=page,
        start=100,
        end=100 + len(quote),
        quote=quote,
        boxes=(),
        verification=Verification("supported", quote_matches=True, figures_match=True, score=1.0),
    )


def passage(text: str, shortfall: str | None = None) -> Passage:
    return Passage(
        document_id=7,
        version=1,
        title="Nearest report",
        publisher=None,
        published="2025-03",
        path="7.md",
        page=4,
        start=10,
        end=10 + len(text),
        text=text,
        score=0.5,
        shortfall=shortfall,
    )


def answer(*citations: Citation, text: str | None = None) -> Answer:
    """An answer whose sentences are the citations' quotes."""
    words = text if text is not None else "".join(cited.quote for cited in citations)
    return Answer(
        answer_id="0" * 32,
        question="?",
        text=words,
        abstained=False,
        reason=None,
        cause=None,
        note=None,
        sentences=tuple(
            AnswerSentence(cited.answer_start, cited.answer_end, (cited.id,)) for cited in citations
        ),
        citations=citations,
        passages=(),
        answerability=0.9,
        model="quoted",
        generation=1,
    )


def abstention(*passages: Passage) -> Answer:
    return replace(
        answer(text="No sentence answers."),
        abstained=True,
        reason="No sentence answers.",
        cause="not_answered",
        passages=passages,
    )


@given(texts)
def test_escaped_text_is_shown_as_it_is_and_is_no_markup(text: str) -> None:
    page = Page(f'<div class="words">{escape(text)}</div>')
    assert "".join(page.text_of("words")) == shown(text)
    assert page.tags == ["div"]


@given(texts)
def test_escaped_text_stays_inside_an_attribute(text: str) -> None:
    page = Page(f'<div><a href="#x" title="{escape(text)}">1</a></div>')
    assert page.tags == ["div", "a"]
    assert page.links == [("#x", shown(text))]


@given(st.lists(texts.filter(bool), min_size=1, max_size=4))
def test_every_quoted_sentence_is_shown_whole_with_its_mark(quotes: list[str]) -> None:
    cited = [
        citation(number, quote, at=sum(map(len, quotes[: number - 1])))
        for number, quote in enumerate(quotes, 1)
    ]
    page = Page(answer_markup(answer(*cited)))
    assert "".join(page.text_of("fn-quote")) == "".join(map(shown, quotes))
    assert page.text_of("fn-mark") == [f"[{number}]" for number in range(1, len(quotes) + 1)]
    assert set(page.tags) <= {"div", "p", "q", "a", "span"}


@given(texts, texts)
def test_a_hostile_title_or_publisher_is_text(title: str, publisher: str) -> None:
    cited = replace(citation(1, "Words."), title=title or "T", publisher=publisher or None)
    page = Page(answer_markup(answer(cited)))
    assert "".join(page.text_of("fn-title")) == shown(title or "T")
    assert set(page.tags) <= {"div", "p", "q", "a", "span"}


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
    assert all(href.startswith("#cite-") for href, _ in page.links)
    assert "\n" not in markup, "a blank line would end the HTML block and begin Markdown"


def test_a_mark_leads_to_the_exact_words_and_says_where_they_are() -> None:
    page = Page(answer_markup(answer(citation(3, "Words.", document_id=5, page=2))))
    assert page.links[0] == ("#cite-5-2-100-106", "Footnote 3: open the quoted words in Report 5, page 2")
    assert source_target(passage("Words.")) == "#cite-7-1-10-16"


def test_sentences_of_one_report_stand_together_above_their_source() -> None:
    first = citation(1, "One.", document_id=1, page=4)
    second = citation(2, "Two.", document_id=1, page=2, at=5)
    third = citation(3, "Three.", document_id=2, at=10)
    page = Page(answer_markup(answer(first, second, third, text="One. Two.\nThree.")))
    order = [
        text
        for owner, text in page.texts
        if owner in {"fn-quote", "fn-title", "fn-fact"} or (owner == "fn-mark" and text)
    ]
    assert order == [
        *["One.", "[1]", "Two.", "[2]", "Report 1", "The Office", "18 July 2025", "pages 2, 4"],
        *["Three.", "[3]", "Report 2", "The Office", "18 July 2025"],
    ]


def test_a_sentence_that_is_not_the_source_s_own_is_not_shown_as_a_quotation() -> None:
    cited = replace(citation(1, "Arrests: 1,000 in 3 days"), answer_end=25)
    page = Page(answer_markup(answer(cited, text="A thousand were arrested.")))
    assert page.text_of("fn-claim") == ["A thousand were arrested."]
    assert page.text_of("fn-quote") == []


@pytest.mark.parametrize(
    ("verdict", "label"),
    [("supported", []), ("partial", ["partly supported"]), ("unsupported", ["not supported"])],
)
def test_a_doubtful_sentence_says_so(verdict: Verdict, label: list[str]) -> None:
    checked = Verification(verdict, quote_matches=True, figures_match=False, score=0.4)
    page = Page(answer_markup(answer(replace(citation(1, "Words."), verification=checked))))
    assert page.text_of("fn-doubt") == label


def test_a_note_stands_below_the_answer() -> None:
    noted = replace(answer(citation(1, "Words.")), note="The words cited are in Khmer.")
    assert Page(answer_markup(noted)).texts[-1] == ("fn-note", "The words cited are in Khmer.")


def test_an_abstention_gives_the_reason_and_the_nearest_passages_with_what_they_lack() -> None:
    shown_three = [passage(f"Passage {number}.", "does not mention “population”") for number in range(5)]
    page = Page(answer_markup(abstention(*shown_three)))
    assert page.text_of("fn-none") == ["No answer in this library"]
    assert page.text_of("fn-reason") == ["No sentence answers."]
    assert page.text_of("fn-excerpt") == ["Passage 0.", "Passage 1.", "Passage 2."]
    assert page.text_of("fn-shortfall") == ["This passage does not mention “population”."] * 3
    assert page.text_of("fn-fact")[:2] == ["March 2025", "page 4"]
    assert [href for href, _ in page.links] == ["#cite-7-1-10-20"] * 3


def test_an_abstention_over_an_empty_library_lists_nothing() -> None:
    assert Page(answer_markup(abstention())).text_of("fn-nearest") == []


def test_a_streamed_answer_shows_cited_sentences_and_the_words_still_to_be_cited() -> None:
    page = Page(streamed_markup("One. Tw", [citation(1, "One.")]))
    assert page.text_of("fn-quote") == ["One."]
    assert page.text_of("fn-pending") == ["Tw"]


def test_a_streamed_answer_ends_as_the_whole_answer() -> None:
    cited = [citation(1, "One."), citation(2, "Two.", document_id=2, at=5)]
    assert streamed_markup("One.\nTwo.", cited) == answer_markup(answer(*cited, text="One.\nTwo."))


def test_waiting_says_what_is_being_read() -> None:
    assert Page(waiting_markup()).text_of("fn-waiting") == ["Searching the library…"]
    assert Page(waiting_markup(1)).text_of("fn-waiting") == ["Reading 1 passage…"]
    assert Page(waiting_markup(8)).text_of("fn-waiting") == ["Reading 8 passages…"]


def test_a_failure_is_a_sentence() -> None:
    assert Page(failure_markup("the question is empty; ask something")).text_of("fn-failure") == [
        "The question is empty; ask something."
    ]


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("2025-07-18", "18 July 2025"),
        ("2025-07-01", "1 July 2025"),
        ("2025-07", "July 2025"),
        ("2025", "2025"),
        ("2025-02-31", "2025-02-31"),
        ("Michaelmas", "Michaelmas"),
        (None, None),
    ],
)
def test_dates_are_words(published: str | None, words: str | None) -> None:
    assert date_words(published) == words


def test_an_excerpt_is_one_line_and_ends_at_a_word() -> None:
    assert excerpt("Two\n\nparagraphs.") == "Two paragraphs."
    assert excerpt("word " * 100) == f"{'word ' * 55}word …"
    assert excerpt("字" * 300) == f"{'字' * 280} …"
