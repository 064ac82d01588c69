"""A library is backed up to one file and restored from it, while others use it; a copy has all rows."""

from __future__ import annotations

import errno
import io
import json
import sqlite3
import tarfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog import backup
from index.catalog.backup import back_up, copy_tables, restore
from index.catalog.database import Catalog
from index.catalog.schema import chunks, documents, metadata
from index.errors import BackupError, CatalogError
from index.ingest.discover import Failure, Failures, Root
from index.ingest.synchronize import sync
from index.library import Library
from rag.conversations.store import AnswerStore
from tests.support.reports import found, incoming, paths, write

BESIDE = ("uploads", "feedback.jsonl")


@pytest.fixture
def index(stubbed: Library) -> Library:
    stubbed.replace([incoming("One gate of the dam.", "a.txt"), incoming("Two gates.", "b.txt")])
    return stubbed


def test_it_holds_the_catalog_and_what_lies_beside_it(index: Library, home: Path, tmp_path: Path) -> None:
    (home / "uploads" / ".incoming-x").mkdir(parents=True)
    (home / "uploads" / "b.txt").write_text("Two gates.")
    (home / "feedback.jsonl").write_text("{}\n")
    report = back_up(home, tmp_path / "library.tar", BESIDE)
    assert (report.generation, report.documents) == (1, 2)
    assert report.bytes == (tmp_path / "library.tar").stat().st_size
    with tarfile.open(tmp_path / "library.tar") as tar:
        beside = ["uploads", "uploads/b.txt", "feedback.jsonl"]
        assert tar.getnames() == ["manifest.json", "catalog.sqlite", *beside]
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        assert json.load(manifest)["home"] == str(home)
    assert sorted(entry.name for entry in home.glob(".*")) == [], "nothing is left lying about"
    assert index.generation == 1


def test_put_back_elsewhere_it_finds_the_same_and_embeds_nothing(
    index: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.replace([incoming("Three gates.", "c.txt", source=str(home / "uploads"))])
    index.catalog.follow([str(home / "uploads"), "/elsewhere"])
    (home / "uploads").mkdir()
    (home / "uploads" / "c.txt").write_text("Three gates.")
    back_up(home, tmp_path / "library.tar", BESIDE)
    other = tmp_path / "other"
    report = restore(other, tmp_path / "library.tar", BESIDE)
    assert (report.generation, report.documents, report.put_aside) == (2, 3, None)
    monkeypatch.setattr(StubEncoder, "encode_passages", None)
    with Library.open(other, StubEncoder()) as again:
        assert [row[1:] for row in found(again, "gates")] == [row[1:] for row in found(index, "gates")]
        assert {record.source for record in again.catalog.documents()} == {"/reports", str(other / "uploads")}
        assert again.catalog.sources() == [str(other / "uploads")]
        assert again.catalog.unconfirmed() == ["/elsewhere"]
    assert report.unconfirmed == ("/elsewhere",)
    assert (other / "uploads" / "c.txt").read_text() == "Three gates."


def test_one_that_is_open_goes_on_with_what_was_put_back(index: Library, home: Path, tmp_path: Path) -> None:
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
    shown = ["Five gates.", "One gate of the dam.", "Two gates."]
    assert sorted(hit.text for hit in index.search("gates")) == shown
    assert report.put_aside is not None
    with Library.open(Path(report.put_aside), StubEncoder()) as former:
        assert paths(former) == ["b.txt", "d.txt"]


def test_it_is_of_one_state_while_others_write(index: Library, home: Path, tmp_path: Path) -> None:
    done = Event()

    def write() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            index.replace([incoming(f"Round {turn}.", name) for name in ("a.txt", "b.txt")])

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            for number in range(3):
                back_up(home, tmp_path / f"{number}.tar", BESIDE)
        finally:
            done.set()
    writing.result()
    for number in range(3):
        restore(tmp_path / f"{number}", tmp_path / f"{number}.tar", BESIDE)
        with Library.open(tmp_path / f"{number}", StubEncoder()) as again:
            texts = {again.catalog.text(record.document_id).text for record in again.catalog.documents()}
            assert len(texts - {"One gate of the dam.", "Two gates."}) <= 1


@pytest.mark.sqlite
def test_a_damaged_catalog_is_put_aside(index: Library, home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "library.tar", BESIDE)
    index.close()
    (home / "catalog.sqlite").write_bytes(b"nonsense" * 1000)
    report = restore(home, tmp_path / "library.tar", BESIDE)
    assert report.put_aside is not None
    assert (Path(report.put_aside) / "catalog.sqlite").read_bytes() == b"nonsense" * 1000
    with Library.open(home, StubEncoder()) as again:
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


Change = Callable[[Path], object]
"""Changes the folder with the files of a backup."""

DAMAGED = "is not a backup of a library, or is damaged: "
MADE = "2031-08-02T10:00:00+00:00"
MANIFEST = {"made": MADE, "generation": 1, "documents": 2, "home": "/home", "format": 1}


def manifest(text: str) -> Change:
    return lambda folder: (folder / "manifest.json").write_text(text)


def sql(statement: str) -> Change:
    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection, connection:
            connection.execute(statement)

    return change


def elsewhere(path: str) -> tuple[Change, str]:
    """A backup with a document that leads out of its folder, and why it is refused."""
    statement = f"UPDATE documents SET path = '{path}' WHERE id = 1"  # noqa: S608
    return sql(statement), f"its document {path!r} leads out of its folder"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), DAMAGED),
        (lambda folder: (folder / "catalog.sqlite").write_bytes(b"SQLite format 9" * 300), DAMAGED),
        (
            manifest(json.dumps({**MANIFEST, "generation": "many"})),
            "Input should be a valid integer",
        ),
        (manifest(json.dumps({**MANIFEST, "made": "yesterday"})), "Invalid isoformat string: 'yesterday'"),
        (manifest(json.dumps({**MANIFEST, "home": ""})), "home: is empty"),
        (manifest(json.dumps({"generation": 1, "documents": 2, "home": "/home"})), "made: Field required"),
        (manifest(json.dumps([MANIFEST])), "Input should be an object"),
        (manifest("[" * 100_000), "Invalid JSON: recursion limit exceeded"),
        (
            sql("UPDATE alembic_version SET version_num = '9999'"),
            "made by a newer program; update footnoted",
        ),
        # A backup may come from a stranger, so that its contents are not trusted.
        *map(elsewhere, ("../../key.txt", "/key.txt", "a/../../key.txt", "..\\key.txt", "C:/k")),
        (
            sql("CREATE TRIGGER again AFTER UPDATE ON sources BEGIN UPDATE sources SET confirmed = 1; END"),
            "its catalog has a trigger 'again', which a catalog of Footnoted never has",
        ),
        (
            sql("CREATE VIEW others AS SELECT folder FROM sources"),
            "its catalog has a view 'others', which a catalog of Footnoted never has",
        ),
    ],
)
def test_what_is_no_backup_is_refused_and_changes_nothing(
    index: Library, home: Path, tmp_path: Path, change: Change, cause: str
) -> None:
    (home / "uploads").mkdir()
    back_up(home, tmp_path / "mine.tar", BESIDE)
    with tarfile.open(tmp_path / "mine.tar") as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    change(tmp_path / "unpacked")
    with tarfile.open(tmp_path / "theirs.tar", "w") as tar:
        for name in ("manifest.json", "catalog.sqlite"):
            if (tmp_path / "unpacked" / name).exists():
                tar.add(tmp_path / "unpacked" / name, name)
    refused(index, tmp_path / "theirs.tar", cause)


@pytest.mark.parametrize("damage", ["not a tar", "cut"])
def test_what_is_no_archive_is_refused(index: Library, home: Path, tmp_path: Path, damage: str) -> None:
    back_up(home, tmp_path / "library.tar", BESIDE)
    data = (tmp_path / "library.tar").read_bytes()
    (tmp_path / "library.tar").write_bytes(data[: len(data) // 2] if damage == "cut" else b"words " * 500)
    refused(index, tmp_path / "library.tar", DAMAGED)


def refused(index: Library, file: Path, cause: str) -> None:
    with pytest.raises(BackupError) as error:
        restore(index.home, file, BESIDE)
    assert str(error.value).startswith(f"{file} ")
    assert cause in str(error.value)
    assert str(error.value).endswith(("; choose another file", "; update footnoted"))
    assert (paths(index), index.generation) == (["a.txt", "b.txt"], 1)
    assert list(index.home.glob("replaced-*")) == list(index.home.glob(".restore-*")) == []


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
    index: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    with Library.open(former, StubEncoder()) as aside:
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


def test_the_folders_of_a_backup_are_followed_once_they_are_confirmed(
    index: Library, home: Path, tmp_path: Path
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


@pytest.fixture
def capital(tmp_path: Path) -> Path:
    """A home folder whose name differs from another one in a capital alone."""
    capital = tmp_path / "Home"
    with Library.open(capital, StubEncoder()) as index:
        index.replace([incoming("One gate.", "a.txt", str(capital / "uploads"))])
        index.replace([incoming("Two gates.", "b.txt", str(tmp_path / "home" / "reports"))])
    return capital


def test_what_a_link_leads_to_is_put_back(capital: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "uploads").mkdir(parents=True)
    (elsewhere / "uploads" / "a.txt").write_text("One gate.")
    (capital / "uploads").symlink_to(elsewhere / "uploads")
    (elsewhere / "uploads" / "gone.txt").symlink_to(elsewhere / "nothing")
    back_up(capital, tmp_path / "library.tar", ["uploads"])
    restore(tmp_path / "new", tmp_path / "library.tar", ["uploads"])
    assert not (tmp_path / "new" / "uploads").is_symlink()
    assert [file.name for file in (tmp_path / "new" / "uploads").iterdir()] == ["a.txt"]
    assert (tmp_path / "new" / "uploads" / "a.txt").read_text() == "One gate."


def test_a_file_that_goes_meanwhile_is_left_out(
    capital: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (capital / "uploads").mkdir()
    for name in ("a.txt", "b.txt"):
        (capital / "uploads" / name).write_text(name)
    add = tarfile.TarFile.add

    def then_gone(tar: tarfile.TarFile, place: Path, name: str, **how: bool) -> None:
        add(tar, place, name, **how)  # type: ignore[arg-type]
        if name == "uploads":
            (capital / "uploads" / "a.txt").unlink()

    monkeypatch.setattr(tarfile.TarFile, "add", then_gone)
    back_up(capital, tmp_path / "library.tar", ["uploads"])
    with tarfile.open(tmp_path / "library.tar") as tar:
        assert tar.getnames()[2:] == ["uploads", "uploads/b.txt"]


def test_links_in_a_backup_are_not_put_back(capital: Path, tmp_path: Path) -> None:
    back_up(capital, tmp_path / "library.tar")
    with tarfile.open(tmp_path / "library.tar", "a") as tar:
        for kind, name in ((tarfile.SYMTYPE, "uploads/link.txt"), (tarfile.LNKTYPE, "uploads/hard.txt")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "catalog.sqlite"
            tar.addfile(entry, io.BytesIO())
    restore(tmp_path / "new", tmp_path / "library.tar")
    assert list((tmp_path / "new").glob("uploads/*")) == []


def test_only_what_lay_in_the_very_home_moves_with_it(capital: Path, tmp_path: Path) -> None:
    back_up(capital, tmp_path / "library.tar")
    restore(tmp_path / "new", tmp_path / "library.tar")
    with Library.open(tmp_path / "new", StubEncoder()) as index:
        assert paths(index) == ["a.txt", "b.txt"]
        assert [record.source for record in index.catalog.documents()] == [
            str(tmp_path / "new" / "uploads"),
            str(tmp_path / "home" / "reports"),
        ]


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog that a copy is to replace."""
    opened = Catalog.open(tmp_path / "copy.sqlite")
    opened.follow(["/elsewhere"])
    yield opened
    opened.close()


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with documents, one of which was removed and one changed, details, and a stored answer."""
    with Library.open(tmp_path / "home", StubEncoder()) as library:
        library.catalog.follow(["/reports"])
        library.replace([incoming(f"Gate {number}.", f"{number}.txt") for number in range(3)])
        library.replace([incoming("Gate 1 is shut. It stays shut.", "1.txt", published="2031-05-14")])
        library.replace([], removed=[3])
        AnswerStore(library.catalog).put("a", "c", "2031-05-15T00:00:00Z", '{"text": "zero \\u0000"}')
        yield library.catalog


def rows(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a catalog, by table."""
    with catalog.engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def test_a_copy_has_all_rows_and_replaces_those_that_were_there(filled: Catalog, copy: Catalog) -> None:
    counts = copy_tables(metadata, filled.engine, copy.engine)
    assert rows(copy) == rows(filled)
    assert counts == {name: len(its) for name, its in rows(filled).items()}
    assert (counts["documents"], counts["versions"], counts["kept"]) == (2, 3, 1)


def test_ids_go_on_where_the_source_has_stopped(filled: Catalog, copy: Catalog) -> None:
    """The id of the removed document is not given again, nor are the ids of its passages."""
    copy_tables(metadata, filled.engine, copy.engine)
    ids: list[tuple[int, int]] = []
    for catalog in (filled, copy):
        catalog.put_vectors({})
        with catalog.engine.begin() as connection:
            place = {"source": "/r", "path": "new.txt", "version": 1, "size": 1, "mtime_ns": 1}
            key = connection.execute(sa.insert(documents).values(place)).inserted_primary_key
            assert key is not None
            span = {"start": 0, "end": 1, "sentences": []}
            passage = {"document_id": key[0], **span, "vector": "v", "build": 1}
            number = connection.execute(sa.insert(chunks).values(passage)).inserted_primary_key
            assert number is not None
            ids.append((key[0], number[0]))
    assert ids[0] == ids[1]
    assert ids[0][0] == 4


@pytest.mark.sqlite
def test_a_copy_that_differs_is_refused_and_leaves_the_target_as_it_was(
    filled: Catalog, copy: Catalog, tmp_path: Path
) -> None:
    with copy.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER wrong AFTER INSERT ON documents BEGIN UPDATE documents SET size = size + 1; END"
        )
    before = rows(copy)
    with pytest.raises(CatalogError) as caught:
        copy_tables(metadata, filled.engine, copy.engine)
    assert str(caught.value) == (
        f"the table documents of {tmp_path}/copy.sqlite differs from the one that was copied; nothing is "
        "changed there: try again, and report this error if it repeats"
    )
    assert rows(copy) == before
