"""The library's home is never read as a folder of reports, whatever its place and the path to it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from index.ingest.discover import Listing, Root, scan
from tests.support.reports import write


def listed(
    folder: Path, part: str = "", followed: Collection[Path] = (), home: Path | None = None
) -> Listing:
    return scan(Root(str(folder), part), [str(path) for path in followed], home)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "desk" / "home"
    for name in ("desk/a.md", "desk/home/b.md", "desk/home/uploads/c.md"):
        write(tmp_path / name, "x")
    return home


def test_it_is_left_out_of_the_folder_that_holds_it(tmp_path: Path, home: Path) -> None:
    listing = listed(tmp_path, home=home)
    assert (list(listing.files), listing.failures) == (["desk/a.md"], ())
    assert list(listed(tmp_path).files) == ["desk/a.md", "desk/home/b.md", "desk/home/uploads/c.md"]


@pytest.mark.parametrize("given", ["folder", "home"])
def test_it_is_left_out_whichever_link_leads_to_it(tmp_path: Path, home: Path, given: str) -> None:
    for name, target in (("folder", "desk"), ("home", "desk/home")):
        (tmp_path / f"{name} link").symlink_to(target, target_is_directory=True)
    folder = tmp_path / "folder link" if given == "folder" else tmp_path / "desk"
    named = tmp_path / "home link" if given == "home" else home
    assert list(listed(folder, home=named).files) == ["a.md"]


def test_a_link_to_a_file_in_it_leads_out(tmp_path: Path, home: Path) -> None:
    (tmp_path / "desk" / "link.md").symlink_to("home/b.md")
    listing = listed(tmp_path / "desk", home=home)
    assert list(listing.files) == ["a.md"]
    assert [failure.path for failure in listing.failures] == ["link.md"]


@pytest.mark.parametrize("part", ["desk/home", "desk/home/uploads", "desk/home/b.md"])
def test_it_is_no_folder_of_reports(tmp_path: Path, home: Path, part: str) -> None:
    for listing in (
        listed(tmp_path, part, [tmp_path], home),
        listed((tmp_path / part).parent, Path(part).name, home=home),
    ):
        assert list(listing.files) == []
        assert [failure.cause for failure in listing.failures] == [
            "lies in the library's home, which holds its own files; name a folder of reports"
        ]


def test_a_folder_in_it_that_the_library_follows_is_listed(home: Path) -> None:
    uploads = home / "uploads"
    (uploads / "d.md").symlink_to("c.md")
    assert list(listed(uploads, followed=[uploads], home=home).files) == ["c.md", "d.md"]
