"""An answer records the scope of its search: the number of reports, and the filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from index.records import Filters
from rag.answers import Searched
from rag.conversations.answers import answer_json, load
from rag.engine import QueryEngine

FILES = {
    f"{name}.txt": f"Report {name}\n\nThe dam of {name} broke on Sunday."
    for name in ("Arna", "Varda", "Zell")
}
BROKE = "When did the dam of Varda break?"


@pytest.fixture
def engine(library: Callable[[Mapping[str, str]], QueryEngine]) -> QueryEngine:
    return library(FILES)


def test_without_filters_the_whole_library_is_searched(engine: QueryEngine) -> None:
    assert engine.ask(BROKE).searched == Searched(3, Filters())


def test_the_filters_and_the_number_of_passing_reports_are_recorded(engine: QueryEngine) -> None:
    numbers = {record.path: record.document_id for record in engine.index.catalog.documents()}
    chosen = (numbers["Zell.txt"], numbers["Varda.txt"], 99)
    filters = Filters(document_ids=chosen)
    assert engine.ask(BROKE, filters).searched == Searched(2, filters, ("Report Zell", "Report Varda"))
    nothing = Filters(languages=("km",))
    answer = engine.ask(BROKE, nothing)
    assert answer.cause == "empty_library"
    assert answer.searched == Searched(0, nothing)


def test_three_of_many_chosen_reports_are_named(
    library: Callable[[Mapping[str, str]], QueryEngine],
) -> None:
    engine = library({**FILES, "Ypsel.txt": "Report Ypsel\n\nNothing broke."})
    numbers = tuple(record.document_id for record in engine.index.catalog.documents())
    searched = engine.ask(BROKE, Filters(document_ids=numbers)).searched
    assert searched is not None
    assert (searched.documents, searched.titles) == (4, ("Report Arna", "Report Varda", "Report Ypsel"))


def test_the_scope_is_stored_with_the_answer(engine: QueryEngine) -> None:
    answer = engine.ask(BROKE, Filters(published_after="2025"))
    assert load(answer_json(answer)).searched == answer.searched
    assert answer.as_dict()["searched"]["filters"]["published_after"] == "2025"
