"""Suggestions are questions that the library answers with a sentence that is not shown yet."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import pytest

from index.documents import Span
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Filters
from rag import suggesting
from rag.answers import Answer
from rag.conversations.history import continue_conversation
from rag.engine import QueryEngine
from rag.suggesting import Candidate, candidates_of, is_answered_by
from tests.support.libraries import MakeLibrary

suggest = partial(suggesting.suggest, seconds=60)
"""``suggestions.suggest`` with ample time, so that the result does not depend on the machine."""

ARRESTS = "How many suspects were arrested, and over how many days?"


def answers_to(engine: QueryEngine, question: str) -> Answer:
    answer = engine.ask(question)
    assert not answer.abstained
    return answer


@pytest.fixture(scope="module")
def arrests(seed_engine: QueryEngine) -> Answer:
    return answers_to(seed_engine, ARRESTS)


def test_suggestions_are_questions_about_sentences_near_the_citations(
    seed_engine: QueryEngine, arrests: Answer
) -> None:
    assert suggest(seed_engine, arrests) == [
        "When did Hun Manet issue a single clearance directive for the whole country?",
        "When did the Ministry of Justice suspend the deputy prosecutor?",
    ]


def test_each_suggestion_is_answered_by_a_new_sentence(seed_engine: QueryEngine, arrests: Answer) -> None:
    shown = {cited.quote for cited in arrests.citations}
    for question in suggest(seed_engine, arrests):
        answer = answers_to(seed_engine, question)
        assert answer.citations[0].quote not in shown
        assert answer.citations[0].document_id == arrests.citations[0].document_id


def test_asked_questions_are_not_suggested(seed_engine: QueryEngine, arrests: Answer) -> None:
    suspended = "When did the Ministry of Justice suspend the deputy prosecutor?"
    assert suspended in suggest(seed_engine, arrests)
    asked = replace(arrests, question="When has the Ministry of Justice suspended this deputy prosecutor?")
    assert suspended not in suggest(seed_engine, asked)


def test_candidates_near_the_citations_come_first(seed_engine: QueryEngine, arrests: Answer) -> None:
    found = candidates_of(seed_engine.index, arrests)
    assert [each.distance for each in found] == sorted(each.distance for each in found)
    document = seed_engine.index.catalog.text(arrests.citations[0].document_id)
    words = [" ".join(each.span.of(document.text).split()) for each in found]
    assert "The Ministry of Justice suspended the deputy prosecutor on Wednesday." in words


def test_after_an_abstention_suggestions_come_from_the_nearest_report(seed_engine: QueryEngine) -> None:
    none = seed_engine.ask("What is the national bird of Cambodia?")
    assert none.abstained
    assert suggest(seed_engine, none) == [
        "When did Hun Manet issue a single clearance directive for the whole country?",
        "When did the Ministry of Justice suspend the deputy prosecutor?",
    ]


def test_nothing_is_suggested_if_no_report_mentions_the_subject(seed_engine: QueryEngine) -> None:
    none = seed_engine.ask("Which glaciers of Patagonia melt fastest?")
    assert none.cause == "not_in_library"
    assert suggest(seed_engine, none) == []


def test_suggestions_respect_the_filters(seed_engine: QueryEngine) -> None:
    filters = Filters(publishers=("Footnoted sample library",))
    answer = seed_engine.ask(ARRESTS, filters)
    assert len(suggest(seed_engine, answer)) == 2
    assert answer.searched is not None
    elsewhere = replace(answer, searched=replace(answer.searched, filters=Filters(publishers=("Nobody",))))
    assert suggest(seed_engine, elsewhere) == []


def test_no_question_is_tried_after_the_time_limit(seed_engine: QueryEngine, arrests: Answer) -> None:
    assert suggesting.suggest(seed_engine, arrests, seconds=0) == []


def test_suggestions_take_less_than_the_time_limit(seed_engine: QueryEngine, arrests: Answer) -> None:
    began = time.perf_counter()
    suggesting.suggest(seed_engine, arrests)
    # The call takes one second on an idle machine.
    assert time.perf_counter() - began < 3


DAM = (
    "The dam of Varda broke on Sunday. The council closed the third gate of the dam on Monday. "
    "Survivors were taken to Port Varda. Some 412 homes were destroyed."
)


def test_sentences_shown_earlier_in_the_conversation_are_not_suggested(library: MakeLibrary) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    first = answers_to(engine, "When did the dam of Varda break?")
    assert "How many homes were destroyed?" in suggest(engine, first)
    follows = continue_conversation(engine.index.catalog, first.conversation_id)
    homes = engine.ask("How many homes were destroyed at the dam of Varda?", conversation=follows)
    assert homes.citations[0].quote == "Some 412 homes were destroyed."
    again = engine.ask(
        "When did the dam of Varda break?",
        conversation=continue_conversation(engine.index.catalog, homes.conversation_id),
    )
    assert "How many homes were destroyed?" not in suggest(engine, again)


def test_trying_questions_stores_no_answer_and_calls_no_model(library: MakeLibrary) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    answer = answers_to(engine, "When did the dam of Varda break?")
    suggest(engine, answer)
    quoting = engine.quoting_only()
    assert (quoting.writer, quoting.keeps, engine.keeps) == (None, False, True)
    with engine.index.catalog.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 1


def test_reports_in_other_languages_give_no_suggestions(library: MakeLibrary) -> None:
    engine = library(
        {"banjir.txt": "Bendungan Varda jebol pada hari Minggu. Sebanyak 412 rumah hancur di Varda."}
    )
    answer = engine.ask("Kapan bendungan Varda jebol?")
    assert suggest(engine, answer) == []


def test_replaced_versions_give_no_suggestions(
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


def test_the_plan_is_suggested_only_if_the_answer_mentions_a_plan(library: MakeLibrary) -> None:
    text = (
        "The sirens of Varda are loud. The scheme costs 3.4 million euros. The sirens cost 2 million euros."
    )
    engine = library({"sirens.txt": text})
    answer = answers_to(engine, "Are the sirens of Varda loud?")
    questions = suggest(engine, answer)
    assert "How much does the scheme cost?" not in questions


def test_a_widened_answer_answers_with_each_of_its_sentences(library: MakeLibrary) -> None:
    earned = "The company earned 4 million euros less than a year before."
    fire = "The reason is that a fire closed its plant in Ghent, which made half of its glass."
    text = f"{earned} {fire} The canteen has a new cook."
    answer = library({"a.txt": text}).ask("Why did the company earn less?")
    [citation] = answer.citations
    assert citation.quote == f"{earned} {fire}"
    spans = [Span(text.index(each), text.index(each) + len(each)) for each in (earned, fire, "The canteen")]
    candidates = [Candidate("", citation.document_id, span) for span in spans]
    assert [is_answered_by(each, answer) for each in candidates] == [True, True, False]
