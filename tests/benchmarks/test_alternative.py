"""The llama-index side of the benchmarks builds, persists and searches the same documents and vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.corpus import Corpus, path_of, vectors_for
from benchmarks.stand_in import StandIn
from index.embedding.encoder import Encoder
from tests.benchmarks.test_corpus import PARAGRAPHS

pytestmark = pytest.mark.slow

pytest.importorskip("llama_index.vector_stores.faiss", reason="needs the extra bench")

CORPUS = Corpus(PARAGRAPHS)
QUERY = "Who closed the gate of the dam?"


def test_it_is_built_once_and_finds_after_loading_what_is_nearest(encoder: Encoder, tmp_path: Path) -> None:
    from benchmarks.alternative import built, bundle, load, retriever

    stand_in = StandIn(encoder, encoder.encode([paragraph.text for paragraph in PARAGRAPHS]))
    folder = built(30, CORPUS, stand_in, tmp_path)
    written = (folder / "docstore.json").stat().st_mtime_ns
    assert built(30, CORPUS, stand_in, tmp_path) == folder
    assert (folder / "docstore.json").stat().st_mtime_ns == written
    index = load(folder, stand_in)
    held = list(index.docstore.docs.values())
    assert {node.ref_doc_id for node in held} == {path_of(number) for number in range(3)}
    found = retriever(index, 5).retrieve(bundle(QUERY, stand_in))
    texts = [f"title: {hit.node.metadata['title']}\n\n{hit.text}" for hit in found]
    squared = 2 - 2 * vectors_for(texts, stand_in.around) @ encoder.encode_query(QUERY)
    assert [hit.score for hit in found] == pytest.approx(squared.tolist(), abs=1e-5)
    assert sorted(squared.tolist()) == pytest.approx(squared.tolist(), abs=1e-5)
