"""Who may use a server and see a collection: whether people must sign in, and the limits of collections."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

from index.catalog import Catalog, CollectionViewers
from index.documents import MAX_COLLECTION_CHARACTERS
from index.text import look_alikes, without_unseen
from ui.accounts.database import Accounts
from ui.accounts.schema import ACCOUNTS
from ui.accounts.sign_in import SignIn
from ui.accounts.users import UserRecord
from ui.errors import AccountError, UsedWronglyError
from ui.opening import has_library, open_catalog
from ui.rate_limits import open_counts
from ui.settings import ProviderChoice, Settings


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
    """Lists the collections of a library, and limits from the next request on who may see them."""

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
        """Replace an earlier limit. Raises AccountError if a user is unknown or the name is wrong."""
        known = {record.collection for record in self.all()}
        if collection not in known:
            collection = without_unseen(collection)
        if not collection.strip() or len(collection) > MAX_COLLECTION_CHARACTERS:
            raise AccountError(
                f"{collection!r} cannot be the name of a collection; give 1 to {MAX_COLLECTION_CHARACTERS} "
                "characters, not only blanks"
            )
        if alike := look_alikes(collection, known):
            raise AccountError(
                f"{collection!r} looks like the collection {alike[0]!r}; write it like that, or choose "
                "another name"
            )
        users = [self._accounts.users.get(name) for name in names]
        self._limits.set(collection, [self._accounts.viewer_key(user.user_id) for user in users])
        return self._get(collection)

    def open(self, collection: str) -> CollectionRecord:
        """Let everyone see it again. Raises AccountError if the collection is not limited."""
        if not self._limits.remove(collection):
            raise AccountError(f"{collection!r} is not limited; `footnoted collection list` shows all")
        return self._get(collection)

    def _get(self, collection: str) -> CollectionRecord:
        found = (record for record in self.all() if record.collection == collection)
        return next(found, CollectionRecord(collection, 0, None))


def is_exposed(listener: socket.socket) -> bool:
    return not ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def why_sign_in(settings: Settings, *, exposed: bool) -> str | None:
    """Return why people must sign in to a server, in words; None if they need not."""
    if settings.sign_in == "on":
        return "FOOTNOTED_SIGN_IN is on"
    if settings.sign_in == "off" or settings.insecure:
        return None
    return f"other machines can reach {settings.host}" if exposed else why_several_people(settings)


def why_several_people(settings: Settings) -> str | None:
    """Return which setting, or which part of the home, is there for several people; None without one."""
    if settings.openid_issuer is not None:
        return "FOOTNOTED_OPENID_ISSUER is set"
    if settings.allowed_hosts:
        return "FOOTNOTED_ALLOWED_HOSTS is set"
    if ACCOUNTS.may_have_rows(settings.home, settings.database):
        with closing(Accounts.open(settings.home, settings.database)) as accounts:
            tokens = [token for token in accounts.tokens.all() if token.revoked is None]
            if tokens or accounts.users.all():
                return "the home has accounts"
    if has_library(settings):
        with open_catalog(settings) as catalog:
            if CollectionViewers(catalog.engine).all():
                return "the home has limited collections"
    return None


def can_sign_in(user: UserRecord, provider: ProviderChoice | None) -> bool:
    takes_passwords = provider is None or provider.allows_passwords
    is_provided = provider is not None and provider.issuer == user.provider
    return user.disabled is None and ((user.has_password and takes_passwords) or is_provided)


@contextmanager
def open_sign_in(settings: Settings, *, exposed: bool) -> Iterator[SignIn | None]:
    """None without sign-in. Raises UsedWronglyError if anyone or nobody could get in, unless ``insecure``."""
    reason = why_sign_in(settings, exposed=exposed)
    if reason is None:
        if exposed and not settings.insecure:
            raise UsedWronglyError(
                f"other machines can reach {settings.host}, and without sign-in anyone there can read, add "
                "and delete reports; set FOOTNOTED_SIGN_IN to on and add yourself with `footnoted user add "
                "NAME --administrator`, or accept this with --insecure"
            )
        yield None
        return
    provider = settings.provider()
    admits_all = provider is not None and provider.admits_all
    with (
        closing(Accounts.open(settings.home, settings.database)) as accounts,
        closing(open_counts(settings.home, settings.database)) as counts,
    ):
        users = accounts.users.all()
        if not (settings.insecure or admits_all) and not any(can_sign_in(user, provider) for user in users):
            raise UsedWronglyError(
                f"people must sign in, because {reason}, and nobody can yet; add yourself with `footnoted "
                "user add NAME --administrator`, or accept this with --insecure"
            )
        yield SignIn(accounts, counts)
