"""Feedback is stored unchanged, even with several writers at the same time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from index.errors import DocumentNotFoundError
from index.records import Viewer
from rag.conversations.feedback import (
    CitedEvidence,
    Feedback,
    Judgement,
    append_feedback,
    evidence_in,
    judgements,
    read_feedback,
)
from rag.errors import JsonLinesError, SpanError
from tests.support.libraries import MakeLibrary

EVIDENCE = CitedEvidence("/reports", "a.txt", 4, 7, "dam")


def given(question: str = "Why?", note: str | None = None) -> Feedback:
    return Feedback(question, "right", (EVIDENCE,), note, "2031-05-06T07:08:09+00:00")


def test_feedback_is_read_back_unchanged_and_in_order(tmp_path: Path) -> None:
    assert read_feedback(tmp_path) == []
    kept = [given("Warum?", "naïve\nnote"), Feedback("Why?", "unanswerable", (), None, "2031-05-06")]
    for item in kept:
        append_feedback(tmp_path, item)
    assert read_feedback(tmp_path) == kept
    assert len((tmp_path / "feedback.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_concurrent_writers_lose_nothing(tmp_path: Path) -> None:
    questions = [f"Why {number}? {'x' * 5000}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda question: append_feedback(tmp_path, given(question)), questions))
    assert sorted(item.question for item in read_feedback(tmp_path)) == sorted(questions)


def test_a_writer_waits_for_the_lock(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with FileLock(tmp_path / "feedback.lock"):
            writing = pool.submit(append_feedback, tmp_path, given())
            with pytest.raises(TimeoutError):
                writing.result(timeout=0.3)
            assert not (tmp_path / "feedback.jsonl").exists()
        writing.result(timeout=30)
    assert read_feedback(tmp_path) == [given()]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("{", "line 2: not JSON ("),
        (
            '{"question": "Why?"}',
            "line 2: not a feedback record ('evidence'); correct or remove the line",
        ),
        (
            json.dumps(
                {"question": "Why?", "verdict": "great", "evidence": [], "note": None, "given_at": "x"}
            ),
            "line 2: the verdict is 'great'; it must be one of right, wrong, unanswerable",
        ),
        (json.dumps({"evidence": [{"path": "a"}]}), "line 2: not a feedback record ("),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, cause: str) -> None:
    append_feedback(tmp_path, given())
    with (tmp_path / "feedback.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(JsonLinesError) as raised:
        read_feedback(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path}/feedback.jsonl, {cause}")


def test_evidence_is_a_span_of_a_version_with_its_words(library: MakeLibrary) -> None:
    index = library({"a.txt": "The dam broke."}).index
    [record] = index.catalog.documents()
    assert evidence_in(index, 1, 1, 4, 7) == CitedEvidence(record.source, "a.txt", 4, 7, "dam")
    for start, end in ((4, 4), (7, 4), (-1, 4), (4, 99)):
        with pytest.raises(
            SpanError, match=rf"^start {start} and end {end} are not a span of document 1, version 1"
        ):
            evidence_in(index, 1, 1, start, end)
    with pytest.raises(DocumentNotFoundError, match="version 2"):
        evidence_in(index, 1, 2, 4, 7)


def test_the_last_judgement_of_an_answer_counts(tmp_path: Path) -> None:
    for verdict, answer_id in (("wrong", "a"), ("right", "b"), ("right", None), ("right", "a")):
        append_feedback(tmp_path, Feedback("Why?", verdict, (), None, "2031", answer_id))  # type: ignore[arg-type]
    assert judgements(tmp_path) == {"a": "right", "b": "right"}


def test_each_viewer_has_judgements_of_its_own(tmp_path: Path) -> None:
    given: list[tuple[Judgement, str | None]] = [("right", "bea"), ("wrong", "cai"), ("unanswerable", None)]
    for verdict, owner in given:
        append_feedback(tmp_path, Feedback("Why?", verdict, (), None, "2031", "a", owner))
    of = {
        viewer: judgements(tmp_path, viewer).get("a")
        for viewer in (Viewer("bea"), Viewer("cai"), Viewer("d"))
    }
    assert of == {Viewer("bea"): "right", Viewer("cai"): "wrong", Viewer("d"): None}
    assert judgements(tmp_path, Viewer("ada", sees_all=True)) == {"a": "unanswerable"}
    assert read_feedback(tmp_path)[0].owner == "bea"


def test_feedback_of_an_older_version_is_read(tmp_path: Path) -> None:
    evidence: list[object] = []
    line = {"question": "Why?", "verdict": "right", "evidence": evidence, "note": None, "given_at": "2031"}
    (tmp_path / "feedback.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert read_feedback(tmp_path) == [Feedback("Why?", "right", (), None, "2031")]
    assert judgements(tmp_path) == {}
