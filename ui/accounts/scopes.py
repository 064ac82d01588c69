"""The scopes of tokens and users: the kinds of action that a sender may take."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


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
