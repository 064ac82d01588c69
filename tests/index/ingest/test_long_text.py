"""The upload of a long text takes little memory of the server process, and blocks none of its threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MEGABYTES = 4


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells memory")
def test_a_long_text_costs_the_server_little_memory_and_stops_no_thread(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.long_text", str(tmp_path), str(MEGABYTES)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout)
    assert cost["characters"] == MEGABYTES * 1024 * 1024
    assert cost["passages"] > 4_000
    # Tokenised at once, the text took 500 MB and blocked other threads for more than three seconds.
    assert cost["megabytes"] < 150
    assert cost["seconds"] < 2
