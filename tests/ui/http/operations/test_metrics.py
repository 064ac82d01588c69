"""The metrics count requests, answers, refusals and the library, and need their own scope."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.ui.http.operations.conftest import bearer
from ui.accounts import Scope, SignIn

REPORT = {"file": ("harlamoor.txt", "Police in Harlamoor arrested 41 suspects over two days.")}


def scraped(client: TestClient, sign_in: SignIn) -> dict[tuple[str, ...], float]:
    """The value of each sample, by its name and the values of its labels in the order of their names."""
    machine = {"Authorization": f"Bearer {sign_in.machine_token}"}
    response = client.get("/metrics", headers=machine)
    assert response.headers["content-type"].startswith("text/plain; version=1.0.0")
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name.removeprefix("footnoted_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_question_is_counted_by_stage_verdict_and_outcome(client: TestClient, sign_in: SignIn) -> None:
    headers = bearer(sign_in, Scope.WRITE, Scope.ASK, Scope.READ)
    client.post("/v1/documents", files=REPORT, headers=headers).raise_for_status()
    for question in (
        "How many suspects were arrested?",
        "What does the moon weigh?",
        "How many suspects were arrested?",
    ):
        client.post("/v1/chat", json={"question": question}, headers=headers).raise_for_status()
    client.get("/v1/documents/1", headers=headers).raise_for_status()
    client.get("/v1/documents/1")
    found = scraped(client, sign_in)
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


def test_labels_are_routes_and_never_words_of_requests(client: TestClient, sign_in: SignIn) -> None:
    for path in ("/v1/harlamoor", "/harlamoor", "/v1/documents/harlamoor", "/v1/answers/harlamoor.md"):
        client.get(path)
    client.request("HARLAMOOR", "/v1/documents")
    machine = {"Authorization": f"Bearer {sign_in.machine_token}"}
    written = client.get("/metrics", headers=machine).text
    assert "harlamoor" not in written.lower()
    assert 'footnoted_requests_total{method="other",route="/v1/{rest:path}",status="401"} 1.0' in written


def test_the_metrics_need_their_scope(client: TestClient, sign_in: SignIn) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=bearer(sign_in, Scope.READ, Scope.ASK)).status_code == 403
    assert client.get("/metrics", headers=bearer(sign_in, Scope.METRICS)).status_code == 200
    assert client.post("/metrics", headers=bearer(sign_in, Scope.WRITE)).status_code == 405
