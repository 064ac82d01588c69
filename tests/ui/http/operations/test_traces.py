"""A collector gets a span of each request, answer and sync, and of their stages, and no words of them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.ingest import SyncReport
from index.library import Library
from rag.engine import QueryEngine
from rag.verification import Gate
from rag.writing import Writer
from tests.support.collector import Collector, collecting
from tests.support.scripted import ScriptedLLM, cites, model_of
from ui.app import create_app
from ui.operations.tracing import CLOSING_SECONDS, Tracing
from ui.settings import Settings

REPORT = "Police in Harlamoor arrested 41 suspects over two days."
QUESTION = "How many suspects were arrested?"
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
def test_an_answer_lies_in_its_request_with_its_stages(
    index: Library, collector: Collector, *, stream: bool
) -> None:
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


def test_words_are_in_a_trace_where_the_setting_for_the_log_allows_them(
    engine: QueryEngine, collector: Collector
) -> None:
    with traced(engine, collector, log_texts=True) as client:
        upload(client)
        client.post("/v1/chat", json={"question": QUESTION}).raise_for_status()
    told = collector.named("question").attributes
    assert (told["footnoted.question"], told["footnoted.answer"]) == (QUESTION, REPORT)


def test_requests_have_routes_and_statuses_and_files_and_probes_have_no_spans(
    engine: QueryEngine, collector: Collector
) -> None:
    with traced(engine, collector) as client:
        number = upload(client)
        for path in (
            f"/v1/documents/{number}",
            "/v1/documents/99",
            "/v1/harlamoor",
            "/healthz",
            "/theme.css",
        ):
            client.get(path)
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
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "harlamoor.txt").write_text(REPORT, encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"not a PDF")
    engine.index.catalog.follow([str(folder)])
    with traced(engine, collector) as client:
        place = client.post("/v1/index/sync").headers["Location"]
        while client.get(place).json()["state"] != "done":
            time.sleep(0.02)
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
    for address in (collector.address, "http://127.0.0.1:9"):
        tracing = Tracing(address)
        tracing.see_sync(SyncReport((), (), (), 0, (), 0, 0.0, 3, {"read": 0.5}))
        began = time.monotonic()
        tracing.close()
        assert time.monotonic() - began < CLOSING_SECONDS + 5
    assert collector.spans == []
