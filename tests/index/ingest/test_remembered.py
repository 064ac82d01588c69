"""Values cached between questions always equal those of the current catalog."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

from benchmarks.stub_encoder import StubEncoder
from index.catalog.backup import back_up, restore
from index.library import Library
from index.loaders import Options
from index.loaders.sandbox.client import Isolated
from index.records import Filters
from index.uploads import Sent, add_upload
from tests.support.reports import incoming

YEAR = 365 * 86_400 * 10**9


def test_filters_by_date_follow_a_file_that_is_saved_again(tmp_path: Path) -> None:
    one = incoming("One gate.", published="1970-01-01")
    one = replace(one, document=replace(one.document, origins={"published": "file time"}))
    later = Filters(published_after="1980-01-01")
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        index.replace([one])
        assert index.search("gate", filters=later) == []
        index.catalog.touch({1: (9, 20 * YEAR)})
        assert [hit.document.published for hit in index.search("gate", filters=later)] == ["1989-12-27"]


def test_near_duplicates_are_not_those_of_a_number_that_is_given_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    story = " ".join(f"The council of Varda closed gate {number} of the dam." for number in range(30))
    other = " ".join(f"Nobody in Orrin has seen witness {number} since." for number in range(30))
    with Library.open(home, StubEncoder()) as index:
        index.replace([incoming(story, "a.txt")])
        back_up(home, tmp_path / "library.tar")
        index.replace([incoming(f"{story} Later.", "b.txt")])
        with index.snapshot() as snapshot:
            assert dict(snapshot.groups()) == {1: (1, 2), 2: (1, 2)}
        restore(home, tmp_path / "library.tar")
        index.replace([incoming(other, "b.txt")])
        assert [record.document_id for record in index.catalog.documents()] == [1, 2]
        with index.snapshot() as snapshot:
            assert dict(snapshot.groups()) == {}


def test_a_new_version_of_an_upload_is_kept_whatever_its_name(tmp_path: Path, loading: Isolated) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        for text in ("One gate.", "Two gates."):
            sent = Sent("former-.txt", BytesIO(text.encode()), {})
            add_upload(index, loading, Options(), sent)
        assert (index.home / "uploads" / "former-.txt").read_text() == "Two gates."
