"""A part of a text is exactly the asked code points, moved inside it where they lie outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentNotFoundError
from index.library import Library
from ui.http.library.sources import read_source


@given(start=st.integers(0, 6000), end=st.none() | st.integers(0, 6000))
def test_a_part_is_a_slice_of_the_text(seed_index: Library, start: int, end: int | None) -> None:
    record = seed_index.catalog.documents()[0]
    text = seed_index.catalog.text(record.document_id).text
    part = read_source(seed_index, record.document_id, start=start, end=end)
    assert part.text == text[part.start : part.end] == text[start:end]
    assert 0 <= part.start <= part.end <= part.characters == len(text)


def test_the_pages_are_those_of_the_whole_document(seed_index: Library) -> None:
    inquiry = next(record for record in seed_index.catalog.documents() if record.kind == "pdf")
    part = read_source(seed_index, inquiry.document_id, start=2000, end=2010)
    assert part.page_starts == seed_index.catalog.text(inquiry.document_id).page_starts
    assert len(part.page_starts) == inquiry.pages == 3


def test_an_unknown_version_is_not_found(seed_index: Library) -> None:
    with pytest.raises(DocumentNotFoundError, match="document 1, version 7"):
        read_source(seed_index, 1, version=7)
