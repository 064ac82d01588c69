"""A reader sees one consistent state of the catalog; passages are spans of texts, and filters narrow them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalog.database import Catalog
from index.catalog.dialects import PIECE
from index.catalog.reader import CatalogReader, LongText, LongTexts
from index.catalog.writes import add_to_build, begin_build
from index.documents import Document
from index.errors import DocumentNotFoundError
from index.records import Filters, Passage, Recipe
from index.text.passages import sentences
from tests.support.reports import emptied, version
from tests.support.writings import TEXTS

FINE = Recipe("fine@1", 4, 0, 1)


def vector_of(text: str) -> np.ndarray:
    return np.array([len(text), -1e-7, 3.25], np.float32)


def put_vectors(catalog: Catalog, *texts: str) -> None:
    catalog.put_vectors({f"vector of {text}": vector_of(text) for text in texts})


def everything(reader: CatalogReader) -> tuple[object, ...]:
    """All that a reader returns, as values that can be compared."""
    allowed = reader.allowed(Filters())
    return (
        *(reader.generation, reader.build, reader.documents(), reader.files("/r"), reader.sources()),
        *(reader.count_chunks(), reader.last_chunk(), reader.removed(), reader.forgotten()),
        list(reader.passages()),
        [(numbers.tolist(), rows.tolist()) for numbers, rows in reader.all_vectors()],
        (allowed.documents, allowed.chunks.tolist()),
    )


class TestState:
    def test_a_reader_sees_one_state_while_another_thread_commits(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.", "Changed.")
        catalog.commit([version(path="a.txt"), version(path="b.txt")])

        def write() -> None:
            catalog.commit([version("Changed.", path="a.txt")], [2])
            catalog.follow(["/elsewhere"])
            catalog.touch({1: (7, 8)})
            catalog.forget_removals(2)

        with catalog.reading() as reader:
            before = everything(reader)
            other = threading.Thread(target=write)
            other.start()
            other.join(60)
            assert not other.is_alive()
            assert everything(reader) == before
            assert (reader.text(1).text, reader.document(2).path) == ("First words. Second words.", "b.txt")
            assert reader.vectors([2, 1]).tolist() == [
                vector_of(text).tolist() for text in ("Second words.", "First words.")
            ]
            assert [record.path for record in reader.records([1, 2])] == ["a.txt", "b.txt"]
            with catalog.reading() as later:
                assert everything(later) != before
                assert (later.generation, later.text(1).text, later.forgotten()) == (2, "Changed.", 2)
                with pytest.raises(DocumentNotFoundError):
                    later.document(2)
            assert everything(reader) == before

    def test_the_state_is_that_of_the_moment_it_was_asked_for(self, catalog: Catalog) -> None:
        with catalog.reading() as reader:
            catalog.commit([version()])
            assert (reader.generation, reader.build, reader.documents()) == (0, None, [])


class TestPassages:
    def test_they_are_read_by_number_in_order_and_unknown_numbers_are_passed_over(
        self, catalog: Catalog
    ) -> None:
        catalog.commit([version(path=f"{turn:04}.txt") for turn in range(700)])
        wanted = [*range(1400, 0, -1), 5000]
        with catalog.reading() as reader:
            assert [passage.chunk_id for passage in reader.passages(wanted)] == list(range(1, 1401))
            assert [passage.chunk_id for passage in reader.passages(after=1397)] == [1398, 1399, 1400]
            assert list(reader.passages([])) == list(reader.passages(after=1400)) == []
            assert reader.count_chunks() == 1400

    def test_each_build_has_its_own(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.", "All of it.")
        catalog.commit([version(path="a.txt"), version(path="b.txt")])
        build = begin_build(catalog.engine, FINE)
        add_to_build(catalog.engine, build, {2: (1, version("All of it.", path="b.txt"))})
        with catalog.reading() as searched, catalog.reading(build) as other:
            assert [passage.chunk_id for passage in searched.passages()] == [1, 2, 3, 4]
            assert [passage.chunk_id for passage in other.passages()] == [5]
            assert (searched.count_chunks(), other.count_chunks()) == (4, 1)
            assert searched.allowed(Filters(document_ids=(2,))).chunks.tolist() == [False] * 3 + [True] * 2
            assert other.allowed(Filters(document_ids=(1, 2))).chunks.tolist() == [False] * 5 + [True]
            assert [numbers.tolist() for numbers, _ in other.all_vectors()] == [[5]]


class TestVectors:
    def test_they_come_back_by_passage_exactly_in_the_order_asked_for(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")
        catalog.commit([version(path="a.txt"), version(path="b.txt")])
        first, second = (vector_of(text).tolist() for text in ("First words.", "Second words."))
        with catalog.reading() as reader:
            assert reader.vectors([4, 1, 4]).tolist() == [second, first, second]
            assert reader.vectors([]).size == 0
            with pytest.raises(KeyError, match="99"):
                reader.vectors([99])

    def test_all_of_them_come_in_parts_in_the_order_of_their_numbers(
        self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("index.catalog.reader._ROWS", 2)
        put_vectors(catalog, "First words.", "Second words.")
        catalog.commit([version(path=path) for path in ("a.txt", "b.txt", "c.txt")], [])
        catalog.commit([], [2])
        first, second = (vector_of(text).tolist() for text in ("First words.", "Second words."))
        with catalog.reading() as reader:
            parts = [(numbers.tolist(), rows.tolist()) for numbers, rows in reader.all_vectors()]
            assert parts == [([1, 2], [first, second]), ([5, 6], [first, second])]
            after = [(numbers.tolist(), rows.tolist()) for numbers, rows in reader.all_vectors(after=1)]
            assert after == [([2, 5], [second, first]), ([6], [second])]
            assert list(reader.all_vectors(after=6)) == []


class TestAllowed:
    @settings(max_examples=25)
    @given(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["Council", "Ministry"])), max_size=6),
        st.sets(st.integers(1, 6), max_size=3),
    )
    def test_it_is_the_documents_that_pass_and_all_their_passages(
        self, shared_catalog: Catalog, known: list[tuple[int, str]], removed: set[int]
    ) -> None:
        catalog = emptied(shared_catalog)
        for place, (count, publisher) in enumerate(known):
            document = Document("Words. " * count, "T", "text", "en", publisher)
            catalog.commit([version(path=f"{place}.txt", document=document)])
        ids = [record.document_id for record in catalog.documents()]
        catalog.commit([], [ids[number - 1] for number in removed if number <= len(known)])
        some = Filters(document_ids=(*ids[0:3:2], 10**9))
        with catalog.reading() as reader:
            for filters in (Filters(), Filters(publishers=("Council",)), some):
                allowed = reader.allowed(filters)
                passing = reader.records(ids, filters)
                expected = sorted(record.document_id for record in passing)
                assert list(allowed.documents) == expected
                assert np.flatnonzero(allowed.chunks).tolist() == [
                    passage.chunk_id
                    for passage in reader.passages()
                    if passage.document.document_id in expected
                ]


class TestWhatWent:
    def test_it_is_told_since_a_generation_in_order(self, catalog: Catalog) -> None:
        for path in ("a.txt", "b.txt", "c.txt"):
            catalog.commit([version(path=path)])
        catalog.commit([version("New.", path="c.txt")])
        catalog.commit([], [1])
        with catalog.reading() as reader:
            assert (reader.generation, reader.removed()) == (5, [1, 2, 5, 6])
            assert (reader.removed(since=3), reader.removed(since=4)) == ([1, 2, 5, 6], [1, 2])
            assert (reader.removed(since=5), reader.forgotten()) == ([], 0)

    def test_it_can_be_forgotten_up_to_a_generation(self, catalog: Catalog) -> None:
        for path in ("a.txt", "b.txt"):
            catalog.commit([version(path=path)])
        for number in (1, 2):
            catalog.commit([], [number])
        catalog.forget_removals(3)
        with catalog.reading() as reader:
            assert (reader.forgotten(), reader.removed(), reader.removed(since=3)) == (3, [3, 4], [3, 4])

    def test_no_passage_that_was_committed_has_a_number_above_the_last(self, catalog: Catalog) -> None:
        catalog.commit([version(path="a.txt"), version(path="b.txt")])
        with catalog.reading() as reader:
            assert reader.last_chunk() == 4
        catalog.commit([], [2])
        with catalog.reading() as reader:
            assert reader.last_chunk() == 4, "one that went counts, too"
        catalog.commit([version("New.", path="b.txt")])
        with catalog.reading() as reader:
            assert reader.last_chunk() == 5


def test_the_newest_documents_come_first_among_those_that_pass_the_filters(catalog: Catalog) -> None:
    for name, language in (("a.txt", "en"), ("b.txt", "id"), ("c.txt", "en")):
        put_vectors(catalog, f"Words of {name}.")
        words = Document(f"Words of {name}.", "T", "text", language)
        catalog.commit([version(path=name, document=words)])
    with catalog.reading() as reader:
        by_id = {record.document_id: record.path for record in reader.documents()}
        assert [by_id[number] for number in reader.newest(9)] == ["c.txt", "b.txt", "a.txt"]
        assert [by_id[number] for number in reader.newest(9, Filters(languages=("en",)))] == [
            "c.txt",
            "a.txt",
        ]
        assert [by_id[number] for number in reader.newest(1)] == ["c.txt"]


def test_chunks_are_counted_for_the_documents_that_pass_the_filters(catalog: Catalog) -> None:
    put_vectors(catalog, "Words.", "Kata.", "Lain.")
    english, other = Document("Words.", "T", "text", "en"), Document("Kata. Lain.", "T", "text", "id")
    catalog.commit([version(path="a.txt", document=english), version(path="b.txt", document=other)])
    with catalog.reading() as reader:
        counts = [reader.count_chunks(Filters(languages=names)) for names in ((), ("en",), ("id",), ("vi",))]
    assert counts == [3, 1, 2, 0]


def parts(utf8: bytes, length: int = 7) -> Iterator[bytes]:
    """Parts of a text, some of which end within a character."""
    return (utf8[start : start + length] for start in range(0, len(utf8), length))


@given(st.text(max_size=200), st.integers(0, 220), st.integers(0, 220))
def test_a_span_of_a_long_text_is_that_of_the_string(text: str, start: int, end: int) -> None:
    long = LongText(parts(text.encode("utf-8", "surrogatepass")))
    assert len(long) == len(text)
    assert long[start:end] == text[start:end]


def test_a_long_text_with_one_emoji_does_not_take_four_bytes_a_character() -> None:
    text = "a" * 2_000_000 + "\N{WATER WAVE}"
    assert LongText(parts(text.encode(), PIECE)).size < 0.4 * sys.getsizeof(text)


def test_a_text_is_read_once_however_many_threads_ask_for_it() -> None:
    texts, reads = LongTexts(), list[int]()

    def read() -> list[bytes]:
        reads.append(1)
        return [b"long ", b"text"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: texts.get(("lineage", 1, 1), read)[0:9], range(50)))
    assert found == ["long text"] * 50
    assert len(reads) == 1


def test_another_version_and_another_lineage_are_other_texts() -> None:
    texts = LongTexts()
    for key in (("lineage", 1, 1), ("lineage", 1, 2), ("other", 1, 1)):
        words = str(key)
        assert texts.get(key, partial(parts, words.encode()))[0 : len(words)] == words


def test_the_text_that_was_not_asked_for_longest_goes_first() -> None:
    texts, reads = LongTexts(room=2_500), list[int]()

    def get(number: int) -> str:
        def read() -> list[bytes]:
            reads.append(number)
            return [str(number).encode() * 1_000]

        return texts.get(("lineage", number, 1), read)[0:1]

    assert [get(number) for number in (1, 2, 1, 3, 1, 2)] == ["1", "2", "1", "3", "1", "2"]
    assert reads == [1, 2, 3, 2]


def test_a_text_beyond_all_room_is_given_and_not_kept() -> None:
    texts = LongTexts(room=100)
    assert texts.get(("lineage", 1, 1), lambda: [b"a" * 500])[0:3] == "aaa"
    assert texts.get(("lineage", 1, 1), lambda: [b"b" * 500])[0:3] == "bbb"


def passages(catalog: Catalog) -> list[Passage]:
    with catalog.reading() as reader:
        return list(reader.passages())


STORABLE = TEXTS.filter(lambda text: "\0" not in text)
"""Texts that every database keeps as they are. PostgreSQL has no U+0000, and keeps U+FFFD for it."""


class TestSpans:
    @given(st.lists(STORABLE, min_size=1, max_size=3))
    def test_they_are_the_spans_of_their_documents_text(
        self, shared_catalog: Catalog, texts: list[str]
    ) -> None:
        catalog = emptied(shared_catalog)
        catalog.commit([version(text, path=f"{number}.txt") for number, text in enumerate(texts)])
        assert [
            (passage.document.path, passage.span, passage.text, passage.sentences)
            for passage in passages(catalog)
        ] == [
            (f"{number}.txt", span, span.of(text), (span,))
            for number, text in enumerate(texts)
            for span in sentences(text, "en")
        ]

    def test_each_has_the_page_on_which_it_begins(self, catalog: Catalog) -> None:
        document = Document("One. Two. Three.", "T", "pdf", "en", page_starts=(0, 5, 7))
        catalog.commit([version(document=document)])
        assert [(passage.text, passage.page) for passage in passages(catalog)] == [
            ("One.", 1),
            ("Two.", 2),
            ("Three.", 3),
        ]


class TestFilters:
    @pytest.fixture
    def filled(self, catalog: Catalog) -> Catalog:
        known = [
            ("a.txt", "text", "en", "Council", "2031-03-01"),
            ("dams/b.txt", "text", "en", "Ministry", "2031-03"),
            ("dams/old/c.pdf", "pdf", "km", "Ministry", "2031"),
            ("old/d.html", "html", "km", None, None),
        ]
        copied = Document("A.", "T", "csv", "km", None, "2031-03-01")
        catalog.commit(
            [
                version(path=path, document=Document("A.", "T", kind, language, publisher, published))
                for path, kind, language, publisher, published in known
            ]
            + [version(path="copied.csv", document=copied)]
        )
        return catalog

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            (Filters(), [1, 2, 3, 4, 5]),
            (Filters(document_ids=(3, 1, 9)), [1, 3]),
            (Filters(publishers=("Ministry",)), [2, 3]),
            (Filters(publishers=("Ministry", "Council")), [1, 2, 3]),
            (Filters(publishers=("ministry",)), []),
            (Filters(languages=("km",)), [3, 4, 5]),
            (Filters(languages=("km",), publishers=("Ministry",)), [3]),
            (Filters(collections=("dams",)), [2, 3]),
            (Filters(collections=("old",)), [4]),
            (Filters(collections=("old", "dams"), languages=("km",)), [3, 4]),
            (Filters(collections=("Dams", "dams/old", "")), []),
            (Filters(kinds=("pdf", "html")), [3, 4]),
            (Filters(kinds=("text",), publishers=("Ministry",)), [2]),
            (Filters(kinds=("PDF",)), []),
            (Filters(published_before="2031-03-01"), [2, 3]),
            (Filters(published_before="2031-03"), [3]),
            (Filters(published_after="2030"), [1, 2, 3, 5]),
            (Filters(published_after="2031"), []),
            (Filters(published_after="2031-02-28", published_before="2031-03-02"), [1, 2, 5]),
            (Filters(published_after="2031-03-01"), []),
            (Filters(kinds=("csv",), published_after="2030"), [5]),
            (Filters(kinds=("csv",), published_before="2030"), []),
        ],
    )
    def test_each_narrows_and_together_they_narrow_more(
        self, filled: Catalog, filters: Filters, expected: list[int]
    ) -> None:
        with filled.reading() as reader:
            allowed = reader.allowed(filters)
        assert list(allowed.documents) == expected
        # Each document is one passage with the same number.
        assert np.flatnonzero(allowed.chunks).tolist() == expected
        assert bool(filters) is (filters != Filters())
