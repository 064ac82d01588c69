"""The routes that start, show and cancel background jobs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.catalog.database import Catalog
from index.catalog.lock import WriteLock, locked, this_process
from index.ingest.jobs import JobProgress, Jobs
from index.library import Library
from rag.engine import QueryEngine
from tests.support.background import (
    GATE,
    PATIENCE,
    Held,
    accepted,
    ended,
    held_sync,
    send,
    unsynced,
    wait_until,
)
from tests.support.people import PASSWORD, make_hashes_quick
from tests.support.reports import paths, write
from ui.accounts import ROLE_SCOPES, Accounts, CollectionLimits, Role, SignIn
from ui.app import create_app
from ui.settings import Settings

pytestmark = pytest.mark.usefixtures("handed_on")


@pytest.fixture
def index(held: Held, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", held) as opened:
        yield opened


@pytest.fixture
def settings(index: Library) -> Settings:
    return Settings(home=index.home, max_megabytes=2)


@pytest.fixture
def folder(tmp_path: Path, index: Library) -> Path:
    return unsynced(index, tmp_path / "reports")


BACKGROUND = {"background": "true"}


@pytest.fixture
def sign_in(index: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignIn]:
    make_hashes_quick(monkeypatch)
    with closing(Accounts.open(index.home)) as accounts:
        for name in ("ana", "bea"):
            accounts.users.add(name, PASSWORD)
        accounts.users.add("root", PASSWORD, Role.ADMINISTRATOR)
        yield SignIn(accounts)


@pytest.fixture
def signed(index: Library, settings: Settings, sign_in: SignIn) -> Iterator[TestClient]:
    """A client of a server at which people sign in."""
    with TestClient(create_app(index, QueryEngine(index), settings, sign_in=sign_in)) as client:
        yield client


def token_of(sign_in: SignIn, name: str) -> dict[str, str]:
    """The header of a new token with all scopes of its user."""
    scopes = sorted(ROLE_SCOPES[sign_in.accounts.users.get(name).role])
    _, secret = sign_in.accounts.tokens.add(f"of-{name}", scopes, owner=name)
    return {"Authorization": f"Bearer {secret}"}


class TestSync:
    def test_it_is_accepted_at_once_and_its_report_is_the_jobs_result(
        self, client: TestClient, index: Library, folder: Path
    ) -> None:
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
        assert (job["state"], job["stage"], job["files"], job["ended"]) == (
            *("running", "reading", {"done": 2, "of": 2}, None),
        )
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
        assert [ended(client, job_id)["state"] for job_id in (running, waiting, another)] == [
            *("done", "cancelled", "done")
        ]

    @pytest.mark.usefixtures("folder")
    def test_no_path_can_be_named(self, client: TestClient) -> None:
        response = client.post("/v1/index/sync", json={"paths": ["/etc"]})
        assert (response.status_code, response.json()["detail"]) == (
            422,
            "paths: unknown field; remove it or correct its name",
        )
        assert client.get("/v1/jobs").json() == {"jobs": [], "busy": False}

    def test_where_nothing_is_followed_there_is_nothing_to_sync(self, client: TestClient) -> None:
        response = client.post("/v1/index/sync")
        assert (response.status_code, response.json()["detail"]) == (
            409,
            "the library follows no folder yet; name one: footnoted sync FOLDER",
        )

    def test_a_followed_folder_that_is_missing_is_named_without_its_place(
        self, client: TestClient, folder: Path
    ) -> None:
        shutil.rmtree(folder)
        job = ended(client, accepted(client.post("/v1/index/sync")))
        assert [failure["path"] for failure in job["result"]["failed"]] == [folder.name]
        assert str(folder.parent) not in client.get(f"/v1/jobs/{job['id']}").text

    def test_one_that_fails_says_why_and_the_next_one_runs(
        self, client: TestClient, index: Library, held: Held, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_arguments: object) -> None:
            raise OSError(28, "No space left on device", str(index.home))

        with monkeypatch.context() as patched:
            patched.setattr(index.catalog, "put_vectors", full)
            failed = ended(client, accepted(client.post("/v1/index/sync")))
        assert (failed["state"], failed["result"]) == ("failed", None)
        assert failed["message"].startswith(
            "the library cannot be written to (No space left on device); check the folder's"
        )
        assert held.reached.is_set()
        assert ended(client, accepted(client.post("/v1/index/sync")))["state"] == "done"
        assert len(list(folder.iterdir())) == len(paths(index))

    @pytest.mark.usefixtures("folder")
    def test_a_mistake_of_the_program_takes_only_its_job(
        self,
        client: TestClient,
        index: Library,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(index.catalog, "put_vectors", None)
            failed = ended(client, accepted(client.post("/v1/index/sync")))
        assert failed["message"].startswith("TypeError: the program's log has the cause; ")
        assert ended(client, accepted(client.post("/v1/index/sync")))["state"] == "done"
        assert "Traceback" in caplog.text


class TestJobs:
    def test_the_list_has_the_newest_first_and_no_results(self, client: TestClient, index: Library) -> None:
        made = [Jobs(index.catalog).create("sync").id for _ in range(3)]
        listed = client.get("/v1/jobs").json()["jobs"]
        assert [job["id"] for job in listed] == made[::-1]
        assert "result" not in listed[0]
        assert [job["id"] for job in client.get("/v1/jobs?limit=1").json()["jobs"]] == made[:1:-1]
        assert client.get("/v1/jobs?limit=0").status_code == 422

    def test_one_that_is_unknown_is_no_job(self, client: TestClient) -> None:
        for response in (client.get("/v1/jobs/abc"), client.delete("/v1/jobs/abc")):
            assert (response.status_code, response.headers["content-type"]) == (
                404,
                "application/problem+json",
            )
            assert response.json()["detail"] == "there is no job 'abc'; the last 1,000 are remembered"
        assert client.put("/v1/jobs/abc").headers["allow"] == "DELETE, GET"

    @pytest.mark.usefixtures("folder")
    def test_one_that_runs_stops_when_it_is_cancelled_and_leaves_the_library_as_it_was(
        self, client: TestClient, index: Library, held: Held
    ) -> None:
        job_id = held_sync(client, held)
        response = client.delete(f"/v1/jobs/{job_id}")
        assert (response.status_code, response.json()["state"], response.json()["cancelling"]) == (
            *(202, "running", True),
        )
        held.go_on.set()
        job = ended(client, job_id)
        assert (job["state"], job["message"]) == ("cancelled", "cancelled on request")
        assert (paths(index), index.generation) == ([], 0)
        again = client.delete(f"/v1/jobs/{job_id}")
        assert (again.status_code, again.json()["detail"]) == (
            409,
            f"the job {job_id} has ended (cancelled on request); there is nothing to cancel",
        )

    def test_one_that_another_process_runs_is_seen_and_asked_to_stop(
        self, client: TestClient, index: Library
    ) -> None:
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

    def test_others_have_no_such_job_and_administrators_have_all(
        self, signed: TestClient, sign_in: SignIn, index: Library
    ) -> None:
        ana, bea = (token_of(sign_in, name) for name in ("ana", "bea"))
        root = token_of(sign_in, "root")
        of_ana = accepted(
            signed.post("/v1/documents", files={"file": ("a.txt", GATE)}, data=BACKGROUND, headers=ana)
        )
        of_nobody = Jobs(index.catalog).create("sync").id
        assert [job["id"] for job in signed.get("/v1/jobs", headers=ana).json()["jobs"]] == [of_ana]
        assert signed.get("/v1/jobs", headers=bea).json() == {"jobs": [], "busy": True}
        for headers, job_id in ((bea, of_ana), (bea, of_nobody), (ana, of_nobody)):
            for method in ("GET", "DELETE"):
                refused = signed.request(method, f"/v1/jobs/{job_id}", headers=headers)
                unknown = signed.request(method, "/v1/jobs/abc", headers=headers)
                assert refused.status_code == 404
                assert refused.json()["detail"] == unknown.json()["detail"].replace("abc", job_id)
        listed = signed.get("/v1/jobs", headers=root).json()["jobs"]
        assert [job["id"] for job in listed] == [of_nobody, of_ana]
        assert signed.delete(f"/v1/jobs/{of_nobody}", headers=root).json()["state"] == "cancelled"
        wait_until(lambda: not signed.get("/v1/jobs", headers=bea).json()["busy"])
        assert signed.get(f"/v1/jobs/{of_ana}", headers=ana).json()["state"] == "done"

    def test_a_sync_of_another_sender_is_not_joined(
        self, signed: TestClient, sign_in: SignIn, held: Held, folder: Path
    ) -> None:
        del folder
        ana, bea = (token_of(sign_in, name) for name in ("ana", "bea"))
        held.hold()
        accepted(signed.post("/v1/index/sync", headers=ana))
        assert held.reached.wait(PATIENCE)
        waiting = [accepted(signed.post("/v1/index/sync", headers=each)) for each in (ana, bea, ana, bea)]
        assert waiting[:2] == waiting[2:]
        assert waiting[0] != waiting[1]
        assert signed.get(f"/v1/jobs/{waiting[1]}", headers=bea).json()["state"] == "waiting"
        held.go_on.set()

    def test_its_counts_are_of_reports_that_the_sender_may_see(
        self, signed: TestClient, sign_in: SignIn, index: Library, held: Held, folder: Path
    ) -> None:
        write(folder / "board" / "plan.txt", "The board paid 4.2 million euros to the Quillfeather family.")
        write(folder / "board" / "broken.pdf", "%PDF-1.7 and nothing more")
        CollectionLimits(index.catalog, sign_in.accounts).limit("board", ["bea"])
        ana, bea = (token_of(sign_in, name) for name in ("ana", "bea"))
        held.hold()
        job_id = accepted(signed.post("/v1/index/sync", headers=ana))
        assert held.reached.wait(PATIENCE)
        none = {"done": 0, "of": 0}
        running = signed.get(f"/v1/jobs/{job_id}", headers=ana).json()
        assert (running["state"], running["files"], running["passages"], running["seconds_left"]) == (
            *("running", none, none, None),
        )
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


class TestUpload:
    def test_a_file_is_accepted_and_becomes_a_document(self, client: TestClient, index: Library) -> None:
        job = ended(client, accepted(send(client, "gate.txt", GATE.encode(), author="Ada Varro")))
        [record] = index.catalog.documents()
        assert (job["kind"], job["state"], job["result"]) == (
            "upload",
            "done",
            {"document_id": record.document_id, "version": 1, "path": "gate.txt", "passages": 1},
        )
        assert (job["files"], job["passages"]) == ({"done": 1, "of": 1}, {"done": 1, "of": 1})
        document = client.get(f"/v1/documents/{record.document_id}").json()
        assert (document["author"], document["uploaded"]) == ("Ada Varro", True)
        kept = sorted(path.name for path in (index.home / "uploads").iterdir())
        assert kept == ["gate.txt"]

    def test_one_that_cannot_be_read_fails_and_leaves_nothing(
        self, client: TestClient, index: Library, caplog: pytest.LogCaptureFixture
    ) -> None:
        job = ended(client, accepted(send(client, "gate.pdf", b"%PDF-1.7 no more")))
        assert (job["state"], job["result"]) == ("failed", None)
        assert job["message"].startswith("gate.pdf: is broken: its structure cannot be read; ")
        # The job ends before its folder is removed.
        wait_until(lambda: list((index.home / "uploads").iterdir()) == [])
        [logged] = caplog.records
        assert (logged.levelname, logged.exc_info) == ("WARNING", None), "it is the file's fault"
        assert logged.getMessage() == f"job {job['id']} failed: {job['message']}"

    @pytest.mark.parametrize(
        ("data", "published", "detail"),
        [
            (b"x" * 2_200_000, "", "has more than the 2 MB"),
            (GATE.encode(), "soon", "has the detail published: 'soon'"),
        ],
    )
    def test_what_cannot_be_kept_is_refused_at_once(
        self, client: TestClient, index: Library, data: bytes, published: str, detail: str
    ) -> None:
        response = send(client, "gate.txt", data, published=published)
        assert response.status_code == 422
        assert response.json()["detail"].startswith(f"gate.txt: {detail}")
        assert list((index.home / "uploads").iterdir()) == []
        assert client.get("/v1/jobs").json() == {"jobs": [], "busy": False}

    def test_cancelled_while_it_is_embedded_it_leaves_the_former_one(
        self, client: TestClient, index: Library, held: Held
    ) -> None:
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
