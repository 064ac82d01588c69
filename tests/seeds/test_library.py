"""The sample reports load with the intended text and details."""

from __future__ import annotations

import docx
import pytest
from pypdfium2 import PdfDocument

from index.documents import Document
from index.loaders import SUFFIXES, load
from tests.support.generate_seeds import (
    INQUIRY,
    SCHOOLS,
    SEEDS,
    SIRENS,
    inquiry_pdf,
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
        "Footnoted sample library",
        "2025-07-18",
        "markdown",
    ),
    SITUATION_REPORT: (
        "Isken valley floods: situation report no. 4 (fictional)",
        "Lorvenna Ministry of Civil Protection",
        "2025-03-21",
        "text",
    ),
    COURIER: (
        "Two months after the Maravel Dam, more people are homeless, not fewer (fictional)",
        "The Harlamoor Courier",
        "2025-05-14",
        "html",
    ),
    CORRECTION: (
        "Correction 2025/07: displaced people in the Isken valley on 12 May (fictional)",
        "National Statistics Office of Lorvenna",
        "2025-06-27",
        "markdown",
    ),
    INQUIRY: (
        "Why gate 3 failed: interim report on the Maravel Dam (fictional)",
        "Commission of Inquiry into the Maravel Dam",
        "2025-09-30",
        "pdf",
    ),
    SCHOOLS: (
        "Back to lessons: schools in the Isken valley in autumn 2025 (fictional)",
        "Lorvenna School Inspectorate",
        "2025-10-15",
        "pdf",
    ),
    SIRENS: (
        "Siren plan for the Isken valley (fictional)",
        None,
        "2025-11-06",
        "docx",
    ),
}
FICTIONAL = sorted(EXPECTED.keys() - {CAMBODIA})


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {name: load(SEEDS / name) for name in EXPECTED}


# The reports


def test_the_folder_holds_these_reports_and_no_others() -> None:
    assert {path.name for path in SEEDS.iterdir() if path.suffix in SUFFIXES} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_report_says_its_title_publisher_date_and_kind(name: str, documents: dict[str, Document]) -> None:
    document = documents[name]
    assert (document.title, document.publisher, document.published, document.kind) == EXPECTED[name]
    assert document.language == "en"


@pytest.mark.parametrize("name", FICTIONAL)
def test_a_fictional_report_says_so_in_its_title_and_at_the_top_of_its_text(
    name: str, documents: dict[str, Document]
) -> None:
    document = documents[name]
    assert document.title.endswith("(fictional)")
    assert "Fictional sample report" in document.text[:300]
    assert (
        "Lorvenna does not exist, and every place, institution and person named here is invented."
        in (document.text[:400])
    )


@pytest.mark.parametrize("name", [SITUATION_REPORT, CORRECTION])
def test_front_matter_marks_a_fictional_report(name: str) -> None:
    front_matter = (SEEDS / name).read_text(encoding="utf-8").split("---\n")[1]
    assert "fictional: true" in front_matter.splitlines()


def test_the_page_marks_itself_as_fictional_in_its_metadata() -> None:
    assert '<meta name="fictional" content="true">' in (SEEDS / COURIER).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [INQUIRY, SCHOOLS])
def test_a_pdf_marks_itself_as_fictional_in_its_metadata(name: str) -> None:
    pdf = PdfDocument(SEEDS / name)
    try:
        said = pdf.get_metadata_dict()
    finally:
        pdf.close()
    assert (said["Subject"], said["Keywords"]) == ("Fictional sample report", "fictional: true")


def test_the_word_file_marks_itself_as_fictional_in_its_properties() -> None:
    said = docx.Document(str(SEEDS / SIRENS)).core_properties
    assert (said.subject, said.keywords) == ("Fictional sample report", "fictional: true")


def test_the_report_on_cambodia_is_not_fictional_and_carries_the_facts(
    documents: dict[str, Document],
) -> None:
    text = documents[CAMBODIA].text
    assert "ictional" not in text
    facts = [
        "PHNOM PENH, the 18th",
        "More than a thousand suspects",
        "within three days",
        "up to 20 countries",
        "Prime Minister Hun Manet",
        "Sihanoukville, Phnom Penh and Poipet",
        "On Monday",
        "dismissed",
        "Urgent and unified",
        "five foreign suspects",
        "Ji Xiha",
        "Pursat",
        "arrested again",
        "mainland China, Taiwan, Indonesia, Myanmar, Thailand, Bangladesh and Vietnam",
        "17 to 20 nationalities",
        "Secretary of State at the Ministry of Interior",
        "Permanent Vice Chair of the National Committee for Counter Trafficking",
        "legal casinos and gaming centres",
        "at least 53 scam dens",
        "Africa, South America, the Middle East and the island countries of the Pacific",
    ]
    assert [fact for fact in facts if fact not in text] == []


def test_the_page_keeps_its_table_and_loses_its_navigation_and_script(documents: dict[str, Document]) -> None:
    text = documents[COURIER].text
    assert (
        "Station | E. coli (CFU per 100 ml) | Turbidity (NTU) | Arsenic (µg per litre)\nMaravel Bridge |"
        in text
    )
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


@pytest.mark.parametrize("name", [SCHOOLS, SIRENS])
def test_the_last_row_of_a_table_is_the_sum_of_the_districts(
    name: str, documents: dict[str, Document]
) -> None:
    rows = [line.split(" | ") for line in documents[name].text.splitlines() if " | " in line]
    figures = [[float(cell.replace(",", "")) for cell in row[1:]] for row in rows[1:]]
    summed = {SCHOOLS: (0, 1, 2), SIRENS: (0, 1)}[name]
    for column in summed:
        *districts, total = (row[column] for row in figures)
        assert sum(districts) == total


# Generated files


def test_generating_again_gives_the_pdfs_that_are_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)  # reportlab would date the file by this variable
    assert inquiry_pdf() == (SEEDS / INQUIRY).read_bytes()
    assert schools_pdf() == (SEEDS / SCHOOLS).read_bytes()


def test_generating_again_gives_the_word_file_that_is_committed() -> None:
    assert sirens_docx() == (SEEDS / SIRENS).read_bytes()
