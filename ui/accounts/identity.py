"""The sender of a request: a person, a program, or anyone while sign-in is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ui.accounts.scopes import Scope


@dataclass(frozen=True, slots=True)
class Identity:
    """The sender of a request.

    Attributes:
        kind: ``user`` for a person with a session, ``token`` for a program, ``machine`` for a command on the
            server's machine, and ``local`` for everyone while sign-in is off.
        scopes: what the sender may do.
        user_id: the number of the user who sent the request or owns the token; None without a user.
        name: the name of the user with ``user_id``; None without a user.
        token: the name of the token; None for another kind of sender.
    """

    kind: Literal["user", "token", "machine", "local"]
    scopes: frozenset[Scope]
    user_id: int | None = None
    name: str | None = None
    token: str | None = None

    def __str__(self) -> str:
        """Return the sender in words, for messages."""
        return f"the token {self.token!r}" if self.kind == "token" else (self.name or "this sender")


LOCAL = Identity("local", frozenset(Scope))
"""The sender of every request while sign-in is off."""
