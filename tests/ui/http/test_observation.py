"""What surrounds each request: its id, log line, metrics, audit record and trace, and the sender's limits."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from fastapi import FastAPI
from limits.storage import memory
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from starlette.types import Message

from index.ingest import SyncReport
from index.library import Library
from index.loaders import MEGABYTE
from index.uploads import Deletions
from rag.engine import QueryEngine
from rag.verification import Gate
from rag.writing import Writer
from tests.support.background import accepted, ended
from tests.support.clocks import Clock, set_time
from tests.support.collector import Collector, collecting
from tests.support.people import PASSWORD
from tests.support.reports import write
from tests.support.scripted import ScriptedLLM, cites, model_of
from tests.support.web_host import web_host
from tests.ui.http.conftest import acts, added, bearer, enter, of_machine, problem, scope_of
from ui.accounts import Scope, SignIn
from ui.app import create_app
from ui.operations import AUDIT
from ui.operations.log import LineFormatter
from ui.operations.tracing import Tracing
from ui.rate_limits import REFUSALS_OF_ADDRESS
from ui.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response

REPORT = "Police in Harlamoor arrested 41 suspects over two days."
FILE = {"file": ("harlamoor.txt", REPORT)}
QUESTION = "How many suspects were arrested?"


@pytest.fixture
def app(index: Library, engine: QueryEngine, settings: Settings) -> FastAPI:
    """A server without sign-in."""
    return create_app(index, engine, settings)


# Ids, and lines of the log


def test_a_response_has_the_id_that_was_sent_or_a_new_one(client: TestClient) -> None:
    for path in ("/", "/healthz", "/v1/documents", "/v1/nothing", "/nothing"):
        assert client.get(path, headers={"X-Request-ID": "proxy-17"}).headers["X-Request-ID"] == "proxy-17"
        odd = {"X-Request-ID": "not well formed"}
        made = [client.get(path, headers=odd).headers["X-Request-ID"] for _ in "12"]
        assert len({*made, "not well formed"}) == 3
        assert all(len(each) == 32 for each in made)


def test_a_mistake_of_the_server_has_the_id_and_is_counted(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    missing = client.get("/v1/documents/99", headers={"X-Request-ID": "proxy-17"}).json()
    assert missing["request_id"] == "proxy-17"

    def broken(_self: object) -> int:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Library, "generation", property(broken))
        failed = client.get("/readyz", headers={"X-Request-ID": "proxy-18"})
    assert (failed.status_code, failed.json()["request_id"]) == (500, "proxy-18")
    assert failed.headers["X-Request-ID"] == "proxy-18"
    assert 'route="/readyz",status="500"} 1.0' in client.get("/metrics").text


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    formatter = LineFormatter(as_json=True, texts=False)
    return [json.loads(formatter.format(record)) for record in caplog.records if record.name == "footnoted"]


def test_a_question_is_logged_without_its_words(
    client: TestClient, engine: QueryEngine, caplog: pytest.LogCaptureFixture
) -> None:
    asked = {"question": "How many suspects were arrested in Harlamoor?"}
    added(client, "harlamoor.txt", REPORT)
    with caplog.at_level(logging.INFO, "footnoted"):
        answer = client.post("/v1/chat", json=asked).json()
        client.get("/v1/documents/1/matches", params={"query": "Harlamoor"}).raise_for_status()
    told, request, matched = lines(caplog)
    assert (told["event"], told["answer_id"], told["quoted"]) == ("answer", answer["answer_id"], 1)
    assert isinstance(told["search_ms"], float)
    assert (request["event"], request["method"], request["route"]) == ("request", "POST", "/v1/chat")
    assert (request["status"], request["kind"], request["address"]) == (200, "local", "testclient")
    assert request["bytes"] == len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())
    assert matched["route"] == "/v1/documents/{document_id}/matches"
    written = json.dumps([told, request, matched])
    assert "suspects" not in written
    assert "arlamoor" not in written
    caplog.clear()
    talkative = TestClient(create_app(engine.index, engine, Settings(home=engine.index.home, log_texts=True)))
    with caplog.at_level(logging.INFO, "footnoted"):
        talkative.post("/v1/chat", json=asked).raise_for_status()
    assert lines(caplog)[0]["question"] == asked["question"]


def test_probes_are_logged_for_debugging_only(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "footnoted"):
        client.get("/healthz")
        client.get("/favicon.ico")
        client.get("/")
    assert [line["level"] for line in lines(caplog)] == ["debug", "debug", "info"]


JSON, FORM = b"application/json", b"multipart/form-data; boundary=B"
BEGUN = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nPolice in'


def test_a_body_that_is_broken_off_is_counted_as_that(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    cases = (
        ("/v1/documents", FORM, BEGUN),
        ("/v1/documents", FORM, b""),
        ("/v1/chat", JSON, b'{"question": "How'),
        ("/v1/chat/completions", JSON, b'{"messages": ['),
        ("/mcp", JSON, b'{"jsonrpc": '),
        ("/gradio_api/queue/join", JSON, b'{"data": ['),
        ("/gradio_api/cancel", JSON, b'{"sess'),
    )

    async def send(_message: Message) -> None:
        """Nobody is there."""

    async def break_off(path: str, kind: bytes, body: bytes) -> None:
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": True}]
        headers = [(b"content-type", kind), (b"host", b"127.0.0.1"), (b"content-length", b"9999")]

        async def receive() -> Message:
            return messages.pop() if messages else {"type": "http.disconnect"}

        await app(scope_of(path, headers), receive, send)

    with caplog.at_level(logging.DEBUG):
        for case in cases:
            anyio.run(break_off, *case)
    requests = [(line["route"], line["status"]) for line in lines(caplog) if line["event"] == "request"]
    assert requests == [(path, 499) for path, _, _ in cases]
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.WARNING] == []
    counted = TestClient(app).get("/metrics").text
    for path, times in Counter(path for path, _, _ in cases).items():
        assert f'footnoted_requests_total{{method="POST",route="{path}",status="499"}} {times}.0' in counted
    assert 'status="500"' not in counted


# Metrics


def scraped(signed: TestClient, sign_in: SignIn) -> dict[tuple[str, ...], float]:
    """The value of each sample, by its name and the values of its labels in the order of their names."""
    response = signed.get("/metrics", headers=of_machine(sign_in))
    assert response.headers["content-type"].startswith("text/plain; version=1.0.0")
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name.removeprefix("footnoted_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_question_is_counted_by_stage_verdict_and_outcome(signed: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.WRITE, Scope.ASK, Scope.READ)
    signed.post("/v1/documents", files=FILE, headers=headers).raise_for_status()
    for question in (QUESTION, "What does the moon weigh?", QUESTION):
        signed.post("/v1/chat", json={"question": question}, headers=headers).raise_for_status()
    signed.get("/v1/documents/1", headers=headers).raise_for_status()
    signed.get("/v1/documents/1")
    found = scraped(signed, sign_in)
    assert found["answers_total", "answered", "quoted"] == 2
    assert found["answers_total", "not_in_library", "quoted"] == 1
    assert found["sentences_total", "quoted"] == 2
    for stage in ("search", "select", "answer"):
        assert found["answer_stage_seconds_count", stage] == 3
    assert found["llm_tokens_total", "prompt"] == 0
    assert found["requests_total", "POST", "/v1/chat", "200"] == 3
    assert found["requests_total", "GET", "/v1/documents/{document_id}", "401"] == 1
    assert found["request_seconds_count", "/v1/documents/{document_id}"] == 2
    assert found["refused_requests_total", "401"] == 1
    assert found["encoder_cache_total", "hit"] > 0
    assert found["encoder_cache_total", "miss"] > 0
    assert (found["documents",], found["passages",], found["generation",]) == (1, 1, 1)
    assert found["cache_bytes",] > 0
    assert (found["ready",], found["open_questions",], found["open_requests",]) == (1, 0, 1)
    assert (found["jobs", "waiting"], found["jobs", "running"], found["building",]) == (0, 0, 0)
    assert found["process_resident_memory_bytes",] > 1_000_000


def test_labels_are_routes_and_metrics_need_their_scope(signed: TestClient, sign_in: SignIn) -> None:
    for path in ("/v1/harlamoor", "/harlamoor", "/v1/documents/harlamoor", "/v1/answers/harlamoor.md"):
        signed.get(path)
    signed.request("HARLAMOOR", "/v1/documents")
    written = signed.get("/metrics", headers=of_machine(sign_in)).text
    assert "harlamoor" not in written.lower()
    assert 'footnoted_requests_total{method="other",route="/v1/{rest:path}",status="401"} 1.0' in written
    assert signed.get("/metrics").status_code == 401
    assert signed.get("/metrics", headers=bearer(sign_in, Scope.READ, Scope.ASK)).status_code == 403
    assert signed.get("/metrics", headers=bearer(sign_in, Scope.METRICS)).status_code == 200
    assert signed.post("/metrics", headers=bearer(sign_in, Scope.WRITE)).status_code == 405


# The audit log


def test_a_write_names_who_did_it_and_its_object(signed: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.WRITE, Scope.READ)
    signed.post("/v1/documents", files=FILE, headers=headers).raise_for_status()
    signed.get("/v1/documents/1", headers=headers).raise_for_status()
    signed.delete("/v1/documents/1", headers=headers).raise_for_status()
    signed.delete("/v1/documents/1", headers=headers)
    job = signed.post("/v1/index/sync", headers=headers).json()["job_id"]
    delete, by = "DELETE /v1/documents/{document_id}", ("token", "write-read")
    assert acts(signed, sign_in, "number", "action", "target", "outcome", "kind", "who") == [
        (1, "POST /v1/documents", "1", "done", *by),
        (2, delete, "1", "done", *by),
        (3, delete, "1", "404", *by),
        (4, "POST /v1/index/sync", f"/v1/jobs/{job}", "done", *by),
    ]


def test_changes_and_tests_of_the_model_name_its_address(signed: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.ADMIN, Scope.READ)
    near, far = "http://127.0.0.1:1/v1", "http://169.254.169.254/latest"
    model = {"provider": "openai", "model": "small" * 100}
    requests = (
        ("PUT", "/v1/model", near, "done"),
        ("PUT", "/v1/model", far, "422"),
        ("POST", "/v1/model/test", far, "422"),
        ("POST", "/v1/model/reload", near, "done"),
        ("DELETE", "/v1/model", "", "done"),
    )
    for method, path, address, outcome in requests:
        body = None if path.endswith("reload") or not address else {**model, "address": address}
        response = signed.request(method, path, json=body, headers=headers)
        assert response.status_code == (200 if outcome == "done" else 422)
    recorded = acts(signed, sign_in, "action", "target", "outcome")
    assert [(action, (target or "").partition(",")[0], outcome) for action, target, outcome in recorded] == [
        (f"{method} {path}", address, outcome) for method, path, address, outcome in requests
    ]


def test_a_write_that_fails_by_a_mistake_is_recorded(
    signed: TestClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deletions, "delete", None)
    with pytest.raises(TypeError):
        signed.delete("/v1/documents/1", headers=bearer(sign_in, Scope.WRITE))
    assert acts(signed, sign_in, "who", "target", "outcome") == [("write", "1", "500")]


def test_a_write_is_done_and_logged_even_if_it_cannot_be_recorded(
    signed: TestClient, sign_in: SignIn, index: Library, caplog: pytest.LogCaptureFixture
) -> None:
    (index.home / AUDIT.file).write_text("This is no database, but long enough to be looked at. " * 25)
    with caplog.at_level(logging.ERROR, "footnoted"):
        done = signed.post("/v1/documents", files=FILE, headers=bearer(sign_in, Scope.WRITE))
    assert done.status_code == 201
    [lost] = caplog.records
    assert lost.getMessage() == "audit_lost"


def test_a_flood_of_refusals_is_recorded_in_part_only(
    signed: TestClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time(monkeypatch, memory, Clock())
    most = REFUSALS_OF_ADDRESS.amount
    for _ in range(most + 3):
        signed.get("/v1/documents")
    assert acts(signed, sign_in, "outcome") == [("401",)] * most


def test_sign_ins_and_sign_outs_are_recorded(signed: TestClient, sign_in: SignIn) -> None:
    enter(signed, "ana", "a wrong password")
    enter(signed, PASSWORD, "ana")  # The password in the field of the name.
    assert enter(signed, "ana") == 303
    token = signed.get("/v1/identity").json()["form_token"]
    signed.post("/sign-out", data={"token": token}, follow_redirects=False)
    assert acts(signed, sign_in, "action", "kind", "who", "outcome") == [
        ("POST /sign-in", "user", "ana", "403"),
        ("POST /sign-in", "nobody", None, "403"),
        ("POST /sign-in", "user", "ana", "done"),
        ("POST /sign-out", "user", "ana", "done"),
    ]


def test_refusals_are_recorded_with_who_was_refused(signed: TestClient, sign_in: SignIn) -> None:
    signed.get("/v1/documents/harlamoor")
    signed.get("/v1/documents", headers={"Authorization": "Bearer fn_forged"})
    signed.put("/v1/model", json={}, headers=bearer(sign_in, Scope.ASK, owner="ana"))
    assert acts(signed, sign_in, "action", "kind", "who", "target", "outcome") == [
        ("GET /v1/documents/{document_id}", "nobody", None, None, "401"),
        ("GET /v1/documents", "nobody", None, None, "401"),
        ("PUT /v1/model", "token", "ask-ana", None, "403"),
    ]


def test_only_administrators_read_the_log(signed: TestClient, sign_in: SignIn) -> None:
    assert signed.get("/v1/audit").status_code == 401
    assert signed.get("/v1/audit", headers=bearer(sign_in, Scope.READ, Scope.WRITE)).status_code == 403
    enter(signed, "root")
    page = signed.get("/v1/audit", params={"limit": 2}).json()
    assert [each["outcome"] for each in page["records"]] == ["done", "403"]
    rest = signed.get("/v1/audit", params={"limit": 2, "before": page["next"]}).json()
    assert ([each["outcome"] for each in rest["records"]], rest["next"]) == (["401"], None)
    of_root = signed.get("/v1/audit", params={"who": "root", "action": "sign-in"}).json()["records"]
    assert [each["number"] for each in of_root] == [3]


# Traces


TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SERVER, INTERNAL = 2, 1
"""Kinds of spans."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@contextmanager
def traced(engine: QueryEngine, collector: Collector, **settings: Any) -> Iterator[TestClient]:  # noqa: ANN401 (values)
    """A client of a server that sends its traces to the collector, all of them by the end of the context."""
    made = Settings(home=engine.index.home, otlp_endpoint=collector.address, **settings)
    with TestClient(create_app(engine.index, engine, made)) as client:
        yield client


def upload(client: TestClient) -> int:
    added = client.post("/v1/documents", files={"file": ("harlamoor.txt", REPORT)}).raise_for_status()
    return int(added.json()["document_id"])


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_lies_in_its_request(index: Library, collector: Collector, *, stream: bool) -> None:
    engine = QueryEngine(index, writer=Writer(model_of(ScriptedLLM(cites((REPORT, REPORT)))), Gate()))
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "desk-17"}
    with traced(engine, collector) as client:
        upload(client)
        body = {"question": QUESTION, "stream": stream}
        client.post("/v1/chat", json=body, headers=headers).raise_for_status()
    request = collector.named("POST /v1/chat")
    assert (request.trace, request.parent, request.kind, request.is_error) == (TRACE, PARENT, SERVER, False)
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/chat",
        "url.scheme": "http",
        "footnoted.request_id": "desk-17",
        "http.response.status_code": 200,
    }
    assert collector.under(request) == ["question"]
    question = collector.named("question")
    assert (question.kind, question.trace) == (INTERNAL, TRACE)
    assert collector.under(question) == [
        f"question {stage}" for stage in ("rewrite", "search", "select", "read", "answer")
    ]
    assert collector.under(collector.named("question answer")) == ["question write", "question verify"]
    told = {key.removeprefix("footnoted."): value for key, value in question.attributes.items()}
    assert len(told.pop("answer_id")) == 32
    assert told.pop("prompt_tokens") > told.pop("completion_tokens") > 0
    assert told == {
        "model": "scripted", "generation": 1, "abstained": False, "citations": 1, "sentences.quoted": 1,
    }  # fmt: skip
    # Each stage ends where the next one begins, in the time of the request.
    stages = sorted(
        (span for span in collector.spans if span.parent == question.number), key=lambda s: s.begins
    )
    assert [span.begins for span in stages] == [question.begins, *(span.ends for span in stages[:-1])]
    assert request.begins <= question.begins < question.ends == stages[-1].ends <= request.ends
    answer = stages[-1]
    # Each time is rounded to a hundredth of a millisecond.
    assert answer.begins - 20_000 < collector.named("question write").begins
    assert collector.named("question verify").ends == answer.ends
    assert "arlamoor" not in str(collector.spans)
    assert "suspects" not in str(collector.spans)


def test_words_are_in_a_trace_where_a_setting_allows_it(engine: QueryEngine, collector: Collector) -> None:
    with traced(engine, collector, log_texts=True) as client:
        upload(client)
        client.post("/v1/chat", json={"question": QUESTION}).raise_for_status()
    told = collector.named("question").attributes
    assert (told["footnoted.question"], told["footnoted.answer"]) == (QUESTION, REPORT)


def test_requests_have_routes_and_probes_have_no_spans(engine: QueryEngine, collector: Collector) -> None:
    with traced(engine, collector) as client:
        number = upload(client)
        for path in (f"documents/{number}", "documents/99", "harlamoor"):
            client.get(f"/v1/{path}")
        client.get("/healthz")
        client.get("/theme.css")
    assert {span.parent for span in collector.spans} == {""}
    found = [(span.name, span.attributes["http.response.status_code"]) for span in collector.spans]
    assert found == [
        ("POST /v1/documents", 201),
        ("GET /v1/documents/{document_id}", 200),
        ("GET /v1/documents/{document_id}", 404),
        ("GET /v1/{rest:path}", 404),
    ]
    assert len({span.trace for span in collector.spans}) == 4
    assert set(collector.paths) == {"/v1/traces"}
    assert collector.headers["content-type"] == "application/x-protobuf"
    assert collector.resources["service.name"] == "footnoted"


def test_a_failure_is_an_error_without_its_message(
    engine: QueryEngine, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object, **_named: object) -> None:
        raise RuntimeError("the gate of Harlamoor")

    monkeypatch.setattr(QueryEngine, "ask", fails)
    with traced(engine, collector) as client, pytest.raises(RuntimeError):
        client.post("/v1/chat", json={"question": QUESTION})
    span = collector.named("POST /v1/chat")
    assert (span.attributes["http.response.status_code"], span.is_error, span.events) == (500, True, 0)
    assert "Harlamoor" not in str(span)


def test_a_sync_has_its_stages(engine: QueryEngine, collector: Collector, tmp_path: Path) -> None:
    folder = write(tmp_path / "reports" / "harlamoor.txt", REPORT).parent
    write(folder / "broken.pdf", "not a PDF")
    engine.index.catalog.follow([str(folder)])
    with traced(engine, collector) as client:
        assert ended(client, accepted(client.post("/v1/index/sync")))["state"] == "done"
        measured = client.get("/metrics").text
    whole = collector.named("sync")
    assert whole.parent == ""
    told = {key.removeprefix("footnoted."): value for key, value in whole.attributes.items()}
    assert told == {
        "added": 1, "changed": 0, "removed": 0, "unchanged": 0, "failed": 1, "generation": 1,
    }  # fmt: skip
    stages = ["rebuild", "list", "read", "index", "compact"]
    assert collector.under(whole) == [f"sync {stage}" for stage in stages]
    assert "harlamoor" not in str(collector.spans)
    for stage in stages:
        assert f'footnoted_sync_stage_seconds_count{{stage="{stage}"}} 1.0' in measured
        span = collector.named(f"sync {stage}")
        [total] = re.findall(rf'footnoted_sync_stage_seconds_sum{{stage="{stage}"}} (\S+)', measured)
        assert abs((span.ends - span.begins) / 10**9 - float(total)) < 1e-6


def test_the_standard_variables_apply(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{collector.address}/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-desk=seventeen")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "desk")
    endpoint = Settings(home=Path("unused")).otlp_endpoint
    assert endpoint == f"{collector.address}/"
    tracing = Tracing(endpoint)
    tracing.see_sync(SyncReport((), (), (), 0, (), 0, 0.0, 3, {"read": 0.5, "index": 0.0}))
    tracing.close()
    assert (collector.paths, collector.headers["x-desk"]) == (["/v1/traces"], "seventeen")
    assert collector.resources["service.name"] == "desk"
    whole, read = collector.named("sync"), collector.named("sync read")
    assert (read.ends - read.begins, whole.ends - whole.begins) == (500_000_000, 500_000_000)
    assert [span.name for span in collector.spans] == ["sync read", "sync index", "sync"]


def test_a_collector_that_refuses_or_is_gone_delays_no_stop(collector: Collector) -> None:
    collector.status = 503
    closing: list[threading.Thread] = []
    for number, address in enumerate((collector.address, "http://127.0.0.1:9"), 1):
        tracing = Tracing(address)
        tracing.see_sync(SyncReport((), (), (), 0, (), 0, 0.0, 3, {"read": 0.5}))
        tracing.close()
        closing = [thread for thread in threading.enumerate() if thread.name == "traces"]
        assert len(closing) == number, "the stop did not wait for the last try to send"
    assert collector.spans == []
    # Their tries would write to the log of a later test.
    for thread in closing:
        thread.join()


# The limits of a sender


def in_parts(client: TestClient, headers: dict[str, str], name: str, size: int) -> Response:
    """Send a file of so many blanks without saying how long it is."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = (head, *[b" " * 50_000] * (size // 50_000), b"\r\n--b--")
    form = {**headers, "Content-Type": "multipart/form-data; boundary=b"}
    return client.post("/v1/documents", content=iter(body), headers=form)


class TestLimits:
    @pytest.fixture
    def settings(self, index: Library) -> Settings:
        return Settings(home=index.home, limit_requests=5, limit_questions=2, limit_uploads=2)

    def test_questions_have_a_limit_and_a_time_to_wait(self, signed: TestClient, sign_in: SignIn) -> None:
        headers = bearer(sign_in, Scope.ASK, Scope.READ)
        found = [signed.post("/v1/search", json={"query": "gate"}, headers=headers) for _ in range(3)]
        assert [each.status_code for each in found] == [200, 200, 429]
        assert 0 < int(found[2].headers["Retry-After"]) <= 120
        assert found[2].headers["Cache-Control"] == "no-store"
        told = problem(found[2], 429)
        assert told.startswith("The limit of 2 questions a minute is used up; try again in ")
        assert signed.get("/v1/documents", headers=headers).status_code == 200
        other = bearer(sign_in, Scope.ASK)
        assert signed.post("/v1/search", json={"query": "gate"}, headers=other).is_success

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("search/batch", {"queries": [{"query": word} for word in ("gate", "dam", "weir")]}),
            ("vector_stores/footnoted/search", {"query": ["gate", "dam", "weir"]}),
        ],
    )
    def test_each_of_several_queries_counts(
        self, signed: TestClient, sign_in: SignIn, path: str, body: dict[str, list[object]]
    ) -> None:
        path = f"/v1/{path}"
        headers = bearer(sign_in, Scope.ASK)
        refused = signed.post(path, json=body, headers=headers)
        detail = "The limit of 2 questions a minute leaves no room for 3 queries; send fewer at once, or"
        assert problem(refused, 429).startswith(detail)
        assert 0 < int(refused.headers["Retry-After"]) <= 120
        assert refused.headers["Cache-Control"] == "no-store"
        # The refused request counts as one.
        one, two = ({name: queries[:most] for name, queries in body.items()} for most in (1, 2))
        assert [signed.post(path, json=one, headers=headers).status_code for _ in range(2)] == [200, 429]
        # A batch that fits uses up as much as its queries one by one.
        other = bearer(sign_in, Scope.ASK, Scope.READ)
        assert [signed.post(path, json=each, headers=other).status_code for each in (two, one)] == [200, 429]

    def test_each_tool_that_an_agent_calls_counts(self, signed: TestClient, sign_in: SignIn) -> None:
        headers = bearer(sign_in, Scope.ASK) | {"Accept": "application/json, text/event-stream"}
        params = {"name": "search", "arguments": {"query": "gate"}}
        called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        assert signed.post("/mcp", json=[called, {**called, "id": 2}], headers=headers).status_code == 400
        assert signed.post("/mcp", json=called, headers=headers).json()["result"]["isError"] is False
        found = [signed.post("/v1/search", json={"query": "gate"}, headers=headers) for _ in range(2)]
        assert found[0].status_code == 200
        assert problem(found[1], 429).startswith("The limit of 2 questions a minute is used up")

    def test_an_upload_counts_by_its_bytes(self, signed: TestClient, sign_in: SignIn) -> None:
        headers = bearer(sign_in, Scope.WRITE)
        large = {"file": ("large.txt", b"The gate of the dam. " * 200_000)}
        refused = signed.post("/v1/documents", files=large, headers=headers)
        assert "2 megabytes of uploads a day" in problem(refused, 429)
        assert signed.post("/v1/documents", files=FILE, headers=headers).status_code == 201
        form = bearer(sign_in, Scope.WRITE, Scope.READ)
        # A file that is not kept counts as well.
        sent = [in_parts(signed, form, name, size) for name, size in (("a.xyz", 2_000_000), ("a.txt", 0))]
        assert [each.status_code for each in sent] == [422, 429]

    def test_an_upload_without_a_length_is_read_only_up_to_the_limit(
        self, signed: TestClient, sign_in: SignIn, index: Library
    ) -> None:
        """The files of three requests, of eight megabytes each, come under a limit of two."""
        headers = bearer(sign_in, Scope.WRITE)
        sent = [in_parts(signed, headers, f"{number}.txt", 8 * MEGABYTE) for number in range(3)]
        assert [each.status_code for each in sent] == [413, 429, 429]
        assert problem(sent[0], 413).startswith(
            "The file is larger than what is left of the limit of 2 megabytes of uploads a day; send a "
            "smaller one, or try again in "
        )
        assert index.catalog.documents() == []
        assert [*index.home.glob("uploads/*")] == []
        assert signed.post("/v1/documents", files=FILE, headers=headers).status_code == 429

    def test_a_fetched_report_counts_as_an_upload_by_its_bytes(
        self, index: Library, engine: QueryEngine, sign_in: SignIn, settings: Settings
    ) -> None:
        headers = bearer(sign_in, Scope.WRITE)
        with web_host() as host:
            allowed = {"url_hosts": (f"127.0.0.1:{host.port}",), "url_http": True, "url_loopback": True}
            app = create_app(index, engine, settings.model_copy(update=allowed), sign_in=sign_in)
            with TestClient(app) as client:
                body = {"url": host.url("/long.md")}
                sent = [client.post("/v1/documents/from-url", json=body, headers=headers) for _ in range(2)]
        assert [response.status_code for response in sent] == [201, 429]
        assert host.asked == ["/long.md"]

    def test_a_report_is_fetched_only_up_to_what_is_left(
        self, index: Library, engine: QueryEngine, sign_in: SignIn
    ) -> None:
        headers = bearer(sign_in, Scope.WRITE)
        day = (413, "larger than what is left of the limit of 1 megabytes of uploads a day")
        room = (507, "and of the 1 MB that the uploads of one sender may take, 1.0 MB are left")
        for limit, (status, told), path in (
            ("limit_uploads", day, "/long.md"),
            ("limit_uploads", day, "/endless/fast.md"),
            ("limit_storage", room, "/long.md"),
            ("limit_storage", room, "/endless/fast.md"),
        ):
            with web_host() as host:
                allowed = {"url_hosts": (f"127.0.0.1:{host.port}",), "url_http": True, "url_loopback": True}
                settings = Settings.model_validate({"home": index.home, **allowed, limit: 1})
                with TestClient(create_app(index, engine, settings, sign_in=sign_in)) as client:
                    body = {"url": host.url(path)}
                    refused = client.post("/v1/documents/from-url", json=body, headers=headers)
            assert told in problem(refused, status)
        assert index.catalog.documents() == []
        assert [*index.home.glob("uploads/*")] == []

    def test_programs_that_watch_the_server_have_no_limit(self, signed: TestClient, sign_in: SignIn) -> None:
        headers = bearer(sign_in, Scope.METRICS)
        for path in ("/healthz", "/readyz", "/metrics"):
            assert {signed.get(path, headers=headers).status_code for _ in range(7)} == {200}
        found = [signed.get("/v1/identity", headers=headers).status_code for _ in range(6)]
        assert found == [*[200] * 5, 429]
