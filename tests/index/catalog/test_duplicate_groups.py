"""The catalog recognises near-duplicates after any changes of the library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalog import back_up, restore
from index.catalog.database import Catalog
from index.catalog.duplicate_groups import Duplicates, group_labels
from index.catalog.schema import signatures
from index.documents import Span
from index.ingest.synchronize import sync
from index.library import Library
from index.text.minhash import NEAR_DUPLICATE, PERMUTATIONS, resemblance
from tests.support.reports import emptied, incoming, near_duplicates, version, write
from tests.support.stories import COPIES, FOOTER, LEAD, OTHER_STORY, STORY
from ui.http.documents import document_response

WIRE = " ".join(STORY)
PROOFS = f"{WIRE} {FOOTER.format('Courier')}"
OTHER = " ".join(OTHER_STORY)


@pytest.fixture
def index(stubbed: Library) -> Library:
    return stubbed


def groups(index: Library) -> list[list[str]]:
    """The paths in each group of near-duplicates."""
    names = {record.document_id: record.path for record in index.catalog.documents()}
    with index.snapshot() as snapshot:
        found = {tuple(sorted(names[member] for member in group)) for group in snapshot.groups().values()}
    return sorted(map(list, found))


def similar(index: Library, path: str) -> list[tuple[str, float]]:
    [number] = [record.document_id for record in index.catalog.documents() if record.path == path]
    return [(record.path, score) for record, score in near_duplicates(index, number)]


def test_copies_of_a_story_are_a_group_and_another_story_is_none(index: Library, tmp_path: Path) -> None:
    for name, text in {**COPIES, "other.txt": OTHER}.items():
        write(tmp_path / "reports" / name, text)
    sync(index, [tmp_path / "reports"])
    assert groups(index) == [["courier.md", "gazette.md", "herald.md"]]
    assert [path for path, _ in similar(index, "gazette.md")] == ["courier.md", "herald.md"]
    assert all(0.7 < score < 1 for _, score in similar(index, "gazette.md"))
    assert similar(index, "other.txt") == []


def test_the_nearest_copy_comes_first_and_equal_ones_by_path(index: Library) -> None:
    index.replace(
        [incoming(WIRE, "b.txt"), incoming(PROOFS, "a.txt"), incoming(WIRE, "d.txt"), incoming(WIRE, "c.txt")]
    )
    [(first, one), (second, two), (third, three)] = similar(index, "b.txt")
    assert (first, second, third) == ("c.txt", "d.txt", "a.txt")
    assert (one, two) == (1.0, 1.0)
    assert 0.8 < three < 1.0


def test_groups_are_made_once_a_generation(index: Library) -> None:
    index.replace([incoming(WIRE, "a.txt"), incoming(WIRE, "b.txt")])
    with index.snapshot() as old:
        made = old.groups()
        assert old.groups() is made
    with index.snapshot() as old:
        assert old.groups() is made
        index.replace([incoming(OTHER, "c.txt")])
        with index.snapshot() as new:
            renewed = new.groups()
        assert renewed is not made
        assert old.groups() == made
    with index.snapshot() as new:
        assert new.groups() is renewed, "a reader of an older state does not discard them"


def test_a_document_without_a_signature_resembles_nothing(index: Library) -> None:
    # The third text has no words, and so no signature; take the first one's away.
    index.replace([incoming(WIRE, "old.txt"), incoming(WIRE, "new.txt"), incoming("…", "dots.txt")])
    with index.catalog.engine.begin() as connection:
        connection.execute(sa.delete(signatures).where(signatures.c.document_id == 1))
    assert groups(index) == []
    assert [similar(index, name) for name in ("old.txt", "new.txt", "dots.txt")] == [[], [], []]
    index.replace([incoming(WIRE, "old.txt")])
    assert groups(index) == [["new.txt", "old.txt"]]


def test_a_sentence_is_found_by_its_span_and_a_part_of_one_is_none(index: Library) -> None:
    table = "Costs of repairs\n\nItem | 2031\nGate 3 | 1.2\nGate 4 | 1.9"
    index.replace([incoming(f"{LEAD} Nobody was hurt.\n\n{table}", "a.txt")])
    [record] = index.catalog.documents()
    text = index.catalog.text(1).text
    row = Span(text.index("Gate 4"), len(text))
    header = Span(text.index("Costs"), text.index("\nGate 3"))
    with index.snapshot() as snapshot:
        assert snapshot.reader.sentence(record, Span(0, len(LEAD))) == (None, None)
        assert snapshot.reader.sentence(record, row) == (header, None)
        assert snapshot.reader.sentence(record, Span(0, len(LEAD) - 1)) is None
    index.replace([incoming("Another text.", "a.txt")])
    with index.snapshot() as snapshot:
        assert snapshot.reader.sentence(record, Span(0, len(LEAD))) is None


MARKS = st.lists(st.integers(0, 6), min_size=2, max_size=12)


def made(kinds: list[int], noise: int) -> np.ndarray:
    """Signatures that share none to all of their numbers with two common ones."""
    chance = np.random.default_rng(noise)
    common = chance.integers(0, 2**32, (2, PERMUTATIONS), dtype=np.uint32)
    rows = []
    for kind in kinds:
        own = chance.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
        kept = chance.random(PERMUTATIONS) < kind / 6
        rows.append(np.where(kept, common[kind % 2], own))
    return np.stack(rows).astype(np.uint32)


@given(MARKS, st.integers(0, 1000), st.randoms(use_true_random=False))
def test_groups_are_those_that_comparing_all_pairs_finds_in_any_order(
    kinds: list[int], noise: int, chance: object
) -> None:
    stored = made(kinds, noise)
    # The bands trade accuracy for speed: pairs just at the threshold may have no band in common.
    sure = [resemblance(row, stored) >= NEAR_DUPLICATE + 0.1 for row in stored]
    labels = group_labels(stored)
    for one, row in enumerate(sure):
        assert {int(labels[other]) for other in np.flatnonzero(row)} == {int(labels[one])}
    for label in set(labels.tolist()):
        group = np.flatnonzero(labels == label)
        for member in group:
            near = resemblance(stored[member], stored[group]) >= NEAR_DUPLICATE
            assert len(group) == 1 or near.sum() > 1
    order = list(range(len(stored)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    turned = group_labels(stored[order])
    together = {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels}
    again = {frozenset(order[place] for place in np.flatnonzero(turned == label)) for label in turned}
    assert together == again


CHANGES = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 11)), max_size=4),
        st.sets(st.integers(0, 9), max_size=3),
        st.booleans(),
    ),
    min_size=2,
    max_size=8,
)
"""For each generation: the written files with their signatures, the removed files, and whether the groups
are queried."""


@settings(max_examples=30)
@given(st.lists(st.integers(0, 6), min_size=12, max_size=12), st.integers(0, 1000), CHANGES)
def test_groups_that_followed_each_generation_are_those_made_afresh(
    shared_catalog: Catalog,
    kinds: list[int],
    noise: int,
    changes: list[tuple[list[tuple[int, int]], set[int], bool]],
) -> None:
    texts, catalog, duplicates = made(kinds, noise), emptied(shared_catalog), Duplicates()
    for written, removed, asked in changes:
        known = {record.path: record.document_id for record in catalog.documents()}
        new = {f"{name}.txt": text for name, text in written if name not in removed}
        gone = [known[path] for path in (f"{name}.txt" for name in removed) if path in known]
        catalog.commit(
            [
                replace(version(f"Text {text}.", path), signature=texts[text].tobytes())
                for path, text in new.items()
            ],
            gone,
        )
        with catalog.reading() as reader:
            if asked:
                assert duplicates.groups(reader) == Duplicates().groups(reader)
    with catalog.reading() as reader:
        assert duplicates.groups(reader) == Duplicates().groups(reader)


def test_what_follows_is_compared_alone(index: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    index.replace([incoming(WIRE, "a.txt"), incoming(PROOFS, "b.txt"), incoming(OTHER, "c.txt")])
    assert groups(index) == [["a.txt", "b.txt"]]
    monkeypatch.setattr("index.catalog.duplicate_groups.group_labels", None)
    index.replace([incoming(OTHER, "d.txt"), incoming(WIRE, "e.txt")])
    assert groups(index) == [["a.txt", "b.txt", "e.txt"], ["c.txt", "d.txt"]]
    index.replace([], [1])
    assert groups(index) == [["b.txt", "e.txt"], ["c.txt", "d.txt"]]


def test_groups_are_not_those_of_an_id_that_is_given_again_after_a_restoration(
    index: Library, tmp_path: Path
) -> None:
    index.replace([incoming(WIRE, "a.txt")])
    back_up(index.home, tmp_path / "library.tar")
    index.replace([incoming(f"{WIRE} Later.", "b.txt")])
    assert groups(index) == [["a.txt", "b.txt"]]
    restore(index.home, tmp_path / "library.tar")
    index.replace([incoming(OTHER, "b.txt")])
    assert [record.document_id for record in index.catalog.documents()] == [1, 2]
    assert groups(index) == []


def test_the_interface_names_the_near_duplicates_of_a_document(index: Library) -> None:
    index.replace(
        [incoming(WIRE, "a.txt"), incoming(WIRE, "b.txt", publisher="Courier"), incoming(OTHER, "c.txt")]
    )
    assert document_response(index, 1)["same_as"] == [
        {"document_id": 2, "title": "A report", "publisher": "Courier", "similarity": 1.0}
    ]
    assert document_response(index, 3)["same_as"] == []
