"""A server that a team uses: people with tokens and sessions, a limited collection, and one's answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from tests.support.people import PASSWORD
from tests.support.processes import ROOT, serving
from ui.accounts import Accounts, CollectionLimits, Role, Scope, SignIn
from ui.cli.server import SERVER_FILE
from ui.http.access import session_cookie

BOARD = "board"
"""The collection that only bea and the administrator ada may see."""

PLAN = """---
title: The Quillfeather settlement
publisher: Ostravell Holdings
---

# The Quillfeather settlement

The board of Ostravell Holdings paid the Quillfeather family 4.2 million euros in May 2031. The settlement of
Ostravell Holdings with the Quillfeather family was signed by Zephyrine Marchbanks in Port Vellum.
"""
ASKED = "How much did the board of Ostravell Holdings pay the Quillfeather family?"
OPEN_QUESTION = "Since when has the railway from Harlamoor to Port Quell carried trains again?"
SECRET = ("Quillfeather", "Ostravell", "Zephyrine", "Marchbanks", "Vellum", "dam inquiry", "dam-inquiry")
"""Words that only reports of the limited collection have, or questions about them."""

NAMELESS = "0" * 32
"""An id that nothing has."""

MEMBER = (Scope.READ, Scope.ASK, Scope.WRITE)


@dataclass(frozen=True)
class Team:
    """The server of a team.

    Attributes:
        address: its URL.
        home: its home.
        accounts: its accounts, as another process sees them.
        senders: the headers by which each sender is known.
        secret: the ids of the reports of the limited collection: a PDF and a text.
        opened: the ids of the reports that everyone may see.
        private: an answer of bea that cites the limited collection.
        plain: an answer of bea that cites only what everyone may see.
    """

    address: str
    home: Path
    accounts: Accounts
    senders: dict[str, dict[str, str]]
    secret: dict[str, int]
    opened: list[int]
    private: dict[str, Any]
    plain: dict[str, Any]

    def by(self, sender: str, **headers: str) -> httpx.Client:
        """A client of the server that one of the senders uses."""
        given = {**self.senders[sender], **headers}
        return httpx.Client(base_url=self.address, headers=given, trust_env=False, timeout=60)

    @property
    def open_question(self) -> dict[str, Any]:
        """A question to reports that everyone may see."""
        return {"question": OPEN_QUESTION, "filters": {"document_ids": self.opened}}

    def limit(self, *names: str) -> None:
        """Limit the collection to these users."""
        with self.by("ada") as admin:
            assert admin.put(f"/v1/collections/{BOARD}/limit", json={"to": names}).status_code == 200


STRANGERS = ("cai", "cai's session", "a program of nobody", "a reading token of ada")
"""The senders who may not see the limited collection."""

OTHERS = (*STRANGERS, "ada", "ada's session", "a command on the machine")
"""The senders to whom nothing of bea belongs."""


def _token(accounts: Accounts, name: str, scopes: tuple[Scope, ...], owner: str | None) -> dict[str, str]:
    _, secret = accounts.tokens.add(name, scopes, owner=owner)
    return {"Authorization": f"Bearer {secret}"}


def _senders(accounts: Accounts) -> dict[str, dict[str, str]]:
    senders = {}
    for name, role in (("ada", Role.ADMINISTRATOR), ("bea", Role.MEMBER), ("cai", Role.MEMBER)):
        user = accounts.users.add(name, PASSWORD, role)
        scopes = tuple(Scope) if role is Role.ADMINISTRATOR else MEMBER
        senders[name] = _token(accounts, f"of-{name}", scopes, name)
        cookie = f"{session_cookie(SignIn(accounts))}={accounts.sessions.start(user.user_id)}"
        senders[f"{name}'s session"] = {"Cookie": cookie}
    senders["a program of nobody"] = _token(accounts, "of-nobody", MEMBER, None)
    senders["a reading token of ada"] = _token(accounts, "reads", (Scope.READ, Scope.ASK, Scope.WRITE), "ada")
    return senders


@contextmanager
def served_team(place: Path, encoder: Encoder, loading: Isolated) -> Iterator[Team]:
    """Make a library with a limited collection, start its server, and let bea ask."""
    home, reports = place / "home", place / "reports"
    shutil.copytree(ROOT / "seeds", reports)
    (reports / BOARD).mkdir()
    inquiry = "lorvenna-maravel-dam-inquiry.pdf"
    (reports / inquiry).rename(reports / BOARD / inquiry)
    (reports / BOARD / "quillfeather.md").write_text(PLAN, encoding="utf-8")
    with Library.open(home, encoder) as index:
        sync(index, [reports], reader=loading)
        records = index.catalog.documents()
        secret = {each.kind: each.document_id for each in records if each.collection == BOARD}
        opened = [each.document_id for each in records if each.collection != BOARD]
    with closing(Accounts.open(home)) as accounts:
        senders = _senders(accounts)
        with Library.open(home, encoder) as index:
            CollectionLimits(index.catalog, accounts).limit(BOARD, ["bea"])
        with serving(home, FOOTNOTED_SIGN_IN="on") as served:
            running = json.loads((home / SERVER_FILE).read_text())
            senders["a command on the machine"] = {"Authorization": f"Bearer {running['token']}"}
            team = Team(served.address, home, accounts, senders, secret, opened, {}, {})
            with team.by("bea") as bea:
                private = bea.post("/v1/chat", json={"question": ASKED}).json()
                plain = bea.post("/v1/chat", json=team.open_question).json()
            yield replace(team, private=private, plain=plain)
