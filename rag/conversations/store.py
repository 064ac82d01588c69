"""Texts that are kept beside the documents, word by word, for those who made them.

Keeping one changes nothing that can be found: no generation is raised, and no writer of documents is kept
waiting for longer than a few rows take.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from index.catalog import kept, kept_references, kept_words, series_names, withdrawals
from index.text import fold
from rag.errors import KeptNotFoundError


@dataclass(frozen=True, slots=True)
class FoundBy:
    """What a text is found by.

    Attributes:
        heading: a line that stands for it.
        words: what is searched, in whatever case and with whatever accents.
        references: the documents that it refers to: their numbers and versions.
    """

    heading: str = ""
    words: str = ""
    references: frozenset[tuple[int, int]] = frozenset()


NOTHING = FoundBy()
"""A text that is found by its id and its series only."""


class Kept:
    """The texts that a library keeps. Safe to share between threads.

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
        """Keep a text. Where another process is writing, this waits for it.

        Args:
            text_id: what it is found by; one that is taken is refused, since what is kept never changes.
            series: what it belongs to, with others in the order in which they came; or None.
            created: when it was made, ISO 8601 in UTC.
            body: the text.
            found_by: what else it is found by.
            replaces: the id of a text of the same series, which is taken out of it with all that came after
                it, in the same moment. They stay under their ids. One that is not there replaces nothing.

        Raises:
            sqlalchemy.exc.IntegrityError: if another text is kept under ``text_id``.
            sqlalchemy.exc.OperationalError: if the catalog cannot be written, or is not free within
                half a minute.
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
        """A text, as it was kept; raises KeptNotFoundError."""
        with self._engine.connect() as connection:
            body = connection.scalar(sa.select(kept.c.body).where(kept.c.id == text_id))
        if body is None:
            raise KeptNotFoundError(text_id)
        return str(body)

    def series(self, series: str, limit: int | None = None) -> list[str]:
        """The texts of a series that came last, at most ``limit``, in the order in which they came."""
        newest = sa.select(kept.c.body).where(kept.c.series == series).order_by(kept.c.number.desc())
        with self._engine.connect() as connection:
            return [str(body) for body in connection.scalars(newest.limit(limit))][::-1]

    def before(self, text_id: str, limit: int | None = None) -> tuple[str | None, list[str]]:
        """What came before a text in its series, also where it was taken out of that.

        Returns:
            The series, or None; its texts before that one, the last of them, at most ``limit``, in the order
            in which they came.

        Raises:
            KeptNotFoundError: if there is no such text.
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
        """The texts that refer to a document and were not taken out of their series.

        Returns:
            The version that is referred to and the text, the newest first, at most ``limit``; a text that
            refers to two versions comes twice, the newer version first.
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
        """Forget a text, and with the last of its series the name of that; raises KeptNotFoundError."""
        with self._engine.begin() as connection:
            # Whoever has written keeps others from writing: what is read then stays.
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
    """A text's number, and the series that it is in or was taken out of."""
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
    """Take a text out of its series, with those after it that have a number lower than ``before``."""
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
