"""The series that kept texts are in: listed, searched, named, and deleted with their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from index.catalog import kept, kept_words, series_names, withdrawals
from index.text import fold
from rag.errors import SeriesNotFoundError


@dataclass(frozen=True, slots=True)
class Series:
    """A series of kept texts.

    Attributes:
        id: what its texts say that they belong to.
        name: the name that it was given, or None.
        heading: the one of its first text.
        created: when that was made, ISO 8601 in UTC.
        updated: when its last text was made.
        texts: how many there are.
    """

    id: str
    name: str | None
    heading: str
    created: str
    updated: str
    texts: int


def list_series(engine: sa.Engine, query: str = "", limit: int | None = None) -> list[Series]:
    """The series, the one that was added to last first.

    Args:
        engine: the catalog's database.
        query: words, each of which must stand in the name or in a text of a series, in whatever case and with
            whatever accents; none for all series.
        limit: how many at most.
    """
    having = [_has(word) for word in dict.fromkeys(fold(query).split())]
    with engine.connect() as connection:
        return [Series(*row) for row in connection.execute(_select(*having, limit=limit))]


def find_series(engine: sa.Engine, series: str) -> Series:
    """A series; raises SeriesNotFoundError."""
    with engine.connect() as connection:
        row = connection.execute(_select(kept.c.series == series)).first()
    if row is None:
        raise SeriesNotFoundError(series)
    return Series(*row)


def name_series(engine: sa.Engine, series: str, name: str | None) -> None:
    """Give a series a name, or with None take it away; raises SeriesNotFoundError."""
    with engine.begin() as connection:
        connection.execute(sa.delete(series_names).where(series_names.c.series == series))
        # Since something was written, nobody else writes: the series stays.
        if connection.scalar(sa.select(kept.c.number).where(kept.c.series == series).limit(1)) is None:
            raise SeriesNotFoundError(series)
        if name is not None:
            connection.execute(sa.insert(series_names).values(series=series, name=name, folded=fold(name)))


def delete_series(engine: sa.Engine, series: str) -> None:
    """Forget a series with its name and its texts, also those that were taken out of it.

    Raises:
        SeriesNotFoundError: if there is no such text.
    """
    withdrawn = sa.select(withdrawals.c.number).where(withdrawals.c.series == series)
    with engine.begin() as connection:
        connection.execute(sa.delete(series_names).where(series_names.c.series == series))
        gone = connection.execute(sa.delete(kept).where(kept.c.number.in_(withdrawn))).rowcount
        gone += connection.execute(sa.delete(kept).where(kept.c.series == series)).rowcount
    if not gone:
        raise SeriesNotFoundError(series)


def _select(*conditions: sa.ColumnElement[bool], limit: int | None = None) -> sa.Select[Any]:
    """The columns of :class:`Series`, of the series that conditions on ``kept`` leave."""
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
    """That a word stands in the name of a text's series, or in a text of it."""
    named = sa.select(series_names.c.series).where(series_names.c.folded.contains(word, autoescape=True))
    said = (
        sa.select(kept.c.series)
        .join_from(kept_words, kept, kept_words.c.number == kept.c.number)
        .where(kept_words.c.folded.contains(word, autoescape=True), kept.c.series.is_not(None))
    )
    return kept.c.series.in_(named.union(said))
