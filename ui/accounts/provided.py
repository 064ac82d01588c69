"""The users who sign in with a provider.

A provider knows a person by an id, the subject, which belongs to nobody else and never changes. A name may
change, and another person may get it later. So the first sign-in binds a user to the issuer and the subject,
and a provider's name for a person never signs in a user who has a password.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from ui.accounts.identity import Role, checked_name, is_same_but_for_case, key_of
from ui.accounts.schema import provided, users
from ui.accounts.users import NO_HASH, UserRecord, name_is_taken, records
from ui.errors import AccountError, NotAdmittedError


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has signed in to a provider.

    Attributes:
        issuer: the address of the provider.
        subject: the provider's id of the person.
        name: the person's name at the provider, from the claim (a field of the id token) that the settings
            choose.
    """

    issuer: str
    subject: str
    name: str


class ProvidedUsers:
    """The users of a library who sign in with a provider."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, name: str, issuer: str, subject: str | None = None, role: Role = Role.MEMBER) -> UserRecord:
        """Add a user who signs in with a provider and has no password.

        Args:
            name: the user's name in this library.
            issuer: the address of the provider.
            subject: the provider's id of the person; None to bind the user to the first person who signs in
                with this name at the provider.
            role: what the user may do.

        Raises:
            AccountError: if the name cannot be used, another user has the name, or another user is bound to
                the subject.
        """
        name = checked_name(name)
        try:
            with self._engine.begin() as connection:
                user_id = self._insert(connection, name, role)
                connection.execute(
                    sa.insert(provided).values(user_id=user_id, issuer=issuer, subject=subject)
                )
                [added] = records(connection, users.c.id == user_id)
        except sa.exc.IntegrityError as error:
            bound = None if subject is None else self._bound(issuer, subject)
            if bound is None:
                raise name_is_taken(name) from error
            raise AccountError(f"{bound.name!r} is the user with the subject {subject!r} already") from error
        return added

    def admitted(self, person: Person, *, admits_all: bool) -> UserRecord:
        """Return the user of a person who has signed in to the provider.

        At the person's first sign-in, the user whom an administrator has added under the person's name is
        bound to the person. If there is no such user and ``admits_all`` is set, a new user is added.

        Args:
            person: the person.
            admits_all: whether a person whom no administrator has added becomes a member.

        Raises:
            NotAdmittedError: if there is no user for the person, or the user is locked out.
            AccountError: if a new user is needed, but the person's name has a wrong form or is taken.
        """
        user = self._bound(person.issuer, person.subject) or self._bind(person)
        if user is None and admits_all:
            try:
                user = self.add(person.name, person.issuer, person.subject)
            except AccountError:
                # Another request of the person may have added the user.
                user = self._bound(person.issuer, person.subject)
                if user is None:
                    raise
        if user is None or user.disabled is not None:
            locked_out = user.name if user is not None else None
            raise NotAdmittedError(f"{person.name!r} of {person.issuer} may not use this server", locked_out)
        return user

    def _bound(self, issuer: str, subject: str) -> UserRecord | None:
        with self._engine.connect() as connection:
            found = records(connection, (provided.c.issuer == issuer) & (provided.c.subject == subject))
        return found[0] if found else None

    def _bind(self, person: Person) -> UserRecord | None:
        """Bind ``person`` to the user whom an administrator has added under this name; return the user.

        The result is None if there is no such user. The user's name and the person's name may differ
        only in case: at some providers, another person can have a name that merely looks the same.
        """
        named = users.c.key == key_of(person.name)
        free = sa.select(users.c.id).where(named, users.c.disabled.is_(None), users.c.password == NO_HASH)
        expected = sa.update(provided).where(
            provided.c.user_id.in_(free), provided.c.issuer == person.issuer, provided.c.subject.is_(None)
        )
        with self._engine.begin() as connection:
            name = connection.scalar(sa.select(users.c.name).where(named))
            if name is None or not is_same_but_for_case(name, person.name):
                return None
            connection.execute(expected.values(subject=person.subject))
        return self._bound(person.issuer, person.subject)

    def _insert(self, connection: sa.Connection, name: str, role: Role) -> int:
        row = {"name": name, "key": key_of(name), "password": NO_HASH, "role": role, "created": self._clock()}
        added = connection.execute(sa.insert(users).values(row)).inserted_primary_key
        return int(added[0]) if added else 0
