"""Stored answers belong to the viewer for whom they were made; others read those that are shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.catalog import Catalog
from index.records import Viewer
from rag.conversations.store import AnswerStore, SearchFields
from rag.errors import AnswerNotFoundError, ConversationNotFoundError
from tests.support.markup import bodies

BEA, CAI = Viewer("bea"), Viewer("cai")
ADMINISTRATOR = Viewer("ada", sees_all=True)
CREATED = "2031-07-18T09:00:00+00:00"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


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


def test_two_owners_have_conversations_of_the_same_id(catalog: Catalog) -> None:
    bea, cai = put(catalog, BEA, "b1"), put(catalog, CAI, "c1")
    put(catalog, BEA, "b2")
    assert (bodies(bea.conversation("c")), bodies(cai.conversation("c"))) == (
        ["body of b1", "body of b2"],
        ["body of c1"],
    )
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


def test_a_conversation_of_another_is_found_only_while_it_is_shared(catalog: Catalog) -> None:
    bea, cai = put(catalog, BEA, "b"), AnswerStore(catalog.for_viewer(CAI))
    for conversation_id in ("c", "unknown"):
        with pytest.raises(ConversationNotFoundError):
            cai.find_conversation(conversation_id)
    bea.share_conversation("c", shared=True)
    assert (cai.find_conversation("c").name, cai.find_conversation("c").shared) == ("Question b?", True)


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
    bea = put(catalog, BEA, "b1")
    bea.share_conversation("c", shared=True)
    assert bea.find_conversation("c").shared
    put(catalog, BEA, "b2")
    assert not bea.find_conversation("c").shared, "the second answer is not"
    cai = AnswerStore(catalog.for_viewer(CAI))
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
    bea = put(catalog, BEA, "b1")
    cai = put(catalog, CAI, "c1")
    for store in (bea, cai):
        store.share_conversation("c", shared=True)
    reader = AnswerStore(catalog.for_viewer(Viewer("dee")))
    assert bodies(reader.conversation("c")) == ["body of b1"]
    assert (reader.find_conversation("c").answers, reader.find_conversation("c").name) == (1, "Question b1?")
    assert readable(catalog, Viewer("dee"), "b1", "c1") == ["b1", "c1"]


def test_an_administrator_shares_what_belongs_to_nobody(catalog: Catalog) -> None:
    put(catalog, None, "n")
    store = AnswerStore(catalog.for_viewer(ADMINISTRATOR))
    store.share_answer("n", shared=True)
    assert readable(catalog, CAI, "n") == ["n"]
    store.share_answer("n", shared=False)
    assert readable(catalog, CAI, "n") == []
    assert readable(catalog, ADMINISTRATOR, "n") == ["n"]


def test_a_shared_answer_that_cites_a_deleted_report_is_its_owner_s(catalog: Catalog) -> None:
    store = AnswerStore(catalog.for_viewer(BEA))
    store.put("b", None, CREATED, "body of b", SearchFields(references=frozenset({(7, 1)})))
    store.share_answer("b", shared=True)
    seen = [readable(catalog, viewer, "b") for viewer in (BEA, CAI, ADMINISTRATOR)]
    assert seen == [["b"], [], ["b"]]
