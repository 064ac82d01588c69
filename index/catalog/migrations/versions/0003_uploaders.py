"""The table of the uploaders of documents. Existing documents have no known uploader."""

from alembic import op

from index.catalog.schema import metadata

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table ``uploaders``."""
    metadata.tables["uploaders"].create(op.get_bind())


def downgrade() -> None:
    """Drop the table: the uploaders of all documents become unknown."""
    metadata.tables["uploaders"].drop(op.get_bind())
