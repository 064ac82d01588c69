"""A backup handles links in the home folder, and files that appear or vanish meanwhile."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.catalog.backup import back_up, restore
from index.library import Library
from tests.support.reports import incoming, paths


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "Home"
    with Library.open(home, StubEncoder()) as index:
        index.replace([incoming("One gate.", "a.txt", str(home / "uploads"))])
        index.replace([incoming("Two gates.", "b.txt", str(tmp_path / "home" / "reports"))])
    return home


def test_what_a_link_leads_to_is_put_back(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "uploads").mkdir(parents=True)
    (elsewhere / "uploads" / "a.txt").write_text("One gate.")
    (home / "uploads").symlink_to(elsewhere / "uploads")
    (elsewhere / "uploads" / "gone.txt").symlink_to(elsewhere / "nothing")
    back_up(home, tmp_path / "library.tar", ["uploads"])
    restore(tmp_path / "new", tmp_path / "library.tar", ["uploads"])
    assert not (tmp_path / "new" / "uploads").is_symlink()
    assert [file.name for file in (tmp_path / "new" / "uploads").iterdir()] == ["a.txt"]
    assert (tmp_path / "new" / "uploads" / "a.txt").read_text() == "One gate."


def test_a_file_that_goes_meanwhile_is_left_out(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "uploads").mkdir()
    for name in ("a.txt", "b.txt"):
        (home / "uploads" / name).write_text(name)
    add = tarfile.TarFile.add

    def then_gone(tar: tarfile.TarFile, place: Path, name: str, **how: bool) -> None:
        add(tar, place, name, **how)  # type: ignore[arg-type]
        if name == "uploads":
            (home / "uploads" / "a.txt").unlink()

    monkeypatch.setattr(tarfile.TarFile, "add", then_gone)
    back_up(home, tmp_path / "library.tar", ["uploads"])
    with tarfile.open(tmp_path / "library.tar") as tar:
        assert tar.getnames()[2:] == ["uploads", "uploads/b.txt"]


def test_links_in_a_backup_are_not_put_back(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "library.tar")
    with tarfile.open(tmp_path / "library.tar", "a") as tar:
        for kind, name in ((tarfile.SYMTYPE, "uploads/link.txt"), (tarfile.LNKTYPE, "uploads/hard.txt")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "catalog.sqlite"
            tar.addfile(entry, io.BytesIO())
    restore(tmp_path / "new", tmp_path / "library.tar")
    assert list((tmp_path / "new").glob("uploads/*")) == []


def test_only_what_lay_in_the_very_home_moves_with_it(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "library.tar")
    restore(tmp_path / "new", tmp_path / "library.tar")
    with Library.open(tmp_path / "new", StubEncoder()) as index:
        assert paths(index) == ["a.txt", "b.txt"]
        assert [record.source for record in index.catalog.documents()] == [
            str(tmp_path / "new" / "uploads"),
            str(tmp_path / "home" / "reports"),
        ]
