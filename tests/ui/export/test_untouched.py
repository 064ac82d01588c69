"""What was exported and touched by nobody holds: the answers to all questions of the seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from index.library import Library
from rag.answers import Answer
from rag.conversations.answers import load, written
from rag.engine import QueryEngine
from ui.cli.verify import verify_file
from ui.export import FORMATS, Format, digests_of, export, read_export
from ui.export.comparison import check_kept
from ui.export.sheet import lay_out

SEEDS = Path(__file__).parents[3] / "seeds"
EVERY = {"docx": 5}
"""A Word document takes its time: of how many answers one is written."""


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
        # What the library would find, did it keep the answer.
        kept = lay_out(load(written(made).encode()), {})
        assert list(check_kept(read_export(file.read_bytes(), file), [kept])) == []
        if not verified.holds:
            checks = (*verified.sentences, *verified.footnotes)
            problems = [(each.words, each.problems) for each in checks if not each.holds]
            wrong[made.question] = (problems, verified.problems)
    assert wrong == {}
    assert len(answers) == 67
