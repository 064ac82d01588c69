"""A client goes through a list page by page, and is sent again only what has changed."""

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
from index.catalog.backup import back_up, restore
from index.ingest.synchronize import sync
from index.library import Library
from rag.conversations.answers import keep
from rag.engine import QueryEngine
from tests.support.markup import answer, citation
from tests.support.reports import incoming, write
from tests.ui.http.conftest import added, problem
from ui.http.client_state import cursor_of, sort_key_of
from ui.words import MAX_ID

pytestmark = pytest.mark.usefixtures("handed_on")

LISTS = {
    "/v1/documents": ("documents", "path"),
    "/v1/documents?brief=true": ("documents", "path"),
    "/v1/conversations": ("conversations", "name"),
    "/v1/documents/1/citations": ("answers", "question"),
}
DOCUMENTS = ["e.txt", "a.txt", "d.txt", "b.txt", "c.txt"]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        yield index


@pytest.fixture
def filled(index: Library) -> Library:
    """The library with five documents, and five answers in a conversation each."""
    for name in DOCUMENTS:
        index.replace([incoming(f"The council closed the gate, {name} says.", name)])
    for number in range(1, 6):
        store(index, number)
    return index


@pytest.fixture
def engine(index: Library) -> QueryEngine:
    return QueryEngine(index, keeps=True)


def store(index: Library, number: int) -> None:
    """Keep an answer in a conversation of its own."""
    kept = answer(replace(citation(1, "The council closed the gate"), document_id=1, version=1))
    names = {"answer_id": f"{number:032x}", "conversation_id": f"c-{number}", "question": f"Why {number}?"}
    keep(index.catalog, replace(kept, created=f"2031-08-{number:02}T10:00:00+00:00", **names))  # type: ignore[arg-type]


# Pages of lists


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


def test_the_pages_are_the_whole_list(client: TestClient, filled: Library) -> None:
    del filled
    for route, (rows, column) in LISTS.items():
        whole = client.get(route).json()
        all_of_it = [row[column] for row in whole[rows]]
        assert whole["next_cursor"] is None
        assert len(all_of_it) == 5
        for limit in (1, 2, 5, 6):
            found = list(pages(client, route, limit))
            assert [len(page) for page in found] == [limit] * (5 // limit) + (
                [5 % limit] if 5 % limit else []
            )
            listed = [row for page in found for row in page]
            assert sorted(listed) == sorted(all_of_it)
            assert listed == (DOCUMENTS if rows == "documents" else all_of_it)


def test_what_is_added_or_deleted_between_two_pages_repeats_none(client: TestClient, filled: Library) -> None:
    names, numbers = iter(("0.txt", "f.txt")), iter(range(6, 100))

    def add() -> None:
        if name := next(names, None):
            filled.replace([incoming(f"The council opened the gate, {name} says.", name)])

    found = [row for page in pages(client, "/v1/documents", 2, add) for row in page]
    assert found == [*DOCUMENTS, "0.txt", "f.txt"]
    for route in ("/v1/conversations", "/v1/documents/1/citations"):
        read = pages(client, route, 2, lambda: store(filled, next(numbers)))
        found = [row for page in read for row in page]
        assert len(found) == len(set(found))
        assert {f"Why {number}?" for number in range(1, 6)} <= set(found)
    first = client.get("/v1/documents?limit=2").json()
    filled.replace([], removed=[2])
    rest = client.get("/v1/documents", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [row["path"] for row in rest["documents"]] == ["d.txt", "b.txt", "c.txt"]


def test_a_cursor_of_nothing_is_refused(client: TestClient) -> None:
    for route in LISTS:
        for cursor in ("x", "ZG9jdW1lbnRzOi0x", "%ff", cursor_of("other", [1]), "ZG9jdW1lbnRzOng"):
            assert "cursor" in problem(client.get(route, params={"cursor": cursor}), 422)


@given(st.lists(st.integers(0, MAX_ID), min_size=1, max_size=3))
def test_a_cursor_is_read_as_it_was_written(sort_key: list[int]) -> None:
    assert sort_key_of("answers", cursor_of("answers", sort_key), len(sort_key)) == tuple(sort_key)


# The brief list


BRIEF = "/v1/documents?brief=true"
GATE = "The council of Varda closed the third gate of the dam on Monday."
FIELDS = [
    *("document_id", "version", "path", "kind", "title", "publisher", "published", "language"),
    *("collection", "pages", "added", "published_precision", "uploaded", "origins"),
]


def test_the_brief_list_has_what_the_whole_list_has_of_each_field(seed_client: TestClient) -> None:
    brief, whole = (seed_client.get(route).json() for route in (BRIEF, "/v1/documents"))
    assert brief["generation"] == whole["generation"]
    assert len(brief["documents"]) == len(whole["documents"]) == 7
    for short, full in zip(brief["documents"], whole["documents"], strict=True):
        assert list(short) == FIELDS
        origin = full["origins"].get("published")
        assert short == {**{field: full[field] for field in FIELDS}, "origins": {"published": origin}}


def test_it_tells_uploads_from_files_of_folders(client: TestClient, index: Library, tmp_path: Path) -> None:
    assert client.get(BRIEF).json() == {"documents": [], "generation": 0, "next_cursor": None}
    added(client, "weir.txt", GATE, published="2031-07", collection="Dams")
    sync(index, [write(tmp_path / "reports" / "north" / "gate.txt", GATE).parent.parent])
    told = [
        (each["path"], each["uploaded"], each["collection"], each["published_precision"], each["origins"])
        for each in client.get(BRIEF).json()["documents"]
    ]
    assert told == [
        ("north/gate.txt", False, "north", None, {}),
        ("weir.txt", True, "Dams", "month", {"published": "upload"}),
    ]


# What has changed


OF_DOCUMENT = ("/v1/documents", "/v1/documents/1", "/v1/documents/1?version=1", "/v1/documents/1/text?end=9")


def test_only_what_has_changed_is_sent_again(client: TestClient, index: Library, tmp_path: Path) -> None:
    routes = (*OF_DOCUMENT, BRIEF)
    document = added(client, "gate.txt", GATE)
    seen: dict[str, list[str]] = {route: [] for route in routes}

    def changed(where: tuple[str, ...] = routes) -> None:
        for route in where:
            tags = seen[route]
            first = client.get(route, headers={"If-None-Match": tags[-1]} if tags else {})
            assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
            tags.append(first.headers["etag"])
            assert tags[-1] not in tags[:-1]
            again = client.get(route, headers={"If-None-Match": f'"another", {tags[-1]}'})
            assert (again.status_code, again.content) == (304, b"")
            for header in ("etag", "cache-control"):
                assert again.headers[header] == first.headers[header]
            assert client.get(route, headers={"If-None-Match": '"another"'}).json() == first.json()

    changed()
    for change in ({"title": "Gates"}, {"publisher": "Council"}, {"title": ""}):
        assert client.patch(document, json=change).status_code == 200
        changed()
    assert client.delete(document).status_code == 204
    changed(("/v1/documents", BRIEF))
    for route in OF_DOCUMENT[1:]:
        assert client.get(route, headers={"If-None-Match": seen[BRIEF][-1]}).status_code == 404
    assert client.post(f"{document}/restore").status_code == 200
    changed()
    assert index.generation == 6
    added(client, "gate.txt", "The council opened gate 3.")
    changed()
    # A library that a backup has replaced is another one.
    back_up(index.home, tmp_path / "library.tar", ("uploads",))
    restore(index.home, tmp_path / "library.tar", ("uploads",))
    changed()
