"""A date as a text states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from index.documents import Span

Relation = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as a text states it; what it leaves out is None.

    Attributes:
        year: the year.
        month: the month, from 1.
        day: the day of the month.
        weekday: the day of the week, Monday being 0.
        decade: whether the year stands for the ten years from it: the 1990s.
        relative: a date that depends on the day of writing, as days before it: *yesterday* is 1.
        relative_unit: what ``relative`` counts: ``day``, ``week``, ``month`` or ``year`` before the day of
            writing; ``earlier``: years before what the sentence speaks of.
        relation: whether the text says *before* or *after* it.
        span: where it stands.
        may_be_count: whether it may as well be a number of things: *2000 people*.
        until: of a part of a year (*the second quarter*) its last month; ``month`` is then its first.
        swapped: whether day and month may be the other way round: 3/4/2025.
    """

    span: Span
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    decade: bool = False
    relative: int | None = None
    relative_unit: str | None = None
    relation: Relation | None = None
    may_be_count: bool = False
    swapped: bool = False
    until: int | None = None
