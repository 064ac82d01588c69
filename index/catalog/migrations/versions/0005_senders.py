"""The viewer who requested a job. Existing jobs belong to nobody."""

import sqlalchemy as sa
from alembic import op

from index.catalog.schema import TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column ``sender`` to the table ``jobs``."""
    op.add_column("jobs", sa.Column("sender", TEXT))


def downgrade() -> None:
    """Drop the column: all jobs belong to nobody."""
    op.drop_column("jobs", "sender")
