"""An answer as it is copied: its words and footnotes, in plain text and in HTML."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given

from rag.answers import Answer, Disagreement, StatedFigure, Verification
from rag.wording import visible
from tests.support.exports import answers_of_any_words, full_answer
from tests.support.markup import abstention, answer, citation
from ui.http.copying import copied


class Words(HTMLParser):
    """The tags of copied HTML, and its words by paragraph."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.paragraphs: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert attrs == []
        self.tags.add(tag)
        if tag == "p":
            self.paragraphs.append("")

    def handle_data(self, data: str) -> None:
        self.paragraphs[-1] += data


def test_sentences_stand_with_their_marks_above_the_footnotes() -> None:
    first, second = citation(1, "One."), citation(2, "Two.", page=3, at=5)
    third = citation(3, "Three.", document_id=2, at=10)
    made = answer(first, second, third, text="One. Two.\nThree.")
    assert copied(made).text.split("\n") == [
        "One. [1] Two. [2]",
        "",
        "Three. [3]",
        "",
        "[1] “One.” — Report 1, The Office, 18 July 2025, 1.md, version 2",
        "[2] “Two.” — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2",
        "[3] “Three.” — Report 2, The Office, 18 July 2025, 2.md, version 2",
    ]
    assert copied(made).html.startswith(
        "<p>One.<sup>[1]</sup> Two.<sup>[2]</sup></p><p>Three.<sup>[3]</sup></p>"
    )


def test_doubts_stand_behind_their_sentences() -> None:
    checked = Verification("partial", quote_matches=True, figures_match=False, score=0.4)
    made = answer(replace(citation(1, "Words."), verification=checked))
    assert copied(made).text.splitlines()[0] == "Words. [1] (partly supported)"


def test_a_row_has_its_headings_in_its_footnote() -> None:
    made = answer(replace(citation(1, "Monday | 412"), headings="Day | Arrests"))
    assert (
        copied(made).text.splitlines()[-1].startswith("[1] “Monday | 412” Headings: Day | Arrests — Report 1")
    )


def test_different_figures_stand_between_answer_and_footnotes() -> None:
    figures = (
        StatedFigure("14,170", 1, 1, 2, "New", None, "2025-06", False),
        StatedFigure("15,900", 2, 2, 1, "Old", None, None, True),
    )
    made = replace(answer(citation(1, "14,170.")), disagreements=(Disagreement("people displaced", figures),))
    assert copied(made).text.split("\n")[2:5] == [
        "The sources give different figures: people displaced",
        "- 14,170 [1], New, June 2025",
        "- 15,900 [2], Old (version 1, superseded), undated",
    ]


def test_of_an_abstention_the_reason_is_copied() -> None:
    assert copied(abstention()).text == "No sentence answers."
    assert copied(abstention()).html == "<p>No sentence answers.</p>"


def test_all_that_an_answer_can_have_is_copied() -> None:
    made = full_answer()
    text = copied(made).text
    for cited in made.citations:
        assert f"[{cited.id}] “{visible(cited.quote)}”" in text


@given(answers_of_any_words())
def test_words_are_words_whatever_they_are(made: Answer) -> None:
    result = copied(made)
    words = Words(result.html)
    assert words.tags <= {"p", "sup"}
    assert "".join("".join(words.paragraphs).split()) == "".join(result.text.split())
