"""Fetches a file from an allowed host into a temporary file, with limits on redirects, size and time."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

import httpcore

from index.loaders import MEGABYTE
from ui.errors import FetchError, RefusedURLError
from ui.http.from_url.network import PublicNetwork

MAX_URL_CHARACTERS = 2_000
MAX_REDIRECTS = 5

_PORTS = {"https": 443, "http": 80}
_REDIRECTS = {301, 302, 303, 307, 308}
_WRITTEN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without the backslash, which some programs read as a slash."""

_HEADERS: Mapping[bytes | str, bytes | str] = {
    "User-Agent": "footnoted",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class FetchRules:
    """The operator's rules for fetching files.

    Attributes:
        hosts: the allowed hosts in lower case; a port other than the scheme's default follows its host.
        http: whether URLs may begin with ``http://``.
        loopback: whether a host may be this machine.
        megabytes: the maximum size of a file, in megabytes.
        seconds: the time for a whole fetch, redirects included.
    """

    hosts: frozenset[str] = frozenset()
    http: bool = False
    loopback: bool = False
    megabytes: int = 256
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched file.

    Attributes:
        name: the last part of the URL's path.
        size: the length of the file in bytes.
        file: the content, as an open file at its start; the caller closes this file.
    """

    name: str
    size: int
    file: BinaryIO


def checked_url(url: str, rules: FetchRules) -> httpcore.URL:
    """Check a URL, and return its parts.

    The request uses these parts, so that no other parser can read the URL differently.

    Raises:
        RefusedURLError: if the rules do not allow the URL.
    """
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


def fetch(url: str, rules: FetchRules) -> Fetched:
    """Fetch a file into a temporary file.

    Each redirect is checked like the URL itself.

    Raises:
        RefusedURLError: if the rules do not allow the URL, or a URL to which the host redirects.
        FetchError: if the host does not send the whole file in time, or sends it compressed or too large.
    """
    network = PublicNetwork(rules.seconds, loopback=rules.loopback)
    with httpcore.ConnectionPool(network_backend=network, max_keepalive_connections=0) as pool:
        try:
            return _followed(pool, url, rules)
        except httpcore.TimeoutException as error:
            raise FetchError(
                f"the host did not send the file within {rules.seconds:.0f} seconds; try again, or upload it"
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchError(
                f"the host does not answer ({type(error).__name__}); check the URL, or try again later"
            ) from error


def _followed(pool: httpcore.ConnectionPool, url: str, rules: FetchRules) -> Fetched:
    for _ in range(MAX_REDIRECTS + 1):
        target = checked_url(url, rules)
        with pool.stream("GET", target, headers=_HEADERS) as response:
            headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status not in _REDIRECTS:
                return _kept(response, headers, urlsplit(url).path, rules)
        url = urljoin(url, headers.get(b"location", ""))
    raise FetchError(f"the URL redirects more than {MAX_REDIRECTS} times; give the last URL")


def _kept(response: httpcore.Response, headers: dict[bytes, str], path: str, rules: FetchRules) -> Fetched:
    if response.status != 200:
        raise FetchError(f"the host answered {response.status}, not 200 with the file; check the URL")
    if headers.get(b"content-encoding", "identity").lower() != "identity":
        raise FetchError("the host sends the file compressed, though it was asked not to; upload the file")
    declared = headers.get(b"content-length", "")
    most = rules.megabytes * MEGABYTE
    too_large = FetchError(f"the file has more than the {rules.megabytes:,} MB that are read; split it")
    if declared.isdecimal() and int(declared) > most:
        raise too_large
    with ExitStack() as unless_kept:
        file = unless_kept.enter_context(tempfile.TemporaryFile())
        size = 0
        for part in response.iter_stream():
            size += len(part)
            if size > most:
                raise too_large
            file.write(part)
        file.seek(0)
        unless_kept.pop_all()
        return Fetched(unquote(path.rpartition("/")[2]), size, file)
