"""The sample reports load with the intended text and details, and the questions about them are sound."""

from __future__ import annotations

import json
from typing import Any

import docx
import pytest
from pypdfium2 import PdfDocument

from index.documents import Document
from index.loaders import SUFFIXES, load
from tests.support.generate_seeds import (
    INQUIRY,
    QUESTIONS,
    SCHOOLS,
    SEEDS,
    SIRENS,
    inquiry_pdf,
    placed,
    placed_questions,
)
from tests.support.seed_schools import schools_pdf
from tests.support.seed_sirens import sirens_docx

CAMBODIA = "cambodia-scam-raids.md"
SITUATION_REPORT = "lorvenna-floods-situation-report-4.txt"
COURIER = "lorvenna-courier-two-months-on.html"
CORRECTION = "lorvenna-displacement-correction.md"

# file: title, publisher, published, kind
EXPECTED = {
    CAMBODIA: (
        "Cambodia sweeps scam dens nationwide on the prime minister's order",
        *("Footnoted sample library", "2025-07-18", "markdown"),
    ),
    SITUATION_REPORT: (
        "Isken valley floods: situation report no. 4 (fictional)",
        *("Lorvenna Ministry of Civil Protection", "2025-03-21", "text"),
    ),
    COURIER: (
        "Two months after the Maravel Dam, more people are homeless, not fewer (fictional)",
        *("The Harlamoor Courier", "2025-05-14", "html"),
    ),
    CORRECTION: (
        "Correction 2025/07: displaced people in the Isken valley on 12 May (fictional)",
        *("National Statistics Office of Lorvenna", "2025-06-27", "markdown"),
    ),
    INQUIRY: (
        "Why gate 3 failed: interim report on the Maravel Dam (fictional)",
        *("Commission of Inquiry into the Maravel Dam", "2025-09-30", "pdf"),
    ),
    SCHOOLS: (
        "Back to lessons: schools in the Isken valley in autumn 2025 (fictional)",
        *("Lorvenna School Inspectorate", "2025-10-15", "pdf"),
    ),
    SIRENS: (
        "Siren plan for the Isken valley (fictional)",
        *("Lorvenna Ministry of Civil Protection", "2025-11-06", "docx"),
    ),
}


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {path.name: load(path) for path in SEEDS.iterdir() if path.suffix in SUFFIXES}


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    lines = (SEEDS / QUESTIONS).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


# The reports


def test_the_folder_holds_these_reports_each_with_its_title_publisher_date_and_kind(
    documents: dict[str, Document],
) -> None:
    found = {
        name: (document.title, document.publisher, document.published, document.kind)
        for name, document in documents.items()
    }
    assert found == EXPECTED
    assert {document.language for document in documents.values()} == {"en"}


def test_a_fictional_report_says_so_in_its_title_at_the_top_of_its_text_and_in_its_metadata(
    documents: dict[str, Document],
) -> None:
    invented = "Lorvenna does not exist, and every place, institution and person named here is invented."
    for name in EXPECTED.keys() - {CAMBODIA}:
        assert documents[name].title.endswith("(fictional)"), name
        assert "Fictional sample report" in documents[name].text[:300], name
        assert invented in documents[name].text[:400], name
    for name in (SITUATION_REPORT, CORRECTION):
        front_matter = (SEEDS / name).read_text(encoding="utf-8").split("---\n")[1]
        assert "fictional: true" in front_matter.splitlines()
    assert '<meta name="fictional" content="true">' in (SEEDS / COURIER).read_text(encoding="utf-8")
    said = []
    for name in (INQUIRY, SCHOOLS):
        pdf = PdfDocument(SEEDS / name)
        said.append((pdf.get_metadata_dict()["Subject"], pdf.get_metadata_dict()["Keywords"]))
        pdf.close()
    properties = docx.Document(str(SEEDS / SIRENS)).core_properties
    said.append((properties.subject, properties.keywords))
    assert said == [("Fictional sample report", "fictional: true")] * 3


def test_the_report_on_cambodia_is_not_fictional_and_carries_the_facts(
    documents: dict[str, Document],
) -> None:
    text = documents[CAMBODIA].text
    assert "ictional" not in text
    facts = """PHNOM PENH, the 18th; More than a thousand suspects; within three days; up to 20 countries
Prime Minister Hun Manet; Sihanoukville, Phnom Penh and Poipet; On Monday; dismissed; Urgent and unified
five foreign suspects; Ji Xiha; Pursat; arrested again; 17 to 20 nationalities; at least 53 scam dens
mainland China, Taiwan, Indonesia, Myanmar, Thailand, Bangladesh and Vietnam
Secretary of State at the Ministry of Interior; legal casinos and gaming centres
Permanent Vice Chair of the National Committee for Counter Trafficking
Africa, South America, the Middle East and the island countries of the Pacific"""
    assert [fact for fact in facts.replace("\n", "; ").split("; ") if fact not in text] == []


def test_the_page_keeps_its_table_and_loses_its_navigation_and_script(documents: dict[str, Document]) -> None:
    text = documents[COURIER].text
    headings = "Station | E. coli (CFU per 100 ml) | Turbidity (NTU) | Arsenic (µg per litre)"
    assert f"{headings}\nMaravel Bridge |" in text
    assert [words for words in ("Letters", "Subscribe", "innerText", "min read") if words in text] == []


def test_the_pdf_has_three_pages_with_the_costs_on_the_last(documents: dict[str, Document]) -> None:
    document = documents[INQUIRY]
    pages = {
        heading: document.page_at(document.text.index(heading))
        for heading in ("1. Summary", "3. The night of 9 to 10 March", "5. Cost and recovery")
    }
    assert pages == {"1. Summary": 1, "3. The night of 9 to 10 March": 2, "5. Cost and recovery": 3}
    assert len(document.page_starts) == 3


def test_the_columns_of_the_school_report_are_read_one_after_the_other(
    documents: dict[str, Document],
) -> None:
    document = documents[SCHOOLS]
    text = document.text
    assert (
        "nearly every school that is open has its roof and its windows, but one lesson in nine still" in text
    )
    assert "mostly because there is no one to give it.\n\n2. Lessons lost\n\nBetween 10 March" in text
    assert (
        "Schools and pupils on 1 September 2025, by district\n\n"
        "District | Schools | Shut (schools) | Elsewhere (pupils) | Missed (days)\n"
        "Upper Isken | 12 | 1 | 140 | 29\n"
        "Tamber | 19 | 2 | 410 | 38\n"
        "Sarrow | 24 | 3 | 690 | 41\n"
        "Quell Delta | 19 | 7 | 1,720 | 71\n"
        "All four districts | 74 | 13 | 2,960 | 47\n\n"
        "3. Teachers wanted"
    ) in text
    assert [text[offset - 6 : offset + 6] for offset in document.mended] == ["Inspectorate"]
    assert [words for words in ("School Inspectorate: the", "Page ") if words in text] == []
    across = text.index("A brick wall that stood in water for a week")
    assert (document.page_at(across), document.page_at(across + 70)) == (2, 3)
    assert len(document.page_starts) == 3


def test_the_siren_plan_has_its_outline_its_table_and_its_notes(documents: dict[str, Document]) -> None:
    document = documents[SIRENS]
    assert [(section.level, section.title) for section in document.sections] == [
        (1, "1. Why there is a new plan"),
        (1, "2. What will be built"),
        (1, "3. What people will hear"),
        (2, "3.1 Signals"),
        (2, "3.2 Trials"),
    ]
    assert "nine of them stayed silent.¹ Only those at Harlamoor" in document.text
    assert (
        "District | Sirens in March 2025 | Sirens planned | Farthest home (km)\n"
        "Upper Isken | 9 | 12 | 2.1\n"
        "Tamber | 6 | 11 | 1.8\n"
        "Sarrow | 5 | 14 | 1.5\n"
        "Quell Delta | 3 | 15 | 2.4\n"
        "All four districts | 23 | 52 | 2.4\n\n"
    ) in document.text
    assert document.text.endswith(
        "\n\n³ In December on the second Saturday, because of the market at Harlamoor."
    )


def test_generating_again_gives_the_files_that_are_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)  # reportlab would date the file by this variable
    assert inquiry_pdf() == (SEEDS / INQUIRY).read_bytes()
    assert schools_pdf() == (SEEDS / SCHOOLS).read_bytes()
    assert sirens_docx() == (SEEDS / SIRENS).read_bytes()
    assert placed_questions() == (SEEDS / QUESTIONS).read_text(encoding="utf-8")


# The questions


def test_questions_are_numbered_none_is_asked_twice_and_a_fifth_of_them_have_no_answer(
    questions: list[dict[str, Any]],
) -> None:
    count = len(questions)
    assert [question["_id"] for question in questions] == [f"seeds-{n:03d}" for n in range(1, count + 1)]
    assert len({question["text"] for question in questions}) == count >= 36
    assert 5 * sum(not question["answerable"] for question in questions) >= count


def test_a_question_has_answers_in_its_evidence_at_its_offsets_exactly_if_it_can_be_answered(
    questions: list[dict[str, Any]], documents: dict[str, Document]
) -> None:
    for question in questions:
        quotes = [evidence["text"] for evidence in question["evidence"]]
        assert bool(quotes) is bool(question["answers"]) is question["answerable"], question["_id"]
        for evidence in question["evidence"]:
            text = documents[evidence["document"]].text
            assert text[evidence["start"] : evidence["end"]] == evidence["text"], question["_id"]
            assert not _runs(question["text"], 5) & _runs(evidence["text"], 5), "it repeats its evidence"
        for answer in question["answers"]:
            assert any(answer in quote for quote in quotes), (question["_id"], answer)


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = "".join(character if character.isalnum() else " " for character in text.casefold()).split()
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_every_report_and_every_page_of_a_pdf_is_asked_about(
    questions: list[dict[str, Any]], documents: dict[str, Document]
) -> None:
    asked = {
        (evidence["document"], documents[evidence["document"]].page_at(evidence["start"]))
        for question in questions
        for evidence in question["evidence"]
    }
    expected = {
        (name, page)
        for name, document in documents.items()
        for page in (range(1, len(document.page_starts) + 1) if document.page_starts else [None])
    }
    assert asked == expected


def test_the_changing_figures_and_the_correction_are_asked_across_reports(
    questions: list[dict[str, Any]],
) -> None:
    across = {
        question["text"]: {evidence["document"]: evidence["text"] for evidence in question["evidence"]}
        for question in questions
    }
    change = across["How did the ministry's count of displaced people change from March to May?"]
    correction = across["Was the figure of 15,900 displaced people right?"]
    assert "12,400" in change[SITUATION_REPORT]
    assert "15,900" in change[COURIER]
    assert "15,900" in correction[COURIER]
    assert "14,170, not 15,900" in correction[CORRECTION]


def test_evidence_is_placed_by_its_words_which_occur_exactly_once() -> None:
    assert placed("12,400 people", "In all, 12,400 people.", "seeds-001") == {"start": 8, "end": 21}
    for words, times in (("people", 2), ("houses", 0)):
        with pytest.raises(ValueError, match=f"seeds-001: '{words}' occurs {times} times"):
            placed(words, "people, and more people", "seeds-001")
