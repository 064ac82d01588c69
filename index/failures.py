"""Files and folders that could not be read: kept in the catalog until they are read, gone or dismissed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from index.scanning import MISSING, Failure, Listing, Root
from index.schema import failures


class FailureNotFoundError(LookupError):
    """No such failure is kept; the message says so."""


@dataclass(frozen=True, slots=True)
class KeptFailure:
    """A file or folder that could not be read when it was synced last.

    Attributes:
        failure_id: its number, never reused.
        source: the followed folder, as an absolute path.
        path: its path in that folder; empty for the folder itself.
        cause: the cause and the remedy, in words.
        since: when it failed first, ISO 8601 in UTC.
    """

    failure_id: int
    source: str
    path: str
    cause: str
    since: str


class Failures:
    """The failures of one library. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def listed(self) -> list[KeptFailure]:
        """Those that nobody dismissed, by path."""
        query = sa.select(*(column for column in failures.c if column is not failures.c.dismissed))
        by_path = query.where(~failures.c.dismissed).order_by(failures.c.path, failures.c.source)
        with self._engine.connect() as connection:
            return [KeptFailure(*row) for row in connection.execute(by_path)]

    def dismiss(self, failure_id: int) -> None:
        """List a failure no more, until the file fails for another cause.

        Raises:
            FailureNotFoundError: if none of this number is listed.
        """
        mine = sa.and_(failures.c.id == failure_id, ~failures.c.dismissed)
        with self._engine.begin() as connection:
            if not connection.execute(sa.update(failures).where(mine).values(dismissed=True)).rowcount:
                raise FailureNotFoundError(f"failure {failure_id} is not listed; read the list again")

    def note(self, listings: Sequence[Listing], failed: Sequence[Failure]) -> None:
        """Keep ``failed``, and forget the failures of all else that ``listings`` tell of.

        Args:
            listings: what a sync went over.
            failed: what it could not list or read. A single file that is not there is no failure.
        """
        kept = [failure for failure in failed if not (failure.cause == MISSING and failure.place.part)]
        causes = {_shown(failure.place): failure.cause for failure in kept}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._engine.begin() as connection:
            for number, *place in connection.execute(
                sa.select(failures.c.id, failures.c.source, failures.c.path)
            ).all():
                source, path = place
                tells = any(its.root.source == source and its.tells_of(path) for its in listings)
                if tells and (source, path) not in causes:
                    connection.execute(sa.delete(failures).where(failures.c.id == number))
            for (source, path), cause in causes.items():
                same = sa.and_(failures.c.source == source, failures.c.path == path)
                still = sa.and_(failures.c.dismissed, failures.c.cause == cause)
                again = sa.update(failures).where(same).values(cause=cause, dismissed=still)
                if not connection.execute(again).rowcount:
                    new = sa.insert(failures).prefix_with("OR IGNORE", dialect="sqlite")
                    row = {"source": source, "path": path, "cause": cause, "since": now, "dismissed": False}
                    connection.execute(new, row)


def _shown(place: Root) -> tuple[str, str]:
    """The source and the path of a place, whose bytes may be no UTF-8, in a form that can be kept."""
    source, path = (part.encode("utf-8", "backslashreplace").decode() for part in (place.source, place.part))
    return source, path
