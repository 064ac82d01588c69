"""The sessions of signed-in people: a signed cookie keeps the random id, the database its digest."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from threading import Lock

import sqlalchemy as sa
from itsdangerous import BadData, BadSignature, Signer, TimestampSigner, URLSafeTimedSerializer

from ui.accounts.identity import ROLE_SCOPES, Identity, Role, key_of
from ui.accounts.schema import sessions, users
from ui.accounts.tokens import digest_of, timed_signer

IDLE_SECONDS = 12 * 3_600
LONGEST_SECONDS = 7 * 86_400

# How far the stored time of the last use may lag, so that not every request writes to the disk.
RENEWAL_SECONDS = 300.0
FORM_SECONDS = IDLE_SECONDS

KNOWN_SECONDS = 180 * 86_400


@dataclass(frozen=True, slots=True)
class Session:
    """The browser must get the cookie again if ``is_renewed``."""

    identity: Identity
    session_id: str
    cookie: str
    seconds: int
    is_renewed: bool


class Sessions:
    def __init__(self, engine: sa.Engine, key: bytes, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._cookies = Signer(key, "session", key_derivation="hmac", digest_method=sha256)
        self._timed = partial(timed_signer(clock), key, key_derivation="hmac", digest_method=sha256)
        self._forms = self._timed(salt="form")

    def start(self, user_id: int) -> str:
        session_id, now = secrets.token_urlsafe(32), self._clock()
        row = {"digest": digest_of(session_id), "user_id": user_id, "created": now, "seen": now}
        with self._engine.begin() as connection:
            connection.execute(sa.delete(sessions).where(_has_ended(now)))
            connection.execute(sa.insert(sessions).values(row))
        return self._cookies.sign(session_id).decode()

    def find(self, cookie: str, *, is_use: bool = True) -> Session | None:
        """None if the cookie is forged or the session has ended. ``is_use`` makes the session last longer."""
        session_id = self._unsigned(cookie)
        if session_id is None:
            return None
        digest, now = digest_of(session_id), self._clock()
        named = sa.select(sessions, users.c.name, users.c.role).join(users)
        current = named.where(sessions.c.digest == digest, ~_has_ended(now), users.c.disabled.is_(None))
        with self._engine.connect() as connection:
            row = connection.execute(current).one_or_none()
        if row is None:
            return None
        is_renewed = is_use and now - row.seen >= RENEWAL_SECONDS
        if is_renewed:
            with self._engine.begin() as connection:
                connection.execute(sa.update(sessions).filter_by(digest=digest).values(seen=now))
        identity = Identity("user", ROLE_SCOPES[Role(row.role)], row.user_id, row.name)
        seconds = int(min(IDLE_SECONDS, row.created + LONGEST_SECONDS - now))
        return Session(identity, session_id, cookie, seconds, is_renewed)

    def end(self, cookie: str) -> None:
        session_id = self._unsigned(cookie)
        if session_id is not None:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(sessions).filter_by(digest=digest_of(session_id)))

    def form_token(self, browser: str) -> str:
        """Return a token for a form, which is valid only with the browser's random cookie ``browser``."""
        return self._forms.sign(sha256(browser.encode()).hexdigest()).decode()

    def is_form_token_valid(self, token: str, browser: str) -> bool:
        try:
            signed = self._forms.unsign(token.encode("utf-8", "surrogatepass"), max_age=FORM_SECONDS)
        except BadSignature:
            return False
        return hmac.compare_digest(signed, sha256(browser.encode()).hexdigest().encode())

    def known_browser(self, name: str) -> str:
        """Return a cookie that shows that ``name`` has signed in here. It lets nobody in."""
        return self._known(name).sign(secrets.token_urlsafe(16)).decode()

    def browser_of(self, cookie: str, name: str) -> str | None:
        """Return the id in a cookie of :meth:`known_browser`; None if it is not valid with the name."""
        try:
            signed = cookie.encode("utf-8", "surrogatepass")
            return self._known(name).unsign(signed, max_age=KNOWN_SECONDS).decode()
        except BadSignature:
            return None

    def _known(self, name: str) -> TimestampSigner:
        return self._timed(salt=f"known {digest_of(key_of(name)).hex()}")

    def _unsigned(self, cookie: str) -> str | None:
        try:
            return self._cookies.unsign(cookie.encode("utf-8", "surrogatepass")).decode()
        except BadSignature:
            return None


def _has_ended(now: float) -> sa.ColumnElement[bool]:
    return (sessions.c.seen <= now - IDLE_SECONDS) | (sessions.c.created <= now - LONGEST_SECONDS)


PENDING_SECONDS = 600

# The longest ``Pending.place`` in bytes; ``/`` replaces a longer one. A cookie has at most 4,096 bytes.
_MAX_PLACE_BYTES = 1_500


@dataclass(frozen=True, slots=True)
class Pending:
    """``nonce`` returns in the id token, ``verifier`` is that of PKCE, and ``place`` the path to go to."""

    place: str
    state: str
    nonce: str
    verifier: str


class PendingSignIns:
    """Begins and ends sign-ins with an OpenID provider. Safe to share between threads."""

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        options = {"key_derivation": "hmac", "digest_method": sha256}
        signer = timed_signer(clock)
        self._cookies = URLSafeTimedSerializer(key, "openid", signer=signer, signer_kwargs=options)
        self._clock = clock
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def begin(self, place: str) -> tuple[Pending, str]:
        """Begin a sign-in. Return the sign-in and the cookie in which the browser keeps it."""
        kept = place if len(place.encode("utf-8", "replace")) <= _MAX_PLACE_BYTES else "/"
        pending = Pending(kept, *(secrets.token_urlsafe(32) for _ in range(3)))
        return pending, str(self._cookies.dumps(asdict(pending)))

    def end(self, cookie: str, state: str) -> Pending | None:
        """None if another browser began it, longer ago than ``PENDING_SECONDS``, or it has ended."""
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
