"""The follow-ups over the sample reports are valid, and what is searched closes most of the gap."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from statistics import fmean

import pytest

from benchmarks.followups import TESTS, FollowUp, read_follow_ups, reciprocal_rank, searched
from index.documents import Document
from index.loaders import SUFFIXES, load
from rag.engine import QueryEngine
from rag.evaluation.datasets import read_json_lines
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def follow_ups() -> list[FollowUp]:
    return read_follow_ups()


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {path.name: load(path) for path in (ROOT / "seeds").iterdir() if path.suffix in SUFFIXES}


def test_there_are_sixty_half_of_them_held_out_with_all_kinds_in_each_half(
    follow_ups: list[FollowUp],
) -> None:
    assert len({each.id for each in follow_ups}) == 60
    assert Counter(each.split for each in follow_ups) == {"tune": 30, "held_out": 30}
    kinds = {"pronoun", "ellipsis", "substitution", "reference", "change_of_subject", "answer_reference"}
    for split in ("tune", "held_out"):
        assert {each.kind for each in follow_ups if each.split == split} == kinds
    assert sum(each.kind == "change_of_subject" for each in follow_ups) >= 10
    assert {len(each.history) for each in follow_ups} == {1, 2, 3}


def test_the_words_of_every_evidence_are_in_its_document_once(
    follow_ups: list[FollowUp], documents: dict[str, Document]
) -> None:
    for each in follow_ups:
        assert each.evidence, each.id
        for document, words in each.evidence:
            assert documents[document].text.count(words) == 1, each.id


def test_there_are_sixty_hurried_conversations_with_changes_of_subject_and_refusals() -> None:
    rows = [row for _, row in read_json_lines(TESTS / "hurried.jsonl")]
    assert [row["_id"] for row in rows] == [f"h{number:02}" for number in range(1, 61)]
    assert Counter(row["split"] for row in rows) == {"tune": 30, "held_out": 30}
    kinds = Counter(row["kind"] for row in rows)
    assert (kinds["change_of_subject"], kinds["after_refusal"]) == (15, 12)
    assert all(bool(row["document"]) == bool(row["answer"]) for row in rows)


@pytest.mark.parametrize("split", ["tune", "held_out"])
def test_what_is_searched_finds_the_evidence_as_well_as_the_written_out_question(
    split: str, follow_ups: list[FollowUp], seed_engine: QueryEngine
) -> None:
    chosen = [each for each in follow_ups if each.split == split]
    index = seed_engine.index
    raw, joined, by_hand = (
        fmean(reciprocal_rank(index, text(each), each) for each in chosen)
        for text in (
            attrgetter("question"),
            lambda each: searched(seed_engine, each.question, each.history),
            attrgetter("written_out"),
        )
    )
    assert raw < by_hand
    assert joined - raw > 0.5 * (by_hand - raw)


def test_a_change_of_subject_takes_nothing_along(
    follow_ups: list[FollowUp], seed_engine: QueryEngine
) -> None:
    changes = [each for each in follow_ups if each.kind == "change_of_subject"]
    assert [searched(seed_engine, each.question, each.history) for each in changes] == [
        each.question for each in changes
    ]
