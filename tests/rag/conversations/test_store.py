"""Answers are stored beside the documents: unchanged, in order, and without blocking searches."""

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
from rag.conversations.store import AnswerStore, SearchFields
from rag.errors import AnswerNotFoundError
from tests.support.examples import up_to
from tests.support.markup import bodies
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
def store(catalog: Catalog) -> AnswerStore:
    return AnswerStore(catalog)


def test_an_answer_is_stored_byte_for_byte(store: AnswerStore) -> None:
    text = '{"quote":"Ünï\\u0000 “x”\\n\u2028 \U0001f4dc"}  \n'
    store.put("a", None, CREATED, text)
    assert store.get("a") == text


def test_a_stored_answer_is_never_overwritten(store: AnswerStore) -> None:
    store.put("a", None, CREATED, "first")
    with pytest.raises(sa.exc.IntegrityError):
        store.put("a", None, CREATED, "second")
    assert store.get("a") == "first"


def test_a_conversation_returns_its_last_answers_oldest_first(store: AnswerStore) -> None:
    for number in range(5):
        store.put(f"{number}", "s", CREATED, f"text {number}")
        store.put(f"other {number}", "t" if number % 2 else None, CREATED, "other")
    assert bodies(store.conversation("s", 3)) == ["text 2", "text 3", "text 4"]
    assert bodies(store.conversation("s", 100)) == [f"text {number}" for number in range(5)]
    assert bodies(store.conversation("t", 100)) == ["other", "other"]
    assert bodies(store.conversation("nothing", 100)) == []


def test_replaced_answers_leave_the_conversation_and_keep_their_ids(store: AnswerStore) -> None:
    for name in ("a", "b", "c"):
        store.put(name, "s", CREATED, f"text {name}")
        store.put(f"other {name}", "t", CREATED, f"other {name}")
    store.put("d", "s", CREATED, "text d", replaces="b")
    assert bodies(store.conversation("s")) == ["text a", "text d"]
    assert [store.get(name) for name in ("b", "c")] == ["text b", "text c"]
    assert bodies(store.conversation("t")) == ["other a", "other b", "other c"], "other series are left alone"
    store.put("e", "s", CREATED, "text e", replaces="b")
    assert bodies(store.conversation("s")) == ["text a", "text e"], "what had taken its place goes with it"
    store.put("f", "s", CREATED, "text f", replaces="a")
    assert bodies(store.conversation("s")) == ["text f"]


@pytest.mark.parametrize("replaces", ["nothing", "other", "alone"])
def test_an_id_from_outside_the_conversation_replaces_nothing(store: AnswerStore, replaces: str) -> None:
    store.put("a", "s", CREATED, "text a")
    store.put("other", "t", CREATED, "other")
    store.put("alone", None, CREATED, "alone")
    store.put("b", "s", CREATED, "text b", replaces=replaces)
    store.put("c", None, CREATED, "text c", replaces=replaces)
    assert (bodies(store.conversation("s")), bodies(store.conversation("t"))) == (
        ["text a", "text b"],
        ["other"],
    )


def test_a_refused_answer_replaces_nothing(store: AnswerStore) -> None:
    store.put("a", "s", CREATED, "text a")
    with pytest.raises(sa.exc.IntegrityError):
        store.put("a", "s", CREATED, "again", replaces="a")
    assert bodies(store.conversation("s")) == ["text a"]


def test_a_replaced_answer_still_knows_the_answers_before_it(store: AnswerStore) -> None:
    for name in ("a", "b", "c"):
        store.put(name, "s", CREATED, f"text {name}")
    store.put("d", "s", CREATED, "text d", replaces="c")
    store.put("alone", None, CREATED, "alone")
    assert store.before("c") == store.before("d") == ("s", [("a", "text a"), ("b", "text b")])
    assert store.before("d", 1) == ("s", [("b", "text b")])
    assert store.before("a") == ("s", [])
    assert store.before("alone") == (None, [])
    with pytest.raises(AnswerNotFoundError):
        store.before("nothing")


def test_citing_answers_come_newest_first(store: AnswerStore) -> None:
    references = {
        "a": {(1, 1), (2, 1)},
        "b": {(1, 1), (1, 2)},
        "c": {(2, 3)},
        "d": {(1, 2)},
        "e": {(1, 3)},
    }
    for name, places in references.items():
        store.put(name, "s", CREATED, name, SearchFields(references=frozenset(places)))
    assert store.citing(1, 10) == [
        (5, 3, ("e", "e")),
        (4, 2, ("d", "d")),
        (2, 2, ("b", "b")),
        (2, 1, ("b", "b")),
        (1, 1, ("a", "a")),
    ]
    assert store.citing(1, 2) == [(5, 3, ("e", "e")), (4, 2, ("d", "d"))]
    assert store.citing(1, 2, before=(2, 2)) == [(2, 1, ("b", "b")), (1, 1, ("a", "a"))]
    assert store.citing(2, 10) == [(3, 3, ("c", "c")), (1, 1, ("a", "a"))]
    assert store.citing(7, 10) == []
    store.put("f", "s", CREATED, "f", replaces="d")
    store.delete("b")
    assert store.citing(1, 10) == [(1, 1, ("a", "a"))]


@given(st.lists(st.tuples(st.sampled_from("st"), st.none() | st.integers(0, 12), st.booleans()), max_size=12))
@settings(max_examples=up_to(60))
def test_a_conversation_contains_answers_that_were_neither_replaced_nor_deleted(
    steps: list[tuple[str, int | None, bool]],
) -> None:
    """Compare with a list: each step stores an answer, and may replace an earlier one or delete its own."""
    with TemporaryDirectory() as folder:
        catalog = Catalog.open(Path(folder) / "catalog.sqlite")
        store = AnswerStore(catalog)
        there: dict[str, list[int]] = {"s": [], "t": []}
        put: list[tuple[int, str]] = []
        for number, (series, replaces, deleted) in enumerate(steps):
            store.put(f"{number}", series, CREATED, f"{number}", replaces=f"{replaces}")
            if (replaces, series) in put:
                there[series] = [earlier for earlier in there[series] if earlier < (replaces or 0)]
            there[series].append(number)
            put.append((number, series))
            if deleted:
                store.delete(f"{number}")
                there[series].remove(number)
                put.remove((number, series))
        assert {name: bodies(store.conversation(name)) for name in there} == {
            name: [f"{number}" for number in numbers] for name, numbers in there.items()
        }
        catalog.close()


def test_a_deleted_answer_is_not_found(store: AnswerStore) -> None:
    answer_id = "a" * 32
    store.put(answer_id, "s", CREATED, "text")
    store.delete(answer_id)
    assert bodies(store.conversation("s", 1)) == []
    for act in (store.get, store.delete):
        with pytest.raises(AnswerNotFoundError, match=r"^there is no answer 'a+'; it may have been deleted$"):
            act(answer_id)


def test_storing_an_answer_changes_no_search_result(index: Library) -> None:
    index.replace([incoming("One gate of the dam.")])
    before = index.generation, [hit.text for hit in index.search("gate")], index.catalog.documents()
    AnswerStore(index.catalog).put("a", None, CREATED, "One gate of the dam.")
    assert (index.generation, [hit.text for hit in index.search("gate")], index.catalog.documents()) == before


@pytest.mark.sqlite
def test_storing_waits_for_another_writing_process(
    catalog: Catalog, store: AnswerStore, tmp_path: Path
) -> None:
    """The writer is another process in the middle of a long transaction."""
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
        keeper = threading.Thread(target=store.put, args=("a", None, CREATED, "text"))
        keeper.start()
        keeper.join(0.5)
        assert keeper.is_alive(), "it waits"
        assert catalog.generation() == 0, "who reads does not"
        process.stdin.write("go on\n")
        process.stdin.close()
        keeper.join(30)
        assert process.wait(30) == 0
    assert not keeper.is_alive()
    assert (store.get("a"), catalog.sources()) == ("text", ["/slow"])


def test_answers_and_documents_are_written_at_the_same_time(catalog: Catalog, store: AnswerStore) -> None:
    def keep_many(turn: int) -> None:
        for number in range(20):
            store.put(f"{turn}-{number}", f"{turn}", CREATED, f"text {number}")

    threads = [threading.Thread(target=keep_many, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for number in range(10):
        catalog.commit([version(path=f"{number}.txt")])
    for thread in threads:
        thread.join(60)
    assert (catalog.generation(), len(catalog.documents())) == (10, 10)
    assert [bodies(store.conversation(f"{turn}", 100)) for turn in range(3)] == [
        [f"text {number}" for number in range(20)]
    ] * 3


def test_a_backup_contains_the_answers(index: Library, tmp_path: Path) -> None:
    index.replace([incoming("One gate of the dam.")])
    store = AnswerStore(index.catalog)
    store.put("a", "s", CREATED, "before")
    back_up(index.home, tmp_path / "library.tar")
    store.put("b", "s", CREATED, "after")
    restore(index.home, tmp_path / "library.tar")
    assert bodies(store.conversation("s", 10)) == ["before"]
