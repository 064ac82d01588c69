"""Every format exports the same answer, reading it gives the same text back, and unchanged files hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.library import Library
from rag.answers import Answer, Verification
from rag.conversations.answers import answer_json, load
from rag.conversations.export_check import Claim, Place
from rag.engine import QueryEngine
from tests.support.exports import DIGESTS, FIRST, SECOND, SHOWN, THIRD, answers_of_any_words, full_answer
from tests.support.markup import abstention, answer, citation, passage
from ui.cli.export import verify_file
from ui.export import FORMATS, Exported, Format, NotExportedError, digests_of, export, format_of, read_export
from ui.export import sheet_as_read as as_read
from ui.export.comparison import check_kept
from ui.export.exported_answers import lay_out
from ui.export.manifest import AnswerEntry

each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)

SEEDS = Path(__file__).parents[3] / "seeds"
EVERY = {"docx": 5}
"""Writing Word documents is slow: only every fifth answer is written as one."""


def carried(made: Answer, form: Format) -> Exported:
    """An answer that was exported and read back."""
    return read_export(export(made, form, DIGESTS), Path(f"answer.{form.suffix}"))


@each_format
def test_what_is_read_is_what_was_said(form: Format) -> None:
    read = carried(full_answer(), form)
    # Word gives a quote that is cited twice two numbers.
    second = (2, 3) if form.suffix == "docx" else (2, 1)
    [own] = read.answers
    assert (read.name, own.question) == (None, "How many were *arrested*?")
    assert read.claims == (
        Claim(FIRST, (1,)),
        Claim(SHOWN, second, "paraphrased"),
        Claim(THIRD, (), "unsupported"),
    )
    assert [note.quote for note in read.footnotes][:2] == [FIRST, SHOWN]
    assert [note.headings for note in read.footnotes][:2] == [None, "Table 1 Gate · Opened · Shut"]
    assert read.footnotes[0].attribution == "Report 1, The Office, 18 July 2025, page 3, 1.md, version 2"
    assert read.footnotes[0].place == Place(1, 2, "a" * 64, 100, 100 + len(FIRST))
    assert [(row.value, row.footnote) for row in read.rows] == [("1,043", 1), ("12", 2)]
    assert read.manifest is not None
    assert read.manifest.answers == (AnswerEntry("0" * 32, 1, ((1,), second, ())),)


@each_format
@given(made=answers_of_any_words())
@settings(max_examples=40)
def test_words_of_any_kind_are_read_as_a_page_shows_them(form: Format, made: Answer) -> None:
    assert carried(made, form) == as_read(lay_out(made, DIGESTS))


@each_format
def test_an_abstention_claims_nothing(form: Format) -> None:
    read = carried(abstention(passage("Words that are near.", "it has no figure")), form)
    assert (read.claims, read.footnotes, read.rows) == ((), (), ())
    assert [own.abstention for own in read.answers] == ["No sentence answers."]


def test_an_answer_in_json_is_read_as_it_is_shown() -> None:
    made = answer(citation(1, FIRST))
    read = read_export(answer_json(made).encode(), Path("answer.json"))
    assert (read.claims, read.manifest) == ((Claim(FIRST, (1,)),), None)
    assert read.footnotes[0].place == Place(1, 2, None, 100, 100 + len(FIRST))


@each_format
def test_a_quoted_sentence_has_no_label(form: Format) -> None:
    quoted = Verification("quoted", True, True, 1.0)
    made = answer(replace(citation(1, FIRST), verification=quoted))
    assert lay_out(made, DIGESTS).parts[0].remarks == ()
    assert carried(made, form).claims == (Claim(FIRST, (1,), "supported"),)
    supported = carried(answer(citation(1, FIRST)), form)
    assert carried(made, form) == supported


def test_json_tells_a_quoted_sentence_from_a_supported_one() -> None:
    quoted = Verification("quoted", True, True, 1.0)
    made = answer(replace(citation(1, FIRST), verification=quoted), citation(2, SECOND, at=len(FIRST)))
    read = read_export(answer_json(made).encode(), Path("answer.json"))
    assert read.claims == (Claim(FIRST, (1,), "quoted"), Claim(SHOWN, (2,), "supported"))


@pytest.mark.parametrize(
    ("suffix", "found"),
    [("md", "md"), ("Markdown", "md"), ("HTM", "html"), ("docx", "docx"), ("doc", None), ("", None)],
)
def test_a_format_is_known_by_its_suffix(suffix: str, found: str | None) -> None:
    form = format_of(suffix)
    assert (form and form.suffix) == found


@pytest.mark.parametrize(
    "name", ["answer.md", "answer.html", "answer.docx", "answer.json", "answer.txt", "answer"]
)
@given(data=st.binary(max_size=300))
@settings(max_examples=50)
def test_what_is_no_export_is_said_to_be_none(name: str, data: bytes) -> None:
    with pytest.raises(NotExportedError) as caught:
        read_export(data, Path(name))
    assert "\n" not in str(caught.value).strip()


@each_format
@given(data=st.data())
@settings(max_examples=40)
def test_a_file_that_was_cut_or_spoilt_is_read_or_refused(form: Format, data: st.DataObject) -> None:
    whole = export(full_answer(), form, DIGESTS)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.binary(max_size=4))
    rest = data.draw(st.sampled_from([b"", whole[place + len(other) :]]))
    try:
        read = read_export(whole[:place] + other + rest, Path(f"answer.{form.suffix}"))
    except NotExportedError:
        return
    assert read.manifest is not None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deep.html", b"<div>" * 20_000 + b"x"),
        ("deep.html", b"<main data-footnoted='{}'>" + b"<b>" * 20_000),
        ("deep.md", b"<!-- footnoted " + b"[" * 100_000 + b" -->"),
        ("deep.md", b"# " + b"[" * 50_000 + b"\n<!-- footnoted {} -->"),
        ("two.html", b"<main data-footnoted='{}'></main><main data-footnoted='{}'></main>"),
        ("numbers.md", b'<!-- footnoted {"format":' + b"9" * 5_000 + b"} -->"),
        (
            "newer.md",
            b'<!-- footnoted {"format":2,"answer_id":"","generation":1,"sentences":[],"footnotes":[]} -->',
        ),
    ],
)
def test_what_is_made_to_do_harm_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(NotExportedError):
        read_export(data, Path(name))


@pytest.fixture(scope="module")
def answers(seed_engine: QueryEngine) -> Sequence[Answer]:
    lines = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [seed_engine.ask(json.loads(line)["text"]) for line in lines]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_every_answer_holds(
    seed_index: Library, answers: Sequence[Answer], form: Format, tmp_path: Path
) -> None:
    file = tmp_path / f"answer.{form.suffix}"
    wrong = {}
    for made in answers[:: EVERY.get(form.suffix, 1)]:
        file.write_bytes(export(made, form, digests_of(seed_index.catalog, made)))
        verified = verify_file(seed_index.catalog, file)
        # The library does not keep the answer, so compare with its layout here.
        kept = lay_out(load(answer_json(made).encode()), {})
        assert list(check_kept(read_export(file.read_bytes(), file), [kept])) == []
        if not verified.holds:
            checks = (*verified.sentences, *verified.footnotes)
            problems = [(each.words, each.problems) for each in checks if not each.holds]
            wrong[made.question] = (problems, verified.problems)
    assert wrong == {}
    assert len(answers) == 67
