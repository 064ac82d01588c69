"""The benchmarks of size fill libraries from real paragraphs and vectors, ours and llama-index's alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.corpus import Corpus, Paragraph, path_of, questions, read_corpus, real_vectors, vectors_for
from benchmarks.keeping_up import ROUND_QUERY, round_documents
from benchmarks.resync import write_files
from benchmarks.stand_in import StandIn, document_id_at, filled
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.text.passages import chunk
from tests.support.reports import Watched, paths

pytestmark = pytest.mark.slow

SENTENCES = tuple(
    f"The {name} gate of dam {number} was closed by its wardens in the spring of the year {1900 + number}."
    for number in range(12)
    for name in ("first", "second", "third", "fourth", "fifth", "sixth")
)
PARAGRAPHS = tuple(
    Paragraph(f"Dam {number}", " ".join(SENTENCES[6 * number : 6 * number + 6])) for number in range(12)
)
CORPUS = Corpus(PARAGRAPHS)
QUERY = "Who closed the gate of the dam?"


def around(count: int = 20, dimensions: int = 8) -> Vectors:
    drawn = np.random.default_rng(3).normal(size=(count, dimensions))
    unit: Vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_the_first_documents_are_real_paragraphs_in_their_order() -> None:
    corpus = Corpus(PARAGRAPHS * 6)
    count = len(corpus.real)
    assert count > 1
    texts = [text for document in corpus.documents(count) for text in document.text.split("\n\n")]
    assert texts == [paragraph.text for paragraph in corpus.paragraphs]
    assert corpus.document(0).title == "Dam 0"


@given(number=st.integers(len(CORPUS.real), 10**7), seed=st.integers(0, 5))
def test_what_goes_beyond_them_is_made_of_real_sentences(number: int, seed: int) -> None:
    document = Corpus(PARAGRAPHS, seed).document(number)
    for paragraph in document.text.split("\n\n"):
        made = [sentence for sentence in SENTENCES if sentence in paragraph]
        assert len(made) in range(4, 10)
        assert sum(map(len, made)) + len(made) - 1 == len(paragraph)
    assert document.title.split(" and ")[0] in {paragraph.title for paragraph in PARAGRAPHS}


@given(number=st.integers(0, 10**7))
def test_a_number_gives_one_document_whichever_came_before(number: int) -> None:
    corpus = Corpus(PARAGRAPHS)
    corpus.document(number + 1)
    document = corpus.document(number)
    assert document == Corpus(PARAGRAPHS).document(number)
    assert document.language == "en"
    assert document.published is not None
    assert date(2005, 1, 1) <= date.fromisoformat(document.published) < date(2026, 1, 1)


@given(keys=st.lists(st.text(), min_size=1, max_size=8))
def test_a_key_has_one_unit_vector_whatever_stands_beside_it(keys: list[str]) -> None:
    vectors = vectors_for(keys, around())
    assert (vectors.shape, vectors.dtype) == ((len(keys), 8), np.dtype(np.float32))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    for key, vector in zip(keys, vectors, strict=True):
        assert vector.tobytes() == vectors_for([key], around()).tobytes()


def test_real_vectors_are_embedded_once_and_kept(encoder: Encoder, tmp_path: Path) -> None:
    corpus, watched = Corpus(PARAGRAPHS), Watched(encoder)
    first = real_vectors(watched, corpus, 4, tmp_path)
    assert watched.embedded == [f"{each.title}\n{each.text}" for each in PARAGRAPHS[::3]]
    again = real_vectors(watched, corpus, 4, tmp_path)
    assert len(watched.embedded) == 4
    assert again.tobytes() == first.tobytes()


@pytest.mark.usefixtures("evaluation_data")
def test_a_document_has_about_ten_passages(encoder: Encoder) -> None:
    corpus = read_corpus()
    for start in (0, len(corpus.real)):
        counts = [
            len(chunk(corpus.document(number), encoder.token_spans)) for number in range(start, start + 15)
        ]
        assert 9 <= np.mean(counts) <= 11.5, (start, counts)
    assert len(questions(50)) == 50


@pytest.fixture(scope="module")
def near(encoder: Encoder) -> Vectors:
    return encoder.encode([paragraph.text for paragraph in PARAGRAPHS])


@pytest.fixture
def stand_in(encoder: Encoder, near: Vectors) -> StandIn:
    return StandIn(encoder, near)


def test_passages_get_vectors_around_real_ones_and_queries_their_own(
    encoder: Encoder, stand_in: StandIn, near: Vectors
) -> None:
    texts = ["One gate.", "Two gates."]
    assert stand_in.encode(texts).tobytes() == vectors_for(texts, near).tobytes()
    assert stand_in.encode_query(QUERY).tobytes() == encoder.encode_query(QUERY).tobytes()
    assert stand_in.token_spans("One gate.") == encoder.token_spans("One gate.")
    assert (stand_in.key, stand_in.dimensions) == (encoder.key, encoder.dimensions)


def test_a_library_is_filled_once_and_opens_with_the_real_encoder(
    encoder: Encoder, stand_in: StandIn, tmp_path: Path
) -> None:
    home = filled(60, CORPUS, stand_in, tmp_path)
    with Library.open(home, encoder) as index:
        assert paths(index) == [path_of(number) for number in range(6)]
        hits = index.search(QUERY)
        cosines = vectors_for(
            [f"{hit.document.title}\n{hit.text}" for hit in hits], stand_in.around
        ) @ encoder.encode_query(QUERY)
        np.testing.assert_allclose([hit.dense for hit in hits], cosines, atol=1e-5)
        assert index.catalog.text(document_id_at(index, 3)).text == CORPUS.document(3).text
        generation = index.generation
    assert filled(60, CORPUS, stand_in, tmp_path) == home
    with Library.open(home, encoder) as index:
        assert index.generation == generation
    (home / "left.txt").write_text("of another state of the program")
    assert filled(60, CORPUS, stand_in, tmp_path, fresh=True) == home
    assert not (home / "left.txt").exists()


def test_files_of_the_corpus_are_read_as_its_documents(
    encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    write_files(CORPUS, 3, tmp_path / "files")
    stand_in = StandIn(encoder, encoder.encode([PARAGRAPHS[0].text]))
    with Library.open(tmp_path / "home", stand_in) as index:
        report = sync(index, [tmp_path / "files"], reader=loading)
        assert (report.failed, report.added) == ((), tuple(path_of(number) for number in range(3)))
        for record, document in zip(index.catalog.documents(), CORPUS.documents(3), strict=True):
            assert record.title == document.title
            assert index.catalog.text(record.document_id).text == f"{document.title}\n\n{document.text}\n"


def test_a_round_is_found_whole_and_before_all_else(encoder: Encoder, tmp_path: Path) -> None:
    with Library.open(tmp_path, StandIn(encoder, encoder.encode([PARAGRAPHS[0].text]))) as index:
        index.replace([CORPUS.incoming(number) for number in range(4)])
        for number in (1, 2):
            index.replace(round_documents(number))
            hits = index.search(ROUND_QUERY)
            assert [hit.document.path for hit in hits] == [f"{place}.txt" for place in range(10)]
            assert all(f"in round {number} by" in hit.text for hit in hits)


def test_it_is_built_once_and_finds_after_loading_what_is_nearest(encoder: Encoder, tmp_path: Path) -> None:
    pytest.importorskip("llama_index.vector_stores.faiss", reason="needs the extra bench")
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
