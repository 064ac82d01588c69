"""Passages as the catalog gives them: cut out of their document's text, and picked by what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import version
from writings import PATIENT, TEXTS

from index.catalog import Catalog
from index.documents import Document
from index.records import Filters
from index.segmentation import sentences


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


class TestPassages:
    @PATIENT
    @given(st.lists(TEXTS, min_size=1, max_size=3))
    def test_they_are_the_spans_of_their_documents_text(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
    ) -> None:
        catalog = Catalog.open(tmp_path_factory.mktemp("c") / "catalog.sqlite")
        catalog.commit([version(text, path=f"{number}.txt") for number, text in enumerate(texts)])
        expected = [
            (number, span, span.of(text), (span,))
            for number, text in enumerate(texts, 1)
            for span in sentences(text, "en")
        ]
        found = [
            (passage.document.document_id, passage.span, passage.text, passage.sentences)
            for passage in catalog.passages()
        ]
        catalog.close()
        assert found == expected

    def test_each_has_the_page_on_which_it_begins(self, catalog: Catalog) -> None:
        document = Document("One. Two. Three.", "T", "pdf", "en", page_starts=(0, 5, 7))
        catalog.commit([version(document=document)])
        assert [(passage.text, passage.page) for passage in catalog.passages()] == [
            ("One.", 1),
            ("Two.", 2),
            ("Three.", 3),
        ]

    def test_they_are_read_by_number_in_order_and_unknown_numbers_are_passed_over(
        self, catalog: Catalog
    ) -> None:
        catalog.commit([version(path=f"{turn:04}.txt") for turn in range(700)])
        wanted = [*range(1400, 0, -1), 5000]
        assert [passage.chunk_id for passage in catalog.passages(wanted)] == list(range(1, 1401))
        assert list(catalog.passages([])) == []
        assert catalog.count_chunks() == 1400

    def test_superseded_ones_are_gone(self, catalog: Catalog) -> None:
        catalog.commit([version("A.")])
        catalog.commit([version("B.")])
        assert [passage.text for passage in catalog.passages([1, 2])] == ["B."]


class TestFilters:
    @pytest.fixture
    def filled(self, catalog: Catalog) -> Catalog:
        known = [
            ("en", "Council", "2031-03-01"),
            ("en", "Ministry", "2031-03"),
            ("km", "Ministry", "2031"),
            ("km", None, None),
        ]
        catalog.commit(
            [
                version(path=f"{place}.txt", document=Document("A.", "T", "text", *values))
                for place, values in enumerate(known)
            ]
        )
        return catalog

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            (Filters(), [1, 2, 3, 4]),
            (Filters(document_ids=(3, 1, 9)), [1, 3]),
            (Filters(publishers=("Ministry",)), [2, 3]),
            (Filters(publishers=("Ministry", "Council")), [1, 2, 3]),
            (Filters(publishers=("ministry",)), []),
            (Filters(languages=("km",)), [3, 4]),
            (Filters(languages=("km",), publishers=("Ministry",)), [3]),
            (Filters(published_before="2031-03-01"), [2, 3]),
            (Filters(published_before="2031-03"), [3]),
            (Filters(published_after="2031"), [1, 2]),
            (Filters(published_after="2031-02-28", published_before="2031-03-02"), [1, 2]),
            (Filters(published_after="2031-03-01"), []),
        ],
    )
    def test_each_narrows_and_together_they_narrow_more(
        self, filled: Catalog, filters: Filters, expected: list[int]
    ) -> None:
        assert filled.chunk_ids(filters) == expected
        assert bool(filters) is (filters != Filters())
