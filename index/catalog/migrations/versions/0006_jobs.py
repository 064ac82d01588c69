"""The history of background jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty."""
    op.create_table(
        "jobs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("started", sa.Text),
        sa.Column("heard", sa.Text, nullable=False),
        sa.Column("ended", sa.Text),
        sa.Column("cancelling", sa.Boolean, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("files_done", sa.Integer, nullable=False),
        sa.Column("files_of", sa.Integer, nullable=False),
        sa.Column("passages_done", sa.Integer, nullable=False),
        sa.Column("passages_of", sa.Integer, nullable=False),
        sa.Column("seconds_left", sa.Float),
        sa.Column("message", sa.Text),
        sa.Column("result", sa.JSON(none_as_null=True)),
        sa.UniqueConstraint("id", name="jobs_by_id"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("jobs")
