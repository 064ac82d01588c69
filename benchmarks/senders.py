"""Programs of users who sign in to the server of a benchmark."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from ui.accounts import Accounts, Scope
from ui.cli.server import SERVER_FILE
from ui.settings import FILE_NAME


@dataclass(frozen=True, slots=True)
class Senders:
    """The headers of each client; empty if nobody signs in.

    Attributes:
        askers: the headers of the searching clients.
        uploaders: the headers of the uploading clients.
        operator: the headers of commands on the server's machine, which have no limits.
    """

    askers: Sequence[Mapping[str, str]] = ()
    uploaders: Sequence[Mapping[str, str]] = ()
    operator: Mapping[str, str] = field(default_factory=dict)

    def with_operator(self, home: Path) -> Senders:
        """Return the senders with the token of the server that runs at ``home``."""
        running = json.loads((home / SERVER_FILE).read_text(encoding="utf-8"))
        return replace(self, operator=_bearer(running["token"]))


def sign_in(home: Path, askers: int, uploaders: int) -> Senders:
    """Turn sign-in on for the servers of a home, and add a user with a token for each client."""
    (home / FILE_NAME).write_text('sign_in = "on"\n', encoding="utf-8")
    with closing(Accounts.open(home)) as accounts:

        def headers(name: str, scope: Scope) -> Mapping[str, str]:
            accounts.users.add(name, secrets.token_urlsafe())
            return _bearer(accounts.tokens.add(name, [scope], owner=name)[1])

        return Senders(
            [headers(f"asker-{number}", Scope.ASK) for number in range(askers)],
            [headers(f"uploader-{number}", Scope.WRITE) for number in range(uploaders)],
        )


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}
