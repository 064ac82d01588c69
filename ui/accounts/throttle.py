"""Limits on failed sign-ins and on wrong tokens, so that nobody can guess a password or a token."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter

from index.errors import FootnotedError
from ui.counts import Counts

OF_NAME_AT_ADDRESS = RateLimitItemPerMinute(5, 5)
OF_ADDRESS = RateLimitItemPerMinute(20, 5)
OF_SITE = RateLimitItemPerMinute(100, 5)
OF_NAME = RateLimitItemPerMinute(30, 15)
OF_BROWSER = RateLimitItemPerMinute(10, 15)
"""The most failed sign-ins: first, with one name from one address; second, with any names from one address;
third, with any names from one site, which has many addresses (:func:`networks_of`); fourth, with one name
from anywhere; fifth, with one name from a browser in which its user has signed in before.

The fourth limit is high, because anyone can use it up. It does not keep the user out: browsers in which the
user has signed in before have the same limit for themselves. The fifth limit keeps one of them, whose cookie
was stolen, from using up that limit."""

OF_TOKENS = RateLimitItemPerMinute(30, 1)
OF_TOKENS_OF_SITE = RateLimitItemPerMinute(150, 1)
"""The most wrong tokens from an address, and from a site."""


class TooManyAttemptsError(FootnotedError):
    """Too many attempts have failed.

    Attributes:
        seconds: the seconds after which another attempt is allowed.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts failed; try again in {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class _Limit:
    item: RateLimitItem
    identifiers: tuple[str, ...]


class Throttle:
    """Counts failed sign-ins and wrong tokens, and raises an error when a limit is used up."""

    def __init__(self, counts: Counts) -> None:
        self._limiter = MovingWindowRateLimiter(counts)

    def check_sign_in(self, name: str, address: str, browser: str | None = None) -> None:
        """Check that no limit on failed sign-ins with the name or from the address is used up.

        Args:
            name: the name.
            address: the network address.
            browser: the id of the browser, if the user of the name has signed in there before.

        Raises:
            TooManyAttemptsError: if a limit is used up.
        """
        self._check(_of_name(name, address, browser))

    def check_address(self, address: str) -> None:
        """Raise TooManyAttemptsError if the address has used up its limit on failed sign-ins."""
        self._check(_of_address(address))

    def note_failed_at(self, address: str) -> None:
        """Count a failed sign-in against its address alone, because the user's name is not known."""
        self._count(_of_address(address))

    def note_failed_sign_in(self, name: str, address: str, browser: str | None = None) -> None:
        """Count a failed sign-in."""
        self._count(_of_name(name, address, browser))

    def note_signed_in(self, name: str, address: str) -> None:
        """Forget the failed sign-ins with a name from an address, because the user has now signed in."""
        self._limiter.clear(OF_NAME_AT_ADDRESS, "name-at-address", name, networks_of(address)[0])

    def note_wrong_token(self, address: str) -> None:
        """Count a wrong token.

        Raises:
            TooManyAttemptsError: if the limit was used up before this token.
        """
        limits = _by_network("token", address, OF_TOKENS, OF_TOKENS_OF_SITE)
        self._check(limits)
        self._count(limits)

    def _count(self, limits: Sequence[_Limit]) -> None:
        for limit in limits:
            self._limiter.hit(limit.item, *limit.identifiers)

    def _check(self, limits: Sequence[_Limit]) -> None:
        used_up = [limit for limit in limits if not self._limiter.test(limit.item, *limit.identifiers)]
        if used_up:
            resets = [self._limiter.get_window_stats(each.item, *each.identifiers)[0] for each in used_up]
            raise TooManyAttemptsError(max(1, math.ceil(max(resets) - time.time())))


def networks_of(address: str) -> tuple[str, ...]:
    """Return the networks by which the attempts from an address are counted, the smallest one first.

    An IPv4 address counts alone. An IPv6 address counts by its first 64 bits, the network of one client, and
    by its first 48 bits, a site: one customer of a provider may have all networks of a site (RFC 6177). An
    address that is neither counts as it is written.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return (address,)
    if ip.version == 6 and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return tuple(
        str(ip_network(f"{ip}/{bits}", strict=False)) for bits in ((32,) if ip.version == 4 else (64, 48))
    )


def _by_network(kind: str, address: str, of_address: RateLimitItem, of_site: RateLimitItem) -> list[_Limit]:
    networks = networks_of(address)
    return [
        _Limit(item, (kind, network)) for item, network in zip((of_address, of_site), networks, strict=False)
    ]


def _of_address(address: str) -> list[_Limit]:
    return _by_network("address", address, OF_ADDRESS, OF_SITE)


def _of_name(name: str, address: str, browser: str | None) -> list[_Limit]:
    limits = [
        _Limit(OF_NAME_AT_ADDRESS, ("name-at-address", name, networks_of(address)[0])),
        *_of_address(address),
    ]
    if browser is None:
        return [*limits, _Limit(OF_NAME, ("name", name))]
    return [*limits, _Limit(OF_NAME, ("name-in-browsers", name)), _Limit(OF_BROWSER, ("browser", browser))]
