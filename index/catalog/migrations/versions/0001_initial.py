"""The tables, and the catalog's random name (its lineage).

A later migration that changes a table must write its first form out here, since this creates today's tables.
"""

import uuid

import sqlalchemy as sa
from alembic import op

from index.catalog.schema import meta, metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    metadata.create_all(connection)
    connection.execute(sa.insert(meta).values(key="lineage", value=uuid.uuid4().hex))
