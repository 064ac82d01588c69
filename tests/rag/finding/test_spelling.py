"""The spelling of a question is corrected by the words of the library and of English."""

from __future__ import annotations

import pytest

from index.catalog import CollectionViewers
from index.records import Viewer
from index.uploads import edit_document
from rag.conversations import from_answers
from rag.engine import QueryEngine
from rag.events import PassagesFound, QuestionCorrected, QuestionRewritten, ReadingBegun
from rag.finding.spelling import correct, is_term
from rag.questions import MAX_QUESTION_CHARACTERS, understand
from tests.support.libraries import MakeLibrary

REPORTS = {
    "dam.txt": "The dam of Varda broke on Sunday. The council of Varda closed the third gate of the dam. "
    "Water from the reservoir destroyed 412 homes, and the capex of the ministry doubled.",
    "firm.txt": "Lockheed Martin employs 116,000 people. Most employees work in Maryland. Petersen leads it.",
}
INDONESIAN = {
    "banjir.txt": "Banjir besar merusak jembatan di kota itu. Pemerintah membangun jembatan baru pada bulan "
    "Maret. Pemerintah membayar biaya pembangunan jembatan itu."
}
FRENCH = {
    "crue.txt": "La crue a emporté le barrage de la vallée. Le gouvernement a reconstruit le barrage au mois "
    "de mars. Les habitants de la vallée ont remercié le gouvernement."
}


def corrected(engine: QueryEngine, text: str) -> str | None:
    with engine.index.snapshot() as snapshot:
        return correct(snapshot, understand(text))


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("How mutch water was in the reservoir?", "How much water was in the reservoir?"),
        ("Who closed the gate in the secnd week?", "Who closed the gate in the second week?"),
        ("Wich gate was closed by the council?", "Which gate was closed by the council?"),
        ("How many homes did the resevroir destroy?", "How many homes did the reservoir destroy?"),
        ("How many employes work in Maryland?", "How many employees work in Maryland?"),
        ("lockhed martin nr of employees", "lockheed martin nr of employees"),
        ("How many people does Lockhed Martin employ?", "How many people does Lockheed Martin employ?"),
        ("minstry capex and the resevoir", "ministry capex and the reservoir"),
        ("How many homes were destroyed by the water of the reservoir?", None),
        ("What was the capex of the ministry?", None),  # No English list has the word; the library does.
        ("What does the word “mutch” mean?", None),
        ('Who wrote "secnd"?', None),
        ("Where is MUTCH based?", None),
        ("What is the mutch2 of the dam?", None),
        ("Who is Petersan?", None),  # A replaced letter makes the name of another person.
        ("Who is Peterson?", None),
        ("How many people does Volkswagen employ?", None),
        ("What did volkswagen sell in the week of the flood?", None),
        ("Which employe closed the gate?", None),  # Two words are near: employer, employee.
        # The library lacks these languages.
        ("Berapa biaya pembangunan bendungan di lembah itu?", None),
        ("Siapa yang memerintahkan operasi terhadap sindikat penipuan?", None),
        ("Ai đã ra lệnh chiến dịch chống lại các băng nhóm lừa đảo?", None),
        ("Combien de maisons le réservoir a-t-il détruites ?", None),
        ("在柬埔寨逮捕了多少嫌疑人？", None),
        ("តើប៉ុស្តិ៍ចាប់ខ្លួនជនសង្ស័យប៉ុន្មាននាក់?", None),
    ],
)
def test_a_misspelt_word_is_replaced_unless_it_may_be_meant(
    library: MakeLibrary, asked: str, meant: str | None
) -> None:
    assert corrected(library(REPORTS), asked) == meant


def test_another_language_is_corrected_by_the_library_s_words(library: MakeLibrary) -> None:
    asked = "Berapa biaya pembangunan jembatan yang dibayar oleh pemerintha pada bulan Maret?"
    assert corrected(library(INDONESIAN | {"more.txt": asked.replace("pemerintha", "kota")}), asked) == (
        asked.replace("pemerintha", "pemerintah")
    )


def test_another_form_of_a_word_stays(library: MakeLibrary) -> None:
    engine = library(FRENCH)
    assert corrected(engine, "Quels barrages le gouvernement a-t-il reconstruits au mois de mars ?") is None


SUDAN = {"sudan.md": "---\ntitle: Sudan appeal\n---\n\nThe appeal asks for 4 million tals for food.\n"}
CARS = {"cars.txt": "The council of Varda sold two sedans in the week of the flood."}


def test_a_form_of_a_word_of_a_title_or_text_stays(library: MakeLibrary) -> None:
    asked = "What is sudans reservoir for?"
    assert corrected(library(CARS), asked) == "What is sedans reservoir for?"
    assert corrected(library(CARS | SUDAN), asked) is None
    assert corrected(library(CARS | {"a.txt": "People fled from Sudan."}), asked) is None


def test_an_empty_library_corrects_nothing_but_english(library: MakeLibrary) -> None:
    engine = library({})
    assert corrected(engine, "How mutch was spent?") == "How much was spent?"
    assert corrected(engine, "How many people live in Varda?") is None


def test_a_correction_never_exceeds_the_longest_question(library: MakeLibrary) -> None:
    engine = library(REPORTS)
    asked = ("the secnd gate " * 140)[: MAX_QUESTION_CHARACTERS - 1]
    assert corrected(engine, asked) is None


@pytest.mark.slow_cases
@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Vandermer", "Vandermeer"),
        ("vandermer", "vandermeer"),
        ("Wer ist Vandermer?", "Wer ist Vandermeer?"),
        ("Apakah Vandermer menerima pembayaran dari pemerintah?", None),
        ("Who paid Vandermer?", "Who paid Vandermeer?"),
        ("Who paid the shell campany of Vandermer?", "Who paid the shell company of Vandermeer?"),
    ],
)
def test_a_hidden_word_is_no_correction(library: MakeLibrary, asked: str, meant: str | None) -> None:
    whole = library(REPORTS | {"vault.txt": "The board paid a shell company of Piet Vandermeer."})
    [hidden] = [each for each in whole.index.catalog.documents() if each.path == "vault.txt"]
    edit_document(whole.index, hidden.document_id, {"collection": "board"})
    CollectionViewers(whole.index.catalog.engine).set("board", ["bea"])
    assert corrected(whole, asked) == meant
    assert corrected(whole.for_viewer(Viewer("bea")), asked) == meant
    visible = corrected(whole.for_viewer(Viewer("cai")), asked)
    assert visible == corrected(library(REPORTS), asked)
    assert "meer" not in (visible or "")


def test_the_answer_says_what_was_searched_for(library: MakeLibrary) -> None:
    engine = library(REPORTS)
    answer = engine.ask("How many homes did the resevroir destroy?")
    assert answer.question == "How many homes did the resevroir destroy?"
    assert answer.searched_for == "How many homes did the reservoir destroy?"
    assert answer.standalone is None
    assert "412 homes" in answer.text


def test_exact_and_well_spelled_questions_are_searched_as_they_are(library: MakeLibrary) -> None:
    asked = "How many homes did the resevroir destroy?"
    assert library(REPORTS).ask(asked, exact=True).searched_for is None
    assert library(REPORTS).ask("How many homes did the reservoir destroy?").searched_for is None


def test_the_correction_is_the_first_event(library: MakeLibrary) -> None:
    events = list(library(REPORTS).stream("How many homes did the resevroir destroy?"))
    assert events[0] == QuestionCorrected("How many homes did the reservoir destroy?")
    assert [type(event) for event in events[1:3]] == [ReadingBegun, PassagesFound]


def test_a_follow_up_is_corrected_before_it_is_completed(seed_engine: QueryEngine) -> None:
    first = seed_engine.ask("How many people were displcaed by the floods in Lorvenna in May?")
    before = from_answers("0a" * 16, [first])
    displaced = "How many people were displaced by the floods in Lorvenna in"
    assert before.exchanges[0].standalone == f"{displaced} May?"
    events = seed_engine.stream("And in Marhc?", conversation=before)
    told = [event for event in events if isinstance(event, QuestionCorrected | QuestionRewritten)]
    assert told == [
        QuestionCorrected("And in March?"),
        QuestionRewritten(f"{displaced} May? And in March? ({first.citations[0].title})"),
    ]


TERMS = "dividend parliament hospitals vaccine asylum museum earnings R21 Norvik"
COMMON = "main people towards what came grew fell rise voted funding deliver dearer biggest quickly yearly"


def test_nouns_and_unknown_words_are_terms_and_common_words_and_forms_are_none() -> None:
    assert [word for word in TERMS.split() if not is_term(word)] == []
    assert [word for word in COMMON.split() if is_term(word)] == []
