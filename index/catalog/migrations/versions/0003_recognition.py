"""In which languages a version's pictures of pages were tried."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: what is there was not tried, or is tried once more."""
    op.add_column("versions", sa.Column("recognised_in", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("versions", "recognised_in")
