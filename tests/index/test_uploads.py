"""Uploads are kept and indexed, edited, deleted and counted as a whole or not at all, whatever is killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from benchmarks.stub_encoder import StubEncoder
from index import uploads
from index.catalog import CollectionViewers, back_up, bytes_by_uploader, restore, uploader_of
from index.catalog import lock as locking
from index.documents import sidecar_of
from index.embedding import pipeline as making
from index.embedding.encoder import Encoder
from index.errors import (
    DocumentNotFoundError,
    LibraryLockedError,
    LibraryRestoredError,
    LoadError,
    OutdatedError,
    StorageLimitError,
    TakenError,
)
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import DEFAULTS, MEGABYTE, Isolated
from index.records import DocumentRecord, Incoming, Viewer
from index.uploads import (
    PLACING,
    Deletions,
    Removed,
    Sent,
    add_upload,
    edit_document,
    hidden_folder,
    index_upload,
    keep_upload,
    remove_upload,
    restore_upload,
    sweep_uploads,
    uploads_folder,
)
from tests.support.background import Held
from tests.support.edits import GATE, REPORT, edit
from tests.support.reports import Watched, incoming, write

KEYS = ("title", "publisher", "author", "published", "language", "collection")


Add = Callable[..., DocumentRecord]


@pytest.fixture
def index(stubbed: Library) -> Library:
    """An empty library whose encoder has no weights."""
    return stubbed


@pytest.fixture
def add(index: Library, loading: Isolated) -> Add:
    """A function that uploads a file, of at most so many bytes of its sender's."""

    def adding(
        name: str, text: str = "One gate.", viewer: Viewer | None = None, most_bytes: int = 0, **said: str
    ) -> DocumentRecord:
        sent = Sent(name, BytesIO(text.encode()), said, most_bytes)
        return add_upload(index.for_viewer(viewer), loading, DEFAULTS, sent)

    return adding


def kept(index: Library) -> dict[str, str]:
    """The names and contents of the uploads."""
    return {path.name: path.read_text() for path in sorted(uploads_folder(index).iterdir())}


@pytest.fixture
def folder(index: Library, tmp_path: Path) -> Path:
    """A followed folder with two reports, of which the first is document 1."""
    write(tmp_path / "reports" / "dams" / "gate.md", REPORT)
    write(tmp_path / "reports" / "water.txt", "Four villages have had no clean water since June.")
    sync(index, [tmp_path / "reports"])
    return tmp_path / "reports"


def note(folder: Path) -> Path:
    return folder / "dams" / "gate.md.meta.yaml"


def known(record: DocumentRecord) -> dict[str, Any]:
    return {key: getattr(record, key) for key in KEYS}


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The files under a folder, with hidden ones, their times and their contents."""
    return {
        str(file.relative_to(folder)): (file.stat().st_mtime_ns, file.read_bytes())
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


class TestEdited:
    def test_details_are_kept_in_the_catalog_and_nothing_is_written_beside_the_file(
        self, index: Library, folder: Path
    ) -> None:
        before, there = index.catalog.document(1), files(folder)
        written = {"title": " On\ngate 3 ", "author": "Ada Varro", "published": "July 2031"}
        after = edit(index, **written, language="en-GB", collection="Gates")
        details = ("On gate 3", "Itself", "Ada Varro", "2031-07", "en", "Gates")
        assert known(after) == dict(zip(KEYS, details, strict=True))
        assert after.origins == {**dict.fromkeys(KEYS, "edit"), "publisher": "front matter"}
        assert (after.version, after.digest, after.added) == (1, before.digest, before.added)
        assert index.catalog.text(1).text == f"{GATE}\n\nIt stays closed."
        assert files(folder) == there
        assert sync(index).unchanged == 2
        assert index.catalog.document(1) == after

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
        self, index: Library, folder: Path
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
        assert sync(index).removed == ("dams/gate.md",)


class TestSidecar:
    def test_it_may_change_or_go_beneath_an_edit(self, index: Library, folder: Path) -> None:
        note(folder).write_text("publisher: Council\ntitle: By hand\n")
        sync(index)
        edited = edit(index, publisher="Ministry")
        assert (edited.title, edited.publisher) == ("By hand", "Ministry")
        assert (edited.origins["title"], edited.origins["publisher"]) == ("sidecar", "edit")
        note(folder).write_text("publisher: The council of Varda\n")
        assert sync(index).changed == ("dams/gate.md",)
        assert index.catalog.document(1).publisher == "Ministry"
        back = edit(index, publisher="")
        assert (back.publisher, back.origins["publisher"]) == ("The council of Varda", "sidecar")
        edit(index, publisher="Ministry")
        note(folder).unlink()
        assert sync(index).changed == ("dams/gate.md",)
        assert edit(index, publisher="").publisher == "Itself"

    def test_one_that_lies_beside_an_upload_is_read_as_before(self, index: Library, add: Add) -> None:
        add("gate.md", REPORT)
        sidecar_of(uploads_folder(index) / "gate.md").write_text("publisher: Council\n")
        assert sync(index).changed == ("gate.md",)
        assert index.catalog.document(1).publisher == "Council"
        again = add("gate.md", REPORT + "More.", author="Ada Varro")
        assert (again.publisher, again.author, again.version) == ("Council", "Ada Varro", 2)
        assert (again.origins["publisher"], again.origins["author"]) == ("sidecar", "upload")
        assert sync(index).unchanged == 1

    def test_one_that_leads_elsewhere_is_not_read_and_the_file_is_named(
        self, index: Library, folder: Path, tmp_path: Path
    ) -> None:
        note(folder).symlink_to(write(tmp_path / "secret.yaml", "title: Secret"))
        (failed,) = sync(index).failed
        cause = "has a sidecar that is a link or not a file; put the sidecar itself beside the file"
        assert (failed.path, failed.cause) == ("dams/gate.md", cause)
        assert index.catalog.document(1).title == "Its own title"


class TestSurvives:
    def test_a_new_version_of_the_file(self, index: Library, folder: Path) -> None:
        edit(index, title="On gate 3", publisher="Council")
        write(folder / "dams" / "gate.md", REPORT.replace("Its own title", "Another title") + "More.")
        assert sync(index).changed == ("dams/gate.md",)
        after = index.catalog.document(1)
        assert (after.title, after.publisher, after.version) == ("On gate 3", "Council", 2)
        assert edit(index, title="").title == "Another title"

    def test_a_new_upload_whose_own_details_win(self, index: Library, add: Add) -> None:
        first = add("gate.md", REPORT, title="As it was sent", author="A. Writer")
        assert (first.title, first.origins["title"]) == ("As it was sent", "upload")
        edit(index, publisher="Council", author="Ada Varro", collection="Gates")
        again = add("gate.md", REPORT + "More.", collection="Dams")
        details = ("Its own title", "Council", "Ada Varro", "2031-07-18", "en", "Dams")
        assert known(again) == dict(zip(KEYS, details, strict=True))
        assert again.origins["collection"] == "upload"
        assert sorted(file.name for file in uploads_folder(index).iterdir()) == ["gate.md"]

    def test_deletion_and_restoration(self, index: Library, add: Add) -> None:
        add("gate.md", REPORT, author="A. Writer")
        edited = edit(index, title="On gate 3")
        restored = restore_upload(index, remove_upload(index, 1))
        assert restored == edited
        assert edit(index, title="", author="").title == "Its own title"

    def test_deletion_alone_takes_it_along(self, index: Library, add: Add) -> None:
        add("gate.md", REPORT)
        edit(index, title="On gate 3")
        remove_upload(index, 1).discard()
        assert add("gate.md", REPORT).title == index.catalog.document(2).title == "Its own title"

    @pytest.mark.usefixtures("folder")
    def test_another_encoder(self, index: Library) -> None:
        edited = edit(index, title="Sluices of the valley")
        with Library.open(
            index.home, StubEncoder("another"), open_other_encoder=StubEncoder.for_recipe
        ) as other:
            other.rebuild()
            assert other.catalog.document(1) == edited
            assert other.search("sluices", 1)[0].lexical > 0
            assert edit(other, title="").title == "Its own title"


def test_an_edit_that_comes_while_a_new_version_is_embedded_is_not_lost(
    encoder: Encoder, held: Held, tmp_path: Path
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with Library.open(home, held) as index, Library.open(home, encoder) as other:
        sync(index, [file.parent])
        write(file, REPORT + "More.")
        held.hold()
        with ThreadPoolExecutor(1) as pool:
            syncing = pool.submit(sync, index)
            assert held.reached.wait(30)
            edit(other, publisher="Council")
            held.go_on.set()
            assert syncing.result(60).changed == ("gate.md",)
        after = index.catalog.document(1)
        assert (after.publisher, after.version) == ("Council", 2)


def test_only_another_title_is_embedded_and_no_file_is_read(encoder: Encoder, tmp_path: Path) -> None:
    watched = Watched(encoder)
    with Library.open(tmp_path / "home", watched) as index:
        file = write(tmp_path / "reports" / "gate.md", REPORT)
        sync(index, [file.parent])
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


@pytest.mark.parametrize("text", [REPORT + "More.", None], ids=["another version", "removed"])
def test_a_document_that_changes_or_goes_meanwhile_is_not_edited(
    encoder: Encoder, held: Held, tmp_path: Path, text: str | None
) -> None:
    home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
    with (
        Library.open(home, held) as index,
        Library.open(home, encoder) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        sync(index, [file.parent])
        held.hold()
        editing = pool.submit(edit, index, title="On gate 3")
        assert held.reached.wait(30)
        write(file, text) if text else file.unlink()
        sync(other)
        held.go_on.set()
        with pytest.raises(
            OutdatedError, match=r"^gate\.md was changed or removed meanwhile; look at it again$"
        ):
            editing.result(30)
        records = [(record.title, record.version) for record in index.catalog.documents()]
        assert records == ([("Its own title", 2)] if text else [])
        assert sync(index).unchanged == len(records)


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"published": "soon"}, "published: 'soon', which is not a date; write 2031-07-18, 2031-07 or 2031"),
        ({"language": "?"}, "language: '?', which is not a language code; write a code such as en or km"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_value_that_cannot_be_kept_is_named(index: Library, edits: dict[str, str], message: str) -> None:
    before = index.catalog.document(1)
    with pytest.raises(LoadError) as refused:
        edit(index, title="On gate 3", **edits)
    assert str(refused.value) == f"gate.md: has the detail {message}"
    assert index.catalog.document(1) == before


class Killed(BaseException):
    """Simulates a kill of the process: no code runs after it."""


def small(text: bytes = b"One gate.", **said: str) -> Sent:
    return Sent("a.txt", BytesIO(text), said)


def swept(index: Library) -> list[tuple[str, str]]:
    """Clean up as the next process does, and list the files that are left."""
    folder = uploads_folder(index)
    for left in folder.glob(f"{uploads.INCOMING}*"):
        # No process has this id, so that the owner counts as ended.
        left.rename(left.with_name(left.name.replace(f"{os.getpid()}@", "4194305@")))
    sweep_uploads(index, folder)
    return sorted((file.name, file.read_text()) for file in folder.iterdir())


def kill_in(
    index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch, step: str, sent: Sent
) -> None:
    """Begin an upload and kill it at ``step``, without the clean-up that an error would cause."""
    kept = keep_upload(index, DEFAULTS, sent)
    owner = index.catalog if step == "document" else index
    before = getattr(owner, step)

    def killed(*given: object, **named: object) -> None:
        if step == "document":
            before(*given, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, killed)
        # A killed process would not run its clean-up.
        patched.setattr("index.uploads.put_back", lambda *_: None)
        with pytest.raises(Killed):
            index_upload(index, loading, DEFAULTS, kept)


class TestKilled:
    def test_an_upload_that_was_placed_and_not_indexed_is_gone(
        self, index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kill_in(index, loading, monkeypatch, "replace", small(author="A. Writer"))
        assert (uploads_folder(index) / "a.txt").exists()
        assert swept(index) == []
        assert sync(index).added == ()

    def test_the_former_of_that_name_lies_there_again_with_its_details(
        self, index: Library, loading: Isolated, add: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add("a.txt", author="A. Writer")
        kill_in(index, loading, monkeypatch, "replace", small(b"Two gates."))
        assert swept(index) == [("a.txt", "One gate.")]
        assert sync(index).unchanged == 1
        [record] = index.catalog.documents()
        assert (record.version, record.author) == (1, "A. Writer")

    def test_an_upload_that_was_indexed_stays(
        self, index: Library, loading: Isolated, add: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add("a.txt")
        kill_in(index, loading, monkeypatch, "document", small(b"Two gates."))
        assert swept(index) == [("a.txt", "Two gates.")]
        assert sync(index).unchanged == 1
        [record] = index.catalog.documents()
        assert (record.path, record.version) == ("a.txt", 2)

    def test_one_that_was_not_placed_yet_is_gone_and_the_former_stays(self, index: Library, add: Add) -> None:
        add("a.txt")
        kept = keep_upload(index, DEFAULTS, small(b"Two gates."))
        uploads.note_move(kept.folder, kept.name, kept.digest)
        assert swept(index) == [("a.txt", "One gate.")]
        assert sync(index).unchanged == 1

    def test_what_a_process_that_lives_has_there_is_left_alone(
        self, index: Library, loading: Isolated
    ) -> None:
        kept = keep_upload(index, DEFAULTS, small())
        sweep_uploads(index, uploads_folder(index))
        assert index_upload(index, loading, DEFAULTS, kept).path == "a.txt"

    def test_a_deletion_before_it_was_done_is_taken_back(
        self, index: Library, add: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = add("a.txt").document_id
        # A sidecar that somebody put beside it.
        (uploads_folder(index) / "a.txt.meta.yaml").write_text("author: A. Writer\n")
        sync(index)
        kill_while_deleting(index, monkeypatch, number, done=False)
        assert swept(index) == [("a.txt", "One gate."), ("a.txt.meta.yaml", "author: A. Writer\n")]
        assert sync(index).unchanged == 1

    def test_a_deletion_that_was_done_stays_done(
        self, index: Library, add: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = add("a.txt").document_id
        kill_while_deleting(index, monkeypatch, number, done=True)
        assert (swept(index), index.catalog.documents()) == ([], [])


def kill_while_deleting(index: Library, monkeypatch: pytest.MonkeyPatch, number: int, *, done: bool) -> None:
    replace, move = index.replace, Path.replace

    def killed(new: list[Incoming], removed: list[int], *, lineage: str | None = None) -> None:
        if done:
            replace(new, removed, lineage=lineage)
        # After the kill, the files stay where they were moved aside.
        raise Killed

    def moved(place: Path, target: Path) -> Path:
        """Move a file, unless it is moved back from where it was put aside."""
        return target if place.name.startswith(".former") else move(place, target)

    with monkeypatch.context() as patched:
        patched.setattr(index, "replace", killed)
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        patched.setattr(Path, "replace", moved)
        with pytest.raises(Killed):
            remove_upload(index, number)


LATER = "The council of Varda closed the fourth gate of the dam on Tuesday."


@pytest.mark.parametrize("name", ["x" * 300, "a." + "b" * 300, "gate.film"])
def test_a_name_that_no_format_has_is_refused_however_long(index: Library, add: Add, name: str) -> None:
    with pytest.raises(LoadError, match="convert it to one of"):
        add(name, GATE)
    assert kept(index) == {}


def test_what_cannot_be_indexed_leaves_the_former_one_and_its_details(
    index: Library, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add("gate.txt", GATE, author="A. Writer")
    before = kept(index)
    assert sorted(before) == ["gate.txt"]
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
        add("gate.txt", LATER, author="B. Writer")
    assert kept(index) == before
    assert index.catalog.document(first.document_id) == first
    assert sync(index).unchanged == 1


def test_what_cannot_be_indexed_and_is_new_leaves_nothing(
    index: Library, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
        add("gate.txt", GATE, author="A. Writer")
    assert (kept(index), index.catalog.documents()) == ({}, [])


def test_uploads_of_one_name_at_the_same_time_do_not_mix(index: Library, add: Add) -> None:
    texts = [f"{GATE} It was told {number} times." for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda text: add("gate.txt", text), texts))
    [record] = index.catalog.documents()
    assert kept(index) == {"gate.txt": index.catalog.text(record.document_id).text}
    assert sync(index).unchanged == 1


def test_others_place_their_files_while_one_is_embedded(
    encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    held = Held(encoder)
    with Library.open(tmp_path / "home", held) as index, ThreadPoolExecutor(1) as pool:
        held.hold()
        adding = pool.submit(add_upload, index, loading, DEFAULTS, small(GATE.encode()))
        assert held.reached.wait(60)
        free = PLACING.acquire(timeout=5)
        held.go_on.set()
        if free:
            PLACING.release()
        assert adding.result(60).path == "a.txt"
    assert free


def test_a_file_is_cut_where_it_is_read_in_the_language_that_its_sender_says(
    encoder: Encoder, loading: Isolated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "cut", lambda *_: pytest.fail("it was cut in this process"))
    with Library.open(tmp_path / "real", encoder) as library:
        record = add_upload(library, loading, DEFAULTS, small(GATE.encode(), language="de"))
    assert (record.language, record.passages) == ("de", 1)


class TestRemoving:
    def test_a_document_that_cannot_be_deleted_keeps_its_file(
        self, index: Library, add: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = add("a.txt", author="A. Writer").document_id
        # A sidecar that somebody put beside it.
        (uploads_folder(index) / "a.txt.meta.yaml").write_text("title: Gates\n")
        before = kept(index)
        monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
        with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
            remove_upload(index, number)
        assert kept(index) == before == {"a.txt": "One gate.", "a.txt.meta.yaml": "title: Gates\n"}
        assert index.catalog.document(number).author == "A. Writer"
        remove_upload(index, number).discard()
        assert (kept(index), index.catalog.documents()) == ({}, [])

    def test_one_that_a_backup_has_replaced_meanwhile_is_not_deleted(
        self, index: Library, add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        back_up(index.home, tmp_path / "library.tar")
        number = add("a.txt").document_id
        writing = index._maintenance.writing

        @contextmanager
        def overtaken() -> Iterator[None]:
            monkeypatch.setattr(index._maintenance, "writing", writing)
            restore(index.home, tmp_path / "library.tar")
            index.replace([incoming("Two gates.", "b.txt")])
            with writing():
                yield

        monkeypatch.setattr(index._maintenance, "writing", overtaken)
        with pytest.raises(LibraryRestoredError):
            remove_upload(index, number)
        assert [(one.document_id, one.path) for one in index.catalog.documents()] == [(number, "b.txt")]

    @pytest.fixture
    def deletion(self, index: Library, add: Add) -> Removed:
        """A document that was deleted."""
        return remove_upload(index, add("a.txt").document_id)

    def test_of_two_servers_one_claims_a_deletion(self, index: Library, deletion: Removed) -> None:
        known = Removed.find(index, deletion.document_id)
        assert known == deletion
        claimed = deletion.claim(index)
        assert claimed is not None
        assert (known.claim(index), Removed.find(index, deletion.document_id)) == (None, None)
        assert not deletion.folder.exists()
        assert restore_upload(index, claimed).path == "a.txt"
        assert list(kept(index)) == ["a.txt"]

    def test_a_claim_that_was_of_no_use_is_given_back(
        self, index: Library, add: Add, deletion: Removed
    ) -> None:
        with Deletions(index) as other:
            second = add("a.txt", "Another gate.").document_id
            with pytest.raises(TakenError):
                other.restore(deletion.document_id)
            remove_upload(index, second).discard()
            other.restore(deletion.document_id)
            assert index.catalog.text(deletion.document_id).text == "One gate."

    @pytest.mark.parametrize("manifest", ["[]", "{}", '{"later": 1}', "no JSON"])
    def test_the_file_of_another_version_does_no_harm(
        self, index: Library, deletion: Removed, manifest: str
    ) -> None:
        (hidden_folder(uploads_folder(index)) / ".removed.json").write_text(manifest)
        assert Removed.find(index, deletion.document_id) == deletion


def test_a_new_version_of_an_upload_is_kept_whatever_its_name(index: Library, add: Add) -> None:
    for text in ("One gate.", "Two gates."):
        add("former-.txt", text)
    assert kept(index) == {"former-.txt": "Two gates."}


ANA, BO, NOBODY = Viewer("home/user/1"), Viewer("home/user/2"), Viewer("")
SHUT, WALL = "The third gate of the dam failed.", "The wall of the dam holds."


def bytes_of(index: Library) -> dict[str, int]:
    """The bytes of each viewer."""
    with index.catalog.reading() as reader:
        return bytes_by_uploader(reader.connection, str(uploads_folder(index)))


def uploader(index: Library, record: DocumentRecord) -> str:
    with index.catalog.reading() as reader:
        return uploader_of(reader.connection, record.document_id)


def test_the_files_of_each_viewer_are_counted_and_those_of_nobody_are_not(index: Library, add: Add) -> None:
    for viewer, name, text in ((ANA, "a.txt", SHUT), (ANA, "b.txt", WALL), (BO, "c.txt", WALL)):
        add(name, text, viewer)
    add("d.txt", SHUT, NOBODY)
    add("e.txt", SHUT)
    assert bytes_of(index) == {ANA.key: len(SHUT) + len(WALL), BO.key: len(WALL)}
    assert list(bytes_of(index)) == [ANA.key, BO.key]


def test_a_new_version_belongs_to_its_sender_and_an_edit_or_a_sync_changes_nothing(
    index: Library, add: Add
) -> None:
    first = add("a.txt", SHUT, ANA)
    edit_document(index, first.document_id, {"title": "Gate 3"})
    assert (uploader(index, first), bytes_of(index)) == (ANA.key, {ANA.key: len(SHUT)})
    second = add("a.txt", WALL, BO)
    assert (second.document_id, second.version) == (first.document_id, 2)
    assert bytes_of(index) == {BO.key: len(WALL)}
    add("a.txt", SHUT)
    assert (uploader(index, first), bytes_of(index)) == ("", {})


class TestInALimitedCollection:
    @pytest.fixture
    def board(self, index: Library) -> None:
        CollectionViewers(index.catalog.engine).set("Board", [ANA.key])

    @pytest.mark.usefixtures("board")
    @pytest.mark.parametrize("how", ["upload", "edit", "sidecar"])
    def test_a_correction_stays_there_unless_another_one_is_named(
        self, index: Library, add: Add, how: str
    ) -> None:
        first = add("a.txt", SHUT, ANA, **({"collection": "Board"} if how == "upload" else {}))
        if how == "edit":
            edit_document(index, first.document_id, {"collection": "Board"})
        elif how == "sidecar":
            write(sidecar_of(uploads_folder(index) / "a.txt"), "collection: Board")
            sync(index)
        for version, text in ((2, WALL), (3, SHUT)):
            again = add("a.txt", text, ANA, title="Gate 3")
            assert (again.version, again.collection, again.title) == (version, "Board", "Gate 3")
        folder = Sent("a.txt", BytesIO(WALL.encode()), {"collection": "Corrections"}, by_folder=True)
        with Isolated() as reader:
            assert add_upload(index, reader, DEFAULTS, folder).collection == "Board"
        others = index.catalog.for_viewer(BO)
        assert others.documents() == []
        with pytest.raises(DocumentNotFoundError):
            others.document(first.document_id, 1)
        assert add("a.txt", SHUT, ANA, collection="Gates").collection == "Gates"
        assert [record.collection for record in others.documents()] == ["Gates"]
        # One that is not limited is a detail like the others: a new upload replaces it.
        assert add("a.txt", WALL, ANA).collection == ("Board" if how == "sidecar" else None)

    def test_a_file_whose_name_a_hidden_report_gets_meanwhile_is_another_report(
        self, index: Library, add: Add, loading: Isolated, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = keep_upload(index.for_viewer(BO), DEFAULTS, Sent("a.txt", BytesIO(WALL.encode()), {}))
        late = keep_upload(index.for_viewer(BO), DEFAULTS, Sent("b.txt", BytesIO(WALL.encode()), {}))
        CollectionViewers(index.catalog.engine).set("Board", [ANA.key])
        hidden = add("a.txt", SHUT, ANA, collection="Board")
        mine = index_upload(index, loading, DEFAULTS, kept)
        assert (mine.path, mine.version, mine.collection) == ("a-2.txt", 1, None)
        assert index.catalog.document(hidden.document_id) == hidden
        # While the file is read and embedded, too.
        embed = Library.embed

        def embedded(own: Library, *given: Any) -> None:  # noqa: ANN401 (of the library)
            embed(own, *given)
            if own.catalog.viewer == BO:
                add("b.txt", SHUT, ANA, collection="Board")

        monkeypatch.setattr(Library, "embed", embedded)
        assert index_upload(index, loading, DEFAULTS, late).path == "b-2.txt"
        for each in (kept, late):
            each.discard()
        texts = {"a.txt": SHUT, "a-2.txt": WALL, "b.txt": SHUT, "b-2.txt": WALL}
        assert {path.name: path.read_text() for path in uploads_folder(index).iterdir()} == texts


def test_what_goes_beyond_the_limit_is_refused_and_leaves_nothing(index: Library, add: Add) -> None:
    most = len(SHUT) + len(WALL)
    add("a.txt", SHUT, ANA, most_bytes=most)
    add("b.txt", WALL, ANA, most_bytes=most)
    with pytest.raises(StorageLimitError, match=r"the file has 0\.1 MB, and of the 0 MB .* 0\.0 MB are left"):
        add("c.txt", "A.", ANA, most_bytes=most)
    assert sorted(each.name for each in uploads_folder(index).iterdir()) == ["a.txt", "b.txt"]
    assert {record.path for record in index.catalog.documents()} == {"a.txt", "b.txt"}
    # The file that it replaces does not count, and others have limits of their own.
    add("b.txt", WALL[::-1], ANA, most_bytes=most)
    add("c.txt", "A gate.", BO, most_bytes=most)
    add("d.txt", SHUT * 9, NOBODY, most_bytes=most)


def test_the_sizes_in_the_refusal_are_rounded_away_from_each_other(add: Add) -> None:
    add("a.md", SHUT + " " * (9 * MEGABYTE // 10), ANA, most_bytes=2 * MEGABYTE)
    with pytest.raises(StorageLimitError) as refused:
        add("b.md", WALL + " " * (6 * MEGABYTE // 5), ANA, most_bytes=2 * MEGABYTE)
    assert str(refused.value) == (
        "the file has 1.3 MB, and of the 2 MB that the uploads of one sender may take, 1.0 MB are left; "
        "delete an upload first"
    )


def test_two_that_arrive_together_do_not_pass_the_limit_together(index: Library, loading: Isolated) -> None:
    own = index.for_viewer(ANA)
    both = [
        keep_upload(own, DEFAULTS, Sent(name, BytesIO(SHUT.encode()), {}, len(SHUT)))
        for name in ("a.txt", "b.txt")
    ]
    index_upload(index, loading, DEFAULTS, both[0])
    with pytest.raises(StorageLimitError):
        index_upload(index, loading, DEFAULTS, both[1])
    for kept in both:
        kept.discard()
    assert bytes_of(index) == {ANA.key: len(SHUT)}
    assert [each.name for each in uploads_folder(index).iterdir()] == ["a.txt"]


def test_a_deleted_one_frees_its_room_and_comes_back_if_there_is_room(index: Library, add: Add) -> None:
    most = len(SHUT) + 5
    with Deletions(index, most) as deletions:
        first = add("a.txt", SHUT, ANA, most_bytes=most)
        deletions.delete(first.document_id)
        assert bytes_of(index) == {}
        second = add("b.txt", WALL, ANA, most_bytes=most)
        with pytest.raises(StorageLimitError):
            deletions.restore(first.document_id)
        assert [record.path for record in index.catalog.documents()] == ["b.txt"]
        deletions.delete(second.document_id)
        deletions.restore(first.document_id)
        assert (uploader(index, first), bytes_of(index)) == (ANA.key, {ANA.key: len(SHUT)})
