"""Hits are widened by the sentences around them, and those of one document that touch are merged."""

from __future__ import annotations

from index.documents import Span
from rag.finding.reading import read
from tests.support.libraries import MakeLibrary

SENTENCES = [
    f"Station {number} on the river reported a level of {number * 7} units that morning."
    for number in range(60)
]
LONG = " ".join(SENTENCES)


def test_a_hit_is_widened_by_two_sentences_on_either_side(library: MakeLibrary) -> None:
    index = library({"levels.txt": LONG}).index
    with index.catalog.reading() as reader:
        passages = list(reader.passages())
    assert len(passages) > 4
    middle = passages[2]
    hit = next(hit for hit in index.search(middle.text, 10) if hit.chunk_id == middle.chunk_id)
    with index.snapshot() as snapshot:
        [reading] = read(snapshot, [hit])
    whole = [span for passage in passages for span in passage.sentences]
    first, last = whole.index(middle.sentences[0]), whole.index(middle.sentences[-1])
    assert [sentence.span for sentence in reading.sentences] == whole[first - 2 : last + 3]
    assert [sentence.text for sentence in reading.sentences] == SENTENCES[first - 2 : last + 3]
    assert reading.span == Span(whole[first - 2].start, whole[last + 2].end)


def test_a_hit_at_the_edge_of_a_document_is_widened_on_one_side(library: MakeLibrary) -> None:
    index = library({"short.txt": "One thing happened. Another followed."}).index
    with index.snapshot() as snapshot:
        [reading] = read(snapshot, snapshot.search("what happened", 5))
    assert [sentence.text for sentence in reading.sentences] == ["One thing happened.", "Another followed."]


def test_neighbouring_hits_become_one_reading_in_the_order_of_the_text(library: MakeLibrary) -> None:
    index = library({"levels.txt": LONG}).index
    with index.catalog.reading() as reader:
        passages = list(reader.passages())
    hits = {hit.chunk_id: hit for hit in index.search("station river level", 10)}
    pair = [hits[passages[3].chunk_id], hits[passages[2].chunk_id]]
    with index.snapshot() as snapshot:
        [reading] = read(snapshot, pair, widen_by=0)
    assert [sentence.span for sentence in reading.sentences] == [
        *passages[2].sentences,
        *passages[3].sentences,
    ]
    assert reading.score == max(hit.score for hit in pair)


def test_hits_of_several_documents_stay_apart_and_keep_their_order(library: MakeLibrary) -> None:
    index = library(
        {"a.txt": "The harbour was closed by ice.", "b.txt": "The harbour was closed by a strike of pilots."}
    ).index
    hits = index.search("strike of pilots at the harbour", 5)
    with index.snapshot() as snapshot:
        assert [reading.document.path for reading in read(snapshot, hits)] == ["b.txt", "a.txt"]
