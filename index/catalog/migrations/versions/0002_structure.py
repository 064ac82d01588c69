"""What a document has beside its words: author, outline, tables' headings, pages' layouts, its signature."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty for what is there, and the tables of pages and signatures."""
    op.add_column("versions", sa.Column("author", sa.Text))
    for name in ("origins", "sections", "mended", "unread_pages", "recognised_pages"):
        empty = "{}" if name == "origins" else "[]"
        op.add_column("versions", sa.Column(name, sa.JSON, nullable=False, server_default=empty))
    op.add_column("chunks", sa.Column("header", sa.JSON(none_as_null=True)))
    op.create_table(
        "layouts",
        sa.Column("document_id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("page", sa.Integer, primary_key=True),
        sa.Column("width", sa.Float, nullable=False),
        sa.Column("height", sa.Float, nullable=False),
        sa.Column("boxes", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "version"], ["versions.document_id", "versions.version"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "signatures",
        sa.Column("document_id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "version"], ["versions.document_id", "versions.version"], ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("signatures")
    op.drop_table("layouts")
    op.drop_column("chunks", "header")
    for name in ("recognised_pages", "unread_pages", "mended", "sections", "origins", "author"):
        op.drop_column("versions", name)
