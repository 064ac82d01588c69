"""Answers a repeated request with the response to the first one, in case that response did not arrive."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, HTTPException
from starlette.responses import Response

from ui.accounts import Identity

KEPT_SECONDS = 24 * 3600.0
MOST_KEPT = 500
"""The maximum number of responses that are kept in memory; the oldest ones are dropped first."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="any text, new for each upload; with the same body, it gets the same response again",
    ),
]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A request with an ``Idempotency-Key``.

    Attributes:
        body: the digest of the request's body.
        until: the monotonic time until which the response is kept.
        response: the status, the body and the headers of the response; None while the request runs.
    """

    body: str
    until: float
    response: tuple[int, bytes, dict[str, str]] | None = None


class Idempotency:
    """Keeps, for each sender, the responses to requests with an ``Idempotency-Key``.

    Only the event loop's thread may use it. After a failed request, the client can use the same key again. A
    restart forgets the responses. If a client then repeats an upload, there is still no second document,
    because a library recognises a file that it already has.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Identity, str], _Kept] = OrderedDict()

    async def run(
        self, sender: Identity, key: str, body: str, work: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Return the response that is kept for the key; if there is none, run ``work`` and keep its response.

        Args:
            sender: the sender of the request; each sender has its own keys.
            key: the key.
            body: the digest of the request's body.
            work: makes the response.

        Raises:
            HTTPException: 422 if an earlier request had the key with another body; 409 if an earlier request
                with the key is still running.
        """
        entry_key = (sender, key)
        self._drop_old()
        known = self._kept.get(entry_key)
        if known is not None:
            return _again(known, body)
        until = time.monotonic() + KEPT_SECONDS
        self._kept[entry_key] = _Kept(body, until)
        try:
            response = await work()
            headers = {name: value for name, value in response.headers.items() if name != "content-length"}
            self._kept[entry_key] = _Kept(body, until, (response.status_code, bytes(response.body), headers))
        finally:
            if self._kept[entry_key].response is None:
                del self._kept[entry_key]
        return response

    def _drop_old(self) -> None:
        now = time.monotonic()
        for entry_key, kept in list(self._kept.items()):
            # A running request is never dropped.
            if kept.response is not None and (kept.until < now or len(self._kept) >= MOST_KEPT):
                del self._kept[entry_key]
            elif kept.response is not None:
                break


def _again(known: _Kept, body: str) -> Response:
    if known.body != body:
        raise HTTPException(
            422, "this Idempotency-Key came with another body before; send a new key with a new upload"
        )
    if known.response is None:
        raise HTTPException(
            409, "the first request with this Idempotency-Key is in progress; try again in a few seconds"
        )
    status, content, headers = known.response
    return Response(content, status, {**headers, "Idempotent-Replayed": "true"})
