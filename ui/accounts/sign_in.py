"""Sign-in to a running server: by name and password, with a provider, by session, or by token."""

from __future__ import annotations

import hmac
from threading import Lock

from ui.accounts.database import Accounts
from ui.accounts.identity import Identity, Scope, key_of
from ui.accounts.tokens import digest_of, new_token
from ui.accounts.users import Person, UserRecord
from ui.rate_limits import Counts, MemoryCounts, Throttle


class SignIn:
    """Signs people and programs in to a running server. Safe to share between threads.

    ``machine_token`` is for commands on the same machine; it is new at each start of the server.
    """

    def __init__(self, accounts: Accounts, counts: Counts | None = None) -> None:
        self.accounts = accounts
        self.machine_token = new_token()
        self._throttle = Throttle(counts or MemoryCounts())
        self._one_at_a_time = Lock()
        accounts.users.decoy()

    def start_session(self, name: str, password: str, address: str, known: str = "") -> str | None:
        """Start a session and return its cookie; None if the name or the password is wrong.

        ``known`` is the cookie of a browser in which the person has signed in before. Only one attempt is
        checked at a time: a check takes 64 MB of memory, and parallel checks could evade the limits.

        Raises:
            TooManyAttemptsError: if too many attempts with the name or from the address have failed.
        """
        key = digest_of(key_of(name)).hex()  # The digest has the same length for every name.
        browser = self.accounts.sessions.browser_of(known, name)
        with self._one_at_a_time:
            self._throttle.check_sign_in(key, address, browser)
            user = self.accounts.users.verified(name, password)
            if user is None:
                self._throttle.note_failed_sign_in(key, address, browser)
                return None
            self._throttle.note_signed_in(key, address)
        return self.accounts.sessions.start(user.user_id)

    def check_address(self, address: str) -> None:
        """Raise TooManyAttemptsError if too many sign-ins from a network address have failed."""
        self._throttle.check_address(address)

    def note_failure(self, address: str) -> None:
        """Count a failed sign-in with a provider."""
        self._throttle.note_failed_at(address)

    def start_provided_session(self, person: Person, *, admits_all: bool) -> tuple[UserRecord, str]:
        """Start a session for a person who has signed in to a provider; return the user and the cookie.

        Raises:
            NotAdmittedError: if there is no user for the person, or the user is locked out.
            AccountError: if the person needs a new user, but the person's name has a wrong form or is taken.
        """
        user = self.accounts.provided.admitted(person, admits_all=admits_all)
        return user, self.accounts.sessions.start(user.user_id)

    def token_identity(self, token: str, address: str) -> Identity | None:
        """Return the sender of a request with a token; None if the token is unknown or no longer valid.

        A valid token is accepted even if the address has sent too many wrong tokens. Nobody can guess 256
        bits, and a neighbour behind the same address must not lock a program out.

        Raises:
            TooManyAttemptsError: if the token is wrong, and the address has sent too many wrong tokens.
        """
        if hmac.compare_digest(digest_of(token), digest_of(self.machine_token)):
            return Identity("machine", frozenset(Scope))
        identity = self.accounts.tokens.identity(token)
        if identity is None:
            self._throttle.note_wrong_token(address)
        return identity
