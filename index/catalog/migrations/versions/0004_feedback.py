"""The table of feedback on answers.

:mod:`rag.conversations` imports the feedback that older programs kept in a file.
"""

from alembic import op

from index.catalog.schema import metadata

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table ``feedback``."""
    metadata.tables["feedback"].create(op.get_bind())


def downgrade() -> None:
    """Drop the table, and all feedback with it."""
    metadata.tables["feedback"].drop(op.get_bind())
