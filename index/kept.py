"""Texts that are kept beside the documents, word by word, for those who made them.

Keeping one changes nothing that can be found: no generation is raised, and no writer of documents is kept
waiting for longer than one row takes.
"""

from __future__ import annotations

import sqlalchemy as sa

from index.schema import kept


class KeptNotFoundError(LookupError):
    """No text is kept under such an id."""

    def __init__(self, text_id: str) -> None:
        super().__init__(f"nothing is kept under {text_id!r}; it may have been deleted")
        self.text_id = text_id


class Kept:
    """The texts that a library keeps. Safe to share between threads.

    Args:
        engine: the catalog's database.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(self, text_id: str, series: str | None, created: str, body: str) -> None:
        """Keep a text. Where another process is writing, this waits for it.

        Args:
            text_id: what it is found by; one that is taken is refused, since what is kept never changes.
            series: what it belongs to, with others in the order in which they came; or None.
            created: when it was made, ISO 8601 in UTC.
            body: the text.

        Raises:
            sqlalchemy.exc.IntegrityError: if another text is kept under ``text_id``.
            sqlalchemy.exc.OperationalError: if the catalog cannot be written, or is not free within
                half a minute.
        """
        row = {"id": text_id, "series": series, "created": created, "body": body}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(kept).values(row))

    def get(self, text_id: str) -> str:
        """A text, as it was kept; raises KeptNotFoundError."""
        with self._engine.connect() as connection:
            body = connection.scalar(sa.select(kept.c.body).where(kept.c.id == text_id))
        if body is None:
            raise KeptNotFoundError(text_id)
        return str(body)

    def series(self, series: str, limit: int) -> list[str]:
        """The texts of a series that came last, at most ``limit``, in the order in which they came."""
        newest = sa.select(kept.c.body).where(kept.c.series == series).order_by(kept.c.number.desc())
        with self._engine.connect() as connection:
            return [str(body) for body in connection.scalars(newest.limit(limit))][::-1]

    def delete(self, text_id: str) -> None:
        """Forget a text; raises KeptNotFoundError."""
        with self._engine.begin() as connection:
            gone = connection.execute(sa.delete(kept).where(kept.c.id == text_id)).rowcount
        if not gone:
            raise KeptNotFoundError(text_id)
