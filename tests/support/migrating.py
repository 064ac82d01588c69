"""Databases of earlier revisions."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from index.catalog import schema

MIGRATIONS = Path(schema.__file__).parent / "migrations"


def to_revision(engine: sa.Engine, revision: str) -> None:
    """Bring a database to a revision, up or down."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        there = sa.inspect(connection).has_table("alembic_version")
        (command.downgrade if there else command.upgrade)(config, revision)
