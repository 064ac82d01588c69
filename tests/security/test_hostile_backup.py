"""What a stranger's backup brings into a library is an error of its own, and never the JSON of a route."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.security.attacks import Target

pytestmark = pytest.mark.slow_cases

ANSWER, CONVERSATION = "ab" * 16, "cd" * 16
BODIES: dict[str, str | bytes] = {
    "the end of the list": '{}], "shared": true, "answers": [{}',
    "nothing": "",
    "no JSON": "{",
    "more than one value": '{"answer_id": "x"}, {"answer_id": "y"}',
    "a script": "<script>alert(1)</script>",
    "another object": '{"question": "Why?"}',
    "a list": "[]",
    "depth": "[" * 100_000,
    "a number without an end": "9" * 100_000,
    "no text": b"\xff\xfe\x00",
}
ROUTES = (
    *(f"/v1/answers/{ANSWER}{end}" for end in ("", ".md", ".html", ".docx", "/text", "/suggestions")),
    *(f"/v1/conversations/{CONVERSATION}{end}" for end in ("", ".md", ".html")),
)


@pytest.fixture(params=list(BODIES.values()), ids=list(BODIES))
def planted(target: Target, request: pytest.FixtureRequest) -> Iterator[Target]:
    """The server, with a stored answer that is none."""
    row = (ANSWER, CONVERSATION, "2031-08-01T10:00:00+00:00", request.param)
    with closing(sqlite3.connect(target.home / "catalog.sqlite", timeout=30)) as catalog:
        with catalog:
            number = catalog.execute(
                "INSERT INTO kept (id, series, created, body) VALUES (?, ?, ?, CAST(? AS TEXT))", row
            ).lastrowid
            catalog.execute("INSERT INTO kept_words VALUES (?, 'Why?', 'why?')", (number,))
        yield target
        with catalog:
            catalog.execute("DELETE FROM kept_words WHERE number = ?", (number,))
            catalog.execute("DELETE FROM kept WHERE number = ?", (number,))


def test_a_stored_answer_that_is_none_is_an_error_of_its_own(planted: Target) -> None:
    for route in ROUTES:
        answered = planted.ask("GET", route)
        planted.assert_harmless(answered)
        assert (answered.status, answered.headers["content-type"]) == (410, "application/problem+json")
        assert ANSWER in answered.json["detail"]
        assert len(answered.body) < 2_000
    listed = planted.ask("GET", "/v1/conversations").json["conversations"]
    assert CONVERSATION in [each["conversation_id"] for each in listed]
    judged = planted.post("/v1/feedback", {"question": "Why?", "answer_id": ANSWER, "verdict": "wrong"})
    planted.assert_harmless(judged)
    assert judged.status == 410
    asked = planted.post("/v1/chat", {"question": "Why?", "conversation_id": CONVERSATION, "stream": True})
    assert asked.status == 200
    events = [line for line in asked.text.splitlines() if line.startswith("data: ")]
    assert json.loads(events[-1].removeprefix("data: "))["conversation_id"] == CONVERSATION
    made = json.loads(events[-1].removeprefix("data: "))["answer_id"]
    assert planted.ask("DELETE", f"/v1/answers/{made}").status == 204
