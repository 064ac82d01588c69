"""The catalog keeps every version of every document, never reuses an id, and hides partial commits."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog.database import Catalog
from index.catalog.lock import locked
from index.catalog.schema import HEAD
from index.catalog.writes import save_rows, trashed_document
from index.documents import Chunk, Document, PageLayout, Section, Span
from index.embedding.encoder import Encoder
from index.errors import CatalogError, DocumentNotFoundError, SchemaError, TakenError
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Build, Committed, DocumentRecord, FileState, Incoming, NewVersion, Passage
from index.search.maintenance import Maintenance
from tests.support.reports import Watched, found, incoming, version, words, write

ONE = "First words. Second words."


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


def put_vectors(catalog: Catalog, *texts: str) -> Mapping[str, np.ndarray]:
    new = {f"vector of {text}": np.full(3, len(text), np.float32) for text in texts}
    catalog.put_vectors(new)
    return new


def document(catalog: Catalog, number: int, version: int | None = None) -> DocumentRecord:
    with catalog.reading() as reader:
        return reader.document(number, version)


def passages(catalog: Catalog) -> list[Passage]:
    with catalog.reading() as reader:
        return list(reader.passages())


@pytest.mark.sqlite
class TestOpening:
    @pytest.mark.parametrize("name", ["home", "a b", "what?mode=ro", "50%", "a#b", "état", "%20"])
    def test_it_lies_where_it_was_asked_for(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        Catalog.open(tmp_path / name / "catalog.sqlite").close()
        assert [path.name for path in tmp_path.iterdir()] == [name]
        assert sqlite3.connect(tmp_path / name / "catalog.sqlite").execute(
            "SELECT version_num FROM alembic_version"
        ).fetchall() == [(HEAD,)]

    @pytest.mark.parametrize(
        ("content", "cause"),
        [(b"These are words. " * 100, "file is not a database"), (None, "unable to open database file")],
    )
    def test_a_file_that_is_no_database_is_named_with_the_cause(
        self, tmp_path: Path, content: bytes | None, cause: str
    ) -> None:
        path = tmp_path / "catalog.sqlite"
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
        with pytest.raises(CatalogError) as caught:
            Catalog.open(path)
        assert str(caught.value) == (
            f"the catalog {path} cannot be opened: {cause}; check the folder's permissions and space, or "
            "restore a backup with `footnoted restore FILE`"
        )

    def test_a_newer_programs_catalog_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "catalog.sqlite"
        Catalog.open(path).close()
        with sqlite3.connect(path) as database:
            database.execute("UPDATE alembic_version SET version_num = '0777'")
        with pytest.raises(SchemaError, match="revision '0777'"):
            Catalog.open(path)

    def test_what_was_written_is_there_when_it_is_opened_again(self, tmp_path: Path) -> None:
        for turn in range(3):
            catalog = Catalog.open(tmp_path / "catalog.sqlite")
            assert catalog.generation() == len(catalog.documents()) == turn
            catalog.commit([version(path=f"{turn}.txt")])
            catalog.close()


class TestVersions:
    def test_a_change_is_a_new_version_and_the_old_one_stays_readable(self, catalog: Catalog) -> None:
        old = Document("Old words.", "Old title", "pdf", "en", "Council", "2031-03", (0, 4))
        catalog.commit([version("Old words.", document=old)])
        catalog.commit([version("New words. More.")])
        assert catalog.text(1) == Document("New words. More.", "T", "text", "en")
        assert catalog.text(1, 1) == old
        record = document(catalog, 1, 1)
        assert (record.version, record.title, record.publisher, record.published) == (
            *(1, "Old title", "Council"),
            "2031-03",
        )
        assert (record.pages, record.characters, record.passages, record.kind) == (2, 10, 1, "pdf")
        now = document(catalog, 1)
        assert (now.version, now.pages, now.characters, now.passages) == (2, None, 16, 2)
        assert catalog.documents() == [now]

    def test_going_back_to_old_bytes_is_a_third_version(self, catalog: Catalog) -> None:
        for text in ("A.", "B.", "A."):
            catalog.commit([version(text)])
        assert [catalog.text(1, number).text for number in (1, 2, 3)] == ["A.", "B.", "A."]
        assert document(catalog, 1).version == 3

    def test_the_same_words_read_again_stay_the_same_version(self, catalog: Catalog) -> None:
        catalog.commit([version("A.", digest="d")])
        catalog.commit([version("A.", digest="d")])
        assert (document(catalog, 1).version, catalog.text(1).text) == (1, "A.")
        with pytest.raises(DocumentNotFoundError):
            document(catalog, 1, 2)

    def test_other_words_of_the_same_bytes_are_a_new_version_beside_the_old_one(
        self, catalog: Catalog
    ) -> None:
        catalog.commit([version("A.", digest="d")])
        catalog.commit([version("A, read better.", digest="d")])
        assert (document(catalog, 1).version, catalog.text(1).text) == (2, "A, read better.")
        assert catalog.text(1, 1).text == "A.", "what was cited can still be read"

    @pytest.mark.parametrize(
        ("number", "asked", "message"),
        [
            (7, None, "document 7 is not in the library; it may have been removed"),
            (1, 2, "document 1, version 2 is not in the library; it may have been removed"),
            (1, 0, "document 1, version 0 is not in the library; it may have been removed"),
        ],
    )
    def test_what_is_not_there_is_named(
        self, catalog: Catalog, number: int, asked: int | None, message: str
    ) -> None:
        catalog.commit([version()])
        for read in (partial(document, catalog), catalog.text):
            with pytest.raises(DocumentNotFoundError) as caught:
                read(number, asked)
            assert (str(caught.value), caught.value.document_id, caught.value.version) == (
                *(message, number),
                asked,
            )

    def test_a_removed_document_goes_with_all_its_versions(self, catalog: Catalog) -> None:
        put_vectors(catalog, "A.", "B.")
        catalog.commit([version("A.")])
        catalog.commit([version("B.")])
        catalog.commit([], [1])
        assert (catalog.documents(), passages(catalog)) == ([], [])
        for number in (None, 1, 2):
            with pytest.raises(DocumentNotFoundError):
                catalog.text(1, number)
        assert catalog.known_vectors(["vector of A.", "vector of B."]) == set()


class TestNumbers:
    def test_no_number_is_given_twice(self, catalog: Catalog) -> None:
        seen_documents: list[int] = []
        seen_chunks: list[int] = []
        for turn in range(4):
            committed = catalog.commit([version(path=f"{turn}.txt")], seen_documents[-1:])
            seen_chunks.extend(number for numbers in committed.added for number in numbers)
            seen_documents.extend(record.document_id for record in catalog.documents())
        assert seen_documents == [1, 2, 3, 4]
        assert seen_chunks == list(range(1, 9))

    def test_a_commit_tells_what_came_and_what_went(self, catalog: Catalog) -> None:
        first = catalog.commit([version(path="a.txt"), version(path="b.txt")])
        assert first == Committed(1, (1, 2), ((1, 2), (3, 4)), ())
        second = catalog.commit([version("Other.", path="a.txt"), version("", path="c.txt")], [2])
        assert second == Committed(2, (1, 3), ((5,), ()), (1, 2, 3, 4))
        assert catalog.generation() == 2

    def test_one_path_in_two_folders_is_two_documents(self, catalog: Catalog) -> None:
        catalog.commit([version("A.", source="/x"), version("B.", source="/y")])
        assert [(record.source, record.path) for record in catalog.documents()] == [
            ("/x", "a.txt"),
            ("/y", "a.txt"),
        ]
        assert catalog.files("/y") == {"a.txt": FileState(2, 1, 2, 1, "B.")}
        assert catalog.files("/z") == {}


class TestVectors:
    def test_those_of_a_file_are_those_of_its_passages(self, catalog: Catalog) -> None:
        new = version(path="deep/a.txt", source="/x/y")
        catalog.commit([new, version("Other words.", path="a.txt", source="/x/y/deep/b")])
        assert catalog.vectors_of(Path("/x/y/deep/a.txt")) == {
            f"vector of {text}" for text in ("First words.", "Second words.")
        }
        for other in ("/x/y/a.txt", "/deep/a.txt", "/x/y/deep/a.txt/b", "/x"):
            assert catalog.vectors_of(Path(other)) == frozenset()

    def test_one_that_is_no_longer_named_is_dropped_and_one_that_is_stays(self, catalog: Catalog) -> None:
        digests = list(put_vectors(catalog, "Shared.", "Alone."))
        catalog.commit([version("Shared. Alone."), version("Shared.", path="b.txt")])
        catalog.commit([version("Something.", path="a.txt")])
        assert catalog.known_vectors(digests) == {"vector of Shared."}

    def test_storing_one_again_keeps_the_first(self, catalog: Catalog) -> None:
        catalog.put_vectors({"v": np.ones(2, np.float32)})
        catalog.put_vectors({"v": np.zeros(2, np.float32), "w": np.zeros(2, np.float32)})
        assert catalog.known_vectors(["v", "w", "x"]) == {"v", "w"}


class TestFiles:
    def test_folders_are_followed_once_in_order(self, catalog: Catalog) -> None:
        catalog.follow(["/b", "/a"])
        catalog.follow(["/a"])
        catalog.follow([])
        assert catalog.sources() == ["/a", "/b"]

    def test_a_touched_file_has_its_new_time_and_nothing_else_changes(self, catalog: Catalog) -> None:
        catalog.commit([version()])
        before = catalog.documents()
        catalog.touch({1: (26, 99)})
        assert catalog.files("/r") == {"a.txt": FileState(1, 1, 26, 99, ONE)}
        assert (catalog.documents(), catalog.generation()) == (before, 1)


def test_a_commit_that_fails_leaves_everything_as_it_was(catalog: Catalog) -> None:
    put_vectors(catalog, "First words.", "Second words.")
    catalog.commit([version()])
    before = (catalog.generation(), catalog.documents(), passages(catalog), catalog.files("/r"))
    broken = NewVersion(
        Incoming("/r", "b.txt", 1, 1, "d", Document("B.", "T", "text")), (Chunk(Span(0, 2), ()),), ()
    )
    with pytest.raises(ValueError, match="zip"):
        catalog.commit([version("Changed."), broken], [1])
    assert (catalog.generation(), catalog.documents(), passages(catalog), catalog.files("/r")) == before
    assert len(catalog.known_vectors(["vector of First words.", "vector of Second words."])) == 2


def test_readers_in_other_threads_see_whole_commits(catalog: Catalog) -> None:
    catalog.commit([version("0. 0. 0.")])
    stop = threading.Event()
    seen: list[set[str]] = []

    def read() -> None:
        while not stop.is_set():
            seen.append({passage.text for passage in passages(catalog)})

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(1, 30):
        catalog.commit([version(f"{turn}. {turn}. {turn}.")])
    stop.set()
    reader.join(30)
    assert all(len(texts) == 1 for texts in seen)
    assert seen


def test_the_database_survives_in_a_folder_without_write_permission_as_an_error(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser writes everywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CatalogError, match="unable to open database file"):
            Catalog.open(tmp_path / "catalog.sqlite")
    finally:
        tmp_path.chmod(0o700)


def test_a_catalog_does_not_hold_the_texts_of_its_commits_in_memory(catalog: Catalog) -> None:
    text = "Steel rusts. " * 400_000

    def commit(digest: str) -> None:
        incoming = Incoming("/r", "long.txt", 1, 1, digest, Document(text + digest, "Long", "text"))
        catalog.commit([NewVersion(incoming, (), ())])

    tracemalloc.start()
    try:
        commit("one")
        commit("two")
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < len(text) / 2


def test_removals_stay_forgotten_if_older_caches_let_fewer_be_forgotten(tmp_path: Path) -> None:
    """The caches of another home folder may be older."""
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    for generation in (5, 3):
        catalog.forget_removals(generation)
    with catalog.reading() as reader:
        assert reader.forgotten() == 5
    catalog.close()


@pytest.mark.parametrize("kind", ["locked", "busy", "full"])
def test_caches_that_cannot_follow_are_no_error_of_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    errors: dict[str, Exception] = {
        "locked": locked(tmp_path),
        "busy": sa.exc.OperationalError("SELECT 1", {}, Exception("disk I/O error")),
        "full": OSError(28, "No space left on device"),
    }

    def fail(_maintenance: Maintenance, _build: Build, _committed: Committed) -> None:
        raise errors[kind]

    with Library.open(tmp_path / "home", StubEncoder()) as index:
        monkeypatch.setattr(Maintenance, "_finish", fail)
        assert index.replace([incoming("One gate.")]).generation == 1
        monkeypatch.undo()
        assert [hit.text for hit in index.search("gate")] == ["One gate."]


ROOT = Path(__file__).parents[3]
ROUNDS = 4

SYNC = """
import sys
from pathlib import Path
from benchmarks.stub_encoder import StubEncoder
from index.loaders.sandbox.client import Isolated
from index.library import Library
from index.ingest.synchronize import sync
home, folder = map(Path, sys.argv[1:])
with Library.open(home, StubEncoder()) as index, Isolated() as reader:
    for line in sys.stdin:
        print(sync(index, [folder], reader=reader).failed, flush=True)
"""


def started(home: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SYNC, str(home), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.sqlite
def test_the_index_that_they_leave_is_as_made_afresh(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "reports"
    for number, text in enumerate(words(12)):
        write(folder / f"{number}.txt", text)
    done = Event()
    seen: list[list[str]] = []
    with Library.open(home, StubEncoder()) as served:

        def ask() -> None:
            while not done.is_set():
                with served.snapshot() as snapshot:
                    hits = snapshot.search("flood in the village", 20)
                    texts = [snapshot.reader.text(hit.document.document_id).text for hit in hits]
                    assert [hit.span.of(text) for hit, text in zip(hits, texts, strict=True)] == [
                        hit.text for hit in hits
                    ]
                seen.append([hit.document.path for hit in hits])
                time.sleep(0.01)

        pool = ThreadPoolExecutor(1)
        asking = pool.submit(ask)
        syncing = [started(home, folder) for _ in range(2)]
        try:
            for turn in range(ROUNDS):
                for number, text in enumerate(words(3, seed=100 + turn)):
                    write(folder / f"{(turn + number) % 12}.txt", text)
                (folder / f"{11 - turn}.txt").unlink(missing_ok=True)
                for process in syncing:
                    assert process.stdin is not None
                    process.stdin.write("\n")
                    process.stdin.flush()
                time.sleep(0.2)
            ends = [process.communicate(timeout=60) for process in syncing]
        finally:
            done.set()
            pool.shutdown()
            for process in syncing:
                process.kill()
        asking.result()
        assert [process.returncode for process in syncing] == [0, 0], ends
        assert [end[0].splitlines() for end in ends] == [["()"] * ROUNDS] * 2
        sync(served, [folder])
        with Library.open(tmp_path / "fresh", StubEncoder()) as fresh:
            sync(fresh, [folder])
            for query in ("flood in the village", "police arrest", "gate of the dam"):
                assert found(served, query, 20) == found(fresh, query, 20)
    assert len(seen) > 10


QUERIES = ("the third gate of the dam", "sheds of Orrin", "water")


def report(text: str, path: str = "gate.pdf", title: str = "On gate 3") -> Incoming:
    made = incoming(text, path, title=title, publisher="Council", published="2031-07")
    document = replace(
        made.document,
        kind="pdf",
        page_starts=(0, 4),
        author="A. Writer",
        origins={"title": "page", "collection": "sidecar"},
        collection="Dams",
        sections=(Section(0, 1, "The gate"),),
        mended=(2,),
        layouts=(PageLayout(595.0, 842.0, bytes(64)), PageLayout(595.0, 842.0, bytes(8 * (len(text) - 4)))),
        recognised_pages=(2,),
        recognised_in="eng",
    )
    return replace(made, document=document, size=77, mtime_ns=88)


@pytest.fixture
def removed(index: Library, tmp_path: Path) -> tuple[Path, list[object]]:
    """A file with the rows of a removed document with two versions, and its state before the removal."""
    index.replace([report("The third gate of the dam is shut."), incoming("Water rose.", "water.txt")])
    index.replace([report("The third gate of the dam of Varda is open.\n\nNobody was told.")])
    # Compact first: superseded words count in the rarity of others until then.
    index.compact()
    before = known(index)
    file = tmp_path / "rows"
    with index.catalog.reading() as reader:
        save_rows(reader.connection, 1, file)
    index.replace([], [1])
    return file, before


def known(index: Library) -> list[object]:
    """The stored state of document 1, and the results of searches."""
    with index.catalog.reading() as reader:
        versions: list[DocumentRecord] = reader.versions(1)
        state = reader.file(1)
        layouts = [reader.layouts(1, record.version, [1, 2]) for record in versions]
    texts = [index.catalog.text(1, record.version) for record in versions]
    with index.snapshot() as snapshot:
        return [
            versions,
            state,
            layouts,
            texts,
            *(found(index, query) for query in QUERIES),
            snapshot.groups(),
        ]


def test_it_is_as_if_it_had_never_gone(index: Library, removed: tuple[Path, list[object]]) -> None:
    file, before = removed
    assert [record.path for record in index.catalog.documents()] == ["water.txt"]
    with pytest.raises(DocumentNotFoundError):
        index.catalog.document(1, 1)
    index.replace([trashed_document(file)], back=file)
    index.compact()
    assert known(index) == before
    with Library.open(index.home, index.encoder) as again:
        assert known(again) == before


def test_nothing_is_embedded_and_no_vector_is_left_over(encoder: Encoder, tmp_path: Path) -> None:
    watched = Watched(encoder)
    with Library.open(tmp_path / "home", watched) as index:
        index.replace([report("The third gate of the dam is shut.")])
        stored = counts(index)
        with index.catalog.reading() as reader:
            save_rows(reader.connection, 1, tmp_path / "rows")
        index.replace([], [1])
        assert counts(index) == [0, 0]
        watched.embedded.clear()
        index.replace([trashed_document(tmp_path / "rows")], back=tmp_path / "rows")
        assert (watched.embedded, counts(index)) == ([], stored)


def test_one_that_comes_back_to_another_encoder_is_embedded_by_it(
    encoder: Encoder, removed: tuple[Path, list[object]], index: Library
) -> None:
    file, before = removed
    other = Watched(encoder, "another")
    with Library.open(index.home, other, open_other_encoder=lambda _: encoder) as changed:
        changed.rebuild()
        other.embedded.clear()
        changed.replace([trashed_document(file)], back=file)
        assert len(other.embedded) == 1
        assert known(changed) == before
        assert counts(changed) == [2, 2]


def counts(index: Library) -> list[int]:
    """The numbers of stored vectors, of passages and of sentences."""
    with index.catalog.engine.connect() as connection:
        return [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
            for table in ("vectors", "sentence_vectors")
        ]


def test_it_does_not_come_back_to_a_place_that_is_taken(
    index: Library, removed: tuple[Path, list[object]]
) -> None:
    file, _ = removed
    index.replace([report("Another one.")])
    generation = index.generation
    with pytest.raises(TakenError, match=r"gate\.pdf is in the library again; delete it first, or leave it"):
        index.replace([trashed_document(file)], back=file)
    assert (index.generation, [record.document_id for record in index.catalog.documents()]) == (
        generation,
        [3, 2],
    )


def test_it_comes_back_once(index: Library, removed: tuple[Path, list[object]]) -> None:
    file, before = removed
    index.replace([trashed_document(file)], back=file)
    with pytest.raises(TakenError):
        index.replace([trashed_document(file)], back=file)
    index.compact()
    assert known(index) == before


def test_what_is_not_there_cannot_be_kept(index: Library, tmp_path: Path) -> None:
    with index.catalog.reading() as reader, pytest.raises(DocumentNotFoundError):
        save_rows(reader.connection, 7, tmp_path / "rows")
