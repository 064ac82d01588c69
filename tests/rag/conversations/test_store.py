"""Texts are kept beside the documents: the same bytes for ever, in their order, in nobody's way."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalog.backup import back_up, restore
from index.catalog.database import Catalog
from index.library import Library
from rag.conversations.store import FoundBy, Kept
from rag.errors import KeptNotFoundError
from tests.support.reports import incoming, version

CREATED = "2031-08-02T10:00:00+00:00"

WRITING = """
import sys
from pathlib import Path
from index.catalog.database import Catalog
catalog = Catalog.open(Path(sys.argv[1]))
with catalog.engine.begin() as connection:
    connection.exec_driver_sql("INSERT INTO sources VALUES ('/slow', 1)")
    print("writing", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def kept(catalog: Catalog) -> Kept:
    return Kept(catalog.engine)


def test_a_text_is_the_same_whatever_is_in_it(kept: Kept) -> None:
    text = '{"quote":"Ünï\\u0000 “x”\\n\u2028 \U0001f4dc"}  \n'
    kept.put("a", None, CREATED, text)
    assert kept.get("a") == text


def test_what_is_kept_is_never_changed(kept: Kept) -> None:
    kept.put("a", None, CREATED, "first")
    with pytest.raises(sa.exc.IntegrityError):
        kept.put("a", None, CREATED, "second")
    assert kept.get("a") == "first"


def test_a_series_has_its_last_texts_in_the_order_in_which_they_came(kept: Kept) -> None:
    for number in range(5):
        kept.put(f"{number}", "s", CREATED, f"text {number}")
        kept.put(f"other {number}", "t" if number % 2 else None, CREATED, "other")
    assert kept.series("s", 3) == ["text 2", "text 3", "text 4"]
    assert kept.series("s", 100) == [f"text {number}" for number in range(5)]
    assert kept.series("t", 100) == ["other", "other"]
    assert kept.series("nothing", 100) == []


def test_a_text_takes_the_place_of_others_which_stay_under_their_ids(kept: Kept) -> None:
    for name in ("a", "b", "c"):
        kept.put(name, "s", CREATED, f"text {name}")
        kept.put(f"other {name}", "t", CREATED, f"other {name}")
    kept.put("d", "s", CREATED, "text d", replaces="b")
    assert kept.series("s") == ["text a", "text d"]
    assert [kept.get(name) for name in ("b", "c")] == ["text b", "text c"]
    assert kept.series("t") == ["other a", "other b", "other c"], "other series are left alone"
    kept.put("e", "s", CREATED, "text e", replaces="b")
    assert kept.series("s") == ["text a", "text e"], "what had taken its place goes with it"
    kept.put("f", "s", CREATED, "text f", replaces="a")
    assert kept.series("s") == ["text f"]


@pytest.mark.parametrize("replaces", ["nothing", "other", "alone"])
def test_what_is_not_in_the_series_replaces_nothing(kept: Kept, replaces: str) -> None:
    kept.put("a", "s", CREATED, "text a")
    kept.put("other", "t", CREATED, "other")
    kept.put("alone", None, CREATED, "alone")
    kept.put("b", "s", CREATED, "text b", replaces=replaces)
    kept.put("c", None, CREATED, "text c", replaces=replaces)
    assert (kept.series("s"), kept.series("t")) == (["text a", "text b"], ["other"])


def test_a_text_that_is_refused_replaces_nothing(kept: Kept) -> None:
    kept.put("a", "s", CREATED, "text a")
    with pytest.raises(sa.exc.IntegrityError):
        kept.put("a", "s", CREATED, "again", replaces="a")
    assert kept.series("s") == ["text a"]


def test_what_came_before_a_text_is_known_also_where_it_was_replaced(kept: Kept) -> None:
    for name in ("a", "b", "c"):
        kept.put(name, "s", CREATED, f"text {name}")
    kept.put("d", "s", CREATED, "text d", replaces="c")
    kept.put("alone", None, CREATED, "alone")
    assert kept.before("c") == kept.before("d") == ("s", ["text a", "text b"])
    assert kept.before("d", 1) == ("s", ["text b"])
    assert kept.before("a") == ("s", [])
    assert kept.before("alone") == (None, [])
    with pytest.raises(KeptNotFoundError):
        kept.before("nothing")


def test_texts_that_refer_to_a_document_come_the_newest_first(kept: Kept) -> None:
    references = {
        "a": {(1, 1), (2, 1)},
        "b": {(1, 1), (1, 2)},
        "c": {(2, 3)},
        "d": {(1, 2)},
        "e": {(1, 3)},
    }
    for name, places in references.items():
        kept.put(name, "s", CREATED, name, FoundBy(references=frozenset(places)))
    assert kept.referring(1, 10) == [(3, "e"), (2, "d"), (2, "b"), (1, "b"), (1, "a")]
    assert kept.referring(1, 2) == [(3, "e"), (2, "d")]
    assert kept.referring(2, 10) == [(3, "c"), (1, "a")]
    assert kept.referring(7, 10) == []
    kept.put("f", "s", CREATED, "f", replaces="d")
    kept.delete("b")
    assert kept.referring(1, 10) == [(1, "a")]


@given(st.lists(st.tuples(st.sampled_from("st"), st.none() | st.integers(0, 12), st.booleans()), max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_series_has_what_was_put_and_neither_replaced_nor_deleted(
    steps: list[tuple[str, int | None, bool]],
) -> None:
    """Against a list: each step puts a text, perhaps in the place of an earlier one, perhaps to delete it."""
    with TemporaryDirectory() as folder:
        catalog = Catalog.open(Path(folder) / "catalog.sqlite")
        kept = Kept(catalog.engine)
        there: dict[str, list[int]] = {"s": [], "t": []}
        put: list[tuple[int, str]] = []
        for number, (series, replaces, deleted) in enumerate(steps):
            kept.put(f"{number}", series, CREATED, f"{number}", replaces=f"{replaces}")
            if (replaces, series) in put:
                there[series] = [earlier for earlier in there[series] if earlier < (replaces or 0)]
            there[series].append(number)
            put.append((number, series))
            if deleted:
                kept.delete(f"{number}")
                there[series].remove(number)
                put.remove((number, series))
        assert {name: kept.series(name) for name in there} == {
            name: [f"{number}" for number in numbers] for name, numbers in there.items()
        }
        catalog.close()


def test_a_text_that_was_deleted_is_not_found(kept: Kept) -> None:
    kept.put("a", "s", CREATED, "text")
    kept.delete("a")
    assert kept.series("s", 1) == []
    for act in (kept.get, kept.delete):
        with pytest.raises(KeptNotFoundError, match=r"^nothing is kept under 'a'; it may have been deleted$"):
            act("a")


def test_keeping_a_text_changes_nothing_that_is_searched(index: Library) -> None:
    index.replace([incoming("One gate of the dam.")])
    before = index.generation, [hit.text for hit in index.search("gate")], index.catalog.documents()
    Kept(index.catalog.engine).put("a", None, CREATED, "One gate of the dam.")
    assert (index.generation, [hit.text for hit in index.search("gate")], index.catalog.documents()) == before


def test_a_text_waits_for_whoever_is_writing(catalog: Catalog, kept: Kept, tmp_path: Path) -> None:
    """The writer is another process, which holds the database in the middle of a long transaction."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path / "catalog.sqlite")],
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        keeper = threading.Thread(target=kept.put, args=("a", None, CREATED, "text"))
        keeper.start()
        keeper.join(0.5)
        assert keeper.is_alive(), "it waits"
        assert catalog.generation() == 0, "who reads does not"
        process.stdin.write("go on\n")
        process.stdin.close()
        keeper.join(30)
        assert process.wait(30) == 0
    assert not keeper.is_alive()
    assert (kept.get("a"), catalog.sources()) == ("text", ["/slow"])


def test_texts_and_documents_are_written_at_the_same_time(catalog: Catalog, kept: Kept) -> None:
    def keep_many(turn: int) -> None:
        for number in range(20):
            kept.put(f"{turn}-{number}", f"{turn}", CREATED, f"text {number}")

    threads = [threading.Thread(target=keep_many, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for number in range(10):
        catalog.commit([version(path=f"{number}.txt")])
    for thread in threads:
        thread.join(60)
    assert (catalog.generation(), len(catalog.documents())) == (10, 10)
    assert [kept.series(f"{turn}", 100) for turn in range(3)] == [
        [f"text {number}" for number in range(20)]
    ] * 3


def test_what_is_kept_is_in_a_backup(index: Library, tmp_path: Path) -> None:
    index.replace([incoming("One gate of the dam.")])
    kept = Kept(index.catalog.engine)
    kept.put("a", "s", CREATED, "before")
    back_up(index.home, tmp_path / "library.tar")
    kept.put("b", "s", CREATED, "after")
    restore(index.home, tmp_path / "library.tar")
    assert kept.series("s", 10) == ["before"]
