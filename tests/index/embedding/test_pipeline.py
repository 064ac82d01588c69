"""Documents are cut into passages, and only new passages are embedded, with their sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.stub_encoder import StubEncoder
from index.embedding.encoder import Encoder
from index.embedding.model import Embedded, Offsets, Vectors
from index.embedding.onnx import pack, unpack
from index.embedding.pipeline import PassageInput
from index.library import Library
from tests.support.reports import Watched, incoming

TABLE = """Costs of the gates
Item | 2031 | 2030
North
  Gate 3 | 12 | 11
  | Gate 4 | 9 | 8
South
Gate 3 | 7 | 6"""

TEXT = "The council met on Monday. The third gate was closed. Nobody was hurt."


@pytest.fixture
def index(encoder: Encoder, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", encoder) as opened:
        yield opened


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

        monkeypatch.setattr(StubEncoder, "encode_passages", never)
        index.replace([incoming(TEXT, "b.txt")])
        assert [hit.document.path for hit in index.search("gate")] == ["a.txt", "b.txt"]
        numbers = [hit.chunk_id for hit in index.search("gate")]
        with index.snapshot() as snapshot:
            kept = snapshot.sentence_vectors(numbers)
        assert np.array_equal(kept[numbers[0]], kept[numbers[1]])


def of_sentences(index: Library) -> list[Vectors]:
    """The vectors of the sentences of each passage, in the order of the passages."""
    with index.snapshot() as snapshot:
        numbers = [passage.chunk_id for passage in snapshot.reader.passages()]
        kept = snapshot.sentence_vectors(numbers)
    return [kept[number] for number in numbers]


def test_a_passage_of_rows_is_embedded_without_figures_and_each_row_by_itself(tmp_path: Path) -> None:
    encoder = StubEncoder()
    whole = "Dams\nCosts of the gates Item | 2031 | 2030\nNorth; Gate 3; Gate 4; South; Gate 3"
    headings = "Dams: Costs of the gates Item | 2031 | 2030"
    of_rows = [f"{headings} North Gate 3", f"{headings} North Gate 4", f"{headings} South Gate 3"]
    with Library.open(tmp_path / "home", encoder) as index:
        index.replace([incoming(TABLE, title="Dams")])
        [kept] = of_sentences(index)
        with index.snapshot() as snapshot:
            [passage] = snapshot.reader.passages()
            assert np.array_equal(snapshot.reader.vectors([passage.chunk_id])[0], encoder.encode_query(whole))
    north, second, south = of_rows
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
        assert watched.embedded[1:] == [
            f"{headings} North Gate 3",
            f"{headings} North Gate 5",
            f"{headings} South Gate 3",
        ]


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


def test_progress_counts_passages_and_ends_at_all_of_them(tmp_path: Path, encoder: Encoder) -> None:
    reported: list[tuple[str, int, int]] = []
    with Library.open(tmp_path / "home", encoder) as index:
        index.replace([incoming(f"{TEXT}\n\n{TABLE}")], progress=lambda *args: reported.append(args))
    assert reported == sorted(reported)
    assert {(stage, total) for stage, _, total in reported} == {("embedding", 2)}
    assert [done for _, done, _ in reported].count(2) == 1
    assert reported[-1] == ("embedding", 2, 2)
