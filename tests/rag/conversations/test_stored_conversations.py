"""Conversations of stored answers are listed, searched, named, and deleted as a whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.schema import kept_references, kept_words, series_names, withdrawals
from rag.conversations.store import AnswerStore, KeptConversation, SearchFields
from rag.errors import AnswerNotFoundError, ConversationNotFoundError


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def engine(catalog: Catalog) -> sa.Engine:
    return catalog.engine


@pytest.fixture
def store(catalog: Catalog) -> AnswerStore:
    """Two conversations, and a single answer."""
    store = AnswerStore(catalog)
    put(store, "a1", "a", 1, ("Why did the dam fail?", "The third gate rusted."))
    put(store, "b1", "b", 2, ("Bao nhiêu hộ bị ảnh hưởng bởi lũ lụt ở Đà Nẵng?", "120 hộ."))
    put(store, "alone", None, 3, ("Why did the dam fail?", "Nobody knows."))
    put(store, "a2", "a", 4, ("ទឹក\u200bជំនន់នៅខែណា?", "It was in 100% of the villages, in May_2031."))
    return store


def put(
    store: AnswerStore,
    answer_id: str,
    conversation_id: str | None,
    day: int,
    said: tuple[str, str],
    *replaces: str,
) -> None:
    """Store an answer of a day, with its heading and its words; it may replace another one."""
    fields = SearchFields(said[0], "\n".join(said), frozenset({(7, 1)}))
    store.put(
        answer_id,
        conversation_id,
        f"2031-08-0{day}",
        f"body of {answer_id}",
        fields,
        replaces=replaces[0] if replaces else None,
    )


def listed(store: AnswerStore, query: str = "") -> list[str]:
    return [found.conversation_id for found in store.list_conversations(query)[0]]


def test_the_last_updated_conversation_comes_first(store: AnswerStore) -> None:
    first = KeptConversation("a", "Why did the dam fail?", False, "2031-08-01", "2031-08-04", 2)
    second = KeptConversation(
        "b", "Bao nhiêu hộ bị ảnh hưởng bởi lũ lụt ở Đà Nẵng?", False, "2031-08-02", "2031-08-02", 1
    )
    assert store.list_conversations() == ([first, second], None)
    newest, last = store.list_conversations(limit=1)
    assert newest == [first]
    assert store.list_conversations(before=last) == ([second], None)
    assert store.find_conversation("b") == second


def test_replaced_answers_do_not_count_in_the_summary(store: AnswerStore) -> None:
    put(store, "a3", "a", 5, ("And how many gates?", "Three."), "a1")
    assert store.find_conversation("a") == KeptConversation(
        "a", "And how many gates?", False, "2031-08-05", "2031-08-05", 1
    )
    assert listed(store, "rusted") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("DAM", ["a"]),
        ("gate villages", ["a"]),
        ("gate 120", []),
        ("lu lut da nang", ["b"]),
        ("LŨ LỤT", ["b"]),
        ("ទឹកជំនន់", ["a"]),
        ("ជំនន់ទឹក", []),
        ("100%", ["a"]),
        ("may_", ["a"]),
        ("1%0", []),
        ("d_m", []),
        ("/", []),
        ("'; DROP TABLE kept; --", []),
        (" \n\t", ["a", "b"]),
        ("knows", []),
    ],
)
def test_a_conversation_is_found_if_all_words_occur_in_it(
    store: AnswerStore, query: str, found: list[str]
) -> None:
    assert listed(store, query) == found


def test_a_search_covers_the_name_and_the_answers(store: AnswerStore) -> None:
    store.name_conversation("b", "Übersicht: 50% <b>")
    assert store.find_conversation("b").name == "Übersicht: 50% <b>"
    assert [listed(store, query) for query in ("ubersicht", "ubersicht lut", "ubersicht dam", "50% <B>")] == [
        *(["b"], ["b"], [], ["b"]),
    ]
    store.name_conversation("b", "Floods")
    assert (store.find_conversation("b").name, listed(store, "ubersicht")) == ("Floods", [])
    store.name_conversation("b", "")
    unnamed = store.find_conversation("b")
    assert (unnamed.name, unnamed.named) == ("Bao nhiêu hộ bị ảnh hưởng bởi lũ lụt ở Đà Nẵng?", False)
    assert listed(store, "floods") == []


def test_a_missing_conversation_cannot_be_found_named_or_deleted(
    store: AnswerStore, engine: sa.Engine
) -> None:
    with pytest.raises(ConversationNotFoundError, match=r"^there is no conversation 'c'; it may have been"):
        store.find_conversation("c")
    with pytest.raises(ConversationNotFoundError):
        store.name_conversation("c", "Nothing")
    with pytest.raises(ConversationNotFoundError):
        store.delete_conversation("c")
    with engine.connect() as connection:
        assert connection.execute(sa.select(series_names)).all() == []


def test_deleting_a_conversation_deletes_its_replaced_answers_too(
    store: AnswerStore, engine: sa.Engine
) -> None:
    store.name_conversation("a", "Dams")
    put(store, "a3", "a", 5, ("And how many gates?", "Three."), "a1")
    store.delete_conversation("a")
    assert listed(store) == ["b"]
    for gone in ("a1", "a2", "a3"):
        with pytest.raises(AnswerNotFoundError):
            store.get(gone)
    assert (store.get("alone"), store.get("b1")) == ("body of alone", "body of b1")
    with engine.connect() as connection:
        assert [len(connection.execute(sa.select(table)).all()) for table in (
            *(kept_words, kept_references, series_names, withdrawals),
        )] == [2, 2, 0, 0]  # fmt: skip


def test_deleting_the_last_answer_deletes_the_name(store: AnswerStore) -> None:
    for series in ("a", "b"):
        store.name_conversation(series, f"Name of {series}")
    store.delete("a1")
    assert store.find_conversation("a").name == "Name of a"
    store.delete("a2")
    store.delete("alone")
    put(store, "a4", "a", 6, ("Another?", "Yes."))
    assert not store.find_conversation("a").named
    assert (store.find_conversation("a").name, store.find_conversation("b").name) == ("Another?", "Name of b")


def test_a_conversation_of_replaced_answers_only_can_be_deleted(store: AnswerStore) -> None:
    put(store, "b2", "b", 5, ("Again?", "Yes."), "b1")
    store.delete("b2")
    assert listed(store) == ["a"]
    store.delete_conversation("b")
    with pytest.raises(AnswerNotFoundError):
        store.get("b1")


def test_threads_name_and_read_at_the_same_time(store: AnswerStore) -> None:
    def name(turn: int) -> None:
        for number in range(10):
            store.name_conversation("a", f"Name {turn}.{number}")
            assert len(store.list_conversations("name dam")[0]) == 1

    threads = [threading.Thread(target=name, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (store.find_conversation("a").name or "").endswith(".9")
