"""The language model is chosen and tested over HTTP, from this machine only; its key goes nowhere else."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from benchmarks.writing import smollm2
from index.library import Library
from rag.engine import QueryEngine
from rag.llm import discovery
from rag.llm.discovery import OLLAMA, Place
from rag.llm.providers import LlamaServer
from tests.support.model_lists import list_server, ollama_list, openai_list
from tests.support.model_server import KNOWN, ModelServer, citing, model_server
from tests.ui.http.conftest import problem
from ui.app import create_app
from ui.settings import PREFIX, Settings, load_settings
from ui.stored_model import MODEL_FILE

OWN = "http://127.0.0.1:7860"

HERE = ("127.0.0.1", 50_000)

PARTNER = "https://desk.example"

KEY = "sk-hunter2-of-the-desk"

ARRESTS = "How many suspects were arrested, and over how many days?"

DENS = "How many scam dens does Amnesty International know of in Cambodia?"

ROUTES = [
    *(("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/reload")),
    *(("POST", "/list"), ("GET", "/servers")),
]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


@pytest.fixture
def far() -> Iterator[ModelServer]:
    """A server with OpenAI's protocol."""
    with model_server() as server:
        yield server


def served(engine: QueryEngine, settings: Settings, client: tuple[str, int] = HERE) -> TestClient:
    app = create_app(engine.index, engine, settings)
    return TestClient(app, base_url=OWN, client=client)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", llm_folder=tmp_path / "more")


@pytest.fixture
def engine(seed_index: Library) -> QueryEngine:
    return QueryEngine(seed_index)


@pytest.fixture
def client(engine: QueryEngine, settings: Settings) -> Iterator[TestClient]:
    yield served(engine, settings)
    engine.set_writer(None)


def wanted(far: ModelServer, **changes: object) -> dict[str, object]:
    return {"provider": "openai", "model": "small", "address": far.address, "key": None} | changes


def place(far: ModelServer, **changes: object) -> dict[str, object]:
    return {name: value for name, value in wanted(far, **changes).items() if name != "model"}


def stored(settings: Settings) -> Any:  # noqa: ANN401 (JSON)
    return json.loads((settings.home / MODEL_FILE).read_text(encoding="utf-8"))


def test_without_a_model_answers_are_quoted(client: TestClient) -> None:
    assert client.get("/v1/model").json() == {
        "name": None,
        "provider": None,
        "model": None,
        "address": None,
        "has_key": False,
        "set_by": None,
        "chooser": "machine",
        "changeable": True,
        "why_not": None,
        "files": [],
        "trouble": None,
    }


def test_a_chosen_model_writes_answers_until_it_is_removed(
    client: TestClient, far: ModelServer, settings: Settings, seed_index: Library
) -> None:
    far.reply = citing(KNOWN, KNOWN)
    response = client.put("/v1/model", json=wanted(far, key=KEY))
    assert response.status_code == 200, response.text
    shown = response.json()
    assert (shown["name"], shown["address"], shown["has_key"]) == ("small", far.address, True)
    assert stored(settings) == wanted(far, key=KEY)
    assert stat.S_IMODE((settings.home / MODEL_FILE).stat().st_mode) == 0o600
    answer = client.post("/v1/chat", json={"question": DENS}).json()
    assert (answer["model"], answer["text"]) == ("small", KNOWN)
    assert (answer["timings"]["prompt_tokens"], far.keys) == (300, [f"Bearer {KEY}"])
    # A server that starts again has the chosen model.
    engine = QueryEngine(seed_index)
    again = served(engine, settings).get("/v1/model").json()
    assert (again["name"], again["has_key"]) == ("small", True)
    engine.set_writer(None)
    assert client.delete("/v1/model").json()["name"] is None
    assert not (settings.home / MODEL_FILE).exists()
    quoted = client.post("/v1/chat", json={"question": ARRESTS}).json()
    assert (quoted["model"], "prompt_tokens" in quoted["timings"], len(far.keys)) == ("quoted", False, 1)


def test_a_key_goes_to_no_other_server(client: TestClient, far: ModelServer, settings: Settings) -> None:
    client.put("/v1/model", json=wanted(far, key=KEY))
    client.put("/v1/model", json=wanted(far, model="larger"))
    assert stored(settings)["key"] == KEY
    with model_server() as other:
        assert client.post("/v1/model/test", json=wanted(other)).status_code == 200
        assert client.put("/v1/model", json=wanted(other)).json()["has_key"] is False
        assert client.post("/v1/model/test").status_code == 200
        assert KEY not in "".join(other.keys)
    assert stored(settings)["key"] is None
    # An empty key removes the stored one.
    assert client.put("/v1/model", json=wanted(far, key=KEY)).json()["has_key"] is True
    assert client.put("/v1/model", json=wanted(far, key="")).json()["has_key"] is False
    assert stored(settings)["key"] is None


def test_no_response_and_no_log_has_the_key(
    client: TestClient, far: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    far.refusal = (401, f"the key {KEY} is wrong")
    responses = [
        client.put("/v1/model", json=wanted(far, key=KEY)),
        client.get("/v1/model"),
        client.post("/v1/model/test"),
        client.post("/v1/model/test", json=wanted(far, key=KEY)),
        client.post("/v1/model/list", json=place(far, key=KEY)),
        client.post("/v1/model/list", json=place(far)),
        client.post("/v1/model/list", json=place(far, key=f"{KEY} x")),
        client.post("/v1/model/reload"),
        client.post("/v1/chat", json={"question": ARRESTS}),
        client.put("/v1/model", json=wanted(far, key=KEY, provider="no-such-house")),
        client.put("/v1/model", json=wanted(far, key=f"{KEY} x")),
        client.put("/v1/model", json=wanted(far, key=KEY, other=1)),
        client.put("/v1/model", json=wanted(far, key=[KEY])),
        client.get("/"),
    ]
    assert [response.status_code for response in responses] == [
        *(200, 200, 502, 502, 502, 502, 422, 200, 200),
        *(422, 422, 422, 422, 200),
    ]
    assert f"Bearer {KEY}" in far.keys
    assert KEY not in "".join(response.text for response in responses)
    ours = [record for record in caplog.records if not record.name.startswith(("openai", "httpcore"))]
    assert KEY not in "".join(record.getMessage() for record in ours)


def test_nobody_else_than_the_own_page_chooses(engine: QueryEngine, tmp_path: Path, far: ModelServer) -> None:
    settings = load_settings(home=tmp_path).model_copy(
        update={"allowed_hosts": ("desk.example",), "allowed_origins": (PARTNER,)}
    )
    here = served(engine, settings)
    here.put("/v1/model", json=wanted(far, key=KEY))
    cases: tuple[tuple[tuple[str, int], dict[str, str]], ...] = (
        (("10.0.0.7", 1), {}),
        (("testclient", 1), {}),
        (HERE, {"Host": "desk.example"}),
        (HERE, {"X-Forwarded-For": "10.0.0.7"}),
        (HERE, {"Forwarded": "for=10.0.0.7"}),
        (HERE, {"X-Real-IP": "10.0.0.7"}),
        (HERE, {"Origin": PARTNER}),
        (HERE, {"Origin": "http://127.0.0.1:7861"}),
        (HERE, {"Origin": "null"}),
        (HERE, {"Sec-Fetch-Site": "cross-site"}),
    )
    for where, headers in cases:
        elsewhere = TestClient(here.app, base_url=OWN, client=where)
        for method, route in ROUTES:
            elsewhere_too = wanted(far, address="http://10.0.0.8/v1")
            body = {"": elsewhere_too, "/list": place(far)}.get(route)
            response = elsewhere.request(method, f"/v1/model{route}", json=body, headers=headers)
            assert (response.status_code, KEY in response.text) == (403, False), (headers, method, route)
        assert stored(settings)["address"] == far.address
        shown = elsewhere.get("/v1/model", headers=headers)
        if shown.status_code == 200:
            seen = shown.json()
            assert [seen[name] for name in ("name", "changeable", "model", "address", "has_key")] == [
                *("small", False, None, None, False)
            ]
            assert far.address not in shown.text
    assert far.keys == []
    engine.set_writer(None)


def test_a_setting_is_not_overruled(
    engine: QueryEngine, far: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTED_LLM", "none")
    client = served(engine, load_settings(home=tmp_path))
    shown = client.get("/v1/model").json()
    assert (shown["set_by"], shown["changeable"]) == ("FOOTNOTED_LLM", False)
    assert shown["why_not"] == "FOOTNOTED_LLM sets it."
    assert problem(client.put("/v1/model", json=wanted(far)), 409) == (
        "FOOTNOTED_LLM sets the language model; change or remove it there"
    )
    assert not (tmp_path / MODEL_FILE).exists()
    for refused in (client.post("/v1/model/list", json=place(far)), client.get("/v1/model/servers")):
        assert refused.status_code == 409


def test_a_model_is_tested_without_being_chosen(client: TestClient, far: ModelServer) -> None:
    trial = client.post("/v1/model/test", json=wanted(far, key=KEY))
    assert trial.status_code == 200, trial.text
    assert (trial.json()["prompt_tokens"], trial.json()["completion_tokens"]) == (300, 12)
    assert 0 <= trial.json()["seconds"] < 20
    # The server replies "Ready." at once to everything, and lists nothing.
    said = [trial.json()[name] for name in ("streams", "structured", "context_tokens", "small")]
    assert said == [False, False, None, False]
    assert client.get("/v1/model").json()["name"] is None
    assert problem(client.post("/v1/model/test"), 409) == "no language model is chosen; choose one first"
    for reply in ("", "  \n"):
        far.reply = lambda _, reply=reply: reply  # type: ignore[misc]
        told = problem(client.post("/v1/model/test", json=wanted(far)), 502)
        assert told.startswith("small gave an empty reply; check the address http://127.0.0.1:")
    nowhere = client.post("/v1/model/test", json=wanted(far, address="http://127.0.0.1:1/v1"))
    assert problem(nowhere, 502) == (
        "small could not be asked: its server could not be reached (APIConnectionError: Connection error.); "
        "check the address http://127.0.0.1:1/v1, the model's name and the key"
    )


def test_a_server_lists_its_models_and_gets_the_stored_key(client: TestClient, settings: Settings) -> None:
    sent = openai_list("qwen3-1.7b", "large", owner="somebody", max_model_len=32_768)
    with list_server({"/v1/models": sent}) as far, list_server({"/v1/models": sent}) as other:
        there = {"provider": "openai", "address": f"{far.root}/v1"}
        response = client.post("/v1/model/list", json=there)
        assert response.status_code == 200, response.text
        assert response.json()["models"] == [
            {"name": "large", "context_tokens": 32_768, "small": False},
            {"name": "qwen3-1.7b", "context_tokens": 32_768, "small": True},
        ]
        client.put("/v1/model", json={**there, "model": "large", "key": KEY})
        client.post("/v1/model/list", json=there)
        client.post("/v1/model/list", json={**there, "key": ""})
        client.post("/v1/model/list", json={**there, "key": "another"})
        sent_keys = [headers.get("authorization") for headers in far.headers]
        # The second one asks for the context of the model that was chosen.
        assert sent_keys == [None, f"Bearer {KEY}", f"Bearer {KEY}", None, "Bearer another"]
        # The key for one server goes to no other one, and to no other provider at its address.
        client.post("/v1/model/list", json={"provider": "openai", "address": f"{other.root}/v1"})
        client.post("/v1/model/list", json={**there, "provider": "llamacpp"})
        assert other.headers[0].get("authorization") is far.headers[5].get("authorization") is None
        assert stored(settings)["key"] == KEY


def test_a_list_that_cannot_be_had_is_told(client: TestClient, far: ModelServer) -> None:
    nowhere = "http://127.0.0.1:1/v1"
    cases = (
        (place(far, address=nowhere), 502, f"the models of {nowhere} cannot be listed: its server could not"),
        (
            place(far, address="file:///etc/passwd"),
            422,
            "the address is 'file:///etc/passwd'; it must be a URL",
        ),
        (place(far, address="http://me:you@host/v1"), 422, "the address has a user name or a password"),
        (place(far, provider="Open AI"), 422, "provider: String should match pattern"),
        (place(far, provider="mistralai"), 422, "the provider 'mistralai' has no list of models"),
        (place(far, key="sk 1"), 422, "the key has a space"),
        (wanted(far), 422, "model: "),
    )
    for body, status, detail in cases:
        assert problem(client.post("/v1/model/list", json=body), status).startswith(detail)


def test_files_are_listed_with_their_contexts_and_without_further_parts(
    client: TestClient, settings: Settings
) -> None:
    settings.models.mkdir(parents=True)
    names = ("big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "mmproj-F16.gguf", "small.gguf")
    for name in names[:3]:
        (settings.models / name).write_bytes(b"GGUF")
    (settings.models / "small.gguf").symlink_to(smollm2())
    assert client.post("/v1/model/list", json={"provider": "llamacpp"}).json()["models"] == [
        {"name": str(settings.models / names[0]), "context_tokens": None, "small": True},
        {"name": str(settings.models / names[3]), "context_tokens": 8192, "small": True},
    ]


def test_servers_on_this_machine_are_offered(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with list_server({"/api/tags": ollama_list(qwen3_8b="8.2B")}) as far:
        # Other programs may listen on the usual ports of the machine that runs the tests.
        monkeypatch.setattr(discovery, "PLACES", (Place(far.port, OLLAMA),))
        assert client.get("/v1/model/servers").json()["servers"] == [
            {
                "name": "Ollama",
                "provider": "ollama",
                "address": far.root,
                "models": [{"name": "qwen3:8b", "context_tokens": None, "small": False}],
            }
        ]


def test_what_cannot_be_used_is_told(client: TestClient, far: ModelServer, settings: Settings) -> None:
    client.put("/v1/model", json=wanted(far, model="first"))
    no_url, no_key = "it must be a URL", "the key has a space or a character that no key has; copy it again"
    link_local = "the language model's address is 'http://{}', which leads to the link-local"
    cases: tuple[tuple[dict[str, object], str], ...] = (
        ({"provider": "Open AI"}, "provider: String should match pattern"),
        ({"model": " "}, "the model has no name; give its name at the provider, or a GGUF file"),
        ({"address": "ftp://host/v1"}, f"the address is 'ftp://host/v1'; {no_url}"),
        ({"address": "http://"}, f"the address is 'http://'; {no_url}"),
        ({"address": "file:///etc/passwd"}, f"the address is 'file:///etc/passwd'; {no_url}"),
        (
            {"address": f"http://me:{KEY}@host/v1"},
            "the address has a user name or a password; leave them out",
        ),
        ({"address": "http://169.254.169.254/latest"}, link_local.format("169.254.169.254/latest")),
        ({"address": "http://2852039166/"}, link_local.format("2852039166/")),
        ({"model": "a\x00b"}, "model: has a NUL character or half a surrogate pair"),
        ({"address": "http://a\x00b"}, "address: has a NUL character or half a surrogate pair"),
        ({"model": "x" * 1001}, "model: String should have at most 1000 characters"),
        ({"key": "\x00"}, no_key),
        ({"key": "sk 1"}, no_key),
        ({"key": "sk\r\nX: 1"}, no_key),
        ({"provider": "no-such-house"}, "the provider 'no-such-house' needs a package that is not installed"),
    )
    for changes, detail in cases:
        for method, route in (("PUT", ""), ("POST", "/test")):
            response = client.request(method, f"/v1/model{route}", json=wanted(far, **changes))
            assert problem(response, 422).startswith(detail)
            assert KEY not in response.text
    assert (client.get("/v1/model").json()["name"], stored(settings)["model"]) == ("first", "first")


def test_only_files_of_two_folders_are_offered(
    client: TestClient, settings: Settings, tmp_path: Path, far: ModelServer
) -> None:
    client.put("/v1/model", json=wanted(far))
    own, more = settings.models / "a.gguf", tmp_path / "more" / "B.GGUF"
    elsewhere = tmp_path / "c.gguf"
    for file in (own, more, elsewhere, settings.models / "deeper" / "d.gguf", settings.models / "e.txt"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"GGUF")
    assert client.get("/v1/model").json()["files"] == [str(own), str(more)]
    for name in (elsewhere, settings.models / ".." / ".." / "c.gguf", Path("/etc/passwd"), Path("a.gguf")):
        for method, route in (("PUT", ""), ("POST", "/test")):
            body = {"provider": "llamacpp", "model": str(name)}
            told = problem(client.request(method, f"/v1/model{route}", json=body), 422)
            assert "is not one of those that this server offers" in told
    broken = client.put("/v1/model", json={"provider": "llamacpp", "model": str(own)})
    assert problem(broken, 422).startswith(f"{str(own)!r} cannot be loaded by llama.cpp")
    assert client.get("/v1/model").json()["name"] == "small"


def test_a_file_is_loaded_once_and_let_go(
    client: TestClient, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[LlamaServer] = []
    load, close = LlamaServer.__init__, LlamaServer.close

    def loading(server: LlamaServer, *arguments: Any, **more: Any) -> None:  # noqa: ANN401 (as given)
        load(server, *arguments, **more)
        loaded.append(server)

    def closing(server: LlamaServer) -> None:
        close(server)
        loaded.remove(server)

    monkeypatch.setattr(LlamaServer, "__init__", loading)
    monkeypatch.setattr(LlamaServer, "close", closing)
    file = tmp_path / "more" / "smollm2.gguf"
    file.parent.mkdir()
    file.symlink_to(smollm2())
    body = {"provider": "llamacpp", "model": str(file)}
    assert client.put("/v1/model", json=body).json()["name"] == "smollm2"
    for tried in (client.post("/v1/model/test"), client.post("/v1/model/test", json=body)):
        assert tried.status_code == 200, tried.text
        assert tried.json()["completion_tokens"] > 0
        assert len(loaded) == 1
    assert client.get("/v1/model").json()["files"] == [str(file)]
    assert stored(settings) == {**body, "address": None, "key": None}
    client.delete("/v1/model")
    assert loaded == []


@pytest.mark.slow
def test_a_stored_file_that_appears_later_can_be_tested(engine: QueryEngine, settings: Settings) -> None:
    settings.home.mkdir()
    file = settings.home.parent / "later.gguf"
    body = {"provider": "llamacpp", "model": str(file)}
    (settings.home / MODEL_FILE).write_text(json.dumps(body), encoding="utf-8")
    client = served(engine, settings)
    assert "does not exist" in client.get("/v1/model").json()["trouble"]
    file.symlink_to(smollm2())
    assert client.post("/v1/model/test", json=body).json()["completion_tokens"] > 0


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("{", "cannot be read (JSONDecodeError); choose the language model again"),
        ('["openai"]', "cannot be read (AttributeError); choose the language model again"),
        ('{"provider": "llamacpp", "model": "/nowhere/a.gguf"}', "'/nowhere/a.gguf' does not exist"),
    ],
)
def test_a_stored_model_that_cannot_be_opened_leaves_quotes_and_a_reason(
    engine: QueryEngine, settings: Settings, text: str, trouble: str
) -> None:
    settings.home.mkdir()
    (settings.home / MODEL_FILE).write_text(text, encoding="utf-8")
    client = served(engine, settings)
    shown = client.get("/v1/model").json()
    assert (shown["name"], shown["changeable"]) == (None, True)
    assert trouble in shown["trouble"]
    assert trouble in client.post("/v1/model/test").json()["detail"]
    assert client.post("/v1/chat", json={"question": ARRESTS}).json()["model"] == "quoted"
    assert client.delete("/v1/model").json()["trouble"] is None
