"""Evidence has what a reader sees around the cited words: a paragraph or table, and the headings above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from index.catalog import CatalogReader
from index.documents import Document, Section, Span
from rag.finding.citations import DocumentTexts
from rag.finding.reading import ReadSentence
from rag.verification import Evidence
from rag.verification.evidence import evidence_of
from tests.support.candidates import record

PROSE = "Tolm grew. It sold more. Nobody left."
TABLE = "Region | 2023 | 2022\nEast | 4 | 3\nWest | 2 | 1"
REPORT = Document(
    f"Report\n\nCosts\n\nThey fell.\n\nSales\n\n{PROSE}\n\n{TABLE}\n\nThe end.",
    "Tolm plc",
    "text",
    sections=(Section(0, 1, "Report"), Section(8, 2, "Costs"), Section(27, 2, "Sales")),
)


@dataclass
class OneDocument:
    """The far side of a catalog."""

    document: Document

    def text(self, document_id: int, version: int) -> Document:
        del document_id, version
        return self.document


def evidence_for(words: str, header: str | None = None, document: Document = REPORT) -> Evidence:
    def found(text: str) -> Span:
        start = document.text.index(text)
        return Span(start, start + len(text))

    texts = DocumentTexts(cast(CatalogReader, OneDocument(document)))
    above = found(header) if header else None
    return evidence_of(record(1), ReadSentence(found(words), words, above, header or ""), texts)


def test_a_sentence_has_its_paragraph_and_the_headings_above() -> None:
    found = evidence_for("It sold more.")
    assert (found.around, found.section) == (PROSE, "Report › Sales")
    assert evidence_for("The end.").around == "The end."


def test_a_row_has_its_table_with_the_headings() -> None:
    assert evidence_for("West | 2 | 1", "Region | 2023 | 2022").around == TABLE


def test_of_a_long_paragraph_or_table_whole_words_and_rows_nearby_are_enough() -> None:
    long = Document(f"{'word ' * 400}It sold more. {'word ' * 400}", "Tolm plc", "text")
    around = evidence_for("It sold more.", document=long).around
    assert set(around.replace("It sold more.", "").split()) == {"word"}
    assert 1_000 < len(around) < 1_500
    rows = "\n".join(f"Row {number} | {number}" for number in range(400))
    table = Document(f"Name | 2023\n{rows}\n\nThe end.", "Tolm plc", "text")
    shown = evidence_for("Row 200 | 200", "Name | 2023", document=table).around.splitlines()
    assert shown[0] == "Name | 2023"
    assert {"Row 190 | 190", "Row 200 | 200", "Row 210 | 210"} <= set(shown) <= {*table.text.splitlines()}
    assert len(shown) < 120
