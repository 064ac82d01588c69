"""A catalog in PostgreSQL: addresses, texts, crashes and restarts, and home folders that share it."""

from __future__ import annotations

import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog import address_of, lock
from index.catalog.database import Catalog
from index.errors import (
    CatalogError,
    CatalogUnreachableError,
    DocumentNotFoundError,
    FootnotedError,
    LibraryLockedError,
    LibraryWriteError,
    outward_line,
)
from index.library import Library
from index.machine import LONG
from index.records import Filters
from index.search.maintenance import Maintenance
from index.search.manifest import folder_of, read_manifest
from tests.engines.conftest import QUERIES, Replica
from tests.support.postgresql import ON_SQLITE, Server
from tests.support.reports import VOCABULARY, found, incoming, version, words


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("mysql://me:secret@host/name", "mysql://…"),
        ("postgresql://me:secret@host/name", "postgresql://…"),
        ("postgresql+psycopg://me:secret@host", "postgresql+psycopg://…"),
        ("me:secret@host", "FOOTNOTED_DATABASE_URL or --to"),
    ],
)
def test_an_address_of_something_else_is_refused_without_its_password(
    tmp_path: Path, written: str, named: str
) -> None:
    with pytest.raises(CatalogError) as caught:
        address_of(tmp_path, written)
    assert str(caught.value) == (
        f"{named} is not the address of a database; write postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME"
    )


@pytest.mark.parametrize(
    "written",
    ["postgresql+psycopg://me@host/name?password=secret", "postgresql+psycopg://me:se@cret@host/name"],
)
def test_a_password_in_the_wrong_place_is_refused_and_not_shown(tmp_path: Path, written: str) -> None:
    with pytest.raises(CatalogError, match="has its password in the wrong place; write") as caught:
        address_of(tmp_path, written)
    assert "cret" not in str(caught.value)


def test_a_database_that_is_missing_is_named_to_the_operator_alone(server: Server, tmp_path: Path) -> None:
    address = server.address("missing").render_as_string()
    with pytest.raises(CatalogUnreachableError) as caught:
        Library.open(tmp_path, StubEncoder(), database_url=address)
    assert 'database "missing" does not exist' in str(caught.value)
    assert outward_line(caught.value) == (
        "the database of the library cannot be reached; try again in a moment"
    )


def test_documents_are_in_the_order_of_code_points_whatever_the_language_of_the_server(
    server: Server,
) -> None:
    address = server.create("LOCALE_PROVIDER icu ICU_LOCALE 'en'")
    try:
        catalog = Catalog.open(address)
        names = ["b.txt", "A.txt", "é.txt", "a.txt", "B.txt", "_.txt", "Z.txt"]
        catalog.commit([version(path=name) for name in names])
        assert [record.path for record in catalog.documents()] == sorted(names)
        catalog.close()
    finally:
        server.drop(address)


def test_a_character_that_postgresql_lacks_is_replaced(replica: Replica) -> None:
    library = replica("home")
    library.replace([incoming("One\0gate. Two gates.", "a.txt", title="A \0 report")])
    assert library.catalog.text(1).text == "One\N{REPLACEMENT CHARACTER}gate. Two gates."
    assert library.catalog.document(1).title == "A \N{REPLACEMENT CHARACTER} report"


def test_a_passage_of_a_long_text_is_the_span_of_that_text(replica: Replica) -> None:
    text = "\N{WATER WAVE} " + " ".join(words(LONG // 30))
    assert len(text) > LONG
    library = replica("home")
    library.replace([incoming(text, "a.txt")])
    for hit in library.search("river council", limit=5):
        assert hit.text == text[hit.span.start : hit.span.end]


def test_a_server_that_was_restarted_is_used_again(server: Server, replica: Replica) -> None:
    library = replica("home")
    library.replace([incoming("The river rose.", "a.txt")])
    server.stop()
    try:
        with pytest.raises(CatalogUnreachableError, match="cannot be reached"):
            library.search("river")
    finally:
        server.start()
    assert library.search("river")[0].text == "The river rose."
    library.replace([incoming("A gate is shut.", "b.txt")])
    assert library.search("gate")[0].text == "A gate is shut."


def test_a_commit_stands_if_the_server_is_lost_right_after_it(
    server: Server, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = replica("home")
    library.replace([incoming("The river rose.", "a.txt"), incoming("A gate is shut.", "b.txt")])

    def committed(*_: object) -> None:
        server.stop("immediate")

    monkeypatch.setattr(Maintenance, "_finish", committed)
    try:
        assert library.replace([], removed=[1]).generation == 2
    finally:
        server.start()
    assert [record.path for record in library.catalog.documents()] == ["b.txt"]


def test_an_id_that_no_document_has_is_not_found_however_large_it_is(replica: Replica) -> None:
    library = replica("home")
    library.replace([incoming("The river rose.", "a.txt")])
    with pytest.raises(DocumentNotFoundError):
        library.catalog.document(2**53 - 1)
    assert library.search("river", filters=Filters(document_ids=(2**53 - 1,))) == []


def test_a_server_that_has_lost_its_last_commit_is_searched_as_it_is_now(replica: Replica) -> None:
    """A standby that takes over may lack what was committed last."""
    library = replica("home")
    library.replace([incoming("The river rose.", "a.txt")])
    library.replace([incoming("A gate is shut.", "b.txt")])
    assert library.search("gate")[0].text == "A gate is shut."
    with library.catalog.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM documents WHERE path = 'b.txt'"))
        connection.execute(sa.text("UPDATE meta SET value = '1' WHERE key = 'generation'"))
    assert [hit.text for hit in library.search("gate")] == ["The river rose."]
    library.replace([incoming("Two gates are shut.", "c.txt")])
    assert [hit.text for hit in library.search("gates")] == ["Two gates are shut.", "The river rose."]


def test_a_server_that_crashes_while_documents_are_written_loses_and_doubles_none(
    server: Server, replica: Replica, tmp_path: Path
) -> None:
    """The server ends without notice at ten random moments; a document whose write failed is sent again."""
    chance = random.Random(11)  # noqa: S311 (moments, not secrets)
    library = replica("home")
    texts = {f"{number}.txt": " ".join(words(4, seed=number)) for number in range(120)}
    waiting, written, failures = list(texts), threading.Event(), 0

    def crash() -> None:
        for _ in range(10):
            if written.wait(chance.uniform(0.05, 0.4)):
                return
            server.stop("immediate")
            server.start()

    crashes = threading.Thread(target=crash)
    crashes.start()
    while waiting:
        try:
            library.replace([incoming(texts[waiting[0]], waiting[0])])
            waiting.pop(0)
        except (FootnotedError, sa.exc.SQLAlchemyError):
            failures += 1
            assert failures < 500
            time.sleep(0.05)
    written.set()
    crashes.join()
    assert [record.path for record in library.catalog.documents()] == sorted(texts)
    with Library.open(tmp_path / ON_SQLITE, StubEncoder()) as alone:
        alone.replace([incoming(text, path) for path, text in sorted(texts.items())])
        library.compact()
        for query in ("river council", "gate of the dam"):
            assert found(library, query) == found(alone, query)


def results(library: Library) -> list[object]:
    """What a library finds, without ids of the catalog, and with the frequencies of present passages only."""
    library.compact()
    return [found(library, query) for query in QUERIES]


def from_scratch(home: Path, texts: dict[str, str]) -> list[object]:
    """What a new library of one machine finds that has the given texts."""
    with Library.open(home, StubEncoder()) as library:
        library.replace([incoming(text, path) for path, text in sorted(texts.items())])
        return results(library)


def words_folder(library: Library) -> str:
    """The name of the folder with the words of a library: another one after they were written anew."""
    build = library.catalog.build()
    assert build is not None
    manifest = read_manifest(folder_of(library.home, build))
    assert manifest is not None
    return manifest.words


def test_random_changes_in_turn_leave_what_an_index_from_scratch_finds(
    replica: Replica, tmp_path: Path
) -> None:
    """Each change is made in another home than the one before, and read in all of them."""
    chance = random.Random(3)  # noqa: S311 (words, not secrets)
    homes = [replica(name) for name in ("one", "two", "three")]
    texts: dict[str, str] = {}
    for turn in range(24):
        library = homes[turn % 3]
        path = f"{chance.randrange(6)}.txt"
        known = {record.path: record.document_id for record in library.catalog.documents()}
        if path in known and chance.random() < 0.4:
            library.replace([], removed=[known[path]])
            del texts[path]
        else:
            texts[path] = " ".join(words(chance.randint(1, 5), seed=turn))
            library.replace([incoming(texts[path], path)])
        if chance.random() < 0.2:
            library.compact()
        expected = from_scratch(tmp_path / f"{ON_SQLITE} {turn}", texts)
        for other in homes:
            assert results(other) == expected, (turn, other.home.name)


def test_a_replica_adds_what_it_lacks_and_writes_nothing_anew(replica: Replica) -> None:
    one, two = replica("one"), replica("two")
    one.replace([incoming(" ".join(words(40)), "a.txt")])
    two.search("river")
    before = words_folder(two)
    for turn in range(5):
        one.replace([incoming(f"{VOCABULARY[turn]} number {turn}.", f"{turn}.txt")])
        assert two.search(f"number {turn}")[0].document.path == f"{turn}.txt"
    one.replace([], removed=[2])
    assert "0.txt" not in {hit.document.path for hit in two.search("number 0")}
    assert words_folder(two) == before


@pytest.mark.parametrize("passages", [1, 2, 5])
def test_words_of_a_commit_that_failed_are_not_those_of_the_next_one_in_another_home(
    replica: Replica, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passages: int
) -> None:
    """The words are written before the catalog commits, and the next commit gets the same ids."""
    one, two = replica("one"), replica("two")
    one.replace([incoming("The river rose.", "a.txt")])
    two.search("river")
    failing = [incoming("Police in Orrin. Police in Varda. Police in a village.", "b.txt")]
    monkeypatch.setattr("index.catalog.database.note_removals", fail)
    with pytest.raises(LibraryWriteError, match="no more room"):
        one.replace(failing)
    monkeypatch.undo()
    shutil.copytree(tmp_path / "one", tmp_path / "killed")
    others = {f"{number}.txt": f"The council met {number} times." for number in range(passages)}
    two.replace([incoming(text, path) for path, text in others.items()])
    expected = from_scratch(tmp_path / ON_SQLITE, {"a.txt": "The river rose.", **others})
    with Library.open(tmp_path / "killed", StubEncoder(), database_url=database_url) as killed:
        assert results(killed) == expected
    assert results(one) == expected
    one.replace([incoming("Police in Orrin.", "b.txt")])
    assert two.search("police")[0].document.path == one.search("police")[0].document.path == "b.txt"


def fail(*_: object) -> None:
    """Fail as a full disk does, in the middle of a transaction."""
    raise OSError(28, "no more room")


def test_a_replica_that_misses_forgotten_removals_makes_its_caches_anew(
    replica: Replica, tmp_path: Path
) -> None:
    one, two = replica("one"), replica("two")
    one.replace([incoming("The river rose.", "a.txt"), incoming("A gate is shut.", "b.txt")])
    two.search("river")
    before = words_folder(two)
    one.replace([], removed=[1])
    assert one.compact()
    with one.catalog.reading() as reader:
        assert reader.removed() == [], "the removal is forgotten"
    assert results(two) == from_scratch(tmp_path / ON_SQLITE, {"b.txt": "A gate is shut."})
    assert words_folder(two) != before


def test_writers_of_several_homes_write_one_after_the_other(replica: Replica, tmp_path: Path) -> None:
    homes = [replica(name) for name in ("one", "two", "three")]
    texts = {f"{number}.txt": " ".join(words(3, seed=number)) for number in range(30)}

    def write(number: int) -> int:
        path = f"{number}.txt"
        return homes[number % 3].replace([incoming(texts[path], path)]).generation

    with ThreadPoolExecutor(6) as pool:
        generations = list(pool.map(write, range(30)))
    assert sorted(generations) == list(range(1, 31))
    expected = from_scratch(tmp_path / ON_SQLITE, texts)
    assert [results(library) for library in homes] == [expected] * 3


def test_a_writer_in_another_home_is_waited_for_and_not_forever(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = replica("one"), replica("two")
    one.replace([incoming("The river rose.", "a.txt")])
    monkeypatch.setattr(lock, "LOCK_SECONDS", 0.2)
    with one._maintenance.writing():
        assert two.search("river"), "readers do not wait"
        with pytest.raises(LibraryLockedError, match="another process is writing to the library"):
            two.replace([incoming("A gate is shut.", "b.txt")])
    two.replace([incoming("A gate is shut.", "b.txt")])
    assert one.search("gate")[0].document.path == "b.txt"
