"""Spans count code points; details that users give override those of a file, and can be removed again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import KEYS, Detail, Document, Span, covering, described, merged, uncovered
from tests.support.writings import TEXTS


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (2, 1), (-2, -1)])
def test_a_span_that_ends_before_it_starts_is_refused_with_both_values(start: int, end: int) -> None:
    message = f"not a span: start {start}, end {end}; 0 <= start <= end must hold"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Span(start, end)


def test_a_span_is_half_open_and_counts_code_points() -> None:
    text = "e\u0301 \U0001f468\u200d\U0001f469 ក"
    assert Span(0, 2).of(text) == "e\u0301"
    assert Span(3, 6).of(text) == "\U0001f468\u200d\U0001f469"
    assert Span(7, 8).of(text) == "ក"
    assert (len(Span(3, 6)), len(Span(4, 4)), Span(4, 4).of(text)) == (3, 0, "")


@pytest.mark.parametrize(
    ("inner", "covered"),
    [
        (Span(2, 5), True),
        (Span(3, 4), True),
        (Span(5, 5), True),
        (Span(1, 3), False),
        (Span(4, 6), False),
        (Span(0, 9), False),
    ],
)
def test_a_span_covers_what_lies_wholly_inside(inner: Span, covered: bool) -> None:
    assert Span(2, 5).covers(inner) is covered


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 2), (11, 2), (24, 2), (25, 4), (999, 4)])
def test_a_page_begins_at_its_offset_and_an_empty_one_holds_nothing(offset: int, page: int) -> None:
    document = Document("x" * 100, "T", "pdf", page_starts=(0, 10, 25, 25))
    assert document.page_at(offset) == page


def test_a_format_without_pages_has_none() -> None:
    assert Document("words", "T", "text").page_at(3) is None


@given(TEXTS, st.data())
def test_every_character_lies_on_the_page_that_holds_it(text: str, data: st.DataObject) -> None:
    later = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    starts = (0, *sorted(later))
    document = Document(text, "T", "pdf", page_starts=starts)
    pages = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert [document.page_at(offset) for offset in range(len(text))] == [
        number for number, page in enumerate(pages, 1) for _ in page
    ]


READ = Document(
    "Words.", "T", "text", "en", publisher="Council", origins={"title": "page", "publisher": "sidecar"}
)
DETAILS = st.dictionaries(
    st.sampled_from(KEYS), st.builds(Detail, st.text(max_size=3), st.sampled_from(["edit", "upload"]))
)


def test_a_detail_stands_above_what_was_read_and_says_where_it_comes_from() -> None:
    found = described(READ, {"author": Detail("Ada", "upload"), "publisher": Detail("Ministry", "edit")})
    assert (found.title, found.author, found.publisher) == ("T", "Ada", "Ministry")
    assert found.origins == {"title": "page", "author": "upload", "publisher": "edit"}


def test_it_knows_what_it_covers() -> None:
    covers = covering(READ, {"author": Detail("Ada", "upload"), "publisher": Detail("Ministry", "edit")})
    assert [(detail.beneath, detail.beneath_origin) for detail in covers.values()] == [
        (None, None),
        ("Council", "sidecar"),
    ]


def test_an_empty_one_takes_back_what_was_given() -> None:
    before = {"title": Detail("A", "upload"), "author": Detail("Ada", "edit")}
    assert merged(before, {"title": Detail("", "edit"), "language": Detail("km", "edit")}) == {
        "author": Detail("Ada", "edit"),
        "language": Detail("km", "edit"),
    }


@given(DETAILS, DETAILS)
def test_a_document_without_its_details_is_what_was_read(
    before: dict[str, Detail], later: dict[str, Detail]
) -> None:
    details = covering(READ, merged(before, later))
    assert uncovered(described(READ, details), details) == READ
