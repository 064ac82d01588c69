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
    """Empty if nobody signs in. The operator's commands have no limits."""

    askers: Sequence[Mapping[str, str]] = ()
    uploaders: Sequence[Mapping[str, str]] = ()
    operator: Mapping[str, str] = field(default_factory=dict)

    def with_operator(self, home: Path) -> Senders:
        """With the token of the server that runs at ``home``."""
        running = json.loads((home / SERVER_FILE).read_text(encoding="utf-8"))
        return replace(self, operator=_bearer(running["token"]))


def sign_in(home: Path, askers: int, uploaders: int) -> Senders:
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
