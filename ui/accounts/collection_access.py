"""Limits on who may see a collection. Callers identify users by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.catalog import Catalog, CollectionViewers
from index.documents import MAX_COLLECTION_CHARACTERS
from ui.accounts.database import Accounts
from ui.errors import AccountError


@dataclass(frozen=True, slots=True)
class CollectionRecord:
    """A collection, and the users who may see it besides the administrators.

    Attributes:
        collection: the name of the collection.
        documents: the number of documents in the collection.
        limited_to: the names of the users who may see the collection; empty if only administrators may see
            it, None if everyone may.
    """

    collection: str
    documents: int
    limited_to: tuple[str, ...] | None


class CollectionLimits:
    """Lists the collections of a library, and limits who may see them. Changes apply from the next request.

    Args:
        catalog: the catalog of the library.
        accounts: the accounts of the library.
    """

    def __init__(self, catalog: Catalog, accounts: Accounts) -> None:
        self._catalog = catalog
        self._accounts = accounts
        self._limits = CollectionViewers(catalog.engine)

    def all(self) -> list[CollectionRecord]:
        """Return all collections that have documents or a limit, sorted by name."""
        users = {self._accounts.viewer_key(user.user_id): user.name for user in self._accounts.users.all()}
        limits = self._limits.all()
        with self._catalog.reading() as reader:
            counts = reader.count_by_collection()
        return [
            CollectionRecord(
                name,
                counts.get(name, 0),
                tuple(users[key] for key in limits[name] if key in users) if name in limits else None,
            )
            for name in sorted({*counts, *limits})
        ]

    def limit(self, collection: str, names: Sequence[str]) -> CollectionRecord:
        """Let only administrators and the users in ``names`` see a collection; replace an earlier limit.

        Raises:
            AccountError: if one of ``names`` belongs to no user, or ``collection`` is blank or too long.
        """
        if not collection.strip() or len(collection) > MAX_COLLECTION_CHARACTERS:
            raise AccountError(
                f"{collection!r} cannot be the name of a collection; give 1 to {MAX_COLLECTION_CHARACTERS} "
                "characters, not only blanks"
            )
        users = [self._accounts.users.get(name) for name in names]
        self._limits.set(collection, [self._accounts.viewer_key(user.user_id) for user in users])
        return self._get(collection)

    def open(self, collection: str) -> CollectionRecord:
        """Let everyone see a collection again.

        Raises:
            AccountError: if the collection is not limited.
        """
        if not self._limits.remove(collection):
            raise AccountError(f"{collection!r} is not limited; `footnoted collection list` shows all")
        return self._get(collection)

    def _get(self, collection: str) -> CollectionRecord:
        found = (record for record in self.all() if record.collection == collection)
        return next(found, CollectionRecord(collection, 0, None))
