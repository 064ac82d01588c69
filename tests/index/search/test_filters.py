"""A filtered search finds the full ranking without the filtered documents, in both halves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.stub_encoder import StubEncoder
from index.ingest.synchronize import sync
from index.library import Hit, Library
from index.records import DocumentRecord, Filters, Incoming
from index.search.fusion import DENSE_WEIGHT
from tests.support.examples import up_to
from tests.support.reports import incoming, words, write

REPORTS = 150
"""More than the number of candidates that each half contributes to an unfiltered search."""

QUERIES = ("flood in the village of Varda", "police in Orrin", "council")
PUBLISHERS = ("Council", "Ministry", "Nobody")
LANGUAGES = ("en", "de", "km")
COLLECTIONS = ("dams", "rivers", "Letters of 2031", "gates")
KINDS = ("text", "pdf", "docx")
DATES = ("2031", "2031-03", "2031-03-01", "2031-06-15", "2031-12", "2032")

MOSTLY = settings(max_examples=up_to(60))


def report(number: int, text: str) -> Incoming:
    month = number % 12 + 1
    made = incoming(
        text,
        (f"{number:03}.txt", f"dams/{number:03}.txt", f"rivers/old/{number:03}.txt")[number % 3],
        publisher=("Council", "Ministry", None, None)[number % 4],
        language=("en", "de")[number % 2],
        published=(f"2031-{month:02}-01", f"2031-{month:02}", "2031", None)[number // 2 % 4],
    )
    document = replace(made.document, kind=("text", "text", "pdf")[number % 3])
    if number % 5 == 0:
        document = replace(document, collection="Letters of 2031", origins={"collection": "sidecar"})
    return replace(made, document=document)


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Reports of one passage each that differ in every field of a filter; a test must not write to it."""
    with Library.open(tmp_path_factory.mktemp("varied") / "home", StubEncoder()) as opened:
        opened.replace([report(number, text) for number, text in enumerate(words(REPORTS, seed=3))])
        yield opened


def passes(record: DocumentRecord, filters: Filters) -> bool:
    published = record.published
    return (
        (not filters.document_ids or record.document_id in filters.document_ids)
        and (not filters.publishers or record.publisher in filters.publishers)
        and (not filters.languages or record.language in filters.languages)
        and (not filters.collections or record.collection in filters.collections)
        and (not filters.kinds or record.kind in filters.kinds)
        and (filters.published_before is None or (published or "~") < filters.published_before)
        and (filters.published_after is None or _is_after(published, filters.published_after))
    )


def _is_after(published: str | None, date: str) -> bool:
    """Return whether a date is after another; a date within a month or a year is not after it."""
    return published is not None and published > date and not published.startswith(date)


def some(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


NUMBERS = st.lists(st.integers(1, REPORTS + 1), max_size=60).map(tuple) | st.just(())
FILTERS = st.builds(
    Filters,
    document_ids=NUMBERS,
    publishers=some(PUBLISHERS),
    languages=some(LANGUAGES),
    collections=some(COLLECTIONS),
    kinds=some(KINDS),
    published_before=st.none() | st.sampled_from(DATES),
    published_after=st.none() | st.sampled_from(DATES),
)


@cache
def ranking(index: Library, query: str, weight: float) -> list[Hit]:
    """All results, without a filter."""
    return index.search(query, REPORTS, dense_weight=weight)


def assert_sorted(found: Sequence[Hit]) -> None:
    places = [(-hit.score, hit.document.path, hit.document.source, hit.span.start) for hit in found]
    assert places == sorted(places)


def test_everything_is_found_without_a_filter(varied: Library) -> None:
    for weight in (DENSE_WEIGHT, 1.0):
        assert len(ranking(varied, QUERIES[0], weight)) == REPORTS
    assert 20 < len(ranking(varied, "police in Orrin", 0.0)) < REPORTS, "words find what shares one"
    collections = {record.collection for record in varied.catalog.documents()}
    assert collections == {None, "dams", "rivers", "Letters of 2031"}


ALL = Filters(
    document_ids=tuple(range(1, REPORTS, 2)),
    publishers=("Council", "Nobody"),
    languages=("en",),
    collections=("dams", "rivers"),
    kinds=("text",),
    published_before="2031-11",
    published_after="2031-02",
)


@pytest.mark.parametrize("weight", [0.0, 1.0])
@MOSTLY
@given(query=st.sampled_from(QUERIES), limit=st.integers(0, REPORTS), filters=FILTERS)
@example(query=QUERIES[0], limit=3, filters=ALL)
def test_a_half_alone_finds_the_best_of_what_passes_with_their_scores(
    varied: Library, weight: float, query: str, limit: int, filters: Filters
) -> None:
    scores = {
        hit.chunk_id: hit.dense if weight else hit.lexical
        for hit in ranking(varied, query, weight)
        if passes(hit.document, filters)
    }
    found = varied.search(query, limit, filters, weight)
    numbers = [hit.chunk_id for hit in found]
    assert len(set(numbers)) == len(numbers)
    assert [scores[number] for number in numbers] == pytest.approx(
        [hit.dense if weight else hit.lexical for hit in found], abs=1e-5
    )
    best = sorted(scores.values(), reverse=True)[:limit]
    # Scores that are equal to five digits are sorted by path.
    assert [scores[number] for number in numbers] == pytest.approx(best, abs=2e-5)
    assert_sorted(found)


@MOSTLY
@given(query=st.sampled_from(QUERIES), limit=st.integers(0, REPORTS), filters=FILTERS)
@example(query=QUERIES[0], limit=3, filters=ALL)
def test_both_halves_find_as_many_of_what_passes_as_are_asked_for(
    varied: Library, query: str, limit: int, filters: Filters
) -> None:
    passing = {hit.chunk_id for hit in ranking(varied, query, DENSE_WEIGHT) if passes(hit.document, filters)}
    found = varied.search(query, limit, filters)
    numbers = {hit.chunk_id for hit in found}
    assert len(numbers) == len(found) == min(limit, len(passing))
    assert numbers <= passing
    assert_sorted(found)


@pytest.mark.parametrize("weight", [0.0, DENSE_WEIGHT, 1.0])
def test_the_last_of_all_is_found_where_it_alone_passes(varied: Library, weight: float) -> None:
    last = ranking(varied, "council", weight)[-1].document
    for limit in (1, 10):
        found = varied.search("council", limit, Filters((last.document_id,)), weight)
        assert [hit.document for hit in found] == [last]


def test_a_note_beside_a_report_stands_above_its_folder_as_long_as_it_is_there(
    index: Library, tmp_path: Path
) -> None:
    def found(collection: str) -> list[str]:
        hits = index.search("Varda", 10, Filters(collections=(collection,)))
        return sorted(hit.document.path for hit in hits)

    write(tmp_path / "reports" / "dam.txt", "The dam of Varda held through the night.")
    gate = write(tmp_path / "reports" / "nested" / "deeper" / "gate.txt", "The gate of Varda failed at dawn.")
    note = write(gate.with_name("gate.txt.meta.yaml"), "collection: Gates of 2031")
    sync(index, [tmp_path / "reports"])
    assert (found("Gates of 2031"), found("nested")) == (["nested/deeper/gate.txt"], [])
    assert index.catalog.documents()[1].origins["collection"] == "sidecar"
    note.unlink()
    sync(index)
    assert (found("nested"), found("deeper")) == (["nested/deeper/gate.txt"], [])
    assert (index.catalog.documents()[1].version, index.catalog.documents()[1].origins.get("collection")) == (
        *(1, None),
    )
