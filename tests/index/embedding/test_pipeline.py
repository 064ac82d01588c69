"""Documents are cut into passages, and only new passages are embedded, with their sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.stub_encoder import StubEncoder
from index.embedding.encoder import Encoder
from index.embedding.pipeline import vector_digest
from index.embedding.quantize import pack, unpack
from index.library import Library
from tests.support.reports import incoming

TEXT = "The council met on Monday. The third gate was closed. Nobody was hurt."


@pytest.fixture
def index(encoder: Encoder, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", encoder) as opened:
        yield opened


def test_vectors_are_cached_under_their_model_text_and_sentences() -> None:
    assert (
        vector_digest("m", 2, "t u", [(0, 1), (2, 3)])
        == hashlib.sha256(b"m\x002\x000-1,2-3\x00t u").hexdigest()
    )
    digests = {
        vector_digest(key, chunking, text, parts)
        for key in ("m", "n")
        for chunking in (1, 2)
        for text in ("t", "u", "\udcff", "")
        for parts in ([], [(0, 1)], [(0, 11)])
    }
    assert len(digests) == 48


def test_the_sentences_are_kept_as_they_stand_under_the_title(index: Library, encoder: Encoder) -> None:
    index.replace([incoming(TEXT, title="Varda")])
    [hit] = index.search("gate")
    seen = f"Varda\n{TEXT}"
    parts = [(span.start + 6, span.end + 6) for span in hit.sentences]
    assert [seen[start:end] for start, end in parts] == [
        "The council met on Monday.",
        "The third gate was closed.",
        "Nobody was hurt.",
    ]
    [made] = encoder.encode_passages([seen], [parts])
    assert made.sentences is not None
    with index.snapshot() as snapshot:
        kept = snapshot.sentence_vectors([hit.chunk_id])
    assert list(kept) == [hit.chunk_id]
    assert np.array_equal(kept[hit.chunk_id], unpack(pack(made.sentences), 384))


def test_they_go_with_the_last_passage_that_has_them(index: Library) -> None:
    index.replace([incoming(TEXT, "a.txt"), incoming(TEXT, "b.txt")])
    first, second = (record.document_id for record in index.catalog.documents())
    index.replace([], [first])
    [hit] = index.search("gate")
    with index.snapshot() as snapshot:
        assert snapshot.sentence_vectors([hit.chunk_id])[hit.chunk_id].shape == (3, 384)
    index.replace([], [second])
    with index.catalog.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sentence_vectors").scalar_one() == 0


def test_what_is_known_is_not_embedded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        index.replace([incoming(TEXT, "a.txt")])

        def never(*_arguments: object) -> None:
            raise AssertionError("embedded again")

        monkeypatch.setattr(StubEncoder, "passage_batches", never)
        index.replace([incoming(TEXT, "b.txt")])
        assert [hit.document.path for hit in index.search("gate")] == ["a.txt", "b.txt"]
        numbers = [hit.chunk_id for hit in index.search("gate")]
        with index.snapshot() as snapshot:
            kept = snapshot.sentence_vectors(numbers)
        assert np.array_equal(kept[numbers[0]], kept[numbers[1]])
