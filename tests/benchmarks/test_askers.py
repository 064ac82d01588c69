"""The benchmark's clients record what they see while a library changes, and detect mixed generations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from benchmarks.askers import Seen, asking, contradictions, is_capacity_refusal, mixed, seen_in, wait_until

pytestmark = pytest.mark.slow

RESULT = {"document_id": 4, "version": 2, "text": "It was closed in round 7 by the office."}


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # http.server calls the method by this name.
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["query"]
        body = json.dumps({"generation": 3, "results": [RESULT]}).encode()
        self.send_response({"good": 200, "busy": 503, "mute": 429}.get(query, 500))
        if query == "busy" and "X-Own" in self.headers:
            self.send_header("Retry-After", self.headers["X-Own"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_askers_note_what_they_saw_and_what_failed(address: str) -> None:
    with asking(address, ["good", "bad"], 3) as asked:
        wait_until(lambda: len(asked.seen) > 4 and len(asked.errors) > 4, 30, "asking")
    assert set(asked.seen) == {Seen(3, ((4, 2),), (7,))}
    assert len(asked.milliseconds) == len(asked.seen)
    assert 0 < asked.quantile(0.5) <= asked.quantile(0.95)
    assert all(error.startswith("HTTPStatusError: Server error '500") for error in asked.errors)


def test_each_asker_sends_its_own_headers_and_counts_refusals_apart(address: str) -> None:
    own: list[dict[str, str]] = [{"X-Own": "7"}, {}]
    with asking(address, ["busy", "mute", "bad"], 2, headers=own) as asked:
        wait_until(lambda: asked.refused > 2 and len(asked.errors) > 12, 30, "asking")
    assert {error.partition("'")[2][:3] for error in asked.errors} == {"429", "500", "503"}
    assert (asked.seen, asked.milliseconds) == ([], [])


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (503, {"Retry-After": "7"}, True),
        (429, {"Retry-After": "7"}, True),
        (503, {}, False),
        (507, {}, True),
        (500, {"Retry-After": "7"}, False),
    ],
)
def test_a_refusal_for_lack_of_capacity_says_when_to_try_again(
    status: int, headers: dict[str, str], expected: bool
) -> None:
    assert is_capacity_refusal(httpx.Response(status, headers=headers)) is expected


def test_a_text_without_a_round_shows_none() -> None:
    response = {"generation": 1, "results": [RESULT, RESULT | {"text": "All around 8."}]}
    assert seen_in(response) == Seen(1, ((4, 2), (4, 2)), (7,))


def test_versions_that_only_rise_contradict_nothing() -> None:
    seen = [Seen(5, ((1, 2), (2, 1))), Seen(4, ((1, 1),)), Seen(5, ((1, 2),)), Seen(9, ((2, 3), (1, 2)))]
    assert contradictions(seen) == []


def test_two_versions_in_a_generation_contradict_each_other() -> None:
    assert contradictions([Seen(4, ((1, 1),)), Seen(4, ((1, 2),))]) == [
        "document 1 has versions [1, 2] in generation 4"
    ]


def test_an_older_version_in_a_later_generation_is_a_contradiction() -> None:
    assert contradictions([Seen(6, ((1, 1),)), Seen(5, ((1, 2),))]) == [
        "document 1 is back at version 1 in generation 6"
    ]


def test_a_whole_round_of_its_generation_is_not_mixed() -> None:
    assert mixed([Seen(8, (), (3, 3)), Seen(9, (), (4, 4))], {8: 3, 9: 4}, 2) == []


@pytest.mark.parametrize(
    ("rounds", "shown"),
    [
        ((3, 4), "1 of round 3, 1 of round 4"),
        ((3, 3), "2 of round 3"),
        ((4,), "1 of round 4"),
        ((), "none of any round"),
    ],
)
def test_another_round_or_a_part_of_one_is_mixed(rounds: tuple[int, ...], shown: str) -> None:
    assert mixed([Seen(9, (), rounds)], {8: 3, 9: 4}, 2) == [f"generation 9 holds round 4; shown: {shown}"]


def test_what_takes_too_long_is_named() -> None:
    with pytest.raises(TimeoutError, match=r"^the sync was not done within 0 s$"):
        wait_until(lambda: False, 0, "the sync")
