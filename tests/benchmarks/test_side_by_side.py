"""The tables that compare with llama-index have the right form, and their documents are equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.corpus import Corpus, path_of
from benchmarks.footprint import on_disk
from benchmarks.fresh_process import give_up_pages
from benchmarks.keeping_up import ROUND_QUERY, round_documents
from benchmarks.resync import write_files
from benchmarks.side_by_side import Row, parser, print_table, shown
from benchmarks.stand_in import StandIn
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from tests.benchmarks.test_corpus import PARAGRAPHS

pytestmark = pytest.mark.slow

CORPUS = Corpus(PARAGRAPHS)


def test_a_row_has_medians_and_how_ours_compares() -> None:
    row = Row(100_000, "open, ms", [300.0, 120.0, 90.0], [480.0])
    assert str(row) == "| 100,000 | open, ms | 120 | 480 | 0.250 |"


@pytest.mark.parametrize(
    ("ours", "theirs", "cells"),
    [([4.0], [], "| 4.00 |  |  |"), ([], [12.34], "|  | 12.3 |  |"), ([1.0], [0.0], "| 1.00 | 0.000 |  |")],
)
def test_what_was_not_measured_is_empty(ours: list[float], theirs: list[float], cells: str) -> None:
    assert str(Row(10, "x", ours, theirs)) == f"| 10 | x {cells}"


def test_figures_have_about_three_digits() -> None:
    figures = [0.0123, 0.5, 1.234, 45.67, 123.4, 12345.6]
    assert [shown(figure) for figure in figures] == ["0.012", "0.500", "1.23", "45.7", "123", "12,346"]


def test_a_table_says_what_it_was_measured_on(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Row(10, "x", [1.0], [2.0])])
    measured_on, _, *table = capsys.readouterr().out.splitlines()
    assert "cores" in measured_on
    assert "faiss-cpu 1." in measured_on
    assert table == [
        "| passages | figure | Footnoted | llama-index | Footnoted / llama-index |",
        "|---:|---|---:|---:|---:|",
        "| 10 | x | 1.00 | 2.00 | 0.500 |",
    ]


def test_sizes_are_arguments_and_llama_index_is_left_out_of_the_largest() -> None:
    arguments = parser("Prints.\n\nMore.").parse_args(["--passages", "10", "20"])
    assert (arguments.passages, arguments.alternative_up_to) == ([10, 20], 100_000)


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


def test_the_parts_of_a_folder_are_told_largest_first(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "a").write_bytes(bytes(2**20))
    (tmp_path / "words" / "b").write_bytes(bytes(2**20))
    (tmp_path / "vectors").write_bytes(bytes(2**19))
    give_up_pages(tmp_path)
    assert list(on_disk(tmp_path).items()) == [("words", 2.0), ("vectors", 0.5)]
