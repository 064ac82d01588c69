"""Libraries that keep their vectors in Milvus find what libraries with files find."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.errors import VectorsUnreachableError
from index.library import Library
from index.records import Filters
from index.search.caches import SharedBases, prefix_of
from index.search.manifest import Manifest
from index.vectors import DEFAULT_POLICY, Change, Expected, Mark, VectorIndex, milvus
from index.vectors.milvus import Collection, MilvusStore, MilvusVectors
from rag.engine import QueryEngine
from tests.engines.conftest import QUERIES
from tests.support.milvus import ON_ONE_SERVER, Kind, MilvusServer, is_installed, running
from tests.support.postgresql import ON_SQLITE
from tests.support.processes import KILLS
from tests.support.reports import found, incoming, words
from ui.app import create_app

AT_ONCE = replace(DEFAULT_POLICY, small=0, recent_share=0, removed_share=0)
"""A base is due after any change."""

Opens = Callable[..., Library]


@pytest.fixture(scope="module")
def vectors_server() -> Iterator[MilvusServer]:
    """A server that a test may end and start again."""
    own = os.environ.get("FOOTNOTED_TEST_OWN_MILVUS")
    kind: Kind = "milvus" if own == "milvus" else "milvus-lite"
    if not (own or os.environ.get("FOOTNOTED_TEST_ENGINE")) or not is_installed(kind):
        pytest.skip("it needs Milvus: run `make test-engines`")
    with running(kind) as server:
        yield server


@pytest.fixture
def store(vectors_server: MilvusServer) -> MilvusStore:
    return MilvusStore(vectors_server.address)


@pytest.fixture(autouse=True)
def _one_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in ON_ONE_SERVER:
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def opens(vectors_server: MilvusServer, tmp_path: Path) -> Iterator[Opens]:
    """Opens a library in a folder, by default with its vectors in Milvus."""
    opened: list[Library] = []

    def opening(name: str, index_url: str = vectors_server.address, **named: Any) -> Library:  # noqa: ANN401
        encoder = named.pop("encoder", StubEncoder())
        library = Library.open(tmp_path / name, encoder, policy=AT_ONCE, index_url=index_url, **named)
        opened.append(library)
        return library

    yield opening
    for library in opened:
        library.close()


def reports(count: int, seed: int = 5) -> dict[str, str]:
    """Texts by path, some of them alike."""
    texts = words(count * 3, seed)
    return {f"{number}.txt": " ".join(texts[3 * number : 3 * number + 3]) for number in range(count)}


def fill(library: Library, texts: dict[str, str]) -> None:
    library.replace([incoming(text, path) for path, text in texts.items()])


def results(library: Library) -> list[object]:
    """The results of a library, by vectors alone and with the words."""
    return [found(library, query, dense_weight=weight) for query in QUERIES for weight in (1.0, 0.5)]


def kind(library: Library) -> str:
    """The type of the base that a search uses."""
    with library._maintenance.snapshot() as (_, caches):
        return caches.vectors.kind


def latest(library: Library, store: MilvusStore) -> tuple[str, Mark]:
    """The collection of a library's build, and its mark."""
    build = library.catalog.build()
    assert build is not None
    found = store.latest(prefix_of(build))
    assert found is not None
    return found


def by_vectors(library: Library) -> list[object]:
    """The results of a library by vectors alone, so that removed passages do not count in the scores."""
    return [found(library, query, dense_weight=1.0) for query in QUERIES]


def test_it_finds_what_a_file_of_vectors_finds(opens: Opens) -> None:
    ours, files = opens("ours"), opens("files", "")
    for library in (ours, files):
        fill(library, reports(120))
        assert library.compact()
        fill(library, {"120.txt": "A new gate of the river dam."})
    assert (kind(ours), kind(files)) == ("milvus", "flat")
    assert results(ours) == results(files)
    chance = random.Random(2)  # noqa: S311 (documents, not secrets)
    for count in (1, 7, 60, 121):
        some = Filters(document_ids=tuple(chance.sample(range(1, 122), count)))
        for query in QUERIES:
            for limit in (1, 10, 200):
                expected = [hit.document.path for hit in files.search(query, limit, some, 1.0)]
                assert [hit.document.path for hit in ours.search(query, limit, some, 1.0)] == expected


def test_after_any_changes_it_finds_what_a_library_from_scratch_finds(opens: Opens) -> None:
    chance = random.Random(4)  # noqa: S311 (documents, not secrets)
    ours, there = opens("ours"), dict[str, str]()
    for turn in range(12):
        new = {f"{chance.randrange(40)}.txt": text for text in reports(5, turn).values()}
        known = {record.path: record.document_id for record in ours.catalog.documents()}
        gone = [path for path in known if path not in new and chance.random() < 0.2]
        ours.replace([incoming(text, path) for path, text in new.items()], [known[path] for path in gone])
        there = {path: text for path, text in {**there, **new}.items() if path not in gone}
        if chance.random() < 0.6:
            ours.compact()
        if chance.random() < 0.3:
            ours = opens("ours")
        scratch = opens(f"scratch-{turn}", "")
        fill(scratch, dict(sorted(there.items())))
        expected = [found(scratch, query, dense_weight=1.0) for query in QUERIES]
        assert [found(ours, query, dense_weight=1.0) for query in QUERIES] == expected, f"turn {turn}"


class KilledError(Exception):
    """Simulates the end of the process."""


@pytest.mark.parametrize("step", ["upsert", "delete", "flush", "query", "insert"])
def test_an_update_that_is_interrupted_is_made_good(
    opens: Opens, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from pymilvus import MilvusClient

    ours, files = opens("ours"), opens("files", "")
    for library in (ours, files):
        fill(library, reports(30))
        library.compact()
        library.replace([incoming("The council shut a gate.", "new.txt")], [1, 2, 3])
    assert results(ours) == results(files), "caches with which the update begins"
    done = getattr(MilvusClient, step)

    def killed(self: MilvusClient, *arguments: object, **named: object) -> object:
        # Reading the marks comes before the update begins.
        if "id < 0" not in str(named.get("filter")):
            done(self, *arguments, **named)
            raise KilledError
        return done(self, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(MilvusClient, step, killed)
        with pytest.raises(KilledError):
            ours.compact()
    ours = opens("ours")
    assert results(ours) == results(files)
    ours.compact()
    files.compact()
    assert results(ours) == results(files)
    assert (kind(ours), len(ours.catalog.documents())) == ("milvus", 28)


def interrupt_update(library: Library) -> None:
    """Compact a library, and end after the vectors are written and before the mark is."""

    def stop(*_: object) -> None:
        raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(milvus, "_wait_until_linked", stop)
        with pytest.raises(KilledError):
            library.compact()


def test_a_passage_that_is_removed_after_an_interrupted_update_does_not_come_back(
    opens: Opens, store: MilvusStore
) -> None:
    ours, files = opens("ours"), opens("files", "")
    for library in (ours, files):
        fill(library, reports(20))
        library.compact()
        fill(library, {"new.txt": "The council shut a gate."})
    interrupt_update(ours)
    for library in (ours, files):
        library.replace([incoming("The police met.", "police.txt")], [21])
        library.compact()
        assert len(library.search("gate", 100, dense_weight=1.0)) == 21
    assert results(ours) == results(files)
    assert latest(ours, store)[1].last == 22


def test_a_first_update_that_is_interrupted_leaves_nothing_that_is_found(
    opens: Opens, store: MilvusStore
) -> None:
    ours = opens("ours")
    fill(ours, reports(20))
    build = ours.catalog.build()
    assert build is not None
    interrupt_update(ours)
    [unfinished] = store.names(prefix_of(build))
    assert store.latest(prefix_of(build)) is None
    ours.replace([], [1])
    ours = opens("ours")
    assert kind(ours) == "none"
    assert ours.compact()
    name, mark = latest(ours, store)
    assert (kind(ours), mark, store.names(prefix_of(build))) == ("milvus", Mark(20, 2), [name])
    assert name != unfinished
    files = opens("files", "")
    fill(files, {path: text for path, text in reports(20).items() if path != "0.txt"})
    assert by_vectors(ours) == by_vectors(files)


def test_a_collection_that_lacks_vectors_or_is_lost_is_made_again(
    opens: Opens, store: MilvusStore, caplog: pytest.LogCaptureFixture
) -> None:
    ours, files = opens("ours"), opens("files", "")
    for library in (ours, files):
        fill(library, reports(25))
        library.compact()
    damaged, _ = latest(ours, store)
    with store.reaching() as client:
        client.delete(damaged, ids=[3])
    # As many are removed as are lost, so that their number alone would not show it.
    for library in (ours, files):
        library.replace([incoming(reports(25)["4.txt"], "4.txt", title="Another title")])
    before = by_vectors(files)
    ours = opens("ours")
    assert (by_vectors(ours), kind(ours)) == (before, "none")
    assert caplog.messages == [f"The collection {damaged} lacks vectors; they are read from the catalog."]
    assert ours.compact()
    assert (by_vectors(ours), kind(ours)) == (before, "milvus")
    again, _ = latest(ours, store)
    assert again != damaged

    store.drop(again)
    with pytest.raises(VectorsUnreachableError, match="the vectors in Milvus cannot be searched"):
        ours.search("gate", dense_weight=1.0)
    assert (by_vectors(ours), kind(ours)) == (before, "none"), "the next search reads the catalog"
    assert ours.compact()
    assert (by_vectors(ours), kind(ours)) == (before, "milvus")


def test_a_collection_whose_removals_are_forgotten_is_made_again(opens: Opens, store: MilvusStore) -> None:
    ours = opens("ours")
    fill(ours, reports(10))
    ours.compact()
    ours.replace([], [1])
    # Another home folder, without Milvus, has compacted its caches.
    ours.catalog.forget_removals(ours.generation)
    ours = opens("ours")
    assert kind(ours) == "none"
    assert ours.compact()
    assert latest(ours, store)[1] == Mark(10, 2)
    assert sorted(hit.document.path for hit in ours.search("gate", 100, dense_weight=1.0)) == sorted(
        f"{number}.txt" for number in range(1, 10)
    )


@pytest.mark.sqlite
def test_ids_that_a_catalog_gives_again_after_it_has_lost_commits_are_noticed(
    opens: Opens, tmp_path: Path
) -> None:
    ours = opens("ours")
    fill(ours, reports(10))
    ours.close()
    shutil.copytree(tmp_path / "ours", tmp_path / "copy")
    ours = opens("ours")
    fill(ours, {f"lost-{number}.txt": "The river rose." for number in range(5)})
    assert ours.compact()
    ours.close()
    # The copy has the same name and fewer commits, as a standby may that takes over.
    copy, files = opens("copy"), opens("files", "")
    fill(files, reports(10))
    for library in (copy, files):
        fill(library, {"a.txt": "Police met the council.", "b.txt": "The gate of the dam is shut."})
        library.replace([], [2])
    for _ in range(2):
        assert by_vectors(copy) == by_vectors(files)
        copy.compact()
        copy = opens("copy")
    assert kind(copy) == "milvus"


def test_searches_during_a_rebuild_find_the_old_passages_and_the_former_collection_goes_later(
    opens: Opens, store: MilvusStore
) -> None:
    ours, files = opens("ours"), opens("files", "")
    for library in (ours, files):
        fill(library, reports(10))
        library.compact()
    former, _ = latest(ours, store)
    other = opens("ours", encoder=StubEncoder("other", 16), open_other_encoder=StubEncoder.for_recipe)
    build, seen = SharedBases.build, list[bool]()
    edited = [incoming(reports(10)["3.txt"], "3.txt", title="Another title")]

    def watching(self: SharedBases, *given: Any, **named: Any) -> Manifest:  # noqa: ANN401
        made = build(self, *given, **named)
        if not seen:
            # An edit meanwhile removes passages of both builds.
            ours.replace(edited)
            files.replace(edited)
            seen.append(by_vectors(ours) == by_vectors(files))
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SharedBases, "build", watching)
        other.rebuild()
    assert (seen, kind(other)) == ([True], "milvus")
    other.compact()
    name, _ = latest(other, store)
    assert store.names(former.rpartition("_")[0].rpartition("_")[0]) == [name]
    anew = opens("anew", "", encoder=StubEncoder("other", 16))
    fill(anew, reports(10))
    anew.replace(edited)
    assert by_vectors(other) == by_vectors(anew)


def test_replicas_share_a_collection(opens: Opens, store: MilvusStore, database_url: str) -> None:
    one, two = (opens(name, database_url=database_url) for name in ("one", "two"))
    chance, there = random.Random(6), dict[str, str]()  # noqa: S311 (documents, not secrets)
    for turn in range(10):
        new = {f"{chance.randrange(30)}.txt": text for text in reports(4, turn).values()}
        fill(chance.choice((one, two)), new)
        there |= new
        chance.choice((one, two)).compact()
        expected = opens(f"{ON_SQLITE}-{turn}", "")
        fill(expected, dict(sorted(there.items())))
        assert by_vectors(one) == by_vectors(two) == by_vectors(expected), f"turn {turn}"
    assert (kind(one), kind(two)) == ("milvus", "milvus")
    assert len(store.names(latest(one, store)[0].rpartition("_")[0])) == 1


def test_libraries_do_not_share_a_collection(opens: Opens) -> None:
    one, two = opens("one"), opens("two")
    fill(one, reports(10))
    fill(two, {"dam.txt": "A dam."})
    assert (one.compact(), two.compact()) == (True, True)
    assert [hit.document.path for hit in two.search("dam", 100)] == ["dam.txt"]
    assert len(one.search("dam", 100, dense_weight=1.0)) == 10


def test_a_server_that_is_gone_is_said_to_be_and_is_used_again_when_it_is_back(
    vectors_server: MilvusServer, encoder: Encoder, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with Library.open(home, encoder, policy=AT_ONCE, index_url=vectors_server.address) as library:
        fill(library, {"gate.txt": "The council of Varda closed the third gate of the dam on Monday."})
        assert library.compact()
        app = create_app(library, QueryEngine(library, keeps=True))
        with TestClient(app, raise_server_exceptions=False) as client:
            asked = {"question": "What did the council of Varda close on Monday?"}
            vectors_server.stop()
            try:
                for path, body in (("/v1/chat", asked), ("/v1/search", {"query": "gate"})):
                    reply = client.post(path, json=body)
                    assert (reply.status_code, reply.headers.get("Retry-After")) == (503, "5"), reply.text
                    assert reply.json()["detail"] == (
                        "the search index of the library cannot be reached; try again in a moment"
                    )
            finally:
                vectors_server.start()
            # The connection is made anew after a while, as Retry-After says.
            until = time.monotonic() + 60
            while (reply := client.post("/v1/chat", json=asked)).status_code == 503:
                assert time.monotonic() < until
                time.sleep(0.5)
            assert len(reply.json()["citations"]) == 1


def test_a_server_that_ends_at_random_moments_loses_and_doubles_nothing(
    vectors_server: MilvusServer, opens: Opens
) -> None:
    """A writer adds and compacts; the server ends again and again, and is started again."""
    chance = random.Random(8)  # noqa: S311 (moments, not secrets)
    ours, there, failures, done = opens("ours"), dict[str, str](), list[Exception](), Event()
    compacted: list[bool] = []

    def write() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            some = {f"{turn}-{path}": text for path, text in reports(4, turn).items()}
            while some.keys() - there.keys():
                try:
                    fill(ours, some)
                    there.update(some)
                except VectorsUnreachableError as error:
                    failures.append(error)
            # False if Milvus could not take the vectors; there always are new ones.
            compacted.append(ours.compact())
            # Results are right, or there are none.
            try:
                paths = [hit.document.path for hit in ours.search("gate", 10_000, dense_weight=1.0)]
            except VectorsUnreachableError as error:
                failures.append(error)
            else:
                assert sorted(paths) == sorted(there)

    try:
        with ThreadPoolExecutor() as pool:
            writer = pool.submit(write)
            try:
                for kill in range(KILLS):
                    # A server takes vectors again up to a minute after a crash: some kills wait for that.
                    taken, until = sum(compacted), time.monotonic() + 120
                    while kill % 4 == 0 and sum(compacted) == taken and not writer.done():
                        assert time.monotonic() < until
                        time.sleep(0.05)
                    time.sleep(chance.uniform(0.05, 0.8))
                    vectors_server.stop()
                    vectors_server.start()
            finally:
                done.set()
            writer.result()
        assert failures or not all(compacted), "no kill was noticed"
        until = time.monotonic() + 120
        while not (ours.compact() or kind(ours) == "milvus" or time.monotonic() > until):
            time.sleep(1)
        files = opens("files", "")
        fill(files, there)
        assert (results(ours), kind(ours)) == (results(files), "milvus")
    finally:
        vectors_server.renew()


def test_a_search_compares_all_vectors_where_milvus_gives_fewer_than_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = np.random.default_rng(5).standard_normal((2_000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    monkeypatch.setattr(MilvusVectors, "_found", lambda *_: np.arange(1, 100))
    alive = np.arange(2_001) > 0
    base = MilvusVectors(Collection(MilvusStore("milvus://127.0.0.1"), "none"), alive, 2_000)
    numbers, found = base.nearest(vectors[0], 200, None, lambda numbers: vectors[np.array(numbers) - 1])
    assert numbers.tolist() == list(range(1, 2_001))
    assert np.allclose(found, vectors @ vectors[0], atol=1e-6)


def test_a_search_takes_more_candidates_while_all_of_them_tie(store: MilvusStore) -> None:
    chance = np.random.default_rng(3)
    others = chance.standard_normal((500, 24)).astype(np.float32)
    vectors = np.concatenate([np.tile(np.eye(1, 24, dtype=np.float32), (60, 1)), others])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers = np.arange(1, 561)

    def stored(some: Sequence[int]) -> Vectors:
        return np.stack([vectors[number - 1] for number in some])

    store.create("tie", 24)
    store.update("tie", Change(Mark(560, 1), 560, lambda: [(numbers, vectors)], ()))
    alive = np.arange(561) > 0
    base = store.open("tie", Expected(alive, (), {1: vectors[0], 560: vectors[559]}))
    assert base is not None
    index = VectorIndex.over(base, 24)
    found = set(index.search(vectors[0], 5, None, stored))
    # The graph need not link all copies; the first search takes 37.
    assert found <= set(range(1, 61))
    assert len(found) > 37
    assert store.open("tie", Expected(np.arange(562) > 0, (), {})) is None, "a vector is missing"
    assert store.open("tie", Expected(alive, (), {560: vectors[0]})) is None, "a vector is another one"
    store.drop("tie")
