"""Repeats the response to a request that a client sends again because it has not seen the response."""

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
"""The most responses that are kept in memory; the oldest ones are dropped first."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="any text, new for each upload: sent again with the same body, it gets the same response",
    ),
]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A request with a key.

    Attributes:
        body: the digest of its body.
        until: the monotonic time until which the response is kept.
        response: the response: status, body and headers; None until there is one.
    """

    body: str
    until: float
    response: tuple[int, bytes, dict[str, str]] | None = None


class Idempotency:
    """Keeps the responses to requests with a key, by sender. Only the event loop's thread may use it.

    A failed request leaves its key free. Responses are kept in memory: a library recognises a file that it
    has, so repeating an upload after a restart makes no second document.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Identity, str], _Kept] = OrderedDict()

    async def run(
        self, sender: Identity, key: str, body: str, work: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Return the kept response to the key, or that of ``work``, which is then kept.

        Args:
            sender: the sender of the request; each sender has its own keys.
            key: the key.
            body: the digest of the request's body.
            work: makes the response.

        Raises:
            HTTPException: 422 if the key came with another body, 409 if its first request is in progress.
        """
        place = (sender, key)
        self._drop_old()
        known = self._kept.get(place)
        if known is not None:
            return _again(known, body)
        until = time.monotonic() + KEPT_SECONDS
        self._kept[place] = _Kept(body, until)
        try:
            response = await work()
            headers = {name: value for name, value in response.headers.items() if name != "content-length"}
            self._kept[place] = _Kept(body, until, (response.status_code, bytes(response.body), headers))
        finally:
            if self._kept[place].response is None:
                del self._kept[place]
        return response

    def _drop_old(self) -> None:
        now = time.monotonic()
        for place, kept in list(self._kept.items()):
            # A request in progress has its place until its end.
            if kept.response is not None and (kept.until < now or len(self._kept) >= MOST_KEPT):
                del self._kept[place]
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
