"""Signatures with timestamps from the same clock that the accounts use."""

from __future__ import annotations

from collections.abc import Callable

from itsdangerous import TimestampSigner


def timed_signer(time: Callable[[], float]) -> type[TimestampSigner]:
    """Return a class of signers whose timestamps come from the clock ``time``, in seconds since 1970."""

    class _Timed(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time())

    return _Timed
