"""A server's step compacts once for each commit, and again if something outside has prevented it."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from benchmarks.stub_encoder import StubEncoder
from index import workers
from index.library import Library
from index.vectors import IndexPolicy
from tests.support.reports import incoming


@pytest.mark.base_file
def test_a_compaction_that_another_process_prevents_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_AGAIN_SECONDS", 0)
    with Library.open(tmp_path / "home", StubEncoder(), policy=IndexPolicy(small=1)) as library:
        library.replace([incoming("Gate 1. Gate 2. Gate 3.", "a.txt"), incoming("Gate 4.", "b.txt")])
        library.replace([incoming("Gate 5.", "c.txt"), incoming("Gate 6.", "d.txt")])
        step = workers.maintain(library)
        with FileLock(tmp_path / "home" / "compact.lock"):
            step()
        assert library.is_due()
        step()
        assert not library.is_due()
