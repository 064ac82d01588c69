"""llama-index programs use the library as a retriever."""

from __future__ import annotations

from llama_index.core.base.llms.types import CompletionResponse, CompletionResponseGen, LLMMetadata
from llama_index.core.llms import CustomLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.schema import TextNode

from index.library import Library
from index.records import Filters
from rag.llama_index import Retriever


class LastLine(CustomLLM):
    """Answers with the number of characters in its prompt."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=8000)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponse:
        del formatted, kwargs
        return CompletionResponse(text=prompt)

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: object
    ) -> CompletionResponseGen:
        yield self.complete(prompt, formatted, **kwargs)


def test_nodes_are_the_hits_of_a_search_in_order(seed_index: Library) -> None:
    question = "How many scam dens does Amnesty International know of?"
    hits = seed_index.search(question, 3)
    nodes = Retriever(seed_index, limit=3).retrieve(question)
    assert [(node.get_content(), node.score) for node in nodes] == [(hit.text, hit.score) for hit in hits]


def test_a_node_knows_its_exact_place(seed_index: Library) -> None:
    [found] = Retriever(seed_index, limit=1).retrieve("scam dens Amnesty International")
    node = found.node
    assert isinstance(node, TextNode)
    place = node.metadata
    text = seed_index.catalog.text(place["document_id"], place["version"]).text
    assert text[place["start"] : place["end"]] == node.text
    assert (place["path"], place["published"]) == ("cambodia-scam-raids.md", "2025-07-18")
    assert node.node_id == f"{place['document_id']}.1:{place['start']}-{place['end']}"


def test_filters_and_weight_are_passed_to_the_search(seed_index: Library) -> None:
    pdf = next(record.document_id for record in seed_index.catalog.documents() if record.kind == "pdf")
    nodes = Retriever(seed_index, 5, Filters(document_ids=(pdf,)), dense_weight=0.0).retrieve("gate 3")
    expected = seed_index.search("gate 3", 5, Filters(document_ids=(pdf,)), dense_weight=0.0)
    assert [node.score for node in nodes] == [hit.score for hit in expected]
    assert {node.metadata["document_id"] for node in nodes} == {pdf}


def test_a_llama_index_query_engine_runs_on_it(seed_index: Library) -> None:
    engine = RetrieverQueryEngine(
        Retriever(seed_index, limit=1),
        get_response_synthesizer(llm=LastLine(), response_mode=ResponseMode.COMPACT),
    )
    prompt = str(engine.query("How many scam dens does Amnesty International know of?"))
    assert "at least 53 scam dens" in prompt
    assert "title: Cambodia" in prompt
    assert "chunk" not in prompt
    assert "document_id" not in prompt
