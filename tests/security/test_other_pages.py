"""Another web page can neither read nor change the library, by any host name."""

from __future__ import annotations

import json
from itertools import product

import pytest

from tests.security.attacks import Attack, Target, form, operations

pytestmark = pytest.mark.slow_cases

ELSEWHERE = frozenset({400, 403, 421})
"""The status codes for a request to the name of another server."""

JSON = ("Content-Type", "application/json")
CROSS_SITE = ("Sec-Fetch-Site", "cross-site")
FOREIGN = "http://attacker.example"

# Names of other servers


HOSTS = {
    "another name": "attacker.example",
    "another name with our port": "attacker.example:PORT",
    "a name that leads to us": "127.0.0.1.nip.io:PORT",
    "a name below a foreign one": "localhost.attacker.example",
    "a name that begins like ours": "localhostx",
    "a name that ends like ours": "attacker-localhost",
    "nothing": "",
    "a space": " ",
    "a port alone": ":PORT",
    "our name as a user": "127.0.0.1@attacker.example",
    "a user at our name": "attacker.example@127.0.0.1",
    "two names": "127.0.0.1 attacker.example",
    "two names with a tab": "127.0.0.1\tattacker.example",
    "two names with a comma": "127.0.0.1:PORT, attacker.example",
    "two ports": "127.0.0.1:PORT:80",
    "a port in words": "127.0.0.1:http",
    "a negative port": "127.0.0.1:-1",
    "a path": "127.0.0.1/attacker.example",
    "a query": "127.0.0.1?attacker.example",
    "a fragment": "127.0.0.1#attacker.example",
    "a backslash": "127.0.0.1\\attacker.example",
    "a URL": "http://127.0.0.1",
    "an odd byte": "127.0.0.1\x7f",
    "bytes that are no text": "127.0.0.1\udcff",
    "a letter that looks like ours": "loc\u0430lhost",
    "every address": "0.0.0.0",
    "an address as one number": "2130706433",
    "an address in hexadecimal": "0x7f.0.0.1",
    "an address in octal": "0177.0.0.1",
    "an address without its zeros": "127.1",
    "an address elsewhere": "192.0.2.1",
    "an address of version 6 elsewhere": "[2001:db8::1]",
    "an address of version 6 without its end": "[::1",
    "an address of version 6 without brackets": "::1",
    "an address of version 6 with a name": "[::1]attacker.example",
    "an address of version 6 with a zone": "[fe80::1%25lo]",
    "empty brackets": "[]",
    "a thousand labels": "a." * 1000 + "localhost",
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_a_request_to_the_name_of_another_server_is_refused(target: Target, host: str) -> None:
    named = host.replace("PORT", str(target.address[1]))
    for path in ("/", "/v1/documents", "/healthz", "/openapi.json"):
        attack = Attack("host", path, headers=(("Host", named),), without=("cambodia",))
        assert target.answer(attack).status in ELSEWHERE, path


def test_a_request_to_no_server_or_two_is_refused(target: Target) -> None:
    for lines in ("", f"Host: {target.host}\r\nHost: attacker.example\r\n"):
        answered = target.exchange(f"GET /v1/documents HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
        assert answered.status in ELSEWHERE


def test_a_request_that_names_another_server_in_its_target_is_refused(target: Target) -> None:
    for path in (f"{FOREIGN}/v1/documents", "//attacker.example/v1/documents", "attacker.example:80", "*"):
        attack = Attack("target", path, without=("cambodia",))
        assert target.answer(attack).status in {400, 403, 404, 405, 421}


def test_a_request_to_a_loopback_name_is_answered(target: Target) -> None:
    for host in ("127.0.0.1", "127.0.0.1:PORT", "localhost:PORT", "LocalHost", "[::1]", "[::1]:PORT"):
        named = host.replace("PORT", str(target.address[1]))
        assert target.ask("GET", "/healthz", [("Host", named)]).status == 200, host


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "Forwarded"])
def test_a_forwarded_name_leads_nowhere(target: Target, name: str) -> None:
    value = "host=attacker.example" if name == "Forwarded" else "attacker.example"
    for path in ("/", "/theme.css", "/docs", "/openapi.json", "/v1/documents/"):
        answered = target.answer(Attack("forwarded", path, headers=((name, value),)))
        assert answered.status in {200, 307, 400, 403, 404, 421}
        if answered.status < 400:
            assert "attacker.example" not in f"{answered.headers}{answered.text}"


# Requests of other pages


SENDERS = {
    "another site": (("Origin", FOREIGN),),
    "another site, over TLS": (("Origin", "https://attacker.example"),),
    "a page without an origin": (("Origin", "null"),),
    "another port of this machine": (("Origin", "http://127.0.0.1:1"),),
    "a name that begins like ours": (("Origin", "http://127.0.0.1.nip.io:PORT"),),
    "a user that is called as we are": (("Origin", "http://127.0.0.1:PORT@attacker.example"),),
    "an empty origin": (("Origin", ""),),
    "an origin without a scheme": (("Origin", "127.0.0.1:PORT"),),
    "an extension": (("Origin", "chrome-extension://abcdefgh"),),
    "two origins": (("Origin", "http://127.0.0.1:PORT"), ("Origin", FOREIGN)),
    "what a browser calls another site": (CROSS_SITE,),
    "what a browser calls the same site": (("Sec-Fetch-Site", "same-site"),),
    "another site that claims to be ours": (("Origin", FOREIGN), ("Sec-Fetch-Site", "same-origin")),
    "our origin from another site": (("Origin", "http://127.0.0.1:PORT"), CROSS_SITE),
    "a site that a browser has no word for": (("Sec-Fetch-Site", "attacker"),),
}
EVENTS = ("/gradio_api/queue/join", "/gradio_api/cancel", "/gradio_api/reset")


def from_sender(target: Target, sender: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(name, value.replace("PORT", str(target.address[1]))) for name, value in sender]


def writes(target: Target) -> list[tuple[str, str]]:
    """Every operation that changes the library or is expensive, and the events of the page."""
    known = operations(target.ask("GET", "/openapi.json").json)
    found = [(method, path) for method, path in known if method not in {"GET", "HEAD"}]
    assert {"POST", "PUT", "PATCH", "DELETE"} == {method for method, _ in found}
    assert ("POST", "/v1/documents") in found
    return [*found, *(("POST", path) for path in EVENTS)]


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
def test_another_page_writes_nothing(target: Target, sender: tuple[tuple[str, str], ...]) -> None:
    """The server would accept each body from its own page."""
    bodies = {
        "/v1/documents": form("planted.txt", b"The dam was built by the attacker."),
        "/gradio_api/queue/join": (
            "application/json",
            b'{"data": ["Who?", "", null, ""], "fn_index": 0, "session_hash": "a", "trigger_id": 4}',
        ),
    }
    asked = json.dumps({"question": "Who ordered it?", "query": "gate"}).encode()
    found = {}
    for method, path in writes(target):
        kind, body = bodies.get(path, ("application/json", asked)) if method == "POST" else (JSON[1], b"{}")
        headers = [("Content-Type", kind), *from_sender(target, sender)]
        answered = target.ask(method, path, headers, body)
        target.assert_harmless(answered)
        found[f"{method} {path}"] = answered.status
    assert {operation: status for operation, status in found.items() if status != 403} == {}


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
def test_another_page_reads_nothing(target: Target, sender: tuple[tuple[str, str], ...]) -> None:
    known = operations(target.ask("GET", "/openapi.json").json)
    reads = [path for method, path in known if method == "GET"]
    reads += ["/openapi.json", "/gradio_api/queue/data?session_hash=a", "/gradio_api/heartbeat/a"]
    found = {}
    for path in reads:
        answered = target.ask("GET", path, from_sender(target, sender))
        target.assert_harmless(answered, ["cambodia"])
        found[path] = answered.status
    assert {path: status for path, status in found.items() if status != 403} == {}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_another_page_writes_nothing_by_a_form_that_needs_no_permission(target: Target, kind: str) -> None:
    """Browsers send such a request without a preflight request."""
    found = {}
    for method, path in writes(target):
        headers = [("Content-Type", kind), ("Origin", FOREIGN), CROSS_SITE, ("Sec-Fetch-Mode", "no-cors")]
        found[f"{method} {path}"] = target.ask(method, path, headers, b'{"question": "Who?"}').status
    assert {operation: status for operation, status in found.items() if status != 403} == {}


def test_a_link_of_another_page_does_nothing(target: Target) -> None:
    """The headers of a form or a frame differ from those of a followed link."""
    navigates = (CROSS_SITE, ("Sec-Fetch-Mode", "navigate"))
    for method, destination in (("POST", "document"), ("GET", "iframe"), ("GET", "embed"), ("GET", "object")):
        headers = [*navigates, ("Sec-Fetch-Dest", destination)]
        assert target.ask(method, "/v1/documents", headers).status == 403


# Security headers


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://127.0.0.1:1"])
def test_no_other_origin_is_allowed_to_read(target: Target, origin: str) -> None:
    headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
        ("Access-Control-Request-Private-Network", "true"),
    ]
    reads = ("/", "/v1/search", "/v1/documents", "/v1/documents/1/text", "/healthz", "/docs", "/theme.css")
    for method, path in product(("OPTIONS", "GET", "POST", "HEAD"), (*reads, *EVENTS)):
        answered = target.ask(method, path, headers)
        assert [name for name in answered.headers if name.startswith("access-control-")] == []


def test_every_answer_is_kept_out_of_other_pages(target: Target) -> None:
    for path in ("/", "/docs", "/v1/documents", "/v1/nothing", "/nothing", "/theme.css"):
        headers = target.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


# Our own page, programs and links


@pytest.mark.parametrize(
    "sender",
    [
        (),
        (("Origin", "http://127.0.0.1:PORT"), ("Sec-Fetch-Site", "same-origin")),
        (("Sec-Fetch-Site", "none"),),
        (("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")),
        (("User-Agent", "curl/8.0"), ("Accept", "*/*")),
    ],
    ids=["a program", "our page", "an address that was typed", "our page's script", "curl"],
)
def test_our_page_and_programs_read_and_write(target: Target, sender: tuple[tuple[str, str], ...]) -> None:
    headers = from_sender(target, sender)
    assert target.ask("GET", "/v1/documents", headers).status == 200
    asked = json.dumps({"query": "gate"}).encode()
    assert target.ask("POST", "/v1/search", [JSON, *headers], asked).status == 200


def test_a_person_who_follows_a_link_of_another_page_gets_ours(target: Target) -> None:
    headers = [CROSS_SITE, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    answered = target.ask("GET", "/", headers)
    assert (answered.status, "<gradio-app" in answered.text) == (200, True)
