"""llama-index's pipeline for the comparison, set up with FAISS as its documentation describes."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import cast

import faiss
from llama_index.core import Document, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import QueryBundle
from llama_index.vector_stores.faiss import FaissMapVectorStore, FaissVectorStore

from benchmarks import corpus as corpus_module
from benchmarks.corpus import PASSAGES_A_DOCUMENT, Corpus, path_of
from benchmarks.datasets import HOME
from benchmarks.stand_in import StandIn
from index.documents import Document as Report
from index.text.passages import MAX_CHUNK_TOKENS

ALTERNATIVES = HOME / "alternatives"
"""llama-index's indexes, which later scripts reuse; the folder may be deleted at any time."""

_DOCUMENTS_AT_ONCE = 1_000


class Embedding(BaseEmbedding):
    """In place of HuggingFaceEmbedding. No figure of the comparison counts embedding."""

    _encoder: StandIn = PrivateAttr()

    def __init__(self, encoder: StandIn) -> None:
        super().__init__(model_name=encoder.name, embed_batch_size=256)
        self._encoder = encoder

    def _get_query_embedding(self, query: str) -> list[float]:
        return cast("list[float]", self._encoder.encode_query(query).tolist())

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return cast("list[list[float]]", self._encoder.encode(texts).tolist())


def splitter() -> SentenceSplitter:
    """About as many pieces as ours: of its default of 1,024 tokens, MiniLM would read only a quarter."""
    return SentenceSplitter(chunk_size=MAX_CHUNK_TOKENS, chunk_overlap=0)


def as_document(report: Report, number: int) -> Document:
    metadata = {"title": report.title, "published": report.published}
    # The date is only for filters. The title is embedded, as on our side.
    return Document(
        text=report.text,
        id_=path_of(number),
        metadata=metadata,
        excluded_embed_metadata_keys=["published"],
        excluded_llm_metadata_keys=["published"],
    )


def build(
    reports: Iterable[Report], encoder: StandIn, folder: Path | None, *, deleting: bool = False
) -> VectorStoreIndex:
    """``folder``: None to persist nothing. ``deleting``: FaissMapVectorStore, not the documented store."""
    flat = faiss.IndexFlatL2(encoder.dimensions)
    store = FaissMapVectorStore(faiss.IndexIDMap2(flat)) if deleting else FaissVectorStore(flat)
    index = VectorStoreIndex(
        [],
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=Embedding(encoder),
        transformations=[splitter()],
    )
    for documents in _batches(as_document(report, number) for number, report in enumerate(reports)):
        index.insert_nodes(splitter().get_nodes_from_documents(documents))
    if folder is not None:
        index.storage_context.persist(str(folder))
    return index


def built(passages: int, corpus: Corpus, encoder: StandIn, folder: Path = ALTERNATIVES) -> Path:
    """That of the documents of :func:`benchmarks.stand_in.filled`; built at the first call, and kept."""
    digest = hashlib.sha256(f"{encoder.key}\0{corpus.seed}\0{len(corpus.paragraphs)}".encode())
    digest.update(encoder.around.tobytes())
    digest.update(Path(str(corpus_module.__file__)).read_bytes())
    digest.update(f"{version('llama-index-core')} {MAX_CHUNK_TOKENS}".encode())
    place = folder / f"{passages}-{digest.hexdigest()[:16]}"
    if not place.is_dir():
        print(f"{place.name}: llama-index is building", file=sys.stderr)
        part = place.with_suffix(".part")
        build(corpus.documents(passages // PASSAGES_A_DOCUMENT), encoder, part)
        part.rename(place)
    return place


def load(folder: Path, encoder: StandIn) -> VectorStoreIndex:
    store = FaissVectorStore.from_persist_dir(str(folder))
    context = StorageContext.from_defaults(vector_store=store, persist_dir=str(folder))
    index = load_index_from_storage(context, embed_model=Embedding(encoder), transformations=[splitter()])
    assert isinstance(index, VectorStoreIndex)
    return index


def bundle(query: str, encoder: StandIn) -> QueryBundle:
    return QueryBundle(query, embedding=encoder.encode_query(query).tolist())


def retriever(index: VectorStoreIndex, limit: int = 10) -> BaseRetriever:
    return index.as_retriever(similarity_top_k=limit)


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    held: list[Document] = []
    for document in documents:
        held.append(document)
        if len(held) == _DOCUMENTS_AT_ONCE:
            yield held
            held = []
    if held:
        yield held
