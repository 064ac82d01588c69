"""No reply has a word that only hidden reports have, whatever was moved, deleted or restored before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
import regex
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from index.catalog.backup import back_up, restore
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.records import Viewer
from index.uploads import edit_document
from rag.engine import QueryEngine
from rag.finding.spelling import english_frequency
from tests.security.test_hidden_words import HARBOUR, WRITES, Sender, bearer, said
from tests.support.asgi import Server
from tests.support.examples import ALL
from tests.support.people import PASSWORD, make_hashes_quick
from ui.accounts import Accounts, CollectionLimits, Role, SignIn
from ui.app import create_app
from ui.http.access import TABLE
from ui.settings import Settings

Json = dict[str, Any]
Step = tuple[Any, ...]

VAULT, ATTIC, OPEN = "Zarquilla", "Belvanner", "open"
"""Collections, by their folders: two that are limited, the second one to administrators, and an open one."""

REPORTS: Mapping[str, tuple[str, str, str]] = {
    "settlement": (
        VAULT,
        "title: The Quillfeather settlement\npublisher: Ostravell Holdings",
        "The board of Ostravell Holdings paid the Quillfeather family 4.2 million euros in May 2031.",
    ),
    "copy": (VAULT, "title: The Dorrimond harbour\npublisher: Grelwick Press\ndate: 2031-06-01", HARBOUR),
    "harbour": (OPEN, "title: The harbour\npublisher: Harbour Office\ndate: 2031-05-01", HARBOUR),
    "ledger": (
        OPEN,
        "title: The Tolvarra ledger",
        "Tolvarra paid Ismeldine Brackenfold 300 euros in June 2031.",
    ),
}
"""The collection, the details and the text of each report."""

UPLOADS = {
    "memo.md": "# The Wexcombe memo\n\nPrunella Wexcombe paid the family in May 2031.\n",
    "again.md": "# The Hjalmarsen memo\n\nHjalmarsen paid the family twice in May 2031.\n",
}
"""What bea uploads under one name: the first one, and what replaces it."""

QUESTIONS = (
    "How much did the board pay the family in May 2031?",
    "By how many metres was the harbour deepened when pier 7 was painted white?",
    "Which moon did the minister of fishing visit?",
    "And in June 2031?",
    "How much did the board pay the Quilfeather family?",
)
"""Questions without a word that only reports have."""

FILTERS = ("none", "collection", "publisher", "documents", "nothing", "other report")

MEMBERS = ("bea", "cai")
SENDERS = (*MEMBERS, "ada", "a program of nobody")


@dataclass
class Moving:
    """``known`` has the words and the collection of each report that ever was, as they were at last."""

    server: Server
    index: Library
    reports: Path
    reader: Isolated
    limits: CollectionLimits
    senders: Mapping[str, Sender]
    viewers: Mapping[str, Viewer | None]
    home: Path
    places: dict[str, Path] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, Json, str]] = field(default_factory=list)
    known: dict[int, tuple[set[str], str | None]] = field(default_factory=dict)
    backed_up: dict[int, tuple[set[str], str | None]] | None = None
    upload: int | None = None

    def send(self, who: str, method: str, path: str, **sent: Any) -> httpx2.Response:  # noqa: ANN401 (JSON)
        self.server.client.cookies.clear()
        headers = {**self.senders[who], **sent.pop("headers", {})}
        return self.server.client.request(method, path, headers=headers, **sent)

    def sync(self) -> None:
        sync(self.index, [self.reports], reader=self.reader)

    # The steps

    def ask(self, who: str, question: int, filters: str) -> None:
        vault = [each.document_id for each in self.index.catalog.documents() if each.collection == VAULT]
        others = [each.document_id for each in self.index.catalog.documents() if each.collection != VAULT]
        narrowed: Mapping[str, Json] = {
            "none": {},
            "collection": {"collections": [VAULT]},
            "publisher": {"publishers": ["Ostravell Holdings", "Harbour Office"]},
            "documents": {"document_ids": vault},
            "nothing": {"publishers": ["Ostravell Holdings"], "languages": ["km"]},
            "other report": {"document_ids": others[:1]},
        }
        body: Json = {"question": QUESTIONS[question], "filters": narrowed[filters]}
        own = [answer["conversation_id"] for owner, answer, _ in self.answers if owner == who]
        if own:
            body["conversation_id"] = own[-1]
        response = self.send(who, "POST", "/v1/chat", json=body)
        assert response.status_code == 200, response.text
        self.answers.append((who, response.json(), json.dumps(body)))
        self.check(who, response, json.dumps(body))

    def share(self, number: int) -> None:
        if self.answers:
            owner, answer, _ = self.answers[number % len(self.answers)]
            path = f"/v1/conversations/{answer['conversation_id']}"
            self.send(owner, "PATCH", path, json={"shared": True})

    def move(self, name: str, collection: str) -> None:
        """Within its folder, that is under another name, or into another folder."""
        former = self.places[name]
        if former.exists():
            new = self.reports / collection / f"{former.stem}x.md"
            new.parent.mkdir(exist_ok=True)
            self.places[name] = former.rename(new)
            self.sync()

    def delete(self, name: str) -> None:
        self.places[name].unlink(missing_ok=True)
        self.sync()

    def put_back(self, name: str) -> None:
        self.places[name].write_text(self.texts[name], encoding="utf-8")
        self.sync()

    def edit(self, name: str, collection: str) -> None:
        path = str(self.places[name].relative_to(self.reports))
        for each in self.index.catalog.documents():
            if each.path == path:
                edit_document(self.index, each.document_id, {"collection": collection})

    def send_file(self, name: str) -> None:
        file = {"file": ("memo.md", UPLOADS[name].encode())}
        sent = self.send("bea", "POST", "/v1/documents", files=file, data={"collection": VAULT})
        self.upload = sent.json()["document_id"] if sent.status_code in {200, 201} else self.upload

    def throw_away(self) -> None:
        self.send("bea", "DELETE", f"/v1/documents/{self.upload}")

    def take_back(self) -> None:
        self.send("bea", "POST", f"/v1/documents/{self.upload}/restore")

    def limit(self, *names: str) -> None:
        self.limits.limit(VAULT, names)

    def back_up(self) -> None:
        back_up(self.home, self.home.parent / "library.tar", ("uploads",))
        self.backed_up = dict(self.known)

    def restore(self) -> None:
        if self.backed_up is not None:
            restore(self.home, self.home.parent / "library.tar", ("uploads",))
            self.known = dict(self.backed_up)

    def run(self, step: Step) -> None:
        name, *given = step
        getattr(self, name)(*given)

    # What may be said

    def note_reports(self) -> None:
        for each in self.index.catalog.documents():
            words, _ = self.known.get(each.document_id, (set(), None))
            self.known[each.document_id] = (
                words | self.words_of(self.index, each.document_id),
                each.collection,
            )

    def words_of(self, index: Library, document_id: int) -> set[str]:
        with index.catalog.reading() as reader:
            texts = [
                part
                for each in reader.versions(document_id)
                for part in (
                    reader.text(document_id, each.version).text,
                    each.title,
                    each.publisher,
                    each.path,
                    each.collection,
                )
            ]
        words = {word.lower() for text in texts if text for word in regex.findall(r"\p{L}{4,}", text)}
        return {word for word in words if not english_frequency(word)}

    def hidden_words(self, who: str, *, own: bool) -> set[str]:
        """``own``: in an answer of the sender, who keeps the words of what is gone."""
        index = self.index.for_viewer(self.viewers[who])
        with index.catalog.reading() as reader:
            barred, present = reader.hidden, {each.document_id for each in reader.documents()}
        every = {each.document_id for each in self.index.catalog.documents()}
        visible = {each.lower() for each in (VAULT, ATTIC) if each not in barred and who != "cai"}
        for number, (words, collection) in self.known.items():
            if number in present or (own and number not in every and collection not in barred):
                visible |= words
        words = {VAULT.lower(), ATTIC.lower()}.union(*(words for words, _ in self.known.values()))
        return words - visible

    def check(self, who: str, response: httpx2.Response, typed: str = "", *, own: bool = True) -> None:
        hidden = self.hidden_words(who, own=own)
        found = {
            word.lower()
            for word in re.findall("|".join(sorted(hidden)) or "$^", said(response), re.IGNORECASE)
        }
        assert found - set(re.findall(r"\w+", typed.lower())) == set(), (who, str(response.url), found)

    def check_all(self, *, last: bool = False) -> None:
        """After each step for those to whom something may be hidden; at last for all, on all routes."""
        self.note_reports()
        for who in SENDERS if last else MEMBERS:
            typed = "\n".join(body for sender, _, body in self.answers if sender == who)
            for owner, answer, _ in self.answers:
                own = owner == who
                for path in paths(answer, last=last):
                    self.check(who, self.send(who, "GET", path), typed if own else "", own=own)
            self.check(who, self.send(who, "GET", "/v1/conversations"), typed)
            if last:
                self.check(who, self.send(who, "GET", "/v1/documents"), own=False)


_ID = re.compile(r"\{(?:answer_id|conversation_id)\}")
SHOWING = [
    route.removeprefix("GET ").replace("{suffix}", suffix)
    for route in TABLE
    if route.startswith("GET ") and _ID.search(route)
    for suffix in (("md", "html", "docx") if "{suffix}" in route else ("",))
]
"""The routes that show an answer or its conversation."""


def paths(answer: Json, *, last: bool) -> list[str]:
    shown = SHOWING if last else ["/v1/answers/{answer_id}", "/v1/conversations/{conversation_id}"]
    return [_ID.sub(lambda found: answer[found[0][1:-1]], path) for path in shown]


@contextmanager
def moving(encoder: Encoder, loading: Isolated) -> Iterator[Moving]:
    """A server in this process, whose limited collection bea may see."""
    with ExitStack() as opened:
        place = Path(opened.enter_context(TemporaryDirectory()))
        home, reports = place / "home", place / "reports"
        index = opened.enter_context(Library.open(home, encoder))
        accounts = opened.enter_context(closing(Accounts.open(home)))
        make_hashes_quick(opened.enter_context(pytest.MonkeyPatch.context()))
        sign_in = SignIn(accounts)
        for name in ("ada", "bea", "cai"):
            accounts.users.add(name, PASSWORD, Role.ADMINISTRATOR if name == "ada" else Role.MEMBER)
        scopes = {name: sorted(WRITES) for name in SENDERS}
        secrets = {
            name: accounts.tokens.add(
                f"of-{name.replace(' ', '-')}",
                scopes[name],
                owner=name if name in {"ada", *MEMBERS} else None,
            )[1]
            for name in SENDERS
        }
        identities = {name: accounts.tokens.identity(secret) for name, secret in secrets.items()}
        viewers = {name: accounts.viewer(identity) for name, identity in identities.items() if identity}
        limits = CollectionLimits(index.catalog, accounts)
        limits.limit(VAULT, ["bea"])
        limits.limit(ATTIC, [])
        app = create_app(
            index,
            QueryEngine(index, keeps=True),
            Settings(home=home, limit_questions=0, limit_requests=0),
            sign_in=sign_in,
        )
        server = opened.enter_context(Server(app))
        senders = {name: bearer(secret) for name, secret in secrets.items()}
        moving = Moving(server, index, reports, loading, limits, senders, viewers, home)
        for name, (collection, details, text) in REPORTS.items():
            moving.places[name] = reports / collection / f"{name}.md"
            moving.places[name].parent.mkdir(parents=True, exist_ok=True)
            moving.texts[name] = f"---\n{details}\n---\n\n{text}\n"
            moving.places[name].write_text(moving.texts[name], encoding="utf-8")
        moving.sync()
        yield moving


names, collections = st.sampled_from(list(REPORTS)), st.sampled_from([VAULT, ATTIC, OPEN])
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(
        st.just("ask"),
        st.sampled_from(MEMBERS),
        st.integers(0, len(QUESTIONS) - 1),
        st.sampled_from(FILTERS),
    ),
    st.tuples(st.just("share"), st.integers(0, 3)),
    st.tuples(st.just("move"), names, collections),
    st.tuples(st.just("delete"), names),
    st.tuples(st.just("put_back"), names),
    st.tuples(st.just("edit"), names, collections),
    st.tuples(st.just("send_file"), st.sampled_from(list(UPLOADS))),
    st.sampled_from([("throw_away",), ("take_back",), ("back_up",), ("restore",)]),
    st.sampled_from([("limit",), ("limit", "bea"), ("limit", "bea", "cai"), ("limit", "cai")]),
)

BEGUN: list[Step] = [("ask", "bea", 2, "collection"), ("share", 0)]


def test_what_moves_stays_hidden(encoder: Encoder, loading: Isolated) -> None:
    @settings(
        max_examples=40 if ALL else 2,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @example(moves=[*BEGUN, ("move", "settlement", VAULT), ("move", "copy", VAULT)])
    @example(moves=[*BEGUN, ("delete", "settlement"), ("delete", "copy"), ("put_back", "copy")])
    @example(moves=[("ask", "bea", 1, "none"), ("share", 0), ("ask", "bea", 0, "nothing"), ("share", 1)])
    @example(
        moves=[
            ("limit", "bea", "cai"),
            ("ask", "cai", 0, "none"),
            ("limit",),
            ("move", "settlement", VAULT),
            ("move", "copy", VAULT),
        ]
    )
    @example(
        moves=[
            ("ask", "bea", 4, "other report"),
            ("share", 0),
            ("back_up",),
            ("delete", "ledger"),
            ("restore",),
        ]
    )
    @example(
        moves=[("send_file", "memo.md"), *BEGUN, ("send_file", "again.md"), ("throw_away",), ("take_back",)]
    )
    @given(moves=st.lists(STEPS, min_size=2, max_size=6))
    def steps(moves: list[Step]) -> None:
        with moving(encoder, loading) as library:
            library.note_reports()
            for step in moves:
                library.run(step)
                library.check_all()
            library.check_all(last=True)

    steps()
