"""Feedback on answers, which was in ``feedback.jsonl`` beside a catalog in a file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alembic import context, op

from index.catalog.databases import is_file
from index.catalog.schema import REPLACED, metadata

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EVIDENCE = {"source", "path", "start", "end", "quote"}
_FIELDS = ("question", "verdict", "evidence", "note", "given_at", "answer_id", "owner")


def upgrade() -> None:
    """Create the table and fill it from the file, which goes unless a line of it is damaged."""
    connection = op.get_bind()
    feedback = metadata.tables["feedback"]
    feedback.create(connection)
    address = connection.engine.url
    file = Path(str(address.database)).parent / "feedback.jsonl"
    if not is_file(address) or not file.is_file():
        return
    rows = list(_rows(file))
    whole = [row for row in rows if row is not None]
    if whole:
        connection.execute(feedback.insert(), whole)
    if len(whole) == len(rows):
        context.config.attributes[REPLACED] = [file]


def downgrade() -> None:
    """Drop the table, and all feedback with it."""
    metadata.tables["feedback"].drop(op.get_bind())


def _rows(file: Path) -> Iterator[dict[str, Any] | None]:
    """Yield the row of each line of the file; None for a damaged line."""
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.strip():
            continue
        try:
            read = {name: json.loads(line).get(name) for name in _FIELDS}
        except (ValueError, AttributeError):
            yield None
            continue
        yield read if _is_whole(read) else None


def _is_whole(row: Mapping[str, Any]) -> bool:
    texts = all(isinstance(row[name], str) for name in ("question", "verdict", "given_at"))
    evidence = row["evidence"]
    return (
        texts
        and isinstance(evidence, list)
        and all(isinstance(each, dict) and each.keys() == _EVIDENCE for each in evidence)
    )
