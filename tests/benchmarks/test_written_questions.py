"""The written questions are about reports that nothing is measured on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.written_questions import DOCUMENTS, PAGES
from rag.evaluation import read_dataset
from rag.evaluation.datasets import part_of
from rag.json_lines import read_json_lines


def lines(file: Path) -> list[dict[str, Any]]:
    return [line for _, line in read_json_lines(file)]


@pytest.mark.parametrize("file", [DOCUMENTS, PAGES], ids=["documents", "pages"])
def test_no_question_is_there_twice_and_one_in_eleven_or_more_has_no_answer(file: Path) -> None:
    questions = [(line["question"], line["document"]) for line in lines(file)]
    assert len(set(questions)) == len(questions) > 600
    assert 1 / 11 < sum(not line["quotes"] for line in lines(file)) / len(questions) < 0.2


def test_no_report_with_written_questions_is_one_that_answers_are_measured_on(evaluation_data: Path) -> None:
    measured = {path.name for path in (evaluation_data / "reports").iterdir()}
    assert measured.isdisjoint(line["document"] for line in lines(DOCUMENTS))
    dataset = read_dataset(evaluation_data / "tatqa")
    parts = {query.about: part_of(dataset.title_of(query)) for query in dataset.queries}
    assert {parts[line["document"]] for line in lines(PAGES)} == {"train"}
