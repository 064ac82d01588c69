"""The people who may sign in, with a password or with an OpenID provider.

A provider's name for a person may pass to another person, the subject never does: the first sign-in binds a
user to the subject. A provider's name never signs in a user who has a password.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from pwdlib import PasswordHash

from index.text import look_alikes
from ui.accounts.identity import Role, checked_name, is_same_but_for_case, key_of
from ui.accounts.schema import provided, sessions, users
from ui.accounts.schema import secrets as secret_values
from ui.errors import AccountError, LastAdministratorError, NotAdmittedError
from ui.settings import ProviderChoice

MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 1_000

_MIN_SCORE = 3  # of zxcvbn, from 0 to 4: more than 100 million guesses
_MOST_GUESSED = 72  # characters, the most that zxcvbn takes

NO_HASH = ""  # the value in place of the hash, for a user without a password. No password has this hash


@dataclass(frozen=True, slots=True)
class UserRecord:
    """Times are in seconds since 1970. ``subject``, the provider's id, is known from the first sign-in on."""

    user_id: int
    name: str
    role: Role
    created: float
    disabled: float | None
    provider: str | None = None
    subject: str | None = None
    has_password: bool = True


class Users:
    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._hasher = PasswordHash.recommended()
        self._decoy: str | None = None

    def add(self, name: str, password: str, role: Role = Role.MEMBER) -> UserRecord:
        """Raises AccountError if the name or the password cannot be used, or another user has the name."""
        name = checked_name(name)
        row = {
            "name": name,
            "key": key_of(name),
            "password": self._hash(password, name),
            "role": role,
            "created": self._clock(),
        }
        try:
            with self._engine.begin() as connection:
                _insert(connection, row)
        except sa.exc.IntegrityError as error:
            raise name_is_taken(name) from error
        return self.get(name)

    def get(self, name: str) -> UserRecord:
        with self._engine.connect() as connection:
            found = records(connection, users.c.key == key_of(name))
        if not found:
            raise AccountError(f"there is no user {name!r}; `footnoted user list` shows all")
        return found[0]

    def has(self, name: str) -> bool:
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(users.c.id).filter_by(key=key_of(name))) is not None

    def all(self) -> list[UserRecord]:
        with self._engine.connect() as connection:
            return records(connection, sa.true())

    def change(
        self,
        name: str,
        *,
        role: Role | None = None,
        is_disabled: bool | None = None,
        password: str | None = None,
        keeps_administrator: bool = False,
        provider: ProviderChoice | None = None,
    ) -> UserRecord:
        """Change what is not None. A new password or a lock-out ends the user's sessions.

        Raises AccountError; with ``keeps_administrator``, LastAdministratorError if no other could sign in.
        """
        values: dict[str, object] = {}
        if role is not None:
            values["role"] = role
        if is_disabled is not None:
            since = sa.func.coalesce(users.c.disabled, self._clock())
            values["disabled"] = since if is_disabled else None
        if password is not None:
            values["password"] = self._hash(password, name)
        named = users.c.key == key_of(name)
        if keeps_administrator and (is_disabled or role not in {None, Role.ADMINISTRATOR}):
            named &= _is_dispensable(provider)
        with self._engine.begin() as connection:
            if keeps_administrator:
                _hold_administrators(connection)
            changed = connection.execute(sa.update(users).where(named).values(**values)) if values else None
            if is_disabled or password is not None:
                of_name = sa.select(users.c.id).where(named).scalar_subquery()
                connection.execute(sa.delete(sessions).where(sessions.c.user_id == of_name))
        user = self.get(name)
        if changed is not None and changed.rowcount == 0:
            raise _indispensable(user.name)
        return user

    def remove(
        self, name: str, *, keeps_administrator: bool = False, provider: ProviderChoice | None = None
    ) -> None:
        """Remove a user with all sessions and tokens. The errors are those of :meth:`change`."""
        named = users.c.key == key_of(name)
        if keeps_administrator:
            named &= _is_dispensable(provider)
        with self._engine.begin() as connection:
            if keeps_administrator:
                _hold_administrators(connection)
            gone = connection.execute(sa.delete(users).where(named))
        if gone.rowcount == 0:
            raise _indispensable(self.get(name).name)

    def verified(self, name: str, password: str) -> UserRecord | None:
        """None if wrong or locked out. An unknown name takes as long, so that time reveals no users."""
        with self._engine.connect() as connection:
            named = sa.select(users).where(users.c.key == key_of(name), users.c.password != NO_HASH)
            row = connection.execute(named).one_or_none()
        read = password[:MAX_PASSWORD_CHARACTERS]
        stored = self.decoy() if row is None else row.password
        is_right, stronger = self._hasher.verify_and_update(_composed(read), stored)
        if row is None or not is_right or read != password or row.disabled is not None:
            return None
        if stronger is not None:
            with self._engine.begin() as connection:
                connection.execute(sa.update(users).filter_by(id=row.id).values(password=stronger))
        return self.get(name)

    def decoy(self) -> str:
        """Return the hash of a random password, against which passwords for unknown names are checked."""
        if self._decoy is None:
            self._decoy = self._hasher.hash(secrets.token_urlsafe())
        return self._decoy

    def _hash(self, password: str, name: str) -> str:
        if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
            raise AccountError(
                f"a password has {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS:,} characters, and "
                f"this one has {len(password):,}; choose another one"
            )
        if not _is_hard_to_guess(password, name):
            raise AccountError(
                "this password is easy to guess, as common words, repetitions and rows of keys are; choose "
                "another one, such as four words that do not belong together"
            )
        return self._hasher.hash(_composed(password))


def records(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[UserRecord]:
    """Return the users for whom an SQL condition on ``users`` and ``provided`` is true, sorted by name."""
    found = sa.select(users, provided.c.issuer, provided.c.subject).join(provided, isouter=True).where(which)
    return [
        UserRecord(
            row.id,
            row.name,
            Role(row.role),
            row.created,
            row.disabled,
            row.issuer,
            row.subject,
            row.password != NO_HASH,
        )
        for row in connection.execute(found.order_by(users.c.key))
    ]


def _insert(connection: sa.Connection, row: dict[str, object]) -> int:
    """Return the id. Raises IntegrityError for a user's name, AccountError for one that looks like it."""
    # On PostgreSQL, two names that look alike could otherwise be added at the same time.
    connection.execute(sa.select(secret_values.c.name).with_for_update())
    number: int = connection.execute(sa.insert(users).values(row).returning(users.c.id)).scalar_one()
    others = connection.scalars(sa.select(users.c.name).where(users.c.id != number).order_by(users.c.key))
    name = str(row["name"])
    if alike := look_alikes(name, others):
        raise AccountError(f"the name {name!r} looks like that of the user {alike[0]!r}; choose another name")
    return number


def name_is_taken(name: str) -> AccountError:
    return AccountError(f"there is a user {name!r} already; choose another name")


def _hold_administrators(connection: sa.Connection) -> None:
    """On PostgreSQL, two administrators could otherwise lock each other out at the same time."""
    theirs = sa.select(users.c.id).where(users.c.role == Role.ADMINISTRATOR).order_by(users.c.id)
    connection.execute(theirs.with_for_update())


def _is_dispensable(provider: ProviderChoice | None) -> sa.ColumnElement[bool]:
    other = users.alias()
    rest = sa.select(other.c.id).where(
        other.c.id != users.c.id, other.c.role == Role.ADMINISTRATOR, _has_way(other, provider)
    )
    return (users.c.role != Role.ADMINISTRATOR) | ~_has_way(users, provider) | rest.exists()


def _has_way(user: sa.FromClause, provider: ProviderChoice | None) -> sa.ColumnElement[bool]:
    by_password = user.c.password != NO_HASH
    if provider is None:
        return user.c.disabled.is_(None) & by_password
    bound = sa.select(provided.c.user_id).where(
        provided.c.user_id == user.c.id, provided.c.issuer == provider.issuer
    )
    is_provided = bound.correlate(user).exists()
    return user.c.disabled.is_(None) & (
        (by_password | is_provided) if provider.allows_passwords else is_provided
    )


def _indispensable(name: str) -> LastAdministratorError:
    return LastAdministratorError(
        f"{name!r} is the last administrator who can sign in; make somebody else an administrator first"
    )


def _is_hard_to_guess(password: str, name: str) -> bool:
    from zxcvbn import zxcvbn

    # Its time grows fast with the length, and what begins well is hard to guess.
    found = zxcvbn(password[:_MOST_GUESSED], user_inputs=[name, "footnoted"])
    return int(found["score"]) >= _MIN_SCORE


def _composed(password: str) -> str:
    """Return a password in Unicode's composed form, so that its hash does not depend on the keyboard."""
    return unicodedata.normalize("NFC", password)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has signed in to a provider, with the name that the chosen claim of the id token gives."""

    issuer: str
    subject: str
    name: str


class ProvidedUsers:
    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, name: str, issuer: str, subject: str | None = None, role: Role = Role.MEMBER) -> UserRecord:
        """Without a ``subject``, the first who signs in to the provider with this name is the user."""
        name = checked_name(name)
        row = {"name": name, "key": key_of(name), "password": NO_HASH, "role": role, "created": self._clock()}
        try:
            with self._engine.begin() as connection:
                user_id = _insert(connection, row)
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
        """``admits_all`` adds a member if nobody is known. Raises NotAdmittedError, AccountError."""
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
        """The names may differ only in case: at some providers, others can have a lookalike name."""
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
