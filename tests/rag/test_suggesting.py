"""Suggested questions have an answer, in the words of the reports."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from index.documents import Span
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Filters
from rag import suggesting
from rag.answer_limits import DEFAULT_LIMITS
from rag.answers import Answer
from rag.conversations.history import continue_conversation
from rag.engine import QueryEngine
from rag.finding.ranking import SURE
from rag.suggesting import (
    Candidate,
    StarterMaker,
    Starters,
    candidates_of,
    is_answered_by,
    question_about,
    question_of,
)
from tests.support.libraries import MakeLibrary
from tests.support.reports import write

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


NEAR_THE_ARRESTS = [
    "When did Hun Manet issue a single clearance directive for the whole country?",
    "When did the Ministry of Justice suspend the deputy prosecutor?",
]


def test_sentences_near_the_citations_are_asked_for(seed_engine: QueryEngine, arrests: Answer) -> None:
    assert suggest(seed_engine, arrests) == NEAR_THE_ARRESTS
    shown = {cited.quote for cited in arrests.citations}
    for question in NEAR_THE_ARRESTS:
        first = answers_to(seed_engine, question).citations[0]
        assert first.quote not in shown, "each is answered by a new sentence"
        assert first.document_id == arrests.citations[0].document_id


def test_asked_questions_are_not_suggested(seed_engine: QueryEngine, arrests: Answer) -> None:
    asked = replace(arrests, question="When has the Ministry of Justice suspended this deputy prosecutor?")
    assert NEAR_THE_ARRESTS[1] not in suggest(seed_engine, asked)


def test_candidates_near_the_citations_come_first(seed_engine: QueryEngine, arrests: Answer) -> None:
    found = candidates_of(seed_engine.index, arrests)
    assert [each.distance for each in found] == sorted(each.distance for each in found)
    document = seed_engine.index.catalog.text(arrests.citations[0].document_id)
    words = [" ".join(each.span.of(document.text).split()) for each in found]
    assert "The Ministry of Justice suspended the deputy prosecutor on Wednesday." in words


def test_after_an_abstention_suggestions_come_from_the_nearest_report(seed_engine: QueryEngine) -> None:
    none = seed_engine.ask("What is the national bird of Cambodia?")
    assert none.abstained
    assert suggest(seed_engine, none) == NEAR_THE_ARRESTS


def test_nothing_is_suggested_if_no_report_mentions_the_subject(seed_engine: QueryEngine) -> None:
    none = seed_engine.ask("Which glaciers of Patagonia melt fastest?")
    assert none.cause == "not_in_library"
    assert suggest(seed_engine, none) == []


def test_suggestions_respect_the_filters(seed_engine: QueryEngine, arrests: Answer) -> None:
    assert arrests.searched is not None
    scope = replace(arrests.searched, filters=Filters(publishers=("Nobody",)))
    assert suggest(seed_engine, replace(arrests, searched=scope)) == []


def test_no_question_is_tried_after_the_time_limit(seed_engine: QueryEngine, arrests: Answer) -> None:
    assert suggesting.suggest(seed_engine, arrests, seconds=0) == []


ORDERED = "When did the governor order the repair of 412 homes?"
DAM = (
    "The dam of Varda broke on Sunday. The council closed the third gate of the dam on Monday. "
    "Survivors were taken to Port Varda. The governor ordered the repair of 412 homes on Friday."
)


def test_a_sentence_far_from_the_citations_is_asked_for_if_none_is_near(library: MakeLibrary) -> None:
    between = "The valley is quiet and its fields are green. " * 60
    engine = library({"dam.txt": f"The dam of Varda broke on Sunday. {between}\n\n{DAM.split('. ', 1)[1]}"})
    assert ORDERED in suggest(engine, answers_to(engine, "When did the dam of Varda break?"))


def test_sentences_shown_earlier_in_the_conversation_are_not_suggested(own_library: MakeLibrary) -> None:
    engine = QueryEngine(own_library({"dam.txt": DAM}).index, keeps=True)
    first = answers_to(engine, "When did the dam of Varda break?")
    assert ORDERED in suggest(engine, first)
    follows = continue_conversation(engine.index.catalog, first.conversation_id)
    homes = engine.ask("When did the governor order the repair of homes at Varda?", conversation=follows)
    assert homes.citations[0].quote == "The governor ordered the repair of 412 homes on Friday."
    again = engine.ask(
        "When did the dam of Varda break?",
        conversation=continue_conversation(engine.index.catalog, homes.conversation_id),
    )
    assert ORDERED not in suggest(engine, again)


def test_trying_questions_stores_no_answer_and_calls_no_model(own_library: MakeLibrary) -> None:
    engine = QueryEngine(own_library({"dam.txt": DAM_REPORT}).index, keeps=True)
    suggest(engine, answers_to(engine, WHEN_CLOSED))
    assert made(engine).starters
    quoting = engine.quoting_only()
    assert (quoting.writer, quoting.keeps, engine.keeps) == (None, False, True)
    with engine.index.catalog.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 1


def test_reports_in_other_languages_give_no_suggestions_and_no_starters(library: MakeLibrary) -> None:
    engine = library(
        {"banjir.txt": "Bendungan Varda jebol pada hari Minggu. Sebanyak 412 rumah hancur di Varda."}
    )
    assert suggest(engine, engine.ask("Kapan bendungan Varda jebol?")) == []
    assert made(engine).starters == ()


def test_replaced_versions_suggest_nothing(index: Library, tmp_path: Path) -> None:
    file = write(tmp_path / "reports" / "dam.txt", DAM)
    sync(index, [file.parent])
    answer = answers_to(QueryEngine(index), "When did the dam of Varda break?")
    assert candidates_of(index, answer)
    write(file, f"{DAM} It was rebuilt in 1911.")
    sync(index, [file.parent])
    assert candidates_of(index, answer) == []


def test_the_plan_is_suggested_only_if_the_answer_mentions_a_plan(library: MakeLibrary) -> None:
    approved = "Nobody sleeps near them. The scheme was approved in May 1931."
    engine = library({"sirens.txt": f"The sirens of Varda are loud. {approved}"})
    answer = answers_to(engine, "Are the sirens of Varda loud?")
    assert suggest(engine, answer) == []
    named = replace(answer, text=f"{answer.text} It is a scheme.")
    assert suggest(engine, named) == ["When was the scheme approved?"]


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


def test_a_question_is_not_suggested_if_its_answer_is_not_sure_or_cites_other_words(
    seed_engine: QueryEngine,
) -> None:
    answer = answers_to(seed_engine, NEAR_THE_ARRESTS[1])
    first = answer.citations[0]
    own = Candidate(NEAR_THE_ARRESTS[1], first.document_id, Span(first.start, first.end))
    assert is_answered_by(own, answer)
    assert not is_answered_by(replace(own, span=Span(0, 5)), answer)
    assert not is_answered_by(own, replace(answer, answerability=SURE - 0.01))
    # Two half-sure sentences are as probable together as a sure one.
    assert not is_answered_by(own, replace(answer, alternatives=answer.passages[:1]))


DAM_REPORT = "Of the dam of Varda\n\nThe council of Varda closed the third gate of the dam on 3 March 1931.\n"
MILL = "Of the mill of Brackwater\n\nThe mill of Brackwater was rebuilt in May 1902.\n"
WHEN_CLOSED = "When did the council of Varda close the third gate of the dam?"
WHEN_REBUILT = "When was the mill of Brackwater rebuilt?"


def stepped(maker: StarterMaker, steps: int = 5) -> list[str]:
    for _ in range(steps):
        maker.step()
    return [each.question for each in maker.current().starters]


def made(engine: QueryEngine) -> Starters:
    maker = StarterMaker(engine, lambda: False)
    assert not engine.open_questions, "an answer of another test is still open, so that no step does anything"
    while not maker.current().complete:
        maker.step()
    return maker.current()


def test_starters_are_about_different_reports_that_answer_them(seed_engine: QueryEngine) -> None:
    starters = made(seed_engine).starters
    assert len({each.title for each in starters[:3]}) == 3
    for each in starters:
        assert seed_engine.index.catalog.text(each.document_id).title == each.title
        answer = answers_to(seed_engine, each.question)
        assert (answer.note, answer.searched_for) == (None, None)
        assert answer.citations[0].document_id == each.document_id


def test_starters_ask_for_the_main_rows_of_accounts(library: MakeLibrary) -> None:
    front = "---\ntitle: Results of Harlan Energy\npublisher: Harlan Energy\n---\n\n"
    rows = "| Revenues | 81 | 78 |\n| Fuel | 9 | 8 |\n| Net income | 6 | 5 |"
    table = f"| In thousands | 2031 | 2030 |\n|---|---|---|\n{rows}"
    questions = [each.question for each in made(library({"results.md": f"{front}{table}\n"})).starters]
    assert questions == ["What were Harlan Energy’s revenues?", "What was Harlan Energy’s net income?"]


def test_only_questions_that_are_clear_by_themselves_and_answered_are_offered(library: MakeLibrary) -> None:
    engine = library({"dam.txt": DAM_REPORT + "\nThe dam of Varda was opened in June 1899.\n"})
    questions = [each.question for each in made(engine).starters]
    assert sorted(questions) == sorted([WHEN_CLOSED, "When was the dam of Varda opened?"])
    refusing = QueryEngine(engine.index, limits=replace(DEFAULT_LIMITS, threshold=1.0))
    assert made(refusing).starters == ()
    unclear = library({"gates.txt": "Of the gates\n\nThe company closed the third gate on 3 March 1931.\n"})
    assert made(unclear).starters == ()


def test_the_publisher_stands_in_for_the_company(library: MakeLibrary) -> None:
    front = "---\ntitle: Results of Harlan Energy\npublisher: Harlan Energy\n---\n\n"
    founded = "The company was founded in Pellan in 1931."
    sales = "The company bought the Pellan mill in May 1932."
    engine = library({"results.md": f"{front}{founded} {sales}\n"})
    questions = {each.question for each in made(engine).starters}
    assert "When did Harlan Energy buy the Pellan mill?" in questions
    assert not any("the company" in question for question in questions)


def test_nothing_is_tried_while_a_question_or_other_work_is_in_progress(library: MakeLibrary) -> None:
    engine = library({"mill.txt": MILL})
    busy = [True]
    maker = StarterMaker(engine, lambda: busy[0])
    assert stepped(maker) == []
    assert maker.current() == Starters(engine.index.catalog.generation())
    busy[0] = False
    asking = engine.stream(WHEN_REBUILT)
    next(asking)
    assert stepped(maker) == []
    asking.close()
    assert (stepped(maker), maker.current().complete) == ([WHEN_REBUILT], True)


def test_starters_are_made_again_after_a_change_of_the_library(index: Library, tmp_path: Path) -> None:
    dam = write(tmp_path / "reports" / "dam.txt", DAM_REPORT)
    sync(index, [dam.parent])
    maker = StarterMaker(QueryEngine(index), lambda: False)
    assert stepped(maker) == [WHEN_CLOSED]
    dam.unlink()
    write(dam.parent / "mill.txt", MILL)
    sync(index, [dam.parent])
    assert maker.current() == Starters(index.catalog.generation())
    assert stepped(maker) == [WHEN_REBUILT]


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The mill of Brackwater was rebuilt in May 1902.", "When was the mill of Brackwater rebuilt?"),
        ("• In 2024, a mill (of 1902) was sold to the town. [7]", "When was a mill sold to the town?"),
        ("The Ministry of Justice suspended the prosecutor on Wednesday.",
         "When did the Ministry of Justice suspend the prosecutor?"),
        ("UNODC submitted six reports to the Council on 3 May, against two in April.",
         "When did UNODC submit six reports to the Council?"),
        ("On Monday Parliament opened the inquiry.", "When did Parliament open the inquiry?"),
        ("President Ilse Tarvanen declared an emergency on 11 March.",
         "When did President Ilse Tarvanen declare an emergency?"),
    ],
)  # fmt: skip
def test_a_sentence_that_ends_with_a_date_gives_a_question(sentence: str, question: str) -> None:
    assert question_of(sentence) == question


@pytest.mark.parametrize(
    "sentence",
    [
        "12 The thematic funding was raised by the town in 2024.",
        "Floods affected 5 million people across Laos, Thailand and Viet Nam.",
        "In 2024, the floods affected people across Laos, Thailand and Viet Nam.",
        "The mill was flooded in May, June 1931 and again later.",
        "The number of cases reported in 2024.",
        "The number of cases reported by the police in 2024.",
        "The funds raised by the town doubled the budget in 2024.",
        "The town closed the gates and reopened the valves in 1999.",
        "The company may cut the rate in 2024.",
        "Billington Structures enjoyed an improved year in 2024.",
        "The committee taken hostage in 2024.",
        "The mill, a ruin, was opened in 1902.",
        "The adopted plan in 2024.",
        "The planned exit left Kent in 2012.",
        "In 2023, following the adoption of a revised code the town.",
        "The index increased 2.8 percent over the months ending in May.",
        "In 2024, sales increased a little.",
        "Sales increased a little in 2024.",
        "Some Dutch farmers left the valley in 2024.",
        "When President Tarvanen opened the session in September.",
        "They opened the mill in 1902.",
        "The mill – an old one – was opened in 1902.",
        "The mill was drowned in mud.",
        "The mill was opened in 1902:",
        f"The council opened the mill {'at the weir ' * 5}in 1902.",
    ],
)
def test_a_sentence_of_another_shape_gives_none(sentence: str) -> None:
    assert question_of(sentence) is None


def test_a_row_gives_the_question_for_its_figures() -> None:
    assert question_about("NET INCOME ATTRIBUTABLE TO COSTCO (1) | 4 | 5") == "What was net income?"
    assert question_about("Total assets³ | 4") == "What were total assets?"
