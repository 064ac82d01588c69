"""The brief list of documents has the fields of a list, and is not sent again to a client that has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.catalog.backup import back_up, restore
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.support.reports import write
from ui.app import create_app

pytestmark = pytest.mark.usefixtures("handed_on")

BRIEF = "/v1/documents?brief=true"
GATE = "The council of Varda closed the third gate of the dam on Monday."
FIELDS = [
    *("document_id", "version", "path", "kind", "title", "publisher", "published", "language"),
    *("collection", "pages", "added", "published_precision", "uploaded", "origins"),
]


def upload(client: TestClient, name: str = "gate.txt", **said: str) -> None:
    client.post("/v1/documents", files={"file": (name, GATE.encode())}, data=said)


def status(client: TestClient, tag: str) -> int:
    response = client.get(BRIEF, headers={"If-None-Match": tag})
    if response.status_code == 304:
        assert (response.content, response.headers["etag"]) == (b"", tag.rsplit(", ", maxsplit=1)[-1])
    return response.status_code


def test_it_has_what_the_whole_list_has_of_each_field(seed_index: Library) -> None:
    with TestClient(create_app(seed_index, QueryEngine(seed_index))) as client:
        brief, whole = (client.get(route).json() for route in (BRIEF, "/v1/documents"))
    assert brief["generation"] == whole["generation"]
    assert len(brief["documents"]) == len(whole["documents"]) == 7
    for short, full in zip(brief["documents"], whole["documents"], strict=True):
        assert list(short) == FIELDS
        origin = full["origins"].get("published")
        assert short == {**{field: full[field] for field in FIELDS}, "origins": {"published": origin}}


def test_it_tells_uploads_from_files_of_folders_by_path(
    client: TestClient, index: Library, tmp_path: Path
) -> None:
    upload(client, "weir.txt", published="2031-07", collection="Dams")
    sync(index, [write(tmp_path / "reports" / "north" / "gate.txt", GATE).parent.parent])
    body = client.get(BRIEF).json()
    told = [
        (each["path"], each["uploaded"], each["collection"], each["published_precision"], each["origins"])
        for each in body["documents"]
    ]
    assert told == [
        ("north/gate.txt", False, "north", "day", {"published": "file time"}),
        ("weir.txt", True, "Dams", "month", {"published": "upload"}),
    ]


def test_an_empty_library_has_an_empty_list(client: TestClient) -> None:
    assert client.get(BRIEF).json() == {"documents": [], "generation": 0, "next_cursor": None}


def test_one_who_has_it_is_sent_nothing_until_something_changes(client: TestClient, index: Library) -> None:
    seen: list[str] = [client.get(BRIEF).headers["etag"]]
    assert client.get(BRIEF).headers["cache-control"] == "private, no-cache"

    def changed() -> None:
        assert status(client, seen[-1]) == 200
        seen.append(client.get(BRIEF).headers["etag"])
        assert seen[-1] not in seen[:-1]
        assert status(client, seen[-1]) == 304
        assert status(client, f'"other", {seen[-1]}') == 304

    upload(client)
    changed()
    assert client.patch("/v1/documents/1", json={"publisher": "Council"}).status_code == 200
    changed()
    assert client.delete("/v1/documents/1").status_code == 204
    changed()
    assert client.post("/v1/documents/1/restore").status_code == 200
    changed()
    assert index.generation == 4


def test_a_new_date_of_a_file_that_is_dated_by_its_time_is_a_change(
    client: TestClient, index: Library, tmp_path: Path
) -> None:
    file = write(tmp_path / "reports" / "gate.txt", GATE)
    sync(index, [file.parent])
    tag = client.get(BRIEF).headers["etag"]
    os.utime(file, (86_400, 86_400))
    sync(index)
    assert status(client, tag) == 200
    assert client.get(BRIEF).json()["documents"][0]["published"] == "1970-01-02"


def test_a_library_that_a_backup_has_replaced_is_another(
    client: TestClient, index: Library, tmp_path: Path
) -> None:
    upload(client)
    back_up(index.home, tmp_path / "library.tar", ("uploads",))
    tag = client.get(BRIEF).headers["etag"]
    restore(index.home, tmp_path / "library.tar", ("uploads",))
    assert status(client, tag) == 200
