"""A llama-index retriever, query engine and tool for a library on a server or in this process."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import QueryEngineTool

from index.records import NO_FILTERS, Filters
from rag.answers import Citation
from rag.llama_index import as_node
from ui.client.results import SearchResult, Source, metadata_of


class FootnotedRetriever(BaseRetriever):
    """Finds passages, and returns the same nodes as :class:`rag.Retriever`, with the place of each text."""

    def __init__(
        self,
        source: Source,
        limit: int = 10,
        filters: Filters = NO_FILTERS,
        **kwargs: Any,  # noqa: ANN401 (llama-index's own arguments)
    ) -> None:
        super().__init__(**kwargs)
        self._source = source
        self._limit = limit
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._source.search(query_bundle.query_str, self._limit, self._filters)
        return [
            NodeWithScore(
                node=_node(result, result.text, dense=result.scores.dense, lexical=result.scores.lexical),
                score=result.score,
            )
            for result in found.results
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class FootnotedQueryEngine(BaseQueryEngine):
    """The source nodes are the answer's citations, in order; the whole is in ``metadata["answer"]``.

    A node's text is the quote; of a table's row, ``metadata["row"]`` names the columns, too, and a model sees
    both.
    """

    def __init__(self, source: Source, filters: Filters = NO_FILTERS) -> None:
        super().__init__(callback_manager=None)
        self._source = source
        self._filters = filters

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self._source.ask(query_bundle.query_str, self._filters)
        nodes = [
            NodeWithScore(
                node=_node(
                    cited,
                    cited.quote,
                    footnote=cited.id,
                    verdict=cited.verification.verdict,
                    **({} if cited.headings is None else {"row": cited.words}),
                ),
                score=cited.verification.score,
            )
            for cited in answer.citations
        ]
        return Response(answer.legible_text, nodes, {"answer": answer.as_dict()})

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def query_tool(source: Source, filters: Filters = NO_FILTERS) -> QueryEngineTool:
    return QueryEngineTool.from_defaults(
        FootnotedQueryEngine(source, filters),
        name="ask_reports",
        description="Answers a question from a library of reports, with footnotes to their exact words. "
        "Says so if the reports have no answer.",
    )


def _node(found: SearchResult | Citation, text: str, **more: object) -> TextNode:
    return as_node(text, {**metadata_of(found), **more})
