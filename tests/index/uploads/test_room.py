"""The uploads of one viewer may take so many bytes; deleted and replaced ones do not count."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from index.catalog import back_up, bytes_by_uploader, restore, uploader_of
from index.embedding.encoder import Encoder
from index.errors import StorageLimitError
from index.library import Library
from index.loaders import DEFAULTS, MEGABYTE, Isolated
from index.records import DocumentRecord, Viewer
from index.uploads import (
    Deletions,
    Sent,
    add_upload,
    edit_document,
    index_upload,
    keep_upload,
    uploads_folder,
)

ANA, BO, NOBODY = Viewer("home/user/1"), Viewer("home/user/2"), Viewer("")
GATE, WALL = "The third gate of the dam failed.", "The wall of the dam holds."


def add(
    index: Library,
    loading: Isolated,
    name: str,
    text: str,
    viewer: Viewer | None = ANA,
    *,
    most_bytes: int = 0,
) -> DocumentRecord:
    sent = Sent(name, BytesIO(text.encode()), {}, most_bytes)
    return add_upload(index.for_viewer(viewer), loading, DEFAULTS, sent)


def held(index: Library) -> dict[str, int]:
    """The bytes of each viewer."""
    with index.catalog.reading() as reader:
        return bytes_by_uploader(reader.connection, str(uploads_folder(index)))


def uploader(index: Library, record: DocumentRecord) -> str:
    with index.catalog.reading() as reader:
        return uploader_of(reader.connection, record.document_id)


def test_the_files_of_each_viewer_are_counted_and_those_of_nobody_are_not(
    index: Library, loading: Isolated
) -> None:
    for viewer, name, text in ((ANA, "a.txt", GATE), (ANA, "b.txt", WALL), (BO, "c.txt", WALL)):
        add(index, loading, name, text, viewer)
    add(index, loading, "d.txt", GATE, NOBODY)
    add(index, loading, "e.txt", GATE, None)
    assert held(index) == {ANA.key: len(GATE) + len(WALL), BO.key: len(WALL)}
    assert list(held(index)) == [ANA.key, BO.key]


def test_a_new_version_belongs_to_its_sender_and_an_edit_or_a_sync_changes_nothing(
    index: Library, loading: Isolated
) -> None:
    first = add(index, loading, "a.txt", GATE)
    edit_document(index, first.document_id, {"title": "Gate 3"})
    assert (uploader(index, first), held(index)) == (ANA.key, {ANA.key: len(GATE)})
    second = add(index, loading, "a.txt", WALL, BO)
    assert (second.document_id, second.version, held(index)) == (
        first.document_id, 2, {BO.key: len(WALL)},
    )  # fmt: skip
    add(index, loading, "a.txt", GATE, None)
    assert (uploader(index, first), held(index)) == ("", {})


def test_what_goes_beyond_the_limit_is_refused_and_leaves_nothing(index: Library, loading: Isolated) -> None:
    most = len(GATE) + len(WALL)
    add(index, loading, "a.txt", GATE, most_bytes=most)
    add(index, loading, "b.txt", WALL, most_bytes=most)
    with pytest.raises(StorageLimitError, match=r"the file has 0\.1 MB, and of the 0 MB .* 0\.0 MB are left"):
        add(index, loading, "c.txt", "A.", most_bytes=most)
    assert sorted(each.name for each in uploads_folder(index).iterdir()) == ["a.txt", "b.txt"]
    assert {record.path for record in index.catalog.documents()} == {"a.txt", "b.txt"}
    # The file that it replaces does not count, and others have limits of their own.
    add(index, loading, "b.txt", WALL[::-1], most_bytes=most)
    add(index, loading, "c.txt", "A gate.", BO, most_bytes=most)
    add(index, loading, "d.txt", GATE * 9, NOBODY, most_bytes=most)


def test_the_sizes_in_the_refusal_are_rounded_away_from_each_other(index: Library, loading: Isolated) -> None:
    add(index, loading, "a.md", GATE + " " * (9 * MEGABYTE // 10), most_bytes=2 * MEGABYTE)
    with pytest.raises(StorageLimitError) as refused:
        add(index, loading, "b.md", WALL + " " * (6 * MEGABYTE // 5), most_bytes=2 * MEGABYTE)
    assert str(refused.value) == (
        "the file has 1.3 MB, and of the 2 MB that the uploads of one sender may take, 1.0 MB are left; "
        "delete an upload first"
    )


def test_two_that_arrive_together_do_not_pass_the_limit_together(index: Library, loading: Isolated) -> None:
    own = index.for_viewer(ANA)
    both = [
        keep_upload(own, DEFAULTS, Sent(name, BytesIO(GATE.encode()), {}, len(GATE)))
        for name in ("a.txt", "b.txt")
    ]
    index_upload(index, loading, DEFAULTS, both[0])
    with pytest.raises(StorageLimitError):
        index_upload(index, loading, DEFAULTS, both[1])
    for kept in both:
        kept.discard()
    assert held(index) == {ANA.key: len(GATE)}
    assert [each.name for each in uploads_folder(index).iterdir()] == ["a.txt"]


def test_a_deleted_one_frees_its_room_and_comes_back_if_there_is_room(
    index: Library, loading: Isolated
) -> None:
    most = len(GATE) + 5
    with Deletions(index, most) as deletions:
        first = add(index, loading, "a.txt", GATE, most_bytes=most)
        deletions.delete(first.document_id)
        assert held(index) == {}
        second = add(index, loading, "b.txt", WALL, most_bytes=most)
        with pytest.raises(StorageLimitError):
            deletions.restore(first.document_id)
        assert [record.path for record in index.catalog.documents()] == ["b.txt"]
        deletions.delete(second.document_id)
        deletions.restore(first.document_id)
        assert (uploader(index, first), held(index)) == (ANA.key, {ANA.key: len(GATE)})


def test_a_restored_backup_knows_the_uploaders(encoder: Encoder, loading: Isolated, tmp_path: Path) -> None:
    with Library.open(tmp_path / "former", encoder) as index:
        add(index, loading, "a.txt", GATE)
        back_up(index.home, tmp_path / "backup.tar", ["uploads"])
    restore(tmp_path / "other", tmp_path / "backup.tar", ["uploads"])
    with Library.open(tmp_path / "other", encoder) as index:
        assert held(index) == {ANA.key: len(GATE)}
