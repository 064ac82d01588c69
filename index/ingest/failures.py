"""Files and folders that could not be read: kept in the catalog until they are read, gone or dismissed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.catalog.schema import failures
from index.errors import FailureNotFoundError

if TYPE_CHECKING:
    from index.ingest.discover import Failure, Listing, Root


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

    def note(self, listings: Sequence[Listing], failed: Sequence[Failure], followed: Collection[str]) -> None:
        """Keep ``failed``, and forget the failures of all else that ``listings`` tell of.

        Args:
            listings: what a sync went over.
            failed: what it could not list or read. A file that is not there, or not followed, is not kept.
            followed: the folders and files that the library follows, as absolute paths.
        """
        # Only here: all formats are imported with it, and the status lists failures at once.
        from index.ingest.discover import MISSING

        causes = {_kept(failure.place, followed): failure.cause for failure in failed}
        causes = {
            (source, path): cause
            for (source, path), cause in causes.items()
            if source and not (cause == MISSING and path)
        }
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._engine.begin() as connection:
            places = sa.select(failures.c.id, failures.c.source, failures.c.path)
            for number, source, path in connection.execute(places).all():
                if (source, path) not in causes and any(_tells_of(each, source, path) for each in listings):
                    connection.execute(sa.delete(failures).where(failures.c.id == number))
            for (source, path), cause in causes.items():
                same = sa.and_(failures.c.source == source, failures.c.path == path)
                still = sa.and_(failures.c.dismissed, failures.c.cause == cause)
                again = sa.update(failures).where(same).values(cause=cause, dismissed=still)
                if not connection.execute(again).rowcount:
                    new = sa.insert(failures).prefix_with("OR IGNORE", dialect="sqlite")
                    row = {"source": source, "path": path, "cause": cause, "since": now, "dismissed": False}
                    connection.execute(new, row)


def _kept(place: Root, followed: Collection[str]) -> tuple[str, str]:
    """The followed folder or file that a place belongs to, and its path in it; empty where there is none.

    Their bytes may be no UTF-8, which the catalog cannot keep: they are put in a form that can be shown.
    """
    source, path = place.source, place.part
    if str(place.location) in followed:
        # A followed folder that is gone is listed as a part of the one around it, and a single file always.
        source, path = str(place.location), ""
    elif source not in followed:
        source = ""
    return source.encode("utf-8", "backslashreplace").decode(), path.encode(
        "utf-8", "backslashreplace"
    ).decode()


def _tells_of(listing: Listing, source: str, path: str) -> bool:
    root = listing.root
    if root.part and not path and str(root.location) == source:
        return listing.tells_of(root.part)
    return root.source == source and listing.tells_of(path)
