"""Connects to public addresses only, within a time limit.

A name is resolved once for each connection, and the connection goes to the address that was checked. A name
that first leads to a public address and then to a private one (DNS rebinding) therefore helps no attacker.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from typing import Any

import httpcore

from ui.errors import RefusedURLError

_UNICAST = IPv6Network("2000::/3")
"""The public addresses of IPv6. Every address outside this range embeds an IPv4 one, or is not public."""


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet.

    Private, loopback, link-local, multicast, reserved and unspecified addresses are not public. Neither are
    IPv6 addresses that embed an IPv4 address.
    """
    found = ip_address(address)
    if isinstance(found, IPv6Address) and (found not in _UNICAST or found.teredo or found.sixtofour):
        return False
    return found.is_global and not found.is_multicast


class PublicNetwork(httpcore.NetworkBackend):
    """Opens connections, but only to public addresses, and only until a deadline."""

    def __init__(self, seconds: float, *, loopback: bool = False) -> None:
        """Set the deadline.

        Args:
            seconds: the time from now until the deadline.
            loopback: whether connections to this machine are allowed, too.
        """
        self._deadline = time.monotonic() + seconds
        self._loopback = loopback
        self._sockets = httpcore.SyncBackend()

    def remaining(self, timeout: float | None) -> float:
        """Return the seconds until the deadline, or ``timeout`` if that is less.

        Raises:
            httpcore.ReadTimeout: if the deadline has passed.
        """
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
        """Resolve a name, check its addresses, and connect to the first one that answers.

        Raises:
            RefusedURLError: if one of the addresses is not public.
            httpcore.ConnectError: if the name has no address, or no address answers.
            httpcore.ConnectTimeout: if no address answers in time.
        """
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
    """A stream that fails after the deadline of a :class:`PublicNetwork`, even if data still arrives."""

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
