"""Libraries that keep their vectors in Milvus find what libraries with files find."""

from __future__ import annotations

import os
import random
import sys
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
from index.errors import VectorIndexError, VectorsUnreachableError
from index.library import Library
from index.records import Filters
from index.search.bases import name_of
from index.vectors import DEFAULT_POLICY, Change, Mark, VectorIndex, milvus, store_at
from index.vectors.milvus import MilvusStore
from rag.engine import QueryEngine
from tests.support.milvus import MilvusServer, running
from tests.support.reports import found, incoming, words
from ui.app import create_app

QUERIES = ("river council", "gate of the dam", "police arrest Orrin")
AT_ONCE = replace(DEFAULT_POLICY, small=0, recent_share=0, removed_share=0)
"""A base is due after any change."""

Opens = Callable[..., Library]


@pytest.fixture(scope="module")
def vectors_server() -> Iterator[MilvusServer]:
    """A server that a test may end and start again."""
    real = os.environ.get("FOOTNOTED_TEST_OWN_MILVUS") == "milvus"
    with running("milvus" if real else "milvus-lite") as server:
        yield server


@pytest.fixture
def store(vectors_server: MilvusServer) -> MilvusStore:
    return MilvusStore(vectors_server.address)


@pytest.fixture(autouse=True)
def _one_server(monkeypatch: pytest.MonkeyPatch) -> None:
    # With one server, a search finds at once what the count of an update has found.
    monkeypatch.setattr(milvus, "SETTLED_SECONDS", 0)


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
    """What a library finds, by vectors alone and with the words."""
    return [found(library, query, dense_weight=weight) for query in QUERIES for weight in (1.0, 0.35)]


def kind(library: Library) -> str:
    """The type of the base that a search uses."""
    with library._maintenance.snapshot() as (_, caches):
        return caches.vectors.kind


def collection(library: Library) -> str:
    build = library.catalog.build()
    assert build is not None
    return name_of(build)


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


@pytest.mark.parametrize("step", ["upsert", "delete", "flush", "describe_index", "query", "insert"])
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


def test_a_first_update_that_is_interrupted_leaves_nothing_that_is_found(
    opens: Opens, store: MilvusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = opens("ours")
    fill(ours, reports(20))
    with monkeypatch.context() as patch:
        patch.setattr(milvus, "_wait_until_indexed", lambda *_: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            ours.compact()
    assert store.mark(collection(ours)) is None
    ours.replace([], [1])
    ours = opens("ours")
    assert kind(ours) == "none"
    assert ours.compact()
    assert (kind(ours), store.mark(collection(ours))) == ("milvus", Mark(20, 2))
    files = opens("files", "")
    fill(files, {path: text for path, text in reports(20).items() if path != "0.txt"})
    assert [found(ours, query, dense_weight=1.0) for query in QUERIES] == [
        found(files, query, dense_weight=1.0) for query in QUERIES
    ]


def test_a_collection_that_lacks_vectors_or_is_lost_is_made_again(
    opens: Opens, store: MilvusStore, caplog: pytest.LogCaptureFixture
) -> None:
    ours = opens("ours")
    fill(ours, reports(25))
    ours.compact()
    before = results(ours)
    with store.reaching() as client:
        client.delete(collection(ours), ids=[3, 4])
    ours = opens("ours")
    assert (results(ours), kind(ours)) == (before, "none")
    assert caplog.messages == [
        f"The collection {collection(ours)} lacks vectors; they are read from the catalog."
    ]
    assert ours.compact()
    assert (results(ours), kind(ours)) == (before, "milvus")

    store.drop(collection(ours))
    with pytest.raises(VectorsUnreachableError, match="the vectors in Milvus cannot be searched"):
        ours.search("gate", dense_weight=1.0)
    assert (results(ours), kind(ours)) == (before, "none"), "the next search reads the catalog"
    assert ours.compact()
    assert (results(ours), kind(ours)) == (before, "milvus")


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
    assert store.mark(collection(ours)) == Mark(10, 2)
    assert sorted(hit.document.path for hit in ours.search("gate", 100, dense_weight=1.0)) == sorted(
        f"{number}.txt" for number in range(1, 10)
    )


def test_a_new_encoder_makes_a_new_collection_and_the_former_one_goes(
    opens: Opens, store: MilvusStore
) -> None:
    ours = opens("ours")
    fill(ours, reports(10))
    ours.compact()
    former = collection(ours)
    ours = opens("ours", encoder=StubEncoder("other", 16), former=StubEncoder.of)
    ours.rebuild()
    assert collection(ours) != former
    assert kind(ours) == "milvus"
    assert store.names(former.rpartition("_")[0]) == [collection(ours)]
    files = opens("files", "", encoder=StubEncoder("other", 16))
    fill(files, reports(10))
    assert results(ours) == results(files)


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
            assert len(client.post("/v1/chat", json=asked).json()["citations"]) == 1


def test_a_server_that_ends_at_random_moments_loses_and_doubles_nothing(
    vectors_server: MilvusServer, opens: Opens
) -> None:
    """A writer adds and compacts; the server ends twenty times, and is started again."""
    chance = random.Random(8)  # noqa: S311 (moments, not secrets)
    ours, there, failures, done = opens("ours"), dict[str, str](), list[Exception](), Event()

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
            ours.compact()
            # Results are right, or there are none.
            try:
                paths = [hit.document.path for hit in ours.search("gate", 10_000, dense_weight=1.0)]
            except VectorsUnreachableError as error:
                failures.append(error)
            else:
                assert sorted(paths) == sorted(there)

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(write)
        for _ in range(20):
            done.wait(chance.uniform(0.05, 0.8))
            vectors_server.stop()
            vectors_server.start()
        done.set()
        writer.result()
    assert failures
    ours.compact()
    files = opens("files", "")
    fill(files, there)
    assert (results(ours), kind(ours)) == (results(files), "milvus")


def test_a_tie_at_the_limit_is_found_whole(store: MilvusStore) -> None:
    chance = np.random.default_rng(3)
    others = chance.standard_normal((500, 24)).astype(np.float32)
    vectors = np.concatenate([np.tile(np.eye(1, 24, dtype=np.float32), (60, 1)), others])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers = np.arange(1, 561)

    def stored(some: Sequence[int]) -> Vectors:
        return np.stack([vectors[number - 1] for number in some])

    store.update("tie", 24, Change(Mark(560, 1), 560, lambda: [(numbers, vectors)], ()))
    base = store.open("tie", Mark(560, 1), 560, np.empty(0, np.int64))
    assert base is not None
    index = VectorIndex.over(base, 24)
    assert sorted(index.search(vectors[0], 5, None, stored)) == list(range(1, 61))
    assert store.open("tie", Mark(560, 1), 561, np.empty(0, np.int64)) is None, "a vector is missing"
    store.drop("tie")


@pytest.mark.parametrize(
    "address",
    [
        "milvus:",
        "milvus://",
        "http://host",
        "host:19530",
        "milvus://me:se@cret@host",
        "milvus://host:port",
        "milvus://host/a b",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(
        VectorIndexError, match="FOOTNOTED_INDEX is no address of an index; write milvus://HOST"
    ) as raised:
        store_at(address)
    assert "se@cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "connection"),
    [
        ("milvus://host", ("http://host:19530", "", "", "")),
        ("milvus+tls://me:a%40b@h.example:443/reports", ("https://h.example:443", "me", "a@b", "reports")),
        ("milvus://[::1]:7", ("http://[::1]:7", "", "", "")),
    ],
)
def test_an_address_has_a_host_and_may_have_more(address: str, connection: tuple[str, ...]) -> None:
    assert tuple(MilvusStore(address)._connection().values()) == connection


def test_without_pymilvus_the_error_names_the_extra(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(VectorIndexError, match=r"pip install 'footnoted\[engines\]'"):
        opens("new", "milvus://127.0.0.1:1")


def test_no_server_is_asked_while_the_library_has_no_passages() -> None:
    assert store_at("") is None
    assert isinstance(store_at("milvus://127.0.0.1:1"), MilvusStore)
