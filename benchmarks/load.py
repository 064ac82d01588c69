"""Prints how a server behaves under load: many clients search, some upload, one of them a very long report.

``python -m benchmarks.load [--seconds N] [--askers N] [--uploaders N] [--megabytes N] [--passages N]
[--signed-in]``. Afterwards the library must give the same results as one made from scratch, and a new server
shows how much memory it takes (Linux only). The exit code is 1 if a bound is exceeded.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import sqlalchemy as sa

from benchmarks.askers import Asked, asking, is_capacity_refusal, wait_until
from benchmarks.corpus import PASSAGES_A_DOCUMENT, Corpus, questions, read_corpus
from benchmarks.crashing import finds
from benchmarks.senders import Senders, sign_in
from benchmarks.serving import Served, serving
from benchmarks.side_by_side import machine, note, shown
from index.embedding.encoder import Encoder, open_encoder
from index.embedding.model import Embedded
from index.library import Library
from index.records import Incoming

LONG = 8_000_000
"""The number of the first document of the long report, above every number in a filled library."""

SHORT = 9_000_000

HEALTH_MS = 500.0
TIMES_IDLE = 4.0
GROWTH = 0.10
"""Of memory, from the second minute: in the first, threads and connections get their working memory."""

MOST_MORE = 300e6
"""In bytes, during uploads."""

_SECONDS = 120.0
_MINUTE = 60.0
_BETWEEN_PROBES = 0.1
_BETWEEN_UPLOADS = 2.0
_SCORES = 1e-4
"""Each score is a sum of the same numbers, but in another order."""


@dataclass(slots=True)
class Measurements:
    """``health`` in milliseconds; ``memory``: seconds since the beginning, and bytes."""

    health: list[float] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    of_new_server: float = 0.0
    uploads: int = 0
    refused: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bound:
    figure: str
    measured: str
    allowed: str
    holds: bool


def main() -> int:
    arguments = _arguments()
    corpus, encoder, queries = read_corpus(), open_encoder(), questions(arguments.queries)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch, "home")
        note(f"embedding {arguments.passages:,} passages")
        with Library.open(home, encoder) as index:
            index.replace([corpus.incoming(n) for n in range(arguments.passages // PASSAGES_A_DOCUMENT)])
        senders = sign_in(home, arguments.askers, arguments.uploaders) if arguments.signed_in else Senders()
        with serving(home) as served:
            senders = senders.with_operator(home) if arguments.signed_in else senders
            idle, busy, measurements, seconds = _measure(arguments, corpus, served, queries, senders)
        with serving(home) as served:
            senders = senders.with_operator(home) if arguments.signed_in else senders
            measurements.of_new_server = _memory_of_new_server(arguments, corpus, served, queries, senders)
        note("making a library of the same documents from scratch")
        with Library.open(home, encoder) as index:
            differing = differences(index, Path(scratch, "fresh"), queries)
    bounds = list(_bounds(arguments, idle, busy, measurements, differing))
    print("\n".join(_report(arguments, bounds, busy, measurements, seconds)))
    return int(not all(bound.holds for bound in bounds))


def _arguments() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--seconds", type=float, default=300.0, help="of load")
    made.add_argument("--idle", type=float, default=30.0, help="seconds of asking while nothing else happens")
    made.add_argument("--askers", type=int, default=30, help="how many search at once")
    made.add_argument("--pause", type=float, default=1.0, help="seconds between an asker's searches")
    made.add_argument("--signed-in", action="store_true", help="each client sends a token of its own user")
    made.add_argument("--uploaders", type=int, default=5, help="how many upload at once")
    made.add_argument("--megabytes", type=int, default=20, help="length of one of the uploads, a text")
    made.add_argument("--passages", type=int, default=2_000, help="size of the library before")
    made.add_argument("--queries", type=int, default=200, help="different queries")
    made.add_argument("--at-most", type=float, default=3600.0, help="seconds until the long report is there")
    return made.parse_args()


def _measure(
    arguments: argparse.Namespace, corpus: Corpus, served: Served, queries: Sequence[str], senders: Senders
) -> tuple[Asked, Asked, Measurements, float]:
    """The searches before and during the load, the rest, and the seconds until the uploads were indexed."""
    _warm_up(arguments, corpus, served, queries, senders)
    note(f"{arguments.askers} askers, nothing else")
    with asking(served.address, queries, arguments.askers, arguments.pause, senders.askers) as idle:
        time.sleep(arguments.idle)
    note(f"{arguments.askers} askers and {arguments.uploaders} uploaders for {arguments.seconds:.0f} s")
    measurements = Measurements()
    began = time.monotonic()
    with _watched(served, measurements):
        with (
            asking(served.address, queries, arguments.askers, arguments.pause, senders.askers) as busy,
            _uploading(served.address, corpus, arguments, measurements, senders),
        ):
            time.sleep(arguments.seconds)
        note("waiting for the uploads to be indexed")
        with httpx.Client(base_url=served.address, timeout=_SECONDS, headers=senders.operator) as client:
            wait_until(
                lambda: _is_quiet(client, measurements), arguments.at_most, "the indexing of the uploads"
            )
        indexed = time.monotonic() - began
        note(f"{arguments.askers} askers, nothing else")
        with asking(served.address, queries, arguments.askers, arguments.pause, senders.askers):
            time.sleep(_minute(arguments))
    return idle, busy, measurements, indexed


def _warm_up(
    arguments: argparse.Namespace, corpus: Corpus, served: Served, queries: Sequence[str], senders: Senders
) -> None:
    """Each server gets a new report, because a library does not embed a known one again."""
    note("warming up: a report and every query once")
    document = corpus.document(SHORT + 10_000 * (arguments.uploaders + served.pid))
    with httpx.Client(base_url=served.address, timeout=_SECONDS, headers=senders.operator) as client:
        client.post("/v1/documents", files={"file": ("warm.txt", document.text.encode())}).raise_for_status()
        for query in queries:
            client.post("/v1/search", json={"query": query}).raise_for_status()


def _memory_of_new_server(
    arguments: argparse.Namespace, corpus: Corpus, served: Served, queries: Sequence[str], senders: Senders
) -> float:
    """The mean, in bytes, while it answers the last searches again."""
    measurements = Measurements()
    _warm_up(arguments, corpus, served, queries, senders)
    note(f"{arguments.askers} askers of a new server")
    with (
        _watched(served, measurements),
        asking(served.address, queries, arguments.askers, arguments.pause, senders.askers),
    ):
        time.sleep(_minute(arguments))
    return _mean([held for _, held in measurements.memory])


@contextmanager
def _watched(served: Served, measurements: Measurements) -> Iterator[None]:
    enough = threading.Event()
    began = time.monotonic()

    def watch() -> None:
        with httpx.Client(base_url=served.address, timeout=_SECONDS) as client:
            while not enough.wait(_BETWEEN_PROBES):
                asked = time.perf_counter()
                try:
                    client.get("/healthz").raise_for_status()
                except httpx.HTTPError as error:
                    measurements.errors.append(f"/healthz: {type(error).__name__}: {error}")
                measurements.health.append((time.perf_counter() - asked) * 1000)
                measurements.memory.append((time.monotonic() - began, resident(served.pid)))

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            enough.set()
    watching.result()


def resident(pid: int) -> int:
    """In bytes, without pages of mapped files (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) * 1024


@contextmanager
def _uploading(
    address: str, corpus: Corpus, arguments: argparse.Namespace, measurements: Measurements, senders: Senders
) -> Iterator[None]:
    """The first uploader begins with a long report."""
    enough, lock = threading.Event(), threading.Lock()

    def send(client: httpx.Client, name: str, text: str, *, background: bool) -> None:
        try:
            response = client.post(
                "/v1/documents",
                files={"file": (name, text.encode())},
                data={"background": "true"} if background else {},
            )
        except httpx.HTTPError as error:
            with lock:
                measurements.errors.append(f"{name}: {type(error).__name__}: {error}")
            return
        with lock:
            if response.is_success:
                measurements.uploads += 1
            elif is_capacity_refusal(response):
                measurements.refused += 1
            else:
                measurements.errors.append(f"{name}: {response.status_code} {response.text[:200]}")

    def upload(uploader: int) -> None:
        headers = senders.uploaders[uploader] if senders.uploaders else None
        with httpx.Client(base_url=address, timeout=arguments.at_most, headers=headers) as client:
            if uploader == 0:
                send(client, "long.txt", long_text(corpus, arguments.megabytes), background=True)
            number = 0
            while not enough.wait(_BETWEEN_UPLOADS):
                # Every third report is a new version of the report before it.
                document = corpus.document(SHORT + 10_000 * uploader + number)
                text = f"{document.title}\n\n{document.text}"
                send(client, f"short-{uploader}-{number - number % 3 // 2}.txt", text, background=False)
                number += 1

    with ThreadPoolExecutor(arguments.uploaders) as pool:
        running = [pool.submit(upload, uploader) for uploader in range(arguments.uploaders)]
        try:
            yield
        finally:
            enough.set()
    for each in running:
        each.result()


def long_text(corpus: Corpus, megabytes: int) -> str:
    """Its paragraphs are in no other document."""
    parts: list[str] = []
    length = number = 0
    while length < megabytes * 1_000_000:
        parts.append(corpus.document(LONG + number).text)
        length += len(parts[-1].encode()) + 2
        number += 1
    return "\n\n".join(parts)


def _is_quiet(client: httpx.Client, measurements: Measurements) -> bool:
    jobs = client.get("/v1/jobs").raise_for_status().json()["jobs"]
    failed = [job for job in jobs if job["state"] == "failed"]
    if failed:
        measurements.errors += [f"job: {job['message']}" for job in failed]
    return all(job["state"] in {"done", "failed", "cancelled"} for job in jobs)


def differences(index: Library, folder: Path, queries: Sequence[str]) -> list[str]:
    """Queries with other results in a new library, which copies vectors but cuts and indexes anew."""
    index.compact()
    with Library.open(folder, _without_pass(index.encoder)) as fresh:
        with fresh.catalog.engine.connect() as connection:
            connection.execute(sa.text("ATTACH DATABASE :file AS former"), {"file": str(_catalog(index))})
            for table in ("vectors", "sentence_vectors"):
                connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM former.{table}")  # noqa: S608
            connection.commit()
        fresh.replace(
            [
                Incoming(
                    record.source, record.path, 0, 0, record.digest, index.catalog.text(record.document_id)
                )
                for record in index.catalog.documents()
            ]
        )
        fresh.compact()
        return [
            query for query in queries if not _is_same(finds(index, query, 0.6), finds(fresh, query, 0.6))
        ]


def _without_pass(encoder: Encoder) -> Encoder:
    """It refuses to embed passages: the vectors of all passages must be stored."""

    class Known(Encoder):
        def __init__(self) -> None:
            self.__dict__.update(encoder.__dict__)

        def encode_passages(self, texts: Sequence[str], _sentences: object) -> Iterator[Embedded]:
            raise AssertionError(f"{len(texts)} passages are not those that were embedded: {texts[:1]}")

    return Known()


def _catalog(index: Library) -> Path:
    return index.home / "catalog.sqlite"


def _is_same(ours: Sequence[Sequence[object]], theirs: Sequence[Sequence[object]]) -> bool:
    """Ties may be in any order."""
    places = [{tuple(hit[:3]): hit[3] for hit in hits} for hits in (ours, theirs)]
    last = min((float(str(hit[3])) for hit in ours), default=0.0)
    for place in places[0].keys() | places[1].keys():
        scores = [float(str(found_at.get(place, last))) for found_at in places]
        if abs(scores[0] - scores[1]) > _SCORES:
            return False
    return len(ours) == len(theirs)


def _bounds(
    arguments: argparse.Namespace,
    idle: Asked,
    busy: Asked,
    measurements: Measurements,
    differing: Sequence[str],
) -> Iterator[Bound]:
    wrong = [*idle.errors, *busy.errors, *measurements.errors]
    yield Bound("errors but 507, and 429 and 503 with Retry-After", f"{len(wrong)}", "0", not wrong)
    health = float(np.quantile(measurements.health, 0.99))
    yield Bound("/healthz, p99, ms", shown(health), f"under {HEALTH_MS:.0f}", health < HEALTH_MS)
    before, after = idle.quantile(0.95), busy.quantile(0.95)
    limit = TIMES_IDLE * before
    yield Bound(
        f"search, p95, ms (alone: {shown(before)})", shown(after), f"under {shown(limit)}", after < limit
    )
    minute = _minute(arguments)
    first = _mean([held for at, held in measurements.memory if at <= minute])
    last = _mean([held for at, held in measurements.memory if at >= measurements.memory[-1][0] - minute])
    second = _mean([held for at, held in measurements.memory if minute < at <= 2 * minute])
    growth = last / second - 1
    most = max(held for _, held in measurements.memory)
    yield Bound(
        f"memory, most at once, MB more than in the first {minute:.0f} s",
        f"{(most - first) / 1e6:,.0f}",
        f"under {MOST_MORE / 1e6:.0f}",
        most - first < MOST_MORE,
    )
    yield Bound(
        f"memory, second and last {minute:.0f} s, MB (in the first: {first / 1e6:,.0f}; of a new "
        f"server at last: {measurements.of_new_server / 1e6:,.0f})",
        f"{second / 1e6:,.0f}, {last / 1e6:,.0f} ({growth:+.0%})",
        f"at most {GROWTH:+.0%}",
        growth <= GROWTH,
    )
    yield Bound(
        f"of {arguments.queries} queries, with other results than in a library made from scratch",
        f"{len(differing)}",
        "0",
        not differing,
    )


def _minute(arguments: argparse.Namespace) -> float:
    """Fewer for a short load."""
    return float(min(_MINUTE, arguments.seconds / 3))


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)


def _over_time(memory: Sequence[tuple[float, int]], moments: int = 12) -> Iterator[str]:
    """At equally distant moments: megabytes, and the second of the moment."""
    for number in range(moments):
        at, held = memory[number * (len(memory) - 1) // (moments - 1)]
        yield f"{held / 1e6:,.0f} ({at:.0f} s)"


def _report(
    arguments: argparse.Namespace,
    bounds: Sequence[Bound],
    busy: Asked,
    measurements: Measurements,
    seconds: float,
) -> Iterator[str]:
    yield f"{machine()}\n"
    yield (
        f"{arguments.askers} askers and {arguments.uploaders} uploaders for {arguments.seconds:.0f} s, "
        f"{arguments.passages:,} passages and a text of {arguments.megabytes} MB: {len(busy.seen):,} "
        f"searches, {measurements.uploads:,} uploads, {busy.refused + measurements.refused:,} requests "
        f"refused for now; all was indexed after {seconds:.0f} s\n"
    )
    yield f"memory over time, MB: {', '.join(_over_time(measurements.memory))}\n"
    yield "| figure | measured | allowed | verdict |\n|---|---:|---:|---|"
    for bound in bounds:
        verdict = "holds" if bound.holds else "DOES NOT HOLD"
        yield f"| {bound.figure} | {bound.measured} | {bound.allowed} | {verdict} |"
    yield from ("", *(f"- {text}" for text in [*busy.errors, *measurements.errors][:5]))


if __name__ == "__main__":
    sys.exit(main())
