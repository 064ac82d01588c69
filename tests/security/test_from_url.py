"""A document is fetched from an allowed host at a public address, and from nowhere else, however one asks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from index.embedding.encoder import Encoder
from index.library import Library
from rag.engine import QueryEngine
from tests.support.background import accepted, ended
from tests.support.web_host import REPORT, WebHost, web_host
from ui.app import create_app
from ui.errors import FetchError
from ui.http.from_url import FetchRules, fetch, is_public
from ui.settings import Settings

pytestmark = pytest.mark.slow_cases

if TYPE_CHECKING:
    from httpx2 import Response

PUBLIC = "93.184.215.14"
"""An address of the public internet; no test connects to it."""


@pytest.fixture(scope="module")
def host() -> Iterator[WebHost]:
    with web_host() as running:
        yield running


@pytest.fixture(scope="module")
def library(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("fetched") / "home", encoder) as opened:
        yield opened


@contextmanager
def client_of(library: Library, **settings: Any) -> Iterator[TestClient]:  # noqa: ANN401 (values of settings)
    made = Settings(home=library.home, max_megabytes=1, **settings)
    with TestClient(create_app(library, QueryEngine(library), made)) as client:
        yield client


@pytest.fixture(scope="module")
def fetching(library: Library, host: WebHost) -> Iterator[TestClient]:
    """A server that may fetch from the host, which is on this machine."""
    allowed = (f"127.0.0.1:{host.port}", f"localhost:{host.port}", "10.0.0.1", "rebind.example")
    with client_of(library, url_hosts=allowed, url_http=True, url_loopback=True) as client:
        yield client


@pytest.fixture(scope="module")
def public_only(library: Library, host: WebHost) -> Iterator[TestClient]:
    """A server whose operator has allowed names of private addresses, and no fetching from this machine."""
    private = (
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "localhost",
    )
    ports = (f"127.0.0.1:{host.port}", f"localhost:{host.port}")
    with client_of(library, url_hosts=(*private, *ports, "rebind.example"), url_http=True) as client:
        yield client


def add(client: TestClient, url: str, **said: Any) -> Response:  # noqa: ANN401 (JSON)
    return client.post("/v1/documents/from-url", json={"url": url, **said})


def test_it_is_off_until_the_operator_allows_a_host(library: Library, host: WebHost) -> None:
    before = len(host.asked)
    with client_of(library, url_loopback=True, url_http=True) as client:
        refused = add(client, host.url("/report.md"))
    assert (refused.status_code, "FOOTNOTED_URL_HOSTS" in refused.json()["detail"]) == (409, True)
    assert len(host.asked) == before


def test_a_report_is_added_as_if_it_were_uploaded(fetching: TestClient, host: WebHost) -> None:
    uploaded = fetching.post(
        "/v1/documents", files={"file": ("dam.md", REPORT)}, data={"author": "R. Velland"}
    )
    fetched = add(fetching, host.url("/2031/the%20dam.md?download=1"), author="R. Velland")
    assert (uploaded.status_code, fetched.status_code) == (201, 201)
    assert fetched.json()["path"] == "the dam.md"
    same = ("title", "author", "kind", "digest", "characters", "origins")
    assert [fetched.json().get(name) for name in same] == [uploaded.json().get(name) for name in same]
    queued = add(fetching, host.url("/report"), name="../../again.md", background=True)
    assert ended(fetching, accepted(queued))["state"] == "done"


@pytest.mark.parametrize("url", ["/2031/report", "/picture.pdf"])
def test_the_content_decides_what_a_file_is(fetching: TestClient, host: WebHost, url: str) -> None:
    """The type that the host names counts for nothing."""
    assert add(fetching, host.url(url)).status_code == 422


REFUSED = {
    "another host": "https://elsewhere.example/report.md",
    "a host that only begins like an allowed one": "http://127.0.0.1.elsewhere.example/report.md",
    "an odd port": "http://127.0.0.1:22/report.md",
    "an odd port of an allowed host": "http://10.0.0.1:8080/report.md",
    "a user": "http://ada@127.0.0.1:{port}/report.md",
    "a user and a password": "http://ada:secret@127.0.0.1:{port}/report.md",
    "an allowed host as the user": "http://127.0.0.1:{port}@elsewhere.example/report.md",
    "a backslash": "http://127.0.0.1:{port}\\@elsewhere.example/report.md",
    "a line break": "http://127.0.0.1:{port}/report.md\r\nX-Own: 1",
    "the address as a number": "http://2130706433:{port}/report.md",
    "the address in hexadecimal": "http://0x7f000001:{port}/report.md",
    "the address of IPv6": "http://[::ffff:127.0.0.1]:{port}/report.md",
    "a port that is none": "http://127.0.0.1:99999/report.md",
    "no host": "http:///report.md",
    "no scheme": "127.0.0.1:{port}/report.md",
    "a file": "file:///etc/hostname",
    "another protocol": "ftp://127.0.0.1:{port}/report.md",
    "a script": "data:text/plain,report",
    "nothing": "",
    "letters that look alike": "http://127.0.0.１:{port}/report.md",
}


@pytest.mark.parametrize("attack", REFUSED)
def test_a_url_that_is_not_allowed_is_refused(fetching: TestClient, host: WebHost, attack: str) -> None:
    before = len(host.asked)
    refused = add(fetching, REFUSED[attack].format(port=host.port))
    assert (refused.status_code, len(host.asked)) == (422, before), refused.text


LOCATIONS = [
    attack
    for attack, url in REFUSED.items()
    if "://" in url and url.isascii() and attack not in {"no host", "a line break"}
]
"""The attacks whose URL a host can send as a location that is not relative."""


@pytest.mark.parametrize("attack", LOCATIONS)
def test_a_redirect_to_a_url_that_is_not_allowed_is_refused(
    fetching: TestClient, host: WebHost, attack: str
) -> None:
    target = REFUSED[attack].format(port=host.port)
    host.redirects["/moved.md"], before = target, len(host.asked)
    refused = add(fetching, host.url("/moved.md"))
    assert (refused.status_code, host.asked[before:]) == (422, ["/moved.md"]), refused.text


@pytest.mark.parametrize(
    "host_name",
    [
        *("10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "localhost"),
        *("127.0.0.1:{port}", "localhost:{port}", "LOCALHOST.:{port}"),
    ],
)
def test_an_address_that_is_not_public_is_refused(
    public_only: TestClient, host: WebHost, host_name: str
) -> None:
    before = len(host.asked)
    refused = add(public_only, f"http://{host_name.format(port=host.port)}/report.md")
    assert (refused.status_code, len(host.asked)) == (422, before)
    assert "does not lead to a public address" in refused.json()["detail"]


def test_without_the_setting_only_https_is_fetched(library: Library, host: WebHost) -> None:
    with client_of(library, url_hosts=(f"127.0.0.1:{host.port}",), url_loopback=True) as client:
        refused = add(client, host.url("/report.md"))
    assert (refused.status_code, refused.json()["detail"]) == (422, "the URL must begin with https://")


def test_a_redirect_to_a_private_address_is_refused(fetching: TestClient, host: WebHost) -> None:
    host.redirects["/moved.md"] = "http://10.0.0.1/report.md"
    refused = add(fetching, host.url("/moved.md"))
    assert (refused.status_code, "public address" in refused.json()["detail"]) == (422, True)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """The answers of the name service, each for one question; no connection leaves this machine."""
    answers: dict[str, list[list[str]]] = {"connected": []}
    resolve = socket.getaddrinfo

    def named(host: Any, port: Any, *more: Any, **options: Any) -> Any:  # noqa: ANN401 (of getaddrinfo)
        if host in answers:
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in answers[host].pop(0)
            ]
        return resolve(host, port, *more, **options)

    def connect(place: tuple[str, int], *_: Any, **__: Any) -> socket.socket:  # noqa: ANN401
        answers["connected"].append([place[0]])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", named)
    monkeypatch.setattr(socket, "create_connection", connect)
    return answers


def test_a_name_that_changes_its_address_is_connected_at_the_checked_one(
    public_only: TestClient, names: dict[str, list[list[str]]]
) -> None:
    names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert add(public_only, "http://rebind.example/report.md").status_code == 502
    assert (names["connected"], names["rebind.example"]) == ([[PUBLIC]], [["127.0.0.1"]])
    assert add(public_only, "http://rebind.example/report.md").status_code == 422
    assert names["connected"] == [[PUBLIC]]


def test_a_name_with_a_public_and_a_private_address_is_refused(
    public_only: TestClient, names: dict[str, list[list[str]]]
) -> None:
    names["rebind.example"] = [[PUBLIC, "10.0.0.1"]]
    assert add(public_only, "http://rebind.example/report.md").status_code == 422
    assert names["connected"] == []


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/endless/fast.md", "more than the 1 MB"),
        ("/large.md", "more than the 1 MB"),
        ("/packed.md", "compressed"),
        ("/missing.md", "answered 404"),
    ],
)
def test_a_file_that_is_not_a_report_or_has_no_end_is_not_kept(
    fetching: TestClient, library: Library, host: WebHost, path: str, cause: str
) -> None:
    before = len(library.catalog.documents())
    refused = add(fetching, host.url(path))
    assert (refused.status_code, cause in refused.json()["detail"]) == (502, True), refused.text
    assert len(library.catalog.documents()) == before


@pytest.mark.parametrize("path", ["/endless/slow.md", "/headers/slow.md"])
def test_a_host_that_sends_byte_by_byte_is_given_up(host: WebHost, path: str) -> None:
    rules = FetchRules(frozenset({f"127.0.0.1:{host.port}"}), http=True, loopback=True, seconds=1.5)
    with pytest.raises(FetchError, match="within 2 seconds"):
        fetch(host.url(path), rules)


def test_redirects_are_followed_five_times_and_no_more(fetching: TestClient, host: WebHost) -> None:
    host.redirects |= {f"/hop-{number}.md": f"hop-{number + 1}.md" for number in range(8)}
    assert add(fetching, host.url("/hop-3.md")).json()["path"] == "hop-8.md"
    host.asked.clear()
    refused = add(fetching, host.url("/hop-0.md"))
    assert (refused.status_code, len(host.asked)) == (502, 6)
    assert "redirects more than 5 times" in refused.json()["detail"]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "::127.0.0.1"),
    ],
)
def test_an_address_of_no_public_host_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)
