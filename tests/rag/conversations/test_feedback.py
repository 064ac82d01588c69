"""Feedback is stored unchanged, even with several writers at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from index.catalog import Catalog
from index.errors import DocumentNotFoundError
from index.records import Viewer
from rag.conversations.feedback import (
    CitedEvidence,
    Feedback,
    Judgement,
    append_feedback,
    evidence_in,
    forget_feedback,
    judgements,
    read_feedback,
)
from rag.errors import SpanError
from tests.support.libraries import MakeLibrary

EVIDENCE = CitedEvidence("/reports", "a.txt", 4, 7, "dam")


def given(question: str = "Why?", note: str | None = None) -> Feedback:
    return Feedback(question, "right", (EVIDENCE,), note, "2031-05-06T07:08:09+00:00")


def test_feedback_is_read_back_unchanged_and_in_order(catalog: Catalog) -> None:
    assert read_feedback(catalog) == []
    kept = [
        given("Warum?", "naïve\nnote"),
        Feedback("Why?", "unanswerable", (), None, "2031-05-06", "a", "bea"),
        given("Warum?", "naïve\nnote"),
    ]
    for item in kept:
        append_feedback(catalog, item)
    assert read_feedback(catalog) == kept
    assert catalog.generation() == 0, "it changes no search"


def test_concurrent_writers_lose_nothing(catalog: Catalog) -> None:
    questions = [f"Why {number}? {'x' * 5000}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda question: append_feedback(catalog, given(question)), questions))
    assert sorted(item.question for item in read_feedback(catalog)) == sorted(questions)


def test_old_feedback_is_forgotten(catalog: Catalog) -> None:
    times = ("2031-05-06T07:08:08+00:00", "2031-05-06T07:08:09+00:00")
    for given_at in times:
        append_feedback(catalog, Feedback("Why?", "right", (), None, given_at))
    assert [forget_feedback(catalog, times[1]) for _ in range(2)] == [1, 0]
    assert [item.given_at for item in read_feedback(catalog)] == [times[1]]


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


def test_the_last_judgement_of_an_answer_counts_and_viewers_have_their_own(catalog: Catalog) -> None:
    judged: list[tuple[Judgement, str | None, str | None]] = [
        ("wrong", "a", "bea"),
        ("right", "b", None),
        ("right", None, "bea"),
        ("right", "a", "bea"),
        ("wrong", "a", "cai"),
        ("unanswerable", "a", None),
    ]
    for verdict, answer_id, owner in judged:
        append_feedback(catalog, Feedback("Why?", verdict, (), None, "2031", answer_id, owner))
    assert judgements(catalog, {"a", "b", "c"}) == {"a": "unanswerable", "b": "right"}
    assert judgements(catalog, {"b"}) == {"b": "right"}
    viewers = (Viewer("bea"), Viewer("cai"), Viewer("d"), Viewer("ada", sees_all=True))
    assert [judgements(catalog.for_viewer(viewer), {"a"}).get("a") for viewer in viewers] == [
        *("right", "wrong", None, "unanswerable")
    ]
