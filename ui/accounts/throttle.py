"""Limits on failed sign-ins and on wrong tokens, so that nobody can guess a password or a token."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter

from index.errors import FootnotedError
from ui.counts import Counts

OF_NAME_AT_ADDRESS = RateLimitItemPerMinute(5, 5)
OF_ADDRESS = RateLimitItemPerMinute(20, 5)
OF_NAME = RateLimitItemPerMinute(30, 15)
"""The most failed sign-ins: first, with one name from one address; second, with any names from one address;
third, with one name from anywhere. The third limit is high, because anyone can use it up and thereby keep the
user out for a while."""

OF_TOKENS = RateLimitItemPerMinute(30, 1)
"""The most wrong tokens from an address."""


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

    def check_sign_in(self, name: str, address: str) -> None:
        """Raise TooManyAttemptsError if the name or the address has used up a limit on failed sign-ins."""
        self._check(*_limits(name, address))

    def check_address(self, address: str) -> None:
        """Raise TooManyAttemptsError if the address has used up its limit on failed sign-ins."""
        self._check(_of_address(address))

    def note_failed_at(self, address: str) -> None:
        """Count a failed sign-in against its address alone, because the user's name is not known."""
        limit = _of_address(address)
        self._limiter.hit(limit.item, *limit.identifiers)

    def note_failed_sign_in(self, name: str, address: str) -> None:
        """Count a failed sign-in."""
        for limit in _limits(name, address):
            self._limiter.hit(limit.item, *limit.identifiers)

    def note_signed_in(self, name: str, address: str) -> None:
        """Forget the failed sign-ins with a name from an address, because the user has now signed in."""
        self._limiter.clear(OF_NAME_AT_ADDRESS, "name-at-address", name, address)

    def note_wrong_token(self, address: str) -> None:
        """Count a wrong token.

        Raises:
            TooManyAttemptsError: if the limit was used up before this token.
        """
        limit = _Limit(OF_TOKENS, ("token", address))
        self._check(limit)
        self._limiter.hit(limit.item, *limit.identifiers)

    def _check(self, *limits: _Limit) -> None:
        used_up = [limit for limit in limits if not self._limiter.test(limit.item, *limit.identifiers)]
        if used_up:
            resets = [self._limiter.get_window_stats(each.item, *each.identifiers)[0] for each in used_up]
            raise TooManyAttemptsError(max(1, math.ceil(max(resets) - time.time())))


def _of_address(address: str) -> _Limit:
    return _Limit(OF_ADDRESS, ("address", address))


def _limits(name: str, address: str) -> tuple[_Limit, ...]:
    return (
        _Limit(OF_NAME_AT_ADDRESS, ("name-at-address", name, address)),
        _of_address(address),
        _Limit(OF_NAME, ("name", name)),
    )
