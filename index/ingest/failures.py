"""Lists the files and folders that a sync could not read.

A file stays listed until a sync reads it, the file disappears, or a user dismisses its failure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.databases import insert_into, writing
from index.catalog.schema import failures
from index.errors import FailureNotFoundError

if TYPE_CHECKING:
    from index.ingest.discover import Failure, Listing, Root


@dataclass(frozen=True, slots=True)
class KeptFailure:
    """A file or folder that the last sync could not read.

    Attributes:
        failure_id: the id of the failure, never reused.
        source: the followed folder, as an absolute path.
        path: the path of the file in that folder; empty for the folder itself.
        cause: the cause and the remedy.
        since: the time of the first failure of the file, ISO 8601 in UTC.
    """

    failure_id: int
    source: str
    path: str
    cause: str
    since: str


class Failures:
    """The failures of one library. Safe to share between threads.

    Args:
        catalog: the catalog. The failures of files that the catalog's viewer may not see are left out.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._engine = catalog.engine

    def undismissed(self) -> list[KeptFailure]:
        """Return the failures that no user has dismissed, in order of their paths."""
        query = sa.select(*(column for column in failures.c if column is not failures.c.dismissed))
        by_path = query.where(~failures.c.dismissed).order_by(failures.c.path, failures.c.source)
        with self._catalog.reading() as reader:
            hidden = reader.hidden_paths()
            found = [KeptFailure(*row) for row in reader.connection.execute(by_path)]
        return [failure for failure in found if failure.path not in hidden]

    def dismiss(self, failure_id: int) -> None:
        """Hide a failure until the file fails for another cause.

        Raises:
            FailureNotFoundError: if no such failure is listed.
        """
        if failure_id not in {failure.failure_id for failure in self.undismissed()}:
            raise FailureNotFoundError(f"failure {failure_id} is not listed; read the list again")
        with writing(self._engine) as connection:
            mine = sa.update(failures).where(failures.c.id == failure_id)
            connection.execute(mine.values(dismissed=True))

    def note(self, listings: Sequence[Listing], failed: Sequence[Failure], followed: Collection[str]) -> None:
        """Record ``failed``, and delete the failures of all other files in ``listings``.

        Args:
            listings: the listings of one sync.
            failed: the files that the sync could not list or read. Of these, missing files and files
                outside the followed folders are not recorded.
            followed: the folders and files that the library follows, as absolute paths.
        """
        # Imported here, since that module imports all loaders, and `status` must start fast.
        from index.ingest.discover import MISSING

        causes = {_kept(failure.place, followed): failure.cause for failure in failed}
        causes = {
            (source, path): cause
            for (source, path), cause in causes.items()
            if source and not (cause == MISSING and path)
        }
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with writing(self._engine) as connection:
            places = sa.select(failures.c.id, failures.c.source, failures.c.path)
            for number, source, path in connection.execute(places).all():
                if (source, path) not in causes and any(_covers(each, source, path) for each in listings):
                    connection.execute(sa.delete(failures).where(failures.c.id == number))
            for (source, path), cause in causes.items():
                same = sa.and_(failures.c.source == source, failures.c.path == path)
                still = sa.and_(failures.c.dismissed, failures.c.cause == cause)
                update = sa.update(failures).where(same).values(cause=cause, dismissed=still)
                if not connection.execute(update).rowcount:
                    new = insert_into(connection, failures).on_conflict_do_nothing()
                    row = {"source": source, "path": path, "cause": cause, "since": now, "dismissed": False}
                    connection.execute(new, row)


def _kept(place: Root, followed: Collection[str]) -> tuple[str, str]:
    """Return the followed folder that contains ``place``, and the path of ``place`` in that folder.

    The folder is "" if no followed folder contains ``place``. In the folder and the path, bytes that are not
    UTF-8 are escaped, since the catalog cannot store them.
    """
    source, path = place.source, place.part
    if str(place.location) in followed:
        # If a followed folder is gone, or a followed path is a single file, the listing names it as a part
        # of the folder around it.
        source, path = str(place.location), ""
    elif source not in followed:
        source = ""
    return source.encode("utf-8", "backslashreplace").decode(), path.encode(
        "utf-8", "backslashreplace"
    ).decode()


def _covers(listing: Listing, source: str, path: str) -> bool:
    root = listing.root
    if root.part and not path and str(root.location) == source:
        return listing.covers(root.part)
    return root.source == source and listing.covers(path)
