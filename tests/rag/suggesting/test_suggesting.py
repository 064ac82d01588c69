"""What can be asked next: questions that the library answers with a sentence that is not shown yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest

from index.ingest.synchronize import sync
from index.library import Library
from index.records import Filters
from rag.answers import Answer
from rag.conversations.history import follow
from rag.engine import QueryEngine
from rag.suggesting import suggesting
from rag.suggesting.suggesting import candidates_of

suggest = partial(suggesting.suggest, seconds=60)
"""As on a machine that is quick enough: what is suggested does not depend on it here."""

ARRESTS = "How many suspects were arrested, and over how many days?"

MakeLibrary = Callable[[Mapping[str, str]], QueryEngine]


def answers_to(engine: QueryEngine, question: str) -> Answer:
    answer = engine.ask(question)
    assert not answer.abstained
    return answer


@pytest.fixture(scope="module")
def arrests(seed_engine: QueryEngine) -> Answer:
    return answers_to(seed_engine, ARRESTS)


def test_suggestions_read_as_questions_and_stand_beside_what_was_cited(
    seed_engine: QueryEngine, arrests: Answer
) -> None:
    assert suggest(seed_engine, arrests) == [
        "Who suspended the deputy prosecutor?",
        "What is Ji Xiha accused of?",
        "Who issued a single clearance directive for the whole country?",
    ]


def test_each_suggestion_is_answered_by_a_sentence_that_was_not_shown(
    seed_engine: QueryEngine, arrests: Answer
) -> None:
    shown = {cited.quote for cited in arrests.citations}
    for question in suggest(seed_engine, arrests):
        answer = answers_to(seed_engine, question)
        assert answer.citations[0].quote not in shown
        assert answer.citations[0].document_id == arrests.citations[0].document_id


def test_what_is_suggested_is_nothing_that_was_asked(seed_engine: QueryEngine, arrests: Answer) -> None:
    [first, *_] = suggest(seed_engine, arrests)
    asked = replace(arrests, question="Who has suspended this deputy prosecutor?")
    assert first not in suggest(seed_engine, asked)


def test_candidates_stand_around_what_is_cited_the_nearest_first(
    seed_engine: QueryEngine, arrests: Answer
) -> None:
    found = candidates_of(seed_engine.index, arrests)
    assert [each.distance for each in found] == sorted(each.distance for each in found)
    document = seed_engine.index.catalog.text(arrests.citations[0].document_id)
    words = [" ".join(each.span.of(document.text).split()) for each in found]
    assert "The Ministry of Justice suspended the deputy prosecutor on Wednesday." in words


def test_an_abstention_is_followed_by_what_the_nearest_report_says(seed_engine: QueryEngine) -> None:
    none = seed_engine.ask("What is the population of Cambodia?")
    assert none.abstained
    assert suggest(seed_engine, none) == [
        "Who issued a single clearance directive for the whole country?",
        "What is Ji Xiha accused of?",
    ]


def test_where_no_report_speaks_of_the_subject_nothing_is_suggested(seed_engine: QueryEngine) -> None:
    none = seed_engine.ask("Which glaciers of Patagonia melt fastest?")
    assert none.cause == "not_in_library"
    assert suggest(seed_engine, none) == []


def test_only_reports_that_pass_the_filters_are_asked(seed_engine: QueryEngine) -> None:
    filters = Filters(publishers=("Footnoted sample library",))
    answer = seed_engine.ask(ARRESTS, filters)
    assert len(suggest(seed_engine, answer)) == 3
    assert answer.searched is not None
    elsewhere = replace(answer, searched=replace(answer.searched, filters=Filters(publishers=("Nobody",))))
    assert suggest(seed_engine, elsewhere) == []


def test_no_question_is_tried_when_the_time_is_over(seed_engine: QueryEngine, arrests: Answer) -> None:
    assert suggesting.suggest(seed_engine, arrests, seconds=0) == []


def test_suggestions_are_made_soon(seed_engine: QueryEngine, arrests: Answer) -> None:
    began = time.perf_counter()
    suggesting.suggest(seed_engine, arrests)
    # A second where nobody else is at work.
    assert time.perf_counter() - began < 3


DAM = (
    "The dam of Varda broke on Sunday. The council closed the third gate of the dam on Monday. "
    "Survivors were taken to Port Varda. Some 412 homes were destroyed."
)


def test_what_was_shown_earlier_in_the_conversation_is_not_suggested_again(library: MakeLibrary) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    first = answers_to(engine, "When did the dam of Varda break?")
    assert "How many homes were destroyed?" in suggest(engine, first)
    follows = follow(engine.index, first.conversation_id)
    homes = engine.ask("How many homes were destroyed at the dam of Varda?", conversation=follows)
    assert homes.citations[0].quote == "Some 412 homes were destroyed."
    again = engine.ask(
        "When did the dam of Varda break?", conversation=follow(engine.index, homes.conversation_id)
    )
    assert "How many homes were destroyed?" not in suggest(engine, again)


def test_asking_aside_keeps_no_answer_and_reaches_no_model(library: MakeLibrary) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    answer = answers_to(engine, "When did the dam of Varda break?")
    suggest(engine, answer)
    aside = engine.aside()
    assert (aside.writer, aside.keeps, engine.keeps) == (None, False, True)
    with engine.index.catalog.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 1


def test_a_report_in_another_language_is_not_asked_of(library: MakeLibrary) -> None:
    engine = library(
        {"banjir.txt": "Bendungan Varda jebol pada hari Minggu. Sebanyak 412 rumah hancur di Varda."}
    )
    answer = engine.ask("Kapan bendungan Varda jebol?")
    assert suggest(engine, answer) == []


def test_a_version_that_was_replaced_is_not_asked_of(
    index: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("reports")
    file = folder / "dam.txt"
    file.write_text(DAM, encoding="utf-8")
    sync(index, [folder])
    engine = QueryEngine(index)
    answer = answers_to(engine, "When did the dam of Varda break?")
    assert candidates_of(index, answer)
    file.write_text(f"{DAM} It was rebuilt in 1911.", encoding="utf-8")
    sync(index, [folder])
    assert candidates_of(index, answer) == []


def test_the_plan_is_only_asked_of_where_a_plan_was_spoken_of(library: MakeLibrary) -> None:
    text = (
        "The sirens of Varda are loud. The scheme costs 3.4 million euros. The sirens cost 2 million euros."
    )
    engine = library({"sirens.txt": text})
    answer = answers_to(engine, "Are the sirens of Varda loud?")
    questions = suggest(engine, answer)
    assert "How much does the scheme cost?" not in questions
