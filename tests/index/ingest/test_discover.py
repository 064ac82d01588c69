"""Discovery lists files and opens none; the home is left out, and what failed stays listed."""

from __future__ import annotations

import builtins
import os
import subprocess
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.ingest.discover import MISSING, Failure, Failures, Listing, Root, root_of, scan
from index.ingest.synchronize import sync
from index.library import Library


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def listed(
    folder: Path, part: str = "", followed: Collection[Path] = (), home: Path | None = None
) -> Listing:
    return scan(Root(str(folder), part), [str(path) for path in followed], home)


def test_files_are_listed_by_their_path_in_order_with_size_and_time(tmp_path: Path) -> None:
    for name, text in [("b.md", "22"), ("sub/deeper/a.txt", "333"), ("a.html", ""), ("sub.txt", "1")]:
        os.utime(write(tmp_path / name, text), ns=(5, 1_700_000_000_123_456_789))
    listing = listed(tmp_path)
    assert list(listing.files.items()) == [
        ("a.html", (0, 1_700_000_000_123_456_789)),
        ("b.md", (2, 1_700_000_000_123_456_789)),
        ("sub.txt", (1, 1_700_000_000_123_456_789)),
        ("sub/deeper/a.txt", (3, 1_700_000_000_123_456_789)),
    ]
    assert (listing.failures, listing.unlisted, listing.missing) == ((), (), False)


def test_no_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.md")
    write(tmp_path / "sub/b.md")

    def opened(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a file was opened")

    with monkeypatch.context() as patch:
        for module in (builtins, os):
            patch.setattr(module, "open", opened)
        patch.setattr(Path, "open", opened)
        listing = listed(tmp_path)
    assert list(listing.files) == ["a.md", "sub/b.md"]


NAMES = (".hidden.md", ".git/a.md", "questions.jsonl", "sub/questions.jsonl", "my-questions.jsonl")
OUT = "is a link that leads out of the folder; put the file itself there"
NOWHERE = "check the file's permissions, or what it links to"


@pytest.mark.parametrize(
    ("names", "links", "found", "failures"),
    [
        pytest.param(NAMES, {}, ["my-questions.jsonl"], {}, id="hidden files and questions"),
        pytest.param(["sub/a.md"], {"b.md": "sub/a.md"}, ["b.md", "sub/a.md"], {}, id="a link to a file"),
        pytest.param(["a.md"], {"b.md": "../outside.md"}, ["a.md"], {"b.md": OUT}, id="a link out of it"),
        pytest.param(["b/a.md"], {"a": "b", "b/up": ".."}, ["b/a.md"], {}, id="links to folders"),
        (["a.md"], {"b.md": "c.md"}, ["a.md"], {"b.md": f"No such file or directory; {NOWHERE}"}),
        (["a.md"], {"b.md": "b.md"}, ["a.md"], {"b.md": f"Too many levels of symbolic links; {NOWHERE}"}),
    ],
)
def test_what_is_left_out_and_what_is_reported_and_keeps_what_was_known(
    tmp_path: Path, names: list[str], links: dict[str, str], found: list[str], failures: dict[str, str]
) -> None:
    write(tmp_path / "outside.md")
    folder = tmp_path / "folder"
    for name in names:
        write(folder / name)
    for name, target in links.items():
        (folder / name).symlink_to(target)
    listing = listed(folder)
    assert list(listing.files) == found
    assert {failure.path: failure.cause for failure in listing.failures} == failures
    assert listing.unlisted == tuple(Root(str(folder), name) for name in failures)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "real/a.md")
    (tmp_path / "real/b.md").symlink_to("a.md")
    (tmp_path / "named").symlink_to("real", target_is_directory=True)
    listing = listed(tmp_path / "named")
    assert (list(listing.files), listing.failures) == (["a.md", "b.md"], ())


def test_a_part_of_a_folder_is_listed_under_the_folders_paths(tmp_path: Path) -> None:
    for name in ["a.md", "sub/b.md", "sub/c/d.md", "subway/e.md"]:
        write(tmp_path / name)
    assert list(listed(tmp_path, "sub").files) == ["sub/b.md", "sub/c/d.md"]
    assert list(listed(tmp_path, "sub/b.md").files) == ["sub/b.md"]


def test_what_is_followed_on_its_own_is_left_to_itself(tmp_path: Path) -> None:
    for name in ["a.md", "b.md", "sub/c.md", "other/d.md", "other/e.md"]:
        write(tmp_path / name)
    followed = [tmp_path, tmp_path / "b.md", tmp_path / "sub", tmp_path / "other/d.md"]
    assert list(listed(tmp_path, followed=followed).files) == ["a.md", "b.md", "other/e.md"], (
        "b.md is known under this folder either way; sub and other/d.md are known under another"
    )
    assert list(listed(tmp_path / "sub", followed=followed).files) == ["c.md"]
    assert list(listed(tmp_path / "other", "d.md", followed).files) == ["d.md"]


def test_a_tree_is_listed_however_deep_it_is(tmp_path: Path) -> None:
    """The tree is deeper than Python's recursion limit, and than the limit of open files."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_100):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.md", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    write(tmp_path / "b.md")
    listing = listed(tmp_path)
    assert (list(listing.files), listing.failures) == (["b.md", "d/" * 1_100 + "a.md"], ())
    # pytest deletes its folders recursively, which fails at this depth.
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


class TestWhatCannotBeListed:
    def test_a_folder_without_permission_is_reported_and_the_rest_listed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path / "a.md")
        write(tmp_path / "locked/b.md")
        write(tmp_path / "z.md")
        scandir = os.scandir

        def refuse(folder: str | Path) -> Iterator[os.DirEntry[str]]:
            # The system itself never refuses the superuser, who may run this test.
            if Path(folder).name == "locked":
                raise PermissionError(13, "Permission denied", str(folder))
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", refuse)
        listing = listed(tmp_path)
        assert list(listing.files) == ["a.md", "z.md"]
        assert listing.failures == (Failure("locked", "Permission denied; check the folder's permissions"),)
        assert listing.unlisted == (Root(str(tmp_path), "locked"),)

    def test_a_name_that_is_not_utf_8_is_reported_in_a_form_that_can_be_shown(self, tmp_path: Path) -> None:
        write(tmp_path / "a.md")
        try:
            write(tmp_path / "caf\udce9.md")
        except OSError:
            pytest.skip("this file system knows only UTF-8")
        failed = Failure("caf\\udce9.md", "its name is not UTF-8; rename it")
        assert (list(listed(tmp_path).files), listed(tmp_path).failures) == (["a.md"], (failed,))

    def test_a_folder_whose_name_is_not_utf_8_is_reported_whole(self, tmp_path: Path) -> None:
        try:
            folder = write(tmp_path / "caf\udce9" / "a.md").parent
        except OSError:
            pytest.skip("this file system knows only UTF-8")
        failed = Failure(f"{tmp_path}/caf\\udce9", "its name is not UTF-8; rename it")
        assert (dict(listed(folder).files), listed(folder).failures) == ({}, (failed,))

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe_is_reported_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        cause = "is a device, pipe or socket, not a file; take it out of the folder"
        assert (dict(listed(tmp_path).files), listed(tmp_path).failures) == (
            {},
            (Failure("pipe.txt", cause),),
        )

    def test_a_name_that_is_too_long_is_reported(self, tmp_path: Path) -> None:
        listing = listed(tmp_path, "n" * 300)
        (failure,) = listing.failures
        assert failure.path == str(tmp_path / ("n" * 300))
        assert failure.cause.startswith("File name too long; ")
        assert listing.missing is False, "whether it is there cannot be said"


class TestWhatIsNotThere:
    def test_a_folder_that_vanished_says_nothing_of_its_files(self, tmp_path: Path) -> None:
        gone = tmp_path / "gone"
        listing = listed(gone)
        cause = "does not exist; if it was moved, sync its new place"
        assert (dict(listing.files), listing.failures) == ({}, (Failure(str(gone), cause),))
        assert listing.unlisted == (Root(str(gone)),)
        assert listing.missing is False

    def test_a_part_of_a_folder_that_is_there_was_deleted(self, tmp_path: Path) -> None:
        listing = listed(tmp_path, "gone.md")
        assert (dict(listing.files), listing.failures, listing.unlisted) == ({}, (), ())
        assert listing.missing is True

    def test_a_part_of_a_folder_that_vanished_may_still_be_there(self, tmp_path: Path) -> None:
        listing = listed(tmp_path / "gone", "a.md")
        assert [failure.path for failure in listing.failures] == [str(tmp_path / "gone/a.md")]
        assert listing.unlisted == (Root(str(tmp_path / "gone"), "a.md"),)
        assert listing.missing is False

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        write(tmp_path / "a.md")
        listing = listed(tmp_path / "a.md", "b.md")
        assert [failure.path for failure in listing.failures] == [str(tmp_path / "a.md/b.md")]


class TestRoots:
    @pytest.mark.parametrize(
        ("path", "followed", "source", "part"),
        [
            ("sub/deeper", [], "sub/deeper", ""),
            ("sub/deeper/a.md", [], "sub/deeper", "a.md"),
            ("sub/deeper/a.md", [""], "", "sub/deeper/a.md"),
            ("sub", [""], "", "sub"),
            ("sub/gone.md", [""], "", "sub/gone.md"),
            ("sub/deeper/a.md", ["", "sub"], "sub", "deeper/a.md"),
            ("sub", ["", "sub"], "sub", ""),
            # A file that is followed by itself stays a part of its own folder.
            ("sub/deeper/a.md", ["", "sub/deeper/a.md"], "sub/deeper", "a.md"),
            ("sub/gone.md", ["", "sub/gone.md"], "sub", "gone.md"),
        ],
    )
    def test_what_lies_in_a_followed_folder_is_a_part_of_the_nearest(
        self, tmp_path: Path, path: str, followed: list[str], source: str, part: str
    ) -> None:
        write(tmp_path / "sub/deeper/a.md")
        known = [str(tmp_path / name) for name in followed]
        assert root_of(tmp_path / path, known) == Root(str(tmp_path / source), part)

    @pytest.mark.parametrize(
        "written", ["reports", "./reports", "reports/", "reports/sub/..", "sub/../reports"]
    )
    def test_one_folder_is_one_root_however_it_is_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
    ) -> None:
        (tmp_path / "reports/sub").mkdir(parents=True)
        (tmp_path / "sub").mkdir()
        monkeypatch.chdir(tmp_path)
        assert root_of(Path(written), []) == Root(str(tmp_path / "reports"))

    @pytest.mark.parametrize(
        ("part", "path", "held"),
        [
            ("", "a.md", True),
            ("sub", "sub/a.md", True),
            ("sub", "sub", True),
            ("sub", "subway/a.md", False),
            ("sub", "a.md", False),
            ("sub/a.md", "sub/a.md", True),
        ],
    )
    def test_a_root_holds_the_paths_of_its_part(self, part: str, path: str, held: bool) -> None:
        assert Root("/reports", part).holds(path) is held


def test_a_sidecar_is_no_report_and_its_size_and_time_count_with_its_file(tmp_path: Path) -> None:
    os.utime(write(tmp_path / "a.txt", "22"), ns=(5, 100))
    os.utime(write(tmp_path / "a.txt.meta.yaml", "333"), ns=(5, 200))
    os.utime(write(tmp_path / "lost.txt.meta.yaml", "1"), ns=(5, 300))
    assert listed(tmp_path).files == {"a.txt": (5, 200)}


@pytest.fixture
def inner(tmp_path: Path) -> Path:
    inner = tmp_path / "desk" / "home"
    for name in ("desk/a.md", "desk/home/b.md", "desk/home/uploads/c.md"):
        write(tmp_path / name)
    return inner


def test_the_home_is_left_out_of_the_folder_that_holds_it(tmp_path: Path, inner: Path) -> None:
    listing = listed(tmp_path, home=inner)
    assert (list(listing.files), listing.failures) == (["desk/a.md"], ())
    assert list(listed(tmp_path).files) == ["desk/a.md", "desk/home/b.md", "desk/home/uploads/c.md"]


@pytest.mark.parametrize("given", ["folder", "home"])
def test_the_home_is_left_out_whichever_link_leads_to_it(tmp_path: Path, inner: Path, given: str) -> None:
    for name, target in (("folder", "desk"), ("home", "desk/home")):
        (tmp_path / f"{name} link").symlink_to(target, target_is_directory=True)
    folder = tmp_path / "folder link" if given == "folder" else tmp_path / "desk"
    named = tmp_path / "home link" if given == "home" else inner
    assert list(listed(folder, home=named).files) == ["a.md"]


def test_a_link_to_a_file_in_the_home_leads_out(tmp_path: Path, inner: Path) -> None:
    (tmp_path / "desk" / "link.md").symlink_to("home/b.md")
    listing = listed(tmp_path / "desk", home=inner)
    assert list(listing.files) == ["a.md"]
    assert [failure.path for failure in listing.failures] == ["link.md"]


@pytest.mark.parametrize("part", ["desk/home", "desk/home/uploads", "desk/home/b.md"])
def test_the_home_is_no_folder_of_reports(tmp_path: Path, inner: Path, part: str) -> None:
    for listing in (
        listed(tmp_path, part, [tmp_path], inner),
        listed((tmp_path / part).parent, Path(part).name, home=inner),
    ):
        assert list(listing.files) == []
        assert [failure.cause for failure in listing.failures] == [
            "lies in the library's home, which holds its own files; name a folder of reports"
        ]


def test_a_folder_in_the_home_that_the_library_follows_is_listed(inner: Path) -> None:
    uploads = inner / "uploads"
    (uploads / "d.md").symlink_to("c.md")
    assert list(listed(uploads, followed=[uploads], home=inner).files) == ["c.md", "d.md"]


EMPTY = "is empty: it has no bytes; save it again with its text"


@pytest.fixture
def failures(index: Library) -> Failures:
    return Failures(index.catalog)


@pytest.fixture
def folder(index: Library, tmp_path: Path) -> Path:
    """A followed folder with a report and a file that cannot be read."""
    folder = tmp_path / "reports"
    write(folder / "gate.txt", "The third gate is shut.")
    write(folder / "empty.txt", "")
    sync(index, [folder])
    return folder


def undismissed(failures: Failures) -> list[tuple[str, str]]:
    return [(failure.path, failure.cause) for failure in failures.undismissed()]


def test_a_failure_is_listed_with_its_cause_and_since_when(failures: Failures, folder: Path) -> None:
    [failure] = failures.undismissed()
    assert (failure.source, failure.path, failure.cause) == (str(folder), "empty.txt", EMPTY)
    age = datetime.now(UTC) - datetime.fromisoformat(failure.since)
    assert timedelta(0) <= age < timedelta(minutes=5)


def test_a_failure_stays_when_another_path_is_synced(
    index: Library, failures: Failures, folder: Path, tmp_path: Path
) -> None:
    before = failures.undismissed()
    other = write(tmp_path / "other" / "mill.txt", "The mill grinds rye.")
    for path in (other.parent, folder / "gate.txt"):
        assert sync(index, [path]).failed == ()
        assert failures.undismissed() == before
    write(other.parent / "broken.pdf", "%PDF-1.7 no more")
    sync(index, [other.parent])
    assert [path for path, _ in undismissed(failures)] == ["broken.pdf", "empty.txt"]


def test_a_failure_goes_when_its_file_is_read_or_goes(
    index: Library, failures: Failures, folder: Path
) -> None:
    write(folder / "empty.txt", "It has words now.")
    sync(index, [folder / "empty.txt"])
    assert undismissed(failures) == []
    write(folder / "empty.txt", "")
    sync(index)
    assert undismissed(failures) == [("empty.txt", EMPTY)]
    (folder / "empty.txt").unlink()
    sync(index)
    assert undismissed(failures) == []


def test_a_failure_stays_while_nothing_is_known_of_its_file(
    index: Library, failures: Failures, folder: Path
) -> None:
    sync(index, leave=[folder / "empty.txt"])
    assert undismissed(failures) == [("empty.txt", EMPTY)]
    folder.rename(folder.with_name("away"))
    sync(index)
    assert undismissed(failures) == [("", MISSING), ("empty.txt", EMPTY)]
    folder.with_name("away").rename(folder)
    sync(index)
    assert undismissed(failures) == [("empty.txt", EMPTY)]


def test_a_failure_that_is_dismissed_comes_back_for_another_cause_only(
    index: Library, failures: Failures, folder: Path
) -> None:
    [failure] = failures.undismissed()
    failures.dismiss(failure.failure_id)
    assert [each.path for each in sync(index).failed] == ["empty.txt"]
    assert failures.undismissed() == []
    write(folder / "empty.txt", "<html>A page</html>")
    sync(index)
    [again] = failures.undismissed()
    assert (again.failure_id, again.since) == (failure.failure_id, failure.since)
    assert again.cause.startswith("is named .txt but seems to be an HTML page")


def test_a_single_file_that_is_followed_is_listed_until_it_is_read(
    index: Library, failures: Failures, tmp_path: Path
) -> None:
    file = write(tmp_path / "one.txt", "")
    sync(index, [file])
    [failure] = failures.undismissed()
    assert (failure.source, failure.path) == (str(file), "")
    write(file, "It has words now.")
    sync(index)
    assert failures.undismissed() == []


def test_a_path_that_was_mistyped_is_not_listed(
    index: Library, failures: Failures, folder: Path, tmp_path: Path
) -> None:
    before = failures.undismissed()
    for path in (folder / "typo.txt", tmp_path / "nowhere"):
        assert len(sync(index, [path]).failed) == 1
        assert failures.undismissed() == before


def test_a_name_that_is_not_utf_8_is_kept_in_a_form_that_can_be_shown(failures: Failures) -> None:
    place = Root("/reports", "caf\udce9.md")
    failed = Failure("caf\\udce9.md", "its name is not UTF-8; rename it", place)
    for _ in range(2):
        failures.note([Listing(Root("/reports"), {}, (failed,), (place,))], [failed], ["/reports"])
        assert undismissed(failures) == [("caf\\udce9.md", "its name is not UTF-8; rename it")]
    failures.note([Listing(Root("/reports"), {}, (), ())], [], ["/reports"])
    assert undismissed(failures) == []
