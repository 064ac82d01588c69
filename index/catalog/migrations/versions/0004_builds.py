"""Builds: whole sets of passages, each made in one way, of which one is searched; and what went of them."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the passages that are there become the first build."""
    op.create_table(
        "builds",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("encoder", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("max_chunk_tokens", sa.Integer, nullable=False),
        sa.Column("title_tokens", sa.Integer, nullable=False),
        sa.Column("chunking", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ranges",
        sa.Column("build", sa.Integer, sa.ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "document_id", sa.Integer, sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("beyond", sa.Integer, nullable=False),
    )
    op.create_index("ranges_by_document", "ranges", ["document_id"])
    op.create_index("ranges_by_end", "ranges", ["build", "beyond"])
    op.create_table(
        "removals",
        sa.Column("chunk", sa.Integer, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
    )
    op.create_index("removals_by_generation", "removals", ["generation"])
    op.add_column("chunks", sa.Column("build", sa.Integer, nullable=False, server_default="1"))
    connection = op.get_bind()
    connection.execute(
        sa.text("INSERT INTO meta (key, value) VALUES ('lineage', :name)"), {"name": uuid.uuid4().hex}
    )
    encoder = connection.scalar(sa.text("SELECT value FROM meta WHERE key = 'encoder'"))
    if encoder is None:
        return
    model = encoder.partition("@")[0]
    connection.execute(
        sa.text(
            "INSERT INTO builds (id, encoder, model, max_chunk_tokens, title_tokens, chunking) "
            "VALUES (1, :encoder, :model, 200, 40, 1)"
        ),
        {"encoder": encoder, "model": model},
    )
    op.execute("INSERT INTO meta (key, value) VALUES ('build', '1')")
    op.execute("DELETE FROM meta WHERE key = 'encoder'")
    op.execute(
        "INSERT INTO ranges (build, document_id, version, first, beyond) "
        "SELECT 1, documents.id, documents.version, "
        "coalesce(min(chunks.id), 0), coalesce(max(chunks.id) + 1, 0) "
        "FROM documents LEFT JOIN chunks ON chunks.document_id = documents.id GROUP BY documents.id"
    )


def downgrade() -> None:
    """Drop what was added; the encoder of the searched build is noted as before."""
    op.execute(
        "INSERT INTO meta (key, value) SELECT 'encoder', encoder FROM builds "
        "WHERE id = (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'build')"
    )
    op.execute(
        "DELETE FROM chunks WHERE build != (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'build')"
    )
    op.execute("DELETE FROM meta WHERE key IN ('build', 'lineage')")
    op.drop_column("chunks", "build")
    for table in ("removals", "ranges", "builds"):
        op.drop_table(table)
