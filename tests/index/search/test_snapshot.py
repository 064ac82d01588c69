"""A snapshot shows one generation, whatever is written, compacted or rebuilt meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.catalog.duplicate_groups import Duplicates
from index.embedding.encoder import Encoder
from index.library import Library
from index.records import Filters
from index.search.snapshot import Snapshot
from index.vectors import IndexPolicy
from tests.support.reports import incoming, shown, words

BASES = IndexPolicy(small=1)
REPORTS = [
    incoming(text, f"{number:02}.txt", language=["en", "de"][number % 2])
    for number, text in enumerate(words(20))
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def index(encoder: Encoder, home: Path) -> Iterator[Library]:
    with Library.open(home, encoder, policy=BASES) as opened:
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
        [snapshot.neighbours(found[0]) for found in hits if found],
        snapshot.reader.documents(),
        [snapshot.reader.text(number).text for number in numbers],
        [Duplicates().similar(snapshot.reader, number) for number in numbers[:3]],
        snapshot.groups(),
        (snapshot.max_score("flood in Varda"), snapshot.idf([("en", "flood"), ("en", "varda")])),
    )


@pytest.mark.parametrize("by", ["itself", "another"])
def test_it_answers_as_before_over_commits_settling_and_making_anew(
    encoder: Encoder, index: Library, home: Path, by: str
) -> None:
    with Library.open(home, encoder, policy=BASES, max_chunk_tokens=4) as other:
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


def test_one_of_an_empty_library_goes_on_finding_nothing(encoder: Encoder, tmp_path: Path) -> None:
    with Library.open(tmp_path / "empty", encoder) as index, index.snapshot() as held:
        index.replace([incoming("One gate.")])
        assert (held.search("gate"), held.reader.documents(), held.generation) == ([], [], 0)
        assert (held.max_score("gate"), held.idf([("en", "gate")]), held.groups()) == (0, {}, {})
        assert [hit.text for hit in index.search("gate")] == ["One gate."]
