"""The chat over the seed reports: the answer as it arrives, and the page that shows it."""

from __future__ import annotations

import anyio
import pytest

from rag.answering import QueryEngine
from rag.questions import QuestionError
from ui.chat import TITLE, Asked, answer_as_it_arrives, build_chat, labels
from ui.render import answer_markup, understood_markup

ARRESTS = "How many suspects were arrested, and over how many days?"
ORDERED = "Who ordered the operation against the Cambodian scam syndicates?"
POPULATION = "What is the population of Cambodia?"


async def collect(engine: QueryEngine, question: str) -> list[str]:
    return [markup async for markup in answer_as_it_arrives(engine, question, Asked())]


@pytest.mark.parametrize("question", [ARRESTS, POPULATION])
def test_an_answer_arrives_in_steps_and_ends_as_the_answer_that_is_returned_at_once(
    seed_engine: QueryEngine, question: str
) -> None:
    steps = anyio.run(collect, seed_engine, question)
    assert steps[0] == '<div class="fn-waiting">Searching the library…</div>'
    assert steps[1].startswith('<div class="fn-waiting">Reading ')
    assert steps[-1] == answer_markup(seed_engine.ask(question))


def test_a_sentence_is_shown_with_its_footnote_before_the_next_one_arrives(seed_engine: QueryEngine) -> None:
    steps = anyio.run(collect, seed_engine, ARRESTS)
    marks = [step.count('class="fn-mark"') for step in steps]
    assert marks == sorted(marks)
    assert set(range(len(seed_engine.ask(ARRESTS).citations) + 1)) == set(marks)


@pytest.mark.parametrize("question", ["", "  ", "?!", "x" * 2001])
def test_a_question_that_cannot_be_asked_is_refused_at_once(seed_engine: QueryEngine, question: str) -> None:
    with pytest.raises(QuestionError):
        anyio.run(collect, seed_engine, question)


def test_a_follow_up_says_what_it_was_taken_to_ask(seed_engine: QueryEngine) -> None:
    asked = Asked()

    async def converse() -> list[list[str]]:
        return [
            [markup async for markup in answer_as_it_arrives(seed_engine, question, asked)]
            for question in (ORDERED, "And who was suspended?", "Who ordered it?")
        ]

    first, second, third = anyio.run(converse)
    assert not any("fn-understood" in step for step in [*first, *second])
    assert [answer.question for answer in asked.answers] == [
        *(ORDERED, "And who was suspended?", "Who ordered it?"),
    ]
    assert asked.answers[2].standalone is not None
    understood = understood_markup(asked.answers[2].standalone)
    assert [understood in step for step in third] == [False, *[True] * (len(third) - 1)]


def test_many_can_ask_at_the_same_time(seed_engine: QueryEngine) -> None:
    answers: dict[int, str] = {}

    async def one(number: int) -> None:
        answers[number] = (await collect(seed_engine, (ARRESTS, POPULATION)[number % 2]))[-1]

    async def all_at_once() -> None:
        async with anyio.create_task_group() as askers:
            for number in range(12):
                askers.start_soon(one, number)

    anyio.run(all_at_once)
    expected = [answer_markup(seed_engine.ask(question)) for question in (ARRESTS, POPULATION)]
    assert [answers[number] for number in range(12)] == expected * 6


def test_the_page_has_a_title_a_purpose_examples_and_a_labelled_input(seed_engine: QueryEngine) -> None:
    page = build_chat(seed_engine, [ARRESTS, POPULATION])
    parts = {component["props"].get("elem_id"): component["props"] for component in page.config["components"]}
    assert page.title == TITLE
    words = labels()
    assert parts["fn-banner"]["value"] == str(words("chat.banner"))
    assert str(parts["fn-question"]["label"]) == str(words("chat.question"))
    assert words.translations["en"]["chat.banner"].startswith(f"# {TITLE}\n\n")
    assert parts["fn-conversation"]["sanitize_html"] is True
    assert parts["fn-conversation"]["latex_delimiters"] == []
    buttons = [part["props"]["value"] for part in page.config["components"] if part["type"] == "button"]
    assert buttons == [ARRESTS, POPULATION, str(words("chat.startOver"))]


def test_the_browser_runs_no_script_of_the_page_s_own_making(seed_engine: QueryEngine) -> None:
    """Gradio evaluates ``js`` of an event, which the page's policy forbids."""
    page = build_chat(seed_engine, [ARRESTS])
    assert {dependency["js"] for dependency in page.config["dependencies"]} == {None}
