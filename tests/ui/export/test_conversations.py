"""Every format exports the same conversation, and reading the file gives the same text back."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answers import Answer
from rag.conversations.answers import answer_json
from rag.conversations.export_check import Claim
from rag.visible_text import visible
from tests.support.exports import (
    ANSWERS,
    ASKED,
    DIGESTS,
    FIRST,
    NAME,
    answers_of_any_words,
    faults,
    read_as,
    written_as,
)
from tests.support.markup import texts
from ui.export import FORMATS, Exported, Format, NotExportedError, read_export, sheet_as_read
from ui.export.comparison import check_manifest
from ui.export.exported_answers import lay_out_conversation

MARKDOWN = """\
# Arrests \\& \\<gates\\> \\*2031\\*

## How many were \\*arrested\\*?

**1,043** in \\*thousands\\* · Arrests › Monday · 2025

Police arrested 1,043 people on Monday.[^1]
The third gate of the dam failed · 12 · 30[^2][^1] *(paraphrased)*

~~Nobody knows why.~~ *(not supported)*

### Remarks

- Not mentioned in the sentences cited: “why”.
- (paraphrased) “The third gate of the dam failed · 12 · 30”: “12” has no unit
- (not supported) “Nobody knows why.”: nothing is cited
- Left out, as not supported: “The mayor fled.”: “mayor” is not in the cited sentence

### Different figures

people arrested

| Figure | Source | Date | Footnote |
|---|---|---|---|
| 1,043 | Report 1 | 18 July 2025 | [^1] |
| 12 | Report 2 (version 2, superseded) | undated | [^2] |

### About this answer

- Answer: 00000000000000000000000000000000
- Searched for: And on Monday?
- Asked as: How many people were arrested on Monday?
- Model: a-model
- Library generation: 1
- Made: 2031-08-02T10:00:00+00:00
- Prompt digest: cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc

## Who \\*won\\*?

### No answer

No sentence answers.

### Remarks

- Nearest passage: Nearest report, March 2025, page 4, 7.md, version 1: it has no figure
- Ask in the words of the reports, or add a report that answers this.

### About this answer

- Answer: 0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b
- Model: quoted: the reports' own sentences
- Library generation: 1
- Made: 2031-08-02T10:00:00+00:00

## And the gates?

The third gate of the dam failed · 12 · 30[^2]
Police arrested 1,043 people on Monday.[^3]

### About this answer

- Answer: 0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c
- Model: quoted: the reports' own sentences
- Library generation: 1
- Made: 2031-08-02T10:00:00+00:00

[^1]: “Police arrested 1,043 people on Monday.”
    — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2

[^2]: “The third gate of the dam failed · 12 · 30”
    — Report 2, The Office, 18 July 2025, 2.md, version 2

[^3]: “Police arrested 1,043 people on Monday.”
    — Report 2, The Office, 18 July 2025, 2.md, version 2

<!-- footnoted {"format":2,"conversation_id":"c1","name":"NAME","answers":[\
{"answer_id":"00000000000000000000000000000000","generation":1,"sentences":[[1],[2,1],[]]},\
{"answer_id":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","generation":1,"sentences":[]},\
{"answer_id":"0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c","generation":1,"sentences":[[2],[3]]}],"footnotes":[\
{"number":1,"document_id":1,"version":2,"digest":"AAA","start":100,"end":139},\
{"number":2,"document_id":2,"version":2,"digest":"BBB","start":100,"end":142},\
{"number":3,"document_id":2,"version":2,"digest":"BBB","start":100,"end":139}]} -->
"""

each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)


def by_words(exported: Exported) -> list[object]:
    """An exported file with footnotes instead of their numbers, which Word chooses itself."""
    notes = {note.number: replace(note, number=0) for note in exported.footnotes}
    return [exported.name] + [
        (
            own.question,
            own.abstention,
            [(claim.text, claim.shown, [notes[mark] for mark in claim.footnotes]) for claim in own.claims],
            [(replace(row, footnote=0), notes[row.footnote]) for row in own.rows],
        )
        for own in exported.answers
    ]


def test_markdown_has_questions_as_headings_and_one_list_of_footnotes() -> None:
    expected = MARKDOWN.replace("NAME", sha256(NAME.encode()).hexdigest())
    expected = expected.replace("AAA", "a" * 64).replace("BBB", "b" * 64)
    assert written_as(FORMATS[0]).decode() == expected


def test_a_page_has_an_article_for_each_question_whose_footnotes_lead_back_to_each_mark() -> None:
    page = written_as(FORMATS[1]).decode()
    headings = [line for line in page.splitlines() if line.startswith(("<h1", "<h2", "<h3"))]
    assert headings == [
        '<h1 dir="auto">Arrests &amp; &lt;gates&gt; *2031*</h1>',
        '<h2 dir="auto">How many were *arrested*?</h2>',
        "<h3>Remarks</h3>",
        "<h3>Different figures</h3>",
        "<h3>About this answer</h3>",
        '<h2 dir="auto">Who *won*?</h2>',
        "<h3>No answer</h3>",
        "<h3>Remarks</h3>",
        "<h3>About this answer</h3>",
        '<h2 dir="auto">And the gates?</h2>',
        "<h3>About this answer</h3>",
        "<h2>Footnotes</h2>",
    ]
    assert page.count('<article class="exchange">') == page.count("</article>") == 3
    assert page.index('</article>\n<section class="notes">') > page.index(ASKED)
    note = page[page.index('<li id="note-2"') : page.index('<li id="note-3"')]
    assert 'href="#mark-2-1"' in note
    assert 'href="#mark-2-2"' in note
    assert "<title>Arrests &amp; &lt;gates&gt; *2031*</title>" in page


def test_a_word_document_has_the_questions_as_headings_of_the_first_level() -> None:
    word = docx.Document(BytesIO(written_as(FORMATS[2])))
    headed = [(p.style.name, p.text) for p in word.paragraphs if p.style and p.style.name[:1] in "TH"]
    assert headed == [
        ("Title", NAME),
        ("Heading 1", "How many were *arrested*?"),
        ("Heading 2", "Remarks"),
        ("Heading 2", "Different figures"),
        ("Heading 2", "About this answer"),
        ("Heading 1", "Who *won*?"),
        ("Heading 2", "No answer"),
        ("Heading 2", "Remarks"),
        ("Heading 2", "About this answer"),
        ("Heading 1", ASKED),
        ("Heading 2", "About this answer"),
    ]
    assert word.core_properties.title == NAME


@each_format
def test_what_is_read_is_what_was_said(form: Format) -> None:
    exported = read_as(form, written_as(form))
    assert by_words(exported) == by_words(sheet_as_read(lay_out_conversation("c1", NAME, ANSWERS, DIGESTS)))
    assert [own.abstention for own in exported.answers] == ["", "No sentence answers.", ""]
    assert [len(own.claims) for own in exported.answers] == [3, 0, 2]
    assert faults(exported) == []


@st.composite
def conversations_of_any_words(draw: st.DrawFn) -> tuple[str, list[Answer]]:
    """Answers of arbitrary text, each with documents of its own, under numbers that may clash."""
    answers = draw(st.lists(answers_of_any_words(), min_size=1, max_size=3))
    clashing = draw(st.booleans())
    made = []
    for place, given_answer in enumerate(answers):
        shift = 0 if clashing else place * 10
        made.append(
            replace(
                given_answer,
                citations=tuple(
                    replace(cited, id=cited.id + shift, document_id=place * 10 + cited.id)
                    for cited in given_answer.citations
                ),
                sentences=tuple(
                    replace(sentence, citations=tuple(number + shift for number in sentence.citations))
                    for sentence in given_answer.sentences
                ),
                disagreements=tuple(
                    replace(
                        found,
                        figures=tuple(
                            replace(figure, citation=figure.citation + shift) for figure in found.figures
                        ),
                    )
                    for found in given_answer.disagreements
                ),
            )
        )
    return draw(texts), made


@each_format
@given(conversation=conversations_of_any_words())
@settings(max_examples=25)
def test_words_of_any_kind_are_read_as_a_page_shows_them(
    form: Format, conversation: tuple[str, list[Answer]]
) -> None:
    name, answers = conversation
    exported = read_as(form, written_as(form, *answers, name=name))
    assert by_words(exported) == by_words(sheet_as_read(lay_out_conversation("c1", name, answers, DIGESTS)))
    assert exported.name == visible(name) or not visible(name)
    assert exported.manifest is not None
    assert list(check_manifest(exported, exported.manifest)) == []


@each_format
@given(data=st.data())
@settings(max_examples=25)
def test_a_file_that_was_cut_or_spoilt_is_read_or_refused(form: Format, data: st.DataObject) -> None:
    whole = written_as(form)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.binary(max_size=4))
    rest = data.draw(st.sampled_from([b"", whole[place + len(other) :]]))
    try:
        exported = read_as(form, whole[:place] + other + rest)
    except NotExportedError:
        return
    assert exported.manifest is not None


def test_the_json_of_a_conversation_is_read_as_it_is_shown() -> None:
    body = f'{{"conversation_id":"c1","name":"Gates","answers":[{",".join(map(answer_json, ANSWERS))}]}}'
    exported = read_export(body.encode(), Path("conversation.json"))
    expected = sheet_as_read(lay_out_conversation("c1", "Gates", ANSWERS, {}))
    assert exported == replace(expected, manifest=None)
    assert exported.claims[-1] == Claim(FIRST, (3,))


@pytest.mark.parametrize("answers", ["{}", "[{}]", '"x"', "[]", "null", "[[]]"])
def test_other_json_is_refused(answers: str) -> None:
    with pytest.raises(NotExportedError, match=r"^it is not an answer in its JSON form: "):
        read_export(f'{{"name":"x","answers":{answers}}}'.encode(), Path("conversation.json"))


def test_an_older_or_odd_part_for_programs_is_refused_by_its_field() -> None:
    text = written_as(FORMATS[0]).decode()
    for old, new, place in (
        ('"format":2', '"format":3', "the whole"),
        ('"generation":1,', "", "answers.0.generation"),
        ('"conversation_id":"c1"', '"conversation_id":1', "conversation_id"),
    ):
        with pytest.raises(NotExportedError) as caught:
            read_export(text.replace(old, new, 1).encode(), Path("conversation.md"))
        assert str(caught.value).startswith(f"its manifest cannot be read ({place}: ")
    assert (
        json.loads(text.splitlines()[-1].removeprefix("<!-- footnoted ").removesuffix(" -->"))["format"] == 2
    )
