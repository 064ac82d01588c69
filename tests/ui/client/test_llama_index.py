"""llama-index retrieves, asks and uses a tool, over a server and over a library in this process."""

from __future__ import annotations

import asyncio

from llama_index.core.base.response.schema import Response
from llama_index.core.schema import MetadataMode, NodeWithScore

from index.library import Library
from rag import Retriever
from tests.support.libraries import MakeLibrary
from ui.client import Client, LocalClient
from ui.client.llama_index import FootnotedQueryEngine, FootnotedRetriever, query_tool

PIN = "rust in the pin of gate 3"
WHY = "Why did gate 3 of the Maravel Dam fail?"


def shown(nodes: list[NodeWithScore]) -> list[object]:
    return [(found.node.to_dict(), found.score) for found in nodes]


def test_passages_are_those_of_the_library_s_own_retriever(
    client: Client, local: LocalClient, seed_index: Library
) -> None:
    expected = shown(Retriever(seed_index, limit=3).retrieve(PIN))
    for asked in (client, local):
        retriever = FootnotedRetriever(asked, limit=3)
        assert shown(retriever.retrieve(PIN)) == expected
        assert shown(asyncio.run(retriever.aretrieve(PIN))) == expected


def test_a_response_has_the_footnotes_as_its_sources(local: LocalClient) -> None:
    response = FootnotedQueryEngine(local).query(WHY)
    assert isinstance(response, Response)
    answer = local.ask(WHY)
    assert str(response) == answer.text
    for found, cited in zip(response.source_nodes, answer.citations, strict=True):
        assert found.node.get_content() == cited.quote
        text = local.text(found.node.metadata["document_id"], found.node.metadata["version"]).text
        assert text[found.node.metadata["start"] : found.node.metadata["end"]] == cited.quote
        assert found.node.metadata["footnote"] == cited.id
    assert response.metadata is not None
    assert response.metadata["answer"]["citations"] == answer.as_dict()["citations"]
    assert str(asyncio.run(FootnotedQueryEngine(local).aquery(WHY))) == answer.text


def test_a_row_has_the_names_of_its_columns_for_people_and_models(own_library: MakeLibrary) -> None:
    table = "| Offence | Opened | Closed |\n|---|---|---|\n| Fraud | 193 | 215 |\n| Bribery | 41 | 39 |\n"
    engine = own_library({"cases.md": f"Cases of Varda\n\n{table}"})
    response = FootnotedQueryEngine(LocalClient(engine)).query("How many fraud cases of Varda?")
    assert isinstance(response, Response)
    assert str(response) == "Fraud: Opened = 193; Closed = 215"
    [source] = response.source_nodes
    assert source.node.get_content() == "Fraud | 193 | 215"
    assert "row: Fraud: Opened = 193; Closed = 215" in source.node.get_content(MetadataMode.LLM)


def test_an_abstention_has_no_sources(local: LocalClient) -> None:
    response = FootnotedQueryEngine(local).query("What is the rainfall of Cambodia?")
    assert isinstance(response, Response)
    assert response.source_nodes == []
    assert response.metadata is not None
    assert response.metadata["answer"]["abstained"] is True


def test_an_agent_s_tool_answers(client: Client) -> None:
    tool = query_tool(client)
    assert tool.metadata.name == "ask_reports"
    output = tool.call(WHY)
    assert output.content == client.ask(WHY).text
    assert output.raw_output.source_nodes
