"""The tables of accounts. Times are in seconds since 1970; a digest is the SHA-256 of a random secret."""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 2
"""The version of the tables, which the database keeps as its ``user_version``."""

metadata = sa.MetaData()

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # The name, folded as for a comparison.
    sa.Column("password", sa.Text, nullable=False),  # An argon2 hash; empty for a user without a password.
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("disabled", sa.Float),
    # The id of a removed user must not come back, because later tables may still name it.
    sqlite_autoincrement=True,
)


def _of_user(*, nullable: bool = False) -> sa.Column[int]:
    return sa.Column("user_id", sa.ForeignKey(users.c.id, ondelete="CASCADE"), nullable=nullable, index=True)


provided = sa.Table(
    "provided",
    metadata,
    sa.Column("user_id", sa.ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("subject", sa.Text),  # Null until the user's first sign-in.
    sa.UniqueConstraint("issuer", "subject"),
)
"""The users who sign in with a provider, which names each by its issuer and an id, the subject."""

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    _of_user(nullable=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("scopes", sa.Text, nullable=False),  # Separated by spaces.
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float),
    sa.Column("revoked", sa.Float),
    sa.Column("used", sa.Float),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    _of_user(),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
