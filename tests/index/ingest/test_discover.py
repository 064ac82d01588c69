"""Discovery lists the files of a folder that the library reads, reports the others, and opens no file."""

from __future__ import annotations

import builtins
import os
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from index.ingest.discover import Failure, Listing, Root, root_of, scan


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def listed(folder: Path, part: str = "", followed: Collection[Path] = ()) -> Listing:
    return scan(Root(str(folder), part), [str(path) for path in followed])


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


def test_hidden_files_and_the_questions_of_an_evaluation_are_left_out(tmp_path: Path) -> None:
    for name in [".hidden.md", ".git/a.md", "questions.jsonl", "sub/questions.jsonl", "my-questions.jsonl"]:
        write(tmp_path / name)
    listing = listed(tmp_path)
    assert (list(listing.files), listing.failures) == (["my-questions.jsonl"], ())


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


class TestLinks:
    def test_a_link_to_a_file_of_the_folder_counts(self, tmp_path: Path) -> None:
        write(tmp_path / "sub/a.md")
        (tmp_path / "b.md").symlink_to("sub/a.md")
        assert list(listed(tmp_path).files) == ["b.md", "sub/a.md"]

    def test_a_link_to_a_file_elsewhere_is_reported_and_keeps_what_was_known(self, tmp_path: Path) -> None:
        secret = write(tmp_path / "outside/secret.md")
        folder = tmp_path / "inside"
        write(folder / "a.md")
        (folder / "b.md").symlink_to(secret)
        listing = listed(folder)
        assert list(listing.files) == ["a.md"]
        assert listing.failures == (
            Failure("b.md", "is a link that leads out of the folder; put the file itself there"),
        )
        assert listing.unlisted == (Root(str(folder), "b.md"),)

    def test_a_link_to_a_folder_is_not_followed(self, tmp_path: Path) -> None:
        write(tmp_path / "sub/a.md")
        (tmp_path / "again").symlink_to("sub", target_is_directory=True)
        (tmp_path / "sub/up").symlink_to("..", target_is_directory=True)
        listing = listed(tmp_path)
        assert (list(listing.files), listing.failures) == (["sub/a.md"], ())

    @pytest.mark.parametrize(
        ("target", "cause"),
        [("nowhere.md", "No such file or directory"), ("b.md", "Too many levels of symbolic links")],
    )
    def test_a_link_that_leads_nowhere_is_reported_by_name(
        self, tmp_path: Path, target: str, cause: str
    ) -> None:
        write(tmp_path / "a.md")
        (tmp_path / "b.md").symlink_to(target)
        listing = listed(tmp_path)
        assert list(listing.files) == ["a.md"]
        assert listing.failures == (
            Failure("b.md", f"{cause}; check the file's permissions, or what it links to"),
        )

    def test_the_folder_itself_may_be_a_link(self, tmp_path: Path) -> None:
        write(tmp_path / "real/a.md")
        (tmp_path / "real/b.md").symlink_to("a.md")
        (tmp_path / "named").symlink_to("real", target_is_directory=True)
        listing = listed(tmp_path / "named")
        assert (list(listing.files), listing.failures) == (["a.md", "b.md"], ())


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

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser reads all")
    def test_the_system_refuses_a_folder(self, tmp_path: Path) -> None:
        write(tmp_path / "locked/b.md")
        (tmp_path / "locked").chmod(0)
        try:
            listing = listed(tmp_path)
        finally:
            (tmp_path / "locked").chmod(0o700)
        assert [failure.path for failure in listing.failures] == ["locked"]

    def test_a_name_that_is_not_utf_8_is_reported_in_a_form_that_can_be_shown(self, tmp_path: Path) -> None:
        write(tmp_path / "a.md")
        try:
            write(tmp_path / os.fsdecode(b"caf\xe9.md"))
        except OSError:
            pytest.skip("this file system knows only UTF-8")
        listing = listed(tmp_path)
        assert list(listing.files) == ["a.md"]
        assert listing.failures == (Failure("caf\\udce9.md", "its name is not UTF-8; rename it"),)

    def test_a_folder_whose_name_is_not_utf_8_is_reported_whole(self, tmp_path: Path) -> None:
        folder = tmp_path / os.fsdecode(b"caf\xe9")
        try:
            write(folder / "a.md")
        except OSError:
            pytest.skip("this file system knows only UTF-8")
        listing = listed(folder)
        assert (dict(listing.files), listing.failures) == (
            {},
            (Failure(f"{tmp_path}/caf\\udce9", "its name is not UTF-8; rename it"),),
        )

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe_is_reported_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        listing = listed(tmp_path)
        assert (dict(listing.files), listing.failures) == (
            {},
            (Failure("pipe.txt", "is a device, pipe or socket, not a file; take it out of the folder"),),
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
    def test_a_folder_is_a_root_and_a_file_is_a_part_of_its_folder(self, tmp_path: Path) -> None:
        file = write(tmp_path / "a.md")
        assert root_of(tmp_path, []) == Root(str(tmp_path))
        assert root_of(file, []) == Root(str(tmp_path), "a.md")

    def test_what_lies_in_a_followed_folder_is_a_part_of_it(self, tmp_path: Path) -> None:
        file = write(tmp_path / "sub/deeper/a.md")
        followed = [str(tmp_path)]
        assert root_of(file, followed) == Root(str(tmp_path), "sub/deeper/a.md")
        assert root_of(tmp_path / "sub", followed) == Root(str(tmp_path), "sub")
        assert root_of(tmp_path / "sub/gone.md", followed) == Root(str(tmp_path), "sub/gone.md")

    def test_the_nearest_followed_folder_counts(self, tmp_path: Path) -> None:
        file = write(tmp_path / "sub/deeper/a.md")
        followed = [str(tmp_path), str(tmp_path / "sub")]
        assert root_of(file, followed) == Root(str(tmp_path / "sub"), "deeper/a.md")
        assert root_of(tmp_path / "sub", followed) == Root(str(tmp_path / "sub"))

    def test_a_file_that_is_followed_by_itself_stays_a_part_of_its_own_folder(self, tmp_path: Path) -> None:
        file = write(tmp_path / "sub/a.md")
        followed = [str(tmp_path), str(file)]
        assert root_of(file, followed) == Root(str(tmp_path / "sub"), "a.md")
        file.unlink()
        assert root_of(file, followed) == Root(str(tmp_path / "sub"), "a.md")

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
