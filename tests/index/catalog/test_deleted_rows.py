"""A restored document has the same id, versions and search results as before its removal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from index.catalog.writes import save_rows, trashed_document
from index.documents import PageLayout, Section
from index.embedding.encoder import Encoder
from index.errors import DocumentNotFoundError, TakenError
from index.library import Library
from index.records import DocumentRecord, Incoming
from tests.support.reports import Watched, found, incoming

QUERIES = ("the third gate of the dam", "sheds of Orrin", "water")


def report(text: str, path: str = "gate.pdf", title: str = "On gate 3") -> Incoming:
    made = incoming(text, path, title=title, publisher="Council", published="2031-07")
    document = replace(
        made.document,
        kind="pdf",
        page_starts=(0, 4),
        author="A. Writer",
        origins={"title": "page", "collection": "sidecar"},
        collection="Dams",
        sections=(Section(0, 1, "The gate"),),
        mended=(2,),
        layouts=(PageLayout(595.0, 842.0, bytes(64)), PageLayout(595.0, 842.0, bytes(8 * (len(text) - 4)))),
        recognised_pages=(2,),
        recognised_in="eng",
    )
    return replace(made, document=document, size=77, mtime_ns=88)


@pytest.fixture
def removed(index: Library, tmp_path: Path) -> tuple[Path, list[object]]:
    """A file with the rows of a removed document with two versions, and its state before the removal."""
    index.replace([report("The third gate of the dam is shut."), incoming("Water rose.", "water.txt")])
    index.replace([report("The third gate of the dam of Varda is open.\n\nNobody was told.")])
    # Compact first: superseded words count in the rarity of others until then.
    index.compact()
    before = known(index)
    file = tmp_path / "rows"
    with index.catalog.reading() as reader:
        save_rows(reader.connection, 1, file)
    index.replace([], [1])
    return file, before


def known(index: Library) -> list[object]:
    """The stored state of document 1, and the results of searches."""
    with index.catalog.reading() as reader:
        versions: list[DocumentRecord] = reader.versions(1)
        state = reader.file(1)
        layouts = [reader.layouts(1, record.version, [1, 2]) for record in versions]
    texts = [index.catalog.text(1, record.version) for record in versions]
    with index.snapshot() as snapshot:
        return [
            versions,
            state,
            layouts,
            texts,
            *(found(index, query) for query in QUERIES),
            snapshot.groups(),
        ]


def test_it_is_as_if_it_had_never_gone(index: Library, removed: tuple[Path, list[object]]) -> None:
    file, before = removed
    assert [record.path for record in index.catalog.documents()] == ["water.txt"]
    with pytest.raises(DocumentNotFoundError):
        index.catalog.document(1, 1)
    index.replace([trashed_document(file)], back=file)
    index.compact()
    assert known(index) == before
    with Library.open(index.home, index.encoder) as again:
        assert known(again) == before


def test_nothing_is_embedded_and_no_vector_is_left_over(encoder: Encoder, tmp_path: Path) -> None:
    watched = Watched(encoder)
    with Library.open(tmp_path / "home", watched) as index:
        index.replace([report("The third gate of the dam is shut.")])
        stored = counts(index)
        with index.catalog.reading() as reader:
            save_rows(reader.connection, 1, tmp_path / "rows")
        index.replace([], [1])
        assert counts(index) == [0, 0]
        watched.embedded.clear()
        index.replace([trashed_document(tmp_path / "rows")], back=tmp_path / "rows")
        assert (watched.embedded, counts(index)) == ([], stored)


def test_one_that_comes_back_to_another_encoder_is_embedded_by_it(
    encoder: Encoder, removed: tuple[Path, list[object]], index: Library
) -> None:
    file, before = removed
    other = Watched(encoder, "another")
    with Library.open(index.home, other, open_other_encoder=lambda _: encoder) as changed:
        changed.rebuild()
        other.embedded.clear()
        changed.replace([trashed_document(file)], back=file)
        assert len(other.embedded) == 1
        assert known(changed) == before
        assert counts(changed) == [2, 2]


def counts(index: Library) -> list[int]:
    """The numbers of stored vectors, of passages and of sentences."""
    with index.catalog.engine.connect() as connection:
        return [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
            for table in ("vectors", "sentence_vectors")
        ]


def test_it_does_not_come_back_to_a_place_that_is_taken(
    index: Library, removed: tuple[Path, list[object]]
) -> None:
    file, _ = removed
    index.replace([report("Another one.")])
    generation = index.generation
    with pytest.raises(TakenError, match=r"gate\.pdf is in the library again; delete it first, or leave it"):
        index.replace([trashed_document(file)], back=file)
    assert (index.generation, [record.document_id for record in index.catalog.documents()]) == (
        generation,
        [3, 2],
    )


def test_it_comes_back_once(index: Library, removed: tuple[Path, list[object]]) -> None:
    file, before = removed
    index.replace([trashed_document(file)], back=file)
    with pytest.raises(TakenError):
        index.replace([trashed_document(file)], back=file)
    index.compact()
    assert known(index) == before


def test_what_is_not_there_cannot_be_kept(index: Library, tmp_path: Path) -> None:
    with index.catalog.reading() as reader, pytest.raises(DocumentNotFoundError):
        save_rows(reader.connection, 7, tmp_path / "rows")
