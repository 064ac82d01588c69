"""A library survives a kill of its writing process at any moment (``benchmarks.crashing``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import crashing
from benchmarks.crashing import Interrupted, LostError, crash

pytestmark = pytest.mark.slow

ROUNDS = 5


def test_nothing_is_lost_and_nothing_comes_back_where_the_process_is_killed(tmp_path: Path) -> None:
    assert crash(tmp_path, ROUNDS, seed=1).total() == ROUNDS


def test_a_lost_document_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = Interrupted({"reports/1.txt": "The dam holds."}, None, "between two")
    monkeypatch.setattr(crashing, "_killed", lambda *_arguments: interrupted)
    with pytest.raises(LostError, match=r"killed in between two: \{\} is neither"):
        crash(tmp_path, 1)
