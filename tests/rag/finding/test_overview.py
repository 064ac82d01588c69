"""An overview has sentences that stand for a whole report, or for what was found."""

from __future__ import annotations

from index.records import Filters
from rag.answers import Answer
from tests.support.libraries import MakeLibrary

ORCHARD = """---
title: Orchard survey of Belmor
---

The orchards of Belmor gave a third fewer apples this year than in the year before. Late frost killed most of
the early blossom in the valley orchards. Growers lost about 12% of their income to the frost of April.

| Valley | Apples |
|---|---|
| North | 400 |
| South | 310 |

See the annex for the method of counting apples in orchards. Bees were moved between the orchards at night.

The province will pay growers for new trees that flower later in spring. Growers ask for water before they
plant such trees in the valley.
"""
BRIDGE = "The bridge of Tolm closed in May because two of its cables had rusted to the core."


def words(answer: Answer) -> list[str]:
    return [" ".join(answer.text[item.start : item.end].split()) for item in answer.sentences]


def test_a_report_that_is_named_is_summarised_from_its_beginning_to_its_end(library: MakeLibrary) -> None:
    answer = library({"orchard.md": ORCHARD, "bridge.txt": f"{BRIDGE} It reopens in June."}).ask(
        "Summarise the orchard survey of Belmor"
    )
    assert {citation.path for citation in answer.citations} == {"orchard.md"}
    assert [citation.start for citation in answer.citations] == sorted(
        item.start for item in answer.citations
    )
    assert (
        words(answer)[0]
        == "The orchards of Belmor gave a third fewer apples this year than in the year before."
    )
    assert "The province will pay growers for new trees that flower later in spring." in words(answer)
    assert {sentence.verdict for sentence in answer.sentences} == {"quoted"}


def test_rows_headings_and_instructions_are_left_out(library: MakeLibrary) -> None:
    answer = library({"orchard.md": ORCHARD}).ask("Give me an overview of the orchard survey")
    assert words(answer)
    assert not [item for item in words(answer) if "|" in item or item.startswith(("See", "Orchard survey"))]


def test_a_subject_that_no_title_names_is_summarised_from_the_passages_that_were_found(
    library: MakeLibrary,
) -> None:
    answer = library({"orchard.md": ORCHARD, "a.txt": f"{BRIDGE} It reopens in June."}).ask(
        "Summarise the rust of the bridge's cables"
    )
    assert {citation.path for citation in answer.citations} >= {"a.txt"}
    assert words(answer)[0] == BRIDGE


def test_one_report_that_passes_the_filters_needs_no_name(library: MakeLibrary) -> None:
    engine = library({"orchard.md": ORCHARD, "bridge.txt": f"{BRIDGE} It reopens in June."})
    assert engine.ask("Summarise this report").abstained
    [number] = [item.document_id for item in engine.index.catalog.documents() if item.path == "bridge.txt"]
    answer = engine.ask("Summarise this report", Filters(document_ids=(number,)))
    assert " ".join(words(answer)) == BRIDGE


def test_a_report_with_another_number_in_its_name_is_not_the_named_one(library: MakeLibrary) -> None:
    engine = library({"belmor-12.md": ORCHARD, "bridge.txt": BRIDGE})
    assert engine.ask("Summarise belmor-11").abstained


def test_an_overview_has_six_sentences_at_most_and_none_twice(library: MakeLibrary) -> None:
    months = ("January", "March", "April", "May", "June", "July", "August")
    lines = [f"In {month} the ferry of Tolm carried more cars than in the year before." for month in months]
    answer = library({"ferry.txt": "\n\n".join([*lines, *lines])}).ask(
        "Give me a summary of the ferry of Tolm"
    )
    assert len(words(answer)) <= 6
    assert len(set(words(answer))) == len(words(answer)) >= 1


def test_a_table_alone_is_summarised_by_its_rows(library: MakeLibrary) -> None:
    front = "---\ntitle: Belmor harvest\n---"
    table = "| Valley | Apples |\n|---|---|\n| North | 400 |\n| South | 310 |"
    answer = library({"harvest.md": f"{front}\n\n{table}\n"}).ask("Summarise the harvest of Belmor")
    assert words(answer) == ["North | 400", "South | 310"]
