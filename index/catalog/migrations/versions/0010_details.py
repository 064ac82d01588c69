"""Details that people give of documents, files that cannot be read, and folders that nobody has confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty, and take every folder that is followed for confirmed."""
    op.create_table(
        "details",
        sa.Column(
            "document_id", sa.Integer, sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("beneath", sa.Text),
        sa.Column("beneath_origin", sa.Text),
    )
    op.create_table(
        "failures",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("dismissed", sa.Boolean, nullable=False),
        sa.UniqueConstraint("source", "path", name="failures_by_place"),
        sqlite_autoincrement=True,
    )
    op.add_column("sources", sa.Column("confirmed", sa.Boolean, nullable=False, server_default=sa.true()))
    # Until now an upload wrote the details that came with it to a sidecar, which is read as any other is.
    op.execute("""UPDATE versions SET origins = replace(origins, '"upload"', '"sidecar"')""")


def downgrade() -> None:
    """Drop the tables, and with them what people gave; follow every folder."""
    op.drop_column("sources", "confirmed")
    for table in ("failures", "details"):
        op.drop_table(table)
