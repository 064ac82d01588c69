"""Counts requests for the rate limits, in a server's memory or in a database that several servers share."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa
from limits.storage import MemoryStorage, Storage
from limits.storage.base import MovingWindowSupport, SlidingWindowCounterSupport, TimestampedSlidingWindow

from index.catalog import TEXT, insert_into
from index.errors import UnreachableError
from ui.own_tables import OwnTables

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

_EVENT_SECONDS = 3_600.0
"""The age in seconds from which no limit counts an event any more."""


class MemoryCounts(MemoryStorage):
    """Counts of one server, in its memory. A restart loses them."""

    def close(self) -> None:
        """Do nothing: the memory is freed with the object."""


class SharedCounts(Storage, MovingWindowSupport, SlidingWindowCounterSupport, TimestampedSlidingWindow):
    """Counts in a database that several servers share. Safe to share between threads.

    The tables are opened when they are first needed. The package :mod:`limits` calls the methods.
    """

    STORAGE_SCHEME = None

    def __init__(self, home: Path, database_url: str) -> None:
        super().__init__()
        self._tables = COUNTS.lazy(home, database_url)
        self._sweep_at = 0.0

    def close(self) -> None:
        """Close all connections."""
        self._tables.close()

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """The errors that a method raises if the database fails."""
        return (sa.exc.SQLAlchemyError, UnreachableError)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add ``amount`` to a count and return the sum. A new count expires after ``expiry`` seconds."""
        now = time.time()
        with self._tables.engine.begin() as connection:
            self._sweep(connection, now)
            new = insert_into(connection, _counts).values(key=key, count=amount, ends=now + expiry)
            added = new.on_conflict_do_update(
                index_elements=["key"], set_={"count": _counts.c.count + new.excluded.count}
            )
            return int(connection.execute(added.returning(_counts.c.count)).scalar_one())

    def get(self, key: str) -> int:
        """Return the count of a key; 0 if there is none."""
        return self._counted([key]).get(key, 0)

    def get_expiry(self, key: str) -> float:
        """Return when a count expires, in seconds since 1970; the present time if there is no count."""
        with self._tables.engine.connect() as connection:
            ends = connection.scalar(sa.select(_counts.c.ends).filter_by(key=key))
        return time.time() if ends is None else float(ends)

    def check(self) -> bool:
        """Return whether the database answers."""
        try:
            self.get("")
        except self.base_exceptions:
            return False
        return True

    def reset(self) -> int:
        """Delete all counts and events; return the number of deleted rows."""
        with self._tables.engine.begin() as connection:
            tables = (_counts, _events)
            return sum(connection.execute(sa.delete(table)).rowcount for table in tables)

    def clear(self, key: str) -> None:
        """Delete the count and the events of a key."""
        with self._tables.engine.begin() as connection:
            for table in (_counts, _events):
                connection.execute(sa.delete(table).filter_by(key=key))

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Record ``amount`` events unless the last ``expiry`` seconds would then have more than ``limit``.

        Servers that record events at the same moment may together exceed the limit.

        Returns:
            Whether the events were recorded.
        """
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
        """Return the time of the first event in the last ``expiry`` seconds, and the number of these events.

        The time is in seconds since 1970. If there are no such events, it is the present time.
        """
        del limit
        now = time.time()
        recent = sa.select(sa.func.min(_events.c.at), sa.func.count()).where(
            _events.c.key == key, _events.c.at > now - expiry
        )
        with self._tables.engine.connect() as connection:
            first, number = connection.execute(recent).one()
        return (now if first is None else float(first)), int(number)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add ``amount`` to the count of the present window, if the sliding count stays within ``limit``.

        The sliding count is the present window's count, plus the share of the previous window's count that
        falls into the last ``expiry`` seconds.

        Returns:
            Whether ``amount`` was added.
        """
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
        """Return the counts of the previous and the present window, and how long each count still matters.

        Returns:
            Four numbers: the count of the previous window, the seconds until limits ignore this count, and
            the same two numbers for the present window.
        """
        now = time.time()
        last, present = self.sliding_window_keys(key, expiry, now)
        counted = self._counted([last, present])
        # The arithmetic is that of ``limits``, so that rounding gives the same results as counts in memory.
        rest = (1 - (now - expiry) / expiry % 1) * expiry
        ends = (1 - now / expiry % 1) * expiry + expiry
        return counted.get(last, 0), rest if counted.get(last) else 0.0, counted.get(present, 0), ends

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Delete the counts of the previous and of the present window."""
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
    """Open a server's counts of requests, which the rate limits use.

    Args:
        home: the library's folder.
        database_url: the address of the PostgreSQL database with the catalog; empty to count in memory.
    """
    return SharedCounts(home, database_url) if database_url else MemoryCounts()
