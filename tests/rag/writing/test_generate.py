"""A generated answer states its model, time and cost, and keeps the evidence of its conversation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from index.library import Library
from rag.answer_limits import AnswerLimits
from rag.answers import Answer
from rag.conversations.history import Conversation, from_answers
from rag.engine import QueryEngine
from rag.events import QuestionRewritten
from rag.llm import Prices
from rag.llm.language_model import Circuit
from rag.verification import Gate
from rag.writing.writer import Writer
from tests.support.scripted import Script, ScriptedLLM, ServerError, cites, fails, model_of, says

DENS = "How many scam compounds does Amnesty say there are in Cambodia?"
AMNESTY = (
    "Amnesty International recently reported that it knows of at least 53 scam dens in Cambodia, and linked "
    "them to human trafficking, torture, forced labour and child labour."
)
SPREADING = (
    "The United Nations Office on Drugs and Crime (UNODC) looks further: South-East Asian scam "
    "syndicates, it warns, are spreading to Africa, South America, the Middle East and the island countries "
    "of the Pacific."
)
FOLLOW_UP = "To which parts of the world are the scam syndicates spreading?"
REWRITTEN = "To which parts of the world are the scam syndicates in Cambodia spreading?"


def engine_of(
    index: Library, *scripts: Script, prices: Prices | None = None
) -> tuple[QueryEngine, ScriptedLLM]:
    llm = ScriptedLLM(*scripts)
    writer = Writer(model_of(llm, prices=prices), Gate())
    return QueryEngine(index, limits=AnswerLimits(certain=0.0), writer=writer), llm


def used(sent: int, written: int, script: Script) -> Script:
    """The same reply, with the token counts of a server."""

    def counted(messages: object) -> Iterator[object]:
        yield from script(messages)  # type: ignore[arg-type]
        yield {"usage": {"prompt_tokens": sent, "completion_tokens": written}}

    return counted


@pytest.fixture
def first(seed_index: Library) -> Answer:
    """An answer that cites one sentence, under the number 1."""
    engine, _ = engine_of(seed_index, cites((AMNESTY, AMNESTY)))
    answer = engine.ask(DENS)
    assert [(cited.id, cited.quote) for cited in answer.citations] == [(1, AMNESTY)]
    return answer


def test_an_answer_names_its_model_time_and_cost(seed_index: Library) -> None:
    engine, _ = engine_of(seed_index, used(2_000, 100, cites((AMNESTY, AMNESTY))), prices=Prices(0.5, 2.0))
    answer = engine.ask(DENS)
    assert answer.model == "scripted"
    assert {"search", "select", "write", "verify", "answer"} <= set(answer.timings)
    assert (answer.timings["prompt_tokens"], answer.timings["completion_tokens"]) == (2_000, 100)
    assert answer.timings["cost"] == pytest.approx(0.0012)


def test_a_quoted_fallback_still_states_the_cost(seed_index: Library) -> None:
    engine, _ = engine_of(seed_index, used(2_000, 100, says("Many.\n")), prices=Prices(0.5, 2.0))
    answer = engine.ask(DENS)
    assert (answer.model, answer.fallback) == ("quoted", "unusable")
    assert answer.timings["cost"] == pytest.approx(0.0012)


def test_the_same_question_is_sent_as_the_same_prompt(seed_index: Library) -> None:
    engine, llm = engine_of(seed_index, cites((AMNESTY, AMNESTY)))
    assert engine.ask(DENS).prompt_digest == engine.ask(DENS).prompt_digest
    assert llm.words(0) == llm.words(1)


def test_names_of_the_question_that_the_cited_sentences_lack_are_noted(seed_index: Library) -> None:
    engine, _ = engine_of(seed_index, cites((AMNESTY, AMNESTY)))
    asked = "How many scam dens does Amnesty say there are in Cambodia, and in Pursat?"
    assert engine.ask(asked).note == "Not mentioned in the sentences cited: “Pursat”."


def test_a_failing_model_is_paused_and_the_answer_says_so(seed_index: Library) -> None:
    llm = ScriptedLLM(fails(ServerError(500)))
    model = model_of(llm, circuit=Circuit(failures=2))
    engine = QueryEngine(seed_index, writer=Writer(model, Gate()))
    answers = [engine.ask(DENS) for _ in range(3)]
    assert [answer.fallback for answer in answers] == ["error", "error", "paused"]
    assert len(llm.sent) == 2
    assert answers[2].note is not None
    assert answers[2].note.startswith(
        "scripted has failed several times and will be asked again in 30 s; the answer"
    )
    assert answers[2].citations == answers[0].citations != ()


# Conversations


def test_a_follow_up_is_rewritten_shown_and_answered(seed_index: Library, first: Answer) -> None:
    engine, _ = engine_of(seed_index, says(REWRITTEN), cites((SPREADING, SPREADING)))
    events = list(engine.stream(FOLLOW_UP, conversation=from_answers("c1", [first])))
    assert events[0] == QuestionRewritten(REWRITTEN)
    answer = engine.ask(FOLLOW_UP, conversation=from_answers("c1", [first]))
    assert (answer.question, answer.conversation_id) == (FOLLOW_UP, "c1")


def test_earlier_evidence_stays_citable_with_its_number(seed_index: Library, first: Answer) -> None:
    engine, _ = engine_of(seed_index, says(REWRITTEN), cites((SPREADING, SPREADING), (AMNESTY, AMNESTY)))
    answer = engine.ask(FOLLOW_UP, conversation=from_answers("c1", [first]))
    assert answer.standalone == REWRITTEN
    assert [(cited.id, cited.quote) for cited in answer.citations] == [(2, SPREADING), (1, AMNESTY)]
    assert [sentence.citations for sentence in answer.sentences] == [(2,), (1,)]


def test_a_quoted_answer_keeps_footnote_numbers_too(seed_index: Library, first: Answer) -> None:
    engine, _ = engine_of(seed_index, fails(ServerError(400)))
    answer = engine.ask(DENS, conversation=from_answers("c1", [first]))
    numbers = {cited.quote: cited.id for cited in answer.citations}
    assert numbers[AMNESTY] == 1
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))


def test_removed_evidence_is_not_shown_to_the_model(seed_index: Library, first: Answer) -> None:
    [cited] = first.citations
    gone = replace(cited, document_id=10**6)
    moved = replace(cited, start=cited.start + 1, end=cited.end + 1)
    conversation = replace(from_answers("c1", [first]), cited=(gone, moved))
    engine, llm = engine_of(seed_index, says(REWRITTEN), cites((SPREADING, SPREADING)))
    answer = engine.ask(FOLLOW_UP, conversation=conversation)
    assert [made.quote for made in answer.citations] == [SPREADING]
    assert len(llm.sent) == 2


def test_the_cost_includes_rewriting_the_question(seed_index: Library, first: Answer) -> None:
    engine, _ = engine_of(
        seed_index,
        used(300, 20, says(REWRITTEN)),
        used(2_000, 100, cites((SPREADING, SPREADING))),
        prices=Prices(1.0, 10.0),
    )
    answer = engine.ask(FOLLOW_UP, conversation=from_answers("c1", [first]))
    assert (answer.timings["prompt_tokens"], answer.timings["completion_tokens"]) == (2_300, 120)
    assert answer.timings["cost"] == pytest.approx(0.0035)


def test_the_prompt_of_a_standalone_question_has_no_earlier_citations(
    seed_index: Library, first: Answer
) -> None:
    flood = "When was a state of emergency proclaimed in the Isken valley, and by whom?"
    engine, llm = engine_of(seed_index, says(flood), says("NO ANSWER"))
    engine.ask(flood, conversation=from_answers("c1", [first]))
    assert AMNESTY not in llm.words(1)


def test_a_long_conversation_ends_in_an_answer(seed_index: Library, first: Answer) -> None:
    conversation: Conversation = from_answers("c1", [first] * 150)
    engine, llm = engine_of(seed_index, says(REWRITTEN), cites((SPREADING, SPREADING)))
    assert [made.id for made in engine.ask(FOLLOW_UP, conversation=conversation).citations] == [2]
    assert len(llm.words(0)) < 12_000
