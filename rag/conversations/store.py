"""The tables of stored answers. Answers are opaque texts here, and conversations are series of texts.

Storing a text changes no search result: it raises no generation, and it blocks writers of documents only for
the time of a few rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from index.catalog import kept, kept_references, kept_words, series_names, withdrawals
from index.text import fold
from rag.errors import KeptNotFoundError


@dataclass(frozen=True, slots=True)
class FoundBy:
    """The search terms of a text.

    Attributes:
        heading: a line that represents it in a list.
        words: the text to search, regardless of case and accents.
        references: the documents that it refers to: their numbers and versions.
    """

    heading: str = ""
    words: str = ""
    references: frozenset[tuple[int, int]] = frozenset()


NOTHING = FoundBy()
"""For a text that only its id and its series find."""


class Kept:
    """The stored texts of a library. Safe to share between threads.

    Args:
        engine: the catalog's database.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(
        self,
        text_id: str,
        series: str | None,
        created: str,
        body: str,
        found_by: FoundBy = NOTHING,
        *,
        replaces: str | None = None,
    ) -> None:
        """Store a text. If another process is writing, this waits for it.

        Args:
            text_id: its id; a taken id is an error, because stored texts never change.
            series: the series that it extends, or None.
            created: when it was made, ISO 8601 in UTC.
            body: the text.
            found_by: its search terms.
            replaces: the id of a text of the same series. That text and all later ones leave the series in
                the same transaction; they remain readable by their ids. An unknown id replaces nothing.

        Raises:
            sqlalchemy.exc.IntegrityError: if another text has the id ``text_id``.
            sqlalchemy.exc.OperationalError: if the catalog cannot be written, or stays locked for 30 seconds.
        """
        row = {"id": text_id, "series": series, "created": created, "body": body}
        words = {"heading": found_by.heading, "folded": fold(found_by.words)}
        with self._engine.begin() as connection:
            [number] = connection.execute(sa.insert(kept).values(row)).inserted_primary_key or [0]
            connection.execute(sa.insert(kept_words).values(number=number, **words))
            references = [
                {"number": number, "document_id": document_id, "version": version}
                for document_id, version in sorted(found_by.references)
            ]
            if references:
                connection.execute(sa.insert(kept_references), references)
            if replaces is not None and series is not None:
                _withdraw(connection, series, replaces, before=number)

    def get(self, text_id: str) -> str:
        """Return a text as it was stored; raise KeptNotFoundError."""
        with self._engine.connect() as connection:
            body = connection.scalar(sa.select(kept.c.body).where(kept.c.id == text_id))
        if body is None:
            raise KeptNotFoundError(text_id)
        return str(body)

    def series(self, series: str, limit: int | None = None) -> list[str]:
        """Return the last texts of a series, at most ``limit``, the oldest first."""
        newest = sa.select(kept.c.body).where(kept.c.series == series).order_by(kept.c.number.desc())
        with self._engine.connect() as connection:
            return [str(body) for body in connection.scalars(newest.limit(limit))][::-1]

    def before(self, text_id: str, limit: int | None = None) -> tuple[str | None, list[str]]:
        """Return the texts before a text in its series, even if it was replaced since.

        Returns:
            The series, or None; and the last texts before that one, at most ``limit``, the oldest first.

        Raises:
            KeptNotFoundError: if the text does not exist.
        """
        with self._engine.connect() as connection:
            number, series = _place(connection, text_id)
            earlier = (
                sa.select(kept.c.body)
                .where(kept.c.series == series, kept.c.number < number)
                .order_by(kept.c.number.desc())
                .limit(limit)
            )
            return series, [str(body) for body in connection.scalars(earlier)][::-1] if series else []

    def referring(self, document_id: int, limit: int) -> list[tuple[int, str]]:
        """Return the texts that refer to a document and were not replaced in their series.

        Returns:
            The version and the text, the newest first, at most ``limit``. A text that refers to two versions
            appears twice, the newer version first.
        """
        found = (
            sa.select(kept_references.c.version, kept.c.body)
            .join_from(kept_references, kept, kept_references.c.number == kept.c.number)
            .where(
                kept_references.c.document_id == document_id,
                kept.c.number.not_in(sa.select(withdrawals.c.number)),
            )
            .order_by(kept_references.c.number.desc(), kept_references.c.version.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [(int(version), str(body)) for version, body in connection.execute(found)]

    def delete(self, text_id: str) -> None:
        """Delete a text, and the name of its series with the last text of it; raise KeptNotFoundError."""
        with self._engine.begin() as connection:
            # The deletion takes the write lock, so the rows that are read next cannot change.
            gone = sa.delete(kept).where(kept.c.id == text_id).returning(kept.c.series)
            found = connection.execute(gone).all()
            if not found:
                raise KeptNotFoundError(text_id)
            series = found[0].series
            rest = sa.select(kept.c.number).where(kept.c.series == series)
            connection.execute(
                sa.delete(series_names).where(series_names.c.series == series, ~sa.exists(rest))
            )


def _place(connection: sa.Connection, text_id: str) -> tuple[int, str | None]:
    """Return a text's number, and the series that it is in or was removed from."""
    found = connection.execute(
        sa.select(kept.c.number, sa.func.coalesce(kept.c.series, withdrawals.c.series))
        .join_from(kept, withdrawals, kept.c.number == withdrawals.c.number, isouter=True)
        .where(kept.c.id == text_id)
    ).first()
    if found is None:
        raise KeptNotFoundError(text_id)
    number, series = found
    return int(number), series


def _withdraw(connection: sa.Connection, series: str, text_id: str, before: int) -> None:
    """Remove a text from its series, with the later ones whose number is lower than ``before``."""
    try:
        first, own = _place(connection, text_id)
    except KeptNotFoundError:
        return
    if own != series:
        return
    theirs = (kept.c.series == series, kept.c.number >= first, kept.c.number < before)
    connection.execute(
        sa.insert(withdrawals).from_select(
            ["number", "series"], sa.select(kept.c.number, kept.c.series).where(*theirs)
        )
    )
    connection.execute(sa.update(kept).where(*theirs).values(series=None))
