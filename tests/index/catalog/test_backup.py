"""A library is backed up to one file and restored from it, while others read and write it."""

from __future__ import annotations

import errno
import io
import json
import sqlite3
import tarfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.catalog import backup
from index.catalog.backup import back_up, restore
from index.embedding.encoder import Encoder
from index.errors import BackupError
from index.ingest.discover import Failure, Failures, Root
from index.ingest.synchronize import sync
from index.library import Library
from tests.support.reports import Watched, found, incoming, paths, write

BESIDE = ("uploads", "feedback.jsonl")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def index(encoder: Encoder, home: Path) -> Iterator[Library]:
    with Library.open(home, encoder) as opened:
        opened.replace([incoming("One gate of the dam.", "a.txt"), incoming("Two gates.", "b.txt")])
        yield opened


def test_it_holds_the_catalog_and_what_lies_beside_it(index: Library, home: Path, tmp_path: Path) -> None:
    (home / "uploads" / ".incoming-x").mkdir(parents=True)
    (home / "uploads" / "b.txt").write_text("Two gates.")
    (home / "feedback.jsonl").write_text("{}\n")
    report = back_up(home, tmp_path / "library.tar", BESIDE)
    assert (report.generation, report.documents) == (1, 2)
    assert report.bytes == (tmp_path / "library.tar").stat().st_size
    with tarfile.open(tmp_path / "library.tar") as tar:
        assert tar.getnames() == [
            "manifest.json",
            "catalog.sqlite",
            "uploads",
            "uploads/b.txt",
            "feedback.jsonl",
        ]
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        assert json.load(manifest)["home"] == str(home)
    assert sorted(entry.name for entry in home.glob(".*")) == [], "nothing is left lying about"
    assert index.generation == 1


def test_put_back_elsewhere_it_finds_the_same_and_embeds_nothing(
    encoder: Encoder, index: Library, home: Path, tmp_path: Path
) -> None:
    index.replace([incoming("Three gates.", "c.txt", source=str(home / "uploads"))])
    index.catalog.follow([str(home / "uploads"), "/elsewhere"])
    (home / "uploads").mkdir()
    (home / "uploads" / "c.txt").write_text("Three gates.")
    back_up(home, tmp_path / "library.tar", BESIDE)
    other = tmp_path / "other"
    report = restore(other, tmp_path / "library.tar", BESIDE)
    assert (report.generation, report.documents, report.put_aside) == (2, 3, None)
    watched = Watched(encoder)
    with Library.open(other, watched) as again:
        assert [row[1:] for row in found(again, "gates")] == [row[1:] for row in found(index, "gates")]
        assert {record.source for record in again.catalog.documents()} == {"/reports", str(other / "uploads")}
        assert again.catalog.sources() == [str(other / "uploads")]
        assert again.catalog.unconfirmed() == ["/elsewhere"]
    assert report.unconfirmed == ("/elsewhere",)
    assert watched.embedded == []
    assert (other / "uploads" / "c.txt").read_text() == "Three gates."


def test_one_that_is_open_goes_on_with_what_was_put_back(
    index: Library, home: Path, tmp_path: Path, encoder: Encoder
) -> None:
    before = found(index, "gates")
    back_up(home, tmp_path / "library.tar", BESIDE)
    index.replace([incoming("Four gates of another kind.", "d.txt")], [1])
    generation = index.generation
    (home / "uploads").mkdir()
    with index.snapshot() as held:
        shown = [hit.text for hit in held.search("gates")]
        report = restore(home, tmp_path / "library.tar", BESIDE)
        assert [hit.text for hit in held.search("gates")] == shown, "who asked before is answered from before"
    assert index.generation > generation
    assert found(index, "gates") == before
    assert paths(index) == ["a.txt", "b.txt"]
    index.replace([incoming("Five gates.", "e.txt")])
    assert sorted(hit.text for hit in index.search("gates")) == [
        "Five gates.",
        "One gate of the dam.",
        "Two gates.",
    ]
    assert report.put_aside is not None
    with Library.open(Path(report.put_aside), encoder) as former:
        assert paths(former) == ["b.txt", "d.txt"]


def test_it_is_of_one_state_while_others_write(
    index: Library, home: Path, tmp_path: Path, encoder: Encoder
) -> None:
    done = threading.Event()

    def write() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            index.replace([incoming(f"Round {turn}.", name) for name in ("a.txt", "b.txt")])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            back_up(home, tmp_path / f"{number}.tar", BESIDE)
    finally:
        done.set()
        writer.join(60)
    for number in range(3):
        restore(tmp_path / f"{number}", tmp_path / f"{number}.tar", BESIDE)
        with Library.open(tmp_path / f"{number}", encoder) as again:
            texts = {again.catalog.text(record.document_id).text for record in again.catalog.documents()}
            assert len(texts - {"One gate of the dam.", "Two gates."}) <= 1


@pytest.mark.sqlite
def test_a_damaged_catalog_is_put_aside(index: Library, home: Path, tmp_path: Path, encoder: Encoder) -> None:
    back_up(home, tmp_path / "library.tar", BESIDE)
    index.close()
    (home / "catalog.sqlite").write_bytes(b"nonsense" * 1000)
    report = restore(home, tmp_path / "library.tar", BESIDE)
    assert report.put_aside is not None
    assert (Path(report.put_aside) / "catalog.sqlite").read_bytes() == b"nonsense" * 1000
    with Library.open(home, encoder) as again:
        assert paths(again) == ["a.txt", "b.txt"]


@pytest.mark.sqlite
def test_no_file_is_moved_before_the_catalog_is_replaced(
    index: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "uploads").mkdir()
    (home / "uploads" / "b.txt").write_text("Two gates.")
    back_up(home, tmp_path / "library.tar", BESIDE)
    (home / "uploads" / "c.txt").write_text("Three gates.")

    def interrupted(*_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backup, "_put_catalog", interrupted)
    with pytest.raises(KeyboardInterrupt):
        restore(home, tmp_path / "library.tar", BESIDE)
    assert sorted(file.name for file in (home / "uploads").iterdir()) == ["b.txt", "c.txt"]
    assert index.generation == 1


@pytest.mark.parametrize("damage", ["not a tar", "cut", "no manifest", "catalog"])
def test_what_is_no_backup_is_refused_and_changes_nothing(
    index: Library, home: Path, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "library.tar"
    back_up(home, file, BESIDE)
    data = file.read_bytes()
    if damage == "not a tar":
        file.write_bytes(b"words " * 500)
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "no manifest":
        with tarfile.open(file, "w") as tar:
            tar.add(home / "catalog.sqlite", "catalog.sqlite")
    else:
        file.write_bytes(data.replace(b"SQLite format 3", b"SQLite format 9"))
    with pytest.raises(
        BackupError,
        match=r"library\.tar is not a backup of a library, or is damaged: .*; choose another file$",
    ):
        restore(home, file, BESIDE)
    assert (paths(index), index.generation) == (["a.txt", "b.txt"], 1)
    assert list(home.glob("replaced-*")) == list(home.glob(".restore-*")) == []


MANIFEST = {
    "made": "2031-08-02T10:00:00+00:00",
    "generation": 1,
    "documents": 2,
    "home": "/home",
    "format": 1,
}


@pytest.mark.slow_cases
@pytest.mark.parametrize(
    ("manifest", "cause"),
    [
        (json.dumps({**MANIFEST, "generation": "many"}), "generation: Input should be a valid integer"),
        (json.dumps({**MANIFEST, "documents": None}), "documents: Input should be a valid integer"),
        (json.dumps({**MANIFEST, "made": "yesterday"}), "Invalid isoformat string: 'yesterday'"),
        (json.dumps({**MANIFEST, "home": ["/home"]}), "home: Input should be a valid string"),
        (json.dumps({**MANIFEST, "home": ""}), "home: is empty"),
        (json.dumps({"generation": 1, "documents": 2, "home": "/home"}), "made: Field required"),
        (json.dumps([MANIFEST]), "Input should be an object"),
        ("[" * 100_000, "Invalid JSON: recursion limit exceeded"),
    ],
)
def test_the_whole_manifest_is_read_before_anything_moves(
    index: Library, home: Path, tmp_path: Path, manifest: str, cause: str
) -> None:
    (home / "uploads").mkdir()
    file = rewritten(back_up(home, tmp_path / "library.tar", BESIDE).file, "manifest.json", manifest.encode())
    with pytest.raises(BackupError) as refused:
        restore(home, file, BESIDE)
    assert "other.tar is not a backup of a library, or is damaged: " in str(refused.value)
    assert cause in str(refused.value)
    assert (paths(index), index.generation) == (["a.txt", "b.txt"], 1)
    assert list(home.glob("replaced-*")) == list(home.glob(".restore-*")) == []


def rewritten(backup_file: str, name: str, data: bytes) -> Path:
    """A copy of a backup with other bytes in one of its files."""
    other = Path(backup_file).with_name("other.tar")
    with tarfile.open(backup_file) as read, tarfile.open(other, "w") as written:
        for entry in read:
            content = read.extractfile(entry) if entry.isfile() else None
            if entry.name == name:
                entry.size, content = len(data), io.BytesIO(data)
            written.addfile(entry, content)
    return other


def test_a_library_that_cannot_be_put_aside_is_not_replaced(
    index: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(home, tmp_path / "library.tar", BESIDE)
    index.replace([incoming("Three gates.", "c.txt")])
    # A file is where the folder for the replaced library goes.
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=0))
    for second in range(60):
        taken = datetime.now(UTC) + timedelta(seconds=second)
        (home / f"replaced-{taken:%Y%m%dT%H%M%S}-0000").touch()
    with pytest.raises(
        BackupError, match=r"was not restored, and nothing was changed: the library of .* cannot"
    ):
        restore(home, tmp_path / "library.tar", BESIDE)
    assert (paths(index), index.generation) == (["a.txt", "b.txt", "c.txt"], 2)


def test_a_restore_that_breaks_off_names_the_folder_with_the_former_library(
    index: Library, home: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "uploads").mkdir()
    (home / "uploads" / "b.txt").write_text("Two gates.")
    back_up(home, tmp_path / "library.tar", BESIDE)
    index.replace([incoming("Three gates.", "c.txt")])
    move = Path.replace

    def full(place: Path, target: Path) -> Path:
        if target == home / "uploads":
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return move(place, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BackupError) as broken:
        restore(home, tmp_path / "library.tar", BESIDE)
    [former] = home.glob("replaced-*")
    assert str(broken.value) == (
        f"{tmp_path / 'library.tar'} was restored only in part: {home / 'uploads'}: No space left on device; "
        "check the path, its permissions and the space on the disk; then restore it again; the former "
        f"library is in {former}, apart from files that are still in {home}"
    )
    with Library.open(former, encoder) as aside:
        assert paths(aside) == ["a.txt", "b.txt", "c.txt"]
    assert (former / "uploads" / "b.txt").read_text() == "Two gates."


@pytest.mark.usefixtures("index")
def test_a_file_outside_is_never_written(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "library.tar"
    back_up(home, file, BESIDE)
    with tarfile.open(file, "a") as tar:
        tar.add(home / "catalog.sqlite", "../outside.txt")
    with pytest.raises(BackupError):
        restore(home, file, BESIDE)
    assert not (tmp_path / "outside.txt").exists()
    assert not (home / "outside.txt").exists()


@pytest.mark.usefixtures("index")
def test_a_backup_goes_to_a_new_file_of_a_library_that_is_there(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "library.tar"
    back_up(home, file, BESIDE)
    with pytest.raises(BackupError, match=r"library\.tar exists; choose another name, or move it away$"):
        back_up(home, file, BESIDE)
    with pytest.raises(
        BackupError, match=r"there is no library in .*nowhere; give the folder of one with --home"
    ):
        back_up(tmp_path / "nowhere", tmp_path / "other.tar", BESIDE)
    with pytest.raises(BackupError, match="cannot be written: No such file or directory; choose a folder"):
        back_up(home, tmp_path / "missing" / "library.tar", BESIDE)


@pytest.mark.usefixtures("index")
def test_a_newer_programs_backup_is_refused(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "library.tar"
    back_up(home, file, BESIDE)
    newer = tmp_path / "newer"
    with tarfile.open(file) as tar:
        tar.extractall(newer, filter="data")
    with sqlite3.connect(newer / "catalog.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with tarfile.open(tmp_path / "newer.tar", "w") as tar:
        for name in ("manifest.json", "catalog.sqlite"):
            tar.add(newer / name, name)
    with pytest.raises(BackupError, match=r"newer\.tar was made by a newer program; update footnoted$"):
        restore(home, tmp_path / "newer.tar", BESIDE)


class TestOfSomebodyElse:
    """A backup may come from a stranger, so that its contents are not trusted."""

    def altered(self, home: Path, tmp_path: Path, *statements: str) -> Path:
        """A backup of the library whose catalog was changed by SQL."""
        back_up(home, tmp_path / "mine.tar", BESIDE)
        unpacked = tmp_path / "unpacked"
        with tarfile.open(tmp_path / "mine.tar") as tar:
            tar.extractall(unpacked, filter="data")
        with closing(sqlite3.connect(unpacked / "catalog.sqlite")) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        with tarfile.open(tmp_path / "theirs.tar", "w") as tar:
            for name in ("manifest.json", "catalog.sqlite"):
                tar.add(unpacked / name, name)
        return tmp_path / "theirs.tar"

    def test_its_folders_are_followed_once_they_are_confirmed(
        self, index: Library, home: Path, tmp_path: Path
    ) -> None:
        secret = write(tmp_path / "etc" / "secret.txt", "The password is rye.").parent
        mine = write(tmp_path / "reports" / "gate.txt", "Six gates.").parent
        index.catalog.follow([str(secret), str(mine), f"{home}/../etc"])
        Failures(index.catalog).note([], [Failure("x", "is empty", Root(str(mine), "x"))], [str(mine)])
        back_up(home, tmp_path / "library.tar", BESIDE)
        report = restore(home, tmp_path / "library.tar", BESIDE)
        assert report.unconfirmed == (str(secret), f"{home}/../etc", str(mine))
        assert sync(index).added == ()
        assert (index.catalog.sources(), Failures(index.catalog).undismissed()) == ([], [])
        assert sync(index, [mine]).added == ("gate.txt",)
        assert index.catalog.sources() == [str(mine)]
        assert index.catalog.unconfirmed() == [str(secret), f"{home}/../etc"]
        assert [record.path for record in index.catalog.documents()] == ["a.txt", "b.txt", "gate.txt"]

    @pytest.mark.parametrize("path", ["../../key.txt", "/key.txt", "a/../../key.txt", "..\\key.txt", "C:/k"])
    def test_a_document_that_leads_out_of_its_folder_is_refused(
        self, index: Library, home: Path, tmp_path: Path, path: str
    ) -> None:
        file = self.altered(home, tmp_path, f"UPDATE documents SET path = '{path}' WHERE id = 1")  # noqa: S608
        with pytest.raises(BackupError) as refused:
            restore(home, file, BESIDE)
        assert f"its document {path!r} leads out of its folder; choose another file" in str(refused.value)
        assert paths(index) == ["a.txt", "b.txt"]

    @pytest.mark.parametrize(
        ("statement", "named"),
        [
            (
                "CREATE TRIGGER again AFTER UPDATE ON sources BEGIN UPDATE sources SET confirmed = 1; END",
                "trigger 'again'",
            ),
            ("CREATE VIEW others AS SELECT folder FROM sources", "view 'others'"),
        ],
    )
    def test_a_catalog_that_acts_by_itself_is_refused(
        self, index: Library, home: Path, tmp_path: Path, statement: str, named: str
    ) -> None:
        file = self.altered(home, tmp_path, statement)
        with pytest.raises(BackupError) as refused:
            restore(home, file, BESIDE)
        assert (
            f"its catalog has a {named}, which a catalog of Footnoted never has; choose another file"
            in str(refused.value)
        )
        assert index.generation == 1
