"""The vectors of a passage's sentences, made in the pass that makes its own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: passages that are there are embedded again, beside what is searched."""
    op.create_table(
        "sentence_vectors",
        sa.Column(
            "digest", sa.String(64), sa.ForeignKey("vectors.digest", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("packed", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("sentence_vectors")
