"""A deletion can be undone completely for some minutes, and is final after that."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index import uploads
from index.catalog import lock as locking
from index.catalog.backup import back_up, restore
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import DEFAULTS
from index.loaders.sandbox.client import Isolated
from index.uploads import (
    INCOMING,
    Removed,
    Sent,
    add_upload,
    remove_upload,
    restore_upload,
    sweep_uploads,
    uploads_folder,
)
from index.workers import Background, every
from rag.engine import QueryEngine
from tests.support.background import wait_until
from tests.support.pdf_files import column, draw
from ui.app import create_app
from ui.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response

pytestmark = pytest.mark.usefixtures("handed_on")

GATE = "The council of Varda closed the third gate of the dam on Monday."
LATER = "The council of Varda opened the third gate of the dam on Friday."
WORDS = ("A report on the third gate", "", GATE, "Nobody in the villages was told.")
ASKED = {"question": "Who closed the third gate of the dam?"}


def upload(client: TestClient, data: bytes = GATE.encode(), name: str = "gate.txt", **said: str) -> str:
    response = client.post("/v1/documents", files={"file": (name, data)}, data=said)
    return f"/v1/documents/{response.json()['document_id']}"


def files(index: Library) -> dict[str, int]:
    """The uploaded files that a sync would see, with their times."""
    return {
        file.name: file.stat().st_mtime_ns
        for file in sorted(uploads_folder(index).iterdir())
        if not file.name.startswith(".")
    }


def set_aside(index: Library) -> int:
    return len(list(uploads_folder(index).glob(f"{INCOMING}*")))


def asked(client: TestClient) -> dict[str, Any]:
    """An answer without the fields that differ each time a question is asked."""
    answer = client.post("/v1/chat", json=ASKED).json()
    chance = ("answer_id", "conversation_id", "created", "timings", "generation")
    return {name: value for name, value in answer.items() if name not in chance}


def refused(response: Response, status: int) -> str:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


class TestRestore:
    def test_a_document_comes_back_with_its_number_its_versions_and_its_answers(
        self, client: TestClient, index: Library
    ) -> None:
        upload(client, draw(column("Other words.")), "gate.pdf")
        route = upload(client, draw(column(*WORDS)), "gate.pdf", author="Ada Varro")
        upload(client, LATER.encode(), "other.txt")
        before = [
            client.get(f"{route}{part}").json() for part in ("", "/text", "/versions", "/text?version=1")
        ]
        answer, lay = asked(client), files(index)
        page = client.get(f"{route}/pages/1.png?start=28&end=60").content
        assert client.delete(route).status_code == 204
        assert client.get(route).status_code == 404
        assert client.get(f"{route}/text?version=1").status_code == 404
        assert [each["path"] for each in client.get("/v1/documents").json()["documents"]] == ["other.txt"]
        assert asked(client)["citations"] != answer["citations"]
        assert (list(files(index)), set_aside(index)) == (["other.txt"], 1)
        response = client.post(f"{route}/restore")
        assert (response.status_code, response.json()) == (200, before[0])
        after = [
            client.get(f"{route}{part}").json() for part in ("", "/text", "/versions", "/text?version=1")
        ]
        assert after == before
        assert (asked(client), files(index), set_aside(index)) == (answer, lay, 0)
        assert client.get(f"{route}/pages/1.png?start=28&end=60").content == page
        assert sync(index).unchanged == 2

    def test_undoing_twice_is_undoing_once(self, client: TestClient) -> None:
        route = upload(client)
        client.delete(route)
        with ThreadPoolExecutor(4) as pool:
            responses = list(pool.map(lambda _: client.post(f"{route}/restore"), range(4)))
        assert [response.status_code for response in responses] == [200] * 4
        assert {response.json()["document_id"] for response in responses} == {1}

    def test_several_come_back_each_by_itself_and_can_be_deleted_again(
        self, client: TestClient, index: Library
    ) -> None:
        first, second = upload(client, name="a.txt"), upload(client, LATER.encode(), "b.txt")
        for route in (first, second):
            assert client.delete(route).status_code == 204
        assert client.post(f"{second}/restore").json()["path"] == "b.txt"
        assert list(files(index)) == ["b.txt"]
        assert client.delete(second).status_code == 204
        assert [client.post(f"{route}/restore").status_code for route in (second, first)] == [200, 200]
        assert list(files(index)) == ["a.txt", "b.txt"]

    def test_what_was_never_there_is_not_found(self, client: TestClient) -> None:
        assert refused(client.post("/v1/documents/7/restore"), 404) == (
            "document 7 is not in the library; it may have been removed"
        )

    def test_one_whose_name_was_uploaded_again_waits_until_that_is_gone(
        self, client: TestClient, index: Library
    ) -> None:
        route = upload(client)
        client.delete(route)
        other = upload(client, LATER.encode())
        assert other != route
        assert refused(client.post(f"{route}/restore"), 409) == (
            "gate.txt was uploaded again meanwhile; delete that report first"
        )
        assert client.get(f"{other}/text").json()["text"] == LATER
        client.delete(other)
        assert client.post(f"{route}/restore").status_code == 200
        assert (uploads_folder(index) / "gate.txt").read_text() == GATE
        assert refused(client.post(f"{other}/restore"), 409).startswith("gate.txt was uploaded again")

    def test_one_that_cannot_be_written_stays_deleted_and_can_be_tried_again(
        self, client: TestClient, index: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        route = upload(client, author="Ada Varro")
        lay = files(index)
        client.delete(route)
        monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
        with FileLock(index.home / "write.lock"):
            assert "is writing to the library" in refused(client.post(f"{route}/restore"), 409)
        assert (files(index), client.get(route).status_code) == ({}, 404)
        assert client.post(f"{route}/restore").json()["author"] == "Ada Varro"
        assert files(index) == lay


class TestForGood:
    def test_after_its_time_it_is_gone_with_all_that_was_kept(
        self, client: TestClient, index: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "UNDO_SECONDS", 0.0)
        route = upload(client)
        client.delete(route)
        assert refused(client.post(f"{route}/restore"), 410) == (
            "document 1 was deleted more than 0 minutes ago; upload its file again"
        )
        assert (files(index), set_aside(index)) == ({}, 0)
        assert client.delete(route).status_code == 404

    def test_it_goes_without_being_asked_for(
        self, index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "UNDO_SECONDS", 0.05)
        number = add_upload(index, loading, DEFAULTS, Sent("a.txt", BytesIO(b"Gate."), {})).document_id
        held = uploads.Deletions(index)
        with held, Background("deletions", every(0.05, held.finish)):
            held.delete(number)
            wait_until(lambda: set_aside(index) == 0)

    def test_at_the_end_of_the_server_all_are_gone(self, index: Library) -> None:
        settings = Settings(home=index.home)
        with TestClient(create_app(index, QueryEngine(index), settings)) as client:
            route = upload(client)
            client.delete(route)
            assert set_aside(index) == 1
        assert set_aside(index) == 0
        with TestClient(create_app(index, QueryEngine(index), settings)) as client:
            assert refused(client.post(f"{route}/restore"), 404).startswith(
                "document 1 is not in the library"
            )

    def test_a_library_that_a_backup_has_replaced_takes_none_back(
        self, client: TestClient, index: Library, tmp_path: Path
    ) -> None:
        back_up(index.home, tmp_path / "library.tar", ("uploads",))
        route = upload(client)
        client.delete(route)
        restore(index.home, tmp_path / "library.tar", ("uploads",))
        assert refused(client.post(f"{route}/restore"), 410) == (
            "document 1 was deleted, and what was kept of it is gone; upload its file again"
        )

    def test_a_backup_does_not_have_it(self, client: TestClient, index: Library, tmp_path: Path) -> None:
        client.delete(upload(client))
        back_up(index.home, tmp_path / "library.tar", ("uploads",))
        assert GATE.encode() not in (tmp_path / "library.tar").read_bytes()


class Killed(BaseException):
    """Simulates a kill of the process: no code runs after it."""


@pytest.mark.parametrize("done", [False, True])
def test_one_that_is_killed_while_it_comes_back_is_there_or_gone_as_a_whole(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        sent = Sent("a.txt", BytesIO(b"One gate."), {"author": "A. Writer"})
        number = add_upload(index, loading, DEFAULTS, sent).document_id
        # A sidecar that somebody put beside it.
        (uploads_folder(index) / "a.txt.meta.yaml").write_text("title: Gates\n")
        sync(index, reader=loading)
        removed = remove_upload(index, number)
        kill_while_restoring(index, removed, monkeypatch, done=done)
        assert sorted(files(index)) == ["a.txt", "a.txt.meta.yaml"]
        removed.folder.rename(
            # No process has this id, so that the owner counts as ended.
            removed.folder.with_name(removed.folder.name.replace(f"{os.getpid()}@", "4194305@"))
        )
        sweep_uploads(index, uploads_folder(index))
        assert sorted(file.name for file in uploads_folder(index).iterdir()) == (
            ["a.txt", "a.txt.meta.yaml"] if done else []
        )
        assert [record.document_id for record in index.catalog.documents()] == ([1] if done else [])
        report = sync(index, reader=loading)
        assert (report.added, report.changed, report.removed, report.unchanged) == ((), (), (), int(done))


def kill_while_restoring(
    index: Library, removed: Removed, monkeypatch: pytest.MonkeyPatch, *, done: bool
) -> None:
    replace = index.replace

    def killed(*given: Any, **named: Any) -> None:  # noqa: ANN401 (passed on)
        if done:
            replace(*given, **named)
        raise Killed

    class Nothing:
        """Replaces ``ExitStack``, whose callbacks would not run in a killed process."""

        def __enter__(self) -> Nothing:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def callback(self, *_: object) -> None:
            pass

    with monkeypatch.context() as patched:
        patched.setattr(index, "replace", killed)
        patched.setattr(uploads, "ExitStack", Nothing)
        with pytest.raises(Killed):
            restore_upload(index, removed)
