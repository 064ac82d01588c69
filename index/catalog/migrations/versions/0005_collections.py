"""Which collection a version belongs to: of what is there, the first folder of its document's path."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOST = 200
"""Characters of a name, as they were when this was written."""


def upgrade() -> None:
    """Add the column and what finds it, and fill it from the paths."""
    op.add_column("versions", sa.Column("collection", sa.Text))
    connection = op.get_bind()
    places = connection.execute(sa.text("SELECT id, path FROM documents WHERE path LIKE '%/%'"))
    rows = [{"document": number, "folder": path.partition("/")[0][:_MOST]} for number, path in places]
    if rows:
        connection.execute(
            sa.text("UPDATE versions SET collection = :folder WHERE document_id = :document"), rows
        )
    op.create_index("versions_by_collection", "versions", ["collection", "document_id", "version"])


def downgrade() -> None:
    """Drop the column."""
    op.drop_index("versions_by_collection", "versions")
    op.drop_column("versions", "collection")
