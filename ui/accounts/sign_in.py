"""Sign-in to a running server: by name and password, with a provider, by session, or by token."""

from __future__ import annotations

import hmac
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from threading import Lock

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter

from index.errors import FootnotedError
from ui.accounts.database import Accounts
from ui.accounts.identity import Identity, Scope, key_of
from ui.accounts.provided import Person
from ui.accounts.tokens import digest_of, new_token
from ui.accounts.users import UserRecord
from ui.counts import Counts, MemoryCounts

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


class SignIn:
    """Signs people and programs in to a running server. Safe to share between threads.

    Attributes:
        accounts: the accounts.
        machine_token: a token for commands on the same machine; it is new at each start of the server.
    """

    def __init__(self, accounts: Accounts, counts: Counts | None = None) -> None:
        """Prepare to sign in the people and programs of ``accounts``.

        Args:
            accounts: the accounts.
            counts: the store for the counts of failed attempts; None to keep the counts in memory.
        """
        self.accounts = accounts
        self.machine_token = new_token()
        self._throttle = Throttle(counts or MemoryCounts())
        self._one_at_a_time = Lock()
        accounts.users.decoy()

    def start_session(self, name: str, password: str, address: str, known: str = "") -> str | None:
        """Start a session and return its cookie; None if the name or the password is wrong.

        Only one attempt is checked at a time: a check takes 64 MB of memory, and parallel checks could evade
        the limits on failed attempts.

        Args:
            name: the name that the person wrote.
            password: the password that the person wrote.
            address: the person's network address.
            known: the cookie by which a browser is known in which the person has signed in before, from
                :meth:`ui.accounts.sessions.Sessions.known_browser`.

        Raises:
            TooManyAttemptsError: if too many attempts with the name or from the address have failed.
        """
        key = digest_of(key_of(name)).hex()  # The digest has the same length for every name.
        browser = self.accounts.sessions.browser_of(known, name)
        with self._one_at_a_time:
            self._throttle.check_sign_in(key, address, browser)
            user = self.accounts.users.verified(name, password)
            if user is None:
                self._throttle.note_failed_sign_in(key, address, browser)
                return None
            self._throttle.note_signed_in(key, address)
        return self.accounts.sessions.start(user.user_id)

    def check_address(self, address: str) -> None:
        """Raise TooManyAttemptsError if too many sign-ins from a network address have failed."""
        self._throttle.check_address(address)

    def note_failure(self, address: str) -> None:
        """Count a failed sign-in with a provider."""
        self._throttle.note_failed_at(address)

    def start_provided_session(self, person: Person, *, admits_all: bool) -> tuple[UserRecord, str]:
        """Start a session for a person who has signed in to a provider; return the user and the cookie.

        Raises:
            NotAdmittedError: if there is no user for the person, or the user is locked out.
            AccountError: if the person needs a new user, but the person's name has a wrong form or is taken.
        """
        user = self.accounts.provided.admitted(person, admits_all=admits_all)
        return user, self.accounts.sessions.start(user.user_id)

    def token_identity(self, token: str, address: str) -> Identity | None:
        """Return the sender of a request with a token; None if the token is unknown or no longer valid.

        A valid token is accepted even if the address has sent too many wrong tokens. Nobody can guess 256
        bits, and a neighbour behind the same address must not lock a program out.

        Raises:
            TooManyAttemptsError: if the token is wrong, and the address has sent too many wrong tokens.
        """
        if hmac.compare_digest(digest_of(token), digest_of(self.machine_token)):
            return Identity("machine", frozenset(Scope))
        identity = self.accounts.tokens.identity(token)
        if identity is None:
            self._throttle.note_wrong_token(address)
        return identity
