"""A sync that reads and embeds on a Ray cluster makes the library that a local sync makes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import pytest

from index.catalog import Catalog
from index.embedding.encoder import Encoder
from index.embedding.model import Vector
from index.errors import ClusterError
from index.ingest import open_cluster, sync
from index.library import Library
from tests.engines.conftest import QUERIES
from tests.support import ray_cluster
from tests.support.ray_cluster import RayCluster
from tests.support.reports import words

pytestmark = pytest.mark.slow


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Reports, a file that cannot be read, and a sidecar."""
    folder = tmp_path / "reports"
    folder.mkdir()
    texts = words(60, 7)
    for number in range(20):
        (folder / f"{number}.txt").write_text(
            "\n\n".join(texts[3 * number : 3 * number + 3]), encoding="utf-8"
        )
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n junk")
    (folder / "3.txt.meta.yaml").write_text("publisher: The Harbour Board\n", encoding="utf-8")
    return folder


def content(library: Library) -> list[object]:
    """The documents and results of a library, without the times at which it was written."""
    with library.catalog.reading() as reader:
        documents = [
            (record.path, record.title, record.publisher, record.published, record.digest, record.passages)
            for record in reader.documents()
        ]
    results = [[(hit.document.document_id, hit.text) for hit in library.search(query)] for query in QUERIES]
    return [documents, results]


def vectors(library: Library) -> dict[str, Vector]:
    """The vector of each passage, by its text."""
    with library.catalog.reading() as reader:
        parts = list(reader.all_vectors())
        numbers = [int(number) for some, _ in parts for number in some]
        texts = {passage.chunk_id: passage.text for passage in reader.passages({*numbers})}
        stored = [vector for _, some in parts for vector in some]
    return {texts[number]: vector for number, vector in zip(numbers, stored, strict=True)}


@pytest.mark.parametrize("outside", [False, True], ids=["on a node", "by Ray's client"])
def test_a_sync_on_a_cluster_makes_the_library_of_a_local_one(
    outside: bool, nodes: RayCluster, encoder: Encoder, reports: Path, tmp_path: Path
) -> None:
    if outside and os.environ.get("CI"):
        pytest.skip("on a busy machine, Ray's client does not always start in its half minute")
    address = nodes.client_address if outside else nodes.address
    with Library.open(tmp_path / "local", encoder) as ours, Library.open(tmp_path / "ray", encoder) as theirs:
        local = sync(ours, [reports])
        with open_cluster(address, theirs) as readers:
            assert len(readers) == 2, "a reader for each core"
            remote = sync(theirs, [reports], reader=readers)
        assert (remote.added, remote.failed) == (local.added, local.failed)
        assert len(remote.added) == 20
        assert content(theirs) == content(ours)
        one, other = vectors(ours), vectors(theirs)
        assert one.keys() == other.keys()
        assert min(float(one[text] @ other[text]) for text in one) > 0.99999
        (reports / "3.txt").unlink()
        with open_cluster(address, theirs) as readers:
            again = sync(theirs, reader=readers)
        assert (again.added, again.removed, again.unchanged) == ((), ("3.txt",), 19)


def test_a_node_embeds_only_the_new_passages_of_a_changed_report(
    nodes: RayCluster, encoder: Encoder, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []
    put = Catalog.put_vectors

    def counted(catalog: Catalog, new: Mapping[str, Vector], sentences: Mapping[str, bytes]) -> None:
        stored.append(len(new))
        put(catalog, new, sentences)

    long = reports / "long.txt"
    long.write_text("\n\n".join(" ".join(words(40, seed)) for seed in range(20)), encoding="utf-8")
    with Library.open(tmp_path / "ray", encoder) as library:
        with open_cluster(nodes.address, library) as readers:
            sync(library, [reports], reader=readers)
        [record] = [each for each in library.catalog.documents() if each.path == "long.txt"]
        assert len(library.catalog.vectors_of(long)) == record.passages > 10
        monkeypatch.setattr(Catalog, "put_vectors", counted)
        with long.open("a", encoding="utf-8") as file:
            file.write("\n\nThe mayor of Orrin opened a bridge.")
        with open_cluster(nodes.address, library) as readers:
            assert sync(library, [reports], reader=readers).changed == ("long.txt",)
        assert 1 <= sum(stored) <= 2
        library.compact()
        with Library.open(tmp_path / "local", encoder) as local:
            sync(local, [reports])
            assert content(library) == content(local)


def test_a_sync_ends_with_all_files_although_a_node_is_lost(
    nodes: RayCluster, encoder: Encoder, reports: Path, tmp_path: Path
) -> None:
    begun = time.monotonic()

    def kill() -> None:
        time.sleep(1)
        nodes.lose()

    with Library.open(tmp_path / "ray", encoder) as library, open_cluster(nodes.address, library) as readers:
        killer = Thread(target=kill)
        killer.start()
        report = sync(library, [reports], reader=readers)
        killer.join()
        assert len(report.added) == 20, f"{report.failed} after {time.monotonic() - begun:.0f} s"
        assert [failure.path for failure in report.failed] == ["broken.pdf"]
        with Library.open(tmp_path / "local", encoder) as ours:
            sync(ours, [reports])
            assert content(library) == content(ours)


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("127.0.0.1:1", "Connection refused"),
        ("127.0.0.1", r"write HOST:6379 on a node of it, or ray://HOST:10001"),
        ("ray://127.0.0.1:x", r"write HOST:6379 on a node of it, or ray://HOST:10001"),
    ],
)
def test_a_cluster_that_is_not_there_is_named(
    encoder: Encoder, tmp_path: Path, address: str, cause: str
) -> None:
    if not ray_cluster.is_installed():
        pytest.skip("it needs Ray: run `make test-engines`")
    with (
        Library.open(tmp_path, encoder) as library,
        pytest.raises(ClusterError, match=rf"^the Ray cluster at {address} cannot be used \(.*{cause}\); "),
        open_cluster(address, library),
    ):
        pytest.fail("it was reached")
