"""The whole server: its health, its readiness, its documentation, and how it loads its models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import anyio
import pytest
from starlette.testclient import TestClient

from index.embedding import open_encoder
from index.errors import VectorsUnreachableError
from index.library import NO_FILTERS, Library
from rag.conversations.history import NO_CONVERSATION
from rag.engine import QueryEngine
from rag.finding.reading import BundledReader
from tests.support.markup import ENGLISH
from tests.support.processes import ROOT
from tests.support.talks import UNCHANGED, ask
from ui import opening
from ui.app import create_app
from ui.page.conversation import ShownConversation
from ui.page.events import ChatEvents
from ui.page.head import locale_in
from ui.page.markup.answer import failure_markup
from ui.page.partial_answer import PartialAnswer, partial_answers, partial_markup
from ui.settings import Settings, home_id


def test_health_says_which_home_it_is_the_server_of(
    seed_index: Library, seed_engine: QueryEngine, seed_client: TestClient, tmp_path: Path
) -> None:
    assert seed_client.get("/healthz").json() == {"status": "ok"}
    app = create_app(seed_index, seed_engine, Settings(home=tmp_path))
    assert TestClient(app).get("/healthz").json() == {"status": "ok", "home": home_id(tmp_path)}


def test_a_running_server_returns_free_memory(index: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    returned = Event()
    monkeypatch.setattr("ui.app.give_back", returned.set)
    monkeypatch.setattr("ui.app._MEMORY_SECONDS", 0.01)
    with TestClient(create_app(index, QueryEngine(index))):
        assert returned.wait(60)


def test_the_documentation_has_every_route_and_the_description_loads_nothing_from_elsewhere(
    seed_client: TestClient,
) -> None:
    described = seed_client.get("/openapi.json").json()["paths"]
    routes = {
        f"{method.upper()} {re.sub(r'{[a-z]+_id}', '{id}', path)}"
        for path, methods in described.items()
        for method in methods
    }
    _, _, table = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8").partition("## All routes")
    assert set(re.findall(r"^\| `([A-Z]+ [^`]+)` \|", table, re.MULTILINE)) == routes
    assert "://" not in seed_client.get("/docs").text
    assert seed_client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200


# While the models are loaded

QUESTION = "How many suspects were arrested, and over how many days?"
DETAIL = "the server is loading its models; try again in 5 seconds"
QUESTIONS = {
    "/v1/chat": {"question": QUESTION},
    "/v1/search": {"query": QUESTION},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}]},
}


@pytest.fixture
def engine(seed_index: Library) -> QueryEngine:
    """An engine whose models are not loaded."""
    engine = QueryEngine(seed_index)
    engine.is_warming = True
    return engine


@pytest.fixture
def client(engine: QueryEngine) -> Iterator[TestClient]:
    with TestClient(create_app(engine.index, engine)) as client:
        yield client


def soon(engine: QueryEngine) -> None:
    """Load the models of ``engine`` in half a second."""
    Timer(0.5, engine.warm_up).start()


def test_it_answers_what_needs_no_model_and_is_not_ready_until_they_are_loaded(
    client: TestClient, engine: QueryEngine
) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    early = client.get("/readyz")
    assert (early.status_code, early.headers["Retry-After"]) == (503, "5")
    assert early.json()["detail"] == DETAIL
    page = client.get("/")
    assert page.status_code == 200
    assert "fn-question" in page.text
    [first, *_] = client.get("/v1/documents").json()["documents"]
    assert client.get(f"/v1/documents/{first['document_id']}/text").status_code == 200
    assert client.post("/v1/chat", json={"question": 7}).status_code == 422
    engine.warm_up()
    ready = {"status": "ready", "generation": engine.index.generation, "building": None}
    assert client.get("/readyz").json() == ready


def test_the_models_are_loaded_although_milvus_is_away(
    client: TestClient, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_library: Library) -> None:
        raise VectorsUnreachableError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(Library, "snapshot", away)
        engine.warm_up()
        reply = client.post("/v1/search", json=QUESTIONS["/v1/search"])
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert client.get("/readyz").status_code == 200


def test_a_question_waits_for_the_models(client: TestClient, engine: QueryEngine) -> None:
    for route, body in QUESTIONS.items():
        engine.is_warming = True
        soon(engine)
        answered = client.post(route, json=body)
        assert answered.status_code == 200
        assert "cambodia-scam-raids.md" in answered.text
        assert not engine.is_warming


def test_a_question_does_not_wait_for_ever(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "WAIT_SECONDS", 0.2)
    for route, body in QUESTIONS.items():
        refused = client.post(route, json=body)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.json()["detail"] == DETAIL


def test_the_page_says_what_a_question_waits_for(engine: QueryEngine) -> None:
    async def shown() -> list[PartialAnswer]:
        answers = partial_answers(engine, QUESTION, NO_FILTERS, NO_CONVERSATION)
        return [partial async for partial in answers]

    soon(engine)
    first, second, *_, last = anyio.run(shown)
    assert partial_markup(first, ENGLISH) == '<div class="fn-waiting">Loading the models…</div>'
    assert partial_markup(first, locale_in("vi")) == '<div class="fn-waiting">Đang tải các mô hình…</div>'
    assert partial_markup(second, ENGLISH).startswith('<div class="fn-waiting">Searching')
    assert last.answer is not None
    assert not last.answer.abstained


def test_the_page_gives_a_question_back_that_waited_too_long(
    engine: QueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "WAIT_SECONDS", 0.2)
    conversation = ShownConversation()
    updates = ask(ChatEvents(engine, UNCHANGED), QUESTION, conversation)
    assert updates[-1][0] == QUESTION
    [exchange] = conversation.exchanges
    assert exchange.markup == failure_markup("The server is still loading its models. Ask again in a minute.")


def test_the_models_of_an_empty_library_are_loaded_too(tmp_path: Path) -> None:
    encoder, reader = open_encoder(), BundledReader()
    with Library.open(tmp_path, encoder) as empty:
        engine = QueryEngine(empty, reader)
        engine.is_warming = True
        engine.warm_up()
    assert encoder._loaded is not None
    assert reader._model is not None
    assert not engine.is_warming
