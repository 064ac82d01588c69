"""The clients of a server and of a library give the same results; a busy server is asked again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.app_server import serving_app
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.answers import Answer
from rag.engine import QueryEngine
from rag.errors import QuestionError
from rag.events import AnswerDone, CitationMade, QuestionCorrected, SearchesPlanned, Token
from tests.support.web_host import web_host
from ui.accounts import Accounts, Scope, SignIn
from ui.app import create_app
from ui.client import AsyncClient, Client, Filters, LocalClient, ProblemError, SearchResponse
from ui.client.client import EventReader, Retries
from ui.errors import ServerGoneError
from ui.http.questions import server_sent_event
from ui.settings import Settings

T = TypeVar("T")

SEEDS = Path(__file__).parents[3] / "seeds"
PIN = "rust in the pin of gate 3"
QUICK = Retries(first_seconds=0.01)
QUESTIONS = (
    "How many suspects were arrested, and over how many days?",
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
def test_answers_and_their_events_are_the_same_everywhere(
    client: Client, local: LocalClient, address: str, question: str
) -> None:
    answer = bare(local.ask(question))
    assert bare(client.ask(question)) == answer
    assert bare(waited(AsyncClient(address), lambda asked: asked.ask(question))) == answer
    assert client.ask(question, exact=True).searched_for is None
    here = list(local.stream(question))
    there = list(client.stream(question))
    assert bare_events(there) == bare_events(here)
    later = waited(AsyncClient(address), lambda asked: asked.stream(question))
    assert bare_events(later) == bare_events(here)
    last = there[-1]
    assert isinstance(last, AnswerDone)
    assert bare(last.answer) == answer
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
    with (
        Client("http://127.0.0.1:9", retries=QUICK) as client,
        pytest.raises(ServerGoneError, match=r"127\.0\.0\.1:9"),
    ):
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


WORDS = ("One\u2028two\x85three.", " Four — “five”.", "")


def sent() -> bytes:
    blocks = [("corrected", {"searched_for": "why?"}), ("novelty", {"x": 1})]
    blocks += [("token", {"text": words, "verdict": "quoted"}) for words in WORDS]
    lines = [f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" for name, data in blocks]
    return ": ping\n\n".join(lines).encode()


@given(st.lists(st.integers(0, len(sent())), max_size=8), st.booleans())
def test_the_parts_of_a_stream_make_no_difference(cuts: list[int], windows: bool) -> None:
    stream = sent().replace(b"\n", b"\r\n") if windows else sent()
    edges = [0, *sorted(cuts), len(stream)]
    reader = EventReader()
    events = [event for start, end in pairwise(edges) for event in reader.feed(stream[start:end])]
    assert events == [QuestionCorrected("why?"), *(Token(words, "quoted") for words in WORDS)]


def test_the_planned_searches_are_read_as_they_were_sent() -> None:
    planned = SearchesPlanned(("Wer wurde „verhaftet“?", "why?"))
    event = server_sent_event(planned)
    line = f"event: {event['event']}\ndata: {event['data']}\n\n"
    assert list(EventReader().feed(line.encode())) == [planned]


def test_an_error_is_raised_as_the_problem_that_it_is() -> None:
    problem = {"status": 503, "title": "Service Unavailable", "detail": "The server is stopping."}
    with pytest.raises(ProblemError, match="stopping") as caught:
        list(EventReader().feed(f"event: error\ndata: {json.dumps(problem)}\n\n".encode()))
    assert (caught.value.status, caught.value.problem) == (503, problem)


FOUND = {"query": "gate", "results": [], "took_ms": 1.0, "generation": 3}


class Busy(ThreadingHTTPServer):
    """A server that is busy for some requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.received: list[tuple[str, bytes]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Busy)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, body))
        status, headers = self.server.refusals.pop(0) if self.server.refusals else (200, {})
        problem = {"title": "Busy", "status": status, "detail": "Too many wait."}
        content = json.dumps(FOUND if status == 200 else problem).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002, ANN401 (as its parent has it)
        """Say nothing."""


@pytest.fixture
def busy() -> Iterator[Busy]:
    with Busy() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_busy_server_is_asked_again(busy: Busy) -> None:
    refusals = [(503, {}), (429, {"Retry-After": "0"}), (503, {"Retry-After": "soon"})]
    busy.refusals = list(refusals)
    with Client(busy.address, retries=QUICK) as client:
        assert client.search("gate").generation == 3
    busy.refusals = list(refusals)
    later = AsyncClient(busy.address, retries=QUICK)
    assert waited(later, lambda asked: asked.search("gate")).generation == 3
    assert len(busy.received) == 8
    assert len(set(busy.received)) == 1


def test_an_upload_is_sent_again_whole(busy: Busy) -> None:
    busy.refusals = [(503, {}), (507, {})]
    with Client(busy.address, retries=QUICK) as client, pytest.raises(ProblemError) as caught:
        client.add("gate.txt", b"Gate 3 failed.")
    assert caught.value.status == 507
    first, second = busy.received
    assert b"Gate 3 failed." in second[1]
    assert len(first[1]) == len(second[1])


@pytest.mark.parametrize(
    ("refusals", "requests"),
    [([(503, {})] * 9, 5), ([(500, {})], 1), ([(404, {})], 1), ([(503, {"Retry-After": "3600"})], 1)],
)
def test_what_no_pause_helps_is_raised(
    busy: Busy, refusals: list[tuple[int, dict[str, str]]], requests: int
) -> None:
    busy.refusals = list(refusals)
    with (
        Client(busy.address, retries=QUICK) as client,
        pytest.raises(ProblemError, match="Too many wait") as caught,
    ):
        client.search("gate")
    assert caught.value.status == refusals[0][0]
    assert len(busy.received) == requests


def pause(repetitions: int, status: int, **headers: str) -> float | None:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Retries().pause(repetitions, httpx.Response(status, headers=fields))


def test_a_pause_is_what_the_server_asks_for_or_doubles() -> None:
    assert pause(0, 503, retry_after="7") == pause(3, 429, retry_after="7") == 7
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 18 < (pause(0, 503, retry_after=later) or 0) <= 20
    assert pause(0, 503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for repetitions in range(4):
        assert 0.25 * 2**repetitions <= (pause(repetitions, 503) or 0) <= 0.5 * 2**repetitions
        assert Retries().pause(repetitions, httpx.ConnectError("refused")) is not None
    assert pause(4, 503) is None
    assert pause(0, 200) is None
    assert Retries(most=0).pause(0, httpx.ConnectError("refused")) is None


@pytest.mark.parametrize(("status", "reason"), [(502, "Bad Gateway"), (308, "Permanent Redirect")])
def test_a_response_of_a_proxy_is_a_problem_too(
    busy: Busy, monkeypatch: pytest.MonkeyPatch, status: int, reason: str
) -> None:
    monkeypatch.setattr(_Handler, "do_POST", lambda self: self.send_error(status, reason))
    with Client(busy.address) as client, pytest.raises(ProblemError, match=f"{status} {reason}") as caught:
        client.search("gate")
    assert caught.value.problem["status"] == status
    with pytest.raises(ProblemError, match=f"{status} {reason}"):
        waited(AsyncClient(busy.address), lambda asked: asked.search("gate"))
