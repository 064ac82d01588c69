"""Answers are stored unchanged beside the documents; their conversations are listed and shared."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalog import CATALOG, Catalog, CollectionViewers
from index.catalog.schema import kept_references, kept_words, series_names, withdrawals
from index.documents import Document
from index.library import Library
from index.records import Viewer
from rag.conversations.store import AnswerStore, KeptConversation, SearchFields
from rag.errors import AnswerNotFoundError, ConversationNotFoundError
from tests.support.examples import up_to
from tests.support.markup import bodies
from tests.support.reports import incoming, version

CREATED = "2031-08-02T10:00:00+00:00"


@pytest.fixture
def store(catalog: Catalog) -> AnswerStore:
    return AnswerStore(catalog)


def test_an_answer_is_stored_byte_for_byte_and_never_overwritten(store: AnswerStore) -> None:
    text = '{"quote":"Ünï\\u0000 “x”\\n\u2028 \U0001f4dc"}  \n'
    store.put("a", "s", CREATED, text)
    for replaces in (None, "a"):
        with pytest.raises(sa.exc.IntegrityError):
            store.put("a", "s", CREATED, "second", replaces=replaces)
    assert store.get("a") == text
    assert bodies(store.conversation("s")) == [text], "a refused answer replaces nothing"


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
    store.put("alone", None, CREATED, "alone")
    for stranger in ("nothing", "other a", "alone"):
        store.put(f"beside {stranger}", "s", CREATED, "f", replaces=stranger)
        store.put(f"below {stranger}", None, CREATED, "g", replaces=stranger)
    assert bodies(store.conversation("s")) == ["text a", "text e", "f", "f", "f"]
    assert len(store.conversation("t")) == 3


def test_citing_answers_come_newest_first(store: AnswerStore) -> None:
    references = {"a": {(1, 1), (2, 1)}, "b": {(1, 1), (1, 2)}, "c": {(2, 3)}, "d": {(1, 2)}, "e": {(1, 3)}}
    for name, places in references.items():
        store.put(name, "s", CREATED, name, SearchFields(references=frozenset(places)))
    of_first = [
        (5, 3, ("e", "e")),
        (4, 2, ("d", "d")),
        (2, 2, ("b", "b")),
        (2, 1, ("b", "b")),
        (1, 1, ("a", "a")),
    ]
    assert store.citing(1, 10) == of_first
    assert store.citing(1, 2) == of_first[:2]
    assert store.citing(1, 2, before=(2, 2)) == of_first[3:]
    assert store.citing(2, 10) == [(3, 3, ("c", "c")), (1, 1, ("a", "a"))]
    store.put("f", "s", CREATED, "f", replaces="d")
    store.delete("b")
    assert store.citing(1, 10) == of_first[4:], "what was replaced or deleted cites nothing"


@given(st.lists(st.tuples(st.sampled_from("st"), st.none() | st.integers(0, 12), st.booleans()), max_size=12))
@settings(max_examples=up_to(60))
def test_replaced_and_deleted_answers_are_in_no_conversation(
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


def test_storing_an_answer_changes_no_search_result(index: Library) -> None:
    index.replace([incoming("One gate of the dam.")])
    before = index.generation, [hit.text for hit in index.search("gate")], index.catalog.documents()
    AnswerStore(index.catalog).put("a", None, CREATED, "One gate of the dam.")
    assert (index.generation, [hit.text for hit in index.search("gate")], index.catalog.documents()) == before


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


@pytest.mark.sqlite
def test_storing_waits_for_another_process(catalog: Catalog, store: AnswerStore, tmp_path: Path) -> None:
    """The writer is another process in the middle of a long transaction."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path / CATALOG)],
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


def test_answers_names_and_documents_are_written_at_once(catalog: Catalog, store: AnswerStore) -> None:
    def keep_many(turn: int) -> None:
        for number in range(20):
            store.put(
                f"{turn}-{number}", f"{turn}", CREATED, f"text {number}", SearchFields("A dam?", "A dam?")
            )
            store.name_conversation(f"{turn}", f"Name {turn}.{number}")
            assert len(store.list_conversations(f"name {turn}. dam")[0]) == 1

    threads = [threading.Thread(target=keep_many, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for number in range(10):
        catalog.commit([version(path=f"{number}.txt")])
    for thread in threads:
        thread.join(60)
    assert (catalog.generation(), len(catalog.documents())) == (10, 10)
    for turn in range(3):
        assert bodies(store.conversation(f"{turn}", 100)) == [f"text {number}" for number in range(20)]
        assert store.find_conversation(f"{turn}").name == f"Name {turn}.19"


LUT = "Bao nhiêu hộ bị ảnh hưởng bởi lũ lụt ở Đà Nẵng?"


@pytest.fixture
def talks(store: AnswerStore) -> AnswerStore:
    """Two conversations, and a single answer."""
    say(store, "a1", "a", 1, ("Why did the dam fail?", "The third gate rusted."))
    say(store, "b1", "b", 2, (LUT, "120 hộ."))
    say(store, "alone", None, 3, ("Why did the dam fail?", "Nobody knows."))
    say(store, "a2", "a", 4, ("ទឹក\u200bជំនន់នៅខែណា?", "It was in 100% of the villages, in May_2031."))
    return store


def say(  # noqa: PLR0917
    store: AnswerStore,
    name: str,
    series: str | None,
    day: int,
    said: tuple[str, str],
    replaces: str | None = None,
) -> None:
    """Store an answer of a day, with its question and its words."""
    fields = SearchFields(said[0], "\n".join(said), frozenset({(7, 1)}))
    store.put(name, series, f"2031-08-0{day}", f"body of {name}", fields, replaces=replaces)


def listed(store: AnswerStore, query: str = "") -> list[str]:
    return [found.conversation_id for found in store.list_conversations(query)[0]]


def test_the_last_updated_conversation_comes_first(talks: AnswerStore) -> None:
    first = KeptConversation("a", "Why did the dam fail?", False, "2031-08-01", "2031-08-04", 2)
    second = KeptConversation("b", LUT, False, "2031-08-02", "2031-08-02", 1)
    assert talks.list_conversations() == ([first, second], None)
    newest, last = talks.list_conversations(limit=1)
    assert newest == [first]
    assert talks.list_conversations(before=last) == ([second], None)
    assert talks.find_conversation("b") == second


def test_replaced_answers_do_not_count_in_the_summary(talks: AnswerStore) -> None:
    say(talks, "a3", "a", 5, ("And how many gates?", "Three."), "a1")
    assert talks.find_conversation("a") == KeptConversation(
        "a", "And how many gates?", False, "2031-08-05", "2031-08-05", 1
    )
    assert listed(talks, "rusted") == []


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
def test_a_conversation_is_found_by_all_words(talks: AnswerStore, query: str, found: list[str]) -> None:
    assert listed(talks, query) == found


def test_a_search_covers_the_name_that_a_user_gave(talks: AnswerStore) -> None:
    talks.name_conversation("b", "Übersicht: 50% <b>")
    assert talks.find_conversation("b").name == "Übersicht: 50% <b>"
    queries = ("ubersicht", "ubersicht lut", "ubersicht dam", "50% <B>")
    assert [listed(talks, query) for query in queries] == [["b"], ["b"], [], ["b"]]
    talks.name_conversation("b", "  Floods \n of\u202e\tDa Nang, half \ud800 ")
    assert talks.find_conversation("b").name == "Floods of\ufffd Da Nang, half \ufffd"
    assert listed(talks, "ubersicht") == []
    talks.name_conversation("b", " \n")
    unnamed = talks.find_conversation("b")
    assert (unnamed.name, unnamed.named, listed(talks, "floods")) == (LUT, False, [])
    talks.name_conversation("b", LUT)
    assert talks.find_conversation("b").named, "a user may give the first question as a name"


def test_what_is_missing_cannot_be_found_named_or_deleted(catalog: Catalog, talks: AnswerStore) -> None:
    for act in (
        lambda: talks.find_conversation("c"),
        lambda: talks.name_conversation("c", "Nothing"),
        lambda: talks.delete_conversation("c"),
    ):
        with pytest.raises(
            ConversationNotFoundError, match=r"^there is no conversation 'c'; it may have been deleted$"
        ):
            act()
    for look in (talks.get, talks.delete, talks.before):
        with pytest.raises(AnswerNotFoundError):
            look("a" * 32)
    with catalog.engine.connect() as connection:
        assert connection.execute(sa.select(series_names)).all() == []


def test_deleting_a_conversation_deletes_replaced_answers(catalog: Catalog, talks: AnswerStore) -> None:
    talks.name_conversation("a", "Dams")
    say(talks, "a3", "a", 5, ("And how many gates?", "Three."), "a1")
    talks.delete_conversation("a")
    assert listed(talks) == ["b"]
    for gone in ("a1", "a2", "a3"):
        with pytest.raises(AnswerNotFoundError):
            talks.get(gone)
    assert (talks.get("alone"), talks.get("b1")) == ("body of alone", "body of b1")
    tables = (kept_words, kept_references, series_names, withdrawals)
    with catalog.engine.connect() as connection:
        assert [len(connection.execute(sa.select(table)).all()) for table in tables] == [2, 2, 0, 0]
    say(talks, "b2", "b", 6, ("Again?", "Yes."), "b1")
    talks.delete("b2")
    talks.delete_conversation("b")
    with pytest.raises(AnswerNotFoundError):
        talks.get("b1")


def test_deleting_the_last_answer_deletes_the_name(talks: AnswerStore) -> None:
    for series in ("a", "b"):
        talks.name_conversation(series, f"Name of {series}")
    talks.delete("a1")
    assert talks.find_conversation("a").name == "Name of a"
    talks.delete("a2")
    talks.delete("alone")
    say(talks, "a4", "a", 6, ("Another?", "Yes."))
    assert (talks.find_conversation("a").name, talks.find_conversation("b").name) == ("Another?", "Name of b")


BEA, CAI = Viewer("bea"), Viewer("cai")
ADMINISTRATOR = Viewer("ada", sees_all=True)


def put(catalog: Catalog, viewer: Viewer | None, answer_id: str) -> AnswerStore:
    store = AnswerStore(catalog.for_viewer(viewer))
    fields = SearchFields(f"Question {answer_id}?", f"words of {answer_id}")
    store.put(answer_id, "c", CREATED, f"body of {answer_id}", fields)
    return store


def readable(catalog: Catalog, viewer: Viewer | None, *answers: str) -> list[str]:
    store, found = AnswerStore(catalog.for_viewer(viewer)), []
    for answer_id in answers:
        try:
            found.append(store.get(answer_id).removeprefix("body of "))
        except AnswerNotFoundError:
            continue
    return found


def test_an_answer_is_its_owner_s_and_nobody_s_are_the_administrators(catalog: Catalog) -> None:
    put(catalog, BEA, "b")
    put(catalog, CAI, "c")
    put(catalog, None, "n")
    put(catalog, Viewer("", sees_all=True), "m")
    seen = {viewer: readable(catalog, viewer, *"bcnm") for viewer in (BEA, CAI, ADMINISTRATOR, None)}
    assert seen == {BEA: ["b"], CAI: ["c"], ADMINISTRATOR: ["n", "m"], None: ["b", "c", "n", "m"]}
    AnswerStore(catalog.for_viewer(ADMINISTRATOR)).share_answer("n", shared=True)
    assert readable(catalog, CAI, "n") == ["n"]
    AnswerStore(catalog.for_viewer(ADMINISTRATOR)).share_answer("n", shared=False)
    assert [readable(catalog, viewer, "n") for viewer in (CAI, ADMINISTRATOR)] == [[], ["n"]]


def test_two_owners_have_conversations_of_the_same_id(catalog: Catalog) -> None:
    bea, cai = put(catalog, BEA, "b1"), put(catalog, CAI, "c1")
    put(catalog, BEA, "b2")
    assert [bodies(store.conversation("c")) for store in (bea, cai)] == [
        ["body of b1", "body of b2"],
        ["body of c1"],
    ]
    bea.name_conversation("c", "of bea")
    cai.name_conversation("c", "of cai")
    assert [store.find_conversation("c").name for store in (bea, cai)] == ["of bea", "of cai"]
    assert [len(store.list_conversations("bea")[0]) for store in (bea, cai)] == [1, 0]
    assert bea.before("b2") == ("c", [("b1", "body of b1")])
    with pytest.raises(AnswerNotFoundError):
        cai.before("b2")
    cai.delete_conversation("c")
    with pytest.raises(ConversationNotFoundError):
        cai.find_conversation("c")
    assert bea.find_conversation("c").name == "of bea"


def test_the_name_of_a_conversation_is_forgotten_with_its_owner_s_last_answer(catalog: Catalog) -> None:
    bea, cai = put(catalog, BEA, "b"), AnswerStore(catalog.for_viewer(CAI))
    bea.name_conversation("c", "of bea")
    cai.put("old", "c", "2030-07-18T09:00:00+00:00", "body")
    cai.name_conversation("c", "of cai")
    assert bea.forget(CREATED) == 1
    put(catalog, CAI, "new")
    assert [store.find_conversation("c").name for store in (bea, cai)] == ["of bea", "Question new?"]


def test_nobody_changes_what_belongs_to_another(catalog: Catalog) -> None:
    bea = put(catalog, BEA, "b")
    for viewer in (CAI, ADMINISTRATOR):
        store = AnswerStore(catalog.for_viewer(viewer))
        with pytest.raises(AnswerNotFoundError):
            store.delete("b")
        with pytest.raises(AnswerNotFoundError):
            store.share_answer("b", shared=True)
        with pytest.raises(ConversationNotFoundError):
            store.delete_conversation("c")
        with pytest.raises(ConversationNotFoundError):
            store.name_conversation("c", "x")
        with pytest.raises(ConversationNotFoundError):
            store.share_conversation("c", shared=True)
        store.put(f"new-{viewer.key}", "c", CREATED, "body", replaces="b")
    assert bodies(bea.conversation("c")) == ["body of b"]
    assert not bea.find_conversation("c").shared


def test_what_is_shared_is_read_and_neither_listed_nor_continued(catalog: Catalog) -> None:
    bea, cai = put(catalog, BEA, "b1"), AnswerStore(catalog.for_viewer(CAI))
    for unknown in ("c", "unknown"):
        with pytest.raises(ConversationNotFoundError):
            cai.find_conversation(unknown)
    bea.share_conversation("c", shared=True)
    assert bea.find_conversation("c").shared
    assert (cai.find_conversation("c").name, cai.find_conversation("c").shared) == ("Question b1?", True)
    put(catalog, BEA, "b2")
    assert not bea.find_conversation("c").shared, "the second answer is not"
    assert readable(catalog, CAI, "b1", "b2") == ["b1"]
    assert (bodies(cai.conversation("c")), cai.find_conversation("c").answers) == (["body of b1"], 1)
    assert cai.list_conversations() == ([], None)
    assert not cai.owns("c")
    assert cai.before("b1") == ("c", [])
    with pytest.raises(AnswerNotFoundError):
        cai.before("b1", own=True)
    bea.share_answer("b1", shared=False)
    bea.share_answer("b2", shared=True)
    assert readable(catalog, CAI, "b1", "b2") == ["b2"]
    assert cai.before("b2") == ("c", []), "the answer before it is private"
    bea.share_conversation("c", shared=False)
    assert readable(catalog, CAI, "b1", "b2") == []


def test_nobody_adds_to_what_another_has_shared(catalog: Catalog) -> None:
    for store in (put(catalog, BEA, "b1"), put(catalog, CAI, "c1")):
        store.share_conversation("c", shared=True)
    reader = AnswerStore(catalog.for_viewer(Viewer("dee")))
    assert bodies(reader.conversation("c")) == ["body of b1"]
    assert (reader.find_conversation("c").answers, reader.find_conversation("c").name) == (1, "Question b1?")
    assert readable(catalog, Viewer("dee"), "b1", "c1") == ["b1", "c1"]


def test_a_shared_answer_that_cites_a_deleted_report_is_its_owner_s(catalog: Catalog) -> None:
    store = AnswerStore(catalog.for_viewer(BEA))
    store.put("b", None, CREATED, "body of b", SearchFields(references=frozenset({(7, 1)})))
    store.share_answer("b", shared=True)
    seen = [readable(catalog, viewer, "b") for viewer in (BEA, CAI, ADMINISTRATOR)]
    assert seen == [["b"], [], []]


IN_BOARD = Document("Gate 3 failed.", "T", "text", "en", "Office", collection="board")


def limited(catalog: Catalog, collection: str, *viewers: Viewer) -> None:
    CollectionViewers(catalog.engine).set(collection, [viewer.key for viewer in viewers])


def test_what_is_gone_counts_in_its_last_collection_for_the_owner_and_for_nobody_else(
    catalog: Catalog,
) -> None:
    """Also a document that no answer cites."""
    [number] = catalog.commit([version(document=IN_BOARD)]).documents
    store = AnswerStore(catalog.for_viewer(BEA))
    store.put("b", None, CREATED, "body of b", SearchFields(documents=frozenset({number})))
    store.share_answer("b", shared=True)
    viewers = (BEA, CAI, ADMINISTRATOR)

    def seen() -> list[bool]:
        return [bool(readable(catalog, viewer, "b")) for viewer in viewers]

    assert seen() == [True, True, True]
    limited(catalog, "board", BEA)
    assert seen() == [True, False, True]
    catalog.commit([], [number])
    assert seen() == [True, False, False]
    limited(catalog, "board")
    assert seen() == [False, False, False]
    limited(catalog, "board", BEA, CAI)
    assert seen() == [True, False, False]


@pytest.mark.parametrize("kind", ["collection", "publisher"])
def test_a_name_in_a_filter_is_read_by_those_who_see_a_report_of_that_name(
    catalog: Catalog, kind: str
) -> None:
    """Its owner has typed it, and keeps it."""
    names = {"collection": "board", "publisher": "Office"}
    [number] = catalog.commit([version(document=IN_BOARD)]).documents
    store = AnswerStore(catalog.for_viewer(CAI))
    store.put("c", None, CREATED, "body of c", SearchFields(names=frozenset({(kind, names[kind])})))
    store.share_answer("c", shared=True)
    for viewers, seen in (((BEA, CAI), [True, True, True]), ((BEA,), [True, True, True])):
        limited(catalog, "board", *viewers)
        assert [bool(readable(catalog, each, "c")) for each in (BEA, CAI, ADMINISTRATOR)] == seen
    limited(catalog, "board", CAI)
    assert [bool(readable(catalog, each, "c")) for each in (BEA, CAI, ADMINISTRATOR)] == [False, True, True]
    catalog.commit([], [number])
    assert [bool(readable(catalog, each, "c")) for each in (BEA, CAI, ADMINISTRATOR)] == [False, True, False]
