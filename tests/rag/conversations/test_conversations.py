"""Stored conversations are listed, found, named and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.catalog.backup import back_up, restore
from index.catalog.database import Catalog
from rag.answers import Answer
from rag.conversations.answers import (
    answer_json,
    conversation_json,
    keep,
    page_of_citing,
    sound_conversation,
    stored_answer_json,
)
from rag.conversations.store import AnswerStore, KeptConversation
from rag.errors import AnswerNotFoundError, ConversationNotFoundError
from tests.support.markup import answer, citation


def made(number: int, conversation_id: str | None, question: str, quote: str = "Gate 3 failed.") -> Answer:
    return replace(
        answer(citation(number, quote)),
        answer_id=f"{number:032x}",
        conversation_id=conversation_id,
        question=question,
        created=f"2031-08-0{number}T10:00:00+00:00",
    )


DAM, GATES, RAIN, ALONE = (
    made(1, "c1", "Why did the dam fail?"),
    made(2, "c1", "And the gates?", "Bốn cửa xả LŨ bị hỏng."),
    made(3, "c2", "How much rain fell?", "It rained for nine days."),
    made(4, None, "Who asked?"),
)
FIRST = KeptConversation(
    "c1", "Why did the dam fail?", named=False, created=DAM.created, updated=GATES.created, answers=2
)
SECOND = KeptConversation(
    "c2", "How much rain fell?", named=False, created=RAIN.created, updated=RAIN.created, answers=1
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    for each in (DAM, GATES, RAIN, ALONE):
        keep(opened, each)
    yield opened
    opened.close()


def renamed(catalog: Catalog, conversation_id: str, name: str) -> KeptConversation:
    """The summary of a conversation after it got a name."""
    store = AnswerStore(catalog)
    store.name_conversation(conversation_id, name)
    return store.find_conversation(conversation_id)


def test_the_last_updated_conversation_comes_first(catalog: Catalog) -> None:
    assert AnswerStore(catalog).list_conversations()[0] == [SECOND, FIRST]
    assert AnswerStore(catalog).list_conversations(limit=1)[0] == [SECOND]
    keep(catalog, made(5, "c1", "And then?"))
    assert [each.conversation_id for each in AnswerStore(catalog).list_conversations()[0]] == ["c1", "c2"]
    assert AnswerStore(catalog).find_conversation("c2") == SECOND


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("dam", ["c1"]),
        ("bon cua xa lu", ["c1"]),
        ("lũ DAM", ["c1"]),
        ("rain", ["c2"]),
        ("rained nine", ["c2"]),
        # A search ignores passages, field names and sources.
        ("abstained", []),
        ("office", []),
        ("asked", []),
        ("", ["c2", "c1"]),
    ],
)
def test_a_conversation_is_found_by_its_questions_and_answers(
    catalog: Catalog, query: str, found: list[str]
) -> None:
    assert [each.conversation_id for each in AnswerStore(catalog).list_conversations(query)[0]] == found


def test_a_conversation_without_a_name_shows_its_first_question(catalog: Catalog) -> None:
    named = renamed(catalog, "c1", "  The \n dam\u202e of\tVarda ")
    assert named == replace(FIRST, name="The dam\ufffd of Varda", named=True)
    assert AnswerStore(catalog).find_conversation("c1") == named
    assert [each.name for each in AnswerStore(catalog).list_conversations("varda")[0]] == [
        "The dam\ufffd of Varda"
    ]
    assert renamed(catalog, "c1", " \n") == FIRST
    assert renamed(catalog, "c1", "half \ud800").name == "half \ufffd"


def test_the_first_question_may_be_given_as_a_name(catalog: Catalog) -> None:
    assert renamed(catalog, "c1", DAM.question) == replace(FIRST, named=True)


def test_a_missing_conversation_is_named(catalog: Catalog) -> None:
    for act in (
        lambda: AnswerStore(catalog).find_conversation("c3"),
        lambda: renamed(catalog, "c3", "Name"),
        lambda: AnswerStore(catalog).delete_conversation("c3"),
        lambda: conversation_json(catalog, "c3"),
    ):
        with pytest.raises(
            ConversationNotFoundError, match=r"^there is no conversation 'c3'; it may have been deleted$"
        ):
            act()


def test_deleting_a_conversation_deletes_its_replaced_answers_too(catalog: Catalog) -> None:
    keep(catalog, made(5, "c1", "What of the gates?"), replaces=GATES.answer_id)
    assert [each.question for each in sound_conversation(catalog, "c1")] == [
        DAM.question,
        "What of the gates?",
    ]
    assert stored_answer_json(catalog, GATES.answer_id) == answer_json(GATES), "it stays under its own link"
    AnswerStore(catalog).delete_conversation("c1")
    for number in (1, 2, 5):
        with pytest.raises(AnswerNotFoundError):
            stored_answer_json(catalog, f"{number:032x}")
    assert AnswerStore(catalog).list_conversations()[0] == [SECOND]
    assert stored_answer_json(catalog, ALONE.answer_id) == answer_json(ALONE)


def test_the_json_of_a_conversation_contains_its_answers_byte_for_byte(catalog: Catalog) -> None:
    renamed(catalog, "c1", 'Dams, "gates"')
    text = conversation_json(catalog, "c1")
    assert json.loads(text) == {
        "conversation_id": "c1",
        "name": 'Dams, "gates"',
        "named": True,
        "created": DAM.created,
        "updated": GATES.created,
        "shared": False,
        "answers": [json.loads(answer_json(DAM)), json.loads(answer_json(GATES))],
    }
    assert text.endswith(f'"answers":[{answer_json(DAM)},{answer_json(GATES)}]}}')


def test_a_backup_contains_names_search_words_and_citations(catalog: Catalog, tmp_path: Path) -> None:
    renamed(catalog, "c1", "Dams")
    keep(catalog, made(5, "c1", "What of the gates?"), replaces=GATES.answer_id)
    before = AnswerStore(catalog).list_conversations(), page_of_citing(catalog, 1, 10)
    back_up(tmp_path, tmp_path / "library.tar")
    AnswerStore(catalog).delete_conversation("c1")
    assert [each.conversation_id for each in AnswerStore(catalog).list_conversations()[0]] == ["c2"]
    restore(tmp_path, tmp_path / "library.tar")
    assert (AnswerStore(catalog).list_conversations(), page_of_citing(catalog, 1, 10)) == before
    assert [each.name for each in AnswerStore(catalog).list_conversations("DAMS gates failed")[0]] == ["Dams"]
