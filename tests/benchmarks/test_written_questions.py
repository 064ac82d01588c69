"""The written questions are about reports that no other benchmark measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.written_questions import DOCUMENTS, HELD_OUT, PAGES, WrittenQuestion, read_questions
from rag.evaluation import read_dataset
from rag.evaluation.datasets import part_of


@pytest.mark.parametrize("file", [DOCUMENTS, HELD_OUT, PAGES], ids=["documents", "held out", "pages"])
def test_no_question_is_there_twice_and_one_in_eleven_or_more_has_no_answer(file: Path) -> None:
    written = read_questions(file)
    assert len({(each.question, each.document) for each in written}) == len(written) > 100
    assert 1 / 11 < sum(not each.quotes for each in written) / len(written) < 0.2


def test_no_report_with_written_questions_is_one_that_answers_are_measured_on(evaluation_data: Path) -> None:
    measured = {path.name for path in (evaluation_data / "reports").iterdir()}
    asked = {each.document for file in (DOCUMENTS, HELD_OUT) for each in read_questions(file)}
    assert measured.isdisjoint(asked)
    dataset = read_dataset(evaluation_data / "tatqa")
    parts = {query.about: part_of(dataset.title_of(query)) for query in dataset.queries}
    assert {parts[each.document] for each in read_questions(PAGES)} == {"train"}


def test_no_held_out_question_is_about_a_report_that_the_reranker_learns_from() -> None:
    learned, held_out = ({each.document for each in read_questions(file)} for file in (DOCUMENTS, HELD_OUT))
    assert (len(learned), len(held_out), learned & held_out) == (11, 11, set())


def test_a_sentence_of_the_document_is_marked_whatever_its_white_space_and_folder() -> None:
    written = WrittenQuestion("Who led?", "a.pdf", frozenset({"Ada led the office."}))
    assert written.marks("2031/a.pdf", "Ada led\n the office.")
    assert not written.marks("2031/b.pdf", "Ada led the office.")
    assert not written.marks("a.pdf", "Ada led.")
