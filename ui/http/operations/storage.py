"""The route that tells how much a library stores, and how many bytes its parts take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa
from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel

from index.catalog import bytes_by_uploader, kept
from index.library import Library
from index.search import library_status, size_of
from index.uploads import uploads_folder
from ui.accounts import Accounts, SignIn
from ui.http.access.views import OwnLibrary
from ui.http.problems import documented
from ui.http.router import Router
from ui.operations import AuditLog

BACKUP = "backup"
"""The command that the audit log records for each backup."""


class Bytes(BaseModel):
    """The sizes of a library's parts, in bytes.

    Attributes:
        index: the search caches.
        catalog: the catalog, which has the texts, the vectors and the answers.
        uploads: the uploaded files.
        answers: the stored answers; the size of the catalog includes them.
    """

    index: int
    catalog: int
    uploads: int
    answers: int


class Uploaded(BaseModel):
    """The size of the files that one uploader added.

    An uploader is a user, including all tokens of the user, or a token without a user.

    Attributes:
        user: the name of the user; null for a token without a user, and if the server does not have the
            uploader's account.
        token: the name of the token without a user; else null.
        bytes: the size of the files.
    """

    user: str | None
    token: str | None
    bytes: int


class Storage(BaseModel):
    """The contents of a library, and their sizes.

    Attributes:
        documents: the number of documents.
        passages: the number of searchable passages.
        bytes: the sizes of the library's parts.
        uploaders: how many bytes each uploader added, the largest number first; files without a
            recorded uploader are left out.
        last_backup: when `footnoted backup` last wrote a backup, in seconds since 1970; null if the audit
            log has no record of a backup.
    """

    documents: int
    passages: int
    bytes: Bytes
    uploaders: list[Uploaded]
    last_backup: float | None


def storage_router(audit: AuditLog, sign_in: SignIn | None) -> Router:
    """Return the route ``/v1/storage``; ``sign_in`` has the names of the uploaders."""
    router = Router(prefix="/v1", tags=["server"], responses=documented(500, 503))
    # Two requests at once would read all stored answers twice.
    one_at_a_time = CapacityLimiter(1)

    @router.get("/storage")
    async def storage(library: OwnLibrary) -> Storage:
        """Return the number of documents and passages, and how many bytes the library's parts take."""
        accounts = sign_in.accounts if sign_in else None
        return await to_thread.run_sync(_measured, library, audit, accounts, limiter=one_at_a_time)

    return router


def _measured(library: Library, audit: AuditLog, accounts: Accounts | None) -> Storage:
    home, catalog = library.home, library.catalog
    status = library_status(home, catalog)
    with catalog.reading() as reader:
        documents = reader.count_documents()
        length = sa.func.length(sa.cast(kept.c.body, sa.LargeBinary))
        uploaded = bytes_by_uploader(reader.connection, str(uploads_folder(library)))
        answers = int(reader.connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(length), 0))) or 0)
    return Storage(
        documents=documents,
        passages=status.passages,
        bytes=Bytes(
            index=status.cache_bytes,
            catalog=catalog.size(),
            uploads=size_of(uploads_folder(library)),
            answers=answers,
        ),
        uploaders=_uploaders(uploaded, accounts),
        last_backup=max(audit.latest(BACKUP).values(), default=None),
    )


def _uploaders(uploaded: Mapping[str, int], accounts: Accounts | None) -> list[Uploaded]:
    """Return how many bytes each uploader added, the largest number first.

    All uploaders whose accounts are unknown count as one.
    """
    names: dict[str, tuple[str | None, str | None]] = {}
    if accounts is not None:
        names |= {accounts.viewer_key(user.user_id): (user.name, None) for user in accounts.users.all()}
        names |= {accounts.token_key(token.name): (None, token.name) for token in accounts.tokens.all()}
    found: Counter[tuple[str | None, str | None]] = Counter()
    for key, size in uploaded.items():
        found[names.get(key, (None, None))] += size
    return [Uploaded(user=user, token=token, bytes=size) for (user, token), size in found.most_common()]
