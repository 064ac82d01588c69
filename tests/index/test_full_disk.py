"""Without space or permission to write, the error says so and the library stays as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ALONE = ["unshare", "--map-root-user", "--mount"]

UNWRITABLE = (
    "LibraryWriteError: the library in {home} cannot be written to ({cause}); check the folder's permissions "
    "and the space on the disk, then try again; searches still find what was saved before"
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of ``full_disk.py``, which ran on a small disk of its own."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("a process may not mount a file system of its own here")
    folder = tmp_path_factory.mktemp("disk")
    done = subprocess.run(
        [*ALONE, sys.executable, "-m", "tests.support.full_disk", str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return {"home": folder / "home", **seen}


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        ("added", "database or disk is full"),
        ("removed", "No space left on device"),
        ("settled", "No space left on device"),
        ("added read-only", "Read-only file system"),
    ],
)
def test_what_cannot_be_written_is_named_with_the_cause(said: dict[str, Any], act: str, cause: str) -> None:
    assert said[act] == UNWRITABLE.format(home=said["home"], cause=cause)


def test_a_backup_that_has_no_room_is_named(said: dict[str, Any]) -> None:
    file = said["home"].parent / "library.tar"
    assert said["backup"].startswith(f"BackupError: {file} cannot be written: ")
    assert said["backup"].endswith("; choose a folder with room for it")


@pytest.mark.parametrize("when", ["same", "same after settling", "same in another", "same read-only"])
def test_what_was_committed_before_is_found_as_before(said: dict[str, Any], when: str) -> None:
    assert said[when] is True
    assert said["generation"] == 1


def test_with_room_it_goes_on(said: dict[str, Any]) -> None:
    assert said["added with room"] == "done"
    assert said["documents"] == ["a.txt", "b.txt", "c.txt"]
    assert said["left over"] == []


def test_a_read_only_library_can_be_opened(said: dict[str, Any]) -> None:
    assert said["opened read-only"] == "done"


def test_over_http_a_full_disk_is_507_and_names_no_folder(said: dict[str, Any]) -> None:
    over_http = dict(said["over HTTP"])
    assert over_http.pop("search") == [200, ""]
    remedy = "free space on its disk, or check the permissions of its folders, then try again"
    full = [507, f"The server cannot write to its disk (No space left on device); {remedy}."]
    catalog = [507, f"The server cannot write to its disk (database or disk is full); {remedy}."]
    assert over_http == {
        "upload": full,
        "queued upload": full,
        "large upload": full,
        "feedback": catalog,
        "sync": catalog,
    }


def test_a_sync_on_a_full_disk_asks_for_space_and_not_for_a_backup(said: dict[str, Any]) -> None:
    line = "database or disk is full; check the path, its permissions and the space on the disk"
    assert said["sync"] == [1, f"footnoted: {line}\n"]
