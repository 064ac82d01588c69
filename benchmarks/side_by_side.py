"""Shared parts of the comparison with llama-index: arguments, the libraries of both sides, and tables."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.corpus import Corpus, read_corpus, real_vectors
from benchmarks.stand_in import StandIn, filled
from index.embedding.encoder import open_encoder

HEAD = (
    "| passages | figure | Footnoted | llama-index | Footnoted / llama-index |\n"
    "|---:|---|---:|---:|---:|"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """``figure`` has the unit; ``theirs`` is empty if it was not measured."""

    passages: int
    figure: str
    ours: Sequence[float]
    theirs: Sequence[float] = ()

    def __str__(self) -> str:
        ours, theirs = _median(self.ours), _median(self.theirs)
        ratio = ours / theirs if ours is not None and theirs else None
        cells = [f"{self.passages:,}", self.figure, *map(shown, (ours, theirs, ratio))]
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True, slots=True)
class Sides:
    """``passages`` is about their number; ``alternative`` is None if llama-index is left out."""

    passages: int
    home: Path
    alternative: Path | None


@dataclass(frozen=True, slots=True)
class Bench:
    """``arguments`` are from :func:`parser`; ``encoder`` gives vectors to both sides."""

    arguments: argparse.Namespace
    corpus: Corpus
    encoder: StandIn

    def sizes(self) -> Iterator[tuple[int, bool]]:
        """With whether llama-index is measured at that size."""
        for passages in self.arguments.passages:
            yield passages, passages <= self.arguments.alternative_up_to

    def sides(self) -> Iterator[Sides]:
        for passages, alternative in self.sizes():
            home = filled(passages, self.corpus, self.encoder, fresh=self.arguments.fresh)
            folder = None
            if alternative:
                from benchmarks.alternative import built

                folder = built(passages, self.corpus, self.encoder)
            yield Sides(passages, home, folder)


def parser(description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--passages", type=int, nargs="+", default=[10_000], help="sizes of the library")
    made.add_argument(
        "--alternative-up-to",
        type=int,
        default=100_000,
        metavar="PASSAGES",
        help="larger libraries are measured without llama-index; 0 for never with it",
    )
    made.add_argument("--fresh", action="store_true", help="fill our libraries anew, though they are kept")
    return made


def prepared(arguments: argparse.Namespace) -> Bench:
    corpus, encoder = read_corpus(), open_encoder()
    return Bench(arguments, corpus, StandIn(encoder, real_vectors(encoder, corpus)))


def print_table(rows: Iterable[Row]) -> None:
    """As they arrive, below a line about the machine."""
    print(f"{machine()}\n\n{HEAD}")
    for row in rows:
        print(row, flush=True)


def machine() -> str:
    """Cores, processor, and the versions of both sides' libraries."""
    names = ("faiss-cpu", "tantivy", "llama-index-core")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}, {versions}"


def milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def shown(value: float | None) -> str:
    """About three digits; empty for None."""
    if value is None:
        return ""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def note(text: str) -> None:
    """To standard error."""
    print(text, file=sys.stderr, flush=True)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
