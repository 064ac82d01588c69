"""Searches see the current state of the library, from every thread and process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.stub_encoder import StubEncoder
from index.catalog.schema import chunks
from index.documents import Document, Span
from index.embedding.encoder import Encoder
from index.library import Library
from index.records import Filters
from index.search import snapshot as snapshots
from index.text.languages import detect
from tests.support.reports import Watched, found, incoming, words


@pytest.fixture(scope="module")
def varied(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Sixty reports in two languages; a test must not write to it."""
    with Library.open(tmp_path_factory.mktemp("varied") / "home", encoder) as opened:
        opened.replace(
            [
                incoming(text, f"{number:02}.txt", language=["en", "de"][number % 2])
                for number, text in enumerate(words(60))
            ]
        )
        yield opened


class TestSearch:
    def test_a_hit_is_a_span_of_its_document_with_all_its_sentences(self, index: Library) -> None:
        text = "Nobody asked.\r\n\r\nThe gate of Varda failed. Two held.\r\n\r\n" + "Shoes are made. " * 100
        index.replace([incoming(text, title="Gates")])
        hit = index.search("Which gate failed?", 1)[0]
        document = index.catalog.text(hit.document.document_id)
        assert hit.text == hit.span.of(document.text) == document.text[hit.span.start : hit.span.end]
        sentences = ["Nobody asked.", "The gate of Varda failed.", "Two held."]
        assert [span.of(document.text) for span in hit.sentences[:3]] == sentences
        assert hit.document == index.catalog.document(1)
        assert (hit.document.title, hit.document.passages > 1, hit.page) == ("Gates", True, None)

    def test_the_best_come_first_and_scores_lie_between_0_and_1(self, varied: Library) -> None:
        hits = varied.search("the flood gate of Varda", 60)
        assert len(hits) == 60
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert 0 <= scores[-1] < scores[0] <= 1
        assert hits[0].lexical > 0

    @pytest.mark.parametrize("limit", [0, 1, 7, 60, 200])
    def test_a_shorter_list_is_the_beginning_of_the_longer(self, varied: Library, limit: int) -> None:
        assert found(varied, "police in Orrin", limit) == found(varied, "police in Orrin", 200)[:limit]

    def test_equal_scores_stand_in_the_order_of_path_and_place(self, index: Library) -> None:
        same = "The gate of Varda failed."
        places = [("/b", "x.txt"), ("/a", "z.txt"), ("/a", "x.txt"), ("/c", "a.txt")]
        index.replace([incoming(same, path, source) for source, path in places])
        expected = [("/c", "a.txt"), ("/a", "x.txt"), ("/b", "x.txt"), ("/a", "z.txt")]
        assert [row[:2] for row in found(index, "gate", 10)] == expected
        assert [row[:2] for row in found(index, "gate", 2)] == expected[:2]

    @pytest.mark.parametrize("pool", [1, 5])
    def test_the_order_of_coming_changes_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: int
    ) -> None:
        monkeypatch.setattr(snapshots, "POOL", pool)
        texts = words(12, seed=1) * 3
        reports = [incoming(text, f"{number:02}.txt") for number, text in enumerate(texts)]
        with (
            Library.open(tmp_path / "a", StubEncoder()) as forwards,
            Library.open(tmp_path / "b", StubEncoder()) as backwards,
        ):
            forwards.replace(reports)
            for start in range(30, -1, -6):
                backwards.replace(reports[start : start + 6][::-1])
            for query in ("river dam", "gate", "council of the flood", "police"):
                assert found(forwards, query, 5) == found(backwards, query, 5)


GERMAN = "Wie viele Menschen wurden wegen der Flut im Dorf Varda in Sicherheit gebracht?"


@pytest.mark.parametrize(
    ("asked", "filters", "share"),
    [("flood in the village", Filters(languages=("de",)), 0.5), (GERMAN, Filters(), 0.1)],
    ids=["of the pool that passes", "where the encoder does not read the question"],
)
def test_the_fused_score_is_by_hand(varied: Library, asked: str, filters: Filters, share: float) -> None:
    hits = varied.search(asked, 60, filters)
    low, high = min(hit.dense for hit in hits), max(hit.dense for hit in hits)
    with varied.snapshot() as snapshot:
        most = max(snapshot.max_score(asked), *(hit.lexical for hit in hits))
    for hit in hits:
        by_hand = share * (hit.dense - low) / (high - low) + (1 - share) * hit.lexical / most
        assert hit.score == pytest.approx(by_hand, abs=1e-5)
    by_vector = [round(hit.dense, 4) for hit in varied.search(asked, 60, filters, dense_weight=1)]
    assert by_vector == sorted(by_vector, reverse=True), "vectors alone are vectors alone"


def test_words_decide_alone_in_letters_that_the_encoder_does_not_know(index: Library) -> None:
    texts = {
        "a.txt": "市议会星期一关闭了大坝的第三个闸门。",
        "b.txt": "三十人在星期二被转移到山上的学校。",
        "c.txt": "The council closed the gate.",
    }
    index.replace([incoming(text, path, language=detect(text)) for path, text in texts.items()])
    asked = "谁在星期一关闭了大坝的闸门？"
    assert found(index, asked, 3) == found(index, asked, 3, dense_weight=0)
    assert [hit.document.path for hit in index.search(asked)][:1] == ["a.txt"]


def test_vectors_decide_alone_where_no_word_is_found(index: Library) -> None:
    index.replace([incoming("The council closed the gate.", "a.txt"), incoming("Shoes and boots.", "b.txt")])
    asked = "谁关闭了闸门？"
    both, vectors = index.search(asked), index.search(asked, dense_weight=1)
    assert [hit.document.path for hit in both] == [hit.document.path for hit in vectors]
    assert both[0].score > both[1].score == 0


class TestAround:
    def test_it_is_the_passage_and_its_neighbours_in_its_own_document(self, index: Library) -> None:
        paragraphs = [f"Paragraph {name} {'tells of shoes ' * 45}." for name in ("one", "two", "three")]
        index.replace(
            [incoming("\n".join(paragraphs), "a.txt"), incoming("Another document about shoes.", "b.txt")]
        )
        hits = {hit.span.start: hit for hit in index.search("paragraph", 10, Filters((1,)))}
        first, second, third = (hits[start] for start in sorted(hits))
        (other,) = index.search("another", 10, Filters((2,)))
        with index.snapshot() as snapshot:
            around = [[one.span for one in each] for each in snapshot.neighbours([first, second, third])]
            assert around == [
                *([first.span, second.span], [first.span, second.span, third.span]),
                [second.span, third.span],
            ]
            texts = [[one.text[:13] for one in each] for each in snapshot.neighbours([other, first])]
            assert texts == [["Another docum"], ["Paragraph one", "Paragraph two"]]

    def test_a_hit_that_is_gone_has_nothing_around_it(self, index: Library) -> None:
        index.replace([incoming("One gate.")])
        (hit,) = index.search("gate")
        index.replace([], [1])
        with index.snapshot() as snapshot:
            assert snapshot.neighbours([hit]) == [[]]


class TestEmbedding:
    def test_what_was_embedded_before_is_not_embedded_again(self, encoder: Encoder, tmp_path: Path) -> None:
        watched = Watched(encoder)
        with Library.open(tmp_path / "home", watched) as index:
            index.replace([incoming("One gate.", "a.txt"), incoming("One gate.", "b.txt")])
            assert watched.embedded == ["A report\nOne gate."], "twice in one library, once embedded"
            index.replace([incoming("One gate.", "moved.txt"), incoming("Two gates.", "new.txt")], [1])
            assert watched.embedded[1:] == ["A report\nTwo gates."]
            index.replace(
                [replace(incoming("One gate.", "b.txt"), document=Document("One gate.", "B", "text"))]
            )
            assert watched.embedded[2:] == ["B\nOne gate."], "its title is a part of what is embedded"

    def test_a_long_title_leaves_room_for_the_passage(self, encoder: Encoder, tmp_path: Path) -> None:
        watched = Watched(encoder)
        with Library.open(tmp_path / "home", watched) as index:
            index.replace([incoming("One gate.", title="dam " * 100)])
        assert watched.embedded == [f"{('dam ' * 40).strip()}\nOne gate."]

    def test_a_title_can_be_left_out_of_vectors_and_words(self, encoder: Encoder, tmp_path: Path) -> None:
        watched = Watched(encoder)
        with Library.open(tmp_path / "bare", watched, title_tokens=0) as index:
            index.replace([incoming("One gate.", title="Varda")])
            assert watched.embedded == ["One gate."]
            assert [hit.lexical for hit in index.search("Varda", dense_weight=0.5)] == [0]
            index.replace([incoming("Two gates.", "b.txt", title="Varda")], [1])
            assert [hit.lexical for hit in index.search("Varda", dense_weight=0.5)] == [0]
        with Library.open(tmp_path / "titled", watched) as index:
            index.replace([incoming("One gate.", title="Varda")])
            assert [hit.lexical > 0 for hit in index.search("Varda", dense_weight=0.5)] == [True]

    @pytest.mark.slow
    def test_a_broken_off_run_keeps_the_vectors_that_it_made(self, encoder: Encoder, tmp_path: Path) -> None:
        reports = [incoming(f"Gate {number} failed.", f"{number}.txt") for number in range(300)]

        def power_cut(_stage: str, done: int, _of: int) -> None:
            if done == 256:
                raise KeyboardInterrupt

        watched = Watched(encoder)
        with Library.open(tmp_path / "home", watched) as index:
            with pytest.raises(KeyboardInterrupt):
                index.replace(reports, progress=power_cut)
            assert (index.catalog.documents(), index.generation) == ([], 0)
            watched.embedded.clear()
            index.replace(reports)
            assert len(watched.embedded) == 44


def test_an_item_is_stored_with_the_sentence_above_its_list_and_a_search_looks_for_none(
    index: Library,
) -> None:
    text = "It met. The Council decided to:\n\n(a) close gates\n\n(b) open roads\n\nIt went home."
    index.replace([incoming(text)])
    with index.catalog.engine.connect() as connection:
        [stored] = connection.scalars(sa.select(chunks.c.sentences))
    lead = Span(8, 31)
    assert lead.of(text) == "The Council decided to:"
    assert [sentence[2:] for sentence in stored] == [[], [], *[[0, lead.start, lead.end]] * 2, []]
    with index.snapshot() as snapshot:
        [passage] = snapshot.reader.passages()
    assert passage.sections == ("", "", lead.of(text), lead.of(text), "")
    assert not any(passage.in_headings)
