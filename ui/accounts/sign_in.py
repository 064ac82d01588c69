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
    """``machine_token`` is for commands on this machine, new at each start. Safe to share between threads."""

    def __init__(self, accounts: Accounts, counts: Counts | None = None) -> None:
        self.accounts = accounts
        self.machine_token = new_token()
        self._throttle = Throttle(counts or MemoryCounts())
        self._one_at_a_time = Lock()
        accounts.users.decoy()

    def start_session(self, name: str, password: str, address: str, known: str = "") -> str | None:
        """Return the cookie; None if the name or the password is wrong.

        Raises TooManyAttemptsError. Checks take turns: one takes 64 MB, and parallel ones could evade limits.
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
        self._throttle.check_address(address)

    def note_failure(self, address: str) -> None:
        """Count a failed sign-in with a provider."""
        self._throttle.note_failed_at(address)

    def start_provided_session(self, person: Person, *, admits_all: bool) -> tuple[UserRecord, str]:
        """Raises NotAdmittedError, or AccountError if a new user's name is wrong or taken."""
        user = self.accounts.provided.admitted(person, admits_all=admits_all)
        return user, self.accounts.sessions.start(user.user_id)

    def token_identity(self, token: str, address: str) -> Identity | None:
        """None if the token is not valid. Raises TooManyAttemptsError at one wrong token too many.

        A valid one always passes: nobody guesses 256 bits, and a neighbour must not lock a program out.
        """
        if hmac.compare_digest(digest_of(token), digest_of(self.machine_token)):
            return Identity("machine", frozenset(Scope))
        identity = self.accounts.tokens.identity(token)
        if identity is None:
            self._throttle.note_wrong_token(address)
        return identity
