"""Details that users give override those of a file, and can be removed again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.documents import KEYS, Detail, Document, covering, described, merged, uncovered

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
