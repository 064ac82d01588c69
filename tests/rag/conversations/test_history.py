"""A conversation's history is available to a follow-up, within bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index.catalog.database import Catalog
from index.records import Viewer
from rag.answers import Answer
from rag.conversations.answers import keep
from rag.conversations.history import MAX_TURN_CHARACTERS, continue_conversation, from_answers, from_turns
from rag.conversations.store import AnswerStore
from rag.errors import AnswerNotFoundError, OtherConversationError
from rag.follow_ups import MAX_EXCHANGES
from tests.support.markup import citation

BARE = Answer("0" * 32, "", "", False, None, None, None, (), (), (), None, "quoted", 1, "2025-01-01")


def answer(place: int, standalone: str | None = None) -> Answer:
    return replace(BARE, question=f"Question {place}?", text=f"Answer {place}.", standalone=standalone)


def said(turns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(turn.standalone, turn.answer) for turn in from_turns(turns).exchanges]


def test_stored_answers_become_turns_with_the_standalone_question() -> None:
    conversation = from_answers("c1", [answer(1), answer(2, "Question 2 about dams?")])
    assert conversation.id == "c1"
    turns = [(turn.standalone, turn.answer) for turn in conversation.exchanges]
    assert turns == [("Question 1?", "Answer 1."), ("Question 2 about dams?", "Answer 2.")]


def test_only_the_last_turns_are_read() -> None:
    conversation = from_answers("c1", [answer(place) for place in range(50)])
    assert [turn.standalone for turn in conversation.exchanges] == [
        f"Question {place}?" for place in range(50 - MAX_EXCHANGES, 50)
    ]
    turns = [("user" if place % 2 == 0 else "assistant", f"Said {place}") for place in range(100)]
    assert len(from_turns(turns).exchanges) == MAX_EXCHANGES
    assert from_turns(turns).exchanges[-1].standalone == "Said 98"


def test_blank_turns_and_turns_before_the_first_question_are_left_out() -> None:
    turns = [("assistant", "Hello."), ("user", " "), ("user", " When? "), ("assistant", " Monday. ")]
    assert said(turns) == [("When?", "Monday.")]
    assert said([("user", "When?"), ("user", "Where?")]) == [("When?", ""), ("Where?", "")]
    assert said([("user", "When?"), ("assistant", "Monday."), ("assistant", "Or not.")]) == [
        ("When?", "Monday.")
    ]


def test_a_long_turn_is_cut_at_its_end_and_half_a_surrogate_pair_is_replaced() -> None:
    [(question, reply)] = said([("user", "q" * 100_000), ("assistant", "a" * 100_000)])
    assert (len(question), len(reply)) == (MAX_TURN_CHARACTERS, MAX_TURN_CHARACTERS)
    assert said([("user", "When\ud800?"), ("assistant", "Monday\udfff.")]) == [("When??", "Monday?.")]


def test_a_replacing_answer_follows_the_turns_before_the_replaced_one(catalog: Catalog) -> None:
    for place in range(4):
        made = replace(answer(place), answer_id=f"{place:032x}", conversation_id="c1" if place < 3 else None)
        keep(catalog, replace(made, citations=(citation(place + 1, f"Quote {place}."),)))
    second, last, alone = f"{1:032x}", f"{2:032x}", f"{3:032x}"
    for given in (None, "c1"):
        again = continue_conversation(catalog, given, replaces=last)
        assert (again.id, again.replaces) == ("c1", last)
        assert [turn.standalone for turn in again.exchanges] == ["Question 0?", "Question 1?"]
        assert [cited.id for cited in again.cited] == [1, 2], "what only the former one cited has no number"
    assert [turn.standalone for turn in continue_conversation(catalog, replaces=second).exchanges] == [
        "Question 0?"
    ]
    begun = continue_conversation(catalog, replaces=alone)
    assert (begun.id != continue_conversation(catalog, replaces=alone).id, begun.exchanges) == (True, ())
    for answer_id, conversation_id in ((last, "c2"), (alone, "c1")):
        with pytest.raises(OtherConversationError) as caught:
            continue_conversation(catalog, conversation_id, replaces=answer_id)
        assert str(caught.value) == (
            f"the answer '{answer_id}' does not belong to the conversation '{conversation_id}'; leave "
            "out conversation_id to ask in the answer's own conversation"
        )
    with pytest.raises(AnswerNotFoundError):
        continue_conversation(catalog, "c1", replaces="f" * 32)


def test_stored_answers_take_precedence_over_turns_from_the_caller(catalog: Catalog) -> None:
    for place in range(MAX_EXCHANGES + 2):
        made = replace(answer(place), answer_id=f"{place:032x}", conversation_id="c1")
        keep(catalog, replace(made, citations=(citation(place + 1, f"Quote {place}."),)))
    said = [("user", "Who?"), ("assistant", "Nobody.")]
    kept = continue_conversation(catalog, "c1", said)
    assert (kept.id, kept.exchanges[-1].standalone) == ("c1", f"Question {MAX_EXCHANGES + 1}?")
    assert [cited.id for cited in kept.cited] == list(range(1, MAX_EXCHANGES + 3)), "all numbers stay"
    assert continue_conversation(catalog, "c2", said).exchanges == from_turns(said).exchanges
    begun, another = continue_conversation(catalog), continue_conversation(catalog)
    assert (begun.exchanges, begun.cited) == ((), ())
    assert len({begun.id, another.id, None}) == 3


def test_only_the_owner_of_a_conversation_continues_it_under_its_id(catalog: Catalog) -> None:
    bea, cai = catalog.for_viewer(Viewer("bea")), catalog.for_viewer(Viewer("cai"))
    keep(bea, replace(answer(1), answer_id="1" * 32, conversation_id="c1"))
    assert continue_conversation(bea, "c1").id == "c1"
    unknown = [continue_conversation(each, given).id for each in (bea, cai) for given in ("c1", "c2", "c2")]
    assert unknown[0] == "c1"
    assert len({*unknown, "c2"}) == 7, "an id that the library did not give is nobody's"
    AnswerStore(bea).share_conversation("c1", shared=True)
    followed = continue_conversation(cai, "c1")
    assert (followed.id == "c1", followed.exchanges) == (False, continue_conversation(bea, "c1").exchanges)
    AnswerStore(bea).delete_conversation("c1")
    assert continue_conversation(bea, "c1").id != "c1"
