"""A server in this process whose library has reports, jobs, failures and answers that most may not see."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import regex

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.records import Viewer
from index.uploads import edit_document
from rag.engine import QueryEngine
from rag.finding.spelling import english_frequency
from tests.security.team import NAMELESS
from tests.support.asgi import Server
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, CollectionLimits, Role, Scope, SignIn
from ui.app import create_app
from ui.http.access import session_cookie
from ui.settings import Settings

VAULT = "Zarquilla"
"""The collection that only bea and administrators may see."""

HARBOUR = "\n\n".join(
    f"The harbour of Harlamoor was deepened by {metres} metres, and pier {metres} was painted white again."
    for metres in range(12)
)

REPORTS: Mapping[str, str] = {
    "open/railway.md": "---\ntitle: The railway of Port Quell\npublisher: Railway Office\n---\n\n"
    "The railway from Harlamoor to Port Quell has carried trains again since June 2031. "
    "The board of the railway paid 3.1 million euros for the bridge in May 2031.",
    "open/strecke.md": "---\ntitle: Die Strecke nach Port Quell\n---\n\n"
    "Der Vorstand der Bahn bezahlte im Mai 2031 die Brücke. Die Strecke ist seit Juni wieder offen.",
    "open/harbour.txt": HARBOUR,
    "open/moved.md": "---\ntitle: The Tolvarra ledger\n---\n\n"
    "Tolvarra paid Ismeldine Brackenfold in June 2031.",
    f"{VAULT}/settlement.md": "---\ntitle: The Quillfeather settlement\npublisher: Ostravell Holdings\n"
    "author: Zephyrinda Marchbankes\n---\n\n# The Quillfeather settlement\n\n"
    "The board of Ostravell Holdings paid the Quillfeather family 4.2 million euros in May 2031. "
    "Vandermeer signed the settlement in Port Vellumar.\n\n"
    "| Payee | Euros |\n|---|---|\n| Quillfeather | 4,200,000 |\n| Dorrimond | 17,000 |\n",
    f"{VAULT}/Brückenwächter.md": "---\ntitle: Der Fall Grünwaldshausen\n---\n\n"
    "Der Vorstand von Grünwaldshausen bezahlte Hjalmarsen im Mai 2031 einen Strandvogtposten. "
    "Die Brücke wurde danach geschlossen.",
    f"{VAULT}/harbour-copy.txt": f"{HARBOUR}\n\nPier 77 of the harbour belongs to Oakhollen Trusteeship.",
    f"{VAULT}/Murkwhistle.pdf": "This is no PDF.",
}
"""The files. One is moved into the limited collection, and one cannot be read."""

QUESTION = "How much did the board of Ostravell Holdings pay the Quillfeather family?"

OPEN_QUESTION = "By how many metres was the harbour of Harlamoor deepened when pier 7 was painted white?"
"""A question that both a visible report and its hidden copy answer."""

UPLOADS = {
    "Wexcombe.md": "# Wexcombe\n\nPrunella Wexcombe left in May.\n",
    "Ulverstane.md": "# Ulverstane\n\nUlverstane was sold in May.\n",
}
"""What bea uploads into the limited collection; she deletes the second one."""

UNREAD = frozenset({"murkwhistle", "ulverstane"})
"""Words of files that are not in the library."""

WRITES = frozenset({Scope.READ, Scope.ASK, Scope.WRITE})

SENDERS: Mapping[str, frozenset[Scope]] = {
    "a member": WRITES,
    "a program of an administrator": WRITES,
    "a program of nobody": WRITES,
    **{f"a token to {scope}": frozenset({scope}) for scope in Scope if scope is not Scope.ADMIN},
    "a member's session": WRITES,
    "nobody": frozenset(),
    "a forged token": frozenset(),
}
"""The senders who may not see the collection, and their scopes."""

OWNERS = {"a member": "cai", "a program of an administrator": "ada"}
"""The users to whom tokens belong."""

Sender = Mapping[str, str]
"""The headers by which a sender is known."""


@dataclass(frozen=True)
class Vault:
    """The server.

    Attributes:
        server: the server.
        index: its library.
        bea: the member who may see all reports.
        senders: those of ``SENDERS``, by name.
        viewers: the viewers of the catalog that the tokens among them are.
        ids: for each id in the path of a route, values that name something hidden, or nothing.
        seen: for each of them, values that name something that all members may see, or the member cai.
        words: the words, in lower case and of four letters or more, that only hidden reports have, without
            English ones.
    """

    server: Server
    index: Library
    bea: Sender
    senders: Mapping[str, Sender]
    viewers: tuple[Viewer | None, ...]
    ids: Mapping[str, tuple[str, ...]]
    seen: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]


@contextmanager
def served_vault(place: Path, encoder: Encoder, loading: Isolated) -> Iterator[Vault]:
    """Make the library, start its server, and let its members ask and upload."""
    home, reports = place / "home", place / "reports"
    for path, text in REPORTS.items():
        (reports / path).parent.mkdir(parents=True, exist_ok=True)
        (reports / path).write_text(text, encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as patch,
        Library.open(home, encoder) as index,
        closing(Accounts.open(home)) as accounts,
    ):
        make_hashes_quick(patch)
        sync(index, [reports], reader=loading)
        [moved] = [each.document_id for each in index.catalog.documents() if each.path == "open/moved.md"]
        edit_document(index, moved, {"collection": VAULT})
        sign_in = SignIn(accounts)
        for name in ("ada", "bea", "cai"):
            accounts.users.add(name, PASSWORD, Role.ADMINISTRATOR if name == "ada" else Role.MEMBER)
        secrets = {
            name: accounts.tokens.add(name.replace(" ", "-"), sorted(scopes), owner=OWNERS.get(name))[1]
            for name, scopes in SENDERS.items()
            if scopes and "session" not in name
        }
        cookie = f"{session_cookie(sign_in)}={accounts.sessions.start(accounts.users.get('cai').user_id)}"
        senders: dict[str, Sender] = {
            **{name: bearer(secret) for name, secret in secrets.items()},
            "a member's session": {"Cookie": cookie},
            "nobody": {},
            "a forged token": bearer("fn_forged"),
        }
        viewers = {
            name: accounts.viewer(identity)
            for name, secret in secrets.items()
            if (identity := accounts.tokens.identity(secret))
        }
        bea, cai = bearer(accounts.tokens.add("bea", sorted(WRITES), owner="bea")[1]), senders["a member"]
        limits = CollectionLimits(index.catalog, accounts)
        unlimited = Settings(home=home, limit_questions=0, limit_requests=0)
        app = create_app(index, QueryEngine(index, keeps=True), unlimited, sign_in=sign_in)
        with Server(app) as server:
            limits.limit(VAULT, ["bea", "cai"])
            private = [ask(server, sender, QUESTION) for sender in (bea, cai)]
            limits.limit(VAULT, ["bea"])
            plain = ask(server, cai, OPEN_QUESTION)
            jobs = [upload(server, bea, *file) for file in UPLOADS.items()]
            deleted = server.client.get(f"/v1/jobs/{jobs[1]}", headers=bea).json()["result"]["document_id"]
            assert server.client.delete(f"/v1/documents/{deleted}", headers=bea).status_code == 204
            failures = server.client.get("/v1/failures", headers=bea).json()["failures"]
            synced = ended(server, cai, server.client.post("/v1/index/sync", headers=cai))
            of_cai = index.for_viewer(viewers["a member"])
            visible = {each.document_id for each in of_cai.catalog.documents()}
            secret = {each.document_id for each in index.catalog.documents()} - visible
            ids = {
                "document_id": tuple(map(str, (*sorted(secret), deleted, 98_765))),
                "answer_id": (*(each["answer_id"] for each in private), NAMELESS),
                "conversation_id": (*(each["conversation_id"] for each in private), NAMELESS),
                "job_id": (*jobs, NAMELESS),
                "failure_id": tuple(str(each["failure_id"]) for each in failures),
            }
            seen = {
                "document_id": tuple(map(str, sorted(visible))),
                "answer_id": (plain["answer_id"],),
                "conversation_id": (plain["conversation_id"],),
                "job_id": (synced,),
            }
            words = tuple(sorted(words_in(index) - words_in(of_cai) | UNREAD))
            yield Vault(server, index, bea, senders, tuple(viewers.values()), ids, seen, words)


def bearer(secret: str) -> Sender:
    return {"Authorization": f"Bearer {secret}"}


def words_in(index: Library) -> set[str]:
    """The words of a library's reports, of their details and of their paths."""
    texts = [
        "\n".join(filter(None, (index.catalog.text(each.document_id).text, each.title, each.publisher,
                                each.author, each.collection, each.path)))
        for each in index.catalog.documents()
    ]  # fmt: skip
    words = {word.lower() for text in texts for word in regex.findall(r"\p{L}{4,}", text)}
    return {word for word in words if not english_frequency(word)}


def ask(server: Server, sender: Sender, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = server.client.post(
        "/v1/chat", json={"question": question}, headers=sender
    ).json()
    assert not answer["abstained"]
    return answer


def upload(server: Server, sender: Sender, name: str, text: str) -> str:
    """Upload a report into the limited collection in the background, and return the id of the ended job."""
    fields = {"collection": VAULT, "background": "true"}
    file = {"file": (name, text.encode())}
    return ended(server, sender, server.client.post("/v1/documents", files=file, data=fields, headers=sender))


def ended(server: Server, sender: Sender, accepted: httpx2.Response) -> str:
    """Wait for the end of a job, and return its id."""
    job_id: str = accepted.json()["job_id"]
    deadline = time.monotonic() + 120
    while (state := server.client.get(f"/v1/jobs/{job_id}", headers=sender).json()["state"]) != "done":
        assert state != "failed"
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return job_id
