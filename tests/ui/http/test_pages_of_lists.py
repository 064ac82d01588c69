"""A client goes through a long list page by page and sees each row once, whatever is added meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from rag.conversations.answers import keep
from rag.engine import QueryEngine
from tests.support.markup import answer, citation
from tests.support.reports import incoming
from ui.http.client_state import cursor_of, sort_key_of
from ui.words import MAX_ID

LISTS = {
    "/v1/documents": ("documents", "path"),
    "/v1/documents?brief=true": ("documents", "path"),
    "/v1/conversations": ("conversations", "name"),
    "/v1/documents/1/citations": ("answers", "question"),
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[QueryEngine]:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        for name in ("e.txt", "a.txt", "d.txt", "b.txt", "c.txt"):
            index.replace([incoming(f"The council closed the gate, {name} says.", name)])
        for number in range(1, 6):
            store(index, number)
        yield QueryEngine(index, keeps=True)


def store(index: Library, number: int) -> None:
    """Keep an answer in a conversation of its own."""
    kept = answer(replace(citation(1, "The council closed the gate"), document_id=1, version=1))
    names = {"answer_id": f"{number:032x}", "conversation_id": f"c-{number}", "question": f"Why {number}?"}
    keep(index.catalog, replace(kept, created=f"2031-08-{number:02}T10:00:00+00:00", **names))  # type: ignore[arg-type]


def pages(
    client: TestClient, route: str, limit: int, between: Callable[[], object] = lambda: None
) -> Iterator[list[Any]]:
    """The pages of a list; ``between`` is called after each page."""
    rows, column = LISTS[route]
    cursor: str | None = ""
    while cursor is not None:
        body = client.get(route, params={"limit": limit, "cursor": cursor}).raise_for_status().json()
        yield [row[column] for row in body[rows]]
        cursor = body["next_cursor"]
        between()


@pytest.mark.slow_cases
@pytest.mark.parametrize("route", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_the_pages_are_the_whole_list(client: TestClient, route: str, limit: int) -> None:
    rows, column = LISTS[route]
    whole = client.get(route).json()
    found = list(pages(client, route, limit))
    assert [len(page) for page in found] == [limit] * (5 // limit) + ([5 % limit] if 5 % limit else [])
    listed = [row for page in found for row in page]
    assert whole["next_cursor"] is None
    assert sorted(listed) == sorted(row[column] for row in whole[rows])
    if rows == "documents":
        assert listed == ["e.txt", "a.txt", "d.txt", "b.txt", "c.txt"]
    else:
        assert listed == [row[column] for row in whole[rows]]


def test_a_document_that_is_added_comes_last(client: TestClient, engine: QueryEngine) -> None:
    added = iter(("0.txt", "f.txt"))

    def add() -> None:
        for name in added:
            engine.index.replace([incoming(f"The council opened the gate, {name} says.", name)])
            break

    found = [row for page in pages(client, "/v1/documents", 2, add) for row in page]
    assert found == ["e.txt", "a.txt", "d.txt", "b.txt", "c.txt", "0.txt", "f.txt"]


def test_the_sort_key_of_a_deleted_document_is_still_a_place(client: TestClient, engine: QueryEngine) -> None:
    first = client.get("/v1/documents?limit=2").json()
    engine.index.replace([], removed=[2])
    rest = client.get("/v1/documents", params={"limit": 9, "cursor": first["next_cursor"]}).json()
    assert [row["path"] for row in rest["documents"]] == ["d.txt", "b.txt", "c.txt"]


def test_answers_that_are_added_repeat_none(client: TestClient, engine: QueryEngine) -> None:
    numbers = iter(range(6, 100))
    for route in ("/v1/conversations", "/v1/documents/1/citations"):
        read = pages(client, route, 2, lambda: store(engine.index, next(numbers)))
        found = [row for page in read for row in page]
        assert len(found) == len(set(found))
        assert {f"Why {number}?" for number in range(1, 6)} <= set(found)


@pytest.mark.slow_cases
@pytest.mark.parametrize("route", LISTS)
@pytest.mark.parametrize(
    "cursor", ["x", "ZG9jdW1lbnRzOi0x", "%ff", cursor_of("other", [1]), "ZG9jdW1lbnRzOng"]
)
def test_a_cursor_of_nothing_is_refused(client: TestClient, route: str, cursor: str) -> None:
    refused = client.get(route, params={"cursor": cursor})
    assert refused.status_code == 422
    assert "cursor" in refused.json()["detail"]


@given(st.lists(st.integers(0, MAX_ID), min_size=1, max_size=3))
def test_a_cursor_is_read_as_it_was_written(sort_key: list[int]) -> None:
    assert sort_key_of("answers", cursor_of("answers", sort_key), len(sort_key)) == tuple(sort_key)
