"""What kept texts are found by: their words, the documents that they refer to, the names of their series."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from index.text.normalize import fold

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_AT_ONCE = 200
_MOST = 2**63 - 1


def upgrade() -> None:
    """Make the tables, and fill in what is kept already."""
    op.create_table(
        "kept_words",
        sa.Column("number", sa.Integer, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
    )
    op.create_table(
        "kept_references",
        sa.Column("number", sa.Integer, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("document_id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
    )
    op.create_index("kept_references_by_document", "kept_references", ["document_id", "number"])
    op.create_table(
        "withdrawals",
        sa.Column("number", sa.Integer, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("series", sa.Text, nullable=False),
    )
    op.create_index("withdrawals_by_series", "withdrawals", ["series"])
    op.create_table(
        "series_names",
        sa.Column("series", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
    )
    _fill(op.get_bind())


def downgrade() -> None:
    """Put what was withdrawn back where it was, and drop the tables."""
    op.get_bind().execute(
        sa.text(
            "UPDATE kept SET series = (SELECT w.series FROM withdrawals AS w WHERE w.number = kept.number) "
            "WHERE number IN (SELECT number FROM withdrawals)"
        )
    )
    for table in ("series_names", "withdrawals", "kept_references", "kept_words"):
        op.drop_table(table)


def _fill(connection: sa.Connection) -> None:
    last = 0
    kept = sa.text("SELECT number, body FROM kept WHERE number > :last ORDER BY number LIMIT :most")
    words = sa.text("INSERT INTO kept_words VALUES (:number, :heading, :folded)")
    references = sa.text("INSERT INTO kept_references VALUES (:number, :document_id, :version)")
    while rows := connection.execute(kept, {"last": last, "most": _AT_ONCE}).all():
        said, cited = [], []
        for number, body in rows:
            fields = _fields(body)
            heading, text = (_text(fields.get(name)) for name in ("question", "text"))
            said.append({"number": number, "heading": heading, "folded": fold(f"{heading}\n{text}")})
            cited += [
                {"number": number, "document_id": document_id, "version": version}
                for document_id, version in _cited(fields.get("citations"))
            ]
        connection.execute(words, said)
        if cited:
            connection.execute(references, cited)
        last = rows[-1].number


def _fields(body: str) -> dict[str, Any]:
    """The fields of an answer, which is what was kept until now; none of another text."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(value: object) -> str:
    # Half a surrogate pair, which JSON can spell, is no text that can be written.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _cited(citations: object) -> list[tuple[int, int]]:
    places = {
        (cited.get("document_id"), cited.get("version"))
        for cited in (citations if isinstance(citations, list) else ())
        if isinstance(cited, dict)
    }
    return sorted(
        (document_id, version)
        for document_id, version in places
        if isinstance(document_id, int)
        and isinstance(version, int)
        and max(abs(document_id), abs(version)) <= _MOST
    )
