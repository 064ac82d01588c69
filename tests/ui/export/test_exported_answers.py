"""The layout of a conversation has one list of footnotes: a number means the same quote everywhere."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers import Answer, Verification
from rag.visible_text import readable
from tests.support.exports import FIRST, SECOND, SHOWN, exported, full_answer
from tests.support.markup import abstention, answer, citation
from ui.export import FORMATS, Format, format_of
from ui.export.exported_answers import Sentence, Sheet, lay_out, lay_out_conversation


def bound(*answers: Answer, name: str = "Arrests") -> Sheet:
    return lay_out_conversation(name, answers)


def marks_of(sheet: Sheet) -> list[list[tuple[int, ...]]]:
    """The footnote numbers of each sentence of each answer."""
    return [[sentence.footnotes for sentence in part.sentences] for part in sheet.parts]


def test_each_answer_is_laid_out_as_by_itself_with_one_list_of_footnotes() -> None:
    full, second = full_answer(), answer(citation(3, SECOND, 2))
    sheet = bound(full, replace(second, answer_id="0b" * 16, generation=2))
    alone = [lay_out(full), lay_out(replace(second, answer_id="0b" * 16))]
    assert (sheet.name, sheet.title) == ("Arrests", "Arrests")
    assert sheet.parts == (
        alone[0].parts[0],
        bound(replace(second, answer_id="0b" * 16, generation=2)).parts[0],
    )
    assert [(note.number, note.quote) for note in sheet.notes] == [(1, FIRST), (2, SHOWN), (3, SHOWN)]


def test_what_is_cited_again_has_one_footnote_that_says_what_is_known_last() -> None:
    first = answer(citation(1, FIRST))
    again = answer(replace(citation(1, FIRST), superseded_by=3))
    [note] = bound(first, again).notes
    assert (note.number, note.quote) == (1, FIRST)
    assert note.attribution.endswith(", version 2, superseded by version 3 when this was answered")


def test_numbers_of_two_questions_that_were_asked_at_once_are_told_apart() -> None:
    one, two = answer(citation(1, FIRST, 1)), answer(citation(1, SECOND, 2))
    three = replace(full_answer(), citations=full_answer().citations)
    sheet = bound(one, two, three)
    assert [(note.number, note.quote) for note in sheet.notes] == [(1, FIRST), (2, SHOWN), (3, SHOWN)]
    assert marks_of(sheet) == [[(1,)], [(3,)], [(1,), (2, 1), ()]]
    [difference] = sheet.parts[2].differences
    assert [row[3] for row in difference.rows] == [1, 2]
    # The same holds if the answer with the changed numbers occurs twice.
    moved = bound(two, one, one, three)
    assert marks_of(moved) == [[(1,)], [(3,)], [(3,)], [(3,), (2, 3), ()]]
    assert [row[3] for row in moved.parts[3].differences[0].rows] == [3, 2]


def test_without_words_the_name_is_the_first_question() -> None:
    made = replace(abstention(), question="Who won?\n")
    assert (bound(made, name=" \n ").title, bound(made, name="Won\u202e").title) == ("Who won?", "Won\ufffd")


places = st.tuples(st.integers(1, 4), st.sampled_from([FIRST, SECOND]), st.integers(1, 2))


@given(
    st.lists(
        st.lists(places, min_size=1, max_size=4, unique_by=lambda place: place[0]), min_size=1, max_size=5
    )
)
def test_every_mark_leads_to_the_words_that_it_led_to(conversation: list[list[tuple[int, str, int]]]) -> None:
    answers = [answer(*(citation(*place) for place in own)) for own in conversation]
    sheet = bound(*answers)
    notes = {note.number: note for note in sheet.notes}
    assert len(notes) == len(sheet.notes)
    for asked, marks in zip(answers, marks_of(sheet), strict=True):
        found = [notes[mark] for own in marks for mark in own]
        assert [(note.cited.document_id, note.quote) for note in found] == [
            (cited.document_id, readable(cited.quote)) for cited in asked.citations
        ]


@pytest.mark.parametrize(
    ("suffix", "found"),
    [("md", "md"), ("Markdown", "md"), ("HTM", "html"), ("docx", "docx"), ("doc", None), ("", None)],
)
def test_a_format_is_known_by_its_suffix(suffix: str, found: str | None) -> None:
    form = format_of(suffix)
    assert (form and form.suffix) == found


def test_a_quoted_sentence_has_no_label_and_no_remark() -> None:
    made = answer(replace(citation(1, FIRST), verification=Verification("quoted", True, True, 1.0)))
    [part] = lay_out(made).parts
    assert (part.sentences, part.remarks) == ([Sentence(FIRST, (1,), "quoted", FIRST)], ())


@pytest.mark.parametrize("made", FORMATS, ids=lambda made: made.suffix)
def test_what_was_not_found_is_said_before_the_first_line_in_every_format(made: Format) -> None:
    missing = "Not found in these reports: “2020”."
    data = exported(made, replace(full_answer(), note=missing))
    paragraphs = docx.Document(BytesIO(data)).paragraphs if made.suffix == "docx" else []
    text = "\n".join(each.text for each in paragraphs) or data.decode()
    assert text.count(missing) == 1
    assert text.index(missing) < text.index("Arrests › Monday") < text.index("Police arrested")
