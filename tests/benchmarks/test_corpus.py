"""The benchmark corpus has any number of documents, with vectors derived from real ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.corpus import (
    SOURCE,
    Corpus,
    Paragraph,
    path_of,
    questions,
    read_corpus,
    real_vectors,
    vectors_for,
)
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.text.passages import chunk
from tests.support.reports import Watched

pytestmark = pytest.mark.slow

SENTENCES = tuple(
    f"The {name} gate of dam {number} was closed by its wardens in the spring of the year {1900 + number}."
    for number in range(12)
    for name in ("first", "second", "third", "fourth", "fifth", "sixth")
)
PARAGRAPHS = tuple(
    Paragraph(f"Dam {number}", " ".join(SENTENCES[6 * number : 6 * number + 6])) for number in range(12)
)
FIRST_MADE = len(Corpus(PARAGRAPHS).real)


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


@given(number=st.integers(FIRST_MADE, 10**7), seed=st.integers(0, 5))
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


def test_another_seed_makes_other_documents() -> None:
    assert Corpus(PARAGRAPHS, 1).document(50).text != Corpus(PARAGRAPHS, 2).document(50).text


def test_a_document_comes_in_under_its_own_path() -> None:
    corpus = Corpus(PARAGRAPHS)
    incoming = corpus.incoming(41_007)
    assert (incoming.source, incoming.path) == (SOURCE, "0041/0041007.txt")
    assert incoming.document == corpus.document(41_007)
    assert len({path_of(number) for number in range(3000)}) == 3000


@given(keys=st.lists(st.text(), min_size=1, max_size=8))
def test_a_key_has_one_unit_vector_whatever_stands_beside_it(keys: list[str]) -> None:
    vectors = vectors_for(keys, around())
    assert (vectors.shape, vectors.dtype) == ((len(keys), 8), np.dtype(np.float32))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    for key, vector in zip(keys, vectors, strict=True):
        assert vector.tobytes() == vectors_for([key], around()).tobytes()


def test_different_keys_have_vectors_near_different_real_ones() -> None:
    vectors = vectors_for([str(number) for number in range(400)], around())
    nearest = np.argmax(vectors @ around().T, axis=1)
    assert set(nearest) == set(range(20))
    # 20 real vectors can be combined into 8,000 others, so that a few of 400 are equal.
    assert len(np.unique(vectors.round(6), axis=0)) > 370


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
