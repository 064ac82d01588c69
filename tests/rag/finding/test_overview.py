"""An overview has sentences that stand for a whole report, or for what was found."""

from __future__ import annotations

import pytest

from index.records import Filters
from rag.answers import Answer
from rag.conversations.history import continue_conversation
from rag.engine import QueryEngine
from tests.support.libraries import MakeLibrary

ORCHARD = """---
title: Orchard survey of Belmor
---

The orchards of Belmor gave a third fewer apples this year than in the year before. Late frost killed most of
the early blossom in the valley orchards. Growers lost about 12% of their income to the frost of April.

| Valley | Apples |
|---|---|
| North | 400 |
| South, with the orchards on the slopes of the hills beyond the old mill | 310 |

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
    left_out = [item for item in words(answer) if "|" in item or item.startswith(("See", "Orchard survey"))]
    assert left_out == [], "rows, headings and instructions"
    assert {sentence.verdict for sentence in answer.sentences} == {"quoted"}


def test_a_subject_that_no_title_names_is_summarised_from_what_was_found(library: MakeLibrary) -> None:
    answer = library({"orchard.md": ORCHARD, "a.txt": f"{BRIDGE} It reopens in June."}).ask(
        "Summarise the rust of the bridge's cables"
    )
    assert {citation.path for citation in answer.citations} >= {"a.txt"}
    assert words(answer)[0] == BRIDGE


@pytest.mark.parametrize(
    ("question", "is_whole"),
    [
        ("What is the paper on frost and apples about, in a few points pls", True),
        ("They told me of a study about apples in frost, what is it about?", True),
        ("Summarise the frost and the apples", False),
    ],
)
def test_a_report_with_most_that_was_read_is_meant(
    library: MakeLibrary, question: str, *, is_whole: bool
) -> None:
    answer = library({"orchard.md": ORCHARD, "a.txt": BRIDGE}).ask(question)
    assert {citation.path for citation in answer.citations[:1]} == {"orchard.md"}
    is_named = answer.note == "This is an overview of “Orchard survey of Belmor”."
    assert is_named is is_whole


def test_one_report_that_passes_the_filters_needs_no_name(library: MakeLibrary) -> None:
    engine = library({"orchard.md": ORCHARD, "bridge.txt": f"{BRIDGE} It reopens in June."})
    [number] = [item.document_id for item in engine.index.catalog.documents() if item.path == "bridge.txt"]
    answer = engine.ask("Summarise this report", Filters(document_ids=(number,)))
    assert " ".join(words(answer)) == BRIDGE
    assert answer.note == "This is an overview of “bridge”.", "no sentence need mention a report"


def test_a_report_of_another_year_is_not_the_named_one(library: MakeLibrary) -> None:
    others = {f"{number}.txt": f"Ship {number} came to the port in 2031." for number in range(8)}
    engine = library({"belmor.md": ORCHARD.replace("survey", "survey 2030"), **others})
    named = engine.ask("Summarise the orchard survey of Belmor for 2030")
    assert {item.path for item in named.citations} == {"belmor.md"}
    assert engine.ask("Summarise the orchard survey of Belmor for 2031").abstained


FERRY = (
    "The ferry of Tolm carried more cars in winter than in the summer before.",
    "Two captains left the company for a railway in the north of the country.",
    "Engineers replaced the pump that had flooded the lower deck during a storm.",
    "Passengers pay for a ticket with coins, since no machine reads their cards.",
    "A new pier lets three ships wait while the tide is too low for them.",
    "The council wants an electric ship and asks the ministry for a loan.",
    "Fishermen complain of the waves that the fast boats send into their nets.",
    "Students travel without a ticket until their school ends early in July.",
)


def test_an_overview_has_six_sentences_at_most_and_none_twice(library: MakeLibrary) -> None:
    answer = library({"ferry.txt": "\n\n".join([*FERRY, *FERRY])}).ask("Give me a summary of ferry.txt")
    assert len(words(answer)) == len(set(words(answer))) == 6


ACCOUNTS = """---
title: Tolm Ferries, first half of 2031
publisher: Tolm Ferries
date: 2031-08-02
---

| Key figures | 2031 | 2030 |
|---|---|---|
| Net sales growth | 4% | 2% |
| Net sales of snacks | 12 | 9 |

| In thousands | 2031 | 2030 |
|---|---|---|
| Net sales | 8,100 | 7,800 |
| Wages | 5,000 | 4,900 |
| Net income attributable to non-controlling interests | 3 | 2 |
| Net (loss) income | (410) | 220 |

| In thousands | June 2031 | June 2030 |
|---|---|---|
| Ships | 9,000 | 9,400 |
| Total assets | 12,300 | 12,900 |
"""


def test_an_overview_of_accounts_has_revenue_result_and_assets(library: MakeLibrary) -> None:
    answer = library({"ferry.md": "\n\n".join([ACCOUNTS, *FERRY])}).ask(
        "Give me the key points of the Tolm report"
    )
    rows = ["Net sales | 8,100 | 7,800", "Net (loss) income | (410) | 220", "Total assets | 12,300 | 12,900"]
    assert [item for item in words(answer) if "|" in item] == rows
    assert len(words(answer)) == 6
    assert answer.note == (
        "This is an overview of “Tolm Ferries, first half of 2031” (Tolm Ferries, 2031-08-02)."
    )


def test_rows_with_such_labels_outside_an_income_statement_are_left_out(library: MakeLibrary) -> None:
    table = "| Village | 2031 |\n|---|---|\n| Net sales | 4 |\n| Total assets | 6 |"
    answer = library({"ferry.md": "\n\n".join([table, *FERRY])}).ask("Give me a summary of ferry.md")
    assert words(answer)
    assert not [item for item in words(answer) if "|" in item]


@pytest.mark.parametrize(
    "question",
    [
        "What's in here?", "What is in my library?", "What are these reports about?",
        "Which reports do you have?",
    ],
)  # fmt: skip
def test_the_library_has_a_line_for_each_report(library: MakeLibrary, question: str) -> None:
    engine = library({"orchard.md": ORCHARD, "bridge.txt": f"{BRIDGE} It reopens in June."})
    answer = engine.ask(question)
    assert sorted(item.path for item in answer.citations) == ["bridge.txt", "orchard.md"]
    assert BRIDGE in words(answer)
    assert answer.note is None


def test_a_line_for_each_of_the_newest_reports_says_how_many_there_are(library: MakeLibrary) -> None:
    files = {
        f"{number}.txt": f"{each} Nobody knew of the {number} others." for number, each in enumerate(FERRY)
    }
    engine = library({**files, "bridge.txt": BRIDGE})
    answer = engine.ask("What are these reports about?")
    assert len({item.path for item in answer.citations}) == 8
    assert answer.note == "These are the newest 8 of 9 reports."


def test_this_report_is_the_one_of_the_answer_before(own_library: MakeLibrary) -> None:
    engine = QueryEngine(
        own_library({"orchard.md": ORCHARD, "bridge.txt": f"{BRIDGE} It reopens in June."}).index, keeps=True
    )
    begun = continue_conversation(engine.index.catalog)
    first = engine.ask("When did the bridge of Tolm close?", conversation=begun)
    follows = continue_conversation(engine.index.catalog, first.conversation_id)
    for question in ("What is this report about?", "tl;dr", "Summarise it", "Give me the key points"):
        answer = engine.ask(question, conversation=follows)
        assert {item.path for item in answer.citations} == {"bridge.txt"}, question
    both = engine.ask("What are these reports about?", conversation=follows)
    assert {item.path for item in both.citations} == {"bridge.txt", "orchard.md"}


def test_a_table_alone_is_summarised_by_its_rows(library: MakeLibrary) -> None:
    front = "---\ntitle: Belmor harvest\n---"
    table = "| Valley | Apples |\n|---|---|\n| North | 400 |\n| South | 310 |"
    answer = library({"harvest.md": f"{front}\n\n{table}\n"}).ask("Summarise the harvest of Belmor")
    assert sorted(words(answer)) == ["North | 400", "South | 310"]
