"""The limits on requests, questions, uploads, failed sign-ins and recorded refusals, and their counts.

The package ``limits`` has the strategies, but no storage in PostgreSQL: :class:`SharedCounts` is ours.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage
from limits.storage.base import MovingWindowSupport, SlidingWindowCounterSupport, TimestampedSlidingWindow
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from index.catalog import TEXT, insert_into
from index.errors import FootnotedError, UnreachableError
from ui.own_tables import OwnTables

if TYPE_CHECKING:
    from ui.accounts.identity import Identity
    from ui.settings import OperationSettings

OF_NAME_AT_ADDRESS = RateLimitItemPerMinute(5, 5)
OF_ADDRESS = RateLimitItemPerMinute(20, 5)
OF_SITE = RateLimitItemPerMinute(100, 5)
OF_NAME = RateLimitItemPerMinute(30, 15)
# The most failed sign-ins: with one name from one address; with any names from one address; from one site
# (:func:`networks_of`); with one name from anywhere; with one name from a browser in which its user has
# signed in before. The fourth is high, because anyone can use it up; such browsers have it for themselves, so
# that it keeps no user out. The fifth keeps a stolen cookie from using that up.
OF_BROWSER = RateLimitItemPerMinute(10, 15)
OF_TOKENS = RateLimitItemPerMinute(30, 1)
OF_TOKENS_OF_SITE = RateLimitItemPerMinute(150, 1)


REFUSALS_OF_ADDRESS = RateLimitItemPerMinute(60)
# The most recorded refusals a minute, of one address and of all: wrong passwords could fill the disk.
REFUSALS = RateLimitItemPerMinute(600)
_KINDS = {
    "requests": "requests a minute",
    "questions": "questions a minute",
    "uploads": "megabytes of uploads a day",
    "address": "requests a minute from one address",
    "site": "requests a minute from one network",
}

# The number of addresses whose limit all addresses of a site have together (:func:`networks_of`).
_ADDRESSES_OF_SITE = 5


class TooManyAttemptsError(FootnotedError):
    """Another attempt is allowed after ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts failed; try again in {seconds} seconds")
        self.seconds = seconds


class Throttle:
    """``browser`` is a browser's id in which the user has signed in before. Raises TooManyAttemptsError."""

    def __init__(self, counts: Counts) -> None:
        self._limiter = MovingWindowRateLimiter(counts)

    def check_sign_in(self, name: str, address: str, browser: str | None = None) -> None:
        self._check(_of_name(name, address, browser))

    def check_address(self, address: str) -> None:
        self._check(_of_address(address))

    def note_failed_at(self, address: str) -> None:
        """Count a failed sign-in against its address alone, because the user's name is not known."""
        self._count(_of_address(address))

    def note_failed_sign_in(self, name: str, address: str, browser: str | None = None) -> None:
        self._count(_of_name(name, address, browser))

    def note_signed_in(self, name: str, address: str) -> None:
        self._limiter.clear(OF_NAME_AT_ADDRESS, "name-at-address", name, networks_of(address)[0])

    def note_wrong_token(self, address: str) -> None:
        """Count a wrong token. The error is raised if the limit was used up before this token."""
        counts = _by_network("token", address, OF_TOKENS, OF_TOKENS_OF_SITE)
        self._check(counts)
        self._count(counts)

    def _count(self, counts: Sequence[_Count]) -> None:
        for each in counts:
            self._limiter.hit(each.item, *each.identifiers)

    def _check(self, counts: Sequence[_Count]) -> None:
        if used_up := _used_up(self._limiter, counts):
            raise TooManyAttemptsError(max(_seconds(self._limiter, each) for each in used_up))


def _by_network(kind: str, address: str, of_address: RateLimitItem, of_site: RateLimitItem) -> list[_Count]:
    items = zip((of_address, of_site), networks_of(address), strict=False)
    return [_Count(item, (kind, network)) for item, network in items]


def _of_address(address: str) -> list[_Count]:
    return _by_network("address", address, OF_ADDRESS, OF_SITE)


def _of_name(name: str, address: str, browser: str | None) -> list[_Count]:
    counts = [
        _Count(OF_NAME_AT_ADDRESS, ("name-at-address", name, networks_of(address)[0])),
        *_of_address(address),
    ]
    if browser is None:
        return [*counts, _Count(OF_NAME, ("name", name))]
    return [*counts, _Count(OF_NAME, ("name-in-browsers", name)), _Count(OF_BROWSER, ("browser", browser))]


@dataclass(frozen=True, slots=True)
class Excess:
    limit: str
    seconds: int


class Quotas:
    """Without sign-in, only other machines are limited, by address; commands on this machine never are."""

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
        """Return the exceeded limit with the longest wait, or None; ``requests`` is as how many it counts."""
        kinds = ["requests", *(["questions"] if is_question else [])]
        counts = list(self._counts(identity, address, kinds, requests))
        if upload_bytes:
            counts += self._counts(identity, "", ["uploads"], _megabytes(upload_bytes))
        if used_up := _used_up(self._limiter, counts):
            return max(map(self._excess, used_up), key=lambda excess: excess.seconds)
        for count in counts:
            # Another request, or another server, may have used up the rest meanwhile.
            if not self._limiter.hit(count.item, *count.identifiers, cost=count.cost):
                return self._excess(count)
        return None

    def count_more(self, identity: Identity | None, upload_bytes: int) -> Excess | None:
        """Count an upload's bytes beyond those that are counted, but at most what is left of the limit.

        Return the limit if they exceed it, else None.
        """
        for count in self._counts(identity, "", ["uploads"], _megabytes(upload_bytes)):
            # If the cost exceeded the rest, the limiter would count nothing at all.
            left = self._limiter.get_window_stats(count.item, *count.identifiers).remaining
            fits = self._limiter.hit(count.item, *count.identifiers, cost=min(count.cost, left))
            if not fits or count.cost > left:
                return self._excess(count)
        return None

    def _counts(
        self, identity: Identity | None, address: str, kinds: list[str], cost: int = 1
    ) -> Iterator[_Count]:
        if identity is not None and identity.kind in {"user", "token"}:
            senders = [f"token {identity.token}"] if identity.token else []
            # The requests of a user's tokens are also requests of the user.
            senders += [f"user {identity.user_id}"] if identity.user_id is not None else []
            for kind in kinds:
                if self._items[kind].amount:
                    yield from (_Count(self._items[kind], (kind, sender), cost) for sender in senders)
        if address and self._items["address"].amount and not _is_this_machine(address):
            for kind, network in zip(("address", "site"), networks_of(address), strict=False):
                yield _Count(self._items[kind], (kind, network), cost)

    def _excess(self, count: _Count) -> Excess:
        words = f"{count.item.amount:,} {_KINDS[count.identifiers[0]]}"
        return Excess(words, _seconds(self._limiter, count))


class Refusals:
    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count_within_limits(self, address: str) -> bool:
        few_of_address = self._limiter.hit(REFUSALS_OF_ADDRESS, networks_of(address)[0])
        return few_of_address and self._limiter.hit(REFUSALS)


@dataclass(frozen=True, slots=True)
class _Count:
    item: RateLimitItem
    identifiers: tuple[str, ...]
    cost: int = 1


def _used_up(limiter: RateLimiter, counts: Iterable[_Count]) -> list[_Count]:
    return [each for each in counts if not limiter.test(each.item, *each.identifiers, cost=each.cost)]


def _seconds(limiter: RateLimiter, count: _Count) -> int:
    resets, _ = limiter.get_window_stats(count.item, *count.identifiers)
    return max(1, math.ceil(resets - time.time()))


def networks_of(address: str) -> tuple[str, ...]:
    """Smallest first: an IPv4 address, or of IPv6 64 bits (a client) and 48 bits (a site, RFC 6177)."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return (address,)
    if ip.version == 6 and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return tuple(
        str(ip_network(f"{ip}/{bits}", strict=False)) for bits in ((32,) if ip.version == 4 else (64, 48))
    )


def _megabytes(count: int) -> int:
    from index.loaders import MEGABYTE  # Commands that only open accounts need no loaders, which are slow.

    return math.ceil(count / MEGABYTE)


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


_metadata = sa.MetaData()
_counts = sa.Table(
    "counts",
    _metadata,
    sa.Column("key", TEXT, primary_key=True),  # The limit, the sender and the number of the window.
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("ends", sa.Float, nullable=False, index=True),  # Seconds since 1970.
)

_events = sa.Table(
    "events",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("key", TEXT, nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False, index=True),  # Seconds since 1970.
)

COUNTS = OwnTables("counts", _metadata, version=1)

_SWEEP_SECONDS = 60.0

_EVENT_SECONDS = 3_600.0  # the age in seconds from which no limit counts an event any more


class MemoryCounts(MemoryStorage):
    """Counts of one server, in its memory. A restart loses them."""

    def close(self) -> None:
        pass


class SharedCounts(Storage, MovingWindowSupport, SlidingWindowCounterSupport, TimestampedSlidingWindow):
    """The package :mod:`limits` calls the methods. The tables are opened when first needed."""

    STORAGE_SCHEME = None

    def __init__(self, home: Path, database_url: str) -> None:
        super().__init__()
        self._tables = COUNTS.lazy(home, database_url)
        self._sweep_at = 0.0

    def close(self) -> None:
        self._tables.close()

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return (sa.exc.SQLAlchemyError, UnreachableError)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        with self._tables.engine.begin() as connection:
            self._sweep(connection, now)
            new = insert_into(connection, _counts).values(key=key, count=amount, ends=now + expiry)
            added = new.on_conflict_do_update(
                index_elements=["key"], set_={"count": _counts.c.count + new.excluded.count}
            )
            return int(connection.execute(added.returning(_counts.c.count)).scalar_one())

    def get(self, key: str) -> int:
        return self._counted([key]).get(key, 0)

    def get_expiry(self, key: str) -> float:
        """Return when a count expires, in seconds since 1970; now if there is none."""
        with self._tables.engine.connect() as connection:
            ends = connection.scalar(sa.select(_counts.c.ends).filter_by(key=key))
        return time.time() if ends is None else float(ends)

    def check(self) -> bool:
        try:
            self.get("")
        except self.base_exceptions:
            return False
        return True

    def reset(self) -> int:
        with self._tables.engine.begin() as connection:
            tables = (_counts, _events)
            return sum(connection.execute(sa.delete(table)).rowcount for table in tables)

    def clear(self, key: str) -> None:
        with self._tables.engine.begin() as connection:
            for table in (_counts, _events):
                connection.execute(sa.delete(table).filter_by(key=key))

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Servers that record events at the same moment may together exceed the limit."""
        now = time.time()
        with self._tables.engine.begin() as connection:
            self._sweep(connection, now)
            # As in the memory storage of ``limits``, an event exactly as old as the window still counts.
            recent = sa.select(sa.func.count()).where(_events.c.key == key, _events.c.at >= now - expiry)
            if int(connection.scalar(recent) or 0) + amount > limit:
                return False
            connection.execute(sa.insert(_events), [{"key": key, "at": now}] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the first event was, in seconds since 1970, and the number."""
        del limit
        now = time.time()
        recent = sa.select(sa.func.min(_events.c.at), sa.func.count()).where(
            _events.c.key == key, _events.c.at > now - expiry
        )
        with self._tables.engine.connect() as connection:
            first, number = connection.execute(recent).one()
        return (now if first is None else float(first)), int(number)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """The previous window's count is weighted by its share still in ``expiry``."""
        before, rest, now, _ = self.get_sliding_window(key, expiry)
        if int(before * rest / expiry) + now + amount > limit:
            return False
        # Another server may have counted meanwhile.
        _, present = self.sliding_window_keys(key, expiry, time.time())
        if int(before * rest / expiry) + self.incr(present, 2 * expiry, amount) <= limit:
            return True
        self.incr(present, 2 * expiry, -amount)
        return False

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the count of the previous window, the seconds until it is ignored, and both of this one."""
        now = time.time()
        last, present = self.sliding_window_keys(key, expiry, now)
        counted = self._counted([last, present])
        # The arithmetic is that of ``limits``, so that rounding gives the same results as counts in memory.
        rest = (1 - (now - expiry) / expiry % 1) * expiry
        ends = (1 - now / expiry % 1) * expiry + expiry
        return counted.get(last, 0), rest if counted.get(last) else 0.0, counted.get(present, 0), ends

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        for each in self.sliding_window_keys(key, expiry, time.time()):
            self.clear(each)

    def _counted(self, keys: list[str]) -> dict[str, int]:
        known = sa.select(_counts.c.key, _counts.c.count).where(_counts.c.key.in_(keys))
        with self._tables.engine.connect() as connection:
            return {key: count for key, count in connection.execute(known)}  # noqa: C416

    def _sweep(self, connection: sa.Connection, now: float) -> None:
        """Delete the counts and events that no limit needs any more, at most once a minute."""
        if now >= self._sweep_at:
            self._sweep_at = now + _SWEEP_SECONDS
            connection.execute(sa.delete(_counts).where(_counts.c.ends < now))
            connection.execute(sa.delete(_events).where(_events.c.at < now - _EVENT_SECONDS))


Counts = MemoryCounts | SharedCounts


def open_counts(home: Path, database_url: str = "") -> Counts:
    """Open the counts of a server: in PostgreSQL if ``database_url`` names the catalog's, else in memory."""
    return SharedCounts(home, database_url) if database_url else MemoryCounts()
