"""Loads damaged files of every format, each in a process of its own, and prints the outcomes.

``python -m benchmarks.fuzz_loading [--files N] [--seed S] [--only NUMBER] [--keep FOLDER]``; the default is
2,000 files. They are made from the samples of ``benchmarks.fuzz_samples``, and from the evaluation data if
``FOOTNOTED_EVAL_DATA`` names its folder. Loading a file must end in time with a document or a ``LoadError``,
and change no other file; otherwise the exit code is 1. ``--only`` repeats one file, and ``--keep`` stores the
files that fail.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.fuzz_damage import damaged
from benchmarks.fuzz_samples import ROOT, samples
from index.documents import Document
from index.errors import LoadError
from index.loaders import LoadingLimits, Options
from index.loaders.sandbox.client import Isolated, ReaderDiedError

FILES = 2000
SEED = 20_261_125
SLOW_SECONDS = 5.0

OPTIONS = Options(
    LoadingLimits(megabytes=16, pages=200, unpacked_megabytes=64, seconds=20.0, memory_megabytes=1024),
    ("secret",),
)
"""Small limits, so that unbounded growth is noticed."""

_LATE_SECONDS = 10.0
"""After its time limit, on a busy machine."""

_TRACEBACK_LINES = 9
_ANY_FILE = ROOT / "seeds" / "cambodia-scam-raids.md"

_SWAPPED_SHARE = 0.08
"""Of the files, that get the suffix of another format."""

OUTCOMES = ("document", "named error", "killed", "crashed", "violation")


@dataclass(frozen=True, slots=True)
class Case:
    """``damage`` names the original format, too."""

    number: int
    suffix: str
    damage: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """``kind`` is one of ``OUTCOMES``; ``killed`` at the time limit, ``crashed`` by a signal."""

    case: Case
    kind: str
    seconds: float
    message: str = ""


def cases(files: int, seed: int, only: int | None = None) -> Iterator[Case]:
    """Of every format in turn. The same seed and samples give the same files."""
    found = samples()
    suffixes = [suffix for suffix, contents in found.items() if contents]
    everything = [content for contents in found.values() for content in contents]
    for number in range(files) if only is None else [only]:
        chance = Random(f"{seed}/{number}")  # noqa: S311 - it must repeat
        suffix = suffixes[number % len(suffixes)]
        damage, data = damaged(chance, chance.choice(found[suffix]), chance.choice(everything))
        if chance.random() < _SWAPPED_SHARE:
            damage, suffix = f"{damage}, was {suffix}", chance.choice(suffixes)
        yield Case(number, suffix, damage, data)


def run(files: int = FILES, seed: int = SEED, only: int | None = None) -> Iterator[Outcome]:
    """In a folder without other files."""
    with tempfile.TemporaryDirectory(prefix="footnoted-fuzz-") as place, Isolated() as reader:
        folder = Path(place)
        for case in cases(files, seed, only):
            if reader.pid is None:  # the time to start the process does not count for the next file
                reader.load(_ANY_FILE)
            yield _loaded(reader, folder, case)


def _loaded(reader: Isolated, folder: Path, case: Case) -> Outcome:
    file = folder / f"a{case.suffix}"
    file.write_bytes(case.data or b" ")
    before, pid = _state(folder), reader.pid
    started = time.monotonic()
    kind, message = _attempt(reader, file)
    seconds = time.monotonic() - started
    if kind != "violation":
        if seconds > OPTIONS.limits.seconds + _LATE_SECONDS:
            kind, message = "violation", f"took {seconds:.0f} s"
        elif _state(folder) != before:
            kind, message = "violation", "changed the folder that it is in"
        elif kind in {"killed", "crashed"} and pid is not None and _lives(pid):
            kind, message = "violation", "left its process behind"
    file.unlink()
    return Outcome(case, kind, seconds, message)


def _attempt(reader: Isolated, file: Path) -> tuple[str, str]:
    """Return the kind of outcome, and its message."""
    try:
        document = reader.load(file, OPTIONS)
    except LoadError as error:
        died = error.__cause__
        if not isinstance(died, ReaderDiedError):
            is_believed = "cannot be used" not in error.cause and "surrogate" not in error.cause
            return ("named error" if is_believed else "violation"), str(error)
        if died.expired:
            return "killed", str(error)
        if died.code < 0 or "memory" in error.cause:
            return "crashed", str(error)
        return "violation", f"{error}\n" + "\n".join(died.stderr.splitlines()[-_TRACEBACK_LINES:])
    fault = _fault(document)
    return ("violation", fault) if fault else ("document", "")


def _fault(document: Document) -> str:
    """Empty if nothing is wrong."""
    if not document.text.strip() or not document.title.strip():
        return "has no words or no title"
    if "\0" in document.text + document.title:
        return "holds a null character"
    if list(document.page_starts) != sorted(document.page_starts):
        return "has pages out of order"
    return ""


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """With its size and its modification time."""
    return {
        str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in folder.rglob("*")
    }


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def table(outcomes: Sequence[Outcome]) -> str:
    columns = ["files", *OUTCOMES, f"over {SLOW_SECONDS:g} s", "slowest, s"]
    lines = ["| format | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for suffix in [*sorted({outcome.case.suffix for outcome in outcomes}), ""]:
        of_format = [outcome for outcome in outcomes if suffix in {"", outcome.case.suffix}]
        kinds = Counter(outcome.kind for outcome in of_format)
        slow = sum(outcome.seconds > SLOW_SECONDS for outcome in of_format)
        slowest = max((outcome.seconds for outcome in of_format), default=0.0)
        figures = [len(of_format), *(kinds[kind] for kind in OUTCOMES), slow]
        cells = " | ".join(f"{figure:,}" for figure in figures)
        lines.append(f"| {suffix or 'all'} | {cells} | {slowest:.1f} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args(arguments)
    outcomes: list[Outcome] = []
    for outcome in run(given.files, given.seed, given.only):
        outcomes.append(replace(outcome, case=replace(outcome.case, data=b"")))
        if outcome.kind not in {"document", "named error"} or outcome.seconds > SLOW_SECONDS:
            case = outcome.case
            print(
                f"{case.number}{case.suffix} ({case.damage}; {len(case.data):,} bytes): {outcome.kind} after "
                f"{outcome.seconds:.1f} s {outcome.message}",
                flush=True,
            )
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                (given.keep / f"{case.number}{case.suffix}").write_bytes(case.data)
    print(table(outcomes))
    return int(any(outcome.kind == "violation" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
