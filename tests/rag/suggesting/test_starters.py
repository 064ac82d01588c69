"""Starters are questions that the newest reports answer, made one try at a time while nothing else runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from index.ingest.synchronize import sync
from index.library import Library
from rag.answer_limits import DEFAULT_LIMITS
from rag.engine import QueryEngine
from rag.suggesting import StarterMaker, Starters
from tests.support.libraries import MakeLibrary

DAM = "Of the dam of Varda\n\nThe council of Varda closed the third gate of the dam on 3 March 1931.\n"
MILL = "Of the mill of Brackwater\n\nThe mill of Brackwater was rebuilt in May 1902.\n"
WHEN_CLOSED = "When did the council of Varda close the third gate of the dam?"
WHEN_REBUILT = "When was the mill of Brackwater rebuilt?"


def made(engine: QueryEngine) -> Starters:
    maker = StarterMaker(engine, lambda: False)
    assert not engine.open_questions, "an answer of another test is still open, so that no step does anything"
    while not maker.current().complete:
        maker.step()
    return maker.current()


def test_starters_are_about_different_reports_first_and_name_them(seed_engine: QueryEngine) -> None:
    starters = made(seed_engine).starters
    first = [each.title for each in starters[:3]]
    assert len(set(first)) == 3
    titles = [seed_engine.index.catalog.text(each.document_id).title for each in starters]
    assert titles == [each.title for each in starters]


def test_starters_ask_for_the_main_rows_of_accounts(library: MakeLibrary) -> None:
    front = "---\ntitle: Results of Harlan Energy\npublisher: Harlan Energy\n---\n\n"
    rows = "| Revenues | 81 | 78 |\n| Fuel | 9 | 8 |\n| Net income | 6 | 5 |"
    table = f"| In thousands | 2031 | 2030 |\n|---|---|---|\n{rows}"
    questions = [each.question for each in made(library({"results.md": f"{front}{table}\n"})).starters]
    assert questions == ["What were Harlan Energy’s revenues?", "What was Harlan Energy’s net income?"]


def test_each_starter_is_answered_by_its_report_first(seed_engine: QueryEngine) -> None:
    for each in made(seed_engine).starters:
        answer = seed_engine.ask(each.question)
        assert not answer.abstained
        assert (answer.note, answer.searched_for) == (None, None)
        assert answer.citations[0].document_id == each.document_id


def test_a_question_that_the_library_does_not_answer_is_not_offered(seed_index: Library) -> None:
    refusing = QueryEngine(seed_index, limits=replace(DEFAULT_LIMITS, threshold=1.0))
    assert made(refusing).starters == ()


def test_one_report_can_give_several_starters(library: MakeLibrary) -> None:
    engine = library({"dam.txt": DAM + "\nThe dam of Varda was opened in June 1899.\n"})
    questions = [each.question for each in made(engine).starters]
    assert sorted(questions) == sorted([WHEN_CLOSED, "When was the dam of Varda opened?"])


def test_reports_in_other_languages_give_no_starters(library: MakeLibrary) -> None:
    engine = library(
        {"banjir.txt": "Bendungan Varda jebol pada hari Minggu. Sebanyak 412 rumah hancur di Varda."}
    )
    assert made(engine).starters == ()


def test_a_question_that_is_unclear_without_an_answer_beside_it_is_not_offered(library: MakeLibrary) -> None:
    engine = library({"gates.txt": "Of the gates\n\nThe company closed the third gate on 3 March 1931.\n"})
    assert made(engine).starters == ()


def test_the_publisher_stands_in_for_the_company(library: MakeLibrary) -> None:
    front = "---\ntitle: Results of Harlan Energy\npublisher: Harlan Energy\n---\n\n"
    words = (
        "The company was founded in Pellan in 1931. "
        "The net sales of the Pellan mill were $4.2 billion in the end."
    )
    engine = library({"results.md": f"{front}{words}\n"})
    questions = {each.question for each in made(engine).starters}
    assert "What were Harlan Energy’s net sales of the Pellan mill?" in questions
    assert not any("the company" in question for question in questions)


def test_nothing_is_tried_while_a_question_or_other_work_is_in_progress(library: MakeLibrary) -> None:
    engine = library({"mill.txt": MILL})
    busy = [True]
    maker = StarterMaker(engine, lambda: busy[0])
    for _ in range(5):
        maker.step()
    assert maker.current() == Starters(engine.index.catalog.generation())
    busy[0] = False
    asking = engine.stream(WHEN_REBUILT)
    next(asking)
    for _ in range(5):
        maker.step()
    assert maker.current().starters == ()
    asking.close()
    for _ in range(5):
        maker.step()
    assert [each.question for each in maker.current().starters] == [WHEN_REBUILT]
    assert maker.current().complete


def test_starters_are_made_again_after_a_change_of_the_library(index: Library, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "dam.txt").write_text(DAM, encoding="utf-8")
    sync(index, [folder])
    maker = StarterMaker(QueryEngine(index), lambda: False)
    for _ in range(5):
        maker.step()
    assert [each.question for each in maker.current().starters] == [WHEN_CLOSED]
    (folder / "dam.txt").unlink()
    (folder / "mill.txt").write_text(MILL, encoding="utf-8")
    sync(index, [folder])
    assert maker.current() == Starters(index.catalog.generation())
    for _ in range(5):
        maker.step()
    assert [each.question for each in maker.current().starters] == [WHEN_REBUILT]


def test_trying_stores_no_answer(library: MakeLibrary) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    assert made(engine).starters
    with engine.index.catalog.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 0
