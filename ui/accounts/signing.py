"""Signatures that contain the time, from the clock of the accounts."""

from __future__ import annotations

from collections.abc import Callable

from itsdangerous import TimestampSigner


def timed_signer(time: Callable[[], float]) -> type[TimestampSigner]:
    """Return a class of signers that take the time from ``time``, in seconds since 1970."""

    class _Timed(TimestampSigner):
        def get_timestamp(self) -> int:
            """Return the time in whole seconds since 1970."""
            return int(time())

    return _Timed
