"""The writer of a server goes on when a backup is restored while its jobs wait."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from benchmarks.stub_encoder import StubEncoder
from index import workers as module
from index.catalog.backup import back_up, restore
from index.ingest.jobs import RunningJob
from index.ingest.synchronize import sync
from index.ingest.watch import Change
from index.library import Library
from index.loaders import DEFAULTS
from index.workers import JobRunner
from tests.support.reports import incoming, write


def test_a_sync_can_be_asked_for_after_one_that_waited_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, folder = tmp_path / "home", tmp_path / "reports"
    write(folder / "a.txt", "One gate.")
    with Library.open(home, StubEncoder()) as index:
        sync(index, [folder])
        back_up(home, tmp_path / "library.tar")
        index.replace([incoming("Two gates.", "b.txt")])
        free = Event()
        monkeypatch.setattr(module, "RunningJob", _Waiting(free))
        with JobRunner(index, DEFAULTS) as writer:
            waiting = writer.sync()
            restore(home, tmp_path / "library.tar")
            free.set()
            assert writer.sync().id != waiting.id
            assert writer.synced(Change((folder,)))
            assert [record.path for record in index.catalog.documents()] == ["a.txt"]


class _Waiting:
    """A ``RunningJob`` that begins only when the test lets it."""

    def __init__(self, free: Event) -> None:
        self._free = free

    def __call__(self, *given: object, **named: object) -> object:
        self._free.wait(30)
        return RunningJob(*given, **named)  # type: ignore[arg-type]
