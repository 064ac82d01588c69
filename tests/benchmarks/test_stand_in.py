"""The benchmarks of size fill libraries without embedding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.corpus import Corpus, path_of, vectors_for
from benchmarks.stand_in import StandIn, document_id_at, filled
from index.embedding.encoder import Encoder
from index.embedding.model import Vectors
from index.library import Library
from tests.benchmarks.test_corpus import PARAGRAPHS
from tests.support.reports import paths

pytestmark = pytest.mark.slow

CORPUS = Corpus(PARAGRAPHS)
QUERY = "Who closed the gate of the dam?"


@pytest.fixture(scope="module")
def around(encoder: Encoder) -> Vectors:
    return encoder.encode([paragraph.text for paragraph in PARAGRAPHS])


@pytest.fixture
def stand_in(encoder: Encoder, around: Vectors) -> StandIn:
    return StandIn(encoder, around)


def test_passages_get_vectors_around_real_ones_and_queries_their_own(
    encoder: Encoder, stand_in: StandIn, around: Vectors
) -> None:
    texts = ["One gate.", "Two gates."]
    assert stand_in.encode(texts).tobytes() == vectors_for(texts, around).tobytes()
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


def test_what_a_script_took_away_or_left_behind_is_put_right(stand_in: StandIn, tmp_path: Path) -> None:
    home = filled(30, CORPUS, stand_in, tmp_path)
    with Library.open(home, stand_in) as index:
        index.replace([CORPUS.incoming(700)], [document_id_at(index, 1)])
        assert paths(index) == [path_of(number) for number in (0, 2, 700)]
    filled(30, CORPUS, stand_in, tmp_path)
    with Library.open(home, stand_in) as index:
        assert paths(index) == [path_of(number) for number in range(3)]


def test_other_vectors_make_another_library(encoder: Encoder, around: Vectors, tmp_path: Path) -> None:
    homes = {filled(10, CORPUS, StandIn(encoder, some), tmp_path) for some in (around, around[:5])}
    assert len(homes) == 2
