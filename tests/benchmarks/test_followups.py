"""The follow-ups over the sample reports are valid, and rewriting closes most of the gap."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.followups import FollowUp, read_follow_ups, reciprocal_rank, rewritten, share_closed
from index.documents import Document
from index.library import Library
from index.loaders import SUFFIXES, load
from tests.support.processes import ROOT


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


def test_a_change_of_subject_takes_nothing_along(follow_ups: list[FollowUp], seed_index: Library) -> None:
    changes = [each for each in follow_ups if each.kind == "change_of_subject"]
    with seed_index.snapshot() as snapshot:
        assert [each.forms(snapshot.idf)[1] for each in changes] == [each.question for each in changes]


def test_a_turn_is_rewritten_by_the_turns_that_were_rewritten_before_it(seed_index: Library) -> None:
    history = [("How many sirens are planned for Sarrow?", ""), ("And for Tamber?", "")]
    with seed_index.snapshot() as snapshot:
        question = rewritten("And for Upper Isken?", history, snapshot.idf)
    assert question == "How many sirens are planned for Upper Isken?"


@pytest.mark.parametrize("split", ["tune", "held_out"])
def test_rewriting_closes_more_than_half_of_the_distance_to_the_written_out_questions(
    split: str, follow_ups: list[FollowUp], seed_index: Library
) -> None:
    chosen = [each for each in follow_ups if each.split == split]
    with seed_index.snapshot() as snapshot:
        forms = [each.forms(snapshot.idf) for each in chosen]
    ranks = [
        [reciprocal_rank(seed_index, text, each) for text in texts]
        for each, texts in zip(chosen, forms, strict=True)
    ]
    raw, by_rules, by_hand = zip(*ranks, strict=True)
    assert sum(by_hand) > sum(raw)
    assert share_closed(raw, by_rules, by_hand) > 0.5
