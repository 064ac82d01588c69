"""A filtered search finds the full ranking without the filtered documents, in both halves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import compress, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Hit, Library
from index.loaders.sandbox.client import Isolated
from index.records import DocumentRecord, Filters, Incoming
from index.search.fusion import DENSE_WEIGHT
from tests.support.examples import up_to
from tests.support.reports import incoming, paths, words, write

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
def varied(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Reports of one passage each that differ in every field of a filter; a test must not write to it."""
    with Library.open(tmp_path_factory.mktemp("varied") / "home", encoder) as opened:
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


def test_after_a_month_is_after_its_last_day(varied: Library) -> None:
    found = sorted({each.published or "" for each in found_after(varied, "2031-05")})
    known = {record.published for record in varied.catalog.documents() if record.published}
    assert {"2031", "2031-05-01"} <= known
    assert found == sorted(one for one in known if one[:7] > "2031-05")
    assert found_after(varied, "2031") == []


def found_after(index: Library, date: str) -> list[DocumentRecord]:
    filters = Filters(published_after=date)
    return [hit.document for hit in index.search(QUERIES[0], REPORTS, filters)]


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


def holds(index: Library, query: str, limit: int, filters: Filters, weight: float) -> None:
    """One half alone finds the best passing passages, each with its score in the unfiltered search."""
    scores = {
        hit.chunk_id: hit.dense if weight else hit.lexical
        for hit in ranking(index, query, weight)
        if passes(hit.document, filters)
    }
    found = index.search(query, limit, filters, weight)
    numbers = [hit.chunk_id for hit in found]
    assert len(set(numbers)) == len(numbers)
    assert [scores[number] for number in numbers] == pytest.approx(
        [hit.dense if weight else hit.lexical for hit in found], abs=1e-5
    )
    best = sorted(scores.values(), reverse=True)[:limit]
    # Scores that are equal to five digits are sorted by path.
    assert [scores[number] for number in numbers] == pytest.approx(best, abs=2e-5)
    assert_sorted(found)


def fused_holds(index: Library, query: str, limit: int, filters: Filters) -> None:
    """Both halves together find all passing passages, up to the limit, best first."""
    passing = {hit.chunk_id for hit in ranking(index, query, DENSE_WEIGHT) if passes(hit.document, filters)}
    found = index.search(query, limit, filters)
    numbers = {hit.chunk_id for hit in found}
    assert len(numbers) == len(found) == min(limit, len(passing))
    assert numbers <= passing
    assert_sorted(found)


def assert_sorted(found: Sequence[Hit]) -> None:
    places = [(-hit.score, hit.document.path, hit.document.source, hit.span.start) for hit in found]
    assert places == sorted(places)


def test_everything_is_found_without_a_filter(varied: Library) -> None:
    for weight in (DENSE_WEIGHT, 1.0):
        assert len(ranking(varied, QUERIES[0], weight)) == REPORTS
    assert 20 < len(ranking(varied, "police in Orrin", 0.0)) < REPORTS, "words find what shares one"
    collections = {record.collection for record in varied.catalog.documents()}
    assert collections == {None, "dams", "rivers", "Letters of 2031"}


@pytest.mark.parametrize("weight", [0.0, 1.0, None])
def test_every_combination_of_filters_is_the_whole_ranking_without_the_others(
    varied: Library, weight: float | None
) -> None:
    wide: dict[str, Any] = {
        "document_ids": tuple(range(1, REPORTS, 2)),
        "publishers": ("Council", "Nobody"),
        "languages": ("en",),
        "collections": ("dams", "rivers"),
        "kinds": ("text",),
        "published_before": "2031-11",
        "published_after": "2031-02",
    }
    for used in product((False, True), repeat=len(wide)):
        filters = Filters(**dict(compress(wide.items(), used)))
        for limit in (3, REPORTS):
            if weight is None:
                fused_holds(varied, QUERIES[0], limit, filters)
            else:
                holds(varied, QUERIES[0], limit, filters, weight)


@pytest.mark.parametrize("weight", [0.0, 1.0])
@MOSTLY
@given(query=st.sampled_from(QUERIES), limit=st.integers(0, REPORTS), filters=FILTERS)
def test_a_half_alone_finds_the_best_of_what_passes(
    varied: Library, weight: float, query: str, limit: int, filters: Filters
) -> None:
    holds(varied, query, limit, filters, weight)


@MOSTLY
@given(query=st.sampled_from(QUERIES), limit=st.integers(0, REPORTS), filters=FILTERS)
def test_both_halves_find_as_many_of_what_passes_as_are_asked_for(
    varied: Library, query: str, limit: int, filters: Filters
) -> None:
    fused_holds(varied, query, limit, filters)


@pytest.mark.parametrize("weight", [0.0, DENSE_WEIGHT, 1.0])
def test_the_last_of_all_is_found_where_it_alone_passes(varied: Library, weight: float) -> None:
    last = ranking(varied, "council", weight)[-1].document
    for limit in (1, 10):
        found = varied.search("council", limit, Filters((last.document_id,)), weight)
        assert [hit.document for hit in found] == [last]


class TestCollections:
    @pytest.fixture
    def folder(self, index: Library, loading: Isolated, tmp_path: Path) -> Path:
        folder = tmp_path / "reports"
        write(folder / "dam.txt", "The dam of Varda held through the night.")
        write(folder / "nested" / "deeper" / "gate.txt", "The gate of Varda failed at dawn.")
        sync(index, [folder], reader=loading)
        return folder

    def found(self, index: Library, collection: str) -> list[str]:
        hits = index.search("Varda", 10, Filters(collections=(collection,)))
        return sorted(hit.document.path for hit in hits)

    @pytest.mark.usefixtures("folder")
    def test_a_report_is_in_the_collection_of_the_first_folder_of_its_path(self, index: Library) -> None:
        assert paths(index) == ["dam.txt", "nested/deeper/gate.txt"]
        assert [record.collection for record in index.catalog.documents()] == [None, "nested"]
        assert self.found(index, "nested") == ["nested/deeper/gate.txt"]
        assert self.found(index, "deeper") == []

    def test_a_report_that_is_moved_is_in_the_collection_of_its_new_place(
        self, index: Library, loading: Isolated, folder: Path
    ) -> None:
        (folder / "other").mkdir()
        (folder / "nested" / "deeper" / "gate.txt").rename(folder / "other" / "gate.txt")
        sync(index, reader=loading)
        assert (self.found(index, "other"), self.found(index, "nested")) == (["other/gate.txt"], [])

    def test_a_note_beside_it_stands_above_its_folder_as_long_as_it_is_there(
        self, index: Library, loading: Isolated, folder: Path
    ) -> None:
        note = write(folder / "nested" / "deeper" / "gate.txt.meta.yaml", "collection: Gates of 2031")
        sync(index, reader=loading)
        assert self.found(index, "Gates of 2031") == ["nested/deeper/gate.txt"]
        assert self.found(index, "nested") == []
        (_, gate) = index.catalog.documents()
        assert (gate.version, gate.origins["collection"]) == (1, "sidecar")
        note.unlink()
        sync(index, reader=loading)
        assert self.found(index, "nested") == ["nested/deeper/gate.txt"]
        assert "collection" not in index.catalog.documents()[1].origins
