"""Two records of one checkout are equal, and a changed field is named (``benchmarks.record``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.record import main
from tests.conftest import SEEDS

READING = "How far behind in reading are pupils of the Quell Delta?"
QUESTIONS = (
    {"question": "How many suspects were arrested, and over how many days?"},
    {"question": "In arithmetic?", "history": [READING]},
    {"text": "Who won the chess championship?"},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the record ``old.json``."""
    folder = tmp_path_factory.mktemp("records")
    lines = "\n".join(json.dumps(row) for row in QUESTIONS)
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    return write(folder, "old.json")


def write(folder: Path, name: str) -> Path:
    questions = str(folder / "questions.jsonl")
    assert main(["write", str(folder / name), "--samples", str(SEEDS), "--questions", questions]) == 0
    return folder


def changed(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """Store a changed copy of the record, and return the arguments that compare both."""
    made = json.loads((folder / "old.json").read_text(encoding="utf-8"))
    change(made)
    (folder / name).write_text(json.dumps(made), encoding="utf-8")
    return ["compare", str(folder / "old.json"), str(folder / name)]


def test_a_record_has_documents_answers_and_the_interface(folder: Path) -> None:
    made = json.loads((folder / "old.json").read_text(encoding="utf-8"))
    inquiry = made["documents"]["seeds/lorvenna-maravel-dam-inquiry.pdf"]
    assert (inquiry["published"], inquiry["page_starts"]) == ("2025-09-30", [0, 1656, 3376])
    assert inquiry["tables"][0] == {"start": 2173, "header_end": 2222, "end": 2576}
    assert len(inquiry["chunks"]) == 8
    assert sorted(inquiry["boxes"]) == ["1", "2", "3"]
    # The first conversation is held again with a request after it.
    assert {key: len(turns) for key, turns in made["answers"].items()} == {
        "How many suspects were arrested, and over how many days?": 1,
        "How many suspects were arrested, and over how many days? / shorter": 2,
        f"{READING} / In arithmetic?": 2,
        f"{READING} / In arithmetic? / tell me more": 3,
        "Who won the chess championship?": 1,
        "Who won the chess championship? / as a table": 2,
    }
    cited = made["answers"][f"{READING} / In arithmetic?"][1]["citations"][0]
    assert cited["document_id"] == "seeds/lorvenna-schools-autumn-2025.pdf"
    assert "ten months behind in arithmetic" in cited["quote"]
    assert made["answers"]["Who won the chess championship?"][0]["cause"] == "not_in_library"
    assert "/v1/chat" in made["openapi"]["paths"]


def test_a_second_record_is_equal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "again.json")
    assert main(["compare", str(folder / "old.json"), str(folder / "again.json")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "answers: 0 of 6 entries differ",
        "documents: 0 of 7 entries differ",
        "failures: 0 of 0 entries differ",
        f"openapi: 0 of {len(json.loads((folder / 'old.json').read_text())['openapi'])} entries differ",
    ]


def test_a_changed_field_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(made: dict[str, Any]) -> None:
        made["documents"]["seeds/lorvenna-maravel-dam-inquiry.pdf"]["chunks"][2]["span"][1] += 1

    assert main(changed(folder, "changed.json", change)) == 1
    printed = capsys.readouterr().out
    assert "documents: 1 of 7 entries differ\n  1 × documents: chunks.span\n" in printed
    assert "documents › seeds/lorvenna-maravel-dam-inquiry.pdf › chunks › 2 › span › 1\n" in printed
    assert "answers: 0 of 6 entries differ" in printed


def test_what_only_one_record_has_may_be_left_out(folder: Path) -> None:
    def change(made: dict[str, Any]) -> None:
        del made["answers"]["Who won the chess championship?"]

    compare = changed(folder, "fewer.json", change)
    assert main(compare) == 1
    assert main([*compare, "--common"]) == 0
