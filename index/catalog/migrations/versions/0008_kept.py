"""Texts that are kept in the library as they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty."""
    op.create_table(
        "kept",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("series", sa.Text),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="kept_by_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("kept_by_series", "kept", ["series", "number"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("kept")
