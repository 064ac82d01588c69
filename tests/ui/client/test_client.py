"""The clients of a server and of a library in this process give the same results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from benchmarks.app_server import serving_app
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.answers import Answer
from rag.engine import QueryEngine
from rag.errors import QuestionError
from rag.events import AnswerDone, CitationMade, Token
from tests.support.web_host import web_host
from ui.accounts import Accounts, Scope, SignIn
from ui.app import create_app
from ui.client import AsyncClient, Client, Filters, LocalClient, ProblemError, SearchResponse
from ui.errors import ServerGoneError
from ui.settings import Settings

T = TypeVar("T")

SEEDS = Path(__file__).parents[3] / "seeds"
PIN = "rust in the pin of gate 3"
QUESTIONS = (
    "How many suspects were arrested, and over how many days?",
    "Why did gate 3 of the Maravel Dam fail?",
    "How many suspects were arested?",
    "What is the rainfall of Cambodia?",
)
FILTERS = (Filters(), Filters(kinds=("pdf",), published_after="2025-06"), Filters(document_ids=(1,)))


def timeless(found: SearchResponse) -> SearchResponse:
    return replace(found, took_ms=0)


def bare(answer: Answer) -> Answer:
    """An answer without what differs each time a question is asked."""
    return replace(answer, answer_id="", conversation_id=None, created="", timings={})


def bare_events(events: list[Any]) -> list[Any]:
    return [AnswerDone(bare(event.answer)) if isinstance(event, AnswerDone) else event for event in events]


def waited(client: AsyncClient, ask: Callable[[AsyncClient], Any]) -> Any:  # noqa: ANN401 (of any method)
    """The result of a method of the asynchronous client, or the list of all that it yields."""

    async def run() -> Any:  # noqa: ANN401
        async with client:
            asked = ask(client)
            return [each async for each in asked] if isinstance(asked, AsyncIterator) else await asked

    return asyncio.run(run())


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_searches_are_the_same_everywhere(
    client: Client, local: LocalClient, address: str, filters: Filters
) -> None:
    here = local.search(PIN, 4, filters)
    assert 0 < len(here.results) <= 4
    assert timeless(client.search(PIN, 4, filters)) == timeless(here)
    there = waited(AsyncClient(address), lambda asked: asked.search(PIN, 4, filters))
    assert timeless(there) == timeless(here)
    together = client.search_many([PIN, "scam dens"], 4, filters)
    assert list(map(timeless, together)) == [
        timeless(client.search(words, 4, filters)) for words in (PIN, "scam dens")
    ]
    assert list(map(timeless, local.search_many([PIN, "scam dens"], 4, filters))) == list(
        map(timeless, together)
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_are_the_same_everywhere(
    client: Client, local: LocalClient, address: str, question: str
) -> None:
    here = bare(local.ask(question))
    assert bare(client.ask(question)) == here
    assert bare(waited(AsyncClient(address), lambda asked: asked.ask(question))) == here
    assert client.ask(question, exact=True).searched_for is None


@pytest.mark.parametrize("question", QUESTIONS)
def test_events_are_the_same_everywhere(
    client: Client, local: LocalClient, address: str, question: str
) -> None:
    here = list(local.stream(question))
    there = list(client.stream(question))
    assert bare_events(there) == bare_events(here)
    later = waited(AsyncClient(address), lambda asked: asked.stream(question))
    assert bare_events(later) == bare_events(here)
    last = there[-1]
    assert isinstance(last, AnswerDone)
    assert "".join(event.text for event in there if isinstance(event, Token)) == last.answer.text
    cited = [event.citation for event in there if isinstance(event, CitationMade)]
    assert cited == list(last.answer.citations)


def test_documents_and_their_texts_are_the_same_everywhere(
    client: Client, local: LocalClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.client.calls.PAGE", 3)
    documents = list(client.documents())
    assert len(documents) == 7
    assert documents == list(local.documents())
    assert documents == waited(AsyncClient(address), lambda asked: asked.documents())
    number = documents[0].document_id
    assert client.text(number) == local.text(number)
    part = client.text(number, 1, 10, 30)
    assert part == local.text(number, 1, 10, 30)
    assert part == waited(AsyncClient(address), lambda asked: asked.text(number, 1, 10, 30))
    assert part.text == client.text(number).text[10:30]
    assert client.text(number, start=10**9) == local.text(number, start=10**9)


def test_a_history_makes_a_follow_up(client: Client, local: LocalClient) -> None:
    turns = [("user", "Why did gate 3 of the Maravel Dam fail?"), ("assistant", "A pin rusted.")]
    there, here = (asked.ask("And when?", history=turns) for asked in (client, local))
    assert there.standalone
    assert bare(there) == bare(here)


def test_a_document_is_added_asked_and_deleted(encoder: Encoder, tmp_path: Path, handed_on: None) -> None:
    del handed_on
    text = b"The council of Varda closed the third gate of the dam on Monday."
    with Library.open(tmp_path / "home", encoder) as index:
        engine = QueryEngine(index, keeps=True)
        with serving_app(create_app(index, engine)) as address, Client(address) as client:
            added = client.add("gate.txt", text, {"author": "R. Velland", "published": "2031-07"})
            assert (added.path, added.author, added.published) == ("gate.txt", "R. Velland", "2031-07")
            answer = client.ask("Who closed the third gate?")
            assert answer.citations[0].quote == text.decode()
            assert client.answer(answer.answer_id) == answer == LocalClient(engine).answer(answer.answer_id)
            follow = client.ask("And on which day?", conversation_id=answer.conversation_id)
            assert follow.conversation_id == answer.conversation_id
            later = waited(AsyncClient(address), lambda asked: asked.add("gate.txt", text + b" It rained."))
            assert (later.document_id, later.version) == (added.document_id, 2)
            client.delete(added.document_id)
            with pytest.raises(ProblemError) as caught:
                client.delete(added.document_id)
    assert caught.value.status == 404


def test_the_server_fetches_a_document_from_an_allowed_host(
    encoder: Encoder, tmp_path: Path, handed_on: None
) -> None:
    del handed_on
    with Library.open(tmp_path / "home", encoder) as index, web_host() as host:
        allowed = Settings(
            home=index.home, url_hosts=(f"127.0.0.1:{host.port}",), url_http=True, url_loopback=True
        )
        app = create_app(index, QueryEngine(index), allowed)
        with serving_app(app) as address, Client(address) as client:
            added = client.add_from_url(host.url("/gate.md"))
            assert (added.path, added.title, added.collection) == ("gate.md", "The gate", None)
            details = {"title": "Gate 3", "author": "R. Velland", "collection": "Dams"}
            other = waited(
                AsyncClient(address), lambda asked: asked.add_from_url(host.url("/x"), "dam.md", details)
            )
            assert other == next(each for each in client.documents() if each.path == "dam.md")
            assert (other.title, other.author, other.collection) == ("Gate 3", "R. Velland", "Dams")
            with pytest.raises(ProblemError, match=r"elsewhere\.example is not one of the hosts") as caught:
                client.add_from_url("http://elsewhere.example/gate.md")
            assert caught.value.status == 422
            with pytest.raises(ProblemError, match="the host answered 404") as caught:
                client.add_from_url(host.url("/missing.md"))
            assert caught.value.status == 502
        assert host.asked == ["/gate.md", "/x", "/missing.md"]


def test_a_refusal_is_the_problem_of_the_server(client: Client, local: LocalClient, address: str) -> None:
    with pytest.raises(ProblemError, match="limit: Input") as caught:
        client.search("gate", limit=0)
    assert caught.value.status == 422
    assert caught.value.problem["errors"][0]["field"] == "limit"
    with pytest.raises(ProblemError) as caught:
        list(client.stream("why " * 600))
    assert caught.value.problem["detail"].startswith("question: ")
    with pytest.raises(ProblemError, match="question: "):
        waited(AsyncClient(address), lambda asked: asked.ask(" "))
    with pytest.raises(QuestionError):
        local.ask(" ")


def test_a_server_that_is_not_there_is_named() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(ServerGoneError, match=r"127\.0\.0\.1:9"):
        client.search("gate")


def test_a_token_opens_a_server_where_people_sign_in(tmp_path: Path, encoder: Encoder) -> None:
    with closing(Accounts.open(tmp_path / "accounts")) as accounts, Library.open(tmp_path, encoder) as index:
        _, secret = accounts.tokens.add("reader", [Scope.READ])
        app = create_app(index, QueryEngine(index), sign_in=SignIn(accounts))
        with serving_app(app) as address:
            with Client(address, secret) as client:
                assert list(client.documents()) == []
                with pytest.raises(ProblemError, match="needs the scope 'ask'") as caught:
                    client.ask("Why?")
                assert caught.value.status == 403
            with Client(address) as nobody, pytest.raises(ProblemError) as unknown:
                list(nobody.documents())
            assert unknown.value.status == 401


def test_a_library_is_opened_by_its_folder(encoder: Encoder, tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [SEEDS / "cambodia-scam-raids.md"])
    with LocalClient.open(tmp_path / "home") as local:
        answer = local.ask(QUESTIONS[0])
        assert answer.citations[0].path == "cambodia-scam-raids.md"
        assert local.answer(answer.answer_id) == answer


def test_a_stream_that_ends_early_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_client: httpx.Client, request: httpx.Request, **_options: Any) -> httpx.Response:  # noqa: ANN401
        return httpx.Response(
            200, content=b'event: token\ndata: {"text": "A", "verdict": null}\n\n', request=request
        )

    monkeypatch.setattr(httpx.Client, "send", cut)
    with Client() as client:
        events = client.stream("Why?")
        assert next(events) == Token("A", None)
        with pytest.raises(ServerGoneError, match="before the answer was complete"):
            next(events)


def test_no_proxy_gets_a_request_to_this_machine(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Client(address) as client:
        assert client.search(PIN, 1).results
