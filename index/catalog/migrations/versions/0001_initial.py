"""The tables of :mod:`index.catalog.schema`, and the lineage, a random name of this catalog.

No program with an older schema was ever released. The first change after a release gets a migration of its
own; this migration then has to spell out the tables as they are today.
"""

import uuid

import sqlalchemy as sa
from alembic import op

from index.catalog.schema import meta, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, and name the catalog."""
    connection = op.get_bind()
    metadata.create_all(connection)
    connection.execute(sa.insert(meta).values(key="lineage", value=uuid.uuid4().hex))


def downgrade() -> None:
    """Drop every table."""
    metadata.drop_all(op.get_bind())
