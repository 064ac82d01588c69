"""What a document has beside its words comes back from the catalog: outline, headings of rows, layouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reports import version

from index.catalog import Catalog
from index.documents import Chunk, Document, PageLayout, Section, Span
from index.records import Incoming, NewVersion


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


TEXT = "Costs\n\nItem | 2031\nGate 3 | 1.2\nGate 4 | 1.9"
DOCUMENT = Document(
    TEXT,
    "T",
    "pdf",
    "en",
    page_starts=(0, 19),
    author="A. Writer",
    origins={"title": "page", "author": "document properties"},
    sections=(Section(0, 1, "Costs"),),
    mended=(3, 5),
    layouts=(PageLayout(595.0, 842.0, bytes(range(160))), PageLayout(842.0, 595.0, b"\x01\x02" * 96)),
    unread_pages=(2,),
    recognised_pages=(1,),
    recognised_in="eng",
)


def written(catalog: Catalog) -> int:
    rows = (Span(7, 18), Span(19, 31), Span(32, 44))
    new = NewVersion(
        Incoming("/r", "a.pdf", 1, 1, "d", DOCUMENT),
        (
            Chunk(Span(0, 18), (Span(0, 5), rows[0]), Span(0, 18)),
            Chunk(Span(19, 44), rows[1:], Span(0, 18)),
        ),
        ("v1", "v2"),
    )
    catalog.put_vectors({"v1": np.ones(2, np.float32), "v2": np.ones(2, np.float32)})
    catalog.commit([new])
    return catalog.documents()[0].document_id


def test_it_comes_back_with_the_text_but_for_the_layouts(catalog: Catalog) -> None:
    number = written(catalog)
    assert catalog.text(number) == replace(DOCUMENT, layouts=())
    record = catalog.document(number)
    assert (record.author, record.unread_pages, record.pages) == ("A. Writer", (2,), 2)
    assert record.recognised_pages == (1,)
    state = catalog.files("/r")["a.pdf"]
    assert (state.has_pictures, state.recognised_in) == (True, "eng")
    assert record.origins == {"title": "page", "author": "document properties"}
    assert (record.recognised(1), record.recognised(2), record.recognised(2, 1)) == (True, False, True)


def test_the_same_words_without_layouts_keep_the_places_that_they_have(catalog: Catalog) -> None:
    number = written(catalog)
    again = Incoming("/r", "a.pdf", 1, 1, "d", replace(DOCUMENT, layouts=(), author="B. Writer"))
    catalog.commit([NewVersion(again, (), ())])
    assert (catalog.document(number).version, catalog.document(number).author) == (1, "B. Writer")
    assert catalog.layouts(number, 1, [1, 2]) == dict(enumerate(DOCUMENT.layouts, 1))


@pytest.mark.parametrize(
    ("kind", "unread", "recognised", "expected"),
    [
        ("pdf", (), (), False),
        ("pdf", (1,), (), True),
        ("pdf", (), (2,), True),
        ("pptx", (1,), (), False),
    ],
)
def test_only_pages_of_pdfs_are_pictures_that_can_be_recognised(
    catalog: Catalog, kind: str, unread: tuple[int, ...], recognised: tuple[int, ...], expected: bool
) -> None:
    document = replace(DOCUMENT, kind=kind, unread_pages=unread, recognised_pages=recognised)
    catalog.commit([NewVersion(Incoming("/r", "a", 1, 1, "d", document), (), ())])
    assert catalog.files("/r")["a"].has_pictures is expected


def test_layouts_are_fetched_by_page(catalog: Catalog) -> None:
    number = written(catalog)
    assert catalog.layouts(number, 1, [2, 3]) == {2: DOCUMENT.layouts[1]}
    assert catalog.layouts(number, 1, [1, 2]) == dict(enumerate(DOCUMENT.layouts, 1))
    assert catalog.layouts(number, 2, [1]) == {}


def test_rows_know_their_headings(catalog: Catalog) -> None:
    written(catalog)
    first, second = catalog.passages()
    assert (second.text, second.headings) == ("Gate 3 | 1.2\nGate 4 | 1.9", "Costs\n\nItem | 2031")
    assert (first.header, second.header) == (Span(0, 18), Span(0, 18))


def test_layouts_go_with_their_version(catalog: Catalog) -> None:
    number = written(catalog)
    catalog.commit([], [number])
    assert catalog.layouts(number, 1, [1, 2]) == {}


def test_a_superseded_version_names_the_one_after_it(catalog: Catalog) -> None:
    for text in ("One.", "Two.", "Three."):
        catalog.commit([version(text)])
    number = catalog.documents()[0].document_id
    assert [catalog.document(number, each).superseded_by for each in (1, 2, 3)] == [2, 3, None]
