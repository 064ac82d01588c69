"""LangChain retrieves passages, or the footnotes of an answer, over a server and in this process."""

from __future__ import annotations

import asyncio

import pytest

from ui.client import Client, Filters, LocalClient

pytest.importorskip("langchain_core", reason="pip install 'footnoted[langchain]'")

from ui.client.langchain import FootnotedRetriever

PIN = "rust in the pin of gate 3"
WHY = "Why did gate 3 of the Maravel Dam fail?"


@pytest.mark.parametrize("source", ["client", "local"])
def test_passages_are_those_of_a_search(source: str, request: pytest.FixtureRequest) -> None:
    asked: Client | LocalClient = request.getfixturevalue(source)
    filters = Filters(kinds=("pdf",))
    retriever = FootnotedRetriever(source=asked, limit=3, filters=filters)
    found = retriever.invoke(PIN)
    results = asked.search(PIN, 3, filters).results
    assert [(each.page_content, each.metadata["score"]) for each in found] == [
        (result.text, result.score) for result in results
    ]
    assert [each.id for each in asyncio.run(retriever.ainvoke(PIN))] == [each.id for each in found]


@pytest.mark.parametrize("source", ["client", "local"])
def test_footnotes_are_those_of_an_answer(source: str, request: pytest.FixtureRequest) -> None:
    asked: Client | LocalClient = request.getfixturevalue(source)
    retriever = FootnotedRetriever(source=asked, footnotes=True)
    found = retriever.invoke(WHY)
    citations = asked.ask(WHY).citations
    assert [(each.page_content, each.metadata["footnote"]) for each in found] == [
        (cited.quote, cited.id) for cited in citations
    ]
    assert retriever.invoke("What is the rainfall of Cambodia?") == []
