"""A snapshot shows one generation, whatever is written, compacted or rebuilt meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.stub_encoder import StubEncoder
from index.catalog.duplicate_groups import Duplicates
from index.library import Library
from index.records import Filters
from index.search.fusion import UNREAD, fuse, share_of_vectors
from index.search.snapshot import Snapshot
from index.search.status import size_of
from index.vectors import IndexPolicy
from tests.support.reports import incoming, shown, words

BASES = IndexPolicy(small=1)
REPORTS = [
    incoming(text, f"{number:02}.txt", language=["en", "de"][number % 2])
    for number, text in enumerate(words(20))
]


@pytest.fixture
def index(home: Path) -> Iterator[Library]:
    with Library.open(home, StubEncoder(), policy=BASES) as opened:
        opened.replace(REPORTS)
        yield opened


def answers(snapshot: Snapshot) -> tuple[object, ...]:
    """All that a snapshot returns."""
    hits = [
        snapshot.search(query, 8, filters, weight)
        for query in ("flood in Varda", "police")
        for filters in (Filters(), Filters(languages=("de",)), Filters(document_ids=(2, 3)))
        for weight in (0, 0.5, 1)
    ]
    numbers = [record.document_id for record in snapshot.reader.documents()]
    return (
        snapshot.generation,
        [[(hit.chunk_id, *shown(hit)) for hit in found] for found in hits],
        snapshot.neighbours([found[0] for found in hits if found]),
        snapshot.reader.documents(),
        [snapshot.reader.text(number).text for number in numbers],
        [Duplicates().similar(snapshot.reader, number) for number in numbers[:3]],
        snapshot.groups(),
        (snapshot.max_score("flood in Varda"), snapshot.idf([("en", "flood"), ("en", "varda")])),
    )


@pytest.mark.parametrize("by", ["itself", "another"])
def test_it_answers_as_before_over_commits_settling_and_making_anew(
    index: Library, home: Path, by: str
) -> None:
    with Library.open(home, StubEncoder(), policy=BASES, max_chunk_tokens=4) as other:
        writer = index if by == "itself" else other
        with index.snapshot() as held:
            before = answers(held)
            writer.replace([incoming("A flood in Varda, police say.", "00.txt")], [2, 3])
            assert answers(held) == before
            with index.snapshot() as second:
                assert second.generation == 2
                after = answers(second)
                assert after != before
                assert writer.compact()
                assert (answers(held), answers(second)) == (before, after)
                writer.replace([incoming("Police of Varda.", "new.txt")], [4])
                assert (answers(held), answers(second)) == (before, after)
                other.rebuild()
                assert (answers(held), answers(second)) == (before, after)
        with index.snapshot() as newest:
            assert newest.generation == 4
            assert {hit.document.path for hit in newest.search("Police of Varda", 3)} >= {"new.txt"}


def test_one_of_an_empty_library_goes_on_finding_nothing(tmp_path: Path) -> None:
    with Library.open(tmp_path / "empty", StubEncoder()) as index, index.snapshot() as held:
        index.replace([incoming("One gate.")])
        assert (held.search("gate"), held.reader.documents(), held.generation) == ([], [], 0)
        assert (held.max_score("gate"), held.idf([("en", "gate")]), held.groups()) == (0, {}, {})
        assert [hit.text for hit in index.search("gate")] == ["One gate."]


COSINES = st.dictionaries(st.integers(1, 40), st.floats(-1, 1, width=32), max_size=20)
WEIGHTS = st.floats(0, 1)
BM25 = st.floats(2**-10, 50, width=32)
MOST = st.floats(0, 100, width=32)


@st.composite
def halves(draw: st.DrawFn) -> tuple[dict[int, float], dict[int, float]]:
    """The cosines of a pool, and the BM25 scores of its passages that share a word with the query."""
    dense = draw(COSINES)
    sharing = draw(st.lists(st.sampled_from(sorted(dense)), unique=True)) if dense else []
    return dense, {number: draw(BM25) for number in sharing}


@pytest.mark.parametrize(
    ("dense", "lexical", "most", "weight", "expected"),
    [
        # (0.45 - 0.2) / (0.7 - 0.2) = 0.5; 2 of 10 and 8 of 10.
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 10.0, 0.6, {1: 0.68, 2: 0.62, 3: 0.0}),
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 10.0, 0.5, {1: 0.6, 2: 0.65, 3: 0.0}),
        # Most words of the query are in no passage, so that the bound is high and the vectors decide.
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 80.0, 0.5, {1: 0.5125, 2: 0.3, 3: 0.0}),
        # The score of a passage in another language may exceed the bound for the query's language.
        ({1: 0.7, 2: 0.45, 3: 0.2}, {1: 2.0, 2: 8.0}, 4.0, 0.5, {1: 0.625, 2: 0.75, 3: 0.0}),
        ({1: -0.5, 2: 0.5, 3: 0.0}, {}, 5.0, 0.6, {1: 0.0, 2: 0.6, 3: 0.3}),
        # If all cosines are equal, each counts in full.
        ({1: 0.3, 2: 0.3}, {2: 4.0}, 4.0, 0.6, {1: 0.6, 2: 1.0}),
        ({5: 0.1}, {}, 0.0, 0.6, {5: 0.6}),
        ({}, {}, 0.0, 0.6, {}),
    ],
)
def test_scores_by_hand(
    dense: dict[int, float], lexical: dict[int, float], most: float, weight: float, expected: dict[int, float]
) -> None:
    assert fuse(dense, lexical, most, weight) == pytest.approx(expected)


@given(halves(), MOST, WEIGHTS)
def test_scores_lie_between_0_and_1_and_every_number_of_the_pool_has_one(
    pool: tuple[dict[int, float], dict[int, float]], most: float, weight: float
) -> None:
    dense, lexical = pool
    scores = fuse(dense, lexical, most, weight)
    assert scores.keys() == dense.keys()
    assert all(0 <= score <= 1 + 1e-9 for score in scores.values())


@given(halves(), MOST)
def test_the_whole_weight_on_one_half_is_the_order_of_that_half(
    pool: tuple[dict[int, float], dict[int, float]], most: float
) -> None:
    dense, lexical = pool
    by_vector, by_word = fuse(dense, lexical, most, 1.0), fuse(dense, lexical, most, 0.0)
    for one in dense:
        for other in dense:
            if dense[one] >= dense[other]:
                assert by_vector[one] >= by_vector[other]
            if lexical.get(one, 0.0) >= lexical.get(other, 0.0):
                assert by_word[one] >= by_word[other]


@given(halves(), MOST, WEIGHTS)
def test_better_in_both_halves_is_better(
    pool: tuple[dict[int, float], dict[int, float]], most: float, weight: float
) -> None:
    dense, lexical = pool
    scores = fuse(dense, lexical, most, weight)
    for one in dense:
        for other in dense:
            if dense[one] >= dense[other] and lexical.get(one, 0.0) >= lexical.get(other, 0.0):
                assert scores[one] >= scores[other]


@pytest.mark.parametrize(
    ("query", "share"),
    [
        ("Who closed the third gate of the dam at Varda?", 0.5),
        ("Varda", 0.5),
        ("Ai đã đóng cửa thứ ba của đập Varda vào thứ hai tuần trước?", 0.5 * UNREAD),
        ("谁在星期一关闭了瓦尔达大坝的第三个闸门？", 0.0),
        ("Кто закрыл третьи ворота плотины в понедельник?", 0.0),
    ],
)
def test_vectors_count_for_what_the_encoder_knows_of_the_query_s_language(query: str, share: float) -> None:
    english = frozenset({"en"})
    assert share_of_vectors(query, english, 0.5) == pytest.approx(share)
    assert share_of_vectors(query, None, 0.5) == 0.5
    assert [share_of_vectors(query, english, alone) for alone in (0, 1)] == [0, 1]


def test_a_size_is_that_of_all_files_in_a_folder_or_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"123")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    sizes = [size_of(tmp_path), size_of(tmp_path / "b"), size_of(tmp_path / "c"), size_of(tmp_path / "d")]
    assert sizes == [8, 3, 0, 0]


def test_what_goes_meanwhile_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"12345")
    walk = os.walk

    def then_gone(place: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        yield from list(walk(place))
        (tmp_path / "a").unlink()

    monkeypatch.setattr(os, "walk", then_gone)
    assert size_of(tmp_path) == 5


def test_the_words_above_a_list_find_its_items_in_a_later_passage(home: Path) -> None:
    items = "\n".join(f"• the market of ward {number} and all of its halls" for number in range(80))
    text = f"The Council moves with immediate effect:\n{items}"
    with Library.open(home, StubEncoder(), policy=BASES) as index:
        index.replace([incoming(text, "a.txt")])
        with index.snapshot() as snapshot:
            count = snapshot.reader.last_chunk()
            found = snapshot.search("immediate effect", 20, dense_weight=0)
            assert count > 3
            assert sorted(hit.chunk_id for hit in found if hit.lexical) == list(range(1, count + 1))
        index.rebuild()
        with index.snapshot() as snapshot:
            assert (
                len([hit for hit in snapshot.search("immediate effect", 20, dense_weight=0) if hit.lexical])
                == count
            )
