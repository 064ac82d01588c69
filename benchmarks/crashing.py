"""Kills a process at random moments while it changes a library, and checks the library after each kill.

``python -m benchmarks.crashing [--rounds N] [--seed N]``. After each kill it opens the library again. The
library must have exactly what was committed. A search must find what the catalog has, and what a new library
of the same documents finds.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.crash_worker import DEFAULT_POLICY, Texts, in_library, on_disk
from benchmarks.stub_encoder import StubEncoder
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Incoming
from index.search.caches import FileBases, open_caches
from index.search.manifest import folder_of
from index.uploads import sweep_uploads

_LONGEST = 2.5
"""The longest time in seconds that a process works before it is killed."""

_QUERIES = ("dam gate", "police arrest in the village", "flood", "school court report")


class LostError(AssertionError):
    """A library differs from what was committed."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """None if no change was finished (``before``) or interrupted (``after``)."""

    before: Texts | None
    after: Texts | None
    act: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        killed = crash(Path(place), arguments.rounds, arguments.seed)
    print(
        f"{arguments.rounds} kills, no document lost, none back, every search as of a library made afresh\n"
    )
    print("| killed in | times |\n|---|---:|")
    for act, times in killed.most_common():
        print(f"| {act} | {times} |")


def crash(place: Path, rounds: int, seed: int = 0) -> Counter[str]:
    """Return the number of kills by interrupted change. Raises LostError if anything is lost."""
    chance = random.Random(seed)  # noqa: S311 (when to kill, not a secret)
    killed: Counter[str] = Counter()
    known: Texts = {}
    for turn in range(rounds):
        interrupted = _killed(place, seed * 100_000 + turn, chance.uniform(0, _LONGEST))
        known = _checked(place, interrupted, known, f"seed {seed}, round {turn}")
        killed[interrupted.act] += 1
    return killed


def _killed(place: Path, seed: int, seconds: float) -> Interrupted:
    command = [sys.executable, "-m", "benchmarks.crash_worker", str(place), str(seed)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root
    ) as worker:
        if worker.stdout is None or worker.stderr is None or not worker.stdout.readline():
            raise RuntimeError(f"the worker did not start: {worker.stderr and worker.stderr.read()}")
        time.sleep(seconds)
        worker.kill()
        lines, errors = worker.communicate()
    if "Traceback" in errors:
        raise LostError(f"seed {seed}: the worker failed by itself: {errors}")
    before: Texts | None = None
    after: Texts | None = None
    act = "between two"
    for line in lines.splitlines():
        report = _parsed(line)
        if "act" in report:
            act, after = str(report["act"]), dict(report["after"])
        elif "done" in report:
            before, after, act = after, None, "between two"
    return Interrupted(before, after, act)


def _parsed(line: str) -> dict[str, dict[str, str]]:
    try:
        parsed: dict[str, dict[str, str]] = json.loads(line)
    except ValueError:  # the last line may be incomplete
        return {}
    return parsed


def _checked(place: Path, interrupted: Interrupted, known: Texts, where: str) -> Texts:
    """Sync it, and return its documents. Raises LostError."""
    before = known if interrupted.before is None else interrupted.before
    home = place / "home"
    with Library.open(
        home, StubEncoder("first"), open_other_encoder=StubEncoder.for_recipe, policy=DEFAULT_POLICY
    ) as index:
        found = in_library(index)
        if found not in (before, interrupted.after):
            raise LostError(
                f"{where}, killed in {interrupted.act}: {found} is neither {before} nor {interrupted.after}"
            )
        with tempfile.TemporaryDirectory() as folder:
            _compare(index, Path(folder), f"{where}, killed in {interrupted.act}")
        sweep_uploads(index, home / "uploads")
        kept, uploaded = (_uploads(texts) for texts in (on_disk(place), found))
        if kept != uploaded:
            raise LostError(f"{where}, killed in {interrupted.act}: of {uploaded} there are the files {kept}")
        sync(index, [folder for folder in (place / "reports", home / "uploads") if folder.exists()])
        after_sync = in_library(index)
        if after_sync != on_disk(place):
            raise LostError(f"{where}: after a sync {after_sync} is not {on_disk(place)}")
    return after_sync


def _uploads(texts: Texts) -> Texts:
    return {place: text for place, text in texts.items() if place.startswith("uploads/")}


def _compare(index: Library, folder: Path, where: str) -> None:
    """With the catalog, and with a new library of the same documents."""
    build = index.catalog.build()
    if build is None:
        return
    recipe = build.recipe
    with Library.open(
        folder, StubEncoder(recipe.model), max_chunk_tokens=recipe.max_chunk_tokens, policy=DEFAULT_POLICY
    ) as fresh:
        fresh.replace(
            [
                Incoming(
                    record.source, record.path, 0, 0, record.digest, index.catalog.text(record.document_id)
                )
                for record in index.catalog.documents()
            ]
        )
        for query in _QUERIES:
            ours, theirs = (finds(either, query, 1.0) for either in (index, fresh))
            if ours != theirs:
                raise LostError(f"{where}: vectors find {ours}, and {theirs} afresh")
        index.compact()
        for query in _QUERIES:
            ours, theirs = (finds(either, query, 0.35) for either in (index, fresh))
            if ours != theirs:
                raise LostError(f"{where}: {query!r} finds {ours}, and {theirs} afresh")
    with index.catalog.reading() as reader:
        encoder = StubEncoder(recipe.model)
        if open_caches(folder_of(index.home, build), reader, encoder.dimensions, FileBases()) is None:
            raise LostError(f"{where}: the caches do not have what the catalog has")


def finds(index: Library, query: str, dense_weight: float) -> list[tuple[object, ...]]:
    """Each with source, path and span, score and lexical score, and the sums of its sentence vectors."""
    with index.snapshot() as snapshot:
        hits = snapshot.search(query, 10, dense_weight=dense_weight)
        sentences = snapshot.sentence_vectors({hit.chunk_id for hit in hits})
    return [
        (
            hit.document.source,
            hit.document.path,
            hit.span,
            hit.score,
            round(hit.lexical, 5),
            sentences[hit.chunk_id].round(4).sum(axis=1).tolist(),
        )
        for hit in hits
    ]


if __name__ == "__main__":
    main()
