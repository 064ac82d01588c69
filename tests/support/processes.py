"""Run the command ``footnoted`` in a process of its own."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).parents[2]
START_SECONDS = 120
STOP_SECONDS = 20

KILLS = 2 if os.environ.get("CI") else 20
"""The number of random moments at which a test ends a server."""

MODULE = (sys.executable, "-m", "ui.cli.app")
"""The command from this checkout, which need not be installed."""


def environment(**more: str) -> dict[str, str]:
    """The environment of this process without settings of Footnoted, with ``more`` added."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTED_")}
    offline = {"HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONPATH": str(ROOT)}
    return kept | offline | more


def run(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return _run([*MODULE, *map(str, arguments)], **more)


def run_script(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter that has imported nothing; its output is decoded."""
    return _run([sys.executable, "-c", script, *map(str, arguments)])


def _run(command: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=START_SECONDS,
        check=False,
    )


def on_terminal(*arguments: str | Path) -> tuple[str, str]:
    """Run the command with standard error on a terminal; returns standard output, and the terminal's text."""
    ours, theirs = pty.openpty()
    drawn: list[bytes] = []

    def read() -> None:
        # Reading from a terminal whose other end is closed raises an error on Linux only.
        with suppress(OSError):
            while part := os.read(ours, 1024):
                drawn.append(part)

    reader = Thread(target=read)
    reader.start()
    with subprocess.Popen(
        [*MODULE, *map(str, arguments)],
        cwd=ROOT,
        env=environment(TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        encoding="utf-8",
    ) as process:
        os.close(theirs)
        out, _ = process.communicate(timeout=START_SECONDS)
    reader.join()
    os.close(ours)
    return out, b"".join(drawn).decode()


@dataclass(frozen=True, slots=True)
class Served:
    process: subprocess.Popen[str]
    address: str
    line: str

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; returns the exit code, and the rest of standard output and standard error."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=STOP_SECONDS)
        code = self.process.returncode
        assert code >= 0 or code == -number, f"signal {-code} ended the server, which had printed: {err}"
        return code, out, err


@contextmanager
def serving(
    home: Path, *arguments: str, command: Sequence[str] = MODULE, folder: Path = ROOT, **more: str
) -> Iterator[Served]:
    """Use a free port. ``command`` starts the server in ``folder``; ``more`` is added to the environment."""
    process = subprocess.Popen(
        [*command, "serve", "--home", str(home), "--port", "0", *arguments],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if "http://" not in line:
            _, err = process.communicate(timeout=START_SECONDS)
            raise AssertionError(f"the server ended with {process.returncode} before it was ready: {err}")
        yield Served(process, "http://" + line.partition("http://")[2].strip('"}\n'), line)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=STOP_SECONDS)


def mapping_of_lines(text: str) -> Mapping[str, str]:
    pairs = (line.split("  ", 1) for line in text.splitlines() if "  " in line.strip())
    return {name.strip(): value.strip() for name, value in pairs}
