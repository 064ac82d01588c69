"""Two records of one checkout are equal, and a changed field is named (``benchmarks.record``)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.record import main
from tests.conftest import SEEDS

QUESTIONS = (
    {"question": "How many suspects were arrested, and over how many days?"},
    {"question": "In arithmetic?", "history": ["How far behind in reading are pupils of the Quell Delta?"]},
    {"text": "Who won the chess championship?"},
)


@pytest.mark.slow
def test_two_records_of_one_checkout_are_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions, old, new = (tmp_path / name for name in ("questions.jsonl", "old.json", "new.json"))
    questions.write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
    for file in (old, new):
        assert main(["write", str(file), "--samples", str(SEEDS), "--questions", str(questions)]) == 0
    assert main(["compare", str(old), str(new)]) == 0
    # The first conversations are held again with a request after them.
    assert capsys.readouterr().out.splitlines()[:3] == [
        "answers: 0 of 6 entries differ",
        "documents: 0 of 7 entries differ",
        "failures: 0 of 0 entries differ",
    ]
    made = json.loads(old.read_text(encoding="utf-8"))
    inquiry = made["documents"]["seeds/lorvenna-maravel-dam-inquiry.pdf"]
    assert (inquiry["page_starts"], len(inquiry["chunks"]), len(inquiry["boxes"])) == ([0, 1656, 3376], 8, 3)
    assert "/v1/chat" in made["openapi"]["paths"]


def test_a_changed_field_is_named_and_what_only_one_record_has_may_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"answers": {"Who?": [{"text": "Ada."}]}, "documents": {"a.pdf": {"chunks": [{"span": [0, 5]}]}}}
    (tmp_path / "old.json").write_text(json.dumps(record), encoding="utf-8")
    (tmp_path / "new.json").write_text(json.dumps(record).replace("5]", "6]"), encoding="utf-8")
    (tmp_path / "fewer.json").write_text(json.dumps({**record, "answers": {}}), encoding="utf-8")
    compare = ["compare", str(tmp_path / "old.json")]
    assert main([*compare, str(tmp_path / "new.json")]) == 1
    printed = capsys.readouterr().out
    assert "answers: 0 of 1 entries differ" in printed
    assert "documents: 1 of 1 entries differ\n  1 × documents: chunks.span\n" in printed
    assert "documents › a.pdf › chunks › 0 › span › 1\n" in printed
    assert main([*compare, str(tmp_path / "fewer.json")]) == 1
    assert main([*compare, str(tmp_path / "fewer.json"), "--common"]) == 0
