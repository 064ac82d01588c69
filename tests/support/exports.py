"""Answers to export, with arbitrary text and with every part that an answer can have."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from hypothesis import strategies as st

from rag.answers import (
    Answer,
    AnswerSentence,
    Comparison,
    Computed,
    Disagreement,
    Dropped,
    Headline,
    StatedFigure,
    Verdict,
)
from rag.visible_text import visible
from tests.support.markup import abstention, answer, citation, passage, texts
from ui.export import Format, lay_out, lay_out_conversation

FIRST = "Police arrested 1,043 people on Monday."
SECOND = "The third gate of the dam failed | 12 | 30"
SHOWN = "The third gate of the dam failed · 12 · 30"
"""``SECOND`` as people read it without headings."""
NAMED = "The third gate of the dam failed: Opened = 12; Shut = 30"
"""``SECOND`` as people read it with the headings of ``full_answer``."""
THIRD = "Nobody knows why."


def full_answer() -> Answer:
    """An answer with a sentence of each verdict, two footnotes on one, each remark, and a disagreement."""
    first, second, third = (
        citation(1, FIRST, 1, page=3, at=0),
        citation(2, SECOND, 2, at=len(FIRST) + 1),
        citation(1, FIRST, 1, page=3, at=len(FIRST) + 1),
    )
    text = f"{FIRST} {SECOND}\n{THIRD}"
    end = len(FIRST) + 1 + len(SECOND)
    return replace(
        answer(first, second, third, text=text),
        question="How many were *arrested*?",
        note="Not mentioned in the sentences cited: “why”.",
        sentences=(
            AnswerSentence(0, len(FIRST), (1,)),
            AnswerSentence(len(FIRST) + 1, end, (2, 1), "paraphrased", "“12” has no unit"),
            AnswerSentence(end + 1, len(text), (), "unsupported", "nothing is cited"),
        ),
        citations=(first, replace(second, headings="Table 1\nGate | Opened | Shut"), third),
        disagreements=(
            Disagreement(
                "people arrested",
                (
                    StatedFigure("1,043", 1, 1, 2, "Report 1", None, "2025-07-18", superseded=False),
                    StatedFigure("12", 2, 2, 2, "Report 2", None, None, superseded=True),
                ),
            ),
        ),
        dropped=(Dropped("The mayor fled.", "“mayor” is not in the cited sentence"),),
        headline=Headline("1,043", "in *thousands*", "Arrests › Monday", "2025"),
        model="a-model",
        prompt_digest="c" * 64,
        standalone="How many people were arrested on Monday?",
        searched_for="And on Monday?",
    )


comparisons = st.builds(
    Comparison,
    texts.filter(visible),
    texts,
    texts,
    texts,
    st.builds(Computed, texts, texts, st.none() | texts, st.none() | texts.filter(visible)),
)
headlines = st.builds(
    Headline, texts.filter(visible), texts, texts, texts, comparison=st.none() | comparisons
)


@st.composite
def answers_of_any_words(draw: st.DrawFn) -> Answer:
    said = draw(st.lists(texts.filter(visible), min_size=1, max_size=4))
    text, sentences, cited = "", [], []
    for number, words in enumerate(said, 1):
        start = len(text)
        verdict: Verdict = draw(st.sampled_from(get_args(Verdict)))
        text += words
        sentences.append(AnswerSentence(start, len(text), (number,), verdict, draw(texts)))
        heading = draw(st.none() | texts.filter(visible))
        cited.append(replace(citation(number, words, at=start), title=draw(texts), headings=heading))
        text += draw(st.sampled_from([" ", "\n"]))
    figure = StatedFigure(draw(texts), 1, 1, 2, draw(texts), None, draw(texts), superseded=False)
    return replace(
        answer(*cited, text=text),
        question=draw(texts.filter(visible)),
        sentences=tuple(sentences),
        note=draw(texts),
        headline=draw(st.none() | headlines),
        disagreements=(Disagreement(draw(texts), (figure,)),),
    )


# A conversation

ASKED = "And the gates?"
ABSTAINED = replace(
    abstention(passage("Words.", "it has no figure")), answer_id="0b" * 16, question="Who *won*?"
)
AGAIN = replace(
    answer(citation(2, SECOND, 2), citation(3, FIRST, 2, at=len(SECOND) + 1), text=f"{SECOND} {FIRST}"),
    answer_id="0c" * 16,
    question=ASKED,
)
ANSWERS = (full_answer(), ABSTAINED, AGAIN)
NAME = "Arrests & <gates> *2031*"


def exported(form: Format, made: Answer) -> bytes:
    return form.write(lay_out(made))


def exported_conversation(form: Format) -> bytes:
    return form.write(lay_out_conversation(NAME, ANSWERS))
