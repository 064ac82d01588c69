"""The markup of checks: doubtful and dropped sentences, and disagreements of sources."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html import unescape

import regex

from rag.answers import Disagreement, Dropped, StatedFigure, Verification
from tests.support.markup import ENGLISH, abstention, answer, citation
from ui.page.head import locale_in
from ui.page.markup import answer as render

answer_markup = partial(render.answer_markup, locale=ENGLISH)
streamed_markup = partial(render.streamed_markup, locale=ENGLISH)
understood_markup = partial(render.understood_markup, locale=ENGLISH)
checks_markup = partial(render.checks_markup, locale=ENGLISH)
disagreements_markup = partial(render.disagreements_markup, locale=ENGLISH)

HOSTILE = "<script>alert(1)</script> & <b>bold</b>"
LACKS = "9.9 million is not in the cited sentence, which has 1.2 million"


def parts(markup: str) -> list[str]:
    """The text of markup, by element."""
    return [unescape(text) for text in regex.split(r"<[^<>]*>", markup) if text.strip()]


def stated(value: str, number: int, published: str | None, *, superseded: bool = False) -> StatedFigure:
    return StatedFigure(value, number, number, 1, f"Report {number}", "Gazette", published, superseded)


def test_an_answer_without_doubts_says_nothing_of_them() -> None:
    assert checks_markup(answer(citation(1, "Words."))) == ""


def test_a_quoted_answer_says_nothing_of_checks() -> None:
    quoted = Verification("quoted", True, True, 1.0)
    assert checks_markup(answer(replace(citation(1, "Words."), verification=quoted))) == ""


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


def test_doubts_are_told_in_the_reader_s_language() -> None:
    made = replace(
        answer(citation(1, "Gate 3 failed."), citation(2, "It rusted.", at=15)),
        dropped=(Dropped("It cost 9.9 million.", LACKS),),
    )
    assert parts(render.checks_markup(made, locale_in("zh"))) == [
        "已核查的句子：2 句有依据、1 句已略去",
        *("It cost 9.9 million.", f"已略去：{LACKS}"),
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
    figure = StatedFigure(HOSTILE, 1, 1, 1, HOSTILE, HOSTILE, HOSTILE, False)
    made = replace(
        answer(citation(1, "Words.")),
        standalone=HOSTILE,
        dropped=(Dropped(HOSTILE, HOSTILE),),
        disagreements=(Disagreement(HOSTILE, (figure,)),),
    )
    markup = answer_markup(made)
    assert "<script" not in markup
    assert "<b>" not in markup
    # The question; the figure, its table, source (twice) and date; the dropped sentence and its reason.
    assert unescape(markup).count(HOSTILE) == 8


def test_a_follow_up_tells_what_it_was_taken_to_ask() -> None:
    assert understood_markup(None) == ""
    assert parts(understood_markup("Who ordered the raids?")) == ["Understood as ", "Who ordered the raids?"]
