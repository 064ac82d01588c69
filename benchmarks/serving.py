"""A server of a library in a process of its own, as ``footnoted serve`` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "ui.cli.app")


@dataclass(frozen=True, slots=True)
class Served:
    """``address`` has no slash at its end."""

    address: str
    pid: int


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[Served]:
    """On a free port; ``arguments`` are further options of ``footnoted serve``."""
    command = [*COMMAND, "serve", "--home", str(home), "--port", "0", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTED_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=kept) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if "http://" not in line:
                sys.exit(f"the server was not ready: it said {line!r}")
            yield Served("http://" + line.partition("http://")[2].strip('"}\n'), process.pid)
        finally:
            process.terminate()
