"""An answer in progress grows event by event, over the seed reports."""

from __future__ import annotations

import re
from contextlib import aclosing

import anyio
import pytest

from index.library import NO_FILTERS
from index.records import Filters
from rag.conversations.history import NO_CONVERSATION, Conversation, from_answers
from rag.engine import QueryEngine
from rag.errors import QuestionError
from rag.verification import Gate
from rag.writing import Writer
from tests.support.markup import ENGLISH
from tests.support.scripted import ScriptedLLM, model_of, plans, says
from ui.page.markup.answer import answer_markup, understood_markup
from ui.page.partial_answer import PartialAnswer, partial_answers, partial_markup, stopped_markup

ARRESTS = "How many suspects were arrested, and over how many days?"
ORDERED = "Who ordered the operation against the Cambodian scam syndicates?"
RAINFALL = "What is the rainfall of Cambodia?"


async def steps(
    engine: QueryEngine, question: str, filters: Filters = NO_FILTERS, follows: Conversation = NO_CONVERSATION
) -> list[PartialAnswer]:
    return [partial async for partial in partial_answers(engine, question, filters, follows)]


def nameless(markup: str) -> str:
    """Markup without the answer's id, which differs each time."""
    return re.sub(r"[0-9a-f]{32}", "", markup)


@pytest.mark.parametrize("question", [ARRESTS, RAINFALL])
def test_an_answer_arrives_in_steps_and_ends_as_the_answer_that_is_returned_at_once(
    seed_engine: QueryEngine, question: str
) -> None:
    shown = [partial_markup(each, ENGLISH) for each in anyio.run(steps, seed_engine, question)]
    with seed_engine.index.snapshot() as snapshot:
        passages = snapshot.reader.count_chunks()
    assert shown[0] == f'<div class="fn-waiting">Searching {passages} passages…</div>'
    assert re.fullmatch(r'<div class="fn-waiting">Reading \d+ sentences…</div>', shown[1])
    assert re.fullmatch(r'<div class="fn-waiting">Writing the answer from \d passages…</div>', shown[2])
    assert nameless(shown[-1]) == nameless(answer_markup(seed_engine.ask(question), ENGLISH))


def test_a_sentence_is_shown_with_its_footnote_before_the_next_one_arrives(seed_engine: QueryEngine) -> None:
    shown = [partial_markup(each, ENGLISH) for each in anyio.run(steps, seed_engine, ARRESTS)]
    marks = [markup.count('class="fn-mark"') for markup in shown]
    assert marks == sorted(marks)
    assert set(marks) == set(range(len(seed_engine.ask(ARRESTS).citations) + 1))
    # The list of footnotes grows with the marks.
    assert [markup.count('class="fn-foot ') for markup in shown] == marks


@pytest.mark.parametrize("question", ["?!", "x" * 2001])
def test_a_question_that_cannot_be_asked_is_refused_at_once(seed_engine: QueryEngine, question: str) -> None:
    with pytest.raises(QuestionError):
        anyio.run(steps, seed_engine, question)


def test_what_narrows_a_question_is_known_from_the_first_step_on(seed_engine: QueryEngine) -> None:
    filters = Filters(publishers=("Footnoted sample library",))
    made = anyio.run(steps, seed_engine, ARRESTS, filters)
    expected = "Searched only&#58; publisher Footnoted sample library &#40;1 report&#41;&#46;"
    assert all(expected in partial_markup(each, ENGLISH) for each in made)
    assert made[-1].answer is not None
    assert {cited.path for cited in made[-1].answer.citations} == {"cambodia-scam-raids.md"}


def test_whoever_stops_reading_has_the_engine_stop(seed_engine: QueryEngine) -> None:
    async def first() -> PartialAnswer:
        async with aclosing(partial_answers(seed_engine, ARRESTS, Filters(), NO_CONVERSATION)) as events:
            async for partial in events:
                if partial.citations:
                    return partial
        raise AssertionError("nothing was cited")

    partial = anyio.run(first)
    assert len(partial.citations) == 1
    assert partial.answer is None
    markup = stopped_markup(partial, ENGLISH)
    assert markup.startswith('<div class="fn-answer fn-stopped">')
    assert markup.count('class="fn-mark"') == 1


def test_many_can_ask_at_the_same_time(seed_engine: QueryEngine) -> None:
    answers: dict[int, str] = {}

    async def one(number: int) -> None:
        last = (await steps(seed_engine, (ARRESTS, RAINFALL)[number % 2]))[-1]
        answers[number] = nameless(partial_markup(last, ENGLISH))

    async def all_at_once() -> None:
        async with anyio.create_task_group() as askers:
            for number in range(6):
                askers.start_soon(one, number)

    anyio.run(all_at_once)
    expected = [
        nameless(answer_markup(seed_engine.ask(question), ENGLISH)) for question in (ARRESTS, RAINFALL)
    ]
    assert [answers[number] for number in range(6)] == expected * 3


def test_a_follow_up_says_what_it_was_taken_to_ask(seed_engine: QueryEngine) -> None:
    first = seed_engine.ask(ORDERED)
    made = anyio.run(steps, seed_engine, "By whom?", Filters(), from_answers("c", [first]))
    assert made[-1].standalone is not None
    understood = understood_markup(made[-1].standalone, ENGLISH)
    shown = [understood in partial_markup(each, ENGLISH) for each in made]
    assert shown == sorted(shown), "once told, it stays"
    assert (shown[0], shown[-1]) == (False, True)


def test_what_a_model_plans_to_search_is_shown_while_the_reader_waits(seed_engine: QueryEngine) -> None:
    searches = ("Who ordered <b>the raids</b>?", "Who was arrested in the raids?")
    llm = ScriptedLLM(plans(ORDERED, *searches), says("NO ANSWER"))
    engine = QueryEngine(seed_engine.index, writer=Writer(model_of(llm), Gate()))
    first = seed_engine.ask(ORDERED)
    made = anyio.run(steps, engine, "And who was arrested?", Filters(), from_answers("c", [first]))
    line = (
        '<p class="fn-understood">Searches for <q>Who ordered &#60;b&#62;the raids&#60;&#47;b&#62;&#63;</q>'
        " · <q>Who was arrested in the raids&#63;</q></p>"
    )
    shown = [line in partial_markup(each, ENGLISH) for each in made]
    assert (shown[0], any(shown), shown[-1]) == (False, True, False), "the answer itself has no such line"
    assert made[-1].searches == searches
