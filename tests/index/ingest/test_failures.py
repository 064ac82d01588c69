"""A file that could not be read stays listed until it is read, deleted or dismissed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.errors import FailureNotFoundError
from index.ingest.discover import MISSING, Failure, Failures, Listing, Root
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from tests.support.reports import write

EMPTY = "is empty: it has no bytes; save it again with its text"


@pytest.fixture
def failures(index: Library) -> Failures:
    return Failures(index.catalog)


@pytest.fixture
def folder(index: Library, loading: Isolated, tmp_path: Path) -> Path:
    """A followed folder with a report and a file that cannot be read."""
    folder = tmp_path / "reports"
    write(folder / "gate.txt", "The third gate is shut.")
    write(folder / "empty.txt", "")
    sync(index, [folder], reader=loading)
    return folder


def listed(failures: Failures) -> list[tuple[str, str]]:
    return [(failure.path, failure.cause) for failure in failures.undismissed()]


def test_it_is_listed_with_its_cause_and_since_when(failures: Failures, folder: Path) -> None:
    [failure] = failures.undismissed()
    assert (failure.source, failure.path, failure.cause) == (str(folder), "empty.txt", EMPTY)
    age = datetime.now(UTC) - datetime.fromisoformat(failure.since)
    assert timedelta(0) <= age < timedelta(minutes=5)


def test_it_stays_when_another_path_is_synced(
    index: Library, loading: Isolated, failures: Failures, folder: Path, tmp_path: Path
) -> None:
    before = failures.undismissed()
    other = write(tmp_path / "other" / "mill.txt", "The mill grinds rye.")
    for path in (other.parent, folder / "gate.txt"):
        assert sync(index, [path], reader=loading).failed == ()
        assert failures.undismissed() == before
    write(other.parent / "broken.pdf", "%PDF-1.7 no more")
    sync(index, [other.parent], reader=loading)
    assert [path for path, _ in listed(failures)] == ["broken.pdf", "empty.txt"]


def test_it_goes_when_it_is_read(index: Library, loading: Isolated, failures: Failures, folder: Path) -> None:
    write(folder / "empty.txt", "It has words now.")
    sync(index, [folder / "empty.txt"], reader=loading)
    assert listed(failures) == []


def test_it_goes_with_its_file(index: Library, loading: Isolated, failures: Failures, folder: Path) -> None:
    (folder / "empty.txt").unlink()
    sync(index, reader=loading)
    assert listed(failures) == []


def test_it_stays_while_nothing_is_known_of_its_file(
    index: Library, loading: Isolated, failures: Failures, folder: Path
) -> None:
    sync(index, reader=loading, leave=[folder / "empty.txt"])
    assert listed(failures) == [("empty.txt", EMPTY)]
    folder.rename(folder.with_name("away"))
    sync(index, reader=loading)
    assert listed(failures) == [("", MISSING), ("empty.txt", EMPTY)]
    folder.with_name("away").rename(folder)
    sync(index, reader=loading)
    assert listed(failures) == [("empty.txt", EMPTY)]


def test_one_that_is_dismissed_comes_back_for_another_cause_only(
    index: Library, loading: Isolated, failures: Failures, folder: Path
) -> None:
    [failure] = failures.undismissed()
    failures.dismiss(failure.failure_id)
    assert [each.path for each in sync(index, reader=loading).failed] == ["empty.txt"]
    assert failures.undismissed() == []
    write(folder / "empty.txt", "<html>A page</html>")
    sync(index, reader=loading)
    [again] = failures.undismissed()
    assert (again.failure_id, again.since) == (failure.failure_id, failure.since)
    assert again.cause.startswith("is named .txt but seems to be an HTML page")


def test_what_is_not_listed_cannot_be_dismissed(failures: Failures, folder: Path) -> None:
    assert folder.is_dir()
    [failure] = failures.undismissed()
    failures.dismiss(failure.failure_id)
    for number in (failure.failure_id, 99):
        with pytest.raises(FailureNotFoundError) as unknown:
            failures.dismiss(number)
        assert str(unknown.value) == f"failure {number} is not listed; read the list again"


def test_a_single_file_that_is_followed_is_listed_until_it_is_read(
    index: Library, loading: Isolated, failures: Failures, tmp_path: Path
) -> None:
    file = write(tmp_path / "one.txt", "")
    sync(index, [file], reader=loading)
    [failure] = failures.undismissed()
    assert (failure.source, failure.path) == (str(file), "")
    write(file, "It has words now.")
    sync(index, reader=loading)
    assert failures.undismissed() == []


def test_a_path_that_was_mistyped_is_not_listed(
    index: Library, loading: Isolated, failures: Failures, folder: Path, tmp_path: Path
) -> None:
    before = failures.undismissed()
    for path in (folder / "typo.txt", tmp_path / "nowhere"):
        assert len(sync(index, [path], reader=loading).failed) == 1
        assert failures.undismissed() == before


def test_a_name_that_is_not_utf_8_is_kept_in_a_form_that_can_be_shown(failures: Failures) -> None:
    place = Root("/reports", "caf\udce9.md")
    failed = Failure("caf\\udce9.md", "its name is not UTF-8; rename it", place)
    for _ in range(2):
        failures.note([Listing(Root("/reports"), {}, (failed,), (place,))], [failed], ["/reports"])
        assert listed(failures) == [("caf\\udce9.md", "its name is not UTF-8; rename it")]
    failures.note([Listing(Root("/reports"), {}, (), ())], [], ["/reports"])
    assert listed(failures) == []
