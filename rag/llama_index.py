"""The library as a llama-index retriever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from index.library import NO_FILTERS, Hit, Library
from index.records import Filters
from index.search import DENSE_WEIGHT

# For prompts and embeddings; the rest locates a passage, or is a score, which a model cannot use.
_SHOWN = {"title", "publisher", "published", "row"}


class Retriever(BaseRetriever):
    """Finds passages by meaning and words, as nodes with the text ``document.text[start:end]``.

    The metadata are a citation's (``document_id, version, start, end, page, page_label, path, title,
    publisher, published``) and the two scores of the search, ``dense`` and ``lexical``.
    """

    def __init__(
        self,
        index: Library,
        limit: int = 10,
        filters: Filters = NO_FILTERS,
        dense_weight: float = DENSE_WEIGHT,
        **kwargs: Any,  # noqa: ANN401 (llama-index's own arguments: callbacks, objects)
    ) -> None:
        """``dense_weight`` is 0 to search by words alone, 1 by vectors alone."""
        super().__init__(**kwargs)
        self._index = index
        self._limit = limit
        self._filters = filters
        self._dense_weight = dense_weight

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._index.search(query_bundle.query_str, self._limit, self._filters, self._dense_weight)
        return [NodeWithScore(node=as_node(hit.text, _metadata(hit)), score=hit.score) for hit in hits]


def as_node(text: str, metadata: Mapping[str, Any]) -> TextNode:
    """An id is such as ``12.3:450-610``; ``metadata`` needs ``document_id, version, start, end``."""
    document_id, start, end = metadata["document_id"], metadata["start"], metadata["end"]
    hidden = [name for name in metadata if name not in _SHOWN]
    return TextNode(
        id_=f"{document_id}.{metadata['version']}:{start}-{end}",
        text=text,
        start_char_idx=start,
        end_char_idx=end,
        metadata=dict(metadata),
        excluded_embed_metadata_keys=hidden,
        excluded_llm_metadata_keys=hidden,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=str(document_id))},
    )


def _metadata(hit: Hit) -> dict[str, Any]:
    document = hit.document
    return {
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "document_id": document.document_id,
        "version": document.version,
        "start": hit.span.start,
        "end": hit.span.end,
        "page": hit.page,
        "page_label": hit.page_label,
        "path": document.path,
        "dense": hit.dense,
        "lexical": hit.lexical,
    }
