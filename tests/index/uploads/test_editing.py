"""Details that a user edits are stored in the library and visible at once; no file is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from index.catalog import lock as locking
from index.catalog.backup import back_up, restore
from index.documents import sidecar_of
from index.embedding.encoder import Encoder
from index.errors import LibraryLockedError, LoadError, OutdatedError
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import DEFAULTS
from index.loaders.sandbox.client import Isolated
from index.records import DocumentRecord, Filters
from index.uploads import Sent, add_upload, remove_upload, restore_upload, uploads_folder
from tests.support.background import Held
from tests.support.edits import GATE, REPORT, edit, filed, note
from tests.support.reports import Watched, found, write

KEYS = ("title", "publisher", "author", "published", "language", "collection")


@pytest.fixture
def folder(index: Library, loading: Isolated, tmp_path: Path) -> Path:
    return filed(index, loading, tmp_path / "reports")


def known(record: DocumentRecord) -> dict[str, Any]:
    return {key: getattr(record, key) for key in KEYS}


def upload(index: Library, loading: Isolated, text: str = REPORT, **said: str) -> DocumentRecord:
    return add_upload(index, loading, DEFAULTS, Sent("gate.md", BytesIO(text.encode()), said))


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The files under a folder, with hidden ones, their times and their contents."""
    return {
        str(file.relative_to(folder)): (file.stat().st_mtime_ns, file.read_bytes())
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


class TestEdited:
    def test_details_are_kept_in_the_catalog_and_nothing_is_written_beside_the_file(
        self, index: Library, loading: Isolated, folder: Path
    ) -> None:
        before, there = index.catalog.document(1), files(folder)
        after = edit(
            index,
            title=" On\ngate 3 ",
            author="Ada Varro",
            published="July 2031",
            language="en-GB",
            collection="Gates",
        )
        assert known(after) == {
            "title": "On gate 3",
            "publisher": "Itself",
            "author": "Ada Varro",
            "published": "2031-07",
            "language": "en",
            "collection": "Gates",
        }
        edited = dict.fromkeys(("title", "author", "published", "language", "collection"), "edit")
        assert after.origins == {"publisher": "front matter", **edited}
        assert (after.version, after.digest, after.added) == (1, before.digest, before.added)
        assert index.catalog.text(1).text == f"{GATE}\n\nIt stays closed."
        assert files(folder) == there
        assert sync(index, reader=loading).unchanged == 2
        assert index.catalog.document(1) == after

    @pytest.mark.usefixtures("folder")
    def test_filters_and_searches_go_by_them(self, index: Library) -> None:
        assert found(index, "gate", filters=Filters(publishers=("Council",))) == []
        edit(index, publisher="Council", title="Sluices of the valley")
        (hit, *_) = index.search("sluices", 1, Filters(publishers=("Council",)))
        assert (hit.document.title, hit.lexical > 0) == ("Sluices of the valley", True)
        assert index.search("gate", 9, Filters(collections=("dams",)))[0].document.publisher == "Council"

    @pytest.mark.usefixtures("folder")
    def test_an_empty_value_takes_a_detail_back_and_leaves_the_others(self, index: Library) -> None:
        before = index.catalog.document(1)
        edit(index, title="On gate 3", author="Ada Varro", published="2029", collection="Gates")
        after = edit(index, title="", published=" ")
        assert (after.title, after.published, after.author) == ("Its own title", "2031-07-18", "Ada Varro")
        edit(index, author="", collection="")
        assert index.catalog.document(1) == before

    @pytest.mark.usefixtures("folder")
    def test_a_detail_that_is_kept_already_changes_nothing(self, index: Library) -> None:
        edit(index, title="On gate 3")
        generation = index.generation
        assert edit(index, title=" On gate 3", author="").title == "On gate 3"
        assert edit(index).title == "On gate 3"
        assert index.generation == generation

    def test_it_does_not_matter_whether_the_file_is_there_or_the_folder_can_be_written(
        self, index: Library, loading: Isolated, folder: Path
    ) -> None:
        (folder / "dams" / "gate.md").unlink()
        (folder / "dams").rmdir()
        folder.chmod(0o500)
        try:
            assert edit(index, title="On gate 3").title == "On gate 3"
            assert edit(index, 2, title="Water").title == "Water"
            assert edit(index, title="").title == "Its own title"
        finally:
            folder.chmod(0o700)
        assert sync(index, reader=loading).removed == ("dams/gate.md",)


class TestSidecar:
    def test_an_edit_stands_above_it_and_it_shows_again(
        self, index: Library, loading: Isolated, folder: Path
    ) -> None:
        note(folder).write_text("publisher: Council\ntitle: By hand\n")
        sync(index, reader=loading)
        edited = edit(index, publisher="Ministry")
        assert (edited.title, edited.publisher) == ("By hand", "Ministry")
        assert (edited.origins["title"], edited.origins["publisher"]) == ("sidecar", "edit")
        back = edit(index, publisher="")
        assert (back.publisher, back.origins["publisher"]) == ("Council", "sidecar")

    def test_it_may_change_or_go_beneath_an_edit(
        self, index: Library, loading: Isolated, folder: Path
    ) -> None:
        note(folder).write_text("publisher: Council\n")
        sync(index, reader=loading)
        edit(index, publisher="Ministry")
        note(folder).write_text("publisher: The council of Varda\n")
        assert sync(index, reader=loading).changed == ("dams/gate.md",)
        assert index.catalog.document(1).publisher == "Ministry"
        assert edit(index, publisher="").publisher == "The council of Varda"
        edit(index, publisher="Ministry")
        note(folder).unlink()
        assert sync(index, reader=loading).changed == ("dams/gate.md",)
        assert edit(index, publisher="").publisher == "Itself"

    def test_one_that_lies_beside_an_upload_is_read_as_before(
        self, index: Library, loading: Isolated
    ) -> None:
        upload(index, loading)
        sidecar_of(uploads_folder(index) / "gate.md").write_text("publisher: Council\n")
        assert sync(index, reader=loading).changed == ("gate.md",)
        assert index.catalog.document(1).publisher == "Council"
        again = upload(index, loading, REPORT + "More.", author="Ada Varro")
        assert (again.publisher, again.author, again.version) == ("Council", "Ada Varro", 2)
        assert (again.origins["publisher"], again.origins["author"]) == ("sidecar", "upload")
        assert sync(index, reader=loading).unchanged == 1

    def test_one_that_leads_elsewhere_is_not_read_and_the_file_is_named(
        self, index: Library, loading: Isolated, folder: Path, tmp_path: Path
    ) -> None:
        note(folder).symlink_to(write(tmp_path / "secret.yaml", "title: Secret"))
        (failed,) = sync(index, reader=loading).failed
        assert (failed.path, failed.cause) == (
            "dams/gate.md",
            "has a sidecar that is a link or not a file; put the sidecar itself beside the file",
        )
        assert index.catalog.document(1).title == "Its own title"


class TestSurvives:
    def test_a_new_version_of_the_file(self, index: Library, loading: Isolated, folder: Path) -> None:
        edit(index, title="On gate 3", publisher="Council")
        write(folder / "dams" / "gate.md", REPORT.replace("Its own title", "Another title") + "More.")
        assert sync(index, reader=loading).changed == ("dams/gate.md",)
        after = index.catalog.document(1)
        assert (after.title, after.publisher, after.version) == ("On gate 3", "Council", 2)
        assert edit(index, title="").title == "Another title"

    def test_a_new_upload_whose_own_details_win(self, index: Library, loading: Isolated) -> None:
        first = upload(index, loading, title="As it was sent", author="A. Writer")
        assert (first.title, first.origins["title"]) == ("As it was sent", "upload")
        edit(index, publisher="Council", author="Ada Varro", collection="Gates")
        again = upload(index, loading, REPORT + "More.", collection="Dams")
        assert known(again) == {
            "title": "Its own title",
            "publisher": "Council",
            "author": "Ada Varro",
            "published": "2031-07-18",
            "language": "en",
            "collection": "Dams",
        }
        assert again.origins["collection"] == "upload"
        assert sorted(file.name for file in uploads_folder(index).iterdir()) == ["gate.md"]

    def test_deletion_and_restoration(self, index: Library, loading: Isolated) -> None:
        upload(index, loading, author="A. Writer")
        edited = edit(index, title="On gate 3")
        restored = restore_upload(index, remove_upload(index, 1))
        assert restored == edited
        assert edit(index, title="", author="").title == "Its own title"

    def test_deletion_alone_takes_it_along(self, index: Library, loading: Isolated) -> None:
        upload(index, loading)
        edit(index, title="On gate 3")
        remove_upload(index, 1).discard()
        assert (upload(index, loading).title, index.catalog.document(2).title) == (
            "Its own title",
            "Its own title",
        )

    @pytest.mark.usefixtures("folder")
    def test_backup_and_restoration(self, index: Library, encoder: Encoder, tmp_path: Path) -> None:
        edited = edit(index, title="On gate 3")
        back_up(index.home, tmp_path / "library.tar")
        restore(tmp_path / "other", tmp_path / "library.tar")
        with Library.open(tmp_path / "other", encoder) as other:
            assert other.catalog.document(1) == edited
            assert edit(other, title="").title == "Its own title"

    @pytest.mark.usefixtures("folder")
    def test_another_encoder(self, index: Library, encoder: Encoder) -> None:
        edited = edit(index, title="Sluices of the valley")
        with Library.open(
            index.home, Watched(encoder, "another"), open_other_encoder=lambda _: encoder
        ) as other:
            other.rebuild()
            assert other.catalog.document(1) == edited
            assert other.search("sluices", 1)[0].lexical > 0
            assert edit(other, title="").title == "Its own title"

    def test_the_time_of_the_file_which_dates_it_again(
        self, index: Library, loading: Isolated, folder: Path
    ) -> None:
        os.utime(folder / "water.txt", (86_400, 86_400))
        sync(index, reader=loading)
        edit(index, 2, published="2031")
        os.utime(folder / "water.txt", (200_000, 200_000))
        assert sync(index, reader=loading).unchanged == 2
        assert index.catalog.document(2).published == "2031"
        after = edit(index, 2, published="")
        assert (after.published, after.origins["published"]) == ("1970-01-03", "file time")


def test_an_edit_that_comes_while_a_new_version_is_embedded_is_not_lost(
    encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Library.open(home, held) as index, Library.open(home, encoder) as other:
        sync(index, [file.parent], reader=loading)
        write(file, REPORT + "More.")
        held.hold()
        with ThreadPoolExecutor(1) as pool:
            syncing = pool.submit(sync, index, reader=loading)
            assert held.reached.wait(30)
            edit(other, publisher="Council")
            held.go_on.set()
            assert syncing.result(60).changed == ("gate.md",)
        after = index.catalog.document(1)
        assert (after.publisher, after.version) == ("Council", 2)


def test_only_another_title_is_embedded_and_no_file_is_read(
    encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    watched = Watched(encoder)
    with Library.open(tmp_path / "home", watched) as index:
        file = write(tmp_path / "reports" / "gate.md", REPORT)
        sync(index, [file.parent], reader=loading)
        file.unlink()
        embedded = list(watched.embedded)

        def embeds(**edits: str) -> list[str]:
            watched.embedded.clear()
            edit(index, **edits)
            return list(watched.embedded)

        assert embeds(publisher="Council", author="Ada", published="2031", collection="Gates") == []
        assert embeds(title="On gate 3") == [text.replace("Its own title", "On gate 3") for text in embedded]
        assert embeds(publisher="") == []
        assert embeds(title="") == embedded


@pytest.mark.usefixtures("folder")
def test_while_another_process_writes_it_is_refused(index: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
        edit(index, title="On gate 3")
    assert index.catalog.document(1).title == "Its own title"
    assert edit(index, title="On gate 3").title == "On gate 3"


def refusal_of_edit(index: Library, held: Held, meanwhile: Callable[[], object]) -> str:
    """The message that refuses an edit, because ``meanwhile`` changed the document during its embedding."""
    held.hold()
    with ThreadPoolExecutor(1) as pool:
        editing = pool.submit(edit, index, title="On gate 3")
        assert held.reached.wait(30)
        meanwhile()
        held.go_on.set()
        with pytest.raises(OutdatedError) as outdated:
            editing.result(30)
    return str(outdated.value)


def test_a_document_that_changes_meanwhile_keeps_its_new_version(
    encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Library.open(home, held) as index, Library.open(home, encoder) as other:
        sync(index, [file.parent], reader=loading)
        refused = refusal_of_edit(index, held, lambda: sync(other, [write(file, REPORT + "More.").parent]))
        assert refused == "gate.md was changed or removed meanwhile; look at it again"
        [record] = index.catalog.documents()
        assert (record.title, record.version) == ("Its own title", 2)
        assert sync(index, reader=loading).unchanged == 1


def test_a_document_that_is_removed_meanwhile_does_not_come_back(
    encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Library.open(home, held) as index, Library.open(home, encoder) as other:
        sync(index, [file.parent], reader=loading)
        file.unlink()
        refused = refusal_of_edit(index, held, lambda: sync(other))
        assert refused == "gate.md was changed or removed meanwhile; look at it again"
        assert index.catalog.documents() == []


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            {"published": "soon"},
            (
                "gate.md: has the detail published: 'soon', which is not a date; "
                "write 2031-07-18, 2031-07 or 2031"
            ),
        ),
        (
            {"language": "?"},
            (
                "gate.md: has the detail language: '?', which is not a language code; "
                "write a code such as en or km"
            ),
        ),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_value_that_cannot_be_kept_is_named(index: Library, edits: dict[str, str], message: str) -> None:
    before = index.catalog.document(1)
    with pytest.raises(LoadError) as refused:
        edit(index, title="On gate 3", **edits)
    assert (str(refused.value), index.catalog.document(1)) == (message, before)
