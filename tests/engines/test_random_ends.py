"""A database, or a node of a cluster, that ends at random moments of syncs loses and doubles nothing."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TypeVar

import pytest
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.errors import CatalogUnreachableError
from index.ingest import open_cluster, sync
from index.library import Library
from rag.engine import QueryEngine
from tests.engines.conftest import QUERIES
from tests.support.background import wait_until
from tests.support.postgresql import Server
from tests.support.processes import KILLS
from tests.support.ray_cluster import RayCluster
from tests.support.reports import words, write
from ui.app import create_app

pytestmark = pytest.mark.slow

KEPT = "The council of Varda closed the third gate of the dam on Monday."

T = TypeVar("T")


class Reports:
    """A folder of reports that changes.

    Attributes:
        folder: the folder; ``kept.txt`` in it never changes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._chance = random.Random(3)  # noqa: S311 (texts, not secrets)
        write(folder / "kept.txt", KEPT)

    def change(self) -> None:
        """Write, rewrite and delete some reports."""
        for _ in range(8):
            file = self.folder / f"{self._chance.randrange(30)}.txt"
            if self._chance.random() < 0.25:
                file.unlink(missing_ok=True)
            else:
                write(file, "\n\n".join(words(6, self._chance.randrange(10**6))))

    def texts(self) -> list[tuple[str, str]]:
        """Each report's name and text, in order."""
        return sorted((file.name, file.read_text(encoding="utf-8")) for file in self.folder.glob("*.txt"))


@pytest.fixture
def reports(tmp_path: Path) -> Reports:
    return Reports(tmp_path / "reports")


def texts(library: Library) -> list[tuple[str, str]]:
    """Each document's name and text, in order."""
    records = library.catalog.documents()
    return sorted((record.path, library.catalog.text(record.document_id).text) for record in records)


def results(library: Library) -> list[list[tuple[str, str]]]:
    """The results of a library by vectors: the scores of words count removed documents for a while."""
    return [
        [(hit.document.path, hit.text) for hit in library.search(query, 20, dense_weight=1.0)]
        for query in QUERIES
    ]


class Syncs:
    """Syncs changing reports, again and again until a sync is not broken off.

    Attributes:
        broken: the number of syncs and readings that the database broke off.
        finished: the number of syncs after which the library had exactly the reports.
    """

    def __init__(self, library: Library, reports: Reports) -> None:
        self._library, self._reports = library, reports
        self.broken = self.finished = 0

    def run(self, done: Event) -> None:
        """Sync until ``done`` is set."""
        while not done.is_set():
            self._reports.change()
            self._insist(lambda: sync(self._library, [self._reports.folder]))
            assert self._insist(lambda: texts(self._library)) == self._reports.texts()
            self.finished += 1

    def _insist(self, act: Callable[[], T]) -> T:
        until = time.monotonic() + 60
        while True:
            try:
                return act()
            except CatalogUnreachableError:
                assert time.monotonic() < until, "the database has not come back"
                self.broken += 1
                time.sleep(0.05)


def ask(client: TestClient, done: Event) -> Counter[int]:
    """Search until ``done`` is set; a reply is right, or says when to try again. Returns the statuses."""
    replies: Counter[int] = Counter()
    while not done.is_set():
        reply = client.post("/v1/search", json={"query": KEPT})
        replies[reply.status_code] += 1
        if reply.status_code == 200:
            assert reply.json()["results"][0]["path"] == "kept.txt"
        else:
            assert (reply.status_code, reply.headers.get("Retry-After")) == (503, "5"), reply.text
        done.wait(0.05)
    return replies


def test_a_database_that_ends_at_random_moments_loses_and_doubles_nothing(
    encoder: Encoder, database_url: str, server: Server, reports: Reports, tmp_path: Path
) -> None:
    chance = random.Random(4)  # noqa: S311 (moments, not secrets)
    done = Event()
    with (
        Library.open(tmp_path / "one", encoder, database_url=database_url) as one,
        Library.open(tmp_path / "two", encoder, database_url=database_url) as two,
        TestClient(create_app(two, QueryEngine(two)), raise_server_exceptions=False) as client,
        ThreadPoolExecutor() as pool,
    ):
        sync(one, [reports.folder])
        syncs = Syncs(one, reports)
        writer, asker = pool.submit(syncs.run, done), pool.submit(ask, client, done)
        try:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.05, 1.5))
                server.stop("immediate")
                time.sleep(chance.uniform(0, 0.5))
                server.start()
            # A busy machine has not yet ended two syncs after a few seconds.
            wait_until(lambda: syncs.finished > 1 or writer.done())
        finally:
            done.set()
        writer.result()
        replies = asker.result()
        assert (syncs.finished > 1, syncs.broken > 0, replies[200] > 0, replies[503] > 0) == (True,) * 4
        with Library.open(tmp_path / "afresh", encoder) as afresh:
            sync(afresh, [reports.folder])
            assert results(one) == results(two) == results(afresh)


def test_a_node_that_ends_at_random_moments_of_syncs_loses_and_doubles_nothing(
    encoder: Encoder, nodes: RayCluster, reports: Reports, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311 (moments, not secrets)
    syncing, done = Event(), Event()
    interrupted: list[bool] = []

    def end_nodes() -> None:
        try:
            for _ in range(KILLS):
                assert syncing.wait(60)
                time.sleep(chance.uniform(0, 0.5))
                before = syncing.is_set()
                nodes.lose()
                interrupted.append(before and syncing.is_set())
                time.sleep(chance.uniform(0, 1))
                nodes.regain()
        finally:
            done.set()

    with Library.open(tmp_path / "ray", encoder) as library, ThreadPoolExecutor() as pool:
        killer = pool.submit(end_nodes)
        while not done.is_set():
            reports.change()
            with open_cluster(nodes.address, library) as readers:
                syncing.set()
                assert sync(library, [reports.folder], reader=readers).failed == ()
                syncing.clear()
            assert texts(library) == reports.texts()
        killer.result()
        assert 2 * sum(interrupted) >= KILLS, "syncs were interrupted"
        with Library.open(tmp_path / "afresh", encoder) as afresh:
            sync(afresh, [reports.folder])
            assert results(library) == results(afresh)
