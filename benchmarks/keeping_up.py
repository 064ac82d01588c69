"""Prints the cost of a sync for concurrent searches: times, errors, and mixed generations.

``python -m benchmarks.keeping_up [--passages N] [--documents N] [--askers N] [--by job|command]``. Clients
ask a real server, first without other work, then during a sync. After that, rounds each replace a set of
documents: a response is mixed unless it shows the whole round of its generation and no other.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.askers import Asked, asking, contradictions, mixed, wait_until
from benchmarks.corpus import Corpus, path_of, questions
from benchmarks.serving import COMMAND, serving
from benchmarks.side_by_side import Bench, machine, note, prepared, shown
from benchmarks.stand_in import filled
from index.documents import Document
from index.embedding.encoder import open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Incoming

NEW = 6_000_000
"""The number of the first document of the sync, above every number in a filled library."""

ROUND_QUERY = "zirconquay tidal ledger"
_ROUND_DOCUMENTS = 10
_CHARACTERS_A_PASSAGE = 780


def main() -> None:
    arguments = _arguments()
    bench = prepared(arguments)
    library = filled(arguments.passages, bench.corpus, bench.encoder)
    with tempfile.TemporaryDirectory() as scratch:
        home, folder = Path(scratch, "home"), Path(scratch, "files")
        note("copying the library and writing the files")
        shutil.copytree(library, home)
        _prepare(bench, home, folder)
        with serving(home) as served:
            idle, during, seconds = _sync_meanwhile(arguments, home, served.address)
            round_of, asked = _rounds(arguments, home, served.address)
    print("\n".join(_report(arguments, idle, during, seconds)))
    print("\n".join(_rounds_report(round_of, asked)))


def _arguments() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--passages", type=int, default=10_000, help="size of the library before the sync")
    made.add_argument("--documents", type=int, default=2_000, help="of the sync")
    made.add_argument("--passages-each", type=int, default=2, help="passages of each of these")
    made.add_argument("--askers", type=int, default=20, help="how many search at once")
    made.add_argument("--pause", type=float, default=0.0, help="seconds between an asker's searches")
    made.add_argument("--queries", type=int, default=200, help="different queries")
    made.add_argument("--seconds", type=float, default=30.0, help="of asking while nothing else happens")
    made.add_argument("--rounds", type=int, default=40, help="times that a set of documents is replaced")
    made.add_argument("--at-most", type=float, default=3600.0, help="seconds that the sync may take")
    made.add_argument(
        "--by",
        choices=("job", "command"),
        default="job",
        help="the sync runs in the server, or as `footnoted sync` in a process of its own",
    )
    return made.parse_args()


def _prepare(bench: Bench, home: Path, folder: Path) -> None:
    count, characters = bench.arguments.documents, bench.arguments.passages_each * _CHARACTERS_A_PASSAGE
    _write(bench.corpus, folder, range(0, count, 2), characters, "First version.")
    with Library.open(home, bench.encoder) as index:
        sync(index, [folder])
        index.replace(round_documents(0))
    _write(bench.corpus, folder, range(count), characters, "Latest version.")


def _write(corpus: Corpus, folder: Path, numbers: Sequence[int], characters: int, version: str) -> None:
    for number in numbers:
        document = corpus.document(NEW + number)
        text = document.text[:characters].rpartition(". ")[0]
        path = folder / path_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{document.title}\n\n{version} {text}.\n", encoding="utf-8")


def round_documents(number: int) -> list[Incoming]:
    """Each has one passage that names the round."""
    made: list[Incoming] = []
    for place in range(_ROUND_DOCUMENTS):
        text = f"The zirconquay tidal ledger {place} was closed in round {number} by the harbour office."
        document = Document(text, f"Zirconquay tidal ledger {place}", "text", "en")
        digest = hashlib.sha256(text.encode()).hexdigest()
        made.append(Incoming("/rounds", f"{place}.txt", len(text), number, digest, document))
    return made


def _sync_meanwhile(arguments: argparse.Namespace, home: Path, address: str) -> tuple[Asked, Asked, float]:
    """The results before and during the sync, and the seconds that the sync took."""
    queries = questions(arguments.queries)
    note("warming up: every query once")
    with httpx.Client(base_url=address, timeout=None) as client:  # noqa: S113  # bounded by the sync's time
        for query in queries:
            client.post("/v1/search", json={"query": query}).raise_for_status()
    note(f"{arguments.askers} askers, nothing else")
    with asking(address, queries, arguments.askers, arguments.pause) as idle:
        time.sleep(arguments.seconds)
    note(f"{arguments.askers} askers during the sync")
    with (
        asking(address, queries, arguments.askers, arguments.pause) as during,
        _syncing(arguments.by, home, address) as is_done,
    ):
        seconds = wait_until(is_done, arguments.at_most, "the sync")
    return idle, during, seconds


@contextmanager
def _syncing(by: str, home: Path, address: str) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether the sync has ended."""
    if by == "command":
        command = [*COMMAND, "sync", "--home", str(home)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                yield lambda: process.poll() is not None
                if process.returncode:
                    sys.exit(f"the sync ended with {process.returncode}")
            finally:
                process.terminate()
        return
    with httpx.Client(base_url=address, timeout=60) as client:
        job = client.post("/v1/index/sync").raise_for_status().json()["job_id"]

        def is_done() -> bool:
            fields = client.get(f"/v1/jobs/{job}").raise_for_status().json()
            if fields["state"] in {"failed", "cancelled"}:
                sys.exit(f"the sync {fields['state']}: {fields['message']}")
            return bool(fields["state"] == "done")

        yield is_done


def _rounds(arguments: argparse.Namespace, home: Path, address: str) -> tuple[dict[int, int], Asked]:
    """Return the round of each generation, and the results of the clients."""
    note(f"{arguments.askers} askers during {arguments.rounds} rounds")
    with Library.open(home, open_encoder()) as index:
        round_of = {index.generation: 0}
        with asking(address, [ROUND_QUERY], arguments.askers) as asked:
            for number in range(1, arguments.rounds + 1):
                committed = index.replace(round_documents(number))
                round_of[committed.generation] = number
                time.sleep(0.2)
    return round_of, asked


def _report(arguments: argparse.Namespace, idle: Asked, during: Asked, seconds: float) -> Iterator[str]:
    yield f"{machine()}\n"
    yield (
        f"{arguments.passages:,} passages; {arguments.documents:,} documents of {arguments.passages_each} "
        f"synced by {arguments.by} in {seconds:.0f} s; {arguments.askers} askers\n"
    )
    yield "| figure | nothing else | during the sync | ratio |\n|---|---:|---:|---:|"
    rows = [("search, median, ms", 0.5), ("search, p95, ms", 0.95)]
    for figure, share in rows:
        before, after = idle.quantile(share), during.quantile(share)
        yield f"| {figure} | {shown(before)} | {shown(after)} | {shown(after / before)} |"
    yield f"| searches | {len(idle.seen):,} | {len(during.seen):,} | |"
    yield f"| refused for now | {idle.refused} | {during.refused} | |"
    yield f"| errors | {len(idle.errors)} | {len(during.errors)} | |"
    generations = [len({each.generation for each in asked.seen}) for asked in (idle, during)]
    yield f"| generations seen | {generations[0]} | {generations[1]} | |"
    wrong = [contradictions(asked.seen) for asked in (idle, during)]
    yield f"| contradictions between responses | {len(wrong[0])} | {len(wrong[1])} | |"
    shown_too = [text for found in (idle.errors, during.errors, *wrong) for text in found[:3]]
    yield from ["", *(f"- {text}" for text in shown_too)] if shown_too else []


def _rounds_report(round_of: dict[int, int], asked: Asked) -> Iterator[str]:
    wrong = mixed(asked.seen, round_of, _ROUND_DOCUMENTS)
    yield (
        f"\n{len(round_of) - 1} rounds: {len(asked.seen):,} searches, "
        f"{len({each.generation for each in asked.seen})} generations seen, {asked.refused} refused for now, "
        f"{len(asked.errors)} errors, {len(wrong)} mixed"
    )
    yield from (f"- {text}" for text in [*asked.errors[:3], *wrong[:5]])


if __name__ == "__main__":
    main()
