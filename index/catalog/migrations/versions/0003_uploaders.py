"""The uploaders of documents. Documents that are there already were uploaded by nobody known."""

from alembic import op

from index.catalog.schema import metadata

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the new table."""
    metadata.tables["uploaders"].create(op.get_bind())


def downgrade() -> None:
    """Drop the table: nobody is known to have uploaded a document."""
    metadata.tables["uploaders"].drop(op.get_bind())
