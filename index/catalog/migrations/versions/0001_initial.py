"""The first tables, and the catalog's random name (its lineage).

``UNCHANGED`` names the tables that no later migration changes. Any table that a later migration changes must
be written out here in its first form.
"""

import uuid

import sqlalchemy as sa
from alembic import op

from index.catalog.schema import TEXT, meta, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UNCHANGED = (
    "meta",
    "sources",
    "failures",
    "documents",
    "versions",
    "details",
    "layouts",
    "signatures",
    "chunks",
    "builds",
    "ranges",
    "removals",
    "vectors",
    "sentence_vectors",
    "kept",
    "kept_words",
    "kept_references",
    "withdrawals",
)

FORMER = sa.MetaData()

series_names = sa.Table(
    "series_names",
    FORMER,
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False),
)

_NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")

jobs = sa.Table(
    "jobs",
    FORMER,
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("owner", TEXT, nullable=False),
    sa.Column("created", TEXT, nullable=False),
    sa.Column("started", TEXT),
    sa.Column("heard", TEXT, nullable=False),
    sa.Column("ended", TEXT),
    sa.Column("cancelling", sa.Boolean, nullable=False),
    sa.Column("stage", TEXT),
    sa.Column("files_done", _NUMBER, nullable=False),
    sa.Column("files_of", _NUMBER, nullable=False),
    sa.Column("passages_done", _NUMBER, nullable=False),
    sa.Column("passages_of", _NUMBER, nullable=False),
    sa.Column("seconds_left", sa.Float),
    sa.Column("message", TEXT),
    sa.Column("result", sa.JSON(none_as_null=True)),
    sa.UniqueConstraint("id", name="jobs_by_id"),
    sqlite_autoincrement=True,
)


def upgrade() -> None:
    """Create the tables, and give the catalog its random name."""
    connection = op.get_bind()
    metadata.create_all(connection, [metadata.tables[name] for name in UNCHANGED])
    FORMER.create_all(connection)
    connection.execute(sa.insert(meta).values(key="lineage", value=uuid.uuid4().hex))


def downgrade() -> None:
    """Drop the tables."""
    connection = op.get_bind()
    FORMER.drop_all(connection)
    metadata.drop_all(connection, [metadata.tables[name] for name in UNCHANGED])
