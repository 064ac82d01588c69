"""Limits on the requests, the questions and the uploads of a sender, and on recorded refusals."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from index.loaders import MEGABYTE
from ui.accounts import Identity, networks_of
from ui.counts import Counts
from ui.settings import OperationSettings

REFUSALS_OF_ADDRESS = RateLimitItemPerMinute(60)
REFUSALS = RateLimitItemPerMinute(600)
"""The most refusals that the audit log records a minute: first, of one address; second, of all addresses
together. Without these limits, wrong passwords could fill the disk. The metrics and the log have no limit.
"""

_KINDS = {
    "requests": "requests a minute",
    "questions": "questions a minute",
    "uploads": "megabytes of uploads a day",
    "address": "requests a minute from one address",
    "site": "requests a minute from one network",
}

_ADDRESSES_OF_SITE = 5
"""The number of addresses whose limit all addresses of a site have together (:func:`networks_of`)."""


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that a sender has used up.

    Attributes:
        limit: the limit in words, such as ``120 questions a minute``.
        seconds: the seconds after which the sender may try again.
    """

    limit: str
    seconds: int


@dataclass(frozen=True, slots=True)
class _Count:
    kind: str
    item: RateLimitItem
    sender: str
    cost: int = 1

    @property
    def identifiers(self) -> tuple[str, str]:
        return self.kind, self.sender


class Quotas:
    """Counts the requests, questions and uploads of each user, token and network address.

    Commands on the server's machine have no limits. While sign-in is off, only requests from other machines
    are limited, by their address.
    """

    def __init__(self, settings: OperationSettings, counts: Counts) -> None:
        self._items: dict[str, RateLimitItem] = {
            "requests": RateLimitItemPerMinute(settings.limit_requests),
            "questions": RateLimitItemPerMinute(settings.limit_questions),
            "uploads": RateLimitItemPerDay(settings.limit_uploads),
            "address": RateLimitItemPerMinute(settings.limit_address),
            "site": RateLimitItemPerMinute(settings.limit_address * _ADDRESSES_OF_SITE),
        }
        self._limiter = SlidingWindowCounterRateLimiter(counts)

    def count(
        self,
        identity: Identity | None,
        address: str,
        *,
        is_question: bool = False,
        upload_bytes: int = 0,
        requests: int = 1,
    ) -> Excess | None:
        """Count a request and return None; if a limit forbids the request, return that limit instead.

        If several limits forbid the request, the limit with the longest wait is returned.

        Args:
            identity: the sender; None if the sender is unknown, because the route needs no sign-in.
            address: the sender's network address.
            is_question: whether the request asks or searches.
            upload_bytes: the length of an upload as the request declares it.
            requests: the number of requests as which this one counts.
        """
        kinds = ["requests", *(["questions"] if is_question else [])]
        counts = list(self._counts(identity, address, kinds, requests))
        if upload_bytes:
            counts += self._counts(identity, "", ["uploads"], _megabytes(upload_bytes))
        used_up = [
            count
            for count in counts
            if not self._limiter.test(count.item, *count.identifiers, cost=count.cost)
        ]
        if used_up:
            return max(map(self._excess, used_up), key=lambda excess: excess.seconds)
        for count in counts:
            # Another request, or another server, may have used up the rest meanwhile.
            if not self._limiter.hit(count.item, *count.identifiers, cost=count.cost):
                return self._excess(count)
        return None

    def count_more(self, identity: Identity | None, upload_bytes: int) -> None:
        """Count the bytes of an upload that its declared length did not include.

        If they are more than what is left of the limit, only what is left is counted.

        Args:
            identity: the sender; None if the sender is unknown.
            upload_bytes: the number of bytes beyond the declared length.
        """
        for count in self._counts(identity, "", ["uploads"], _megabytes(upload_bytes)):
            # If the cost exceeded the rest, the limiter would count nothing at all.
            left = self._limiter.get_window_stats(count.item, *count.identifiers).remaining
            self._limiter.hit(count.item, *count.identifiers, cost=min(count.cost, left))

    def _counts(
        self, identity: Identity | None, address: str, kinds: list[str], cost: int = 1
    ) -> Iterator[_Count]:
        if identity is not None and identity.kind in {"user", "token"}:
            senders = [f"token {identity.token}"] if identity.token else []
            # The requests of a user's tokens are also requests of the user.
            senders += [f"user {identity.user_id}"] if identity.user_id is not None else []
            for kind in kinds:
                if self._items[kind].amount:
                    yield from (_Count(kind, self._items[kind], sender, cost) for sender in senders)
        if address and self._items["address"].amount and not _is_this_machine(address):
            for kind, network in zip(("address", "site"), networks_of(address), strict=False):
                yield _Count(kind, self._items[kind], network, cost)

    def _excess(self, count: _Count) -> Excess:
        resets, _ = self._limiter.get_window_stats(count.item, *count.identifiers)
        return Excess(f"{count.item.amount:,} {_KINDS[count.kind]}", max(1, math.ceil(resets - time.time())))


class Refusals:
    """Counts refused requests, to limit how many of them the audit log records."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count_within_limits(self, address: str) -> bool:
        """Count a refusal; return whether the audit log may record it.

        The result is False if too many were counted in the last minute.
        """
        few_of_address = self._limiter.hit(REFUSALS_OF_ADDRESS, networks_of(address)[0])
        return few_of_address and self._limiter.hit(REFUSALS)


def _megabytes(count: int) -> int:
    return math.ceil(count / MEGABYTE)


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
