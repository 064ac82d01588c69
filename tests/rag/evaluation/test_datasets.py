"""Choice of a set's questions, and location of quotes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, Span
from rag.errors import DatasetError
from rag.evaluation.datasets import Claim, Dataset, Query, choose, locate, named, part_of, spread

TITLES = [f"Title {number}" for number in range(40)]
DATASET = Dataset(
    "set",
    {title: Document("A dam.", title, "text") for title in TITLES},
    tuple(Query(f"q{number}", "Why?", about=title) for number, title in enumerate(TITLES)),
    (Claim("q0", "A dam.", "Title 0", True, ()), Claim("q5", "A dam.", "Title 5", True, ())),
)


def queries(count: int) -> list[Query]:
    return [Query(str(number), "Why?") for number in range(count)]


def test_a_limit_takes_questions_evenly_from_the_whole_set() -> None:
    assert [query.id for query in choose(DATASET, 4).queries] == ["q0", "q10", "q20", "q30"]
    assert choose(DATASET, 40) == choose(DATASET, 99) == choose(DATASET) == DATASET


def test_claims_are_kept_with_their_questions() -> None:
    assert [claim.query for claim in choose(DATASET, 4).claims] == ["q0"]


@given(st.integers(1, 60), st.integers(1, 80))
def test_a_spread_keeps_the_order_and_has_the_size(count: int, limit: int) -> None:
    kept = [int(query.id) for query in spread(queries(count), limit)]
    assert kept == sorted(set(kept))
    assert len(kept) == min(count, limit)
    gaps = {after - before for before, after in itertools.pairwise(kept)}
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


def test_held_out_questions_have_titles_of_the_test_part() -> None:
    expected = [title for title in TITLES if part_of(title) == "test"]
    assert 0 < len(expected) < len(TITLES)
    assert [query.about for query in choose(DATASET, held_out=True).queries] == expected
    learned = tuple(query for query in DATASET.queries if part_of(query.about or "") != "test")
    with pytest.raises(
        DatasetError, match=r"^set has no question in the held-out part; .*without --held-out$"
    ):
        choose(replace(DATASET, queries=learned), held_out=True)


def test_a_split_goes_by_title_then_by_document_then_by_question() -> None:
    dataset = replace(DATASET, documents={"d": Document("", "", "text"), "e": Document("", "E", "text")})
    asked = [Query("q", "Why?", about="e"), Query("q", "Why?", about="d"), Query("q", "Why?")]
    assert [dataset.title_of(query) for query in asked] == ["E", "d", "q"]


@pytest.mark.parametrize(
    ("start", "end", "quote", "span"),
    [
        (4, 7, "dam", Span(4, 7)),
        (4, 7, None, Span(4, 7)),
        (0, 3, "dam", Span(4, 7)),
        (0, 3, "Two", Span(14, 17)),
        (0, 4, "held", None),
        (4, 7, "sea", None),
        (14, 99, None, None),
        (3, 3, "", None),
        (-4, 2, "Two", Span(14, 17)),
    ],
)
def test_a_quote_is_at_its_offsets_or_at_its_only_occurrence(
    start: int, end: int, quote: str | None, span: Span | None
) -> None:
    document = Document("One dam held. Two held.", "T", "text")
    assert locate(document, start, end, quote) == span


def test_at_most_three_names_are_listed() -> None:
    assert named(["a", "b", "a"]) == "a, b"
    assert named("abcde") == "a, b, c and 2 more"
