"""The sender of a request: a person, a program, or anyone while sign-in is off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from index.text import without_unseen
from ui.errors import AccountError


class Scope(StrEnum):
    """A kind of action that a sender may take. No scope includes another one."""

    READ = "read"
    ASK = "ask"
    WRITE = "write"
    ADMIN = "admin"
    METRICS = "metrics"


class Role(StrEnum):
    """The role of a user."""

    MEMBER = "member"
    ADMINISTRATOR = "administrator"


ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.MEMBER: frozenset({Scope.READ, Scope.ASK, Scope.WRITE}),
    Role.ADMINISTRATOR: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """``machine`` is a command on the server's machine, ``local`` everyone while sign-in is off."""

    kind: Literal["user", "token", "machine", "local"]
    scopes: frozenset[Scope]
    user_id: int | None = None
    name: str | None = None
    token: str | None = None

    def __str__(self) -> str:
        return f"the token {self.token!r}" if self.kind == "token" else (self.name or "this sender")


LOCAL = Identity("local", frozenset(Scope))


MAX_CHARACTERS = 64

# The form of a name. A name is a segment of a URL's path, where ``.`` and ``..`` would lead elsewhere.
_NAME = re.compile(r"(?!\.{1,2}$)[\w.@-]+")


def checked_name(name: str) -> str:
    """Return the name in NFC. Raises AccountError unless it is 1 to 64 letters, digits and ``. _ @ -``."""
    composed = unicodedata.normalize("NFC", name)
    # Some letters, as the Hangul fillers, are not seen.
    is_name = _NAME.fullmatch(composed) and without_unseen(composed) == composed
    if len(composed) > MAX_CHARACTERS or not is_name:
        raise AccountError(
            f"{name!r} cannot be a name; use at most {MAX_CHARACTERS} letters, digits and the signs . _ @ -"
        )
    return composed


def key_of(name: str) -> str:
    """Return the form in which names are compared: NFKC, without case, so full-width letters become plain."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_same_but_for_case(name: str, other: str) -> bool:
    """Here, unlike in :func:`key_of`, a full-width ``a`` differs from an ordinary one."""
    return unicodedata.normalize("NFC", name).lower() == unicodedata.normalize("NFC", other).lower()
