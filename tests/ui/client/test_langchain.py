"""LangChain retrieves passages, or the footnotes of an answer, over a server and in this process."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.libraries import MakeLibrary
from ui.client import Client, Filters, LocalClient

pytest.importorskip("langchain_core", reason="pip install 'footnoted[langchain]'")

from ui.client.langchain import FootnotedRetriever


def test_passages_are_those_of_a_search(client: Client, local: LocalClient) -> None:
    words, filters = "rust in the pin of gate 3", Filters(kinds=("pdf",))
    for asked in (client, local):
        retriever = FootnotedRetriever(source=asked, limit=3, filters=filters)
        found = retriever.invoke(words)
        assert [(each.page_content, each.metadata["score"]) for each in found] == [
            (result.text, result.score) for result in asked.search(words, 3, filters).results
        ]
        assert [each.id for each in asyncio.run(retriever.ainvoke(words))] == [each.id for each in found]


def test_footnotes_are_those_of_an_answer(local: LocalClient) -> None:
    question = "Why did gate 3 of the Maravel Dam fail?"
    retriever = FootnotedRetriever(source=local, footnotes=True)
    assert [(each.page_content, each.metadata["footnote"]) for each in retriever.invoke(question)] == [
        (cited.quote, cited.id) for cited in local.ask(question).citations
    ]
    assert [each.metadata["quote"] for each in retriever.invoke(question)] == [
        cited.quote for cited in local.ask(question).citations
    ]
    assert retriever.invoke("What is the rainfall of Cambodia?") == []


def test_a_row_has_the_names_of_its_columns(own_library: MakeLibrary) -> None:
    table = "| Offence | Opened | Closed |\n|---|---|---|\n| Fraud | 193 | 215 |\n| Bribery | 41 | 39 |\n"
    engine = own_library({"cases.md": f"Cases of Varda\n\n{table}"})
    retriever = FootnotedRetriever(source=LocalClient(engine), footnotes=True)
    [found] = retriever.invoke("How many fraud cases of Varda?")
    assert found.page_content == "Fraud: Opened = 193; Closed = 215"
    assert found.metadata["quote"] == "Fraud | 193 | 215"
