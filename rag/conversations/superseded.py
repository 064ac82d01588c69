"""The series of stored texts: listed, searched, named, and deleted with their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from index.catalog import kept, kept_words, series_names, withdrawals
from index.text import fold
from rag.errors import SeriesNotFoundError


@dataclass(frozen=True, slots=True)
class Series:
    """A series of stored texts.

    Attributes:
        id: the id that its texts carry.
        name: the name that the user gave it, or None.
        heading: the heading of its first text.
        created: when that text was made, ISO 8601 in UTC.
        updated: when its last text was made.
        texts: the number of its texts.
    """

    id: str
    name: str | None
    heading: str
    created: str
    updated: str
    texts: int


def list_series(engine: sa.Engine, query: str = "", limit: int | None = None) -> list[Series]:
    """Return the series, the last updated first.

    Args:
        engine: the catalog's database.
        query: words. Each must occur in the name or in a text of the series, regardless of case and accents.
            Empty for all series.
        limit: the most series to return.
    """
    having = [_has(word) for word in dict.fromkeys(fold(query).split())]
    with engine.connect() as connection:
        return [Series(*row) for row in connection.execute(_select(*having, limit=limit))]


def find_series(engine: sa.Engine, series: str) -> Series:
    """Return a series; raise SeriesNotFoundError."""
    with engine.connect() as connection:
        row = connection.execute(_select(kept.c.series == series)).first()
    if row is None:
        raise SeriesNotFoundError(series)
    return Series(*row)


def name_series(engine: sa.Engine, series: str, name: str | None) -> None:
    """Name a series, or with None remove its name; raise SeriesNotFoundError."""
    with engine.begin() as connection:
        connection.execute(sa.delete(series_names).where(series_names.c.series == series))
        # The deletion takes the write lock, so the series cannot vanish meanwhile.
        if connection.scalar(sa.select(kept.c.number).where(kept.c.series == series).limit(1)) is None:
            raise SeriesNotFoundError(series)
        if name is not None:
            connection.execute(sa.insert(series_names).values(series=series, name=name, folded=fold(name)))


def delete_series(engine: sa.Engine, series: str) -> None:
    """Delete a series with its name and its texts, including replaced ones.

    Raises:
        SeriesNotFoundError: if the series does not exist.
    """
    withdrawn = sa.select(withdrawals.c.number).where(withdrawals.c.series == series)
    with engine.begin() as connection:
        connection.execute(sa.delete(series_names).where(series_names.c.series == series))
        gone = connection.execute(sa.delete(kept).where(kept.c.number.in_(withdrawn))).rowcount
        gone += connection.execute(sa.delete(kept).where(kept.c.series == series)).rowcount
    if not gone:
        raise SeriesNotFoundError(series)


def _select(*conditions: sa.ColumnElement[bool], limit: int | None = None) -> sa.Select[Any]:
    """Select the columns of :class:`Series` for the texts that meet ``conditions`` on ``kept``."""
    grouped = (
        sa.select(
            kept.c.series,
            sa.func.min(kept.c.number).label("first"),
            sa.func.max(kept.c.number).label("last"),
            sa.func.count().label("texts"),
        )
        .where(kept.c.series.is_not(None), *conditions)
        .group_by(kept.c.series)
        .order_by(sa.desc("last"))
        .limit(limit)
        .subquery()
    )
    first, last = kept.alias(), kept.alias()
    return (
        sa.select(
            grouped.c.series,
            series_names.c.name,
            kept_words.c.heading,
            first.c.created,
            last.c.created,
            grouped.c.texts,
        )
        .join_from(grouped, first, first.c.number == grouped.c.first)
        .join(last, last.c.number == grouped.c.last)
        .join(kept_words, kept_words.c.number == grouped.c.first)
        .join(series_names, series_names.c.series == grouped.c.series, isouter=True)
        .order_by(grouped.c.last.desc())
    )


def _has(word: str) -> sa.ColumnElement[bool]:
    """The condition that a word occurs in the name of a text's series, or in one of its texts."""
    named = sa.select(series_names.c.series).where(series_names.c.folded.contains(word, autoescape=True))
    said = (
        sa.select(kept.c.series)
        .join_from(kept_words, kept, kept_words.c.number == kept.c.number)
        .where(kept_words.c.folded.contains(word, autoescape=True), kept.c.series.is_not(None))
    )
    return kept.c.series.in_(named.union(said))
