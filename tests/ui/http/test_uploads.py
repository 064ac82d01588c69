"""The routes that upload, delete and restore documents, of background jobs, and of unreadable files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from anyio import to_thread
from filelock import FileLock
from reportlab.lib.pdfencrypt import StandardEncryption
from starlette.testclient import TestClient

from benchmarks.stub_encoder import StubEncoder
from index import uploads, workers
from index.catalog import lock as locking
from index.catalog.backup import back_up, restore
from index.catalog.database import Catalog
from index.catalog.lock import WriteLock, locked, this_process
from index.ingest.jobs import JobProgress, Jobs
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import DEFAULTS, MEGABYTE
from index.loaders.sandbox.client import Isolated
from index.uploads import (
    INCOMING,
    Sent,
    add_upload,
    remove_upload,
    restore_upload,
    sweep_uploads,
    uploads_folder,
)
from index.workers import Background, every
from rag.engine import QueryEngine
from tests.support.background import (
    GATE,
    PATIENCE,
    Held,
    accepted,
    app_of,
    ended,
    held_sync,
    send,
    unsynced,
    wait_until,
)
from tests.support.pdf_files import column, draw
from tests.support.people import PASSWORD
from tests.support.reports import paths, write
from tests.support.web_host import web_host
from tests.ui.http.conftest import added, bearer, of_machine, problem, send_file
from ui.accounts import ROLE_SCOPES, CollectionLimits, Role, Scope, SignIn
from ui.app import create_app
from ui.http import uploads as routes
from ui.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response

pytestmark = pytest.mark.usefixtures("handed_on")

LATER = "The council of Varda opened the third gate of the dam on Friday."
WORDS = ("A report on the third gate", "", GATE, "Nobody in the villages was told.")
ASKED = {"question": "Who closed the third gate of the dam?"}
OPENS, GUESS = "opensesame", "guess"


@pytest.fixture
def index(held: Held, tmp_path: Path) -> Iterator[Library]:
    """A library whose passages a test can hold back before they are embedded."""
    with Library.open(tmp_path / "home", held) as opened:
        yield opened


@pytest.fixture
def settings(engine: QueryEngine) -> Settings:
    return Settings(home=engine.index.home, max_megabytes=2)


def files(index: Library) -> dict[str, int]:
    """The uploaded files that a sync would see, with their times."""
    return {
        file.name: file.stat().st_mtime_ns
        for file in sorted(uploads_folder(index).iterdir())
        if not file.name.startswith(".")
    }


# Uploads


def test_a_file_becomes_a_document_that_answers(client: TestClient, index: Library) -> None:
    data = draw(column(*WORDS))
    response = send_file(client, "gate.pdf", data)
    assert response.status_code == 201
    document = response.json()
    assert [document[name] for name in ("path", "kind", "version", "pages", "digest")] == [
        *("gate.pdf", "pdf", 1, 1, sha256(data).hexdigest())
    ]
    assert (document["uploaded"], document["page_pictures"]) == (True, True)
    (cited, *_) = client.post("/v1/chat", json=ASKED).json()["citations"]
    assert (cited["quote"], cited["page"], cited["path"]) == (GATE, 1, "gate.pdf")
    assert [box["page"] for box in cited["boxes"]] == [1]
    assert list(files(index)) == ["gate.pdf"]


def test_what_is_said_of_it_stands_above_what_it_says(client: TestClient, index: Library) -> None:
    text = f"---\ntitle: Its own\npublisher: Itself\n---\n{GATE}"
    said = {"title": "On gate 3", "published": "July 2021", "language": "en-GB", "author": "Ada Varro"}
    document = send_file(client, "gate.md", text, **said).json()
    facts = [document[name] for name in ("title", "publisher", "author", "published", "published_precision")]
    assert facts == ["On gate 3", "Itself", "Ada Varro", "2021-07", "month"]
    assert document["origins"] == {
        "title": "upload",
        "publisher": "front matter",
        "author": "upload",
        "published": "upload",
        "language": "upload",
    }
    assert list(files(index)) == ["gate.md"]
    assert sync(index).unchanged == 1


def test_the_same_name_again_is_a_new_version(client: TestClient, index: Library) -> None:
    first = send_file(client, "gate.txt", GATE).json()
    # The time of its arrival is no date.
    assert (first["published"], first["published_precision"]) == (None, None)
    assert "published" not in first["origins"]
    assert send_file(client, "gate.txt", GATE).json()["version"] == 1
    second = send_file(client, "gate.txt", LATER).json()
    assert (second["document_id"], second["version"]) == (first["document_id"], 2)
    old = client.get(f"/v1/documents/{first['document_id']}?version=1").json()
    assert (old["superseded_by"], second["superseded_by"]) == (2, None)
    assert [record.version for record in index.catalog.documents()] == [2]


def test_a_name_leads_nowhere_else(client: TestClient, index: Library) -> None:
    names = {
        "../../etc/gate.txt": "gate.txt",
        "C:\\reports\\gate.txt": "gate.txt",
        ".gate.txt": "gate.txt",
        "gate.meta.yaml.txt": "gate.meta.yaml.txt",
        "ga:te.txt": "ga_te.txt",
        "é" * 300 + ".txt": "é" * 98 + ".txt",
        "gate." + "x" * 300 + ".txt": "gate." + "x" * 191 + ".txt",
    }
    assert {name: send_file(client, name, GATE).json()["path"] for name in names} == names
    assert sorted(path.name for path in uploads_folder(index).iterdir()) == sorted({*names.values()})


def test_an_encrypted_file_takes_its_password_which_is_not_kept(client: TestClient, index: Library) -> None:
    data = draw(column(*WORDS), encrypt=StandardEncryption(OPENS))
    assert problem(send_file(client, "gate.pdf", data), 422) == (
        "gate.pdf: is encrypted and needs a password; save a copy without a password"
    )
    wrong = problem(send_file(client, "gate.pdf", data, password=GUESS), 422)
    assert wrong.startswith("gate.pdf: is encrypted, and the password given does not open")
    added(client, "gate.pdf", data, password=OPENS)
    kept = [path.read_bytes() for path in index.home.rglob("*") if path.is_file()]
    assert not any(OPENS.encode() in content for content in kept)


def test_what_cannot_be_read_is_refused_with_the_remedy(client: TestClient, index: Library) -> None:
    for name, data, published, detail in (
        ("gate.xyz", b"words", "", "gate.xyz: has the unsupported suffix .xyz; convert it to one of "),
        ("gate.txt", b"", "", "gate.txt: is empty: it has no bytes; save it again with its text"),
        ("gate.pdf", b"%PDF-1.7 no more", "", "gate.pdf: is broken: its structure cannot be read; "),
        ("gate.txt", GATE.encode(), "soon", "gate.txt: has the detail published: 'soon'"),
        ("gate.txt", b"x" * 2_200_000, "", "gate.txt: has more than the 2 MB that are read; split it"),
    ):
        refused = send_file(client, name, data, title="On gate 3", published=published)
        assert problem(refused, 422).startswith(detail)
        assert client.get("/v1/documents").json()["documents"] == []
        assert list(uploads_folder(index).iterdir()) == []
    # A former version of the file stays.
    added(client, "gate.txt", GATE)
    problem(send_file(client, "gate.txt", b""), 422)
    assert (index.home / "uploads/gate.txt").read_text() == GATE
    assert [record.version for record in index.catalog.documents()] == [1]
    # Only an upload may be as long as a file.
    assert problem(send_file(client, "gate.txt", b"x" * 4_000_000), 413) == (
        "The body is longer than 3,097,152 bytes; send less."
    )
    problem(client.post("/v1/search", content=b"x" * 1_500_000), 413)


def test_a_file_is_in_the_collection_that_was_given(client: TestClient, index: Library) -> None:
    def found(*collections: str) -> list[str]:
        body = {"query": "gate of the dam", "filters": {"collections": collections}}
        results = client.post("/v1/search", json=body).json()["results"]
        return sorted(result["path"] for result in results)

    refused = send_file(client, "gate.txt", GATE, collection="x" * 201)
    assert problem(refused, 422).startswith("collection: ")
    assert index.catalog.documents() == []
    document = send_file(client, "gate.txt", GATE, collection=" Letters\nof 2031 ").json()
    assert (document["collection"], document["origins"]["collection"]) == ("Letters of 2031", "upload")
    assert send_file(client, "other.txt", "The fourth gate of the dam is open.").json()["collection"] is None
    listed = client.get("/v1/documents").json()["documents"]
    assert [report["collection"] for report in listed] == ["Letters of 2031", None]
    assert found("Letters of 2031") == ["gate.txt"]
    assert found("letters of 2031") == []
    assert found() == ["gate.txt", "other.txt"]
    assert sync(index).unchanged == 2
    for collection, expected in (("Dams", "Dams"), ("Rivers", "Rivers"), ("", None)):
        document = send_file(client, "gate.txt", GATE, collection=collection).json()
        assert (document["version"], document["collection"]) == (1, expected)
    assert found("Dams", "Rivers") == []


# Uploads that wait


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
    with ThreadPoolExecutor(20) as pool:
        yield pool


def upload(client: TestClient, number: int) -> Response:
    return send_file(client, f"{number}.txt", f"{GATE} {number}")


def assert_refused(response: Response, waiting: str) -> None:
    assert problem(response, 503) == f"{waiting} wait already; try again in 5 seconds"
    assert response.headers["retry-after"] == "5"


def test_others_are_answered_while_uploads_wait(
    client: TestClient, index: Library, held: Held, pool: ThreadPoolExecutor
) -> None:
    async def have_few_threads() -> None:
        # All other requests share these.
        to_thread.current_default_thread_limiter().total_tokens = 4

    assert client.portal is not None
    client.portal.call(have_few_threads)
    asks: list[Callable[[], Response]] = [
        lambda: client.get("/v1/documents?brief=true"),
        lambda: client.post("/v1/search", json={"query": "gate of the dam"}),
        lambda: client.post("/v1/chat", json=ASKED),
        lambda: client.get("/readyz"),
    ]
    with holding(held):
        uploading = [pool.submit(upload, client, number) for number in range(9)]
        assert held.reached.wait(PATIENCE)
        asked = [pool.submit(ask) for ask in asks]
        answered, _ = wait(asked, PATIENCE)
    assert answered == set(asked)
    assert [future.result().status_code for future in asked] == [200] * len(asks)
    assert {future.result(PATIENCE).status_code for future in uploading} == {201}
    assert len(paths(index)) == len(uploading)


def test_more_uploads_than_may_wait_are_refused(
    index: Library, held: Held, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MAX_WAITING", 2)
    with app_of(index) as client:
        with holding(held):
            uploading = [pool.submit(upload, client, number) for number in range(6)]
            refused: set[Future[Response]] = set()
            waiting = set(uploading)
            # Two uploads are processed and two wait, in any order.
            while len(refused) < 2:
                done, waiting = wait(waiting, PATIENCE, return_when="FIRST_COMPLETED")
                assert done
                refused |= done
        assert [future.result(PATIENCE).status_code for future in waiting] == [201] * 4
        for future in refused:
            assert_refused(future.result(), "2 uploads")
        assert {upload(client, uploading.index(future)).status_code for future in refused} == {201}
    assert len(paths(index)) == 6


def test_more_files_than_may_wait_for_the_writer_are_refused(
    client: TestClient, index: Library, held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsynced(index, tmp_path / "reports")
    monkeypatch.setattr(workers, "MOST_WAITING", 2)
    held_sync(client, held)
    jobs = [accepted(send(client, f"{number}.txt", GATE.encode())) for number in range(2)]
    assert_refused(send(client, "2.txt", GATE.encode()), "2 files and other jobs")
    assert len(list(uploads_folder(index).iterdir())) == 2
    held.go_on.set()
    assert [ended(client, job_id)["state"] for job_id in jobs] == ["done", "done"]
    assert ended(client, accepted(send(client, "2.txt", GATE.encode())))["state"] == "done"


# Files that could not be read


def test_failures_are_listed_and_dismissed(client: TestClient, index: Library, tmp_path: Path) -> None:
    write(tmp_path / "reports" / "dams" / "b.txt", "")
    write(tmp_path / "reports" / "a.txt", "")
    sync(index, [tmp_path / "reports"])
    response = client.get("/v1/failures")
    first, second = response.json()["failures"]
    cause = "is empty: it has no bytes; save it again with its text"
    assert (first["path"], first["cause"], second["path"]) == ("a.txt", cause, "dams/b.txt")
    assert set(first) == {"failure_id", "path", "cause", "since"}
    assert str(tmp_path) not in response.text
    assert client.delete(f"/v1/failures/{first['failure_id']}").status_code == 204
    assert client.get("/v1/failures").json() == {"failures": [second]}
    for number, status in (("7", 404), ("x", 422), (str(2**63), 422)):
        problem(client.delete(f"/v1/failures/{number}"), status)
    # A folder that is gone is named without those above it.
    (tmp_path / "reports").rename(tmp_path / "away")
    sync(index)
    response = client.get("/v1/failures")
    assert "reports" in [failure["path"] for failure in response.json()["failures"]]
    assert str(tmp_path) not in response.text


# Deletions, and their undoing


def set_aside(index: Library) -> int:
    return len(list(uploads_folder(index).glob(f"{INCOMING}*")))


def asked(client: TestClient) -> dict[str, Any]:
    """An answer without the fields that differ each time a question is asked."""
    answer = client.post("/v1/chat", json=ASKED).json()
    chance = ("answer_id", "conversation_id", "created", "timings", "generation")
    return {name: value for name, value in answer.items() if name not in chance}


def test_a_file_of_a_folder_is_not_deleted_here(client: TestClient, index: Library, tmp_path: Path) -> None:
    file = write(tmp_path / "reports" / "gate.txt", GATE)
    sync(index, [file.parent])
    number = index.catalog.documents()[0].document_id
    assert problem(client.delete(f"/v1/documents/{number}"), 409) == (
        "gate.txt lies in a folder that the library follows, and would come back with the next sync; "
        "delete the file there and run “footnoted sync”"
    )
    assert file.exists()


def test_a_document_comes_back_with_versions_and_answers(client: TestClient, index: Library) -> None:
    added(client, "gate.pdf", draw(column("Other words.")))
    route = added(client, "gate.pdf", draw(column(*WORDS)), author="Ada Varro")
    added(client, "other.txt", LATER)

    def told() -> list[Any]:
        return [client.get(f"{route}{part}").json() for part in ("", "/text", "/versions", "/text?version=1")]

    before, answer, lay = told(), asked(client), files(index)
    page = client.get(f"{route}/pages/1.png?start=28&end=60").content
    response = client.delete(route)
    assert (response.status_code, response.content) == (204, b"")
    assert [client.get(f"{route}{part}").status_code for part in ("", "/text?version=1")] == [404, 404]
    assert client.delete(route).status_code == 404
    assert [each["path"] for each in client.get("/v1/documents").json()["documents"]] == ["other.txt"]
    assert asked(client)["citations"] != answer["citations"]
    assert (list(files(index)), set_aside(index)) == (["other.txt"], 1)
    response = client.post(f"{route}/restore")
    assert (response.status_code, response.json()) == (200, before[0])
    assert told() == before
    assert (asked(client), files(index), set_aside(index)) == (answer, lay, 0)
    assert client.get(f"{route}/pages/1.png?start=28&end=60").content == page
    assert sync(index).unchanged == 2
    # Undoing twice is undoing once.
    client.delete(route)
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: client.post(f"{route}/restore"), range(4)))
    assert [(each.status_code, each.json()["document_id"]) for each in responses] == [(200, 1)] * 4
    assert problem(client.post("/v1/documents/7/restore"), 404) == (
        "document 7 is not in the library; it may have been removed"
    )


def test_several_come_back_each_by_itself(client: TestClient, index: Library) -> None:
    first, second = added(client, "a.txt", GATE), added(client, "b.txt", LATER)
    for route in (first, second):
        assert client.delete(route).status_code == 204
    assert client.post(f"{second}/restore").json()["path"] == "b.txt"
    assert list(files(index)) == ["b.txt"]
    assert client.delete(second).status_code == 204
    assert [client.post(f"{route}/restore").status_code for route in (second, first)] == [200, 200]
    assert list(files(index)) == ["a.txt", "b.txt"]


def test_one_whose_name_was_uploaded_again_waits(client: TestClient, index: Library) -> None:
    route = added(client, "gate.txt", GATE)
    client.delete(route)
    other = added(client, "gate.txt", LATER)
    assert other != route
    assert problem(client.post(f"{route}/restore"), 409) == (
        "gate.txt was uploaded again meanwhile; delete that report first"
    )
    assert client.get(f"{other}/text").json()["text"] == LATER
    client.delete(other)
    assert client.post(f"{route}/restore").status_code == 200
    assert (uploads_folder(index) / "gate.txt").read_text() == GATE
    assert problem(client.post(f"{other}/restore"), 409).startswith("gate.txt was uploaded again")


def test_one_that_cannot_be_written_stays_deleted_and_can_be_tried_again(
    client: TestClient, index: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = added(client, "gate.txt", GATE, author="Ada Varro")
    lay = files(index)
    client.delete(route)
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"):
        assert "is writing to the library" in problem(client.post(f"{route}/restore"), 409)
    assert (files(index), client.get(route).status_code) == ({}, 404)
    assert client.post(f"{route}/restore").json()["author"] == "Ada Varro"
    assert files(index) == lay


def test_after_its_time_it_is_gone_with_all_that_was_kept(
    client: TestClient, index: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UNDO_SECONDS", 0.0)
    route = added(client, "gate.txt", GATE, title="On gate 3")
    # A sidecar that somebody put beside it.
    write(uploads_folder(index) / "gate.txt.meta.yaml", "title: Gates\n")
    client.delete(route)
    assert problem(client.post(f"{route}/restore"), 410) == (
        "document 1 was deleted more than 0 minutes ago; upload its file again"
    )
    assert list(uploads_folder(index).iterdir()) == []
    assert client.delete(route).status_code == 404


def test_it_goes_by_itself(index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UNDO_SECONDS", 0.05)
    number = add_upload(index, loading, DEFAULTS, Sent("a.txt", BytesIO(b"Gate."), {})).document_id
    deletions = uploads.Deletions(index)
    with deletions, Background("deletions", every(0.05, deletions.finish)):
        deletions.delete(number)
        wait_until(lambda: set_aside(index) == 0)


def test_at_the_end_of_the_server_all_are_gone(index: Library) -> None:
    with app_of(index) as client:
        route = added(client, "gate.txt", GATE)
        client.delete(route)
        assert set_aside(index) == 1
    assert set_aside(index) == 0
    with app_of(index) as client:
        told = problem(client.post(f"{route}/restore"), 404)
    assert told.startswith("document 1 is not in the library")


def test_a_backup_does_not_have_it(client: TestClient, index: Library, tmp_path: Path) -> None:
    before, after = tmp_path / "before.tar", tmp_path / "after.tar"
    back_up(index.home, before, ("uploads",))
    route = added(client, "gate.txt", GATE)
    client.delete(route)
    back_up(index.home, after, ("uploads",))
    assert GATE.encode() not in after.read_bytes()
    restore(index.home, before, ("uploads",))
    assert problem(client.post(f"{route}/restore"), 410) == (
        "document 1 was deleted, and what was kept of it is gone; upload its file again"
    )


class Killed(BaseException):
    """Simulates a kill of the process: no code runs after it."""


@pytest.mark.parametrize("done", [False, True])
def test_one_that_is_killed_while_it_comes_back_is_there_or_gone(
    tmp_path: Path, loading: Isolated, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    with Library.open(tmp_path / "home", StubEncoder()) as index:
        sent = Sent("a.txt", BytesIO(b"One gate."), {"author": "A. Writer"})
        number = add_upload(index, loading, DEFAULTS, sent).document_id
        # A sidecar that somebody put beside it.
        write(uploads_folder(index) / "a.txt.meta.yaml", "title: Gates\n")
        sync(index, reader=loading)
        removed, replace = remove_upload(index, number), index.replace

        def killed(*given: Any, **named: Any) -> None:  # noqa: ANN401 (passed on)
            if done:
                replace(*given, **named)
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(index, "replace", killed)
            # In a killed process, its callbacks would not run.
            patched.setattr(uploads, "ExitStack", MagicMock)
            with pytest.raises(Killed):
                restore_upload(index, removed)
        both = ["a.txt", "a.txt.meta.yaml"]
        assert sorted(files(index)) == both
        # No process has this id, so that the owner counts as ended.
        foreign = removed.folder.name.replace(f"{os.getpid()}@", "4194305@")
        removed.folder.rename(removed.folder.with_name(foreign))
        sweep_uploads(index, uploads_folder(index))
        left = sorted(file.name for file in uploads_folder(index).iterdir())
        documents = [record.document_id for record in index.catalog.documents()]
        assert (left, documents) == ((both, [1]) if done else ([], []))
        report = sync(index, reader=loading)
        assert (report.added, report.changed, report.removed, report.unchanged) == ((), (), (), int(done))


# Background jobs


@pytest.fixture
def folder(tmp_path: Path, index: Library) -> Path:
    return unsynced(index, tmp_path / "reports")


class TestSync:
    def test_its_report_is_the_result(self, client: TestClient, index: Library, folder: Path) -> None:
        write(folder / "broken.pdf", "%PDF-1.7 and nothing more")
        job = ended(client, accepted(client.post("/v1/index/sync")))
        assert (job["kind"], job["state"], job["message"], job["cancelling"]) == ("sync", "done", None, False)
        assert (job["files"], job["passages"]) == ({"done": 3, "of": 3}, {"done": 2, "of": 2})
        assert job["result"]["added"] == ["dam.txt", "weir.txt"]
        assert [failure["path"] for failure in job["result"]["failed"]] == ["broken.pdf"]
        assert paths(index) == ["dam.txt", "weir.txt"]

    @pytest.mark.usefixtures("folder")
    def test_readers_go_on_while_it_runs_and_see_how_far_it_is(self, client: TestClient, held: Held) -> None:
        job_id = held_sync(client, held)
        job = client.get(f"/v1/jobs/{job_id}").json()
        told = [job[name] for name in ("state", "stage", "files", "ended")]
        assert told == ["running", "reading", {"done": 2, "of": 2}, None]
        assert client.post("/v1/search", json={"query": "gate"}).json()["results"] == []
        held.go_on.set()
        assert ended(client, job_id)["state"] == "done"
        [first, *_] = client.post("/v1/search", json={"query": "gate"}).json()["results"]
        assert first["text"] == GATE

    @pytest.mark.usefixtures("folder")
    def test_one_that_waits_is_enough_for_all_who_ask(self, client: TestClient, held: Held) -> None:
        running = held_sync(client, held)
        waiting = accepted(client.post("/v1/index/sync"))
        assert waiting != running
        assert accepted(client.post("/v1/index/sync", json={})) == waiting
        assert client.delete(f"/v1/jobs/{waiting}").json()["state"] == "cancelled"
        another = accepted(client.post("/v1/index/sync"))
        assert another not in {running, waiting}
        held.go_on.set()
        ends = [ended(client, job_id)["state"] for job_id in (running, waiting, another)]
        assert ends == ["done", "cancelled", "done"]

    def test_it_reads_only_followed_folders(self, client: TestClient, index: Library, tmp_path: Path) -> None:
        assert problem(client.post("/v1/index/sync"), 409) == (
            "the library follows no folder yet; name one: footnoted sync FOLDER"
        )
        folder = unsynced(index, tmp_path / "reports")
        assert problem(client.post("/v1/index/sync", json={"paths": ["/etc"]}), 422) == (
            "paths: unknown field; remove it or correct its name"
        )
        assert client.get("/v1/jobs").json() == {"jobs": [], "busy": False}
        # A folder that is missing is named without its place.
        shutil.rmtree(folder)
        job = ended(client, accepted(client.post("/v1/index/sync")))
        assert [failure["path"] for failure in job["result"]["failed"]] == [folder.name]
        assert str(folder.parent) not in client.get(f"/v1/jobs/{job['id']}").text

    def test_one_that_fails_says_why_and_the_next_one_runs(
        self,
        client: TestClient,
        index: Library,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def full(*_arguments: object) -> None:
            raise OSError(28, "No space left on device", str(index.home))

        for broken, message in (
            (full, "the library cannot be written to (No space left on device); check the folder's"),
            # A mistake of the program.
            (None, "TypeError: the program's log has the cause; "),
        ):
            with monkeypatch.context() as patched:
                patched.setattr(index.catalog, "put_vectors", broken)
                failed = ended(client, accepted(client.post("/v1/index/sync")))
            assert (failed["state"], failed["result"]) == ("failed", None)
            assert failed["message"].startswith(message)
        assert ended(client, accepted(client.post("/v1/index/sync")))["state"] == "done"
        # A job has failed before its cause is in the log, but the next one begins after that.
        assert "Traceback" in caplog.text
        assert len(list(folder.iterdir())) == len(paths(index))


class TestJobs:
    def test_the_list_has_the_newest_first_and_no_results(self, client: TestClient, index: Library) -> None:
        made = [Jobs(index.catalog).create("sync").id for _ in range(3)]
        listed = client.get("/v1/jobs").json()["jobs"]
        assert [job["id"] for job in listed] == made[::-1]
        assert "result" not in listed[0]
        assert [job["id"] for job in client.get("/v1/jobs?limit=1").json()["jobs"]] == made[:1:-1]
        for response in (client.get("/v1/jobs/abc"), client.delete("/v1/jobs/abc")):
            assert problem(response, 404) == "there is no job 'abc'; the last 1,000 are remembered"

    @pytest.mark.usefixtures("folder")
    def test_one_that_runs_can_be_cancelled(self, client: TestClient, index: Library, held: Held) -> None:
        job_id = held_sync(client, held)
        response = client.delete(f"/v1/jobs/{job_id}")
        told = response.json()
        assert (response.status_code, told["state"], told["cancelling"]) == (202, "running", True)
        held.go_on.set()
        job = ended(client, job_id)
        assert (job["state"], job["message"]) == ("cancelled", "cancelled on request")
        assert (paths(index), index.generation) == ([], 0)
        assert problem(client.delete(f"/v1/jobs/{job_id}"), 409) == (
            f"the job {job_id} has ended (cancelled on request); there is nothing to cancel"
        )

    def test_one_of_another_process_is_asked_to_stop(self, client: TestClient, index: Library) -> None:
        elsewhere = Catalog.open(index.home / "catalog.sqlite")
        jobs = Jobs(elsewhere)
        job_id = jobs.create("sync").id
        jobs.begin(job_id)
        assert client.get(f"/v1/jobs/{job_id}").json()["state"] == "running"
        assert client.delete(f"/v1/jobs/{job_id}").status_code == 202
        assert jobs.get(job_id).cancelling
        elsewhere.close()


def test_no_job_shows_its_process_or_where_the_library_lies(client: TestClient, index: Library) -> None:
    jobs = Jobs(index.catalog)
    job = jobs.create("sync")
    assert job.owner == str(this_process())
    jobs.begin(job.id)
    with WriteLock(index.home).hold("sync"):
        failure = str(locked(index.home))
    report = {"failed": [{"path": "a.pdf", "cause": f"{index.home}/uploads/a.pdf is a folder"}]}
    jobs.fail(job.id, JobProgress(), failure)
    other = jobs.create("sync")
    jobs.begin(other.id)
    jobs.finish(other.id, JobProgress(), report)
    shown = [
        client.get(f"/v1/jobs/{job.id}").json(),
        client.get(f"/v1/jobs/{other.id}").json(),
        *client.get("/v1/jobs").json()["jobs"],
        client.delete(f"/v1/jobs/{jobs.create('sync').id}").json(),
    ]
    for secret in (str(index.home), this_process().host, f"process {this_process().pid} ", "owner"):
        assert secret in f"owner {failure}"
        assert secret not in json.dumps(shown)
    assert shown[0]["message"].startswith("another process (sync, since ")
    assert shown[1]["result"]["failed"][0]["cause"] == "its home folder/uploads/a.pdf is a folder"


class TestSenders:
    """Where people sign in, a job belongs to its sender."""

    @pytest.fixture
    def sign_in(self, sign_in: SignIn) -> SignIn:
        """Accounts with the members ana and bea, and the administrator root."""
        sign_in.accounts.users.add("bea", PASSWORD)
        return sign_in

    def token_of(self, sign_in: SignIn, name: str) -> dict[str, str]:
        """The header of a new token with all scopes of its user."""
        return bearer(sign_in, *sorted(ROLE_SCOPES[sign_in.accounts.users.get(name).role]), owner=name)

    def test_others_have_no_such_job(self, signed: TestClient, sign_in: SignIn, index: Library) -> None:
        ana, bea, root = (self.token_of(sign_in, name) for name in ("ana", "bea", "root"))
        sent = {"files": {"file": ("a.txt", GATE)}, "data": {"background": "true"}}
        of_ana = accepted(signed.post("/v1/documents", headers=ana, **sent))  # type: ignore[arg-type]
        of_nobody = Jobs(index.catalog).create("sync").id
        assert [job["id"] for job in signed.get("/v1/jobs", headers=ana).json()["jobs"]] == [of_ana]
        assert signed.get("/v1/jobs", headers=bea).json() == {"jobs": [], "busy": True}
        for headers, job_id in ((bea, of_ana), (bea, of_nobody), (ana, of_nobody)):
            for method in ("GET", "DELETE"):
                refused, unknown = (
                    problem(signed.request(method, f"/v1/jobs/{each}", headers=headers), 404)
                    for each in (job_id, "abc")
                )
                assert refused == unknown.replace("abc", job_id)
        listed = signed.get("/v1/jobs", headers=root).json()["jobs"]
        assert [job["id"] for job in listed] == [of_nobody, of_ana]
        assert signed.delete(f"/v1/jobs/{of_nobody}", headers=root).json()["state"] == "cancelled"
        wait_until(lambda: not signed.get("/v1/jobs", headers=bea).json()["busy"])
        assert signed.get(f"/v1/jobs/{of_ana}", headers=ana).json()["state"] == "done"

    def test_a_correction_stays_in_its_limited_collection(
        self, signed: TestClient, sign_in: SignIn, index: Library
    ) -> None:
        CollectionLimits(index.catalog, sign_in.accounts).limit("Board", ["bea"])
        ana, bea = (self.token_of(sign_in, name) for name in ("ana", "bea"))
        first = signed.post(
            "/v1/documents", headers=bea, files={"file": ("a.txt", GATE)}, data={"collection": "Board"}
        ).json()
        place = f"/v1/documents/{first['document_id']}"
        with web_host() as host:
            allowed = {"url_hosts": (f"127.0.0.1:{host.port}",), "url_http": True, "url_loopback": True}
            app = create_app(
                index,
                QueryEngine(index),
                Settings.model_validate({"home": index.home, **allowed}),
                sign_in=sign_in,
            )
            with TestClient(app) as fetching:
                body = {"url": host.url("/report.md"), "name": "a.txt"}
                sent = fetching.post("/v1/documents/from-url", json=body, headers=bea).json()
        assert (sent["document_id"], sent["version"], sent["collection"]) == (
            first["document_id"],
            2,
            "Board",
        )
        # The page names the folder that a file was dropped with.
        for number, folder in enumerate(("", "Corrections"), 3):
            file = {"file": ("a.txt", f"{GATE} {number}")}
            sent = signed.post("/v1/documents", headers=bea, files=file, data={"folder": folder}).json()
            assert (sent["version"], sent["collection"]) == (number, "Board")
            for query in ("", "?version=1", f"?version={number}"):
                assert signed.get(f"{place}{query}", headers=ana).status_code == 404
                assert signed.get(f"{place}/text{query}", headers=ana).status_code == 404
        assert signed.get("/v1/documents", headers=ana).json()["documents"] == []
        # Cyrillic, an unseen character, full width.
        for name in ("Bo\u0430rd", "Bo\u200bard", "\uff22oard"):
            file, said = {"file": ("c.txt", GATE)}, {"collection": name}
            sent = signed.post("/v1/documents", headers=bea, files=file, data=said)
            if name == "Bo\u200bard":
                assert sent.json()["collection"] == "Board"
                continue
            assert "which looks like “Board”" in problem(sent, 422)
        new = signed.post(
            "/v1/documents", headers=bea, files={"file": ("b.txt", GATE)}, data={"folder": "Corrections"}
        )
        assert new.json()["collection"] == "Corrections"
        moved = signed.post(
            "/v1/documents", headers=bea, files={"file": ("a.txt", GATE)}, data={"collection": "Corrections"}
        )
        assert moved.json()["collection"] == "Corrections"
        assert signed.get(place, headers=ana).status_code == 200

    def test_it_counts_what_the_sender_may_see(
        self, signed: TestClient, sign_in: SignIn, index: Library, held: Held, folder: Path
    ) -> None:
        write(folder / "board" / "plan.txt", "The board paid 4.2 million euros to the Quillfeather family.")
        write(folder / "board" / "broken.pdf", "%PDF-1.7 and nothing more")
        CollectionLimits(index.catalog, sign_in.accounts).limit("board", ["bea"])
        ana, bea = (self.token_of(sign_in, name) for name in ("ana", "bea"))
        held.hold()
        job_id = accepted(signed.post("/v1/index/sync", headers=ana))
        assert held.reached.wait(PATIENCE)
        none = {"done": 0, "of": 0}
        running = signed.get(f"/v1/jobs/{job_id}", headers=ana).json()
        told = [running[name] for name in ("state", "files", "passages", "seconds_left")]
        assert told == ["running", none, none, None]
        held.go_on.set()
        wait_until(lambda: not signed.get("/v1/jobs", headers=ana).json()["busy"])
        job = signed.get(f"/v1/jobs/{job_id}", headers=ana).json()
        assert (job["state"], job["files"], job["passages"]) == ("done", {"done": 2, "of": 2}, none)
        counted = [job["result"][name] for name in ("added", "changed", "removed", "failed", "unchanged")]
        assert (counted, job["result"]["passages"]) == ([["dam.txt", "weir.txt"], [], [], [], 0], 2)
        [listed] = signed.get("/v1/jobs", headers=ana).json()["jobs"]
        assert (listed["files"], listed["passages"]) == (job["files"], none)
        (folder / "board" / "broken.pdf").unlink()
        for headers, reports in ((ana, 2), (bea, 3)):
            job_id = accepted(signed.post("/v1/index/sync", headers=headers))
            wait_until(lambda: not signed.get("/v1/jobs", headers=ana).json()["busy"])
            result = signed.get(f"/v1/jobs/{job_id}", headers=headers).json()["result"]
            assert (result["unchanged"], result["passages"]) == (reports, reports)


class TestBackgroundUploads:
    def test_a_file_is_accepted_and_becomes_a_document(self, client: TestClient, index: Library) -> None:
        job = ended(client, accepted(send(client, "gate.txt", GATE.encode(), author="Ada Varro")))
        [record] = index.catalog.documents()
        result = {"document_id": record.document_id, "version": 1, "path": "gate.txt", "passages": 1}
        assert (job["kind"], job["state"], job["result"]) == ("upload", "done", result)
        assert (job["files"], job["passages"]) == ({"done": 1, "of": 1}, {"done": 1, "of": 1})
        document = client.get(f"/v1/documents/{record.document_id}").json()
        assert (document["author"], document["uploaded"]) == ("Ada Varro", True)
        assert [path.name for path in (index.home / "uploads").iterdir()] == ["gate.txt"]

    def test_one_that_cannot_be_read_fails_and_leaves_nothing(
        self, client: TestClient, index: Library, caplog: pytest.LogCaptureFixture
    ) -> None:
        for data, published, detail in (
            (b"x" * 2_200_000, "", "has more than the 2 MB"),
            (GATE.encode(), "soon", "has the detail published: 'soon'"),
        ):
            refused = problem(send(client, "gate.txt", data, published=published), 422)
            assert refused.startswith(f"gate.txt: {detail}"), "it is refused at once"
            assert list((index.home / "uploads").iterdir()) == []
            assert client.get("/v1/jobs").json() == {"jobs": [], "busy": False}
        job = ended(client, accepted(send(client, "gate.pdf", b"%PDF-1.7 no more")))
        assert (job["state"], job["result"]) == ("failed", None)
        assert job["message"].startswith("gate.pdf: is broken: its structure cannot be read; ")
        # The job ends before its folder is removed.
        wait_until(lambda: list((index.home / "uploads").iterdir()) == [])
        [logged] = caplog.records
        assert (logged.levelname, logged.exc_info) == ("WARNING", None), "it is the file's fault"

    def test_cancelled_it_leaves_the_former_one(self, client: TestClient, index: Library, held: Held) -> None:
        ended(client, accepted(send(client, "gate.txt", GATE.encode())))
        held.hold()
        job_id = accepted(send(client, "gate.txt", b"The fourth gate was closed on Tuesday."))
        assert held.reached.wait(PATIENCE)
        client.delete(f"/v1/jobs/{job_id}")
        held.go_on.set()
        assert ended(client, job_id)["state"] == "cancelled"
        [record] = index.catalog.documents()
        assert (record.version, index.catalog.text(record.document_id).text) == (1, GATE)
        # The job ends before its folder is removed.
        wait_until(lambda: len(list((index.home / "uploads").iterdir())) == 1)
        assert [path.read_text() for path in (index.home / "uploads").iterdir()] == [GATE]


# The room that a sender's uploads may take


HALF = b"The gate of the dam failed." + b" " * (MEGABYTE // 2)
"""More than half of the limit."""


class TestRoom:
    @pytest.fixture
    def settings(self, index: Library) -> Settings:
        return Settings(home=index.home, limit_storage=1)

    def upload(self, client: TestClient, headers: dict[str, str], name: str, **fields: str) -> Response:
        return client.post("/v1/documents", files={"file": (name, HALF)}, data=fields, headers=headers)

    def uploaders(self, client: TestClient, sign_in: SignIn) -> list[dict[str, Any]]:
        found = client.get("/v1/storage", headers=of_machine(sign_in)).json()["uploaders"]
        return list(found)

    def test_users_and_tokens_have_room_of_their_own(self, signed: TestClient, sign_in: SignIn) -> None:
        anas, robot = bearer(sign_in, Scope.WRITE, owner="ana"), bearer(sign_in, Scope.READ, Scope.WRITE)
        assert self.upload(signed, anas, "a.md").status_code == 201
        refused = self.upload(signed, bearer(sign_in, Scope.ASK, Scope.WRITE, owner="ana"), "b.md")
        assert problem(refused, 507) == (
            "the file has 0.6 MB, and of the 1 MB that the uploads of one sender may take, 0.4 MB are left; "
            "delete an upload first"
        )
        assert refused.json()["title"] == "Insufficient Storage"
        assert "Retry-After" not in refused.headers
        assert self.upload(signed, anas, "a.md").status_code == 201
        assert self.upload(signed, robot, "c.md").status_code == 201
        machine = of_machine(sign_in)
        sent = [self.upload(signed, machine, f"{number}.md").status_code for number in range(3)]
        assert sent == [201] * 3
        assert self.uploaders(signed, sign_in) == [
            {"user": "ana", "token": None, "bytes": len(HALF)},
            {"user": None, "token": "read-write", "bytes": len(HALF)},
        ]
        sign_in.accounts.users.remove("ana")
        assert self.uploaders(signed, sign_in)[0] == {"user": None, "token": None, "bytes": len(HALF)}

    def test_a_restoration_needs_room(self, signed: TestClient, sign_in: SignIn) -> None:
        headers = bearer(sign_in, Scope.WRITE)
        place = f"/v1/documents/{self.upload(signed, headers, 'a.txt').json()['document_id']}"
        assert signed.delete(place, headers=headers).status_code == 204
        second = self.upload(signed, headers, "b.md")
        assert second.status_code == 201
        assert signed.post(f"{place}/restore", headers=headers).status_code == 507
        signed.delete(f"/v1/documents/{second.json()['document_id']}", headers=headers).raise_for_status()
        assert signed.post(f"{place}/restore", headers=headers).status_code == 200

    def test_background_uploads_are_refused_or_fail_later(self, signed: TestClient, sign_in: SignIn) -> None:
        headers = bearer(sign_in, Scope.READ, Scope.WRITE)
        signed.headers.update(headers)
        sent = [self.upload(signed, headers, f"{number}.md", background="true") for number in range(2)]
        ends = [ended(signed, accepted(each)) for each in sent if each.status_code == 202]
        assert ends[0]["state"] == "done"
        # The second comes before the first is indexed, or after it.
        assert sent[1].status_code == 507 or "delete an upload first" in ends[1]["message"]
        assert self.upload(signed, headers, "3.md", background="true").status_code == 507
        assert self.uploaders(signed, sign_in) == [{"user": None, "token": "read-write", "bytes": len(HALF)}]

    def test_a_fetched_report_takes_room(
        self, index: Library, engine: QueryEngine, sign_in: SignIn, settings: Settings
    ) -> None:
        headers = bearer(sign_in, Scope.WRITE)
        with web_host() as host:
            allowed = {"url_hosts": (f"127.0.0.1:{host.port}",), "url_http": True, "url_loopback": True}
            own = settings.model_copy(update={**allowed, "limit_storage": 3})
            with TestClient(create_app(index, engine, own, sign_in=sign_in), headers=headers) as client:
                asked = [
                    {"url": host.url("/long.md"), "name": name, "background": background}
                    for name, background in (("a.md", False), ("b.md", False), ("c.md", True))
                ]
                sent = [client.post("/v1/documents/from-url", json=each) for each in asked]
        assert [each.status_code for each in sent] == [201, 507, 507]

    def test_administrators_have_the_limit_and_a_server_without_sign_in_has_none(
        self, signed: TestClient, client: TestClient, sign_in: SignIn
    ) -> None:
        sign_in.accounts.users.add("bea", "a heron stands in the reeds", Role.ADMINISTRATOR)
        headers = bearer(sign_in, Scope.WRITE, owner="bea")
        sent = [self.upload(signed, headers, f"{number}.md").status_code for number in range(2)]
        assert sent == [201, 507]
        sent = [self.upload(client, {}, f"of-all-{number}.md").status_code for number in range(2)]
        assert sent == [201] * 2
        assert client.get("/v1/storage").json()["uploaders"] == [
            {"user": None, "token": None, "bytes": len(HALF)}
        ]
