"""A greeting or thanks alone gets a sentence, and nothing is searched."""

from __future__ import annotations

import pytest

from rag.conversations import from_answers
from rag.engine import QueryEngine
from rag.events import AnswerDone, PassagesFound, Token
from rag.finding.greetings import greeting
from rag.questions import understand

HELLO = "Hello! Ask a question about the reports in this library."
WELCOME = "You are welcome. Ask another question whenever you like."


@pytest.mark.parametrize(
    "said",
    ["hello", "Hello!", "  HI there :-) ", "Good morning.", "你好！", "Xin chào!", "Selamat pagi", "សួស្តី"],
)
def test_a_greeting_is_greeted(said: str) -> None:
    found = greeting(understand(said))
    assert found is not None
    assert (found.cause, found.reason) == ("greeting", HELLO)


@pytest.mark.parametrize(
    "said", ["thanks", "Thank you very much!", "谢谢。", "Cảm ơn bạn", "Cám ơn", "Terima kasih", "សូមអរគុណ"]
)
def test_thanks_are_returned(said: str) -> None:
    found = greeting(understand(said))
    assert found is not None
    assert (found.cause, found.reason) == ("thanks", WELCOME)


@pytest.mark.parametrize(
    "said",
    [
        "hello, how many homes were destroyed?",
        "Thanks. And in May?",
        "hello world",
        "你好，有多少人被捕？",
    ],
)
def test_a_question_that_begins_with_a_greeting_is_a_question(said: str) -> None:
    assert greeting(understand(said)) is None


def test_a_greeting_is_answered_without_a_search(seed_engine: QueryEngine) -> None:
    events = list(seed_engine.stream("hello"))
    assert events[:-1] == [PassagesFound(()), Token(HELLO)]
    assert isinstance(events[-1], AnswerDone)
    answer = events[-1].answer
    assert (answer.abstained, answer.cause, answer.reason, answer.text) == (True, "greeting", HELLO, HELLO)
    assert (answer.passages, answer.searched, answer.answerability) == ((), None, None)


def test_a_question_after_a_greeting_is_answered(seed_engine: QueryEngine) -> None:
    assert not seed_engine.ask("hello, how many suspects were arrested in Cambodia?").abstained


def test_a_follow_up_does_not_refer_to_thanks(seed_engine: QueryEngine) -> None:
    first = seed_engine.ask("How many people were displaced by the floods in Lorvenna in March?")
    conversation = from_answers("0a" * 16, [first, seed_engine.ask("thanks")])
    assert [turn.standalone for turn in conversation.exchanges] == [first.question]
    assert seed_engine.ask("And in May?", conversation=conversation).standalone == (
        "How many people were displaced by the floods in Lorvenna in May?"
    )
