"""The route that adds a report by its URL: the fetch connects to public addresses of allowed hosts only.

A connection goes to the address that was checked, so that DNS rebinding helps nobody.
"""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from typing import Annotated, Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

import httpcore
from anyio import from_thread
from fastapi import HTTPException, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from index.documents import MAX_COLLECTION_CHARACTERS
from index.library import Library
from index.loaders import MEGABYTE, Isolated, Options
from index.uploads import Sent, check_room_for
from index.workers import JobRunner
from ui.errors import FetchError, RefusedURLError
from ui.http.access import OwnLibrary
from ui.http.problems import documented
from ui.http.request_bodies import Detail, RequestModel, Text, example
from ui.http.router import LimitedThreads, Router
from ui.http.uploads import QUEUED, queued_response, uploaded_response

# The public addresses of IPv6. Every address outside this range embeds an IPv4 one, or is not public.
_UNICAST = IPv6Network("2000::/3")


def is_public(address: str) -> bool:
    """Return whether an IP address is public. An IPv6 address that embeds an IPv4 one never is."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and (found not in _UNICAST or found.teredo or found.sixtofour):
        return False
    return found.is_global and not found.is_multicast


class PublicNetwork(httpcore.NetworkBackend):
    """Opens connections, but only to public addresses, and only until a deadline."""

    def __init__(self, seconds: float, *, loopback: bool = False) -> None:
        self._deadline = time.monotonic() + seconds
        self._loopback = loopback
        self._sockets = httpcore.SyncBackend()

    def remaining(self, timeout: float | None) -> float:
        """At most ``timeout``. Raises httpcore.ReadTimeout after the deadline."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time for the fetch has run out")
        return seconds if timeout is None else min(seconds, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises RefusedURLError if an address is not public, httpcore.ConnectError without an answer."""
        failed: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no address")
        for address in self._checked(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self.remaining(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _TimedStream(stream, self)
        raise failed

    def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address") from error
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        for address in addresses:
            if not is_public(address) and not (self._loopback and ip_address(address).is_loopback):
                raise RefusedURLError(
                    f"{host} does not lead to a public address, so nothing is fetched; upload the file"
                )
        return addresses


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, network: PublicNetwork) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._network.remaining(timeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._network)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (httpcore's)
        return self._stream.get_extra_info(info)


MAX_URL_CHARACTERS = 2_000
MAX_REDIRECTS = 5

_PORTS = {"https": 443, "http": 80}
_REDIRECTS = {301, 302, 303, 307, 308}
# Printable ASCII without the backslash, which some programs read as a slash.
_WRITTEN = re.compile(r"[!-\[\]-~]+")
_HEADERS: Mapping[bytes | str, bytes | str] = {
    "User-Agent": "footnoted",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class FetchRules:
    """``hosts`` are in lower case, with a port unless it is the scheme's; ``seconds`` include redirects."""

    hosts: frozenset[str] = frozenset()
    http: bool = False
    loopback: bool = False
    megabytes: int = 256
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Fetched:
    name: str
    size: int
    file: BinaryIO


def checked_url(url: str, rules: FetchRules) -> httpcore.URL:
    """Return its parts, so that no other parser reads the URL differently. Raises RefusedURLError."""
    if len(url) > MAX_URL_CHARACTERS or not _WRITTEN.fullmatch(url):
        raise RefusedURLError(
            f"the URL has more than {MAX_URL_CHARACTERS:,} characters, or others than printable ASCII; "
            "write them as %XX"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedURLError(f"the URL cannot be read ({error}); correct it") from error
    allowed = ("https", "http") if rules.http else ("https",)
    if parts.scheme not in allowed:
        raise RefusedURLError(f"the URL must begin with {' or '.join(f'{scheme}://' for scheme in allowed)}")
    if "@" in parts.netloc:
        raise RefusedURLError("the URL has a user or a password; leave them out")
    host = (parts.hostname or "").rstrip(".")
    port = _PORTS[parts.scheme] if port is None else port
    name = host if port == _PORTS[parts.scheme] else f"{host}:{port}"
    if name not in rules.hosts:
        raise RefusedURLError(
            f"{name or 'the URL without a host'} is not one of the hosts that the operator allows "
            "(FOOTNOTED_URL_HOSTS); upload the file"
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return httpcore.URL(scheme=parts.scheme.encode(), host=host.encode(), port=port, target=target.encode())


def _no_limit(_name: str, _size: int) -> None:
    pass


def fetch(url: str, rules: FetchRules, check: Callable[[str, int], None] = _no_limit) -> Fetched:
    """Redirects are checked like the URL. Raises RefusedURLError, or FetchError if too late or too large.

    ``check`` gets the file's name and size, before anything is read if the host declares the size, and then
    after each part; its error ends the fetch.
    """
    network = PublicNetwork(rules.seconds, loopback=rules.loopback)
    with httpcore.ConnectionPool(network_backend=network, max_keepalive_connections=0) as pool:
        try:
            return _followed(pool, url, rules, check)
        except httpcore.TimeoutException as error:
            raise FetchError(
                f"the host did not send the file within {rules.seconds:.0f} seconds; try again, or upload it"
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchError(
                f"the host does not answer ({type(error).__name__}); check the URL, or try again later"
            ) from error


def _followed(
    pool: httpcore.ConnectionPool, url: str, rules: FetchRules, check: Callable[[str, int], None]
) -> Fetched:
    for _ in range(MAX_REDIRECTS + 1):
        target = checked_url(url, rules)
        with pool.stream("GET", target, headers=_HEADERS) as response:
            headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status not in _REDIRECTS:
                name = unquote(urlsplit(url).path.rpartition("/")[2])
                return _kept(response, headers, name, rules, check)
        url = urljoin(url, headers.get(b"location", ""))
    raise FetchError(f"the URL redirects more than {MAX_REDIRECTS} times; give the last URL")


def _kept(
    response: httpcore.Response,
    headers: dict[bytes, str],
    name: str,
    rules: FetchRules,
    check: Callable[[str, int], None],
) -> Fetched:
    if response.status != 200:
        raise FetchError(f"the host answered {response.status}, not 200 with the file; check the URL")
    if headers.get(b"content-encoding", "identity").lower() != "identity":
        raise FetchError("the host sends the file compressed, though it was asked not to; upload the file")
    declared = headers.get(b"content-length", "")
    most = rules.megabytes * MEGABYTE
    too_large = FetchError(f"the file has more than the {rules.megabytes:,} MB that are read; split it")
    if declared.isdecimal():
        if int(declared) > most:
            raise too_large
        check(name, int(declared))
    with ExitStack() as unless_kept:
        file = unless_kept.enter_context(tempfile.TemporaryFile())
        size = 0
        for part in response.iter_stream():
            size += len(part)
            if size > most:
                raise too_large
            check(name, size)
            file.write(part)
        file.seek(0)
        unless_kept.pop_all()
        return Fetched(name, size, file)


class FromURLRequest(RequestModel):
    """A document to fetch."""

    model_config = example(url="https://reports.example/2031/dam.pdf", title="Why gate 3 failed")

    url: Annotated[Text, Field(max_length=MAX_URL_CHARACTERS)] = Field(description="a URL of an allowed host")
    name: Detail = Field(
        default="",
        description="the document's name in the library, with the suffix of its format; the last part of the "
        "URL's path by default",
    )
    title: Detail = ""
    publisher: Detail = ""
    author: Detail = ""
    published: Detail = ""
    language: Detail = ""
    collection: Annotated[Text, Field(max_length=MAX_COLLECTION_CHARACTERS)] = ""
    password: Detail = Field(default="", description="opens an encrypted file; not kept")
    background: bool = Field(
        default=False, description="answer with 202 and a `job_id` once the file is fetched"
    )


def from_url_router(
    rules: FetchRules, reader: Isolated, options: Options, writer: JobRunner, most_bytes: int = 0
) -> Router:
    router = Router(prefix="/v1/documents", tags=["library"])
    threads = LimitedThreads("documents to fetch", at_once=2, waiting=20)

    def add(index: Library, wanted: FromURLRequest, fetched: Fetched, own: Options) -> Response:
        details = wanted.model_dump(exclude={"url", "name", "password", "background"})
        sent = Sent(wanted.name or fetched.name, fetched.file, details, most_bytes)
        if wanted.background:
            return queued_response(index, writer, own, sent)
        return JSONResponse(uploaded_response(index, reader, own, sent), 201)

    @router.post(
        "/from-url",
        status_code=201,
        response_model=dict[str, Any],
        responses={**documented(400, 409, 413, 422, 500, 502, 503, 507), 202: QUEUED},
    )
    async def add_from_url(index: OwnLibrary, wanted: FromURLRequest, request: Request) -> Response:
        """Fetch a report and add it to the library, as an upload of the same file would.

        The status of a refusal is:

        - 409 if the operator allows no hosts;
        - 422 if the URL, or a redirect from it, leads to a host that is not allowed, or to an address that is
          not public;
        - 502 if the file could not be fetched; `detail` says why.
        """
        if not rules.hosts:
            raise HTTPException(
                409, "Adding by URL is off here; the operator allows hosts with FOOTNOTED_URL_HOSTS."
            )
        taken = 0

        def check(name: str, size: int) -> None:
            nonlocal taken
            if size > taken:
                further, taken = size - taken, size
                check_room_for(index, wanted.name or name, size, most_bytes)
                from_thread.run(request.state.take, further)

        fetched = await threads.run(fetch, wanted.url, rules, check)
        with closing(fetched.file):
            passwords = (wanted.password, *options.passwords) if wanted.password else options.passwords
            return await threads.run(add, index, wanted, fetched, replace(options, passwords=passwords))

    return router
