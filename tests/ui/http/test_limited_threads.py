"""Waiting uploads take no thread from other requests; the server refuses uploads beyond the limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from index import workers
from index.library import Library
from tests.support.background import GATE, PATIENCE, Held, accepted, app_of, ended, held_sync, send, unsynced
from tests.support.reports import paths
from ui.http import uploads

if TYPE_CHECKING:
    from httpx2 import Response

pytestmark = pytest.mark.usefixtures("handed_on")

SHARED_THREADS = 40
"""The size of anyio's thread pool, which serves all other requests."""


@pytest.fixture
def index(held: Held, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", held) as opened:
        yield opened


@contextmanager
def holding(held: Held) -> Iterator[None]:
    """Hold back all embedding until the context ends."""
    held.hold()
    try:
        yield
    finally:
        held.go_on.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(SHARED_THREADS + 10) as pool:
        yield pool


def upload(client: TestClient, number: int) -> Response:
    return client.post("/v1/documents", files={"file": (f"{number}.txt", f"{GATE} {number}".encode())})


def assert_refused(response: Response, waiting: str) -> None:
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == f"{waiting} wait already; try again in 5 seconds"


def test_others_are_answered_while_more_uploads_wait_than_there_are_threads(
    index: Library, held: Held, pool: ThreadPoolExecutor
) -> None:
    with app_of(index) as client:
        asks: list[Callable[[], Response]] = [
            lambda: client.get("/v1/documents?brief=true"),
            lambda: client.post("/v1/search", json={"query": "gate of the dam"}),
            lambda: client.post("/v1/chat", json={"question": "Who closed the third gate?"}),
            lambda: client.get("/readyz"),
        ]
        with holding(held):
            uploading = [pool.submit(upload, client, number) for number in range(SHARED_THREADS + 5)]
            assert held.reached.wait(PATIENCE)
            asked = [pool.submit(ask) for ask in asks]
            answered, _ = wait(asked, PATIENCE)
        assert answered == set(asked)
        assert [future.result().status_code for future in asked] == [200] * len(asks)
        assert {future.result(PATIENCE).status_code for future in uploading} == {201}
    assert len(paths(index)) == len(uploading)


def test_more_uploads_than_may_wait_are_refused_and_can_be_sent_again(
    index: Library, held: Held, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_WAITING", 3)
    with app_of(index) as client:
        with holding(held):
            uploading = [pool.submit(upload, client, number) for number in range(9)]
            refused: set[Future[Response]] = set()
            waiting = set(uploading)
            # Two uploads are processed and three wait, in any order.
            while len(refused) < 4:
                done, waiting = wait(waiting, PATIENCE, return_when="FIRST_COMPLETED")
                assert done
                refused |= done
        assert [future.result(PATIENCE).status_code for future in waiting] == [201] * 5
        for future in refused:
            assert_refused(future.result(), "3 uploads")
        assert {upload(client, uploading.index(future)).status_code for future in refused} == {201}
    assert len(paths(index)) == 9


def test_more_files_than_may_wait_for_the_writer_are_refused_and_nothing_of_them_is_kept(
    index: Library, held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsynced(index, tmp_path / "reports")
    monkeypatch.setattr(workers, "MOST_WAITING", 2)
    with app_of(index) as client:
        held_sync(client, held)
        jobs = [accepted(send(client, f"{number}.txt", GATE.encode())) for number in range(2)]
        assert_refused(send(client, "2.txt", GATE.encode()), "2 files and other jobs")
        assert len(list((index.home / "uploads").iterdir())) == 2
        held.go_on.set()
        assert [ended(client, job_id)["state"] for job_id in jobs] == ["done", "done"]
        assert ended(client, accepted(send(client, "2.txt", GATE.encode())))["state"] == "done"


def test_the_documentation_says_which_requests_may_be_refused(index: Library) -> None:
    with app_of(index) as client:
        routes = client.get("/openapi.json").json()["paths"]
    one = routes["/v1/documents/{document_id}"]
    operations = [routes["/v1/documents"]["post"], one["patch"], one["delete"]]
    assert [{"503", "507"} <= set(operation["responses"]) for operation in operations] == [True] * 3
