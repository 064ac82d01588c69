"""Unfinished sign-ins with an OpenID provider. Only the browser that began a sign-in can finish it.

The browser keeps the sign-in in a signed cookie, so that nobody can fill the server's memory with sign-ins
that never end. After a sign-in ends, the server keeps its state (a random value) until the cookie expires, so
that nobody can use the cookie again.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from threading import Lock

from itsdangerous import BadData, URLSafeTimedSerializer

from ui.accounts.signing import timed_signer

PENDING_SECONDS = 600
"""The time that a person has to sign in to the provider."""

_MAX_PLACE_BYTES = 1_500
"""The longest ``Pending.place`` in bytes; ``/`` replaces a longer one. A cookie has at most 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that a browser has begun with an OpenID provider.

    Attributes:
        place: the path to which the browser goes after the sign-in.
        state: a random value. The provider returns it in the address to which it redirects the browser.
        nonce: a random value. The provider returns it in the id token.
        verifier: a random value (the code verifier of PKCE). The server first sends the provider a digest of
            the verifier, and later the verifier itself together with the authorization code.
    """

    place: str
    state: str
    nonce: str
    verifier: str


class PendingSignIns:
    """Begins and ends sign-ins with an OpenID provider. Safe to share between threads."""

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        """Prepare to sign cookies with ``key``; ``clock`` tells the time."""
        options = {"key_derivation": "hmac", "digest_method": sha256}
        signer = timed_signer(clock)
        self._cookies = URLSafeTimedSerializer(key, "openid", signer=signer, signer_kwargs=options)
        self._clock = clock
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def begin(self, place: str) -> tuple[Pending, str]:
        """Begin a sign-in. Return the sign-in and the cookie in which the browser keeps it.

        ``place`` is the path to which the browser goes after the sign-in.
        """
        kept = place if len(place.encode("utf-8", "replace")) <= _MAX_PLACE_BYTES else "/"
        pending = Pending(kept, *(secrets.token_urlsafe(32) for _ in range(3)))
        return pending, str(self._cookies.dumps(asdict(pending)))

    def end(self, cookie: str, state: str) -> Pending | None:
        """End a sign-in and return it.

        The result is None if another browser began the sign-in, if the sign-in began more than
        ``PENDING_SECONDS`` ago, or if it has already ended.

        Args:
            cookie: the cookie that the browser sends.
            state: the state in the address to which the provider has redirected the browser.
        """
        try:
            pending = Pending(
                **self._cookies.loads(cookie.encode("utf-8", "surrogatepass"), max_age=PENDING_SECONDS)
            )
        except (BadData, TypeError):  # An earlier version may have signed other fields.
            return None
        if not hmac.compare_digest(pending.state.encode(), state.encode("utf-8", "surrogatepass")):
            return None
        now = self._clock()
        with self._lock:
            # Look only at the oldest states, so that a flood makes no call slow. One second is added, because
            # the cookies record whole seconds.
            while self._ended and now - next(iter(self._ended.values())) > PENDING_SECONDS + 1:
                self._ended.popitem(last=False)
            if state in self._ended:
                return None
            self._ended[state] = now
        return pending
