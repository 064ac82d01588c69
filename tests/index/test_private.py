"""Only the owner can read the files of a library, whatever the umask of the process."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from index.catalog.backup import back_up, restore
from index.catalog.database import Catalog
from index.embedding.encoder import Encoder
from index.library import Library
from index.loaders import DEFAULTS
from index.loaders.sandbox.client import Isolated
from index.private import make_file, make_folder, write_file
from index.uploads import Sent, add_upload
from tests.support.processes import run_script
from tests.support.reports import incoming, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def within_reach(folder: Path) -> list[str]:
    """The paths in a folder that others can read; they can only enter folders that permit it."""
    if not mode(folder) & 0o077:
        return []
    inside = [path for entry in folder.iterdir() if entry.is_dir() for path in within_reach(entry)]
    return [str(folder), *inside, *(str(file) for file in folder.iterdir() if mode(file) & 0o077)]


@pytest.mark.sqlite
def test_nothing_in_a_home_is_within_reach_of_others(
    encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    home = tmp_path / "made" / "home"
    with Library.open(home, encoder) as index:
        add_upload(index, loading, DEFAULTS, Sent("gate.txt", BytesIO(b"The gate."), {"author": "Ada"}))
        index.search("gate")
        beside = ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "uploads/gate.txt"]
        assert {name: mode(home / name) for name in beside} == dict.fromkeys(beside, 0o600)
        assert {name: mode(home / name) for name in (".", "uploads", "caches")} == dict.fromkeys(
            (".", "uploads", "caches"), 0o700
        )
    assert within_reach(home) == []
    # Open the folders to others, so that the permissions of the files themselves count.
    for folder in [home, *(path for path in home.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    ours = [path for path in home.rglob("*") if path.is_file() and "words-" not in str(path)]
    assert {str(path): mode(path) for path in ours if mode(path) & 0o077} == {}


@pytest.mark.sqlite
def test_a_home_that_others_could_read_is_closed_when_it_is_opened(encoder: Encoder, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Library.open(home, encoder) as index:
        index.replace([incoming("One gate.", "a.txt")])
        for place in (home, home / "catalog.sqlite", home / "catalog.sqlite-wal"):
            place.chmod(0o755 if place.is_dir() else 0o644)
        with Library.open(home, encoder):
            assert (mode(home), mode(home / "catalog.sqlite"), mode(home / "catalog.sqlite-wal")) == (
                *(0o700, 0o600, 0o600),
            )


@pytest.mark.sqlite
def test_a_catalog_that_is_opened_twice_keeps_what_is_written(tmp_path: Path) -> None:
    """If this process closed the file outside SQLite, SQLite would lose its locks, and with them writes."""
    path = tmp_path / "catalog.sqlite"
    first = Catalog.open(path)
    first.follow(["/first"])
    Catalog.open(path)
    make_file(path)
    follow = (
        "import sys; from pathlib import Path; from index.catalog.database import Catalog; "
        "catalog = Catalog.open(Path(sys.argv[1])); catalog.follow(sys.argv[2:]); print(catalog.sources()); "
        "catalog.close()"
    )

    def in_another_process(*folders: str) -> str:
        return run_script(follow, path, *folders).stdout.strip()

    assert in_another_process("/other") == "['/first', '/other']"
    first.follow(["/second"])
    assert in_another_process() == "['/first', '/other', '/second']"
    first.close()


def test_a_backup_and_what_is_put_back_from_it_are_private(encoder: Encoder, tmp_path: Path) -> None:
    home, other, file = tmp_path / "home", tmp_path / "other", tmp_path / "library.tar"
    with Library.open(home, encoder) as index:
        index.replace([incoming("One gate.", "a.txt", str(home / "uploads"))])
        write(home / "uploads" / "a.txt", "One gate.").chmod(0o666)
    (tmp_path / ".library.tar.part").write_text("What a run left that was killed.")
    back_up(home, file, ["uploads"])
    assert mode(file) == 0o600
    (home / "uploads").chmod(0o777)
    for _ in range(2):
        report = restore(other, file, ["uploads"])
        assert within_reach(other) == []
        assert (mode(other / "uploads"), mode(other / "uploads" / "a.txt")) == (0o700, 0o600)
    assert report.put_aside is not None
    assert mode(Path(report.put_aside)) == 0o700
    assert mode(Path(report.put_aside) / "catalog.sqlite") == 0o600


def test_a_backup_is_not_written_through_a_link(encoder: Encoder, tmp_path: Path) -> None:
    Library.open(tmp_path / "home", encoder).close()
    target = write(tmp_path / "target", "Mine.")
    (tmp_path / ".library.tar.part").symlink_to(target)
    back_up(tmp_path / "home", tmp_path / "library.tar")
    assert (target.read_text(), (tmp_path / "library.tar").is_symlink()) == ("Mine.", False)


def test_a_folder_that_is_everybody_s_stays_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    make_folder(tmp_path)
    make_folder(tmp_path / "a" / "b")
    make_file(tmp_path / "c")
    assert (mode(tmp_path), mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o1777, 0o700, 0o700)
    assert mode(tmp_path / "c") == 0o600


def test_a_file_is_written_whole_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text("former")
    write_file(file, "new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)


def test_a_file_that_cannot_be_written_stays_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    write_file(file, "former")
    with pytest.raises(UnicodeEncodeError):
        write_file(file, "\ud800")
    assert file.read_text() == "former"
    assert list(tmp_path.iterdir()) == [file]
