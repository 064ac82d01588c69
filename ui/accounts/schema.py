"""The tables of accounts. Times are in seconds since 1970; a digest is the SHA-256 of a random secret."""

from __future__ import annotations

import sqlalchemy as sa

from index.catalog import TEXT
from ui.own_tables import OwnTables

metadata = sa.MetaData()

ACCOUNTS = OwnTables("accounts", metadata, version=1, prefilled=("secrets",))

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("key", TEXT, nullable=False, unique=True),  # The name as ``key_of`` returns it.
    sa.Column("password", TEXT, nullable=False),  # An argon2 hash; empty for a user without a password.
    sa.Column("role", TEXT, nullable=False),
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
    sa.Column("issuer", TEXT, nullable=False),
    sa.Column("subject", TEXT),  # Null until the user's first sign-in.
    sa.UniqueConstraint("issuer", "subject"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("key", TEXT, nullable=False, unique=True),
    _of_user(nullable=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("scopes", TEXT, nullable=False),  # Separated by spaces.
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float),
    sa.Column("revoked", sa.Float),
    sa.Column("used", sa.Float),
    sqlite_autoincrement=True,
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
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
