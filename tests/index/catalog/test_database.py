"""The catalog keeps every version of every document, never reuses an id, and hides partial commits."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Mapping
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
from index.documents import Chunk, Document, Origin, PageLayout, Section, Span
from index.embedding.encoder import Encoder
from index.errors import CatalogError, DocumentNotFoundError, TakenError, VectorsGoneError
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Build, Committed, DocumentRecord, FileState, Incoming, NewVersion, Passage, Recipe
from index.search.maintenance import Maintenance
from tests.support.reports import Watched, found, incoming, version, words, write


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
    @pytest.mark.parametrize("name", ["what?mode=ro", "50%", "a#b", "état", "%20"])
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


class TestVersions:
    def test_a_change_is_a_new_version_and_the_old_one_stays_readable(self, catalog: Catalog) -> None:
        old = Document("Old words.", "Old title", "pdf", "en", "Council", "2031-03", (0, 4))
        catalog.commit([version("Old words.", document=old)])
        catalog.commit([version("New words. More.")])
        assert catalog.text(1) == Document("New words. More.", "T", "text", "en")
        assert catalog.text(1, 1) == old
        then, now = document(catalog, 1, 1), document(catalog, 1)
        assert (then.version, then.title, then.published) == (1, "Old title", "2031-03")
        assert (then.pages, then.characters, then.passages, then.kind) == (2, 10, 1, "pdf")
        assert (now.version, now.pages, now.characters, now.passages) == (2, None, 16, 2)
        assert catalog.documents() == [now]

    @pytest.mark.parametrize(
        ("read", "versions"),
        [
            ([("A.", "a"), ("B.", "b"), ("A.", "a")], ["A.", "B.", "A."]),
            ([("A.", "d"), ("A.", "d")], ["A."]),
            # What was cited can still be read after the same bytes were read better.
            ([("A.", "d"), ("A, read better.", "d")], ["A.", "A, read better."]),
        ],
    )
    def test_other_words_are_a_new_version_beside_the_old_ones(
        self, catalog: Catalog, read: list[tuple[str, str]], versions: list[str]
    ) -> None:
        for text, digest in read:
            catalog.commit([version(text, digest=digest)])
        last = len(versions)
        assert [catalog.text(1, number).text for number in range(1, last + 1)] == versions
        assert (document(catalog, 1).version, catalog.text(1).text) == (last, versions[-1])
        with pytest.raises(DocumentNotFoundError):
            document(catalog, 1, last + 1)

    @pytest.mark.parametrize(
        ("number", "asked", "named"),
        [(7, None, "document 7"), (1, 2, "document 1, version 2"), (1, 0, "document 1, version 0")],
    )
    def test_what_is_not_there_is_named(
        self, catalog: Catalog, number: int, asked: int | None, named: str
    ) -> None:
        catalog.commit([version()])
        for read in (partial(document, catalog), catalog.text):
            with pytest.raises(DocumentNotFoundError) as caught:
                read(number, asked)
            assert str(caught.value) == f"{named} is not in the library; it may have been removed"
            assert (caught.value.document_id, caught.value.version) == (number, asked)

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
        known = [(record.source, record.path) for record in catalog.documents()]
        assert known == [("/x", "a.txt"), ("/y", "a.txt")]
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


def test_folders_are_followed_once_in_order(catalog: Catalog) -> None:
    for folders in (["/b", "/a"], ["/a"], []):
        catalog.follow(folders)
    assert catalog.sources() == ["/a", "/b"]


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


def test_removals_stay_forgotten_if_older_caches_let_fewer_be_forgotten(catalog: Catalog) -> None:
    # The caches of another home folder may be older.
    for generation in (5, 3):
        catalog.forget_removals(generation)
    with catalog.reading() as reader:
        assert reader.forgotten() == 5


@pytest.mark.parametrize("kind", ["locked", "busy", "full"])
def test_caches_that_cannot_follow_are_no_error_of_the_commit(
    stubbed: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    errors: dict[str, Exception] = {
        "locked": locked(tmp_path),
        "busy": sa.exc.OperationalError("SELECT 1", {}, Exception("disk I/O error")),
        "full": OSError(28, "No space left on device"),
    }

    def fail(_maintenance: Maintenance, _build: Build, _committed: Committed) -> None:
        raise errors[kind]

    monkeypatch.setattr(Maintenance, "_finish", fail)
    assert stubbed.replace([incoming("One gate.")]).generation == 1
    monkeypatch.undo()
    assert [hit.text for hit in stubbed.search("gate")] == ["One gate."]


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


@pytest.mark.slow
@pytest.mark.sqlite
def test_what_two_syncs_at_once_leave_is_as_made_afresh(tmp_path: Path) -> None:
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


def test_a_document_that_comes_back_once_is_as_if_it_had_never_gone(
    index: Library, removed: tuple[Path, list[object]]
) -> None:
    file, before = removed
    assert [record.path for record in index.catalog.documents()] == ["water.txt"]
    with pytest.raises(DocumentNotFoundError):
        index.catalog.document(1, 1)
    index.replace([trashed_document(file)], back=file)
    with pytest.raises(TakenError):
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


def test_one_does_not_come_back_to_a_place_that_is_taken(
    index: Library, removed: tuple[Path, list[object]]
) -> None:
    file, _ = removed
    index.replace([report("Another one.")])
    generation = index.generation
    with pytest.raises(TakenError, match=r"gate\.pdf is in the library again; delete it first, or leave it"):
        index.replace([trashed_document(file)], back=file)
    assert index.generation == generation
    assert [record.document_id for record in index.catalog.documents()] == [3, 2]


MINI = Recipe("mini@1", 200, 40, 1, "mini")


class TestBuilds:
    def test_an_empty_library_has_none_and_takes_to_the_first_recipe(self, catalog: Catalog) -> None:
        assert catalog.build() is None
        catalog.commit([version()], recipe=MINI)
        build = catalog.build()
        assert build is not None
        assert (build.number, build.recipe, len(build.lineage)) == (1, MINI, 32)
        catalog.commit([version(path="b.txt")])
        catalog.commit([version(path="c.txt")], recipe=MINI)
        assert catalog.build() == build

    def test_passages_of_another_recipe_are_refused_while_there_are_any(self, catalog: Catalog) -> None:
        catalog.commit([version()], recipe=MINI)
        other = Recipe("other@1", 200, 40, 1)
        with pytest.raises(ValueError, match=r"'other@1'.* cannot go to a library of .*'mini@1'"):
            catalog.commit([version(path="b.txt")], recipe=other)
        assert (catalog.generation(), len(catalog.documents())) == (1, 1)
        catalog.commit([], [1])
        catalog.commit([version(path="b.txt")], recipe=other)
        build = catalog.build()
        assert build is not None
        assert (build.number, build.recipe) == (2, other)

    def test_two_ways_to_one_encoder_are_one_recipe(self, catalog: Catalog) -> None:
        catalog.commit([version()], recipe=MINI)
        catalog.commit([version(path="b.txt")], recipe=Recipe("mini@1", 200, 40, 1, "/elsewhere/mini"))
        build = catalog.build()
        assert build is not None
        assert (build.number, build.recipe.model) == (1, "mini")

    def test_a_lineage_is_a_catalogs_own(self, tmp_path: Path) -> None:
        lineages = set()
        for name in ("a", "b"):
            opened = Catalog.open(tmp_path / name)
            opened.commit([version()])
            build = opened.build()
            assert build is not None
            lineages.add(build.lineage)
            opened.close()
        assert len(lineages) == 2


class TestPreparing:
    """A commit calls ``prepare`` with its expected outcome before the commit becomes visible."""

    def test_what_it_raises_undoes_the_commit_and_its_numbers(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")

        def fail(_committed: Committed, _build: Build) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            catalog.commit([version()], (), MINI, fail)
        assert (catalog.generation(), catalog.documents(), catalog.build()) == (0, [], None)
        assert catalog.commit([version()], (), MINI) == Committed(1, (1,), ((1, 2),), ())

    def test_it_is_not_asked_where_a_vector_has_gone_meanwhile(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.")
        told: list[Committed] = []
        with pytest.raises(VectorsGoneError, match=r"^1 of 2 vectors are gone; embed them again$"):
            catalog.commit([version()], (), MINI, lambda committed, _: told.append(committed))
        assert (told, catalog.generation(), catalog.documents()) == ([], 0, [])

    def test_others_may_write_meanwhile(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")
        catalog.commit([version()], (), MINI, lambda *_: catalog.follow(["/meanwhile"]))
        assert catalog.sources() == ["/meanwhile"]

    def test_it_is_told_again_where_its_numbers_were_given_to_others(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")
        catalog.commit([version(path="b.txt")], (), MINI)
        told: list[Committed] = []

        def write_another(committed: Committed, _build: Build) -> None:
            told.append(committed)
            if len(told) == 1:
                catalog.commit([version(path="c.txt")], (), MINI)

        committed = catalog.commit([version()], (), MINI, write_another)
        assert told == [Committed(2, (2,), ((3, 4),), ()), Committed(3, (3,), ((5, 6),), ())]
        assert committed == told[1]


def layouts(catalog: Catalog, number: int, version: int, pages: list[int]) -> dict[int, PageLayout]:
    with catalog.reading() as reader:
        return reader.layouts(number, version, pages)


TEXT = "Costs\n\nItem | 2031\nGate 3 | 1.2\nGate 4 | 1.9"
DOCUMENT = Document(
    TEXT,
    "T",
    "pdf",
    "en",
    page_starts=(0, 19),
    author="A. Writer",
    origins={"title": "page", "author": "document properties", "collection": "sidecar"},
    sections=(Section(0, 1, "Costs"),),
    mended=(3, 5),
    layouts=(PageLayout(595.0, 842.0, bytes(range(160))), PageLayout(842.0, 595.0, b"\x01\x02" * 96)),
    unread_pages=(2,),
    recognised_pages=(1,),
    recognised_in="eng",
    collection="Dams",
)


def written(catalog: Catalog) -> int:
    rows = (Span(7, 18), Span(19, 31), Span(32, 44))
    new = NewVersion(
        Incoming("/r", "a.pdf", 1, 1, "d", DOCUMENT),
        (Chunk(Span(0, 18), (Span(0, 5), rows[0]), Span(0, 18)), Chunk(Span(19, 44), rows[1:], Span(0, 18))),
        ("v1", "v2"),
    )
    catalog.put_vectors({"v1": np.ones(2, np.float32), "v2": np.ones(2, np.float32)})
    catalog.commit([new])
    return catalog.documents()[0].document_id


def test_a_document_comes_with_its_text_but_without_the_layouts(catalog: Catalog) -> None:
    number = written(catalog)
    assert catalog.text(number) == replace(DOCUMENT, layouts=())
    record = document(catalog, number)
    assert (record.author, record.unread_pages, record.pages) == ("A. Writer", (2,), 2)
    assert record.recognised_pages == (1,)
    state = catalog.files("/r")["a.pdf"]
    assert (state.has_pictures, state.recognised_in) == (True, "eng")
    assert record.origins == DOCUMENT.origins
    assert (record.recognised(1), record.recognised(2), record.recognised(2, 1)) == (True, False, True)


@pytest.mark.parametrize(
    ("path", "said", "expected"),
    [
        ("a.pdf", None, None),
        ("nested/a.pdf", None, "nested"),
        ("nested/deeper/a.pdf", None, "nested"),
        ("nested/a.pdf", "Dams", "Dams"),
        ("a.pdf", "Dams", "Dams"),
        (f"{'é' * 201}/a.pdf", None, "é" * 200),
    ],
)
def test_the_collection_is_what_somebody_said_else_the_first_folder_of_the_path(
    catalog: Catalog, path: str, said: str | None, expected: str | None
) -> None:
    origins: dict[str, Origin] = {"collection": "sidecar"} if said else {}
    document = replace(DOCUMENT, collection=said, origins=origins, layouts=())
    catalog.commit([NewVersion(Incoming("/r", path, 1, 1, "d", document), (), ())])
    (record,) = catalog.documents()
    assert record.collection == expected
    assert catalog.text(record.document_id) == document, "what was read does not have its folder"


def test_another_word_on_the_collection_is_written_with_the_same_words(catalog: Catalog) -> None:
    number = written(catalog)
    for said, expected in ((None, None), ("Rivers", "Rivers")):
        again = replace(DOCUMENT, collection=said, origins={"collection": "sidecar"} if said else {})
        catalog.commit([NewVersion(Incoming("/r", "a.pdf", 1, 1, "d", again), (), ())])
        record = document(catalog, number)
        assert (record.version, record.collection) == (1, expected)


def test_the_same_words_without_layouts_keep_the_places_that_they_have(catalog: Catalog) -> None:
    number = written(catalog)
    again = Incoming("/r", "a.pdf", 1, 1, "d", replace(DOCUMENT, layouts=(), author="B. Writer"))
    catalog.commit([NewVersion(again, (), ())])
    assert (document(catalog, number).version, document(catalog, number).author) == (1, "B. Writer")
    assert layouts(catalog, number, 1, [1, 2]) == dict(enumerate(DOCUMENT.layouts, 1))


@pytest.mark.parametrize(
    ("kind", "unread", "recognised", "expected"),
    [("pdf", (), (), False), ("pdf", (1,), (), True), ("pdf", (), (2,), True), ("pptx", (1,), (), False)],
)
def test_only_pages_of_pdfs_are_pictures_that_can_be_recognised(
    catalog: Catalog, kind: str, unread: tuple[int, ...], recognised: tuple[int, ...], expected: bool
) -> None:
    document = replace(DOCUMENT, kind=kind, unread_pages=unread, recognised_pages=recognised)
    catalog.commit([NewVersion(Incoming("/r", "a", 1, 1, "d", document), (), ())])
    assert catalog.files("/r")["a"].has_pictures is expected


def test_layouts_are_fetched_by_page(catalog: Catalog) -> None:
    number = written(catalog)
    assert layouts(catalog, number, 1, [2, 3]) == {2: DOCUMENT.layouts[1]}
    assert layouts(catalog, number, 1, [1, 2]) == dict(enumerate(DOCUMENT.layouts, 1))
    assert layouts(catalog, number, 2, [1]) == {}
    catalog.commit([], [number])
    assert layouts(catalog, number, 1, [1, 2]) == {}, "they go with their version"


def test_rows_know_their_headings(catalog: Catalog) -> None:
    written(catalog)
    with catalog.reading() as reader:
        first, second = reader.passages()
    assert (second.text, second.headings) == ("Gate 3 | 1.2\nGate 4 | 1.9", "Costs\n\nItem | 2031")
    assert (first.header, second.header) == (Span(0, 18), Span(0, 18))


def test_a_superseded_version_names_the_one_after_it(catalog: Catalog) -> None:
    for text in ("One.", "Two.", "Three."):
        catalog.commit([version(text)])
    number = catalog.documents()[0].document_id
    assert [document(catalog, number, each).superseded_by for each in (1, 2, 3)] == [2, 3, None]


def test_the_same_file_read_otherwise_supersedes_nothing(catalog: Catalog) -> None:
    for text, digest in (("One.", "a"), ("Two.", "b"), ("Two, read better.", "b"), ("Three.", "c")):
        catalog.commit([version(text, digest=digest)])
    assert [document(catalog, 1, each).superseded_by for each in (1, 2, 3, 4)] == [2, 4, 4, None]
