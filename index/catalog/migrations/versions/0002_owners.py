"""Owners of stored answers and of conversation names, and collections that only some viewers may see.

Existing answers have no owner. The documents of an answer (``kept_documents``) are those that it cites, those
that its passages come from, and those that its filters name.
"""

import sqlalchemy as sa
from alembic import op

from index.catalog.schema import metadata

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW = ("names_of_series", "kept_owners", "kept_documents", "limits", "limit_viewers")

_DOCUMENTS = """
INSERT INTO kept_documents (number, document_id)
WITH answers AS (SELECT number, CASE WHEN json_valid(body) THEN body ELSE '{}' END AS body FROM kept)
SELECT number, document_id FROM kept_references
UNION
SELECT answers.number, json_extract(passage.value, '$.document_id')
FROM answers, json_each(answers.body, '$.passages') AS passage
WHERE passage.type = 'object' AND json_type(passage.value, '$.document_id') = 'integer'
UNION
SELECT answers.number, filtered.value
FROM answers, json_each(answers.body, '$.searched.filters.document_ids') AS filtered
WHERE filtered.type = 'integer'
"""


def upgrade() -> None:
    """Create the new tables, and fill them from the stored answers."""
    connection = op.get_bind()
    metadata.create_all(connection, [metadata.tables[name] for name in NEW])
    names = "INSERT INTO names_of_series (series, owner, name, folded) SELECT series, '', name, folded"
    connection.execute(sa.text(f"{names} FROM series_names"))
    # PostgreSQL support is younger than this migration, so a PostgreSQL database has no answers yet.
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text(_DOCUMENTS))
    op.drop_table("series_names")


def downgrade() -> None:
    """Restore the older tables: answers lose their owners, and collections lose their limits."""
    connection = op.get_bind()
    op.create_table(
        "series_names",
        sa.Column("series", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
    )
    names = "INSERT OR IGNORE INTO series_names SELECT series, name, folded FROM names_of_series"
    connection.execute(sa.text(names))
    metadata.drop_all(connection, [metadata.tables[name] for name in NEW])
