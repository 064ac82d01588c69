"""The catalog cuts passages out of their document's text, and filters them by its details."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.catalog.database import Catalog
from index.documents import Document
from index.records import Filters, Passage
from index.text.passages import sentences
from tests.support.reports import version
from tests.support.writings import TEXTS


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


def passages(catalog: Catalog) -> list[Passage]:
    with catalog.reading() as reader:
        return list(reader.passages())


STORABLE = TEXTS.filter(lambda text: "\0" not in text)
"""Texts that every database keeps as they are. PostgreSQL has no U+0000, and keeps U+FFFD for it."""


class TestPassages:
    @given(st.lists(STORABLE, min_size=1, max_size=3))
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
            for passage in passages(catalog)
        ]
        catalog.close()
        assert found == expected

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
        by_time = Document("A.", "T", "csv", "km", None, "2031-03-01", origins={"published": "file time"})
        catalog.commit(
            [
                version(path=path, document=Document("A.", "T", kind, language, publisher, published))
                for path, kind, language, publisher, published in known
            ]
            + [version(path="copied.csv", document=by_time)]
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
